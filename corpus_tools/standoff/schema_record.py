"""Turn a schema into a plain record and back: the one structure behind `schema.toml` and `schema.json`.

In: a `Schema`, or a record that nobody has checked.
Out: a dict of strings, numbers, lists and dicts; or the arguments for `Schema`, every name and value validated.

Examples
--------
>>> parts = parse_schema_record({"schema_version": 1, "entity": [{"name": "Symptom"}]})
>>> parts["entities"][0].name
'Symptom'
"""

import re
from collections.abc import Iterable, Sequence
from typing import Protocol, TypedDict

from corpus_tools.errors import SchemaError
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
    TypePair,
    close_pairs,
)
from corpus_tools.standoff.strict_table import Locate, StrictTable, format_path, shown

SCHEMA_VERSION = 1

# What standoff can hold in a label: no white space, nothing that separates fields, paths, markup or composite labels.
_NAME = re.compile(r"[^\s/\\<>|,:;\"'`&{}\[\]\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]{1,200}")

_TOP_KEYS = ("schema_version", "origin", "acknowledgement", "entity", "relation", "attribute", "event", "overlap")
_DOCUMENTATION_KEYS = ("definition", "abbreviation", "color", "key")
_ENTITY_KEYS = ("name", "parent", "abstract", "groups", "semantic_types", *_DOCUMENTATION_KEYS)
_RELATION_KEYS = ("name", "symmetric", "transitive", "roles", "semantic_relation", "pair", *_DOCUMENTATION_KEYS)
_PAIR_KEYS = ("arg1", "arg2", "source", "triples", "reason")
_SEMANTIC_KEYS = ("tui", "name", "parent", "inverse")
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


class SchemaLike(Protocol):
    """Name what is read from a schema here, so that `schema` can build on this module."""

    @property
    def entities(self) -> tuple[EntityType, ...]: ...
    @property
    def relations(self) -> tuple[RelationType, ...]: ...
    @property
    def attributes(self) -> tuple[AttributeType, ...]: ...
    @property
    def events(self) -> tuple[EventType, ...]: ...
    @property
    def overlaps(self) -> tuple[Overlap, ...]: ...
    @property
    def origin(self) -> str: ...
    @property
    def acknowledgement(self) -> str: ...


def is_usable_name(name: str) -> bool:
    """Say whether a type, label or attribute may bear this name."""
    return _NAME.fullmatch(name) is not None


def format_schema_record(schema: SchemaLike, *, with_documentation: bool = True) -> dict[str, object]:
    """Return the schema as nested dicts and lists, absent and empty values left out.

    Parameters
    ----------
    with_documentation : bool
        False keeps only what decides which annotations are allowed, for hashing.
    """
    record: dict[str, object] = {"schema_version": SCHEMA_VERSION}
    if with_documentation:
        record |= _present({"origin": schema.origin, "acknowledgement": schema.acknowledgement})
    return record | _present(
        {
            "entity": [_format_entity(entity, with_documentation) for entity in schema.entities],
            "relation": [_format_relation(relation, with_documentation) for relation in schema.relations],
            "attribute": [_format_attribute(attribute, with_documentation) for attribute in schema.attributes],
            "event": [_format_event(event, with_documentation) for event in schema.events],
            "overlap": [{"kind": o.kind, "pair": _group_pairs(o.pairs)} for o in schema.overlaps],
        }
    )


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
    types = [entity.name for entity in parts["entities"]] + [event.name for event in parts["events"]]
    _validate_unique(top, "entity", types)
    _validate_unique(top, "relation", [relation.name for relation in parts["relations"]])
    _validate_unique(top, "attribute", [attribute.name for attribute in parts["attributes"]])
    return parts


def _present(record: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in record.items() if value not in (None, "", [], {}, False)}


def _documentation(entry: EntityType | RelationType) -> dict[str, object]:
    return {key: getattr(entry, key) for key in _DOCUMENTATION_KEYS}


def _format_entity(entity: EntityType, with_documentation: bool) -> dict[str, object]:
    record: dict[str, object] = {"name": entity.name, "parent": entity.parent, "abstract": entity.is_abstract}
    if with_documentation:
        record |= _documentation(entity) | {"groups": list(entity.groups)}
        record["semantic_types"] = {semantic.tui: semantic.name for semantic in entity.semantic_types}
    return _present(record)


def _format_relation(relation: RelationType, with_documentation: bool) -> dict[str, object]:
    record: dict[str, object] = {
        "name": relation.name,
        "symmetric": relation.symmetric,
        "transitive": relation.transitive,
        "roles": list(relation.roles) if relation.roles != ("Arg1", "Arg2") else [],
    }
    if not with_documentation:
        return _present(record) | {"pair": _group_pairs(relation.pairs)}
    record |= _documentation(relation)
    if relation.semantic_relation is not None:
        semantic = relation.semantic_relation
        record["semantic_relation"] = {key: getattr(semantic, key) for key in _SEMANTIC_KEYS}
    covered = frozenset(pair for source in relation.sources for pair in source.pairs)
    rest = relation.pairs - (close_pairs(covered) if relation.symmetric else covered)
    record["pair"] = [*(_format_source(source) for source in relation.sources), *_group_pairs(rest)]
    return _present(record)


def _format_source(source: PairSource) -> dict[str, object]:
    record: dict[str, object] = {"arg1": list(source.arg1), "arg2": list(source.arg2), "source": source.source}
    return _present(record | {"triples": list(source.triples), "reason": source.reason})


def _group_pairs(pairs: Iterable[TypePair]) -> list[dict[str, object]]:
    by_first: dict[str, list[str]] = {}
    for first, second in sorted(pairs):
        by_first.setdefault(first, []).append(second)
    return [{"arg1": [first], "arg2": seconds} for first, seconds in by_first.items()]


def _format_attribute(attribute: AttributeType, with_documentation: bool) -> dict[str, object]:
    record: dict[str, object] = {
        "name": attribute.name,
        "holders": sorted(attribute.holders),
        "values": list(attribute.values),
    }
    if with_documentation:
        record |= {"default": attribute.default, "definition": attribute.definition}
    return _present(record)


def _format_event(event: EventType, with_documentation: bool) -> dict[str, object]:
    record: dict[str, object] = {"name": event.name, "parent": event.parent, "abstract": event.is_abstract}
    if with_documentation:
        record["color"] = event.color
    record["role"] = [_format_role(role) for role in event.roles]
    return _present(record)


def _format_role(role: EventRole) -> dict[str, object]:
    record: dict[str, object] = {"name": role.name, "types": sorted(role.types), "minimum": role.minimum}
    return record if role.maximum is None else record | {"maximum": role.maximum}


def _parse_name(table: StrictTable, key: str = "name") -> str:
    name = table.text(key)
    if not is_usable_name(name):
        raise table.fault(
            key, f"{shown(name)} is no usable name: no white space, no /<>|,:; and at most 200 characters"
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
        **{key: table.text(key, "") for key in _DOCUMENTATION_KEYS},
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
        **{key: table.text(key, "") for key in _DOCUMENTATION_KEYS},
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
    semantic = table.table("semantic_relation", _SEMANTIC_KEYS)
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


def _validate_unique(table: StrictTable, key: str, names: Sequence[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise SchemaError(f"{table.locate((key,))}: {key} {shown(name)} is defined twice")
        seen.add(name)
