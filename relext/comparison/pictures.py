"""The pictures of a study: F1 over training time, F1 over prediction speed, and F1 an epoch on both parts.

In: figures of systems. Out: inline SVG, the same bytes for the same figures. Only our own names of systems are drawn;
every point also stands in a table of the report or in its record.

Examples
--------
>>> average_curve([[0.1, 0.3], [0.3]])
[0.2, 0.3]
"""

from collections.abc import Iterable, Sequence
from itertools import accumulate, product
from typing import Any

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, StrMethodFormatter

from corpus_tools.rendering import COLOURS, new_figure, new_grid, svg_figure
from relext.comparison.figures import SystemFigures
from relext.comparison.results import EpochResult

_SHORT_AXIS = 1000  # from its lower end to its upper one
_MARKERS = ("o", "s", "^", "D", "v")
_LINES = ("-", "--", ":", "-.", (0, (5, 1)))


def draw_training_time(figures: Sequence[SystemFigures], *, reference: str) -> Markup:
    """Return the best validation F1 so far over seconds of training, the mean of the seeds."""
    figure, axes = new_figure(width=8.6, height=4.6)
    for each, style in zip(figures, _styles(), strict=False):
        runs = list(each.results.values())
        seconds, scores = average_progress([run.epochs for run in runs])
        width = 2.6 if each.system.name == reference else 1.2
        if not runs[0].epochs and each.f1.mean is not None and each.train_seconds.mean:
            seconds, scores = [each.train_seconds.mean], [each.f1.mean]
        if seconds and scores:
            axes.plot(seconds, scores, label=each.system.name, linewidth=width, markersize=4, **style)
    _scale_logarithmically(axes)
    axes.set_xlabel("seconds of training, validation left out (logarithmic)")
    axes.set_ylabel("best validation F1 so far")
    figure.legend(loc="outside right upper", frameon=False, fontsize=8)
    caption = (
        "Each marker is an epoch, the mean of the seeds; a seed that has stopped keeps its best. Measured before the "
        "bias of NO_RELATION is tuned. A system without epochs is one point, at the F1 of the tables."
    )
    return svg_figure(figure, alt="F1 over training time, a line a system", caption=caption)


def draw_speed(figures: Sequence[SystemFigures]) -> Markup:
    """Return F1 over pairs predicted a second, bars of one deviation."""
    figure, axes = new_figure(width=8.6, height=4.6)
    for each, style in zip(figures, _styles(), strict=False):
        if each.f1.mean is not None and each.predict_speed.mean:
            points = {"markersize": 7, **style, "linestyle": "none"}
            deviation = each.f1.deviation or 0.0
            axes.errorbar(
                each.predict_speed.mean, each.f1.mean, yerr=deviation, capsize=3, label=each.system.name, **points
            )
    _scale_logarithmically(axes)
    axes.set_xlabel("pairs predicted a second (logarithmic)")
    axes.set_ylabel("micro F1")
    figure.legend(loc="outside right upper", frameon=False, fontsize=8)
    return svg_figure(figure, alt="F1 over prediction speed, a point a system", caption="Bars: one sample deviation.")


def draw_curves(figures: Sequence[SystemFigures]) -> Markup | None:
    """Return F1 an epoch on training and validation documents, one small picture a system; None without a curve."""
    drawn = [each for each in figures if any(run.epochs for run in each.results.values())]
    if not drawn:
        return None
    figure, grid = new_grid(len(drawn))
    for each, axes in zip(drawn, grid, strict=True):
        runs = list(each.results.values())
        for name, read, line in (("training", _train_f1, "--"), ("validation", _validation_f1, "-")):
            scores = average_curve([[read(epoch) for epoch in run.epochs] for run in runs])
            axes.plot(range(1, len(scores) + 1), scores, linestyle=line, marker=".", label=name)
        axes.set_title(each.system.name, fontsize=9)
        axes.set_ylim(-0.02, 1.02)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
        axes.set_xlabel("epoch", fontsize=8)
    figure.legend(*grid[0].get_legend_handles_labels(), loc="outside upper left", ncols=2, frameon=False, fontsize=8)
    caption = (
        "Mean of the seeds that took the epoch. Where the lines part, a system learns its training documents by heart. "
        "A training line needs curve_documents in [training]."
    )
    return svg_figure(figure, alt="Training curves, a small picture a system", caption=caption)


def _scale_logarithmically(axes: Axes) -> None:
    """Scale the lower axis by logarithm, plain numbers at 1, 10, 100, on a short axis at 2 and 5 too: none overlap."""
    axes.set_xscale("log")
    lowest, highest = axes.get_xlim()
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if highest < _SHORT_AXIS * lowest else (1,)))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def average_curve(curves: Iterable[Sequence[float | None]]) -> list[float]:
    """Return the mean at each place over the curves that reach it with a value; it ends where none does."""
    rows, means = list(curves), list[float]()
    for place in range(max(map(len, rows), default=0)):
        values = [row[place] for row in rows if len(row) > place]
        defined = [value for value in values if value is not None]
        if not defined:
            break
        means.append(sum(defined) / len(defined))
    return means


def average_progress(runs: Sequence[Sequence[EpochResult]]) -> tuple[list[float], list[float]]:
    """Return the mean seconds of training at each epoch, and the mean of the best validation F1 so far.

    A run that has stopped keeps its best, and an epoch takes it as long as it takes the others on average.
    """
    longest = max(map(len, runs), default=0)
    spent = average_curve([[epoch.seconds for epoch in run] for run in runs])
    best = [list(accumulate((epoch.validation_f1 or 0.0 for epoch in run), max)) for run in runs]
    kept = [[*row, *row[-1:] * (longest - len(row))] for row in best]
    return list(accumulate(spent)), average_curve(kept)


def _train_f1(epoch: EpochResult) -> float | None:
    return epoch.train_f1


def _validation_f1(epoch: EpochResult) -> float | None:
    return epoch.validation_f1


def _styles() -> Iterable[dict[str, Any]]:
    """Yield styles of which no two are the same, as many as there are systems, told apart without colour too."""
    for (marker, line), colour in product(zip(_MARKERS, _LINES, strict=True), COLOURS):
        yield {"color": colour, "marker": marker, "linestyle": line}
