"""The syntax of brat's configuration files: sections, macros, indented types, arguments.

In: the text of an `annotation.conf`, which may be anything.
Out: `ConfLine` values a section, with macros and `<INHERIT>` expanded; what they mean, `annotation_conf` says.

Examples
--------
>>> [line.name for line in parse_conf_sections("[entities]\\nDrug\\n Brand\\n")["entities"]]
['Drug', 'Brand']
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from corpus_tools.errors import SchemaError
from corpus_tools.standoff.schema_parsing import is_usable_name
from corpus_tools.standoff.strict_table import shown

MAX_LINES = 10_000
MAX_LINE = 65_536  # characters, after the expansion of macros
MAX_DEPTH = 32
MAX_TYPES = 2_000  # lines of one section
MAX_MACROS = 200  # of one section
MAX_ARGUMENTS = 200  # of one line
MAX_EXPANDED = 4 << 20  # characters of one section with its macros expanded

RESERVED = frozenset(
    f"<{name}>"
    for name in (
        *("ANY", "ENTITY", "RELATION", "EVENT", "NONE", "EMPTY", "INHERIT"),
        *("REL-TYPE", "URL", "URLBASE", "GLYPH-POS", "DEFAULT", "NORM", "OVERLAP", "OVL-TYPE"),
    )
)
_ALIASES = {"spans": "entities"}
_SPECIAL_NAMES = ("<OVERLAP>",)

_SECTION = re.compile(r"\s*\[(.*)\]\s*")
_MACRO = re.compile(r"<([a-zA-Z_-]+)>=(.*)")
_MACRO_USE = re.compile(r"<[^<>]*>")
_SEPARATOR = re.compile(r"\s*-+\s*")
_BY_SPACE = re.compile(r"(\s*)(\S+)(?:\s+(.*))?")
_BY_TAB = re.compile(r"(\s*)([^\t]+)(?:\t(.*))?")


@dataclass(frozen=True, slots=True)
class ConfLine:
    """Hold one type of a section.

    Attributes
    ----------
    number : int, counted from 1
    parent : str or None
        The nearest line above that is indented less.
    is_abstract : bool
        True where a `!` stands before the name: a heading that is not annotated.
    arguments : tuple of (key, values)
        In the order of the line; keys keep their cardinality, such as `Theme+`.
    """

    number: int
    name: str
    parent: str | None
    is_abstract: bool
    arguments: tuple[tuple[str, tuple[str, ...]], ...]

    def values(self, key: str) -> tuple[str, ...]:
        """Return the values under a key, empty where it is absent."""
        return dict(self.arguments).get(key, ())


def parse_conf_sections(text: str, *, file: str = "annotation.conf") -> dict[str, list[ConfLine]]:
    """Return the lines of each section by its name in lower case; lines before the first section don't count.

    Raises
    ------
    SchemaError
        Where a line can't be read, a macro is unknown or grows beyond `MAX_LINE`, or a limit is exceeded.
    """
    lines = text.split("\n")
    if len(lines) > MAX_LINES:
        raise SchemaError(f"{file}: {len(lines)} lines, at most {MAX_LINES} are read; is this an annotation.conf?")
    bodies: dict[str, list[tuple[int, str]]] = {}
    body: list[tuple[int, str]] = []
    for number, line in enumerate(lines, start=1):
        heading = _SECTION.fullmatch(line)
        if heading is None:
            body.append((number, line.rstrip("\r")))
        else:
            name = heading[1].strip().lower()
            body = bodies.setdefault(_ALIASES.get(name, name), [])
    return {name: _parse_body(rows, file=file) for name, rows in bodies.items()}


def _parse_body(rows: Sequence[tuple[int, str]], *, file: str) -> list[ConfLine]:
    ancestors: list[tuple[int, ConfLine]] = []  # (indent, line), from the root to the line before
    parsed: list[ConfLine] = []
    for number, line in _expand_macros(rows, file=file):
        indent, terms, fields = _split_line(line)
        while ancestors and ancestors[-1][0] >= indent:
            ancestors.pop()
        parent = ancestors[-1][1] if ancestors else None
        entry = _parse_line(terms, fields, number=number, parent=parent, file=file)
        ancestors.append((indent, entry))
        parsed.append(entry)
        if len(ancestors) > MAX_DEPTH or len(parsed) > MAX_TYPES:
            raise SchemaError(f"{file}:{number}: at most {MAX_TYPES} types in {MAX_DEPTH} levels are read")
    return parsed


def _expand_macros(rows: Sequence[tuple[int, str]], *, file: str) -> Iterator[tuple[int, str]]:
    macros: dict[str, str] = {}
    expanded = 0
    for number, line in rows:
        if not line.strip() or line.lstrip().startswith("#") or _SEPARATOR.fullmatch(line):
            continue
        definition = _MACRO.fullmatch(line)
        if definition is None:
            line = _expand_line(line, macros, where=f"{file}:{number}")
            expanded += len(line)
            yield number, line
        elif f"<{definition[1]}>" in RESERVED:
            raise SchemaError(f"{file}:{number}: <{definition[1]}> is reserved and can't be defined")
        else:
            macros[f"<{definition[1]}>"] = definition[2].strip()
        if len(macros) > MAX_MACROS or expanded > MAX_EXPANDED:
            raise SchemaError(
                f"{file}:{number}: more than {MAX_MACROS} macros or {MAX_EXPANDED} characters in a section"
            )


def _expand_line(line: str, macros: dict[str, str], *, where: str) -> str:
    for name, value in macros.items():
        length = len(line) + line.count(name) * (len(value) - len(name))
        if length > MAX_LINE:
            raise SchemaError(f"{where}: {length} characters with macros expanded, at most {MAX_LINE} are read")
        line = line.replace(name, value)
    if len(line) > MAX_LINE:
        raise SchemaError(f"{where}: {len(line)} characters, at most {MAX_LINE} are read")
    for name in _MACRO_USE.findall(line):
        if name not in RESERVED:
            raise SchemaError(f"{where}: {shown(name)} is no macro defined above in this section")
    return line


def _split_line(line: str) -> tuple[int, list[str], list[str]]:
    """Return indent, names and arguments; names may hold blanks where a TAB ends them, as old files have it."""
    indent, terms, fields = _split_by(_BY_SPACE, line)
    if "\t" in line.strip() and any(re.search(r"\s", field) for field in fields):
        indent, terms, fields = _split_by(_BY_TAB, line)
    return indent, terms, fields


def _split_by(pattern: re.Pattern[str], line: str) -> tuple[int, list[str], list[str]]:
    match = pattern.fullmatch(line.rstrip())
    assert match is not None  # blank lines are left out before
    terms = [term.strip() for term in match[2].split("|") if term.strip()]
    fields = [field.strip() for field in (match[3] or "").split(",") if field.strip()]
    return len(match[1]), terms, fields


def _parse_line(terms: list[str], fields: list[str], *, number: int, parent: ConfLine | None, file: str) -> ConfLine:
    where = f"{file}:{number}"
    is_abstract = any(term.startswith("!") for term in terms)
    name = re.sub(r"\s+", "_", terms[0].removeprefix("!")) if terms else ""
    if name not in _SPECIAL_NAMES and not is_usable_name(name):
        raise SchemaError(f"{where}: {shown(name)} is no usable name")
    if len(fields) > MAX_ARGUMENTS:
        raise SchemaError(f"{where}: {len(fields)} arguments, at most {MAX_ARGUMENTS} are read")
    arguments: list[tuple[str, tuple[str, ...]]] = []
    for field in fields:
        if field == "<INHERIT>":
            if parent is None:
                raise SchemaError(f"{where}: <INHERIT> without a line above to inherit from")
            arguments.extend(parent.arguments)
        else:
            arguments.append(_parse_argument(field, where=where))
    return ConfLine(number, name, parent.name if parent else None, is_abstract, tuple(arguments))


def _parse_argument(field: str, *, where: str) -> tuple[str, tuple[str, ...]]:
    key, colon, rest = field.partition(":")
    values = tuple(value.strip() for value in rest.split("|"))
    if not colon or not key.strip() or not all(values):
        raise SchemaError(f"{where}: {shown(field)} is no argument; expected a form like Arg1:Drug|Dose")
    return key.strip(), values
