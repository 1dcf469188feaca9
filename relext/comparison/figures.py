"""What a study says of its systems: means over seeds, intervals, differences to the reference, speed.

In: `Study`. Out: `SystemFigures`, one a system with at least one result. An undefined figure is None.

Counts of several seeds are added a document, so that documents stay the unit of intervals and tests. A system that no
seed changes has one run, which stands for every seed of the other.

References
----------
Noreen, Computer-Intensive Methods for Testing Hypotheses, 1989. McNemar, Psychometrika 12, 1947.
Efron and Tibshirani, An Introduction to the Bootstrap, 1993.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from relext.comparison.paired import bootstrap_difference
from relext.comparison.results import RunResult
from relext.comparison.study import Study
from relext.comparison.systems import SYSTEMS, System
from relext.evaluation import Scores, bootstrap_interval, mcnemar_test, randomisation_test, score_counts

Counts = npt.NDArray[np.int64]  # (documents, 3)
Results = Mapping[int, RunResult]  # by seed


@dataclass(frozen=True, slots=True)
class Spread:
    """Hold a figure over seeds: its mean and sample deviation, None for none and for a single value."""

    values: tuple[float, ...]

    @property
    def mean(self) -> float | None:
        """Return the mean."""
        return float(np.mean(self.values)) if self.values else None

    @property
    def deviation(self) -> float | None:
        """Return the sample standard deviation."""
        return float(np.std(self.values, ddof=1)) if len(self.values) > 1 else None


@dataclass(frozen=True, slots=True)
class Difference:
    """Hold how the micro F1 of a system differs from the reference's, over the seeds that both have.

    Attributes
    ----------
    f1 : float or None
        System minus reference, counts added over seeds; None where either is undefined.
    interval : (float, float) or None
        95 %, documents and seeds drawn with replacement.
    p_value : float
        Paired approximate randomisation over documents, two-sided.
    mcnemar : tuple of float
        McNemar's exact p over candidate pairs, one a seed: pairs of several seeds are no independent samples.
    """

    seeds: tuple[int, ...]
    f1: float | None
    interval: tuple[float, float] | None
    p_value: float
    mcnemar: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class SystemFigures:
    """Hold the figures of one system.

    Attributes
    ----------
    pooled : Scores
        Of the counts added over seeds, its interval over documents.
    best_epochs : tuple of int
        The epoch that each seed kept.
    """

    system: System
    results: Results
    pooled: Scores
    precision: Spread
    recall: Spread
    f1: Spread
    macro_f1: Spread
    train_seconds: Spread
    train_speed: Spread
    predict_speed: Spread
    peak_memory: Spread
    best_epochs: tuple[int, ...]
    difference: Difference | None

    @property
    def seeds(self) -> tuple[int, ...]:
        """Return the seeds that have a result."""
        return tuple(self.results)


def collect_results(study: Study, source: str = "") -> dict[str, dict[int, RunResult]]:
    """Return the results of the runs on one source, all documents for an empty one, by system and seed."""
    found: dict[str, dict[int, RunResult]] = {}
    for run, result in zip(study.runs, study.results, strict=True):
        if result is not None and run.source == source:
            found.setdefault(run.system.name, {})[run.seed] = result
    return found


def measure_study(study: Study) -> list[SystemFigures]:
    """Return the figures of each system with a result, in the order of the study."""
    found, seed = collect_results(study), study.settings.study.subset_seed
    return [
        _measure_system(SYSTEMS[name], found[name], _compare(study, name, found, seed=seed), seed=seed)
        for name in study.settings.study.systems
        if name in found
    ]


def _compare(study: Study, name: str, found: Mapping[str, Results], *, seed: int) -> Difference | None:
    reference = study.settings.study.reference
    if name == reference or reference not in found:
        return None
    is_single = SYSTEMS[name].is_deterministic or SYSTEMS[reference].is_deterministic
    return compare_results(found[name], found[reference], seed=seed, is_single=is_single)


def _measure_system(system: System, results: Results, difference: Difference | None, *, seed: int) -> SystemFigures:
    counts = add_counts(results.values())
    scores = [score_counts(*count_documents(result).sum(0).tolist()) for result in results.values()]
    epochs = [max((each.epoch for each in result.epochs if each.is_best), default=0) for result in results.values()]
    return SystemFigures(
        system=system,
        results=results,
        pooled=score_counts(*counts.sum(0).tolist(), interval=bootstrap_interval(counts, seed=seed)),
        precision=spread(each.precision for each in scores),
        recall=spread(each.recall for each in scores),
        f1=spread(each.f1 for each in scores),
        macro_f1=spread(macro_f1(result) for result in results.values()),
        train_seconds=spread(each.train_seconds for each in results.values()),
        train_speed=spread(each.train_pairs_per_second for each in results.values()),
        predict_speed=spread(each.predict_pairs_per_second for each in results.values()),
        peak_memory=spread(float(each.peak_memory_bytes) for each in results.values()),
        best_epochs=tuple(filter(None, epochs)),
        difference=difference,
    )


def spread(values: Iterable[float | None]) -> Spread:
    """Return the spread of the values that are defined."""
    return Spread(tuple(value for value in values if value is not None))


def macro_f1(result: RunResult) -> float | None:
    """Return the mean F1 over the labels that occur in gold."""
    values = [score_counts(*counts).f1 for counts in result.labels.values() if counts[0] + counts[2]]
    defined = [value for value in values if value is not None]
    return sum(defined) / len(defined) if defined else None


def count_documents(result: RunResult) -> Counts:
    """Return the counts a document, shape (documents, 3)."""
    return np.array([(each.tp, each.fp, each.fn) for each in result.documents], dtype=np.int64).reshape(-1, 3)


def add_counts(results: Iterable[RunResult]) -> Counts:
    """Return the counts a document, added over seeds."""
    total: Counts = np.sum([count_documents(result) for result in results], axis=0, dtype=np.int64)
    return total


def compare_results(results: Results, reference: Results, *, seed: int, is_single: bool = False) -> Difference | None:
    """Return how a system differs from the reference; None where they have no seed in common.

    Parameters
    ----------
    is_single : bool
        Whether seeds change nothing for one of the two, so that its one run stands for every seed of the other.
    """
    paired = _pair_results(results, reference, is_single=is_single)
    if not paired:
        return None
    ours = np.stack([count_documents(result) for _, result, _ in paired])  # (S, D, 3)
    theirs = np.stack([count_documents(result) for _, _, result in paired])
    f1s = [score_counts(*counts.sum((0, 1)).tolist()).f1 for counts in (ours, theirs)]
    return Difference(
        seeds=tuple(number for number, _, _ in paired),
        f1=None if f1s[0] is None or f1s[1] is None else f1s[0] - f1s[1],
        interval=bootstrap_difference(ours, theirs, seed=seed),
        p_value=randomisation_test(ours.sum(0), theirs.sum(0), seed=seed),
        mcnemar=tuple(mcnemar_test(_mark(result), _mark(other)) for _, result, other in paired),
    )


def _pair_results(results: Results, reference: Results, *, is_single: bool) -> list[tuple[int, RunResult, RunResult]]:
    """Return (seed, system, reference) for the seeds that both have."""
    if not is_single:
        return [(seed, results[seed], reference[seed]) for seed in results if seed in reference]
    seeds = max(results, reference, key=len)
    if not results or not reference:
        return []
    one, other = next(iter(results.values())), next(iter(reference.values()))
    return [(seed, results.get(seed, one), reference.get(seed, other)) for seed in seeds]


def _mark(result: RunResult) -> npt.NDArray[np.bool_]:
    marks = "".join(each.pairs for each in result.documents)
    right: npt.NDArray[np.bool_] = np.frombuffer(marks.encode("ascii"), dtype=np.uint8) == ord("1")
    return right


def combine_p_values(values: Sequence[float]) -> tuple[float, float] | None:
    """Return the median and the largest of the p values of several seeds."""
    return (float(np.median(values)), max(values)) if values else None
