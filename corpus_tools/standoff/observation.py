"""Say what may be annotated where a corpus brings no schema: what its annotators did annotate.

In: documents, in one pass.
Out: a `Schema` of origin "observed"; it knows no symmetry, hierarchy or cardinality.

Examples
--------
>>> observed_schema([]).labels
()
"""

from collections.abc import Iterable, Iterator

from corpus_tools.standoff.document import Attribute, Document, Event, Relation, TextBound
from corpus_tools.standoff.schema import Schema
from corpus_tools.standoff.schema_types import AttributeType, EntityType, EventRole, EventType, RelationType

# ("T", type) | ("R", label, type of arg1, type of arg2) | ("E", type, role, type) | ("A", name, holder's type, value);
# "" stands for what an annotation does not have.
_Fact = tuple[str, ...]


def observed_schema(documents: Iterable[Document]) -> Schema:
    """Return the schema that allows exactly what the documents hold.

    An argument that is an event counts with its trigger's type. A relation of other than two arguments gives a label
    without pairs.
    """
    facts = sorted({fact for document in documents for fact in _list_facts(document)})
    events = _group(facts, "E")
    entities = [fact[1] for fact in facts if fact[0] == "T" and fact[1] not in events]
    return Schema(
        entities=tuple(EntityType(name) for name in entities),
        relations=tuple(
            RelationType(label, frozenset((arg1, arg2) for arg1, arg2 in rows if arg1))
            for label, rows in _group(facts, "R").items()
        ),
        attributes=tuple(_attribute(name, rows) for name, rows in _group(facts, "A").items()),
        events=tuple(EventType(name, _list_roles(rows)) for name, rows in events.items()),
        origin="observed",
    )


def _list_facts(document: Document) -> Iterator[_Fact]:
    for annotation in document.annotations:
        match annotation:
            case TextBound():
                yield ("T", annotation.type)
            case Relation():
                yield ("R", annotation.type, *_list_argument_types(document, annotation))
            case Event():
                yield ("E", annotation.type, "", "")
                for argument in annotation.arguments:
                    role = argument.role.rstrip("0123456789") or argument.role  # Theme2 is a second Theme
                    yield ("E", annotation.type, role, _type_of(document, argument.target))
            case Attribute():
                yield ("A", annotation.name, _type_of(document, annotation.target), annotation.value or "")


def _list_argument_types(document: Document, relation: Relation) -> tuple[str, str]:
    if not relation.is_binary:
        return "", ""
    types = _type_of(document, relation.arg1), _type_of(document, relation.arg2)
    return types if all(types) else ("", "")


def _type_of(document: Document, annotation_id: str) -> str:
    mention = document.resolve(annotation_id)
    if mention is not None:
        return mention.type
    target = document.find(annotation_id)
    return target.type if isinstance(target, Relation) else ""


def _group(facts: Iterable[_Fact], kind: str) -> dict[str, list[tuple[str, str]]]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for fact in facts:
        if fact[0] == kind:
            groups.setdefault(fact[1], []).append((fact[2], fact[3]))
    return groups


def _attribute(name: str, rows: list[tuple[str, str]]) -> AttributeType:
    values = tuple(sorted({value for _, value in rows if value}))
    return AttributeType(name, frozenset(holder for holder, _ in rows if holder), values)


def _list_roles(rows: list[tuple[str, str]]) -> tuple[EventRole, ...]:
    names = sorted({role for role, _ in rows if role})
    fillers = {name: frozenset(filler for role, filler in rows if role == name and filler) for name in names}
    return tuple(EventRole(name, types, 0, None) for name, types in fillers.items())
