"""What people see: escaping, tables, messages and progress, HTML pages, plots, and the frame of every command.

Plots are imported when one is asked for: matplotlib takes longer to load than most commands take to run.
"""

from typing import TYPE_CHECKING, Any

from corpus_tools.rendering.command import (
    LazyGroup,
    OutputOptions,
    common_options,
    finish,
    force_option,
    jobs_option,
    run_group,
    seed_option,
    show_text_option,
)
from corpus_tools.rendering.escapes import (
    escape_cell,
    escape_json,
    escape_markdown,
    escape_terminal,
    format_csv,
    unescape_cell,
)
from corpus_tools.rendering.pages import (
    Section,
    environment,
    heat_map,
    html_table,
    join_html,
    paragraph,
    render_page,
)
from corpus_tools.rendering.terminal import (
    Cell,
    emit_json,
    emit_json_line,
    format_cell,
    format_markdown_table,
    print_line,
    print_message,
    print_table,
    track,
)

if TYPE_CHECKING:
    from corpus_tools.rendering.plots import COLOURS, bar_figure, new_figure, new_grid, svg_figure

__all__ = [
    "COLOURS",
    "Cell",
    "LazyGroup",
    "OutputOptions",
    "Section",
    "bar_figure",
    "common_options",
    "emit_json",
    "emit_json_line",
    "environment",
    "escape_cell",
    "escape_json",
    "escape_markdown",
    "escape_terminal",
    "finish",
    "force_option",
    "format_cell",
    "format_csv",
    "format_markdown_table",
    "heat_map",
    "html_table",
    "jobs_option",
    "join_html",
    "new_figure",
    "new_grid",
    "paragraph",
    "print_line",
    "print_message",
    "print_table",
    "render_page",
    "run_group",
    "seed_option",
    "show_text_option",
    "svg_figure",
    "track",
    "unescape_cell",
]

_PLOTS = frozenset(("COLOURS", "bar_figure", "new_figure", "new_grid", "svg_figure"))


def __getattr__(name: str) -> Any:
    if name not in _PLOTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from corpus_tools.rendering import plots

    return getattr(plots, name)
