"""Which chance-corrected coefficients a project is asked for, over which universes.

In: a `Project`. Out: `Kappa`s of a pair of annotators (Cohen) or of all of them (Fleiss, Krippendorff), each with the
universe in words, and the confusion matrices over the same universes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from corpus_tools.agreement.arrays import Bools, Ints, distinct
from corpus_tools.agreement.kappas import Kappa, Question, confusion, measure_kappas
from corpus_tools.agreement.project import Project
from corpus_tools.agreement.settings import Settings
from corpus_tools.agreement.universes import (
    MISSING,
    MarkedPairs,
    MarkedSpans,
    Ratings,
    mark_pairs,
    mark_spans,
    rate_pairs,
    rate_spans,
)
from corpus_tools.agreement.words import MarkedWords, mark_words, rate_words

SPANS = "mentions that {who} marked, identical fragments"
PAIRS = "pairs, in one sentence, of mentions that {who} marked"
ALLOWED = " whose types the schema allows to be related, or that one of them related"
WORDS = "all words of documents that {who} annotated"
MARKED_WORDS = "words that somebody marked with any type, of documents that {who} annotated"
NOT_MARKED = "(not marked)"


@dataclass(frozen=True, slots=True)
class Universes:
    """Hold all that the ratings of a project come from.

    Attributes
    ----------
    compared : MarkedSpans
        The spans with the types that are compared; `spans` has those with any type.
    allowed : array, shape (span categories, span categories)
        Whether the schema allows a relation between spans of two categories of `spans`.
    types : array
        Codes of the types that are compared, each a binary question about words.
    labels : array, shape (names,)
        Whether a code is among the labels compared.
    """

    compared: MarkedSpans
    spans: MarkedSpans
    pairs: MarkedPairs
    words: MarkedWords
    allowed: Bools
    types: Ints
    labels: Bools


@dataclass(frozen=True, slots=True)
class Confusion:
    """Hold how often the first annotator's category (row) met the second's (column)."""

    name: str
    categories: tuple[str, ...]
    matrix: Ints


def mark_universes(project: Project, settings: Settings, labels: Bools) -> Universes:
    """Mark spans, pairs and words once for all annotators."""
    spans = mark_spans(project, labels=np.ones(len(labels), bool))
    codes = distinct(project.tables.textbounds.label)
    return Universes(
        spans if labels[codes].all() else mark_spans(project, labels=labels),
        spans,
        mark_pairs(project, spans, is_symmetric=settings.is_symmetric, labels=labels),
        mark_words(project, labels=labels),
        _allowed_categories(settings, spans.marks.names),
        codes[labels[codes]],
        labels,
    )


def _allowed_categories(settings: Settings, categories: Sequence[str]) -> Bools:
    """Say of two categories of spans, types joined by "+", whether the schema allows to relate any of their types."""
    if settings.schema is None:
        return np.ones((len(categories), len(categories)), bool)
    pairs = {pair for relation in settings.schema.relations for pair in relation.pairs}
    types = [category.split("+") for category in categories]
    allowed = [[any((a, b) in pairs for a in one for b in other) for other in types] for one in types]
    matrix = np.array(allowed, np.bool_).reshape(len(categories), len(categories))
    return np.logical_or(matrix, matrix.T)


@dataclass(frozen=True, slots=True)
class _Members:
    """Hold whom a universe is asked about: units of all of them (`complete`), or of two at least."""

    project: Project
    rows: Sequence[int]
    complete: bool = True

    @property
    def who(self) -> str:
        """Return the members in the words of a universe."""
        if not self.complete:
            return "at least two"
        return "both" if len(self.rows) == 2 else "all"

    @property
    def documents(self) -> Bools:
        """Return which documents are compared."""
        return self.are_enough(self.project.presence[:, self.rows])

    def are_enough(self, rated: Bools) -> Bools:
        """Say of units, shape (units, members), whether enough members rated them."""
        return np.asarray(rated.all(axis=1) if self.complete else rated.sum(axis=1) >= 2, bool)

    def ask(self, unit: str, universe: str, category: str = "", **found: Any) -> Question:
        """Return a question about these members."""
        names = tuple(self.project.annotators[row] for row in self.rows)
        return Question(unit, universe.format(who=self.who), category, names, **found)


def ask_pair(
    project: Project, settings: Settings, pair: tuple[int, int], universes: Universes
) -> tuple[tuple[Kappa, ...], tuple[Confusion, ...]]:
    """Return Cohen's kappas of two annotators, and the confusion of types and of relation labels."""
    members = _Members(project, pair)
    rated = list(_rate_all(members, settings, universes))
    kappas = measure_kappas(
        rated, coefficients=("cohen",), documents=members.documents, samples=settings.samples, seed=settings.seed
    )
    relations = rated[1][1]
    types = _confuse_types(universes.compared, pair, members.documents)
    return tuple(kappas), (types, Confusion("relations", relations.names, confusion(relations)))


def ask_group(project: Project, settings: Settings, universes: Universes) -> Iterator[Kappa]:
    """Yield Fleiss' kappa and Krippendorff's alpha of all annotators, then alpha with incomplete units."""
    for complete, coefficients in ((True, ("fleiss", "alpha")), (False, ("alpha",))):
        members = _Members(project, range(len(project.annotators)), complete)
        yield from measure_kappas(
            list(_rate_all(members, settings, universes)),
            coefficients=coefficients,
            documents=members.documents,
            samples=settings.samples,
            seed=settings.seed,
        )


def _rate_all(members: _Members, settings: Settings, universes: Universes) -> Iterator[tuple[Question, Ratings]]:
    """Yield universe (a), universe (b), then (c) for each type, with and without the words that nobody marked."""
    rows, complete, documents = members.rows, members.complete, len(members.project.doc_ids)
    types = rate_spans(universes.compared, rows, complete=complete, documents=documents)
    yield _ask_about_types(members, universes), types
    relations = rate_pairs(
        universes.spans, universes.pairs, rows, complete=complete, allowed=universes.allowed, documents=documents
    )
    yield _ask_about_relations(members, settings, universes), relations
    names = members.project.tables.names
    for code, everywhere, where_marked in rate_words(universes.words, universes.types, rows, complete=complete):
        yield members.ask("word", WORDS, names[code], coverage={}), everywhere
        yield members.ask("word", MARKED_WORDS, names[code], coverage={}), where_marked


def _ask_about_types(members: _Members, universes: Universes) -> Question:
    textbounds, spans = members.project.tables.textbounds, universes.compared
    marked = spans.marks.categories[:, members.rows] >= 0
    common = members.are_enough(marked)
    counted = universes.labels[textbounds.label] & members.documents[textbounds.document]
    incomplete = marked.any(axis=1) & ~common & members.documents[spans.marks.document]
    covered = counted & common[spans.unit]
    coverage = _cover(members, textbounds.annotator, counted=counted, covered=covered)
    return members.ask("type", SPANS, coverage=coverage, incomplete=int(incomplete.sum()))


def _ask_about_relations(members: _Members, settings: Settings, universes: Universes) -> Question:
    relations, pairs, spans = members.project.tables.relations, universes.pairs, universes.spans
    common = members.are_enough(spans.marks.categories[:, members.rows] >= 0)
    inside = common[pairs.first] & common[pairs.second] & (spans.sentence[pairs.first] == spans.sentence[pairs.second])
    counted = universes.labels[relations.label] & members.documents[relations.document]
    covered = counted & (pairs.unit != MISSING)
    covered[covered] = inside[pairs.unit[covered]]
    related = (pairs.marks.categories[:, members.rows] >= 0).any(axis=1) & members.documents[pairs.marks.document]
    coverage = _cover(members, relations.annotator, counted=counted, covered=covered)
    universe = PAIRS + (ALLOWED if settings.schema is not None else "")
    return members.ask("relation", universe, coverage=coverage, incomplete=int((related & ~inside).sum()))


def _cover(members: _Members, annotator: Ints, *, counted: Bools, covered: Bools) -> dict[str, tuple[int, int]]:
    """Return for each annotator how many annotations a universe covers, and how many there are."""
    return {
        members.project.annotators[row]: (
            int((covered & (annotator == row)).sum()),
            int((counted & (annotator == row)).sum()),
        )
        for row in members.rows
    }


def _confuse_types(spans: MarkedSpans, pair: tuple[int, int], documents: Bools) -> Confusion:
    """Return the types that two annotators gave to the same characters, those included that one did not mark."""
    categories = spans.marks.categories[:, pair]
    seen = documents[spans.marks.document] & (categories >= 0).any(axis=1)
    size = len(spans.marks.names) + 1
    first, second = np.where(categories[seen] == MISSING, size - 1, categories[seen]).T
    matrix = np.bincount(first * size + second, minlength=size * size).reshape(size, size)
    return Confusion("entities", (*spans.marks.names, NOT_MARKED), matrix)
