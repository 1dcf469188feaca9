"""Matplotlib figures as inline SVG that is the same bytes for the same data.

Text is drawn as outlines. A text with letters that matplotlib's font lacks, or that are written from right to left, is
left to the reader's browser, which has more fonts and knows their order; strokes of like width hold its place.

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
from functools import cache
from unicodedata import bidirectional, combining, east_asian_width

import matplotlib
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.text import Text

from corpus_tools.rendering.escapes import escape_terminal

# Okabe and Ito's palette (2008), told apart with any colour vision; markers and line styles differ beside it.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
_PROLOGUE = re.compile(r"^.*?(?=<svg)", re.DOTALL)
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)
_NAMED = "name of "  # begins the id of a group whose text the browser is to draw; the name follows
_NAMED_GROUP = re.compile(rf'<g id="{_NAMED}([^"]*)">(.*?<text[^>]*>)[^<]*(?=</text>)', re.DOTALL)
_WIDE, _NARROW = "—", "n"  # an em and about half of one


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
    font = "none" if _hold_places(figure) else "path"
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "corpus", "svg.fonttype": font}):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    svg = _METADATA.sub("", _PROLOGUE.sub("", buffer.getvalue()))
    shell = Markup('<figure role="img" aria-label="{}">{}<figcaption>{}</figcaption></figure>')
    return shell.format(alt, Markup(_NAMED_GROUP.sub(r"<g>\2\1", svg)), caption)


def _hold_places(figure: Figure) -> bool:
    """Put strokes where the browser is to draw a text, each with the text as its id, and say whether there is one."""
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        names = [label.get_text() for label in axis.get_ticklabels()]
        if not all(map(_is_drawn, names)):
            # The text of a tick is made anew with each drawing, its id is not.
            axis.set_ticks(axis.get_ticklocs(), [_hold_place(name) for name in names])
            for label, name in zip(axis.get_ticklabels(), names, strict=True):
                label.set_gid(_NAMED + _shown(name))
    for text in figure.findobj(Text):
        if not _is_drawn(text.get_text()):
            text.set_gid(_NAMED + _shown(text.get_text()))
            text.set_text(_hold_place(text.get_text()))
    return any((text.get_gid() or "").startswith(_NAMED) for text in figure.findobj(Text))


def _hold_place(name: str) -> str:
    """Return strokes as wide as the letters of a name are likely to be."""
    return "".join(map(_stroke, name))


def _stroke(letter: str) -> str:
    if combining(letter):
        return ""
    return _WIDE if east_asian_width(letter) in "WF" else _NARROW


def _is_drawn(name: str) -> bool:
    return all(
        letter == "\n" or (ord(letter) in _load_letters() and bidirectional(letter) not in ("R", "AL"))
        for letter in name
    )


@cache
def _load_letters() -> frozenset[int]:
    """Return the code points that matplotlib's font has."""
    return frozenset(get_font(findfont(FontProperties())).get_charmap())


def _plain(name: str) -> str:
    return name.replace("$", r"\$")


def _shown(name: str) -> str:
    """Return the name as matplotlib would have shown it, with what steers a text made visible."""
    return escape_terminal(name.replace(r"\$", "$"))
