"""How far a model's probabilities can be believed.

In: the probability that a model gave to each thing it predicted, and whether that was right. Out: bins for a
reliability plot and the expected calibration error.

References
----------
Naeini, Cooper and Hauskrecht, AAAI 2015 (expected calibration error); Guo et al., ICML 2017.

Examples
--------
>>> import numpy as np
>>> round(measure_calibration(np.array([0.9, 0.9]), np.array([True, False]), bins=1).error, 3)
0.4
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class ReliabilityBin:
    """Hold one bin: how many predictions, their mean probability, and the share of them that was right."""

    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Hold the bins and the expected calibration error, None where nothing was predicted."""

    bins: tuple[ReliabilityBin, ...]
    error: float | None


def measure_calibration(
    probabilities: npt.NDArray[np.float64], correct: npt.NDArray[np.bool_], *, bins: int = 10
) -> Calibration:
    """Sort predictions into bins of equal number and compare confidence with accuracy in each.

    error = sum over bins of (n_bin / n) * |accuracy - confidence|. Bins of equal number rather than equal width: a
    trained extractor's probabilities crowd near 1, where bins of equal width would hold nearly all of them.

    Parameters
    ----------
    probabilities : float array, shape (predictions,)
    correct : bool array, shape (predictions,)
    """
    if len(probabilities) == 0:
        return Calibration((), None)
    order = np.argsort(probabilities, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    found = tuple(
        ReliabilityBin(len(part), float(probabilities[part].mean()), float(correct[part].mean())) for part in parts
    )
    error = sum(part.count * abs(part.accuracy - part.confidence) for part in found) / len(probabilities)
    return Calibration(found, float(error))
