"""Precision, recall and F1 over sets of relations: the only place that says when two relations are the same.

In: gold relations of documents, predicted relations of the same documents. Out: counts and scores.

A gold relation counts whether or not a candidate pair reaches it, so that recall is never flattered. Two relations
are the same when document, label and both argument ids are; the order of the arguments does not matter for a
symmetric label, and the same relation written twice counts once. An n-ary relation is a gold relation that no pair
of mentions can equal. NO_RELATION is the negative class and never counted.

References
----------
Hripcsak and Rothschild, JAMIA 12(3), 2005 (F1 where negatives can't be counted).

Examples
--------
>>> score_counts(1, 1, 2).f1
0.4
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from corpus_tools.sentences import GoldRelation
from relext.prediction import PredictedRelation

N_ARY = "n-ary"
NOTHING_TO_FIND = "no gold relation and none predicted"
NO_GOLD = "no gold relation"
NONE_PREDICTED = "none predicted"

RelationKey = tuple[str, str, str, str]  # label, arg1, arg2, and the id of an n-ary relation, else ""


@dataclass(frozen=True, slots=True)
class Scores:
    """Hold precision tp / (tp + fp), recall tp / (tp + fn), F1 2 tp / (2 tp + fp + fn), and the counts behind them.

    Attributes
    ----------
    precision, recall, f1 : float or None
        None where the denominator is 0; `reason` says why.
    interval : (float, float) or None
        Interval of F1 where one was asked for.
    """

    tp: int
    fp: int
    fn: int
    precision: float | None
    recall: float | None
    f1: float | None
    reason: str = ""
    interval: tuple[float, float] | None = None

    @property
    def gold(self) -> int:
        """Return the number of gold relations."""
        return self.tp + self.fn


def relation_key(label: str, arg1: str, arg2: str, *, is_symmetric: bool) -> RelationKey:
    """Return what a relation of one document is compared by; the arguments of a symmetric label are put in order."""
    if is_symmetric and arg2 < arg1:
        arg1, arg2 = arg2, arg1
    return label, arg1, arg2, ""


def gold_key(relation: GoldRelation, symmetric: Collection[str]) -> RelationKey:
    """Return what a gold relation is compared by; an n-ary one has its id in the key, which no prediction has."""
    if relation.reach == N_ARY:
        return relation.type, relation.arg1, relation.arg2, relation.id
    return relation_key(relation.type, relation.arg1, relation.arg2, is_symmetric=relation.type in symmetric)


def predicted_key(relation: PredictedRelation, symmetric: Collection[str]) -> RelationKey:
    """Return what a predicted relation is compared by."""
    return relation_key(relation.type, relation.arg1, relation.arg2, is_symmetric=relation.type in symmetric)


def count_document(
    gold: Iterable[GoldRelation], predicted: Iterable[PredictedRelation], *, symmetric: Collection[str] = ()
) -> tuple[int, int, int]:
    """Return the true positives, false positives and false negatives of one document.

    Parameters
    ----------
    symmetric : collection of str
        Labels without a direction.
    """
    expected = {gold_key(relation, symmetric) for relation in gold}
    found = {predicted_key(relation, symmetric) for relation in predicted}
    return len(expected & found), len(found - expected), len(expected - found)


def score_counts(tp: int, fp: int, fn: int, *, interval: tuple[float, float] | None = None) -> Scores:
    """Return the scores of three counts; what has a denominator of 0 is None with its reason."""
    precision = tp / (tp + fp) if tp + fp else None
    recall = tp / (tp + fn) if tp + fn else None
    f1 = 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else None
    reasons = {(False, False): "", (True, True): NOTHING_TO_FIND, (True, False): NONE_PREDICTED, (False, True): NO_GOLD}
    return Scores(tp, fp, fn, precision, recall, f1, reasons[precision is None, recall is None], interval)
