"""Escaping for the places where a label, a file name or a note could do harm.

Terminals, JSON that is printed on them, spreadsheet cells, Markdown.

HTML is escaped by markupsafe in `corpus_tools.rendering.pages`.

Examples
--------
>>> escape_terminal("a\\x1b[31mb")
'a\\\\x1b[31mb'
>>> escape_cell("=1+1")
"'=1+1"
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence

# C0 and C1 controls but TAB and line feed, DEL, zero-width characters, bidirectional marks, overrides and isolates,
# line and paragraph separators, the byte-order mark, other marks that can't be seen, tags, lone surrogates.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
_FORMULA_START = ("=", "+", "-", "@", "\t", "\r", "\n")
_NOT_ASCII = re.compile(r"[^\x00-\x7e]")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?\Z")


def escape_terminal(value: str) -> str:
    """Return the text with every character that steers a terminal shown as a visible escape."""
    return _UNSAFE.sub(_visible, value)


def escape_json(value: str, *, ascii_only: bool = False) -> str:
    """Return JSON that means the same, every character that steers a terminal in it an escape of JSON's own.

    Parameters
    ----------
    ascii_only : bool
        Escape all that is not ASCII, for a terminal that can show no more.
    """
    return (_NOT_ASCII if ascii_only else _UNSAFE).sub(lambda match: json.dumps(match.group())[1:-1], value)


def escape_cell(value: str) -> str:
    """Return the text with a leading apostrophe where a spreadsheet would take it for a formula.

    Plain numbers stay as they are; NUL, which no spreadsheet takes, is shown as an escape.
    """
    value = value.replace("\x00", "\\x00")
    if (value.startswith(_FORMULA_START) and not _NUMBER.match(value)) or value.startswith("'"):
        return "'" + value
    return value


def unescape_cell(value: str) -> str:
    """Return what `escape_cell` was given; an apostrophe that it would not have set, in a foreign table, stays."""
    return value[1:] if value.startswith("'") and escape_cell(value[1:]) == value else value


def format_csv(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Format a CSV with a header, each cell as `escape_cell` has it.

    Examples
    --------
    >>> format_csv(("doc_id", "note"), [("a", "=1+1")])
    "doc_id,note\\na,'=1+1\\n"
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerows([escape_cell(cell) for cell in row] for row in (columns, *rows))
    return buffer.getvalue()


def escape_markdown(value: str) -> str:
    """Return the text on one line, without what Markdown would take for HTML, an entity, a link or a picture.

    A picture is asked for as soon as a page is shown, wherever it lies. Emphasis stays: it changes no more than looks.
    """
    value = _ENTITY.sub("&amp;", escape_terminal(value).replace("\\", "\\\\"))
    return value.replace("\n", " ").replace("<", "&lt;").replace("](", "]\\(")


def _visible(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
