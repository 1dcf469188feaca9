"""Turn a schema into a plain record: the one structure behind `schema.toml` and `schema.json`.

In: a `Schema`. Out: a dict of strings, numbers, lists and dicts, which `schema_parsing` reads.
"""

from collections.abc import Iterable
from typing import Protocol

from corpus_tools.standoff.schema_types import (
    AttributeType,
    EntityType,
    EventRole,
    EventType,
    Overlap,
    PairSource,
    RelationType,
    TypePair,
    group_pairs,
)

SCHEMA_VERSION = 1
DOCUMENTATION_KEYS = ("definition", "abbreviation", "color", "key")
SEMANTIC_KEYS = ("tui", "name", "parent", "inverse")


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
            "overlap": [{"kind": o.kind, "pair": _format_pairs(o.pairs)} for o in schema.overlaps],
        }
    )


def _present(record: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in record.items() if value not in (None, "", [], {}, False)}


def _documentation(entry: EntityType | RelationType) -> dict[str, object]:
    return {key: getattr(entry, key) for key in DOCUMENTATION_KEYS}


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
        return _present(record) | {"pair": _format_pairs(relation.pairs)}
    record |= _documentation(relation)
    if relation.semantic_relation is not None:
        semantic = relation.semantic_relation
        record["semantic_relation"] = {key: getattr(semantic, key) for key in SEMANTIC_KEYS}
    record["pair"] = [_format_source(row) for row in relation.rows]
    return _present(record)


def _format_source(source: PairSource) -> dict[str, object]:
    record: dict[str, object] = {"arg1": list(source.arg1), "arg2": list(source.arg2), "source": source.source}
    return _present(record | {"triples": list(source.triples), "reason": source.reason})


def _format_pairs(pairs: Iterable[TypePair]) -> list[dict[str, object]]:
    return [{"arg1": list(first), "arg2": list(second)} for first, second in group_pairs(pairs)]


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
