"""Properties of any `.ann`: writing mirrors parsing, nothing raises, every line is accounted for, time is linear."""

import string
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus_tools.errors import InputError
from corpus_tools.standoff import (
    LINE_KINDS,
    Annotation,
    Argument,
    Attribute,
    Document,
    Equivalence,
    Event,
    Line,
    Normalization,
    Note,
    Relation,
    Span,
    TextBound,
    align_document,
    find_documents,
    format_annotation,
    format_annotations,
    parse_document,
    read_document,
    write_document,
)

SETTINGS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])

# Every character but the line end; surrogates and astral ones included.
ANY_TEXT = st.text(st.characters(exclude_characters="\n"), max_size=20)
LABELS = st.text(string.ascii_letters + "äß-_.+()'é中", min_size=1, max_size=8)
ROLES = st.one_of(st.sampled_from(["Arg1", "Arg2", "ARG2", "Theme2"]), LABELS)
# A document that is read back has no lone surrogates, and a text column no tab of its own.
COLUMNS = st.text(st.characters(exclude_characters="\n\r\t", exclude_categories=["Cs"]), min_size=1, max_size=20)


@st.composite
def fragments(draw: st.DrawFn) -> tuple[Span, ...]:
    cuts = sorted(draw(st.sets(st.integers(0, 10**9), min_size=2, max_size=8)))
    spans = [Span(start, end) for start, end in zip(cuts[::2], cuts[1::2], strict=False)]
    return tuple(draw(st.permutations(spans)))


@st.composite
def annotations(draw: st.DrawFn) -> list[Annotation]:
    """Draw annotations of all kinds that refer to each other, in any order, each id once."""
    textbounds = draw(st.lists(st.builds(TextBound, st.just(""), LABELS, fragments(), COLUMNS), min_size=1, max_size=4))
    mentions = [f"T{n}" for n in range(len(textbounds))]
    events = [f"E{n}" for n in range(draw(st.integers(0, 3)))]
    targets, triggers = st.sampled_from(mentions + events), st.sampled_from(mentions)
    arguments = st.lists(st.builds(Argument, ROLES, targets), min_size=1, max_size=4).map(tuple)
    values = st.none() | st.text(string.ascii_letters + " ", min_size=1).map(str.strip).filter(bool)
    drawn: list[Annotation] = [
        TextBound(name, each.type, each.fragments, each.text) for name, each in zip(mentions, textbounds, strict=True)
    ]
    drawn += [Event(name, draw(LABELS), draw(triggers), draw(st.just(()) | arguments)) for name in events]
    drawn += [Relation(f"R{n}", draw(LABELS), draw(arguments)) for n in range(draw(st.integers(0, 3)))]
    drawn += [
        Attribute(f"{k}1", draw(LABELS), draw(targets), draw(values)) for k in draw(st.sets(st.sampled_from("AM")))
    ]
    drawn += [Normalization("N1", draw(LABELS), draw(targets), "MESH", "D:1", draw(COLUMNS))] * draw(st.integers(0, 1))
    drawn += [Note("#1", draw(LABELS), draw(targets), draw(COLUMNS))] * draw(st.integers(0, 1))
    drawn += [Equivalence(draw(LABELS), tuple(draw(st.lists(targets, min_size=1, max_size=4))))]
    return draw(st.permutations(drawn))


@SETTINGS
@given(annotations())
def test_parsing_what_was_written_gives_the_annotations(drawn: list[Annotation]) -> None:
    lines = []
    for number, annotation in enumerate(drawn, start=1):
        raw = format_annotation(annotation) + "\n"
        lines.append(Line(number, raw, raw[0], annotation))
    document = Document("a", "text", tuple(lines))
    read = parse_document("text", format_annotations(document), doc_id="a")
    assert read.rejects == ()
    assert read.document == document


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@settings(SETTINGS, max_examples=40)
@given(text=TEXTS, drawn=annotations())
def test_a_document_written_to_disk_is_read_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, text: str, drawn: list[Annotation]
) -> None:
    raws = [format_annotation(annotation) + "\n" for annotation in drawn]
    document = parse_document(text, "".join(raws), doc_id="a").document
    folder = tmp_path_factory.mktemp("written")
    write_document(document, folder)
    (files,) = find_documents(folder)
    assert read_document(files).document == document


FIELDS = st.sampled_from(
    ["T1", "T2", "R1", "E1", "A1", "M1", "N1", "#1", "*", "Drug", "Arg1:T1", "Arg2:T2", "Use:T1", "MESH:D1", "0 1"]
)
BREAKS = st.sampled_from(["\t", " ", "\n", "\r\n", "\r", ";", "\ufeff", "\u2028", "\x85", "\x00", ":", "0", "3"])
SHARDS = st.lists(FIELDS | BREAKS | ANY_TEXT, max_size=40).map("".join)


@SETTINGS
@given(text=ANY_TEXT, ann=SHARDS)
def test_any_content_is_written_back_and_accounted_for(text: str, ann: str) -> None:
    read = parse_document(text, ann, doc_id="a")
    assert format_annotations(read.document) == ann
    assert sum(read.read_lines.values()) == ann.count("\n") + (not ann.endswith("\n") and ann != "")
    aligned = align_document(read)
    places = [reject.line for reject in aligned.rejects]
    assert places == sorted(set(places))
    rejected = Counter(reject.kind for reject in aligned.rejects)
    assert all(0 <= rejected[kind] <= aligned.read_lines[kind] for kind in LINE_KINDS)
    assert not any(line.annotation for line in aligned.document.lines if line.number in places)


@SETTINGS
@given(text=TEXTS, ann=st.binary(max_size=60) | SHARDS.map(lambda ann: ann.encode("utf-8", "replace")))
def test_any_bytes_of_an_ann_are_written_back(tmp_path_factory: pytest.TempPathFactory, text: str, ann: bytes) -> None:
    folder, copy = tmp_path_factory.mktemp("bytes"), tmp_path_factory.mktemp("copy")
    (folder / "a.txt").write_bytes(text.encode())
    (folder / "a.ann").write_bytes(ann)
    (files,) = find_documents(folder)
    write_document(read_document(files).document, copy)
    assert (copy / "a.txt").read_bytes() == text.encode()
    assert (copy / "a.ann").read_bytes() == ann


def test_a_text_with_a_lone_surrogate_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="surrogate"):
        write_document(Document("a", "pain \ud800", ()), tmp_path)
    assert list(tmp_path.iterdir()) == []


WORDS = st.lists(st.sampled_from(["pain", "in", "the", "knee", "😀", "\r\n", "\n", "\t", " ", "-"]), min_size=2)


@SETTINGS
@given(
    words=WORDS, places=st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), max_size=6), shift=st.integers(-4, 4)
)
def test_aligned_mentions_equal_their_characters(words: list[str], places: list[tuple[int, int]], shift: int) -> None:
    text = "".join(words)
    ann = "".join(
        f"T{n}\tX {max(0, start + shift)} {start + length + shift}\t{text[start : start + length]}\n"
        for n, (start, length) in enumerate(places)
        if start + length + shift > max(0, start + shift)
    )
    document = align_document(parse_document(text, ann, doc_id="a")).document
    for textbound in document.textbounds:
        assert document.spelled(textbound) == textbound.text
        assert "\n" not in textbound.text


@SETTINGS
@given(words=WORDS, places=st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), max_size=6))
def test_aligning_twice_changes_nothing_more(words: list[str], places: list[tuple[int, int]]) -> None:
    text = "".join(words)
    ann = "".join(f"T{n}\tX {s} {s + size}\t{text[s + 1 : s + 1 + size]}\n" for n, (s, size) in enumerate(places))
    first = align_document(parse_document(text, ann, doc_id="a"), offsets="source")
    kept = "".join(line.raw for line in first.document.lines if line.annotation)
    second = align_document(parse_document(text, kept, doc_id="a"), offsets="source")
    assert second.rejects == ()
    assert [t.fragments for t in second.document.textbounds] == [t.fragments for t in first.document.textbounds]
