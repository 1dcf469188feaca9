"""Figures by name, for `--fail-under`: a project's agreement may be asked to reach a value.

Names: `entities.exact`, `relations.overlap` and so on, a layer's F1 over all pairs in a mode that was measured;
`kappa.type` and `kappa.relation`, the lowest Cohen's kappa of any pair; `fleiss.…` and `alpha.…` likewise.

Examples
--------
>>> parse_gate("relations.exact=0.7")
('relations.exact', 0.7)
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence

from corpus_tools.agreement.coefficients import Figure
from corpus_tools.agreement.comparing import LAYERS
from corpus_tools.agreement.measure import Agreement
from corpus_tools.agreement.n_ary import LAYER as N_ARY
from corpus_tools.errors import GateMissed, UsageError

_COEFFICIENTS = ("kappa", "fleiss", "alpha")
_UNITS = ("type", "relation")


def parse_gate(argument: str) -> tuple[str, float]:
    """Parse `metric=value`.

    Raises
    ------
    UsageError
        Where there is no such value.
    """
    name, _, digits = argument.partition("=")
    try:
        value = float(digits)
    except ValueError:
        value = math.nan
    if not name or not math.isfinite(value):
        raise UsageError(f"--fail-under {argument}: expected metric=value, as in relations.exact=0.7")
    return name.strip(), value


def check_names(gates: Iterable[tuple[str, float]], modes: Iterable[str]) -> None:
    """Refuse, before anything is measured, gates of names that no project has a figure of in these modes.

    Raises
    ------
    UsageError
        Naming the gates and what may be asked for.
    """
    known = {f"{layer}.{mode}" for layer in (*LAYERS, N_ARY) for mode in modes}
    known |= {f"{coefficient}.{unit}" for coefficient in _COEFFICIENTS for unit in _UNITS}
    _refuse_unknown({name for name, _ in gates} - known, known)


def _refuse_unknown(unknown: Collection[str], known: Collection[str]) -> None:
    if unknown:
        raise UsageError(
            f"--fail-under {', '.join(sorted(unknown))}: no such figure; choose from {', '.join(sorted(known))}"
        )


def collect_figures(agreement: Agreement) -> dict[str, Figure]:
    """Return the figures that a gate may name."""
    figures = {f"{layer}.{mode}": scores.total.f1 for (layer, mode), scores in agreement.scores.items()}
    kappas = [kappa for pair in agreement.pairs for kappa in pair.kappas]
    for kappa in (*kappas, *agreement.group_kappas):
        name = f"{'kappa' if kappa.coefficient == 'cohen' else kappa.coefficient}.{kappa.question.unit}"
        if not kappa.question.category:
            figures[name] = _lower(figures.get(name, kappa.figure), kappa.figure)
    return figures


def _lower(one: Figure, other: Figure) -> Figure:
    """Return the lower of two figures; an undefined one is lowest, since no gate can be said to hold for it."""
    return min(one, other, key=lambda figure: -math.inf if figure.value is None else figure.value)


def validate_gates(figures: Mapping[str, Figure], gates: Sequence[tuple[str, float]]) -> None:
    """Raise where a figure is below its gate, or undefined.

    Raises
    ------
    UsageError
        Where there is no figure of a gate's name.
    GateMissed
        Naming every gate that was missed.
    """
    _refuse_unknown({name for name, _ in gates} - set(figures), figures)
    missed = [_format_miss(name, figures[name], least) for name, least in gates if not _reaches(figures[name], least)]
    if missed:
        raise GateMissed("; ".join(missed))


def _reaches(figure: Figure, least: float) -> bool:
    return figure.value is not None and figure.value >= least


def _format_miss(name: str, figure: Figure, least: float) -> str:
    found = f"undefined ({figure.reason})" if figure.value is None else f"{figure.value:.4f}"
    return f"{name} is {found}, at least {least:g} was asked for"
