"""Relations that share a head as frames: brat events, whose trigger is the head and whose arguments are the others.

In: `Document`s with R lines. Out: the same with E lines: a mention that is Arg1 of two relations or more becomes the
trigger of an event, and each of these relations an argument of it, its label the role (`treats`, `treats2`). Read with
`--events relations`, the arguments are the relations that they were.

Brat knows a type as that of entities or of events. So every mention of a type that is a head anywhere becomes an event,
without arguments where it heads nothing, and what is said of it (attributes, notes, relations) is said of the event.

Examples
--------
>>> from corpus_tools.standoff import format_annotations, parse_document
>>> mentions = "T1\\tDrug 0 1\\ta\\nT2\\tSign 2 3\\tb\\nT3\\tSign 4 5\\tc\\n"
>>> relations = "R1\\ttreats Arg1:T1 Arg2:T2\\nR2\\ttreats Arg1:T1 Arg2:T3\\n"
>>> (framed,) = frame_documents([parse_document("a b c", mentions + relations, doc_id="note").document]).documents
>>> format_annotations(framed).split("\\n")[3:]
['E1\\tDrug:T1 treats:T2 treats2:T3', '']
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from corpus_tools.standoff import (
    Annotation,
    Argument,
    Attribute,
    Document,
    Event,
    Line,
    Normalization,
    Note,
    Relation,
    TextBound,
    format_annotation,
)

_LEAST_RELATIONS = 2
_EVENT_ID = re.compile(r"\ufeff?E([0-9]{1,9})\t")


@dataclass(frozen=True, slots=True)
class Framed:
    """Hold documents with frames.

    Attributes
    ----------
    frames, arguments : int
        Events with arguments that were relations, and how many arguments these are.
    unframed : int
        Relations that stayed as they were.
    """

    documents: tuple[Document, ...]
    frames: int
    arguments: int
    unframed: int


def frame_documents(documents: Iterable[Document]) -> Framed:
    """Return the documents with the relations that share a head as frames.

    A relation stays where it is alone on its head, is no binary one, has an attribute (which an argument can't carry),
    ends in a digit (which would be taken for the number of a role), or has a head that triggers several events.
    """
    read = tuple(documents)
    heads = [_group_by_head(document) for document in read]
    types = {
        document.find(head).type  # type: ignore[union-attr]
        for document, groups in zip(read, heads, strict=True)
        for head in groups
        if head.startswith("T")
    }
    framed = [_frame_document(document, groups, types) for document, groups in zip(read, heads, strict=True)]
    arguments = sum(len(relations) for groups in heads for relations in groups.values())
    relations = sum(len(document.relations) for document in read)
    return Framed(tuple(framed), sum(map(len, heads)), arguments, relations - arguments)


def _group_by_head(document: Document) -> dict[str, list[Relation]]:
    """Return the relations of each head that has several: the id of an event, or of a mention that triggers none."""
    held = {attribute.target for attribute in document.attributes}
    triggered: defaultdict[str, list[str]] = defaultdict(list)
    for event in document.events:
        triggered[event.trigger].append(event.id)
    groups: defaultdict[str, list[Relation]] = defaultdict(list)
    for relation in document.relations:
        head = relation.arg1 if relation.is_binary else ""
        heads = triggered.get(head, [head])
        if relation.is_binary and len(heads) == 1 and relation.id not in held and not relation.type[-1].isdecimal():
            groups[heads[0]].append(relation)
    return {head: relations for head, relations in groups.items() if len(relations) >= _LEAST_RELATIONS}


def _frame_document(document: Document, groups: Mapping[str, Sequence[Relation]], types: set[str]) -> Document:
    """Return a document with its frames; lines that nothing changes keep their bytes."""
    new = _name_events(document, types)
    gone = {relation.id: head for head, relations in groups.items() for relation in relations}
    frames = {new.get(head, head): relations for head, relations in groups.items()}
    lines: list[Line] = []
    for line in document.lines:
        annotation = line.annotation
        if isinstance(annotation, Relation) and annotation.id in gone:
            continue
        changed = _redirect(annotation, new, gone, document)
        if isinstance(changed, Event):
            changed = _fill(changed, frames.get(changed.id, ()), new)
        lines.append(line if changed == annotation else _write(line, changed))
    for trigger_id, event_id in new.items():
        trigger = document.find(trigger_id)
        assert isinstance(trigger, TextBound)  # only textbounds are named in `new`
        event = _fill(Event(event_id, trigger.type, trigger_id, ()), frames.get(event_id, ()), new)
        lines.append(_write(Line(0, "\n", "E"), event))
    return replace(document, lines=tuple(replace(line, number=n) for n, line in enumerate(lines, start=1)))


def _name_events(document: Document, types: set[str]) -> dict[str, str]:
    """Return the id of the event that each mention of the types gets, unless it triggers one already."""
    used = [int(match[1]) for line in document.lines if (match := _EVENT_ID.match(line.raw))]
    triggers = {event.trigger for event in document.events}
    heads = [each.id for each in document.textbounds if each.type in types and each.id not in triggers]
    return {head: f"E{number}" for number, head in enumerate(heads, start=max(used, default=0) + 1)}


def _redirect(
    annotation: Annotation | None, new: Mapping[str, str], gone: Mapping[str, str], document: Document
) -> Annotation | None:
    """Return an annotation with the events in place of their triggers, and frames in place of their relations."""
    match annotation:
        case Relation():
            return replace(annotation, arguments=_redirect_arguments(annotation.arguments, new))
        case Event():
            return replace(annotation, arguments=_redirect_arguments(annotation.arguments, new))
        case Note() if annotation.target in gone:
            relation = document.find(annotation.target)
            assert isinstance(relation, Relation)  # only relations are gone
            head = gone[relation.id]
            about = f"{relation.type} {new.get(relation.arg2, relation.arg2)}: {annotation.text}"
            return replace(annotation, target=new.get(head, head), text=about)
        case Attribute() | Normalization() | Note():
            return replace(annotation, target=new.get(annotation.target, annotation.target))
        case _:
            return annotation


def _redirect_arguments(arguments: Iterable[Argument], new: Mapping[str, str]) -> tuple[Argument, ...]:
    return tuple(Argument(each.role, new.get(each.target, each.target)) for each in arguments)


def _fill(event: Event, relations: Iterable[Relation], new: Mapping[str, str]) -> Event:
    """Return an event with further arguments; a role that is there already is numbered."""
    arguments = list(event.arguments)
    counts = Counter(argument.role.rstrip("0123456789") or argument.role for argument in arguments)
    for relation in relations:
        counts[relation.type] += 1
        number = counts[relation.type]
        role = relation.type if number == 1 else f"{relation.type}{number}"
        arguments.append(Argument(role, new.get(relation.arg2, relation.arg2)))
    return replace(event, arguments=tuple(arguments))


def _write(line: Line, annotation: Annotation | None) -> Line:
    assert annotation is not None  # a line without an annotation is never changed
    return replace(line, raw=format_annotation(annotation) + "\n", annotation=annotation)
