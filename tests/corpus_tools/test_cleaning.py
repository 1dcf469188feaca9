"""Cleaning: what goes, what stays, how it is counted, and that every offset finds its way back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_tools.sentences import REMOVAL_KINDS, OffsetMap, Piece, clean_document, clean_text, segment_document
from corpus_tools.standoff import Span, read_project
from tests.corpus_tools.sentence_documents import read_literal

# What XML 1.0 forbids, U+FFFD, private use, and controls; the marks that may stay are TAB and LF.
ILLEGAL = re.compile("[^\t\n -~\xa0-\ud7ff\uf900-\ufffc\U00010000-\U000effff\U000ffffe\U000fffff\U0010fffe\U0010ffff]")
TEXTS = st.text(
    st.sampled_from("ab. \t\n\r\x00\x0b\x0c\x1f\x7f\x85\ufeff\ufffd\ue000\ud800\u200b\u2028é😀"), max_size=40
)
ANY_TEXT = st.one_of(TEXTS, st.text(st.characters(exclude_categories=()), max_size=40))


@pytest.mark.parametrize(
    ("text", "clean", "removed"),
    [
        ("\ufeffPain.", "Pain.", {"byte-order-mark": 1}),
        ("a\r\nb\rc\nd", "a\nb\nc\nd", {"carriage-return": 2}),
        ("page 1\x0cpage 2", "page 1\npage 2", {"line-control": 1}),
        ("a\x00b\x1fc\ud800d\ufffe", "abcd", {"xml-forbidden": 4}),
        ("5\ufffdmg", "5mg", {"replacement-character": 1}),
        ("a\x7fb\x9fc", "abc", {"control": 2}),
        ("\ue000a\U000f0000b\U0010fffd", "ab", {"private-use": 3}),
        ("\n \na\n\n\t\nb\n  ", "a\nb\n", {"blank-line": 5}),
        ("a\n\x00\nb", "a\nb", {"blank-line": 1, "xml-forbidden": 1}),
        ("thin\u2009space, zero\u200bwidth, inner\ufeffmark", "thin\u2009space, zero\u200bwidth, inner\ufeffmark", {}),
    ],
)
def test_each_kind_of_removal_is_counted(text: str, clean: str, removed: dict[str, int]) -> None:
    found = clean_text(text)
    assert (found.text, found.removed) == (clean, removed)
    assert set(removed) <= set(REMOVAL_KINDS)


def test_an_empty_text_and_one_of_nothing_but_illegal_characters_become_empty() -> None:
    for text in ("", "\ufeff", "\x00\x01", " \n\n"):
        assert clean_text(text).text == ""
        assert clean_text(text).offsets.pieces == ()


def test_breaks_remember_blank_lines_and_private_bullets() -> None:
    found = clean_text("Aspirin.\n\uf0b7 Rest.\n\nHome.")
    assert found.text == "Aspirin.\n Rest.\nHome."
    assert found.breaks == (9, 16)  # the line that had the bullet, and "Home."


def test_a_source_span_goes_there_and_back() -> None:
    #       0123456 7 8901234
    text = "\ufeffPain.\r\nNo fever"
    offsets = clean_text(text).offsets
    assert offsets.to_clean(Span(8, 16)) == Span(6, 14)
    assert offsets.to_source(Span(6, 14)) == Span(8, 16)
    assert offsets.to_source(Span(0, 6)) == Span(1, 8)  # the CR inside comes along


def test_a_span_of_which_nothing_is_left_has_no_clean_span() -> None:
    offsets = clean_text("a\ue000b").offsets
    assert offsets.to_clean(Span(1, 2)) is None
    assert offsets.to_clean(Span(0, 2)) == Span(0, 1)
    assert offsets.to_clean(Span(1, 1)) is None


def test_an_empty_clean_span_becomes_an_empty_source_span() -> None:
    offsets = OffsetMap.without([Span(0, 2)], length=5)
    assert offsets.to_source(Span(1, 1)) == Span(3, 3)
    assert OffsetMap(()).to_source(Span(0, 0)) == Span(0, 0)


def test_two_maps_make_one() -> None:
    first = OffsetMap.without([Span(2, 4)], length=10)  # 01456789
    second = OffsetMap.without([Span(1, 3)], length=8)  # 056789
    assert first.then(second) == OffsetMap((Piece(0, 0, 1), Piece(5, 1, 5)))


@given(ANY_TEXT)
def test_no_illegal_character_and_no_blank_line_is_left(text: str) -> None:
    clean = clean_text(text).text
    assert not ILLEGAL.search(clean)
    assert all(line.strip() for line in clean.removesuffix("\n").split("\n")) or not clean


@given(ANY_TEXT)
def test_every_clean_character_is_its_source_character(text: str) -> None:
    found = clean_text(text)
    sources = [found.offsets.to_source(Span(n, n + 1)) for n in range(len(found.text))]
    assert sources == sorted(set(sources))
    for clean, span in zip(found.text, sources, strict=True):
        assert len(span) == 1
        assert clean == text[span.start] or (clean == "\n" and text[span.start].isspace())


@given(ANY_TEXT, st.data())
def test_a_span_without_removals_inside_round_trips(text: str, data: st.DataObject) -> None:
    offsets = clean_text(text).offsets
    if not offsets.pieces:
        return
    piece = data.draw(st.sampled_from(offsets.pieces))
    start = data.draw(st.integers(piece.source, piece.source_end - 1))
    span = Span(start, data.draw(st.integers(start + 1, piece.source_end)))
    clean = offsets.to_clean(span)
    assert clean is not None
    assert offsets.to_source(clean) == span


@given(ANY_TEXT, st.data())
def test_any_span_keeps_exactly_its_kept_characters(text: str, data: st.DataObject) -> None:
    found = clean_text(text)
    start = data.draw(st.integers(0, len(text)))
    span = Span(start, data.draw(st.integers(start, len(text))))
    kept = [n for n in range(len(found.text)) if span.start <= found.offsets.to_source(Span(n, n + 1)).start < span.end]
    expected = Span(kept[0], kept[-1] + 1) if kept else None
    assert found.offsets.to_clean(span) == expected


REMOVED = st.lists(st.integers(0, 30), unique=True, max_size=12).map(lambda xs: [Span(x, x + 1) for x in sorted(xs)])


@given(REMOVED, REMOVED)
def test_composition_equals_one_map_after_the_other(first: list[Span], second: list[Span]) -> None:
    outer = OffsetMap.without(first, length=31)
    inner = OffsetMap.without([span for span in second if span.end <= outer.clean_length], length=outer.clean_length)
    both = outer.then(inner)
    for start in range(31):
        middle = outer.to_clean(Span(start, start + 1))
        assert both.to_clean(Span(start, start + 1)) == (middle and inner.to_clean(middle))


def test_a_mention_wholly_removed_is_lost_with_a_cause() -> None:
    document = read_literal("alpha \ue001 beta", "T1  Sign 6 7  \ue001", "T2  Sign 8 12  beta")
    segmented = segment_document(clean_document(document))
    assert [(lost.id, lost.cause) for lost in segmented.lost] == [("T1", "removed-by-cleaning")]
    assert [mention.id for mention in segmented.segments[0].mentions] == ["T2"]


def test_a_mention_keeps_the_source_characters_that_cleaning_took_out_of_it() -> None:
    document = read_literal("\ufeffchest\r\npain", "T1  Symptom 1 6;8 12  chest pain", "T2  Symptom 0 6  \ufeffchest")
    mentions = segment_document(clean_document(document)).segments[0].mentions
    assert {mention.id: (mention.text, mention.fragments) for mention in mentions} == {
        "T1": ("chest pain", (Span(0, 5), Span(6, 10))),
        "T2": ("\ufeffchest", (Span(0, 5),)),
    }


@pytest.mark.parametrize("corpus", ["lct/batch1", "ddi2013", "maccrobat2020", "cancermine/annotator-3", "quirks"])
def test_real_documents_come_back_character_by_character(shared_data, corpus: str) -> None:
    documents = 0
    for aligned in read_project(shared_data / corpus):
        cleaned = clean_document(aligned)
        source = aligned.document.text
        rebuilt = [
            (source[p.source : p.source_end], cleaned.text[p.clean : p.clean_end]) for p in cleaned.offsets.pieces
        ]
        assert all(before.replace("\r", "\n") == after for before, after in rebuilt)
        assert len(source) == len(cleaned.text) or cleaned.removed
        documents += 1
    assert documents > 30
