"""Agreement coefficients and their bootstrap intervals, as pure functions of counts.

In: counts summed over documents (matched items, confusion margins, raters per category), in the last axis where a
function takes several. Out: arrays of values, NaN where a coefficient is undefined, and `Figure`, in which undefined
is None with a reason. Leading axes are free, so that a thousand bootstrap resamples are one call.

Every coefficient is a ratio of integers that are exact in float64: identical annotators give 1.0, not nearly 1.0, and
resampled sums do not depend on the order in which they are added.

References
----------
Hripcsak, Rothschild, "Agreement, the f-measure, and reliability in information retrieval", JAMIA 2005.
Cohen, "A coefficient of agreement for nominal scales", 1960. Fleiss, "Measuring nominal scale agreement among many
raters", 1971. Krippendorff, "Computing Krippendorff's alpha-reliability", 2011. Efron, Tibshirani, "An introduction to
the bootstrap", 1993 (percentile interval, documents as the resampled units).

Examples
--------
>>> float(f1_values(np.array(3), np.array(4), np.array(5)))
0.6666666666666666
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

NOTHING_TO_COMPARE = "nothing to compare"
SINGLE_CATEGORY = "single category"
NO_RESAMPLES = "no resamples asked for"
ONE_DOCUMENT = "one document can't be resampled"
RARELY_DEFINED = "undefined in over half of the resamples"

_CONFIDENCE = 0.95
_BLOCK_CELLS = 1 << 22  # weights held at once, so that memory does not grow with documents times samples
_EXACT_IN_SINGLE = 1 << 24


@dataclass(frozen=True, slots=True)
class Figure:
    """Hold a value with its interval; each is None with a reason where it is undefined.

    Attributes
    ----------
    value : float or None
    reason : str or None
        Why the value is None.
    interval : tuple of float or None
        Lower and upper end of the 95 % bootstrap interval over documents.
    interval_reason : str or None
        Why the interval is None.
    """

    value: float | None
    reason: str | None = None
    interval: tuple[float, float] | None = None
    interval_reason: str | None = None


def f1_values(matched: Floats, first: Floats, second: Floats) -> Floats:
    """Return F1 = 2 * matched / (first + second), NaN where neither annotator marked anything.

    Precision and recall swap with the annotators, F1 does not (Hripcsak and Rothschild 2005).

    Parameters
    ----------
    matched, first, second : array
        Items matched one to one, and items of each annotator.
    """
    return _ratio(2.0 * np.asarray(matched), np.asarray(first) + second)


def cohen_values(agreed: Floats, first: Floats, second: Floats) -> Floats:
    """Return Cohen's kappa = (po - pe) / (1 - pe), NaN without units or where both used one same category.

    Parameters
    ----------
    agreed : array, shape (...)
        Units to which both gave the same category.
    first, second : array, shape (..., categories)
        Units in each category, an annotator each: the margins of the confusion matrix.
    """
    units = np.asarray(first).sum(axis=-1)
    by_chance = (np.asarray(first) * second).sum(axis=-1)
    return _ratio(units * agreed - by_chance, units * units - by_chance)


def expected_agreement(first: Floats, second: Floats) -> Floats:
    """Return Cohen's expected agreement, the sum over categories of both shares; NaN without units."""
    units = np.asarray(first).sum(axis=-1)
    return _ratio((np.asarray(first) * second).sum(axis=-1), units * units)


def fleiss_values(agreeing_pairs: Floats, totals: Floats, *, raters: int) -> Floats:
    """Return Fleiss' kappa, NaN without units or where only one category was used.

    Parameters
    ----------
    agreeing_pairs : array, shape (...)
        Sum over units and categories of n * (n - 1), n being the raters who gave that category.
    totals : array, shape (..., categories)
        Ratings in each category; each unit has exactly `raters` of them.
    """
    ratings = np.asarray(totals).sum(axis=-1)
    by_chance = (np.asarray(totals) ** 2).sum(axis=-1)
    return _ratio(ratings * agreeing_pairs / (raters - 1) - by_chance, ratings * ratings - by_chance)


def alpha_values(agreeing: Floats, totals: Floats) -> Floats:
    """Return Krippendorff's alpha for nominal values, NaN without pairable values or where all are the same.

    Parameters
    ----------
    agreeing : array, shape (...)
        Diagonal of the coincidence matrix: sum over units of n * (n - 1) / (m - 1), n being the raters who gave a
        category and m the raters of the unit. Units of one rater do not count.
    totals : array, shape (..., categories)
        Pairable values in each category.
    """
    values = np.asarray(totals).sum(axis=-1)
    by_chance = values * values - (np.asarray(totals) ** 2).sum(axis=-1)
    disagreement = _ratio((values - 1) * (values - agreeing), by_chance)
    return np.asarray(1.0 - disagreement, dtype=np.float64)


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Divide, giving NaN where the denominator is 0."""
    numerator, denominator = np.broadcast_arrays(np.asarray(numerator, float), np.asarray(denominator, float))
    result = np.full(numerator.shape, np.nan)
    np.divide(numerator, denominator, out=result, where=denominator != 0)
    return result


@dataclass(frozen=True, slots=True)
class Statistic:
    """Hold a coefficient as a function of sums over documents.

    Attributes
    ----------
    counts : array, shape (documents, columns)
    coefficient : callable
        Takes sums of shape (..., columns), returns values of shape (...).
    units : float
        What the coefficient counts over in all documents; none is another reason for no value than a single category.
    """

    counts: Floats
    coefficient: Callable[[Floats], Floats]
    units: float


def estimate(statistics: Sequence[Statistic], *, samples: int, seed: int) -> list[Figure]:
    """Return each statistic's value with its percentile interval over resampled documents.

    Documents are drawn with replacement, as many as there are, `samples` times; all statistics see the same draws, so
    that their intervals are those of one experiment. Nothing is matched again: counts are weighted.

    Parameters
    ----------
    statistics : sequence of Statistic
        All over the same documents.
    samples : int
        0 for values without intervals.
    """
    if not statistics:
        return []
    documents = len(statistics[0].counts)
    counts = np.concatenate([np.asarray(s.counts, np.float64) for s in statistics], axis=1)
    totals = counts.sum(axis=0)
    resampled = resample_sums(counts, samples=samples if documents > 1 else 0, seed=seed)
    ends = np.cumsum([s.counts.shape[1] for s in statistics])
    figures = []
    for statistic, end in zip(statistics, ends.tolist(), strict=True):
        columns = slice(end - statistic.counts.shape[1], end)
        value = float(statistic.coefficient(totals[columns]))
        values = statistic.coefficient(resampled[:, columns])
        figures.append(make_figure(value, values, units=statistic.units, documents=documents))
    return figures


def resample_sums(counts: Floats, *, samples: int, seed: int) -> Floats:
    """Return the columns' sums over documents, drawn with replacement, as many as there are, `samples` times.

    Parameters
    ----------
    counts : array, shape (documents, columns), whole numbers

    Returns
    -------
    array, shape (samples, columns)
    """
    counts = np.asarray(counts, dtype=np.float64)
    documents = len(counts)
    if not documents or not samples:
        return np.empty((0, counts.shape[1]))
    size = max(1, _BLOCK_CELLS // documents)
    blocks = [(start // size, min(size, samples - start)) for start in range(0, samples, size)]
    # Whole numbers are exact in single precision up to 2**24, and twice as fast to add.
    if float(np.abs(counts).max(initial=0)) * documents < _EXACT_IN_SINGLE:
        single = counts.astype(np.float32)
        sums = [_draw_weights(documents, rows, (seed, block)) @ single for block, rows in blocks]
        return np.concatenate(sums).astype(np.float64)
    return np.concatenate(
        [_draw_weights(documents, rows, (seed, block)).astype(np.float64) @ counts for block, rows in blocks]
    )


@lru_cache(maxsize=1)
def _draw_weights(documents: int, rows: int, seed: tuple[int, int]) -> NDArray[np.float32]:
    """Return how often each document was drawn, shape (rows, documents); kept, since the next table has as many."""
    drawn = np.random.default_rng(seed).integers(0, documents, size=(rows, documents), dtype=np.int32)
    cells = drawn + np.arange(rows)[:, None] * documents
    return np.bincount(cells.ravel(), minlength=rows * documents).reshape(rows, documents).astype(np.float32)


def make_figure(value: float, resampled: Floats, *, units: float, documents: int) -> Figure:
    """Return a value with its percentile interval, and a reason for whatever is undefined.

    Parameters
    ----------
    value : float
        NaN where undefined.
    resampled : array, shape (samples,)
        The same coefficient over the resampled documents; empty where no interval was asked for.
    units : float
        What the coefficient counts over: none gives another reason than a single category.
    """
    if np.isnan(value):
        return Figure(None, NOTHING_TO_COMPARE if not units else SINGLE_CATEGORY, None, "the value is undefined")
    if documents < 2:
        return Figure(float(value), None, None, ONE_DOCUMENT)
    if not len(resampled):
        return Figure(float(value), None, None, NO_RESAMPLES)
    defined = resampled[~np.isnan(resampled)]
    if 2 * len(defined) < len(resampled):
        return Figure(float(value), None, None, RARELY_DEFINED)
    tail = (1 - _CONFIDENCE) / 2
    lower, upper = np.quantile(defined, [tail, 1 - tail])
    return Figure(float(value), None, (float(lower), float(upper)))
