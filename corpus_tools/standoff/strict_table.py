"""Read tables of TOML or JSON strictly: keys known, values of the expected type, every message with its place.

In: what `tomllib` or `json` made of a file, which nobody has checked.
Out: typed values, or a `SchemaError` that names the place and the key.

Examples
--------
>>> table = StrictTable({"name": "treats", "symmetric": False}, keys=("name", "symmetric"))
>>> table.text("name"), table.flag("symmetric")
('treats', False)
"""

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar, cast

from corpus_tools.errors import SchemaError

Value = TypeVar("Value")
Path = tuple[str | int, ...]
Locate = Callable[[Path], str]

MAX_TEXT = 4_000  # characters of one value

_SURROGATE = re.compile("[\ud800-\udfff]")


def format_path(path: Path) -> str:
    """Return where a value stands, such as `relation[2].name`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".") or "top level"


@dataclass(frozen=True, slots=True)
class StrictTable:
    """Hold one table whose keys are checked when it is made.

    Attributes
    ----------
    record : object
        Must be a dict.
    keys : tuple of str
        Every key that may occur.
    path : tuple of str and int
        Where the table stands in its file, for messages.
    locate : callable
        Turns a path into "file:line" or another name of the place.

    Raises
    ------
    SchemaError
        Where the record is no table or has an unknown key; the methods, where a value is missing or of another type.
    """

    record: object
    keys: tuple[str, ...]
    path: Path = ()
    locate: Locate = format_path

    def __post_init__(self) -> None:
        if not isinstance(self.record, dict):
            raise SchemaError(f"{self.locate(self.path)}: expected a table, found {_kind_of(self.record)}")
        for key in self.record:
            if key not in self.keys:
                near = difflib.get_close_matches(str(key)[:100], self.keys, n=1)
                hint = f"; did you mean '{near[0]}'?" if near else f"; known are {', '.join(self.keys)}"
                raise SchemaError(f"{self.locate((*self.path, str(key)))}: unknown key {shown(key)}{hint}")

    def text(self, key: str, default: str | None = None) -> str:
        """Return a string; `default` where the key is absent, which is an error where there is no default."""
        value = self._value(key, str, "a string", default)
        if len(value) > MAX_TEXT or _SURROGATE.search(value):
            raise self.fault(key, f"expected at most {MAX_TEXT} characters that UTF-8 can hold, found {shown(value)}")
        return value

    def flag(self, key: str, default: bool = False) -> bool:
        """Return a boolean."""
        return self._value(key, bool, "true or false", default)

    def integer(self, key: str, default: int | None = None) -> int | None:
        """Return a number that is not negative, or `default`."""
        if key not in self._mapping:
            return default
        value = self._value(key, int, "a whole number", None)
        if value < 0:
            raise self.fault(key, f"expected a number from 0, found {value}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of strings, empty where the key is absent."""
        return self._strings(key, self._value(key, list, "a list of strings", []))

    def named_texts(self, key: str) -> tuple[tuple[str, str], ...]:
        """Return the rows of a table of strings, empty where the key is absent."""
        rows = self._value(key, dict, "a table of strings", {})
        return tuple(zip(self._strings(key, rows), self._strings(key, rows.values()), strict=True))

    def table(self, key: str, keys: tuple[str, ...]) -> "StrictTable | None":
        """Return the table under a key, or None where the key is absent."""
        if key not in self._mapping:
            return None
        return StrictTable(self._mapping[key], keys, (*self.path, key), self.locate)

    def tables(self, key: str, keys: tuple[str, ...]) -> tuple["StrictTable", ...]:
        """Return the tables of a list, empty where the key is absent."""
        rows = self._value(key, list, "a list of tables", [])
        return tuple(StrictTable(row, keys, (*self.path, key, n), self.locate) for n, row in enumerate(rows))

    def fault(self, key: str, message: str) -> SchemaError:
        """Return the error to raise about a key."""
        place, name = self.locate((*self.path, key)), format_path((*self.path, key))
        return SchemaError(f"{place}: {message}" if place == name else f"{place}: {name}: {message}")

    @property
    def _mapping(self) -> dict[str, object]:
        return cast("dict[str, object]", self.record)  # checked when the table was made

    def _value(self, key: str, kind: type[Value], expected: str, default: Value | None) -> Value:
        value = self._mapping.get(key, default)
        if value is None:
            raise self.fault(key, f"missing, expected {expected}")
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.fault(key, f"expected {expected}, found {_kind_of(value)}")
        return value

    def _strings(self, key: str, values: Iterable[object]) -> tuple[str, ...]:
        strings = tuple(value for value in values if isinstance(value, str) and not _SURROGATE.search(value))
        if len(strings) != len(tuple(values)):
            raise self.fault(key, "expected strings that UTF-8 can hold")
        return strings


def shown(value: object, limit: int = 60) -> str:
    """Return a value for a message: escaped, on one line, cut at `limit` characters."""
    text = value if isinstance(value, str) else repr(value)
    return ascii(text if len(text) <= limit else text[:limit] + "...")


def _kind_of(value: object) -> str:
    names = {str: "a string", bool: "true or false", int: "a number", list: "a list", dict: "a table"}
    return names.get(type(value), f"a {type(value).__name__}")
