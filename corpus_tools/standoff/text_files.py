"""Read a small file of settings that may be hostile.

In: a path. Out: its text, UTF-8 without a byte-order mark or NUL, of at most `MAX_BYTES`; else a `SchemaError`.

Examples
--------
>>> from pathlib import Path
>>> try:
...     read_settings_text(Path("absent.toml"))
... except SchemaError as error:
...     print(error)
absent.toml: can't be read (No such file or directory)
"""

from pathlib import Path

from corpus_tools.errors import SchemaError
from corpus_tools.storage import read_bytes

MAX_BYTES = 1 << 20
_BOM = b"\xef\xbb\xbf"


def read_settings_text(path: Path, *, is_bom_allowed: bool = False) -> str:
    """Return the text of a regular file.

    Parameters
    ----------
    is_bom_allowed : bool
        Whether a byte-order mark is passed over, as files of other tools may need.

    Raises
    ------
    SchemaError
        Where the file can't be read, is no regular file, is larger than one MiB, starts with a byte-order mark, is
        binary or is no UTF-8.
    """
    content = read_bytes(path, max_bytes=MAX_BYTES, error_type=SchemaError)
    if content.startswith(_BOM) and is_bom_allowed:
        content = content.removeprefix(_BOM)
    if content.startswith(_BOM):
        raise SchemaError(f"{path}:1: starts with a byte-order mark; save it as UTF-8 without one")
    if b"\0" in content:
        raise SchemaError(f"{path}: is binary (a NUL at byte {content.index(0)})")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SchemaError(f"{path}:{line}: is no UTF-8 at byte {error.start}") from error
