"""Make the parts of a schema from a plain record that nobody has checked, as `schema.toml` and `schema.json` hold it.

In: nested dicts and lists. Out: the arguments for `Schema`, every name and value validated.

Examples
--------
>>> parts = parse_schema_record({"schema_version": 1, "entity": [{"name": "Symptom"}]})
>>> parts["entities"][0].name
'Symptom'
"""

import re
from collections.abc import Sequence
from typing import TypedDict

from corpus_tools.errors import SchemaError
from corpus_tools.standoff.schema_record import DOCUMENTATION_KEYS, SCHEMA_VERSION, SEMANTIC_KEYS
from corpus_tools.standoff.schema_types import (
    DERIVED,
    EXTENSION,
    AttributeType,
    EntityType,
    EventRole,
    EventType,
    Overlap,
    PairSource,
    RelationType,
    SemanticRelation,
    SemanticType,
)
from corpus_tools.standoff.strict_table import Locate, StrictTable, format_path, shown

# As in the `.ann` reader: what separates fields, paths and markup is no part of a label.
_NAME = re.compile(r"[^\s\x00-\x1f\x7f-\x9f/\\<>]{1,255}")

_TOP_KEYS = ("schema_version", "origin", "acknowledgement", "entity", "relation", "attribute", "event", "overlap")
_ENTITY_KEYS = ("name", "parent", "abstract", "groups", "semantic_types", *DOCUMENTATION_KEYS)
_RELATION_KEYS = ("name", "symmetric", "transitive", "roles", "semantic_relation", "pair", *DOCUMENTATION_KEYS)
_PAIR_KEYS = ("arg1", "arg2", "source", "triples", "reason")
_ATTRIBUTE_KEYS = ("name", "holders", "values", "default", "definition")
_EVENT_KEYS = ("name", "parent", "abstract", "color", "role")
_ROLE_KEYS = ("name", "types", "minimum", "maximum")
_ORIGINS = ("toml", "annotation.conf", "observed")


class SchemaParts(TypedDict):
    """Name the arguments that `Schema` is made from."""

    entities: tuple[EntityType, ...]
    relations: tuple[RelationType, ...]
    attributes: tuple[AttributeType, ...]
    events: tuple[EventType, ...]
    overlaps: tuple[Overlap, ...]
    origin: str
    acknowledgement: str


def is_usable_name(name: str) -> bool:
    """Say whether a type, label or attribute may bear this name."""
    return _NAME.fullmatch(name) is not None


def parse_schema_record(record: object, *, locate: Locate = format_path) -> SchemaParts:
    """Validate a record and return the arguments for `Schema`.

    Raises
    ------
    SchemaError
        Where the record has an unknown or missing key, a wrong type, an unusable name or two types of one name.
    """
    top = StrictTable(record, _TOP_KEYS, (), locate)
    if top.integer("schema_version") != SCHEMA_VERSION:
        raise top.fault("schema_version", f"expected {SCHEMA_VERSION}")
    origin = top.text("origin", "toml")
    if origin not in _ORIGINS:
        raise top.fault("origin", f"expected one of {', '.join(_ORIGINS)}, found {shown(origin)}")
    parts = SchemaParts(
        entities=tuple(_parse_entity(table) for table in top.tables("entity", _ENTITY_KEYS)),
        relations=tuple(_parse_relation(table) for table in top.tables("relation", _RELATION_KEYS)),
        attributes=tuple(_parse_attribute(table) for table in top.tables("attribute", _ATTRIBUTE_KEYS)),
        events=tuple(_parse_event(table) for table in top.tables("event", _EVENT_KEYS)),
        overlaps=tuple(_parse_overlap(table) for table in top.tables("overlap", ("kind", "pair"))),
        origin=origin,
        acknowledgement=top.text("acknowledgement", ""),
    )
    _validate_hierarchy(top, "entity", parts["entities"])
    _validate_hierarchy(top, "event", parts["events"])
    _validate_unique(top, "relation", [relation.name for relation in parts["relations"]])
    _validate_unique(top, "attribute", [attribute.name for attribute in parts["attributes"]])
    return parts


def _parse_name(table: StrictTable, key: str = "name") -> str:
    name = table.text(key)
    if not is_usable_name(name):
        raise table.fault(
            key, f"{shown(name)} is no usable name: no white space, no / \\ < > and at most 255 characters"
        )
    return name


def _parse_names(table: StrictTable, key: str) -> tuple[str, ...]:
    names = table.texts(key)
    for name in names:
        if not is_usable_name(name):
            raise table.fault(key, f"{shown(name)} is no usable name")
    return names


def _parse_parent(table: StrictTable) -> str | None:
    return table.text("parent", "") or None


def _parse_entity(table: StrictTable) -> EntityType:
    return EntityType(
        name=_parse_name(table),
        parent=_parse_parent(table),
        is_abstract=table.flag("abstract"),
        semantic_types=tuple(SemanticType(tui, name) for tui, name in table.named_texts("semantic_types")),
        groups=table.texts("groups"),
        **{key: table.text(key, "") for key in DOCUMENTATION_KEYS},
    )


def _parse_relation(table: StrictTable) -> RelationType:
    rows = [_parse_source(row) for row in table.tables("pair", _PAIR_KEYS)]
    roles = _parse_names(table, "roles") or ("Arg1", "Arg2")
    if len(roles) != 2:
        raise table.fault("roles", f"expected two roles, found {len(roles)}")
    return RelationType(
        name=_parse_name(table),
        pairs=frozenset(pair for row in rows for pair in row.pairs),
        symmetric=table.flag("symmetric"),
        transitive=table.flag("transitive"),
        roles=(roles[0], roles[1]),
        semantic_relation=_parse_semantic_relation(table),
        sources=tuple(row for row in rows if row.source),
        **{key: table.text(key, "") for key in DOCUMENTATION_KEYS},
    )


def _parse_source(table: StrictTable) -> PairSource:
    source, reason, triples = table.text("source", ""), table.text("reason", ""), table.texts("triples")
    if source not in ("", DERIVED, EXTENSION):
        raise table.fault("source", f"expected '{DERIVED}' or '{EXTENSION}', found {shown(source)}")
    if source == EXTENSION and not reason:
        raise table.fault("reason", "missing; an extension of the network needs a reason")
    if source == DERIVED and not triples:
        raise table.fault("triples", "missing; a derived row names the network's triples")
    return PairSource(_parse_names(table, "arg1"), _parse_names(table, "arg2"), source, triples, reason)


def _parse_semantic_relation(table: StrictTable) -> SemanticRelation | None:
    semantic = table.table("semantic_relation", SEMANTIC_KEYS)
    if semantic is None:
        return None
    return SemanticRelation(
        semantic.text("tui"), semantic.text("name"), semantic.text("parent", ""), semantic.text("inverse", "")
    )


def _parse_attribute(table: StrictTable) -> AttributeType:
    values = table.texts("values")
    default = table.text("default", "") or None
    if default is not None and default not in values:
        raise table.fault("default", f"{shown(default)} is none of the values")
    return AttributeType(
        _parse_name(table), frozenset(_parse_names(table, "holders")), values, default, table.text("definition", "")
    )


def _parse_event(table: StrictTable) -> EventType:
    roles = tuple(_parse_role(row) for row in table.tables("role", _ROLE_KEYS))
    return EventType(_parse_name(table), roles, _parse_parent(table), table.flag("abstract"), table.text("color", ""))


def _parse_role(table: StrictTable) -> EventRole:
    minimum, maximum = table.integer("minimum", 1) or 0, table.integer("maximum")
    if maximum is not None and maximum < minimum:
        raise table.fault("maximum", f"expected at least {minimum}, found {maximum}")
    return EventRole(_parse_name(table), frozenset(_parse_names(table, "types")), minimum, maximum)


def _parse_overlap(table: StrictTable) -> Overlap:
    rows = [_parse_source(row) for row in table.tables("pair", _PAIR_KEYS)]
    return Overlap(frozenset(pair for row in rows for pair in row.pairs), table.text("kind"))


def _validate_hierarchy(table: StrictTable, key: str, types: Sequence[EntityType] | Sequence[EventType]) -> None:
    """Refuse a parent that does not stand above its child, so that no hierarchy can run in a circle."""
    _validate_unique(table, key, [entry.name for entry in types])
    above: set[str] = set()
    for entry in types:
        if entry.parent is not None and entry.parent not in above:
            where = table.locate((key,))
            raise SchemaError(f"{where}: parent {shown(entry.parent)} of {shown(entry.name)} is not defined above it")
        above.add(entry.name)


def _validate_unique(table: StrictTable, key: str, names: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise SchemaError(f"{table.locate((key,))}: {key} {shown(name)} is defined twice")
        seen.add(name)
