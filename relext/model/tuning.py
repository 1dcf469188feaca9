"""What the validation part decided about a model's probabilities: a temperature, and thresholds for a wanted precision.

In: figures counted on the validation part after training. Out: `Tuning`, which the model folder keeps.

A model says P(labels) ∝ exp(score(labels) / T), where the score is that of the whole chain: emissions, start, end and
transitions together. The probability of a relation is the marginal of that distribution. T changes no decision, since
the sequence with the best score stays the one with the best score / T; it changes how sure the model claims to be.

Examples
--------
>>> points = {"treats": (OperatingPoint(0.9, kept=10, right=10), OperatingPoint(0.4, kept=20, right=18))}
>>> Tuning(1.5, points).thresholds(0.85), Tuning(1.5, points).thresholds(0.95)
({'treats': 0.4}, {'treats': 0.9})
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from corpus_tools.errors import InputError

MIN_KEPT = 5  # validation relations that a threshold must rest on: below it, one lucky hit would read as certainty

Thresholds = Mapping[str, float | None]  # label -> least probability; None where no threshold is precise enough


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """Hold what a threshold does to one label on the validation part.

    Attributes
    ----------
    threshold : float
        Least probability of a relation that is kept.
    kept, right : int
        Predicted relations at or above it, and how many of these are gold.
    """

    threshold: float
    kept: int
    right: int

    @property
    def precision(self) -> float:
        """Return right / kept."""
        return self.right / self.kept


@dataclass(frozen=True, slots=True)
class Tuning:
    """Hold a temperature and the operating points of each label.

    Attributes
    ----------
    temperature : float
        T above; 1 where nothing was tuned.
    points : mapping of label to operating points
        The thresholds that keep most relations for their precision, falling; a label without any has no precise one.
    """

    temperature: float = 1.0
    points: Mapping[str, tuple[OperatingPoint, ...]] = field(default_factory=dict)

    def thresholds(self, precision: float) -> dict[str, float | None]:
        """Return each label's threshold with the most relations at no less than a precision on the validation part.

        A label for which no threshold reaches it has None: whoever asked for that precision gets none of its relations.
        """
        return {label: _find_threshold(points, precision) for label, points in self.points.items()}

    def to_json(self) -> dict[str, object]:
        """Return the tuning as JSON values, a point as [threshold, kept, right]."""
        rows = {label: [[p.threshold, p.kept, p.right] for p in points] for label, points in self.points.items()}
        return {"temperature": self.temperature, "points": rows}

    @classmethod
    def from_json(cls, record: Any) -> Self:
        """Return the tuning that `to_json` made a record of; a model from before there was one has none.

        Raises
        ------
        InputError
            Where the record holds anything else.
        """
        if record is None:
            return cls()
        try:
            temperature = float(record["temperature"])
            points = {
                str(label): tuple(OperatingPoint(float(row[0]), int(row[1]), int(row[2])) for row in rows)
                for label, rows in record["points"].items()
            }
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise InputError(f"the model's tuning can't be read ({error.__class__.__name__})") from error
        if not 0 < temperature < float("inf") or any(point.kept < 1 for rows in points.values() for point in rows):
            raise InputError("the model's tuning can't be read: expected a temperature and points above 0")
        return cls(temperature, points)


def _find_threshold(points: tuple[OperatingPoint, ...], precision: float) -> float | None:
    precise = [point for point in points if point.kept >= MIN_KEPT and point.precision >= precision]
    return max(precise, key=lambda point: point.kept).threshold if precise else None
