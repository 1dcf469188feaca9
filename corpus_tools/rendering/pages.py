"""Self-contained HTML pages: no external request, every value escaped, readable in the dark and in print.

Examples
--------
>>> page = render_page("Report", [Section("Counts", html_table(["n"], [[1]]))])
>>> "src=" in page
False
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from corpus_tools.rendering.escapes import escape_terminal
from corpus_tools.rendering.terminal import Cell, format_cell

if TYPE_CHECKING:
    from jinja2 import Environment

_MEAN = re.compile(r"-?[0-9.]+ ± [0-9.]+")  # a mean and its deviation are read as one number, and never broken


@dataclass(frozen=True, slots=True)
class Section:
    """Hold one section of a page: its heading (plain text) and its body (escaped HTML)."""

    heading: str
    body: Markup


@cache
def environment() -> "Environment":
    """Return the one Jinja environment: escaping always on, undefined names an error; loaded on first use, 25 ms."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("corpus_tools.rendering", "templates"), autoescape=True, undefined=StrictUndefined
    )


def render_page(title: str, sections: Sequence[Section], *, lead: str | Markup = "") -> str:
    """Return a whole HTML page: a title, a lead paragraph, a list of contents, the sections."""
    style = Markup(resources.files("corpus_tools.rendering").joinpath("templates/page.css").read_text("utf-8"))
    return environment().get_template("page.html").render(title=title, sections=sections, lead=lead, style=style)


def paragraph(text: str) -> Markup:
    """Return a paragraph with the text escaped."""
    return Markup("<p>{}</p>").format(_shown(text))


def join_html(parts: Iterable[Markup]) -> Markup:
    """Return the parts, each of them escaped HTML already, one after the other."""
    return Markup("\n").join(parts)


def html_table(columns: Sequence[str], rows: Iterable[Sequence[Cell | Markup]], *, caption: str = "") -> Markup:
    """Return a table with every cell escaped, numbers at the right, inside a box that scrolls where it is too wide."""
    head = Markup("").join(Markup("<th scope=col>{}</th>").format(_shown(column)) for column in columns)
    body = Markup("\n").join(
        Markup("<tr>{}</tr>").format(Markup("").join(_html_cell(cell) for cell in row)) for row in rows
    )
    title = Markup("<caption>{}</caption>").format(_shown(caption)) if caption else Markup("")
    shell = Markup("<div class=scroll><table>{}<thead><tr>{}</tr></thead><tbody>{}</tbody></table></div>")
    return shell.format(title, head, body)


def heat_map(
    matrix: Sequence[Sequence[int]], row_names: Sequence[str], column_names: Sequence[str], *, caption: str = ""
) -> Markup:
    """Return a table whose cells are shaded by their share of the row; the number always stands in the cell too."""
    head = Markup("").join(Markup("<th scope=col>{}</th>").format(_shown(name)) for name in column_names)
    rows = []
    for name, row in zip(row_names, matrix, strict=True):
        total = sum(row) or 1
        cells = Markup("").join(_heat_cell(value, share=value / total) for value in row)
        rows.append(Markup("<tr><th scope=row>{}</th>{}</tr>").format(_shown(name), cells))
    title = Markup("<caption>{}</caption>").format(_shown(caption)) if caption else Markup("")
    shell = Markup(
        "<div class=scroll><table class=heat>{}<thead><tr><th></th>{}</tr></thead><tbody>{}</tbody></table></div>"
    )
    return shell.format(title, head, Markup("\n").join(rows))


def _heat_cell(value: int, *, share: float) -> Markup:
    # Ten steps as classes, since the page's policy allows no inline style.
    return Markup('<td class="n h{}">{}</td>').format(round(share * 9), format_cell(value))


def _html_cell(cell: Cell | Markup) -> Markup:
    if isinstance(cell, Markup):
        return Markup("<td>{}</td>").format(cell)
    is_number = isinstance(cell, int | float) or (isinstance(cell, str) and _MEAN.fullmatch(cell))
    shell = Markup("<td class=n>{}</td>") if is_number else Markup("<td>{}</td>")
    return shell.format(format_cell(cell))


def _shown(text: str) -> str:
    return escape_terminal(text) if not isinstance(text, Markup) else escape(text)
