"""What was taken for what: gold labels against predicted ones, pair of mentions by pair of mentions.

In: outcomes. Out: a `Confusion`. A missed and an invented relation between the same two mentions are one confusion;
with the same label on both it is one of direction.

Examples
--------
>>> Confusion(("treats",), ("treats", "nothing"), ((3, 1),)).rows[0]
(3, 1)
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest

from relext.evaluation.outcomes import Outcome

NOTHING = "no relation"
TURNED = "{} turned"


@dataclass(frozen=True, slots=True)
class Confusion:
    """Hold how often each gold label, one a row, was predicted as each label, one a column."""

    gold: tuple[str, ...]
    predicted: tuple[str, ...]
    rows: tuple[tuple[int, ...], ...]


def count_confusions(outcomes: Iterable[Outcome]) -> Confusion:
    """Count gold against predicted labels; what has no counterpart between its two mentions meets `NOTHING`."""
    pairs: defaultdict[tuple[str, frozenset[str]], list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        pairs[outcome.doc_id, frozenset((outcome.arg1, outcome.arg2))].append(outcome)
    counts: Counter[tuple[str, str]] = Counter()
    for members in pairs.values():
        counts.update((each.label, each.label) for each in members if each.verdict == "tp")
        missed = [each.label for each in members if each.verdict == "fn"]
        invented = [each.label for each in members if each.verdict == "fp"]
        counts.update(_match_labels(missed, invented))
    gold, predicted = (_order_labels(names) for names in zip(*counts, strict=True)) if counts else ((), ())
    return Confusion(gold, predicted, tuple(tuple(counts[row, column] for column in predicted) for row in gold))


def _match_labels(missed: list[str], invented: list[str]) -> list[tuple[str, str]]:
    """Pair the missed labels of two mentions with the invented ones, equal ones first: those are turned."""
    turned = [label for label in missed if label in invented]
    others = [label for label in missed if label not in turned]
    foreign = [label for label in invented if label not in turned]
    return [(label, TURNED.format(label)) for label in turned] + list(zip_longest(others, foreign, fillvalue=NOTHING))


def _order_labels(names: Iterable[str]) -> tuple[str, ...]:
    """Return each name once, sorted, `NOTHING` last."""
    return tuple(sorted(set(names), key=lambda name: (name == NOTHING, name)))
