"""Matplotlib figures as inline SVG that is the same bytes for the same data.

Examples
--------
>>> figure, axes = new_figure()
>>> _ = axes.plot([0, 1], [0, 1])
>>> str(svg_figure(figure, alt="a line")).startswith("<figure")
True
"""

import io
import re
from collections.abc import Sequence

import matplotlib
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe and Ito's palette (2008), told apart with any colour vision; markers and line styles differ beside it.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
_PROLOGUE = re.compile(r"^.*?(?=<svg)", re.DOTALL)
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)


def new_figure(*, width: float = 6.4, height: float = 3.6) -> tuple[Figure, Axes]:
    """Return an empty figure (inches) with one pair of axes; no global state of pyplot is touched."""
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_prop_cycle(color=list(COLOURS))
    return figure, axes


def new_grid(count: int, *, columns: int = 3, size: float = 2.6) -> tuple[Figure, list[Axes]]:
    """Return a figure of `count` small axes that share both scales, row by row, each `size` inches wide."""
    rows = -(-count // columns)
    figure = Figure(figsize=(size * min(count, columns), 0.85 * size * rows), layout="constrained")
    grid = figure.subplots(rows, min(count, columns), sharex=True, sharey=True, squeeze=False)
    drawn = list(grid.flat)
    for axes in drawn[count:]:
        axes.set_axis_off()
    for axes in drawn[:count]:
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_prop_cycle(color=list(COLOURS))
    for axes in drawn[max(0, count - columns) : count]:
        axes.tick_params(labelbottom=True)  # the lowest of its column, whatever row that is
    return figure, drawn[:count]


def bar_figure(names: Sequence[str], values: Sequence[float], *, axis: str) -> Figure:
    """Return horizontal bars, the first name on top, each with its value written at its end."""
    figure, axes = new_figure(height=0.9 + 0.28 * max(len(names), 1))
    positions = range(len(names))
    bars = axes.barh(list(positions), list(values), color=COLOURS[0])
    # Names are data: "$" must not start matplotlib's formulas.
    axes.set_yticks(list(positions), [_plain(name) for name in names])
    axes.bar_label(bars, labels=[f"{value:,.6g}" for value in values], padding=3, fontsize=8)
    axes.set_ylim(max(len(names), 1) - 0.4, -0.6)  # the first on top, and no more room above many bars than above few
    axes.margins(x=0.12)
    axes.set_xlabel(axis)
    return figure


def svg_figure(figure: Figure, *, alt: str, caption: str = "") -> Markup:
    """Return the figure as inline SVG inside `<figure>`, with its description for readers that can't see it."""
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "corpus", "svg.fonttype": "path"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    svg = _METADATA.sub("", _PROLOGUE.sub("", buffer.getvalue()))
    shell = Markup('<figure role="img" aria-label="{}">{}<figcaption>{}</figcaption></figure>')
    return shell.format(alt, Markup(svg), caption)


def _plain(name: str) -> str:
    return name.replace("$", r"\$")
