"""How a page shows a review.

Examples
--------
>>> PageSettings(blind=True).order_sides("4b1d", ["anna", "ben"]) in (("anna", "ben"), ("ben", "anna"))
True
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from corpus_tools.adjudication.queue import BY_DOCUMENT, Probabilities
from corpus_tools.storage import hash_text

SIDES = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class PageSettings:
    """Hold how a page shows a review.

    Attributes
    ----------
    order : str
        One of `queue.ORDERS`.
    blind : bool
        Hide the annotators' names, and shuffle the sides of each item by `seed`.
    """

    order: str = BY_DOCUMENT
    blind: bool = False
    seed: int = 13
    probabilities: Probabilities = field(default_factory=dict)

    def order_sides(self, item_id: str, annotators: Sequence[str]) -> tuple[str, ...]:
        """Return the annotators of an item in the order of the page's sides A, B, …"""
        if not self.blind:
            return tuple(annotators)
        return tuple(sorted(annotators, key=lambda name: hash_text(f"{self.seed} {item_id} {name}")))
