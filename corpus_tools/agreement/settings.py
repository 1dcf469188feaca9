"""How agreement is measured.

Examples
--------
>>> Settings(labels=("treats",)).is_symmetric("treats")
False
"""

from dataclasses import dataclass

from corpus_tools.standoff import Schema


@dataclass(frozen=True, slots=True)
class Settings:
    """Hold how to measure.

    Attributes
    ----------
    modes : tuple of str
    labels : tuple of str
        Types, labels, roles and attribute names to compare; all where empty.
    samples : int
        Bootstrap resamples; 0 for no intervals.
    schema : Schema or None
        Says which labels are symmetric and which pairs of types may be related; without one, none and all.
    """

    modes: tuple[str, ...] = ("exact", "overlap")
    labels: tuple[str, ...] = ()
    samples: int = 1000
    seed: int = 13
    schema: Schema | None = None

    def is_symmetric(self, label: str) -> bool:
        """Say whether a relation label holds in both directions."""
        return self.schema is not None and self.schema.is_symmetric(label)
