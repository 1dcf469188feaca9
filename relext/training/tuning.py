"""What the validation part says of a trained model's probabilities: the temperature, and thresholds a label.

In: a network that is trained and the validation documents. Out: `Tuning`, and a record of how well the probabilities
fit before and after.

The temperature is the one under which the fate of the relations that the model states is likeliest: sum of log p over
those that are gold, and of log (1 - p) over the others. Pairs that it leaves without a relation do not count: nearly
all of them are easy, and a temperature for them makes the stated relations too modest. No decision changes by it.

References
----------
Guo et al., On calibration of modern neural networks, ICML 2017 (temperature scaling).

Examples
--------
>>> round(search_minimum(lambda x: (x - 1.25) ** 2, low=-2, high=3), 2)
1.25
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import numpy.typing as npt
import torch

from relext.evaluation import Calibration, find_operating_points, measure_calibration, score_counts
from relext.model import MIN_KEPT, OperatingPoint, RelationNetwork, Tuning
from relext.prediction import PredictedRelation, decode_scores, describe_chain
from relext.training.validation import Emitted, ValidationPart

LEAST, LARGEST = 0.1, 10.0  # temperatures tried
_GOLDEN = (math.sqrt(5) - 1) / 2
_SMALLEST = 1e-12  # probabilities below it are rounding

Judged = tuple[PredictedRelation, bool]  # and whether it is gold


def tune_probabilities(
    network: RelationNetwork, validation: ValidationPart, device: torch.device
) -> tuple[Tuning, dict[str, object]]:
    """Return temperature and operating points, and what the record says of the validation part.

    Without gold or candidate pairs nothing is tuned: the temperature stays 1, and the record has no figure.

    Returns
    -------
    Tuning
    dict
        `calibration`: expected calibration error before and after; `validation_labels`: the scores of each label.
    """
    if not validation.gold or not validation.documents:
        return Tuning(), {"calibration": _describe(Tuning(), (), ()), "validation_labels": {}}
    emitted = validation.emit(network, device)
    temperature = fit_temperature(network, validation, emitted)
    before = judge_relations(network, validation, emitted, temperature=1.0)
    after = judge_relations(network, validation, emitted, temperature=temperature)
    tuning = Tuning(round(temperature, 4), _count_points(after))
    record = {"calibration": _describe(tuning, before, after), "validation_labels": _score_labels(validation, after)}
    return tuning, record


def fit_temperature(network: RelationNetwork, validation: ValidationPart, emitted: Sequence[Emitted]) -> float:
    """Return the temperature under which it is likeliest that just the right ones of the stated relations are right.

    Where all of them are right, or none is, or there is none, nothing can be fitted, and it is 1.
    """
    if len({is_gold for _, is_gold in judge_relations(network, validation, emitted, temperature=1.0)}) < 2:
        return 1.0

    def surprise(log_t: float) -> float:
        return -measure_likelihood(judge_relations(network, validation, emitted, temperature=math.exp(log_t)))

    return math.exp(search_minimum(surprise, low=math.log(LEAST), high=math.log(LARGEST)))


def measure_likelihood(judged: Sequence[Judged]) -> float:
    """Return the mean log-probability of what became of stated relations: right with p, wrong with 1 - p."""
    probabilities, correct = _as_arrays(judged)
    likely = np.where(correct, probabilities, 1 - probabilities)
    return float(np.log(likely.clip(min=_SMALLEST)).mean())


def search_minimum(function: Callable[[float], float], *, low: float, high: float, tolerance: float = 0.01) -> float:
    """Return where a function with one valley is least, by golden sections, to within a tolerance."""
    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = function(left), function(right)
    while high - low > tolerance:
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = function(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = function(right)
    return (low + high) / 2


def judge_relations(
    network: RelationNetwork, validation: ValidationPart, emitted: Iterable[Emitted], *, temperature: float
) -> list[Judged]:
    """Return each relation that is predicted on the validation part, and whether it is gold."""
    judged: list[Judged] = []
    for places, batch, scores in emitted:
        labels, marginals = decode_scores(network, scores, batch.chains, temperature=temperature)
        for place, row, shares in zip(places, labels.cpu(), marginals.cpu(), strict=True):
            found = describe_chain(validation.documents[place], row, shares, validation.scheme)
            judged += [(each, validation.is_gold(found.doc_id, each)) for each in found.relations]
    return judged


def _count_points(judged: Iterable[Judged]) -> dict[str, tuple[OperatingPoint, ...]]:
    by_label: defaultdict[str, list[Judged]] = defaultdict(list)
    for relation, is_gold in judged:
        by_label[relation.type].append((relation, is_gold))
    return {
        label: find_operating_points(*_as_arrays(by_label[label]), least_kept=MIN_KEPT) for label in sorted(by_label)
    }


def _as_arrays(judged: Sequence[Judged]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    probabilities = np.array([relation.probability for relation, _ in judged], dtype=np.float64)
    return probabilities, np.array([is_gold for _, is_gold in judged], dtype=bool)


def _score_labels(validation: ValidationPart, judged: Sequence[Judged]) -> dict[str, dict[str, float | None]]:
    """Return precision, recall, F1 and the number of gold relations of each label."""
    gold = Counter(label for _, (label, *_) in validation.gold)
    found = Counter(relation.type for relation, is_gold in judged if is_gold)
    invented = Counter(relation.type for relation, is_gold in judged if not is_gold)
    scores = {
        label: score_counts(found[label], invented[label], gold[label] - found[label])
        for label in sorted(gold.keys() | invented.keys())
    }
    return {
        label: {"precision": each.precision, "recall": each.recall, "f1": each.f1, "gold": each.gold}
        for label, each in scores.items()
    }


def _describe(tuning: Tuning, before: Sequence[Judged], after: Sequence[Judged]) -> dict[str, object]:
    """Return what the record says: numbers of the validation part's predicted relations."""
    errors: list[Calibration] = [measure_calibration(*_as_arrays(judged)) for judged in (before, after)]
    return {
        "temperature": tuning.temperature,
        "predicted": len(after),
        "error_before": errors[0].error,
        "error_after": errors[1].error,
    }
