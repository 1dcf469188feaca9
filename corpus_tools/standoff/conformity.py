"""Whether a document keeps to a schema: labels that it does not know, pairs that it does not allow.

In: an aligned document and a `Schema`. Out: warnings, since a foreign schema advises; or, where it is enforced, the
document without what breaks it.

Examples
--------
>>> suggest("Medicaton", frozenset({"Medication", "Symptom"}))
'; did you mean Medication?'
"""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from corpus_tools.standoff.alignment import AlignedDocument
from corpus_tools.standoff.document import Attribute, Document, Event, Line, Reject, Relation, TextBound, Warning
from corpus_tools.standoff.references import check_dependents
from corpus_tools.standoff.schema import Schema


def check_schema(document: Document, schema: Schema) -> Iterator[Warning]:
    """Yield a warning for every annotation that the schema does not foresee.

    `SCHEMA-TYPE`, `SCHEMA-RELATION`, `SCHEMA-EVENT`, `SCHEMA-ATTRIBUTE`: an unknown name, with the nearest known one.
    `SCHEMA-PAIR`, `SCHEMA-ROLE`, `SCHEMA-VALUE`: a known one between types, in a role or with a value not allowed.
    """
    names = _Names.of(schema)
    file = document.doc_id + ".ann"
    for line in document.lines:
        found = _check_annotation(line, document, names)
        if found is not None:
            code, annotation_id, message = found
            yield Warning(code, file, line.number, line.kind, annotation_id, message)


def enforce_schema(aligned: AlignedDocument, schema: Schema) -> AlignedDocument:
    """Reject every annotation that the schema does not foresee, with all that depends on it."""
    warnings = tuple(check_schema(aligned.document, schema))
    if not warnings:
        return aligned
    rejects = {w.line: Reject(w.code, w.file, w.line, w.kind, w.annotation_id, w.message) for w in warnings}
    gone = [warning.annotation_id for warning in warnings]
    dependents = check_dependents(aligned.document.lines, gone, file=warnings[0].file)
    rejects = {reject.line: reject for reject in dependents} | rejects
    lines = tuple(replace(x, annotation=None) if x.number in rejects else x for x in aligned.document.lines)
    return replace(
        aligned,
        document=replace(aligned.document, lines=lines),
        repairs=tuple(repair for repair in aligned.repairs if repair.line not in rejects),
        rejects=tuple(sorted((*aligned.rejects, *rejects.values()), key=lambda reject: reject.line)),
        warnings=tuple(warning for warning in aligned.warnings if warning.line not in rejects),
    )


@lru_cache(maxsize=1 << 12)  # a foreign corpus breaks a schema in few ways, each thousands of times
def suggest(name: str, known: frozenset[str]) -> str:
    """Return "; did you mean X?" with the nearest known name, letter case aside, or ""."""
    by_case = {each.casefold(): each for each in sorted(known)}
    near = difflib.get_close_matches(name.casefold(), by_case, n=1)
    return f"; did you mean {by_case[near[0]]}?" if near else ""


@dataclass(frozen=True, slots=True)
class _Names:
    """Hold the schema's names in the form that questions about single annotations need."""

    schema: Schema
    types: frozenset[str]
    labels: frozenset[str]
    roles: dict[str, frozenset[str]]
    values: dict[str, frozenset[str]]

    @classmethod
    def of(cls, schema: Schema) -> "_Names":
        return cls(
            schema,
            frozenset(schema.mention_types),
            frozenset(relation.name for relation in schema.relations),
            {event.name: frozenset(role.name for role in event.roles) for event in schema.events},
            {attribute.name: frozenset(attribute.values) for attribute in schema.attributes},
        )


_Finding = tuple[str, str, str]  # code, id, message


def _check_annotation(line: Line, document: Document, names: _Names) -> _Finding | None:
    annotation = line.annotation
    match annotation:
        case TextBound(id=id, type=type) if type not in names.types:
            return "SCHEMA-TYPE", id, f"type {type} is not in the schema{suggest(type, names.types)}"
        case Relation():
            return _check_relation(annotation, document, names)
        case Event():
            return _check_event(annotation, names)
        case Attribute():
            return _check_attribute(annotation, names)
    return None


def _check_relation(relation: Relation, document: Document, names: _Names) -> _Finding | None:
    label = relation.type
    if label not in names.labels:
        return "SCHEMA-RELATION", relation.id, f"label {label} is not in the schema{suggest(label, names.labels)}"
    if not relation.is_binary:
        return None
    first, second = document.resolve(relation.arg1), document.resolve(relation.arg2)
    if first is None or second is None or names.schema.allows(label, first.type, second.type):
        return None
    turned = "; the other direction is" if names.schema.allows(label, second.type, first.type) else ""
    return "SCHEMA-PAIR", relation.id, f"{label} from {first.type} to {second.type} is not in the schema{turned}"


def _check_event(event: Event, names: _Names) -> _Finding | None:
    if event.type not in names.roles:
        return (
            "SCHEMA-EVENT",
            event.id,
            f"event {event.type} is not in the schema{suggest(event.type, frozenset(names.roles))}",
        )
    known = names.roles[event.type]
    for argument in event.arguments:
        # brat numbers the roles that may be filled more than once: Theme, Theme2, Theme3.
        if argument.role not in known and argument.role.rstrip("0123456789") not in known:
            message = f"{event.type} has no role {argument.role} in the schema{suggest(argument.role, known)}"
            return "SCHEMA-ROLE", event.id, message
    return None


def _check_attribute(attribute: Attribute, names: _Names) -> _Finding | None:
    name, value = attribute.name, attribute.value
    if name not in names.values:
        message = f"attribute {name} is not in the schema{suggest(name, frozenset(names.values))}"
        return "SCHEMA-ATTRIBUTE", attribute.id, message
    known = names.values[name]
    if value is not None and known and value not in known:
        return "SCHEMA-VALUE", attribute.id, f"{name} has no such value in the schema{suggest(value, known)}"
    return None
