"""The baseline that every model has to beat: the label that a pair of types bears most often.

In: the documents of the training part under the model's label scheme. Out: a table by pair of types, which the model
folder keeps, and what it predicts for a document.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from corpus_tools.assembly import CorpusDocument
from corpus_tools.errors import InputError
from corpus_tools.sentences import CandidatePair, Mention, parse_label
from corpus_tools.standoff import INVERSE, NO_RELATION
from relext.data import LabelScheme
from relext.prediction import PredictedRelation

MajorityTable = Mapping[tuple[str, str], str]


def fit_majority(documents: Iterable[CorpusDocument], scheme: LabelScheme) -> dict[tuple[str, str], str]:
    """Return the commonest label of each pair of types among the candidate pairs, NO_RELATION included.

    Among equally common labels the first by name stands.
    """
    counts: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for document in documents:
        for pair in scheme.label_document(document).pairs:
            first, second = _mentions_of(document, pair)
            counts[first.type, second.type][pair.label] += 1
    return {types: min(labels, key=lambda label: (-labels[label], label)) for types, labels in sorted(counts.items())}


def _mentions_of(document: CorpusDocument, pair: CandidatePair) -> tuple[Mention, Mention]:
    first = document.segments[pair.segment].mentions[pair.first]
    return first, document.segments[pair.segment + pair.distance].mentions[pair.second]


def predict_majority(
    document: CorpusDocument, pairs: Iterable[CandidatePair], table: MajorityTable
) -> tuple[PredictedRelation, ...]:
    """Return the relations that the table states for the candidate pairs of a document, each with probability 1."""
    relations = []
    for pair in pairs:
        first, second = _mentions_of(document, pair)
        for label in sorted(parse_label(table.get((first.type, second.type), NO_RELATION))):
            arg1, arg2 = (second.id, first.id) if label.endswith(INVERSE) else (first.id, second.id)
            relations.append(PredictedRelation(label.removesuffix(INVERSE), arg1, arg2, 1.0))
    return tuple(relations)


def format_majority(table: MajorityTable) -> list[list[str]]:
    """Return the table as JSON values: rows of first type, second type, label."""
    return [[first, second, label] for (first, second), label in sorted(table.items())]


def parse_majority(record: Any) -> dict[tuple[str, str], str]:
    """Return the table that `format_majority` made rows of.

    Raises
    ------
    InputError
        Where the record holds anything else.
    """
    is_table = isinstance(record, list) and all(
        isinstance(row, list) and len(row) == 3 and all(isinstance(cell, str) for cell in row) for row in record
    )
    if not is_table:
        raise InputError("the model's majority table can't be read: expected rows of first type, second type, label")
    return {(first, second): label for first, second, label in record}
