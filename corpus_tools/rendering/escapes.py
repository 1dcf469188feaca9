"""Escaping for the places where a label, a file name or a note could do harm: terminals and spreadsheet cells.

HTML is escaped by markupsafe in `corpus_tools.rendering.pages`.

Examples
--------
>>> escape_terminal("a\\x1b[31mb")
'a\\\\x1b[31mb'
>>> escape_cell("=1+1")
"'=1+1"
"""

import re

# C0 and C1 controls but TAB and line feed, DEL, zero-width characters, bidirectional marks, overrides and isolates,
# line and paragraph separators, the byte-order mark, other marks that can't be seen, tags, lone surrogates.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
_FORMULA_START = ("=", "+", "-", "@", "\t", "\r", "\n")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?\Z")


def escape_terminal(value: str) -> str:
    """Return the text with every character that steers a terminal shown as a visible escape."""
    return _UNSAFE.sub(_visible, value)


def escape_cell(value: str) -> str:
    """Return the text with a leading apostrophe where a spreadsheet would take it for a formula.

    Plain numbers stay as they are; NUL, which no spreadsheet takes, is shown as an escape.
    """
    value = value.replace("\x00", "\\x00")
    if (value.startswith(_FORMULA_START) and not _NUMBER.match(value)) or value.startswith("'"):
        return "'" + value
    return value


def unescape_cell(value: str) -> str:
    """Return what `escape_cell` was given."""
    return value[1:] if value.startswith("'") else value


def _visible(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
