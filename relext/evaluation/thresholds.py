"""What a threshold on the probability does to precision: the operating points worth choosing from.

In: the probability of each predicted relation of one label, and whether it is gold. Out: `OperatingPoint`s.

Examples
--------
>>> import numpy as np
>>> [(p.threshold, p.kept, p.right) for p in find_operating_points(np.array([0.9, 0.5]), np.array([True, False]))]
[(0.9, 1, 1), (0.0, 2, 1)]
"""

import math

import numpy as np
import numpy.typing as npt

from relext.model import OperatingPoint

_SCALE = 1_000_000  # six decimals


def find_operating_points(
    probabilities: npt.NDArray[np.float64], correct: npt.NDArray[np.bool_], *, least_kept: int = 1
) -> tuple[OperatingPoint, ...]:
    """Return, with falling threshold, each point that no other beats in both precision and relations kept.

    Thresholds are cut to six decimals, downwards: whatever they were counted from stays above them. The one that keeps
    every prediction is 0: nothing was seen below the lowest that would speak against keeping it.

    Parameters
    ----------
    probabilities : float array, shape (predictions,)
    correct : bool array, shape (predictions,)
    least_kept : int
        Points that keep fewer predictions are left out.
    """
    order = np.argsort(-probabilities, kind="stable")
    falling, right = probabilities[order], np.cumsum(correct[order])
    is_last = np.append(falling[:-1] != falling[1:], True)[: len(falling)]  # equal probabilities stand or fall together
    found: list[OperatingPoint] = []
    for n in reversed(np.flatnonzero(is_last)):
        is_lowest = n == len(falling) - 1
        point = OperatingPoint(0.0 if is_lowest else _cut(falling[n]), int(n) + 1, int(right[n]))
        if point.kept >= least_kept and (not found or point.precision > found[-1].precision):
            found.append(point)
    return tuple(reversed(found))


def _cut(probability: float) -> float:
    return math.floor(probability * _SCALE) / _SCALE
