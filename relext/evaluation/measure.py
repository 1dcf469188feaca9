"""Every figure that `relext eval` reports, from the outcomes of all relations.

In: outcomes, the ids of all documents evaluated. Out: one `Evaluation`, plain values ready for JSON, the terminal
and the page. An undefined figure is None and its reason stands beside it; it is never 0, 1 or NaN.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from corpus_tools.sentences import CANDIDATE
from relext.evaluation.calibration import Calibration, measure_calibration
from relext.evaluation.confusion import Confusion, count_confusions
from relext.evaluation.metrics import NO_GOLD, Scores, score_counts
from relext.evaluation.outcomes import Outcome, count_by_document, count_outcomes, count_reaches
from relext.evaluation.significance import Counts, bootstrap_interval

SAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Share:
    """Hold a share with its counts, None with its reason where the whole is 0."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """Return part / whole."""
        return self.part / self.whole if self.whole else None

    @property
    def reason(self) -> str:
        """Return why there is no value, else an empty string."""
        return "" if self.whole else NO_GOLD


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Hold the figures of one model on one part of one corpus.

    Attributes
    ----------
    macro_f1 : float or None
        Mean F1 over the labels that occur in gold.
    ceiling : Share
        Gold relations that some candidate pair of the model joins: the recall that it can't exceed.
    reaches : dict of str to (gold, found)
        Where the gold relations are: under a candidate pair, or the reason why under none.
    counts : int array, shape (documents, 3)
        True positives, false positives and false negatives of each of `doc_ids`.
    """

    doc_ids: tuple[str, ...]
    micro: Scores
    macro_f1: float | None
    ceiling: Share
    labels: dict[str, Scores]
    categories: dict[str, Scores]
    specialties: dict[str, Scores]
    distances: dict[str, Scores]
    reaches: dict[str, tuple[int, int]]
    calibration: Calibration
    confusion: Confusion
    counts: Counts

    @property
    def breakdowns(self) -> dict[str, dict[str, Scores]]:
        """Return the scores a group of each breakdown, by its name in the record."""
        return {
            "labels": self.labels,
            "categories": self.categories,
            "specialties": self.specialties,
            "distances": self.distances,
        }


def evaluate_outcomes(outcomes: Sequence[Outcome], doc_ids: Sequence[str], *, seed: int) -> Evaluation:
    """Compute every figure over the documents, those without relations included."""
    counts = count_by_document(outcomes, doc_ids)
    labels = score_groups(outcomes, lambda outcome: (outcome.label,))
    reaches = count_reaches(outcomes)
    return Evaluation(
        doc_ids=tuple(doc_ids),
        micro=score_counts(*count_outcomes(outcomes), interval=bootstrap_interval(counts, seed=seed, samples=SAMPLES)),
        macro_f1=mean_f1(labels.values()),
        ceiling=Share(reaches.get(CANDIDATE, (0, 0))[0], sum(gold for gold, _ in reaches.values())),
        labels=labels,
        categories=score_groups(outcomes, lambda outcome: (outcome.category,)),
        specialties=score_groups(outcomes, lambda outcome: outcome.specialties),
        distances=score_groups(outcomes, lambda outcome: (outcome.distance,)),
        reaches=reaches,
        calibration=calibrate_outcomes(outcomes),
        confusion=count_confusions(outcomes),
        counts=counts,
    )


def score_groups(outcomes: Iterable[Outcome], groups_of: Callable[[Outcome], Sequence[str]]) -> dict[str, Scores]:
    """Return the scores a group, in the order of the names; an outcome may belong to several groups or to none."""
    members: defaultdict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        for group in groups_of(outcome):
            members[group].append(outcome)
    return {group: score_counts(*count_outcomes(members[group])) for group in sorted(members)}


def mean_f1(scores: Iterable[Scores]) -> float | None:
    """Return the macro F1 of some groups: the mean over those that have gold, None where none has."""
    values = [score.f1 for score in scores if score.gold and score.f1 is not None]
    return sum(values) / len(values) if values else None


def calibrate_outcomes(outcomes: Iterable[Outcome]) -> Calibration:
    """Measure how well the probabilities of the predicted relations fit; one without a probability does not count."""
    predicted = [outcome for outcome in outcomes if outcome.probability is not None]
    probabilities = np.array([outcome.probability for outcome in predicted], dtype=np.float64)
    return measure_calibration(probabilities, np.array([outcome.is_gold for outcome in predicted], dtype=bool))
