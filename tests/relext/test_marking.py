"""Markers stand around their mentions, in every marking, however long, nested or broken these are."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_tools.assembly import CorpusDocument
from relext.data import Markers, SubwordTokenizer, Window, WindowedDocument, learn_labels, window_document
from relext.data.marking import MarkedSpan, keep_nearest, mark_tokens, name_markers
from relext.model.tokenizer import train_tokenizer
from tests.relext.literal_documents import SCHEME, make_document
from tests.relext.tiny_models import SCHEMA, crowded_document, tiny_document

FIRST_ID = 1000
# Four ids a type, after the four of no type: Drug 1004-1007, Sign 1008-1011; the first two for the first mention.
NESTED = (
    "aspirin pain relieved",
    ("T1  Sign 0 12  aspirin pain", "T2  Drug 0 7  aspirin", "R1  treats Arg1:T2 Arg2:T1"),
    "<1010> <1004> aspirin <1005> pain <1011> relieved",  # of two that start together the shorter is the first
)
OVERLAPPING = (
    "left arm pain",
    ("T1  Sign 0 8  left arm", "T2  Drug 5 13  arm pain", "R1  treats Arg1:T2 Arg2:T1"),
    "<1008> left <1006> arm <1009> pain <1007>",
)
BROKEN = (
    "Left and right arm pain after aspirin.",
    ("T1  Sign 0 4;19 23  Left pain", "T2  Drug 30 37  aspirin", "R1  causes Arg1:T2 Arg2:T1"),
    "<1008> Left and right arm pain <1009> after <1006> aspirin <1007> .",
)


@pytest.fixture(scope="module")
def tokenizer() -> SubwordTokenizer:
    texts = ["The aspirin relieved his left arm pain. He slept well and right after it."] * 5
    return train_tokenizer(texts, vocabulary=400)


def mark(document: CorpusDocument, tokenizer: SubwordTokenizer, marking: str, **settings: int) -> WindowedDocument:
    scheme = learn_labels([document], SCHEMA)
    found = window_document(document, scheme, tokenizer, markers=Markers(marking, FIRST_ID), **settings)
    assert found is not None
    return found


def shown(window: Window, tokenizer: SubwordTokenizer) -> str:
    """Return the text of a row without its frame, markers as <id>."""
    parts, run = [], []
    for token in (*window.token_ids[1:-1], FIRST_ID):
        if token < FIRST_ID:
            run.append(token)
            continue
        parts += [tokenizer.tokenizer.decode(run).strip(), f"<{token}>"]
        run = []
    return " ".join(part for part in parts[:-1] if part)


def names(windowed: WindowedDocument, pair: int) -> list[int]:
    """Return the ids at the places where a pair's markers are said to stand."""
    rows = windowed.copies or windowed.windows
    first, a, b, second, c, d = windowed.markers[pair].tolist()
    filled = {n: (*rows[n].token_ids, *rows[n].marker_ids) for n in (first, second)}
    return [filled[first][a], filled[first][b], filled[second][c], filled[second][d]]


def test_a_copy_a_pair_has_typed_markers_around_both_mentions(tokenizer: SubwordTokenizer) -> None:
    windowed = mark(tiny_document(0), tokenizer, "pair")
    assert [shown(copy, tokenizer) for copy in windowed.copies] == [
        "The <1004> aspirin <1005> relieved his <1010> pain <1011> ."  # "He slept well." is not read
    ]
    assert names(windowed, 0) == [1004, 1005, 1010, 1011]


@pytest.mark.parametrize(
    ("text", "lines", "expected"), [NESTED, OVERLAPPING, BROKEN], ids=["nested", "overlapping", "discontinuous"]
)
def test_markers_stand_around_the_whole_of_any_mention(
    text: str, lines: tuple[str, ...], expected: str, tokenizer: SubwordTokenizer
) -> None:
    windowed = mark(make_document(text, *lines), tokenizer, "pair")
    assert shown(windowed.copies[0], tokenizer) == expected
    assert sorted(names(windowed, 0)) == sorted(int(each) for each in re.findall("<(.*?)>", expected))


def test_levitated_markers_share_the_positions_of_the_mentions_tokens(tokenizer: SubwordTokenizer) -> None:
    plain, windowed = window_plain(tiny_document(0), tokenizer), mark(tiny_document(0), tokenizer, "levitated")
    (window,) = windowed.windows
    starts, ends = windowed.words[:, 1], windowed.words[:, 2] - 1
    assert window.token_ids == plain.windows[0].token_ids
    assert window.marker_ids == (1004, 1005, 1010, 1011)
    assert window.marker_positions == (starts[1], ends[1], starts[4], ends[4])  # aspirin is word 1, pain is word 4
    assert windowed.copies == ()


def window_plain(document: CorpusDocument, tokenizer: SubwordTokenizer) -> WindowedDocument:
    found = window_document(document, learn_labels([document], SCHEMA), tokenizer)
    assert found is not None
    return found


def test_a_copy_a_first_mention_lets_its_partners_levitate(tokenizer: SubwordTokenizer) -> None:
    windowed = mark(crowded_document(4), tokenizer, "first")  # pairs drug0-sign1, drug0-sign3, drug2-sign3
    first, second = windowed.copies
    assert shown(first, tokenizer) == "<1004> drug0 <1005> sign1 drug2 sign3."
    assert shown(second, tokenizer) == "drug0 sign1 <1004> drug2 <1005> sign3."
    assert (first.marker_ids, second.marker_ids) == ((1010, 1011) * 2, (1010, 1011))
    assert [names(windowed, pair) for pair in range(3)] == [[1004, 1005, 1010, 1011]] * 3
    assert windowed.markers[:, 0].tolist() == [0, 0, 1]


@pytest.mark.parametrize("marking", ["levitated", "first", "pair"])
def test_the_chain_is_the_same_in_every_marking(marking: str, tokenizer: SubwordTokenizer) -> None:
    plain, marked = window_plain(crowded_document(9), tokenizer), mark(crowded_document(9), tokenizer, marking)
    assert marked.mention_ids == plain.mention_ids
    for name in ("words", "mentions", "pairs", "links", "labels"):
        assert getattr(marked, name).tolist() == getattr(plain, name).tolist()


@pytest.mark.parametrize("marking", ["levitated", "first", "pair"])
def test_a_long_sentence_loses_no_marker(marking: str, tokenizer: SubwordTokenizer) -> None:
    windowed = mark(crowded_document(24), tokenizer, marking, window_tokens=16)
    rows = (*windowed.windows, *windowed.copies)
    assert max(len(row.token_ids) for row in rows) <= 16
    assert max((position for row in rows for position in row.marker_positions), default=0) < 16
    assert [names(windowed, pair) for pair in range(len(windowed.pairs))] == [
        [1004, 1005, 1010, 1011]
    ] * 78  # 12 + ... + 1


def test_context_is_read_along_in_a_copy(tokenizer: SubwordTokenizer) -> None:
    windowed = mark(tiny_document(0), tokenizer, "pair", context_tokens=40)
    assert shown(windowed.copies[0], tokenizer).endswith("<1011> .He slept well.")


SPANS = st.lists(st.tuples(st.integers(0, 39), st.integers(1, 12)), min_size=2, max_size=4)


@given(SPANS, st.integers(1, 2), st.integers(12, 50))
def test_markers_stand_beside_the_outer_tokens_whatever_is_dropped(
    spans: list[tuple[int, int]], solid: int, room: int
) -> None:
    marked = [MarkedSpan(s, min(s + n, 40), 100 + 2 * m, 101 + 2 * m) for m, (s, n) in enumerate(spans)]
    frame = SubwordTokenizer(tokenizer=None, start_id=98, end_id=99, pad_id=97)  # type: ignore[arg-type]
    row, found = mark_tokens(range(40), solid=marked[:solid], levitated=marked[solid:], tokenizer=frame, room=room)
    assert len(row.token_ids) <= room + 2
    filled = (*row.token_ids, *row.marker_ids)
    assert [(filled[a], filled[b]) for a, b in found] == [(span.opening, span.closing) for span in marked]
    for (opening, closing), span in zip(found[:solid], marked, strict=False):
        assert next(token for token in filled[opening:] if token < 40) == span.start
        assert next(token for token in filled[closing::-1] if token < 40) == span.end - 1
    for span, edges in zip(marked[solid:], zip(*[iter(row.marker_positions)] * 2, strict=True), strict=True):
        assert [filled[position] for position in edges] == [span.start, span.end - 1]


def test_of_a_long_text_the_tokens_nearest_to_the_mentions_are_kept() -> None:
    assert keep_nearest(4, anchors=[0], room=4).tolist() == [0, 1, 2, 3]
    assert keep_nearest(9, anchors=[0, 8], room=4).tolist() == [0, 1, 7, 8]


def test_every_marker_says_what_it_means() -> None:
    found = name_markers(SCHEME)
    assert found[3:6] == ["end of second entity", "start of first Drug", "end of first Drug"]
    assert len(found) == len(set(found)) == 12
