"""JSON as this project writes and reads it: canonical out, guarded in.

Examples
--------
>>> format_json({"b": 1, "a": None}, indent=None)
'{"a": null, "b": 1}\\n'
"""

import json
import math
from pathlib import Path

from corpus_tools.errors import InputError
from corpus_tools.storage.reading import read_text

MAX_JSON_BYTES = 512 << 20


def format_json(value: object, *, indent: int | None = 2) -> str:
    """Format a value with sorted keys and a final line end; NaN and infinities raise ValueError."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, indent=indent)
    # A lone surrogate, as a file name with odd bytes holds it, has no UTF-8 form: escape what can't be encoded.
    return text.encode("utf-8", "backslashreplace").decode("utf-8") + "\n"


def parse_json(text: str, *, source: str) -> object:
    """Parse JSON; duplicate keys, NaN, infinities (also `1e999`) and nesting beyond Python's depth are refused.

    Raises
    ------
    InputError
        Where the text is no such JSON; the message names `source` and the line.
    """
    try:
        return json.loads(
            text, object_pairs_hook=_unique_keys, parse_constant=_refuse_constant, parse_float=_parse_finite
        )
    except json.JSONDecodeError as error:
        raise InputError(f"{source}:{error.lineno}: not JSON ({error.msg})") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{source}: not JSON that can be trusted ({error})") from error


def read_json(path: Path, *, max_bytes: int = MAX_JSON_BYTES) -> object:
    """Read one JSON file of at most `max_bytes`.

    Raises
    ------
    InputError
        Where the file is absent, too large, not UTF-8 or not JSON.
    """
    return parse_json(read_text(path, max_bytes=max_bytes), source=str(path))


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("an object names a key twice")
    return value


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON number")


def _parse_finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number
