"""Parse the TOML of a settings file that may be hostile, and say on which line a key stands.

In: text. Out: the table that `tomllib` makes of it, and a function from a key's path to "file:line".

Examples
--------
>>> locate_keys("[[relation]]\\nname = 'treats'\\n", file="schema.toml")(("relation", 0, "name"))
'schema.toml:2'
"""

import re
import tomllib

from corpus_tools.errors import SchemaError
from corpus_tools.standoff.strict_table import Locate, Path, shown
from corpus_tools.storage import MAX_KEY_PARTS, find_deep_key

MAX_DEPTH = 32

_ERROR_LINE = re.compile(r"\(at line (\d+), column \d+\)")
_HEADER = re.compile(r"[ \t]{0,99}(\[\[?)[ \t]{0,99}([\w.-]{1,999})[ \t]{0,99}\]")
_KEY = re.compile(r"[ \t]{0,99}([\w-]{1,999})[ \t]{0,99}[.=]")


def parse_toml(text: str, *, file: str) -> dict[str, object]:
    """Parse TOML; nothing in it is evaluated or expanded.

    Raises
    ------
    SchemaError
        Where it is no TOML, names a key twice, nests too deep or asks for an environment variable; file and line are
        named, and the key where there is one.
    """
    _refuse_at_match(re.compile(r"\$\{"), text, file=file, reason="environment variables (${...}) are not expanded")
    if deep := find_deep_key(text):
        raise SchemaError(f"{file}:{deep}: {_key_on_line(text, deep)}keys nest deeper than {MAX_KEY_PARTS}")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SchemaError(_describe_error(str(error), text, file=file)) from error
    except RecursionError as error:
        raise SchemaError(f"{file}:{_find_deep_line(text)}: values nest deeper than {MAX_DEPTH}") from error
    except ValueError as error:  # Python reads no number of thousands of digits
        raise SchemaError(f"{file}: holds a number that is too long") from error


def locate_keys(text: str, *, file: str) -> Locate:
    """Return a function that names file and line of a key, or of the nearest table around it."""
    lines = _list_key_lines(text)

    def locate(path: Path) -> str:
        found = next((lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in lines), 1)
        return f"{file}:{found}"

    return locate


def _refuse_at_match(pattern: re.Pattern[str], text: str, *, file: str, reason: str) -> None:
    match = pattern.search(text)
    if match is not None:
        number = text.count("\n", 0, match.start()) + 1
        raise SchemaError(f"{file}:{number}: {_key_on_line(text, number)}{reason}")


def _describe_error(message: str, text: str, *, file: str) -> str:
    found = _ERROR_LINE.search(message)
    number = int(found[1]) if found else text.count("\n") + 1
    reason = _ERROR_LINE.sub("", message).strip().replace("Cannot overwrite a value", "the key is there already")
    return f"{file}:{number}: {_key_on_line(text, number)}{shown(reason, 200)[1:-1]}"


def _key_on_line(text: str, number: int) -> str:
    key = _KEY.match(text.split("\n")[number - 1])
    return f"{shown(key[1])}: " if key else ""


def _find_deep_line(text: str) -> int:
    """Return the first line on which more than `MAX_DEPTH` brackets are open, counting those in strings too."""
    depth = 0
    for number, line in enumerate(text.split("\n"), start=1):
        for character in line:
            depth += (character in "[{") - (character in "]}")
            if depth > MAX_DEPTH:
                return number
    return 1


def _list_key_lines(text: str) -> dict[Path, int]:
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    for number, line in enumerate(text.split("\n"), start=1):
        header, key = _HEADER.match(line), _KEY.match(line)
        if header is not None:
            table = _resolve_table(header[2].split("."), counts, is_array=header[1] == "[[")
            lines.setdefault(table, number)
        elif key is not None:
            lines.setdefault((*table, key[1]), number)
    return lines


def _resolve_table(parts: list[str], counts: dict[Path, int], *, is_array: bool) -> Path:
    """Return the path of a header, each array on it with the index of its latest table."""
    path: Path = ()
    for part in parts[:-1]:
        path = (*path, part)
        if path in counts:
            path = (*path, counts[path] - 1)
    path = (*path, parts[-1])
    if is_array:
        counts[path] = counts.get(path, 0) + 1
    return (*path, counts[path] - 1) if path in counts else path
