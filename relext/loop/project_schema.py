"""What may be annotated in a round: the model's schema, widened by what people have written already.

In: the model's schema and a brat project just written. Out: a `Schema` that foresees every line of that project, so
that brat shows it and `corpus validate` has nothing to remark.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from corpus_tools.standoff import (
    AttributeType,
    EventRole,
    EventType,
    Schema,
    observed_schema,
    read_project,
)


def cover_documents(schema: Schema, folder: Path) -> Schema:
    """Return a schema widened by all that the documents of a folder hold."""
    return join_schemas(schema, observed_schema(aligned.document for aligned in read_project(folder)))


def join_schemas(schema: Schema, other: Schema) -> Schema:
    """Return what either schema allows; what both describe is described as the first does."""
    known = set(schema.mention_types)
    labels = {relation.name for relation in schema.relations}
    joined = replace(
        schema,
        entities=(*schema.entities, *(each for each in other.entities if each.name not in known)),
        events=tuple(_join_events(schema.events, other.events)),
        attributes=tuple(_join_attributes(schema.attributes, other.attributes)),
        relations=(*schema.relations, *(each for each in other.relations if each.name not in labels)),
    )
    return joined.widened((each.name, *pair) for each in other.relations for pair in each.pairs)


def _join_events(events: Iterable[EventType], others: Iterable[EventType]) -> list[EventType]:
    joined = {event.name: event for event in events}
    for event in others:
        known = joined.get(event.name, event)
        roles = {role.name: role for role in (*event.roles, *known.roles)}
        fillers = [EventRole(r.name, r.types | _fillers(event, r.name), r.minimum, r.maximum) for r in roles.values()]
        joined[event.name] = replace(known, roles=tuple(sorted(fillers, key=lambda role: role.name)))
    return list(joined.values())


def _fillers(event: EventType, role: str) -> frozenset[str]:
    return frozenset(name for each in event.roles if each.name == role for name in each.types)


def _join_attributes(attributes: Iterable[AttributeType], others: Iterable[AttributeType]) -> list[AttributeType]:
    joined = {attribute.name: attribute for attribute in attributes}
    for attribute in others:
        known = joined.get(attribute.name, attribute)
        values = tuple(dict.fromkeys((*known.values, *attribute.values)))
        joined[attribute.name] = replace(known, holders=known.holders | attribute.holders, values=values)
    return list(joined.values())
