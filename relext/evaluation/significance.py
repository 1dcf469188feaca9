"""Intervals and paired tests over documents, the unit that annotators and splits work in.

In: counts a document, int arrays of shape (documents, 3) with true positives, false positives and false negatives.
Out: intervals and p values, the same for the same seed.

References
----------
Efron and Tibshirani, An Introduction to the Bootstrap, 1993 (percentile interval, chapter 13).
Noreen, Computer-Intensive Methods for Testing Hypotheses, 1989 (approximate randomisation).
McNemar, Psychometrika 12, 1947.

Examples
--------
>>> import numpy as np
>>> bootstrap_interval(np.array([[1, 0, 0], [1, 0, 0]]), seed=1, samples=100)
(1.0, 1.0)
"""

import numpy as np
import numpy.typing as npt
from statsmodels.stats.contingency_tables import mcnemar

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

LEVEL = 0.95
LARGEST_DRAW = 4_000_000  # numbers, 32 MB: samples are drawn in blocks of this size


def f1_of_counts(counts: npt.NDArray[np.number]) -> Floats:
    """Return F1 = 2 tp / (2 tp + fp + fn) over the last axis, NaN where nothing was to be found and nothing was.

    Parameters
    ----------
    counts : array, shape (..., 3)
        True positives, false positives, false negatives.

    Returns
    -------
    array, shape (...)
    """
    tp, fp, fn = (counts[..., column].astype(np.float64) for column in range(3))
    denominator = 2 * tp + fp + fn
    return np.divide(2 * tp, denominator, out=np.full_like(denominator, np.nan), where=denominator > 0)


def bootstrap_interval(counts: Counts, *, seed: int, samples: int = 1000) -> tuple[float, float] | None:
    """Return the percentile interval of micro F1 when documents are drawn with replacement.

    Parameters
    ----------
    counts : int array, shape (documents, 3)

    Returns
    -------
    (low, high) or None
        None where there is no document, or F1 is undefined in most samples.
    """
    documents = len(counts)
    if documents == 0:
        return None
    generator, chances = np.random.default_rng(seed), np.full(documents, 1 / documents)
    drawn = [generator.multinomial(documents, chances, size=rows) @ counts for rows in _blocks(samples, documents)]
    scores = f1_of_counts(np.concatenate(drawn))  # (samples,)
    defined = scores[~np.isnan(scores)]
    if len(defined) < samples / 2:
        return None
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    return float(low), float(high)


def randomisation_test(first: Counts, second: Counts, *, seed: int, samples: int = 10_000) -> float:
    """Return the p value of the difference in micro F1 of two systems over the same documents, two-sided.

    Each sample swaps the two systems' counts of a document with probability one half.

    Parameters
    ----------
    first, second : int array, shape (documents, 3)

    Returns
    -------
    float
        (extreme + 1) / (samples + 1), so never 0.
    """
    observed = abs(_difference(first.sum(0), second.sum(0)))
    generator, change = np.random.default_rng(seed), second - first
    swaps = [generator.integers(0, 2, size=(rows, len(first))) @ change for rows in _blocks(samples, len(first))]
    moved = np.concatenate(swaps)  # (samples, 3)
    differences = np.abs(_difference(first.sum(0) + moved, second.sum(0) - moved))
    extreme = int(np.count_nonzero(differences >= observed - 1e-12))
    return (extreme + 1) / (samples + 1)


def mcnemar_test(first_correct: npt.NDArray[np.bool_], second_correct: npt.NDArray[np.bool_]) -> float:
    """Return McNemar's exact p value over the candidate pairs that just one of two systems labels right.

    Parameters
    ----------
    first_correct, second_correct : bool array, shape (pairs,)
    """
    only_first = int(np.count_nonzero(first_correct & ~second_correct))
    only_second = int(np.count_nonzero(~first_correct & second_correct))
    if only_first + only_second == 0:
        return 1.0
    return float(mcnemar([[0, only_first], [only_second, 0]], exact=True).pvalue)


def _blocks(samples: int, documents: int) -> list[int]:
    """Return how many samples to draw at a time."""
    rows = max(1, LARGEST_DRAW // max(1, documents))
    return [min(rows, samples - start) for start in range(0, samples, rows)]


def _difference(first: npt.NDArray[np.number], second: npt.NDArray[np.number]) -> Floats:
    return np.nan_to_num(f1_of_counts(first)) - np.nan_to_num(f1_of_counts(second))
