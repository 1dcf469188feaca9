"""Relations between found mentions: strict and by overlap, and where what was missed or invented went wrong.

In: gold documents, the same documents with found mentions, and the relations predicted between these. Out:
`RelationEvaluation`.

Strict: same label, and both mentions of same type and characters; arguments in their order unless the label is
symmetric. Relaxed: same label and types, both pairs of mentions share a character, one-to-one, as many pairs as can
be. A gold relation that no pair of mentions can state (n-ary) is a miss in both. The same relation written twice
counts once.

Every miss has one cause, the first that holds: a mention was missed (nothing found shares a character with it), has
another type, has other boundaries; or both mentions were found as they are and the relation was not: because no
candidate pair joins them, because another label was given, or because none was. Every invention has one likewise, seen
from the found relation: a mention is invented, has another type, has other boundaries; or both are gold and the
relation is not.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from corpus_tools.assembly import CorpusDocument
from corpus_tools.sentences import CANDIDATE
from relext.evaluation.measure import SAMPLES
from relext.evaluation.metrics import N_ARY, Scores, score_counts
from relext.evaluation.pairing import MentionKey, key_mentions, match_most, overlap, share_characters
from relext.evaluation.significance import Counts, bootstrap_interval
from relext.prediction import PredictedRelation

MENTION, TYPE, BOUNDARY = "mention", "type", "boundary"
NO_PAIR, LABEL, RELATION = "no candidate pair", "label", "relation"
MISS_CAUSES = (MENTION, TYPE, BOUNDARY, NO_PAIR, LABEL, RELATION)
INVENTION_CAUSES = (MENTION, TYPE, BOUNDARY, LABEL, RELATION)


@dataclass(frozen=True, slots=True)
class PlacedRelation:
    """Hold a relation by the mentions that it joins; those of a symmetric label are in order."""

    label: str
    arg1: MentionKey
    arg2: MentionKey
    is_n_ary: bool = False


@dataclass(frozen=True, slots=True)
class RelationEvaluation:
    """Hold the scores of relations between found mentions.

    Attributes
    ----------
    labels : dict of label to (strict, relaxed)
    missed, invented : dict of cause to int
        Gold relations that were not found strictly, found ones that are not gold.
    counts : int array, shape (documents, 3)
        Strict true positives, false positives and false negatives of each of `doc_ids`.
    """

    doc_ids: tuple[str, ...]
    strict: Scores
    relaxed: Scores
    labels: dict[str, tuple[Scores, Scores]]
    missed: dict[str, int]
    invented: dict[str, int]
    counts: Counts


@dataclass(frozen=True, slots=True)
class _Compared:
    """Hold both sides of one document; `reaches` says of a gold relation whether a candidate pair can state it."""

    gold: dict[PlacedRelation, str]
    found: frozenset[PlacedRelation]
    gold_mentions: frozenset[MentionKey]
    found_mentions: frozenset[MentionKey]


def evaluate_relations(
    gold: Sequence[CorpusDocument],
    found: Sequence[CorpusDocument],
    predicted: Mapping[str, Sequence[PredictedRelation]],
    *,
    reaches: Mapping[str, Mapping[str, str]],
    symmetric: Collection[str],
    seed: int,
) -> RelationEvaluation:
    """Compare the relations between found mentions with gold, document by document.

    Parameters
    ----------
    predicted : mapping of doc_id to relations
        Their arguments are ids of the found document's mentions.
    reaches : mapping of doc_id to mapping of relation id to reach
        Under the model's own table of candidate pairs, gold mentions given.
    """
    documents = [
        _compare(one, other, predicted[one.doc_id], reaches=reaches[one.doc_id], symmetric=symmetric)
        for one, other in zip(gold, found, strict=True)
    ]
    counts = np.array([_count_strict(each) for each in documents], dtype=np.int64).reshape(-1, 3)
    labels = sorted({relation.label for each in documents for relation in (*each.gold, *each.found)})
    strict = {name: _sum(_count_strict(each, name) for each in documents) for name in labels}
    relaxed = {name: _sum(_count_relaxed(each, name) for each in documents) for name in labels}
    return RelationEvaluation(
        doc_ids=tuple(document.doc_id for document in gold),
        strict=score_counts(*_sum(counts.tolist()), interval=bootstrap_interval(counts, seed=seed, samples=SAMPLES)),
        relaxed=score_counts(*_sum(relaxed.values())),
        labels={name: (score_counts(*strict[name]), score_counts(*relaxed[name])) for name in labels},
        missed=_count_causes((cause for each in documents for cause in _explain_misses(each)), MISS_CAUSES),
        invented=_count_causes((cause for each in documents for cause in _explain_inventions(each)), INVENTION_CAUSES),
        counts=counts,
    )


def _compare(
    gold: CorpusDocument,
    found: CorpusDocument,
    predicted: Iterable[PredictedRelation],
    *,
    reaches: Mapping[str, str],
    symmetric: Collection[str],
) -> _Compared:
    keys, found_keys = key_mentions(gold), key_mentions(found)
    stated: dict[PlacedRelation, str] = {}
    for relation in gold.relations:
        reach = reaches.get(relation.id, relation.reach)
        ends = keys.get(relation.arg1, ("", ())), keys.get(relation.arg2, ("", ()))
        placed = _place(relation.type, *ends, symmetric=symmetric, is_n_ary=reach == N_ARY)
        if stated.get(placed) != CANDIDATE:  # the same relation between twins of a mention
            stated[placed] = reach
    return _Compared(
        gold=stated,
        found=frozenset(_place(r.type, found_keys[r.arg1], found_keys[r.arg2], symmetric=symmetric) for r in predicted),
        gold_mentions=frozenset(keys.values()),
        found_mentions=frozenset(found_keys.values()),
    )


def _place(
    label: str, arg1: MentionKey, arg2: MentionKey, *, symmetric: Collection[str], is_n_ary: bool = False
) -> PlacedRelation:
    if label in symmetric:
        arg1, arg2 = sorted((arg1, arg2))
    return PlacedRelation(label, arg1, arg2, is_n_ary)


def _count_strict(document: _Compared, label: str | None = None) -> tuple[int, int, int]:
    gold = {each for each in document.gold if label is None or each.label == label}
    found = {each for each in document.found if label is None or each.label == label}
    return len(gold & found), len(found - gold), len(gold - found)


def _count_relaxed(document: _Compared, label: str) -> tuple[int, int, int]:
    gold = [each for each in document.gold if each.label == label]
    found = [each for each in document.found if each.label == label]
    edges = {n: [m for m, other in enumerate(found) if _is_near(one, other)] for n, one in enumerate(gold)}
    matched = len(match_most(edges, len(found)))
    return matched, len(found) - matched, len(gold) - matched


def _is_near(gold: PlacedRelation, found: PlacedRelation) -> bool:
    """Say whether two relations of one label join mentions that overlap."""
    if gold.is_n_ary:
        return False
    return overlap(gold.arg1, found.arg1) and overlap(gold.arg2, found.arg2)


def _sum(counts: Iterable[Sequence[int]]) -> tuple[int, int, int]:
    tp, fp, fn = (sum(column) for column in zip((0, 0, 0), *counts, strict=True))
    return tp, fp, fn


def _explain_misses(document: _Compared) -> Iterable[str]:
    given = {frozenset((each.arg1, each.arg2)) for each in document.found}
    for relation, reach in document.gold.items():
        if relation in document.found:
            continue
        cause = find_fault((relation.arg1, relation.arg2), document.found_mentions)
        if cause:
            yield cause
        elif reach != CANDIDATE:
            yield NO_PAIR
        else:
            yield LABEL if frozenset((relation.arg1, relation.arg2)) in given else RELATION


def _explain_inventions(document: _Compared) -> Iterable[str]:
    stated = {frozenset((each.arg1, each.arg2)) for each in document.gold}
    for relation in document.found - document.gold.keys():
        cause = find_fault((relation.arg1, relation.arg2), document.gold_mentions)
        yield cause or (LABEL if frozenset((relation.arg1, relation.arg2)) in stated else RELATION)


def find_fault(arguments: Iterable[MentionKey], others: Collection[MentionKey]) -> str:
    """Return why two mentions do not both stand among the others, the worst reason first; empty where they do.

    `MENTION`: one shares a character with none. `TYPE`: one shares characters only with mentions of other types.
    `BOUNDARY`: one shares characters with one of its type, and not the same.
    """
    faults = {_find_fault(argument, others) for argument in arguments}
    return next((fault for fault in (MENTION, TYPE, BOUNDARY) if fault in faults), "")


def _find_fault(argument: MentionKey, others: Collection[MentionKey]) -> str:
    if argument in others or not argument[1]:  # an argument that the source lost has no characters
        return ""
    near = [other for other in others if share_characters(argument[1], other[1])]
    if not near:
        return MENTION
    return BOUNDARY if any(other[0] == argument[0] for other in near) else TYPE


def _count_causes(causes: Iterable[str], names: Sequence[str]) -> dict[str, int]:
    counts = Counter(causes)
    return {name: counts[name] for name in names}
