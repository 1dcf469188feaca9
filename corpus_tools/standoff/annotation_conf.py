"""Read a foreign `annotation.conf` into a `Schema`.

In: brat's configuration of a corpus, its own or another team's.
Out: a `Schema` of origin "annotation.conf", in which macros, `<ENTITY>` and the like, and hierarchies are expanded:
wherever a type is allowed, the types indented below it are.

Examples
--------
>>> conf = "[entities]\\nDrug\\nDose\\n[relations]\\nhas\\tArg1:Drug, Arg2:<ENTITY>\\n"
>>> parse_annotation_conf(conf).directed_labels("Dose", "Drug")
('has⁻¹',)
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from corpus_tools.errors import SchemaError
from corpus_tools.standoff.conf_lines import ConfLine, parse_conf_sections
from corpus_tools.standoff.schema import Schema
from corpus_tools.standoff.schema_parsing import is_usable_name
from corpus_tools.standoff.schema_types import (
    AttributeType,
    EntityType,
    EventRole,
    EventType,
    Overlap,
    RelationType,
    TypePair,
    list_descendants,
)
from corpus_tools.standoff.strict_table import shown
from corpus_tools.standoff.text_files import read_settings_text

Entry = TypeVar("Entry")

SECTIONS = ("entities", "relations", "events", "attributes")
MAX_PAIRS = 200_000  # over all labels, and over all roles
MAX_REPEATS = 1_000

_ROLE = re.compile(r"(.+?)(\{(\d{1,4})(?:-(\d{1,4}))?\}|\?|\*|\+)?")
_REPEATS: dict[str | None, tuple[int, int | None]] = {None: (1, 1), "?": (0, 1), "*": (0, None), "+": (1, None)}
_OVERLAP_NAMES = ("<OVERLAP>", "ENTITY-NESTING")
_EQUIVALENCE = "Equiv"  # symmetric and transitive in brat even where the file does not say so


@dataclass(frozen=True, slots=True)
class _Names:
    """Hold what the words of an argument stand for.

    Attributes
    ----------
    members : dict
        A type or a word such as `<ENTITY>` to the annotated types that it admits.
    """

    members: dict[str, frozenset[str]]
    file: str

    def expand(self, words: Iterable[str], number: int) -> frozenset[str]:
        """Return the annotated types that the words admit; a type that the file does not define stands for itself."""
        types: set[str] = set()
        for word in words:
            if word not in self.members and not is_usable_name(word):
                raise SchemaError(f"{self.file}:{number}: {shown(word)} is no usable type")
            types |= self.members.get(word, frozenset((word,)))
        return frozenset(types)


def read_annotation_conf(path: Path) -> Schema:
    """Read a file of at most one MiB.

    Raises
    ------
    SchemaError
        Where the file can't be read, is no UTF-8 text, or breaks brat's syntax; the message names file and line.
    """
    return parse_annotation_conf(read_settings_text(path, is_bom_allowed=True), file=str(path))


def parse_annotation_conf(text: str, *, file: str = "annotation.conf") -> Schema:
    """Parse the text of an `annotation.conf`; sections may be absent, but not all of them.

    Raises
    ------
    SchemaError
        Where a line breaks brat's syntax or a limit is exceeded; the message names file and line.
    """
    sections = parse_conf_sections(text, file=file)
    if not any(name in sections for name in SECTIONS):
        raise SchemaError(f"{file}: holds none of the sections {', '.join(f'[{name}]' for name in SECTIONS)}")
    entities, relations, events, attributes = (_first_of_each(sections.get(name, ()), name) for name in SECTIONS)
    names = _Names(_list_members(entities, events, relations), file)
    relation_lines = [line for line in relations if line.name not in _OVERLAP_NAMES]
    overlaps = (_overlap(line, names) for line in relations if line.name in _OVERLAP_NAMES)
    return Schema(
        entities=tuple(EntityType(line.name, line.parent, line.is_abstract) for line in entities),
        relations=_list_relations(relation_lines, names),
        attributes=tuple(_attribute(line, names) for line in attributes if not line.is_abstract),
        events=tuple(_within_limit((_event(line, names) for line in events), _count_fillers, names)),
        overlaps=tuple(_within_limit(overlaps, lambda overlap: len(overlap.pairs), names)),
        origin="annotation.conf",
    )


def _first_of_each(lines: Sequence[ConfLine], section: str) -> list[ConfLine]:
    """Drop repeated types; relations may stand on several lines, one a combination of arguments."""
    if section == "relations":
        return list(lines)
    first: dict[str, ConfLine] = {}
    for line in lines:
        first.setdefault(line.name, line)
    return list(first.values())


def _list_members(
    entities: Sequence[ConfLine], events: Sequence[ConfLine], relations: Sequence[ConfLine]
) -> dict[str, frozenset[str]]:
    members = list_descendants(entities)
    for name, types in list_descendants(events).items():
        members[name] = members.get(name, frozenset()) | types
    annotated = [frozenset(ln.name for ln in lines if not ln.is_abstract) for lines in (entities, events, relations)]
    labels = annotated[2] - frozenset(_OVERLAP_NAMES)
    return members | {
        "<ENTITY>": annotated[0],
        "<EVENT>": annotated[1],
        "<RELATION>": labels,
        "<ANY>": annotated[0] | annotated[1],
        "<NONE>": frozenset(),
        "<EMPTY>": frozenset(),
    }


def _list_relations(lines: Sequence[ConfLine], names: _Names) -> tuple[RelationType, ...]:
    """Return a label for each name; its pairs are the union over its lines, its roles those of the first."""
    rows = [line for line in _inherit_arguments(lines) if not line.is_abstract]
    pairs = _within_limit((_pairs(line, names) for line in rows), len, names)
    merged: dict[str, list[tuple[ConfLine, frozenset[TypePair]]]] = {}
    for line, own in zip(rows, pairs, strict=True):
        merged.setdefault(line.name, []).append((line, own))
    return tuple(_relation(name, own) for name, own in merged.items())


def _inherit_arguments(lines: Sequence[ConfLine]) -> list[ConfLine]:
    arguments: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {}
    inherited = []
    for line in lines:
        arguments[line.name] = line.arguments or arguments.get(line.parent or "", ())
        inherited.append(replace(line, arguments=arguments[line.name]))
    return inherited


def _within_limit(entries: Iterable[Entry], size: Callable[[Entry], int], names: _Names) -> list[Entry]:
    """Return the entries; stop as soon as they admit more combinations of types than any real file does."""
    total, kept = 0, []
    for entry in entries:
        total += size(entry)
        if total > MAX_PAIRS:
            raise SchemaError(f"{names.file}: more than {MAX_PAIRS} combinations of types")
        kept.append(entry)
    return kept


def _relation(name: str, rows: Sequence[tuple[ConfLine, frozenset[TypePair]]]) -> RelationType:
    kinds = frozenset(kind for line, _ in rows for value in line.values("<REL-TYPE>") for kind in value.split("-"))
    if name == _EQUIVALENCE and not kinds:
        kinds = frozenset(("symmetric", "transitive"))
    keys = [key for key, _ in rows[0][0].arguments if not key.startswith("<")]
    return RelationType(
        name,
        pairs=frozenset(pair for _, pairs in rows for pair in pairs),
        symmetric="symmetric" in kinds,
        transitive="transitive" in kinds,
        roles=(keys[0], keys[1]) if len(keys) == 2 else ("Arg1", "Arg2"),
    )


def _pairs(line: ConfLine, names: _Names) -> frozenset[TypePair]:
    fillers = [names.expand(words, line.number) for key, words in line.arguments if not key.startswith("<")]
    if len(fillers) != 2:
        return frozenset()  # brat can't draw such a relation either; `check_schema` names it
    first, second = fillers
    if len(first) * len(second) > MAX_PAIRS:
        raise SchemaError(f"{names.file}:{line.number}: more than {MAX_PAIRS} combinations of types")
    return frozenset((arg1, arg2) for arg1 in first for arg2 in second)


def _overlap(line: ConfLine, names: _Names) -> Overlap:
    kinds = line.values("<OVL-TYPE>") or (("contain",) if line.name == "ENTITY-NESTING" else ())
    return Overlap(_pairs(line, names), "|".join(kinds))


def _attribute(line: ConfLine, names: _Names) -> AttributeType:
    words = line.values("Arg")
    holders = names.expand(words, line.number)
    if "<ANY>" in words:
        holders |= names.members["<RELATION>"]
    default = line.values("<DEFAULT>")
    return AttributeType(line.name, holders, line.values("Value"), default[0] if default else None)


def _event(line: ConfLine, names: _Names) -> EventType:
    roles = [(key, words) for key, words in line.arguments if not key.startswith("<")]
    parsed = tuple(_event_role(key, names.expand(words, line.number), line, names) for key, words in roles)
    return EventType(line.name, parsed, line.parent, line.is_abstract)


def _count_fillers(event: EventType) -> int:
    return sum(len(role.types) for role in event.roles)


def _event_role(key: str, types: frozenset[str], line: ConfLine, names: _Names) -> EventRole:
    match = _ROLE.fullmatch(key)
    if match is None or not is_usable_name(match[1]):
        raise SchemaError(f"{names.file}:{line.number}: {shown(key)} is no role")
    if match[3] is None:
        return EventRole(match[1], types, *_REPEATS[match[2]])
    minimum, maximum = int(match[3]), int(match[4] or match[3])
    if minimum > maximum or maximum == 0 or maximum > MAX_REPEATS:
        raise SchemaError(f"{names.file}:{line.number}: {shown(key)} can't be repeated {minimum} to {maximum} times")
    return EventRole(match[1], types, minimum, maximum)
