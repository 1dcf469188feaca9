"""What the commands print: results on stdout, messages and progress on stderr, nothing that steers a terminal.

Examples
--------
>>> print(format_markdown_table(["label", "n"], [["treats", 3]]))
| label | n |
| :--- | ---: |
| treats | 3 |
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from corpus_tools.rendering.escapes import escape_json, escape_markdown, escape_terminal
from corpus_tools.storage import format_json

Item = TypeVar("Item")
Cell = str | int | float | None

DECIMALS = 3


def format_cell(value: Cell) -> str:
    """Format a table's cell: three decimals for a float, an en dash where there is no value, escapes made visible."""
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.{DECIMALS}f}"
    return f"{value:,}" if isinstance(value, int) else escape_terminal(value)


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """Print a table to stdout; numbers stand at the right."""
    materialised = [list(row) for row in rows]
    table = Table(title=Text(escape_terminal(title)), title_justify="left", header_style="bold")
    for index, column in enumerate(columns):
        is_number = any(isinstance(row[index], int | float) for row in materialised)
        table.add_column(Text(escape_terminal(column)), justify="right" if is_number else "left", overflow="fold")
    for row in materialised:
        table.add_row(*(Text(format_cell(cell)) for cell in row))
    _write(table)


def print_line(text: str) -> None:
    """Print one line of results to stdout."""
    _write(Text(escape_terminal(text), overflow="fold"))


def print_message(text: str) -> None:
    """Print one message to stderr."""
    try:
        Console(stderr=True, highlight=False, soft_wrap=True).print(Text(_encodable(escape_terminal(text), sys.stderr)))
    except (BrokenPipeError, ValueError):
        return  # a closed stderr takes the message with it; the exit code still speaks


def emit_json(kind: str, payload: dict[str, object], *, version: int = 1) -> None:
    """Print one JSON object to stdout, with its schema's name and version."""
    _write_json(format_json({"schema": kind, "schema_version": version, **payload}))
    sys.stdout.flush()


def emit_json_line(payload: dict[str, object]) -> None:
    """Print one JSON object on a line of its own to stdout, for results that come one at a time."""
    _write_json(format_json(payload, indent=None))


def _write_json(text: str) -> None:
    """Print JSON that steers no terminal and stays JSON where the terminal lacks some of its characters."""
    text = escape_json(text)
    is_shown = _encodable(text, sys.stdout) == text
    sys.stdout.write(text if is_shown else escape_json(text, ascii_only=True))


def track(
    iterable: Iterable[Item], description: str, *, total: int | None = None, quiet: bool = False
) -> Iterator[Item]:
    """Yield the items while a progress bar runs on stderr; silent where stderr is no terminal or `quiet` is set."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield from iterable
        return
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield from progress.track(iterable, total=total, description=escape_terminal(description))


def format_markdown_table(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """Format a GitHub-flavoured Markdown table without a final line end."""
    materialised = [list(row) for row in rows]
    numeric = [any(isinstance(row[i], int | float) for row in materialised) for i in range(len(columns))]
    lines = [_markdown_row(columns)]
    lines.append(_markdown_row(["---:" if is_number else ":---" for is_number in numeric]))
    lines.extend(_markdown_row([format_cell(cell) for cell in row]) for row in materialised)
    return "\n".join(lines)


def _markdown_row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(escape_markdown(cell).replace("|", "\\|") for cell in cells) + " |"


def _write(renderable: Table | Text) -> None:
    console = Console(highlight=False, soft_wrap=isinstance(renderable, Text))
    with console.capture() as capture:
        console.print(renderable)
    sys.stdout.write(_encodable(capture.get(), sys.stdout))
    sys.stdout.flush()


def _encodable(text: str, stream: object) -> str:
    """Return the text with what the stream's encoding lacks shown as escapes: LC_ALL=C must not end in a traceback."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
