"""Figures that must not fall below a value: `--fail-under f1=0.7`.

Examples
--------
>>> parse_gates(["f1=0.7", "recall=0.5"])
{'f1': 0.7, 'recall': 0.5}
"""

import re
from collections.abc import Iterable, Mapping

from corpus_tools.errors import GateMissed, UsageError
from relext.evaluation.measure import Evaluation

GATES = ("f1", "precision", "recall", "macro_f1")
_SHARE = re.compile(r"0|1|0?\.[0-9]{1,9}|[01]\.[0-9]{1,9}")


def parse_gates(texts: Iterable[str]) -> dict[str, float]:
    """Parse gates given as name=value; of a figure named twice the last value stands.

    Raises
    ------
    UsageError
        Where the name is not one of `GATES` or the value is no number from 0 to 1.
    """
    gates = {}
    for text in texts:
        name, _, value = text.partition("=")
        if name not in GATES or not _SHARE.fullmatch(value) or float(value) > 1:
            raise UsageError(f"--fail-under {text[:60]}: expected {', '.join(GATES)}, then = and a number from 0 to 1")
        gates[name] = float(value)
    return gates


def validate_gates(evaluation: Evaluation, gates: Mapping[str, float]) -> None:
    """Compare the figures with the least values asked for; an undefined figure misses its gate.

    Raises
    ------
    GateMissed
        Naming every figure that fell below.
    """
    micro = evaluation.micro
    figures = dict(zip(GATES, (micro.f1, micro.precision, micro.recall, evaluation.macro_f1), strict=True))
    missed = [_describe(name, figures[name], least) for name, least in gates.items() if _is_below(figures[name], least)]
    if missed:
        raise GateMissed("--fail-under: " + "; ".join(missed))


def _is_below(figure: float | None, least: float) -> bool:
    return figure is None or figure < least


def _describe(name: str, figure: float | None, least: float) -> str:
    return f"{name} is {'undefined' if figure is None else f'{figure:.3f}'}, expected at least {least:g}"
