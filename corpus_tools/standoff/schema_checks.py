"""Check a schema for what reads well and works badly.

In: a `Schema`, its own or a foreign one. Out: one sentence a problem, none where all is well.

Examples
--------
>>> from corpus_tools.standoff.schema_types import RelationType
>>> check_schema(Schema((), (RelationType("treats", frozenset({("Drug", "Rash")})),)))
["relation treats names types that are not defined: 'Drug', 'Rash'"]
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from corpus_tools.standoff.schema import INVERSE, NO_RELATION, Schema
from corpus_tools.standoff.schema_types import DERIVED, EXTENSION, RelationType, close_pairs
from corpus_tools.standoff.strict_table import shown

_COMPOSITE = "+"  # joins the labels of a pair that has several


def check_schema(schema: Schema) -> list[str]:
    """Return what is wrong with a schema, in its order."""
    problems = [*_check_types(schema), *_check_keys(schema)]
    for relation in schema.relations:
        problems.extend(_check_relation(relation))
    return problems


def _check_types(schema: Schema) -> Iterator[str]:
    types = frozenset(schema.mention_types)
    for relation in schema.relations:
        used = (name for pair in relation.pairs for name in pair)
        yield from _check_defined(f"relation {relation.name}", used, types)
    for attribute in schema.attributes:
        holders = attribute.holders - frozenset(relation.name for relation in schema.relations)
        yield from _check_defined(f"attribute {attribute.name}", holders, types)
        if not attribute.holders:
            yield f"attribute {attribute.name} can stand on nothing"
    for event in schema.events:
        used = (name for role in event.roles for name in role.types)
        yield from _check_defined(f"event {event.name}", used, types)


def _check_defined(holder: str, used: Iterable[str], types: frozenset[str]) -> Iterator[str]:
    unknown = sorted(frozenset(used) - types)
    if unknown:
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        yield f"{holder} names types that are not defined: {', '.join(map(shown, unknown[:5]))}{more}"


def _check_keys(schema: Schema) -> Iterator[str]:
    keys = [entity.key.upper() for entity in schema.entities] + [relation.key.upper() for relation in schema.relations]
    for key, count in Counter(filter(None, keys)).items():
        if count > 1:
            yield f"key {shown(key)} belongs to {count} types or labels"


def _check_relation(relation: RelationType) -> Iterator[str]:
    if not relation.pairs:
        yield f"relation {relation.name} joins nothing"
    if _COMPOSITE in relation.name or relation.name.endswith(INVERSE) or relation.name == NO_RELATION:
        yield f"relation {relation.name} bears a name that stands for something else: no {_COMPOSITE}, no {INVERSE}"
    stated = {
        kind: frozenset(pair for row in relation.sources if row.source == kind for pair in row.pairs)
        for kind in (DERIVED, EXTENSION)
    }
    both = stated[EXTENSION] & (close_pairs(stated[DERIVED]) if relation.symmetric else stated[DERIVED])
    if both:
        pairs = ", ".join(f"{first}-{second}" for first, second in sorted(both))
        yield f"relation {relation.name} extends what is derived already: {pairs}"
