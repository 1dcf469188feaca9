"""The interval of a difference between two systems that read the same documents, several times each.

In: counts of shape (seeds, documents, 3), true positives, false positives and false negatives. Out: a percentile
interval of the difference in micro F1. Documents are drawn once for both systems, which are therefore paired; seeds are
drawn for each system by itself, since seed 13 of one has nothing to do with seed 13 of the other.

References
----------
Efron and Tibshirani, An Introduction to the Bootstrap, 1993 (percentile interval, chapter 13).

Examples
--------
>>> good, bad = np.array([[[2, 0, 0], [2, 0, 0]]]), np.array([[[1, 0, 1], [1, 0, 1]]])
>>> [round(edge, 3) for edge in bootstrap_difference(good, bad, seed=1, samples=50)]
[0.333, 0.333]
"""

import numpy as np
import numpy.typing as npt

from relext.evaluation import f1_of_counts

LEVEL = 0.95

Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def bootstrap_difference(
    first: Counts, second: Counts, *, seed: int, samples: int = 1000
) -> tuple[float, float] | None:
    """Return the interval of F1 of the first minus F1 of the second.

    Parameters
    ----------
    first, second : int array, shape (seeds, documents, 3)
        The same documents in the same order; the numbers of seeds may differ.

    Returns
    -------
    (low, high) or None
        None where there is no document or no seed, or the difference is undefined in most samples.
    """
    if 0 in first.shape or 0 in second.shape:
        return None
    generator, documents = np.random.default_rng(seed), first.shape[1]
    differences = np.empty(samples)
    for sample in range(samples):
        drawn = np.bincount(generator.integers(documents, size=documents), minlength=documents)
        scores = [f1_of_counts(drawn @ _draw_seeds(counts, generator)) for counts in (first, second)]
        differences[sample] = scores[0] - scores[1]
    defined = differences[~np.isnan(differences)]
    if len(defined) < samples / 2:
        return None
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(defined, [tail, 1 - tail])
    return float(low), float(high)


def _draw_seeds(counts: Counts, generator: np.random.Generator) -> Counts:
    """Return the counts a document of as many seeds, drawn with replacement and added, shape (documents, 3)."""
    drawn = np.bincount(generator.integers(len(counts), size=len(counts)), minlength=len(counts))
    return np.tensordot(drawn, counts, axes=1)
