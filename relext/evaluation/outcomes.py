"""What became of every relation: found, invented or missed, with all that a breakdown asks of it.

In: a document of a built corpus and what a model predicted for it. Out: one `Outcome` a relation, every gold relation
among them, reachable or not.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from corpus_tools.assembly import CorpusDocument
from corpus_tools.sentences import CANDIDATE, GoldRelation
from corpus_tools.standoff import pair_category
from relext.evaluation.metrics import RelationKey, gold_key, predicted_key
from relext.prediction import PredictedRelation

Verdict = Literal["tp", "fp", "fn"]
VERDICTS: tuple[Verdict, ...] = ("tp", "fp", "fn")
NO_SEGMENT = "no segment"
DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Hold one relation and its verdict.

    Attributes
    ----------
    verdict : "tp", "fp" or "fn"
    distance : str
        Segments between the two mentions: "0" within one; `NO_SEGMENT` where a mention stands in none.
    reach : str
        Of a gold relation "candidate" or the reason why no candidate pair of the model reaches it; else empty.
    probability : float or None
        The model's, None for a relation that it missed.
    """

    doc_id: str
    label: str
    arg1: str
    arg2: str
    verdict: Verdict
    category: str
    specialties: tuple[str, ...]
    distance: str
    reach: str
    probability: float | None

    @property
    def is_gold(self) -> bool:
        """Say whether annotators marked the relation."""
        return self.verdict != "fp"


def find_outcomes(
    document: CorpusDocument,
    predicted: Iterable[PredictedRelation],
    *,
    reaches: Mapping[str, str],
    symmetric: Collection[str] = (),
) -> list[Outcome]:
    """Compare one document's gold relations with the predicted ones, in the order of label and arguments.

    Parameters
    ----------
    reaches : mapping of relation id to reach
        Under the model's own table of candidate pairs.
    symmetric : collection of str
        Labels without a direction.
    """
    gold = _reaches_by_key(document.relations, reaches, symmetric)
    found = {predicted_key(relation, symmetric): relation.probability for relation in predicted}
    describe = _describer(document)
    return [
        describe(key, _verdict(key, gold, found), gold.get(key, ""), found.get(key))
        for key in sorted(gold.keys() | found.keys())
    ]


def _reaches_by_key(
    relations: Iterable[GoldRelation], reaches: Mapping[str, str], symmetric: Collection[str]
) -> dict[RelationKey, str]:
    """Return the gold relations without repetitions; a repeated one has the reach of the one that it repeats."""
    gold: dict[RelationKey, str] = {}
    for relation in relations:
        key, reach = gold_key(relation, symmetric), reaches.get(relation.id, relation.reach)
        if gold.get(key, DUPLICATE) == DUPLICATE:
            gold[key] = reach
    return gold


def _verdict(key: RelationKey, gold: Collection[RelationKey], found: Collection[RelationKey]) -> Verdict:
    if key in gold:
        return "tp" if key in found else "fn"
    return "fp"


def _describer(document: CorpusDocument) -> Callable[[RelationKey, Verdict, str, float | None], Outcome]:
    types = {mention.id: mention.type for mention in document.mentions}
    places = {mention.id: segment.index for segment in document.segments for mention in segment.mentions}

    def describe(key: RelationKey, verdict: Verdict, reach: str, probability: float | None) -> Outcome:
        label, arg1, arg2, _ = key
        is_placed = arg1 in places and arg2 in places
        return Outcome(
            doc_id=document.doc_id,
            label=label,
            arg1=arg1,
            arg2=arg2,
            verdict=verdict,
            category=pair_category(types.get(arg1, ""), types.get(arg2, "")),
            specialties=document.specialties,
            distance=str(abs(places[arg1] - places[arg2])) if is_placed else NO_SEGMENT,
            reach=reach,
            probability=probability,
        )

    return describe


def count_outcomes(outcomes: Iterable[Outcome]) -> tuple[int, int, int]:
    """Return the true positives, false positives and false negatives."""
    verdicts = [outcome.verdict for outcome in outcomes]
    return verdicts.count("tp"), verdicts.count("fp"), verdicts.count("fn")


def count_by_document(outcomes: Iterable[Outcome], doc_ids: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return the counts a document, documents without any relation included.

    Returns
    -------
    int array, shape (documents, 3)
        True positives, false positives, false negatives.
    """
    row = {doc_id: index for index, doc_id in enumerate(doc_ids)}
    counts = np.zeros((len(doc_ids), len(VERDICTS)), dtype=np.int64)
    for outcome in outcomes:
        counts[row[outcome.doc_id], VERDICTS.index(outcome.verdict)] += 1
    return counts


def count_reaches(outcomes: Iterable[Outcome]) -> dict[str, tuple[int, int]]:
    """Return, for "candidate" and each reason that occurs, how many gold relations there are and how many were found.

    "candidate" comes first, the reasons follow by name.
    """
    counts: dict[str, tuple[int, int]] = {}
    for outcome in outcomes:
        if outcome.is_gold:
            gold, found = counts.get(outcome.reach, (0, 0))
            counts[outcome.reach] = gold + 1, found + (outcome.verdict == "tp")
    return dict(sorted(counts.items(), key=lambda item: (item[0] != CANDIDATE, item[0])))
