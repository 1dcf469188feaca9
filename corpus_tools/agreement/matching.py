"""Who marked the same thing: one-to-one maximum matchings between the items of two annotators.

In: items as integer keys, or as spans on one number line. Out: `Edges` (which items could stand for each other) and the
edges of a best matching: most matches, then most shared characters, then least distance between offsets.

Everything is sorted and swept, nothing is compared all against all: time and memory grow with the items and with the
pairs that do overlap. Only items with several possible partners on both sides reach an assignment solver.

Examples
--------
>>> first, second = Spans.of([0, 0], [10, 3]), Spans.of([0, 7], [10, 10])
>>> edges = overlap_edges(first, second)
>>> best = edges.take(choose_edges(edges))
>>> best.first.tolist(), best.second.tolist()
([0, 1], [1, 0])
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from corpus_tools.agreement.arrays import Bools, Ints, starts_run
from corpus_tools.agreement.assignment import Edges, assign_components
from corpus_tools.errors import ResourceExhausted

_MAX_EDGES = 50_000_000  # about 2 GB; more come only from thousands of mentions stacked on the same characters


@dataclass(frozen=True, slots=True)
class Spans:
    """Hold half-open ranges, a row each, on one number line.

    Whoever calls puts documents and types on separate stretches of the line, so that what must not match can't overlap.

    Attributes
    ----------
    starts, ends : array, shape (spans,), characters
    """

    starts: Ints
    ends: Ints

    @classmethod
    def of(cls, starts: Sequence[int] | Ints, ends: Sequence[int] | Ints) -> Self:
        """Return the spans of two sequences."""
        return cls(np.asarray(starts, np.int64), np.asarray(ends, np.int64))


def match_keys(first: Ints, second: Ints) -> tuple[Ints, Ints]:
    """Match items with equal keys one to one: the n-th of a key with the n-th, the rest stays alone.

    Parameters
    ----------
    first, second : array, shape (items,)
        Keys, non-negative.

    Returns
    -------
    tuple of array
        Rows of the first and of the second, as long as each other, ordered by key.
    """
    width = max(len(first), len(second)) + 1
    ranked_first, rows_first = _rank_keys(first, width)
    ranked_second, rows_second = _rank_keys(second, width)
    _, in_first, in_second = np.intersect1d(ranked_first, ranked_second, assume_unique=True, return_indices=True)
    return rows_first[in_first], rows_second[in_second]


def _rank_keys(keys: Ints, width: int) -> tuple[Ints, Ints]:
    """Return the keys made unique by their rank among equals, sorted, with the rows that they come from."""
    rows = np.argsort(keys, kind="stable")
    ordered = keys[rows]
    return ordered * width + _ranks(ordered), rows


def _ranks(ordered: Ints) -> Ints:
    """Return for each item of a sorted array how many equal ones stand before it."""
    positions = np.arange(len(ordered))
    ranks: Ints = positions - np.maximum.accumulate(np.where(starts_run(ordered), positions, 0))
    return ranks


def join_keys(first: Ints, second: Ints) -> tuple[Ints, Ints]:
    """Return the rows of every pair of items with equal keys.

    Raises
    ------
    ResourceExhausted
        Where the pairs would not fit into memory.
    """
    order = np.argsort(second, kind="stable")
    ordered = second[order]
    begin = np.searchsorted(ordered, first, "left")
    rows, positions = _expand(begin, np.searchsorted(ordered, first, "right"))
    return rows, order[positions]


def overlap_edges(first: Spans, second: Spans) -> Edges:
    """Return every pair of spans that share a character; touching spans share none.

    A pair overlaps where the second starts inside the first, or the first starts inside the second behind its start:
    two sorted searches find both kinds, each pair once.

    Raises
    ------
    ResourceExhausted
        Where the pairs would not fit into memory.
    """
    rows_first, rows_second = _starting_inside(second, first, side="left")
    others_second, others_first = _starting_inside(first, second, side="right")
    rows = np.concatenate([rows_first, others_first]), np.concatenate([rows_second, others_second])
    return _measure(first, second, *rows)


def _starting_inside(inner: Spans, outer: Spans, *, side: str) -> tuple[Ints, Ints]:
    """Return (outer, inner) rows of the pairs in which inner starts in outer, at its start only for side "left"."""
    order = np.argsort(inner.starts, kind="stable")
    ordered = inner.starts[order]
    begin = np.searchsorted(ordered, outer.starts, side)  # type: ignore[call-overload]
    rows, positions = _expand(begin, np.searchsorted(ordered, outer.ends, "left"))
    return rows, order[positions]


def _expand(begin: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Return the rows and the positions of the ranges [begin, end), a position a line."""
    counts = np.maximum(end - begin, 0)
    total = int(counts.sum())
    if total > _MAX_EDGES:
        raise ResourceExhausted(
            f"{total} pairs of annotations could stand for each other, at most {_MAX_EDGES} fit into memory; "
            "look for a document with thousands of mentions on the same characters, or use --mode exact"
        )
    rows = np.repeat(np.arange(len(counts)), counts)
    before = np.cumsum(counts) - counts
    return rows, np.arange(total) - before[rows] + begin[rows]


def _measure(first: Spans, second: Spans, rows_first: Ints, rows_second: Ints) -> Edges:
    first_starts, first_ends = first.starts[rows_first], first.ends[rows_first]
    second_starts, second_ends = second.starts[rows_second], second.ends[rows_second]
    shared = np.minimum(first_ends, second_ends) - np.maximum(first_starts, second_starts)
    distance = np.abs(first_starts - second_starts) + np.abs(first_ends - second_ends)
    return Edges(rows_first, rows_second, shared, distance)


def merge_edges(edges: Edges) -> Edges:
    """Return one edge for each pair of items, in order of the rows, with the most shared characters found for it."""
    order = np.lexsort((edges.distance, -edges.shared, edges.second, edges.first))
    ordered = edges.take(order)
    return ordered.take(starts_run(ordered.first) | starts_run(ordered.second))


def choose_edges(edges: Edges) -> Ints:
    """Return the rows of the edges in a best one-to-one matching.

    Most matches come first, then the sum of shared characters, then the least sum of distances; what is tied even so
    differs only in which of two like items is matched. No pair of items may have two edges (`merge_edges`).

    An edge whose ends have no other edge is taken at once; where all of an edge's rivals meet in one item, the best of
    them is taken; only what is left, items with a choice on both sides, is solved, a connected component at a time.
    """
    degree_first, degree_second = _degree(edges.first), _degree(edges.second)
    chosen = (degree_first == 1) & (degree_second == 1)
    star_first = _is_star(edges.first, degree_second) & (degree_first > 1)
    star_second = _is_star(edges.second, degree_first) & (degree_second > 1)
    chosen[_best_of(edges, edges.first, star_first)] = True
    chosen[_best_of(edges, edges.second, star_second)] = True
    rest = np.flatnonzero(~(star_first | star_second) & ((degree_first > 1) | (degree_second > 1)))
    rows = [np.flatnonzero(chosen)]
    if len(rest):
        rows.append(rest[assign_components(edges.take(rest))])
    result: Ints = np.sort(np.concatenate(rows))
    return result


def _degree(rows: Ints) -> Ints:
    """Return for each edge how many edges its item has."""
    counts = np.bincount(rows) if len(rows) else np.zeros(1, np.int64)
    return counts[rows]


def _is_star(rows: Ints, other_degree: Ints) -> Bools:
    """Say for each edge whether no edge of its item leads to an item with a further edge."""
    largest = np.zeros(int(rows.max(initial=-1)) + 1, np.int64)
    np.maximum.at(largest, rows, other_degree)
    result: Bools = largest[rows] == 1
    return result


def _best_of(edges: Edges, rows: Ints, among: Bools) -> Ints:
    """Return of each item's edges in `among` the one that shares most and lies nearest."""
    candidates = np.flatnonzero(among)
    part = edges.take(candidates)
    order = np.lexsort((part.second, part.first, part.distance, -part.shared, rows[candidates]))
    return candidates[order[starts_run(rows[candidates][order])]]
