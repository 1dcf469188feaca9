"""The universes over which a chance-corrected coefficient is defined, each as units with a category an annotator.

In: a `Project`. Out: `Ratings`, who gave which category to which unit of (a) distinct fragments, with the types on
them, (b) pairs of such fragments in one sentence, with the labels of the relations between them; (c) is in `words`.
Several types on the same fragments, or several labels on one pair, are one composite category, joined by "+", so that
the universe holds each unit once. What nobody related is counted, never listed.

Sentences are those of the text alone, which no annotator's mentions can move.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from corpus_tools.agreement.arrays import Bools, Ints, distinct, first_rows, pack, starts_run
from corpus_tools.agreement.matching import join_keys
from corpus_tools.agreement.project import Project, Texts
from corpus_tools.agreement.tables import Tables
from corpus_tools.standoff import INVERSE, NO_RELATION

MISSING = -1


@dataclass(frozen=True, slots=True)
class Ratings:
    """Hold the units of a universe with the category that each of some annotators gave.

    Attributes
    ----------
    document : array, shape (units,)
    categories : array, shape (units, raters)
        Codes into `names`, -1 where a rater did not rate the unit.
    silent : array, shape (documents, raters + 1)
        Units not listed, by how many raters rated them; all of these gave `silent_category`.
    silent_category : int
        Code into `names`.
    """

    document: Ints
    categories: Ints
    silent: Ints
    silent_category: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Marks:
    """Hold units with the category that each annotator gave them.

    Attributes
    ----------
    document : array, shape (units,)
    categories : array, shape (units, annotators)
        Codes into `names`, -1 where the annotator did not mark the unit.
    names : tuple of str, sorted
    """

    document: Ints
    categories: Ints
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MarkedSpans:
    """Hold the distinct fragments that anyone marked, in text order.

    Attributes
    ----------
    marks : Marks
        The types on them; units are spans.
    sentence : array, shape (spans,)
        The sentence in which the span starts, -1 before the first.
    unit : array, shape (textbounds,)
        The span of each row of the textbounds.
    """

    marks: Marks
    sentence: Ints
    unit: Ints


@dataclass(frozen=True, slots=True)
class MarkedPairs:
    """Hold the pairs of spans that anyone related.

    Attributes
    ----------
    first, second : array, shape (pairs,)
        Spans, in text order.
    unit : array, shape (relations,)
        The pair of each row of the relations, -1 for one that is not compared or joins no two spans.
    """

    marks: Marks
    first: Ints
    second: Ints
    unit: Ints


def mark_spans(project: Project, *, labels: Bools) -> MarkedSpans:
    """Return the distinct fragments of all mentions, with each annotator's types.

    Parameters
    ----------
    labels : array, shape (names,)
        Whether a type is compared; spans of other types alone are there, but nobody's.
    """
    textbounds = project.tables.textbounds
    base = project.texts.base[textbounds.document]
    place = pack(base + textbounds.starts, base + textbounds.ends, textbounds.shape)
    rows, unit = first_rows(place)
    kept = labels[textbounds.label]
    cells = _Cells(unit[kept], textbounds.annotator[kept], textbounds.label[kept])
    marks = _mark(cells, project.tables.names, shape=(len(rows), len(project.annotators)))
    return MarkedSpans(
        Marks(textbounds.document[rows], *marks), _find_sentences(project.texts, (base + textbounds.starts)[rows]), unit
    )


def _find_sentences(texts: Texts, starts: Ints) -> Ints:
    result: Ints = np.searchsorted(texts.sentence_starts, starts, "right") - 1
    return result


def mark_pairs(
    project: Project, spans: MarkedSpans, *, is_symmetric: Callable[[str], bool], labels: Bools
) -> MarkedPairs:
    """Return the pairs of spans that a relation joins, with each annotator's directed labels.

    A relation between mentions on the same fragments joins no pair.

    Parameters
    ----------
    labels : array, shape (names,)
        Whether a label is compared.
    """
    relations = project.tables.relations
    end1, end2 = spans.unit[relations.arg1], spans.unit[relations.arg2]
    kept = (end1 != end2) & labels[relations.label]
    first, second = np.minimum(end1, end2)[kept], np.maximum(end1, end2)[kept]
    names, directed = _direct_labels(project.tables, (end1 > end2)[kept], kept, is_symmetric)
    rows, pair = first_rows(first * (len(spans.sentence) + 1) + second)
    cells = _Cells(pair, relations.annotator[kept], directed)
    marks = _mark(cells, names, shape=(len(rows), len(project.annotators)))
    unit = np.full(len(kept), MISSING, np.int64)
    unit[kept] = pair
    return MarkedPairs(Marks(relations.document[kept][rows], *marks), first[rows], second[rows], unit)


def _direct_labels(
    tables: Tables, is_reversed: Bools, kept: Bools, is_symmetric: Callable[[str], bool]
) -> tuple[tuple[str, ...], Ints]:
    """Return names and codes of the labels in text order: `X⁻¹` where arg1 is the second, but for symmetric labels."""
    codes, label = np.unique(tables.relations.label[kept], return_inverse=True)
    forward = [tables.names[code] for code in codes.tolist()]
    backward = [name if is_symmetric(name) else name + INVERSE for name in forward]
    names = tuple(sorted({*forward, *backward}))
    table = np.array([[names.index(a), names.index(b)] for a, b in zip(forward, backward, strict=True)], np.int64)
    return names, table.reshape(-1, 2)[label, is_reversed.astype(np.int64)]


@dataclass(frozen=True, slots=True)
class _Cells:
    """Hold that an annotator gave a code to a unit, a row each."""

    unit: Ints
    annotator: Ints
    code: Ints


def _mark(cells: _Cells, names: Sequence[str], *, shape: tuple[int, int]) -> tuple[Ints, tuple[str, ...]]:
    """Return the units' categories, shape (units, annotators), and their names; several codes make a composite."""
    width = int(cells.code.max(initial=0)) + 1
    place, code = np.divmod(distinct((cells.unit * shape[1] + cells.annotator) * width + cells.code), width)
    starts = np.flatnonzero(starts_run(place))
    sizes = np.diff(np.append(starts, len(place)))
    place = place[starts]
    sets = [(value,) for value in distinct(code[starts[sizes == 1]]).tolist()]
    several = [tuple(code[start : start + size].tolist()) for start, size in _several(starts, sizes)]
    sets += sorted(set(several))
    joined = ["+".join(names[value] for value in values) for values in sets]
    rank = {values: sorted(joined).index(name) for values, name in zip(sets, joined, strict=True)}
    single = np.zeros(width, np.int64)
    for values in sets:
        if len(values) == 1:
            single[values[0]] = rank[values]
    category = single[code[starts]] if len(starts) else starts
    category[sizes > 1] = [rank[values] for values in several]
    categories = np.full(shape[0] * shape[1], MISSING, np.int64)
    categories[place] = category
    return categories.reshape(shape), tuple(sorted(joined))


def _several(starts: Ints, sizes: Ints) -> list[tuple[int, int]]:
    return list(zip(starts[sizes > 1].tolist(), sizes[sizes > 1].tolist(), strict=True))


def rate_spans(spans: MarkedSpans, members: Sequence[int], *, complete: bool, documents: int) -> Ratings:
    """Return universe (a): the spans that all of some annotators marked, or at least two, with their types."""
    categories = spans.marks.categories[:, members]
    rated = _is_rated(categories >= 0, complete=complete)
    silent = np.zeros((documents, len(members) + 1), np.int64)
    return Ratings(spans.marks.document[rated], categories[rated], silent, 0, spans.marks.names)


def _is_rated(marked: Bools, *, complete: bool) -> Bools:
    return np.asarray(marked.all(axis=1) if complete else marked.sum(axis=1) >= 2, np.bool_)


def rate_pairs(
    spans: MarkedSpans, pairs: MarkedPairs, members: Sequence[int], *, complete: bool, allowed: Bools, documents: int
) -> Ratings:
    """Return universe (b): pairs of commonly marked spans in one sentence, with directed labels or NO_RELATION.

    A pair of types that the schema does not allow is in the universe only where one of the annotators related it.

    Parameters
    ----------
    allowed : array, shape (span categories, span categories), symmetric
        Whether the schema allows any relation between spans of two categories.
    """
    marked = spans.marks.categories[:, members] >= 0
    common = _is_rated(marked, complete=complete)
    inside = common[pairs.first] & common[pairs.second] & (spans.sentence[pairs.first] == spans.sentence[pairs.second])
    rows = np.flatnonzero(inside & (pairs.marks.categories[:, members] >= 0).any(axis=1))
    both = marked[pairs.first[rows]] & marked[pairs.second[rows]]
    rows, both = rows[both.sum(axis=1) >= 2], both[both.sum(axis=1) >= 2]
    labels = pairs.marks.categories[rows][:, members]
    no_relation = len(pairs.marks.names)
    categories = np.where(both, np.where(labels >= 0, labels, no_relation), MISSING)
    silent = _count_silent_pairs(spans, common, members, allowed=allowed, documents=documents)
    kinds = spans.marks.categories[:, members]
    listed = _is_allowed(kinds[pairs.first[rows]], kinds[pairs.second[rows]], allowed)
    np.subtract.at(silent, (pairs.marks.document[rows][listed], both.sum(axis=1)[listed]), 1)
    names = (*pairs.marks.names, NO_RELATION)
    return Ratings(pairs.marks.document[rows], categories, silent, no_relation, names)


def _is_allowed(first: Ints, second: Ints, allowed: Bools) -> Bools:
    """Say of pairs of category rows, shape (..., raters), whether any rater's categories may be related."""
    return np.asarray((allowed[first, second] & (first >= 0) & (second >= 0)).any(axis=-1))


def _count_silent_pairs(
    spans: MarkedSpans, common: Bools, members: Sequence[int], *, allowed: Bools, documents: int
) -> Ints:
    """Count all allowed pairs of common spans in one sentence, by document and by how many annotators marked both."""
    units = np.flatnonzero(common)
    rows, kind = first_rows(pack(*(spans.marks.categories[units][:, members] + 1).T))
    kinds = spans.marks.categories[units[rows]][:, members]
    sentences, row = first_rows(spans.sentence[units] + 1)
    counted = count_pairs(row, kind)
    one, other = kinds[counted.one], kinds[counted.other]
    raters = ((one >= 0) & (other >= 0)).sum(axis=1)
    usable = _is_allowed(one, other, allowed) & (raters >= 2)
    silent = np.zeros((documents, len(members) + 1), np.int64)
    document = spans.marks.document[units[sentences]][counted.group]
    np.add.at(silent, (document[usable], raters[usable]), counted.pairs[usable])
    return silent


@dataclass(frozen=True, slots=True)
class PairCounts:
    """Hold how many unordered pairs of units of two kinds there are in a group, a row for each two kinds in it."""

    group: Ints
    one: Ints
    other: Ints
    pairs: Ints


def count_pairs(group: Ints, kind: Ints) -> PairCounts:
    """Count the unordered pairs of units in one group by their kinds, from how many units of each kind it has.

    Parameters
    ----------
    group, kind : array, shape (units,)
    """
    width = int(kind.max(initial=0)) + 1
    cells = np.sort(group * width + kind)
    starts = np.flatnonzero(starts_run(cells))
    units = np.diff(np.append(starts, len(cells)))
    group, kind = np.divmod(cells[starts], width)
    one, other = join_keys(group, group)
    kept = one <= other
    one, other = one[kept], other[kept]
    pairs = np.where(one == other, units[one] * (units[one] - 1) // 2, units[one] * units[other])
    return PairCounts(group[one], kind[one], kind[other], pairs)
