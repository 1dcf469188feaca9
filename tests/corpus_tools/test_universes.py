"""Pairs of spans in one sentence against a count of all with all, as the definition reads."""

from itertools import combinations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from corpus_tools.agreement.universes import MarkedPairs, MarkedSpans, Marks, count_pairs, rate_pairs

DOCUMENTS, NAMES = 2, ("A", "B")
NO_RELATION = 1  # behind the one label


@st.composite
def marked(draw: st.DrawFn) -> tuple[MarkedSpans, MarkedPairs, np.ndarray, int]:
    """Draw spans with the types that annotators gave them, related pairs of them, and which types may be related."""
    raters = draw(st.integers(2, 3))
    types = st.lists(st.integers(-1, 1), min_size=raters, max_size=raters)
    spans = draw(st.lists(st.tuples(st.integers(0, 3), types), max_size=7).map(lambda rows: sorted(rows, key=str)))
    sentence = np.array([place for place, _ in spans], np.int64)
    categories = np.array([row for _, row in spans], np.int64).reshape(-1, raters)
    every = list(combinations(range(len(spans)), 2))
    chosen = draw(st.lists(st.sampled_from(every), unique=True, max_size=6)) if every else []
    labels = [[draw(st.integers(-1, 0)) for _ in range(raters)] for _ in chosen]
    first, second = (np.array([pair[side] for pair in chosen], np.int64) for side in (0, 1))
    document = sentence // 2  # two sentences a document
    allowed = np.array(draw(st.lists(st.booleans(), min_size=3, max_size=3)), bool)[[[0, 1], [1, 2]]]
    return (
        MarkedSpans(Marks(document, categories, NAMES), sentence, np.arange(0)),
        MarkedPairs(
            Marks(document[first], np.array(labels, np.int64).reshape(-1, raters), ("x",)), first, second, np.arange(0)
        ),
        allowed,
        raters,
    )


def count_all_with_all(
    spans: MarkedSpans, pairs: MarkedPairs, allowed: np.ndarray, raters: int, *, complete: bool
) -> tuple[list[tuple[int, tuple[int, ...]]], np.ndarray]:
    """Return document and ratings of each pair that somebody related, and how many others there are."""
    kinds, labels = spans.marks.categories, pairs.marks.categories
    related = dict(zip(zip(pairs.first, pairs.second, strict=True), labels, strict=True))
    listed, silent = [], np.zeros((DOCUMENTS, raters + 1), np.int64)
    marks = (kinds >= 0).sum(axis=1)
    for one, other in combinations(range(len(kinds)), 2):
        if min(marks[one], marks[other]) < (raters if complete else 2) or spans.sentence[one] != spans.sentence[other]:
            continue
        both = [rater for rater in range(raters) if kinds[one, rater] >= 0 and kinds[other, rater] >= 0]
        if len(both) < 2:
            continue
        given = related.get((one, other), np.full(raters, -1))
        document = int(spans.marks.document[one])
        if (given >= 0).any():
            named = tuple((int(given[r]) if given[r] >= 0 else NO_RELATION) if r in both else -1 for r in range(raters))
            listed.append((document, named))
        elif any(allowed[kinds[one, rater], kinds[other, rater]] for rater in both):
            silent[document, len(both)] += 1
    return sorted(listed), silent


@given(marked(), st.booleans())
def test_pairs_are_those_of_the_definition(
    drawn: tuple[MarkedSpans, MarkedPairs, np.ndarray, int], complete: bool
) -> None:
    spans, pairs, allowed, raters = drawn
    found = rate_pairs(spans, pairs, range(raters), complete=complete, allowed=allowed, documents=DOCUMENTS)
    rows = sorted(zip(found.document.tolist(), map(tuple, found.categories.tolist()), strict=True))
    listed, silent = count_all_with_all(spans, pairs, allowed, raters, complete=complete)
    assert rows == listed
    assert found.silent.tolist() == silent.tolist()


def test_pairs_are_counted_by_the_kinds_of_their_ends() -> None:
    # One group: kinds 0, 0, 0, 2 are 3 pairs of 0-0 and 3 of 0-2. Another group: 2, 2 is one pair.
    counted = count_pairs(np.array([5, 5, 8, 5, 5, 8]), np.array([0, 2, 2, 0, 0, 2]))
    rows = zip(counted.group, counted.one, counted.other, counted.pairs, strict=True)
    assert sorted(tuple(map(int, row)) for row in rows if row[3]) == [(5, 0, 0, 3), (5, 0, 2, 3), (8, 2, 2, 1)]
