"""Rename in the files that brat reads, so that they fit annotations that were renamed.

In: a folder and `Rename` rules. Out: `annotation.conf`, `visual.conf` and `kb_shortcuts.conf`, wherever they lie in it,
with only the lines changed that hold an old name; and the files that had to be left as they are, with the reason.

Examples
--------
>>> print(rename_annotation_conf("[entities]\\nDrug\\n", [Rename("type", "Drug", "Medication")]))
[entities]
Medication
<BLANKLINE>
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from corpus_tools.errors import SchemaError
from corpus_tools.standoff.annotation_conf import parse_annotation_conf
from corpus_tools.standoff.renames import Rename, find_rule, is_known
from corpus_tools.standoff.schema import Schema
from corpus_tools.standoff.schema_files import SCHEMA_FILE, read_schema
from corpus_tools.standoff.schema_types import TypePair
from corpus_tools.standoff.text_files import read_settings_text
from corpus_tools.storage import write_text

_SECTION = re.compile(r"\s*\[(.*)\]\s*")
_CONF_LINE = re.compile(r"(?P<mark>\s*!?)(?P<name>[^\s|]+)(?P<space>\s+)?(?P<fields>.*?)(?P<end>\s*)")
_LABEL_LINE = re.compile(r"(?P<mark>\s*)(?P<name>[^\s|]+)(?P<rest>.*)", re.DOTALL)
_KEY_LINE = re.compile(r"(?P<mark>\s*\S\s+)(?P<name>\S+)(?P<rest>.*)", re.DOTALL)
_REPEATS = re.compile(r"(.+?)(\{\d{1,4}(?:-\d{1,4})?\}|[?*+])?")
_NAMED = {"entities": "type", "spans": "type", "relations": "relation", "events": "type", "attributes": "attribute"}
_OVERLAPS = ("<OVERLAP>", "ENTITY-NESTING")
_SHOWN = ("type", "relation", "attribute", "role")  # what visual.conf and kb_shortcuts.conf name

RenameText = Callable[[str, Sequence[Rename]], str]


def rename_configuration(folder: Path, renames: Sequence[Rename]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Rename in every configuration file below a folder; return those changed, and those left with the reason."""
    formats: dict[str, RenameText] = {
        "annotation.conf": rename_annotation_conf,
        "visual.conf": rename_visual_conf,
        "kb_shortcuts.conf": rename_kb_shortcuts,
    }
    changed: list[str] = []
    left: dict[str, str] = {}
    for path in sorted(path for path in folder.rglob("*") if path.name in (*formats, SCHEMA_FILE) and path.is_file()):
        file = path.relative_to(folder).as_posix()
        try:
            if path.name == SCHEMA_FILE:
                schema = read_schema(path)
                if any(is_known(schema, rename, rename.old) for rename in renames):
                    left[file] = "it has an old name; a schema.toml is changed by hand"
            elif _rewrite_file(path, renames, formats[path.name]):
                changed.append(file)
        except SchemaError as error:
            left[file] = str(error).removeprefix(f"{path}: ")
    return tuple(changed), left


def _rewrite_file(path: Path, renames: Sequence[Rename], rename_text: RenameText) -> bool:
    before = read_settings_text(path, is_bom_allowed=True)
    after = rename_text(before, renames)
    if after != before:
        write_text(path, after)
    return after != before


def rename_annotation_conf(text: str, renames: Sequence[Rename]) -> str:
    """Return an `annotation.conf` with its names changed; a type that is there already is not defined twice.

    Raises
    ------
    SchemaError
        Where the text can't be read, or holds an old name in a place that is not understood, such as a macro.
    """
    parse_annotation_conf(text)
    lines: list[tuple[str, str, str]] = []  # section, line, and the same renamed
    section = ""
    for line in text.split("\n"):
        heading = _SECTION.fullmatch(line)
        section = heading[1].strip().lower() if heading else section
        is_renamed = heading is None and not line.lstrip().startswith("#")
        lines.append((section, line, _rename_line(line, section, renames) if is_renamed else line))
    after = "\n".join(_drop_repeated(lines))
    _check_renamed(parse_annotation_conf(after), renames)
    return after


def _drop_repeated(lines: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    """Yield the renamed lines but types that are there under their new name; only relations may have several lines."""
    names = [(section, match["name"] if (match := _CONF_LINE.fullmatch(line)) else "") for section, _, line in lines]
    standing = {name for name, (_, before, line) in zip(names, lines, strict=True) if before == line}
    following = [*(line for _, _, line in lines[1:]), ""]
    for name, (section, before, line), after in zip(names, lines, following, strict=True):
        if before != line and name in standing and section in _NAMED and section != "relations":
            if section in ("events", "attributes") or _indent(after) > _indent(line):
                raise SchemaError(f"two lines of [{section}] would be {name[1]}; merge them by hand")
            continue
        standing.add(name)
        yield line


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip()) if line.strip() else 0


def _check_renamed(schema: Schema, renames: Sequence[Rename]) -> None:
    """Raise where an old name is still there that is not the new one of another."""
    pairs = frozenset[TypePair]().union(*(each.pairs for each in schema.relations), *(e.pairs for e in schema.overlaps))
    types = {each for pair in pairs for each in pair}.union(*(attribute.holders for attribute in schema.attributes))
    types |= {each for event in schema.events for role in event.roles for each in role.types}
    news = {(rename.kind, rename.attribute, rename.new) for rename in renames}
    for rename in renames:
        is_there = is_known(schema, rename, rename.old) or (rename.kind == "type" and rename.old in types)
        if is_there and (rename.kind, rename.attribute, rename.old) not in news:
            raise SchemaError(f"{rename.old} stands where it can't be renamed, as in a macro; change it by hand")


def _rename_line(line: str, section: str, renames: Sequence[Rename]) -> str:
    match = _CONF_LINE.fullmatch(line)
    if match is None or section not in _NAMED or (" " in line.strip().partition("\t")[0] and "\t" in line.strip()):
        return line  # names with blanks, as old files have them, are left
    name = match["name"]
    rule = find_rule(renames, _NAMED[section], name)
    fields = [_rename_field(field, name, section, renames) for field in match["fields"].split(",") if field.strip()]
    if rule is not None and rule.exchanges:
        fields = _exchange(fields)
    renamed = rule.new if rule is not None else name
    after = f"{match['mark']}{renamed}{match['space'] or ''}{', '.join(fields)}{match['end']}"
    before = [field.strip() for field in match["fields"].split(",") if field.strip()]
    return after if (renamed, fields) != (name, before) else line


def _rename_field(field: str, name: str, section: str, renames: Sequence[Rename]) -> str:
    """Return an argument such as `Arg1:Drug|Dose` or `Value:absent|present` with its names changed."""
    key, colon, rest = field.strip().partition(":")
    if not colon:
        return field.strip()
    values = [value.strip() for value in rest.split("|")]
    if section == "attributes" and key in ("Value", "<DEFAULT>"):
        return f"{key}:{'|'.join(_unique(_rename(renames, ('value',), value, name) for value in values))}"
    kinds = ("type", "relation") if section == "attributes" else ("type",)
    if section in ("relations", "events") and not key.startswith("<") and name not in _OVERLAPS:
        role = _REPEATS.fullmatch(key)
        key = _rename(renames, ("role",), role[1]) + (role[2] or "") if role else key
    return f"{key}:{'|'.join(_unique(_rename(renames, kinds, value) for value in values))}"


def _exchange(fields: Sequence[str]) -> list[str]:
    """Let the two arguments of a relation change their types, roles staying in their places."""
    places = [place for place, field in enumerate(fields) if not field.startswith("<")]
    exchanged = list(fields)
    if len(places) == 2:
        (first, one), (second, other) = ((place, fields[place].partition(":")) for place in places)
        exchanged[first], exchanged[second] = f"{one[0]}:{other[2]}", f"{other[0]}:{one[2]}"
    return exchanged


def rename_visual_conf(text: str, renames: Sequence[Rename]) -> str:
    """Return a `visual.conf` with its names changed; labels that only spell an old name are those of the new one."""
    return "\n".join(_rename_shown(line, _LABEL_LINE, renames) for line in text.split("\n"))


def rename_kb_shortcuts(text: str, renames: Sequence[Rename]) -> str:
    """Return a `kb_shortcuts.conf` with its names changed, keys as they are."""
    return "\n".join(_rename_shown(line, _KEY_LINE, renames) for line in text.split("\n"))


def _rename_shown(line: str, form: re.Pattern[str], renames: Sequence[Rename]) -> str:
    match = form.fullmatch(line)
    if match is None or line.lstrip().startswith(("#", "[")):
        return line
    name, rest = match["name"], match["rest"]
    renamed = _rename(renames, _SHOWN, name)
    labels = [label.strip() for label in rest.split("|")[1:]]
    if renamed != name and labels and labels[0] == _spell(name):  # with abbreviations of the old name behind it
        rest = f" | {_spell(renamed)}" + ("\r" if rest.endswith("\r") else "")
    return f"{match['mark']}{renamed}{rest}"


def _spell(name: str) -> str:
    return re.sub("[_-]", " ", name)


def _rename(renames: Sequence[Rename], kinds: Iterable[str], name: str, attribute: str = "") -> str:
    rules = (find_rule(renames, kind, name, attribute) for kind in kinds)
    return next((rule.new for rule in rules if rule is not None), name)


def _unique(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
