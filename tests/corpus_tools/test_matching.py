"""Matchings: maximum, then most shared characters, then nearest; linear in what overlaps."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus_tools.agreement import Edges, Spans, assignment, choose_edges, match_keys, matching, overlap_edges
from corpus_tools.agreement.matching import join_keys, merge_edges
from corpus_tools.errors import ResourceExhausted

Pairs = list[tuple[int, int]]


def chosen(first: Pairs, second: Pairs) -> Pairs:
    """Return the matched rows of two lists of (start, end)."""
    edges = overlap_edges(spans(first), spans(second))
    best = edges.take(choose_edges(edges))
    return sorted(zip(best.first.tolist(), best.second.tolist(), strict=True))


def spans(pairs: Pairs) -> Spans:
    return Spans.of([start for start, _ in pairs], [end for _, end in pairs])


def test_touching_spans_do_not_overlap() -> None:
    assert chosen([(0, 5)], [(5, 9)]) == []


def test_one_shared_character_is_an_overlap() -> None:
    assert chosen([(0, 5)], [(4, 9)]) == [(0, 0)]


def test_a_maximum_matching_beats_a_greedy_one() -> None:
    # Greedy takes 0-10 with 0-10 and leaves 0-3 and 7-10 alone: one match. Two are possible.
    assert chosen([(0, 10), (0, 3)], [(0, 10), (7, 10)]) == [(0, 1), (1, 0)]


def test_among_maximum_matchings_the_most_shared_characters_win() -> None:
    # Straight shares 4 + 4 characters, crosswise 1 + 1.
    assert chosen([(0, 5), (4, 9)], [(0, 5), (4, 9)]) == [(0, 0), (1, 1)]


def test_among_equal_overlaps_the_nearest_offsets_win() -> None:
    # Both share 3 characters with 2-5; 2-6 is one character away, 0-9 six.
    assert chosen([(2, 5)], [(0, 9), (2, 6)]) == [(0, 1)]


def test_a_span_is_matched_once() -> None:
    assert len(chosen([(0, 9)], [(0, 3), (4, 9)])) == 1


def test_each_overlapping_pair_is_found_once() -> None:
    edges = overlap_edges(spans([(0, 4), (2, 8)]), spans([(2, 6), (3, 4)]))
    found = sorted(zip(edges.first.tolist(), edges.second.tolist(), edges.shared.tolist(), strict=True))
    assert found == [(0, 0, 2), (0, 1, 1), (1, 0, 4), (1, 1, 1)]


def test_no_spans_match_nothing() -> None:
    assert chosen([], [(0, 1)]) == chosen([(0, 1)], []) == chosen([], []) == []


def test_equal_keys_match_as_often_as_both_have_them() -> None:
    first, second = match_keys(np.array([7, 7, 7, 1]), np.array([1, 7, 9, 7]))
    assert sorted(zip(first.tolist(), second.tolist(), strict=True)) == [(0, 1), (1, 3), (3, 0)]


def test_a_join_gives_every_pair_of_equal_keys() -> None:
    first, second = join_keys(np.array([5, 6, 5]), np.array([5, 5, 8]))
    assert sorted(zip(first.tolist(), second.tolist(), strict=True)) == [(0, 0), (0, 1), (2, 0), (2, 1)]


def test_of_two_edges_between_two_items_the_one_that_shares_more_is_kept() -> None:
    merged = merge_edges(Edges(*(np.array(column) for column in ([1, 0, 1], [0, 0, 0], [2, 1, 5], [0, 0, 3]))))
    assert (merged.first.tolist(), merged.shared.tolist()) == ([0, 1], [1, 5])


def test_pairs_that_would_not_fit_into_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "_MAX_EDGES", 3)
    with pytest.raises(ResourceExhausted, match="4 pairs of annotations"):
        overlap_edges(spans([(0, 1)] * 2), spans([(0, 1)] * 2))


# Two items on each side; shared characters and distance of the edges 0-0 and 1-1, then of 0-1 and 1-0; the better two.
CRITERIA = {
    "shared characters, where distances are beyond exact numbers": ((5, 0), (5, 0), (9, 2**50), (2, 2**50)),
    "one shared character more outweighs all distance": ((5, 0), (5, 0), (6, 2), (5, 2)),
    "equal shares, so the nearer": ((5, 9), (5, 9), (8, 0), (2, 0)),
}


@pytest.mark.parametrize("is_mirrored", [False, True])
@pytest.mark.parametrize("criterion", CRITERIA)
def test_solvers_put_shared_characters_before_distance(
    monkeypatch: pytest.MonkeyPatch, criterion: str, is_mirrored: bool
) -> None:
    monkeypatch.setattr(assignment, "_FEW_EDGES", 0)
    worse_one, worse_other, one, other = CRITERIA[criterion]
    rows = [(0, 0, *one), (1, 1, *other), (0, 1, *worse_one), (1, 0, *worse_other)]
    if not is_mirrored:
        rows = [(0, 0, *worse_one), (1, 1, *worse_other), (0, 1, *one), (1, 0, *other)]
    edges = Edges(*(np.array(column) for column in zip(*rows, strict=True)))
    assert sorted(assignment.assign_components(edges).tolist()) == ([0, 1] if is_mirrored else [2, 3])


SPANS = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 6)).map(lambda s: (s[0], s[0] + s[1])), max_size=5)


@given(SPANS, SPANS)
@settings(max_examples=300, deadline=None)
def test_a_matching_is_as_good_as_the_best_of_all(first: Pairs, second: Pairs) -> None:
    assert value(chosen(first, second), first, second) == best_by_enumeration(first, second)


@pytest.mark.parametrize("cells", [0, 1 << 20], ids=["sparse", "dense"])
@given(first=SPANS, second=SPANS)
@settings(max_examples=150, deadline=None)
def test_the_solvers_of_large_components_find_the_same_value(cells: int, first: Pairs, second: Pairs) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assignment, "_FEW_EDGES", 0)
        patch.setattr(assignment, "_DENSE_CELLS", cells)
        assert value(chosen(first, second), first, second) == best_by_enumeration(first, second)


@given(SPANS, SPANS)
@settings(max_examples=150, deadline=None)
def test_a_matching_is_as_good_the_other_way_round(first: Pairs, second: Pairs) -> None:
    backward = [(a, b) for b, a in chosen(second, first)]
    assert value(chosen(first, second), first, second) == value(backward, first, second)


def value(pairs: Pairs, first: Pairs, second: Pairs) -> tuple[int, int, int]:
    """Return matches, shared characters, and minus the distance of offsets."""
    shared = sum(min(first[a][1], second[b][1]) - max(first[a][0], second[b][0]) for a, b in pairs)
    distance = sum(abs(first[a][0] - second[b][0]) + abs(first[a][1] - second[b][1]) for a, b in pairs)
    return len(pairs), shared, -distance


def best_by_enumeration(first: Pairs, second: Pairs) -> tuple[int, int, int]:
    size = max(len(first), len(second))
    candidates = []
    for order in permutations(range(size)):
        pairs = [(a, b) for a, b in enumerate(order) if a < len(first) and b < len(second)]
        overlapping = [(a, b) for a, b in pairs if first[a][0] < second[b][1] and second[b][0] < first[a][1]]
        candidates.append(value(overlapping, first, second))
    return max(candidates)
