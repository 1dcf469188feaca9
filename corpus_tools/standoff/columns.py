"""A document's annotations as parallel lists, for stages that compare or count many at once.

In: a `Document`; or a text with its `.ann`, where every line is so plain that no reader could quarrel with it. Out:
`AnnotationColumns`. The plain way gives what reading, aligning and listing gives, an order of magnitude sooner, or None
where any line needs the strict reader; a test compares the two on every document at hand.

Examples
--------
>>> columns = parse_plain_columns("aspirin", "T1\\tMedication 0 7\\taspirin\\n")
>>> columns.textbound_types, columns.starts, columns.ends
(['Medication'], [0], [7])
>>> parse_plain_columns("aspirin", "T1 Medication 0 7 aspirin\\n") is None
True
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from operator import eq
from sys import intern

from corpus_tools.standoff.alignment import align_document
from corpus_tools.standoff.brat import read_document
from corpus_tools.standoff.document import Attribute, Document, Event, Reject, Relation, Span, TextBound
from corpus_tools.standoff.files import DocumentFiles, decode_text, read_bytes

_NAME = r"[A-Za-z][A-Za-z0-9_-]{0,63}"
# Nine digits at most, no leading zero: what no reader could take in another way.
_NUMBER = r"0|[1-9][0-9]{0,8}"
# Each pattern begins with the line end before its line: a search for two given characters leaps over all other lines.
_TEXTBOUND = re.compile(rf"\n(T[1-9][0-9]{{0,8}})\t({_NAME}) ({_NUMBER}) ({_NUMBER})\t([^\t\n]+)(?=\n)")
_RELATION = re.compile(rf"\n(R[1-9][0-9]{{0,8}})\t({_NAME}) Arg1:(T[0-9]{{1,9}}) Arg2:(T[0-9]{{1,9}})(?=\n)")
_ATTRIBUTE = re.compile(rf"\n(A[1-9][0-9]{{0,8}})\t({_NAME}) ([TR][0-9]{{1,9}})(?: ({_NAME}))?(?=\n)")


@dataclass(frozen=True, slots=True)
class AnnotationColumns:
    """Hold a document's annotations in parallel lists, each in file order.

    What points at a textbound gives its position. What may point at several kinds gives a node: textbounds are numbered
    first, then events, then relations of two arguments.

    Attributes
    ----------
    starts, ends : list of int, characters
        From the first to the last character of the textbound's fragments.
    discontinuous : dict of int to tuple of Span
        Sorted fragments of the textbounds, by position, that have more than one.
    arg1, arg2 : list of int
        Positions of textbounds; an argument that is an event stands for its trigger.
    argument_owners : list of int
        Positions of events.
    argument_fillers, attribute_holders : list of int
        Nodes.
    left_out : int
        Relations with an argument that is no textbound, and what hangs on them or on a relation of other arity.
    n_ary : list of (label, arguments)
        Relations of other than two arguments, each argument as (position of a textbound, role).
    """

    textbound_ids: list[str] = field(default_factory=list)
    textbound_types: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    discontinuous: dict[int, tuple[Span, ...]] = field(default_factory=dict)
    relation_ids: list[str] = field(default_factory=list)
    relation_types: list[str] = field(default_factory=list)
    arg1: list[int] = field(default_factory=list)
    arg2: list[int] = field(default_factory=list)
    event_ids: list[str] = field(default_factory=list)
    event_types: list[str] = field(default_factory=list)
    triggers: list[int] = field(default_factory=list)
    argument_owners: list[int] = field(default_factory=list)
    argument_roles: list[str] = field(default_factory=list)
    argument_fillers: list[int] = field(default_factory=list)
    attribute_ids: list[str] = field(default_factory=list)
    attribute_names: list[str] = field(default_factory=list)
    attribute_values: list[str | None] = field(default_factory=list)
    attribute_holders: list[int] = field(default_factory=list)
    left_out: int = 0
    n_ary: list[tuple[str, tuple[tuple[int, str], ...]]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ReadColumns:
    """Hold a document read as columns.

    Attributes
    ----------
    text : str or None
        None where no text can be read or trusted.
    has_annotations : bool
        False where there was no `.ann` at all, which is not an empty one.
    rejects : tuple of Reject
        Those of reading and of aligning.
    """

    text: str | None
    columns: AnnotationColumns
    has_annotations: bool = True
    rejects: tuple[Reject, ...] = ()


def read_columns(files: DocumentFiles) -> ReadColumns:
    """Read and align one document as columns, the plain way where every line is plain, else the strict way."""
    plain = _read_plain(files)
    if plain is not None:
        return plain
    aligned = align_document(read_document(files))
    document = aligned.document
    is_unreadable = any(reject.line == 0 and reject.file == f"{files.doc_id}.txt" for reject in aligned.rejects)
    text = None if is_unreadable else document.text
    return ReadColumns(text, document_columns(document), document.has_annotations, aligned.rejects)


def _read_plain(files: DocumentFiles) -> ReadColumns | None:
    if files.txt is None or files.ann is None:
        return None
    txt, ann = read_bytes(files.txt, file=files.doc_id), read_bytes(files.ann, file=files.doc_id)
    if isinstance(txt, Reject) or isinstance(ann, Reject):
        return None
    text = decode_text(txt, file=files.doc_id)
    try:
        columns = None if isinstance(text, Reject) else parse_plain_columns(text, ann.decode("utf-8"))
    except UnicodeDecodeError:
        return None
    return None if columns is None or isinstance(text, Reject) else ReadColumns(text, columns)


def document_columns(document: Document) -> AnnotationColumns:
    """Return the annotations of an aligned document as columns."""
    textbounds, events = document.textbounds, document.events
    relations = [r for r in document.relations if _has_resolved_pair(document, r)]
    position = {textbound.id: row for row, textbound in enumerate(textbounds)}
    ids = [annotation.id for kind in (textbounds, events, relations) for annotation in kind]
    node = {annotation_id: row for row, annotation_id in enumerate(ids)}
    arguments = [(row, a) for row, event in enumerate(events) for a in event.arguments if a.target in node]
    attributes = [attribute for attribute in document.attributes if attribute.target in node]
    pairs = [_ordered_pair(document, relation) for relation in relations]
    n_ary = [row for relation in document.relations if (row := _list_n_ary(document, relation, position))]
    return AnnotationColumns(
        *_list_textbounds(textbounds),
        [relation.id for relation in relations],
        [relation.type for relation in relations],
        [position[arg1] for arg1, _ in pairs],
        [position[arg2] for _, arg2 in pairs],
        *_list_events(events, position),
        [owner for owner, _ in arguments],
        [argument.role for _, argument in arguments],
        [node[argument.target] for _, argument in arguments],
        *_list_attributes(attributes),
        [node[attribute.target] for attribute in attributes],
        len(document.relations) + len(document.attributes) - len(relations) - len(n_ary) - len(attributes),
        n_ary,
    )


def _has_resolved_pair(document: Document, relation: Relation) -> bool:
    return relation.is_binary and None not in (document.resolve(relation.arg1), document.resolve(relation.arg2))


def _list_n_ary(
    document: Document, relation: Relation, position: dict[str, int]
) -> tuple[str, tuple[tuple[int, str], ...]] | None:
    """Return a relation of other than two arguments that are all textbounds, or events with their triggers."""
    fillers = [(document.resolve(argument.target), argument.role) for argument in relation.arguments]
    rows = tuple((position[filler.id], role) for filler, role in fillers if filler is not None)
    return (relation.type, rows) if not relation.is_binary and len(rows) == len(fillers) else None


def _ordered_pair(document: Document, relation: Relation) -> tuple[str, str]:
    resolved = [document.resolve(argument) for argument in (relation.arg1, relation.arg2)]
    arg1, arg2 = (textbound.id for textbound in resolved if textbound is not None)
    return arg1, arg2


def _list_textbounds(
    textbounds: Sequence[TextBound],
) -> tuple[list[str], list[str], list[int], list[int], dict[int, tuple[Span, ...]]]:
    return (
        [textbound.id for textbound in textbounds],
        [textbound.type for textbound in textbounds],
        [textbound.start for textbound in textbounds],
        [textbound.end for textbound in textbounds],
        {row: t.sorted_fragments for row, t in enumerate(textbounds) if len(t.fragments) > 1},
    )


def _list_events(events: Sequence[Event], position: dict[str, int]) -> tuple[list[str], list[str], list[int]]:
    ids, types = [event.id for event in events], [event.type for event in events]
    return ids, types, [position[event.trigger] for event in events]


def _list_attributes(attributes: Sequence[Attribute]) -> tuple[list[str], list[str], list[str | None]]:
    return [a.id for a in attributes], [a.name for a in attributes], [a.value for a in attributes]


def parse_plain_columns(text: str, ann: str) -> AnnotationColumns | None:
    """Return the annotations of a document that holds plain T, R and A lines alone, else None.

    Plain: contiguous textbounds that equal their characters, relations of two different textbounds, attributes of
    either, ids used once, references that exist, single separators, "\\n" as the line end of the whole `.ann`.
    """
    # Line ends other than "\n", and a byte-order mark, are the strict reader's business.
    if "\r" in ann or "\ufeff" in ann or text.startswith("\ufeff"):
        return None
    bounded = f"\n{ann}" if ann[-1:] in ("", "\n") else f"\n{ann}\n"
    rows = [pattern.findall(bounded) for pattern in (_TEXTBOUND, _RELATION, _ATTRIBUTE)]
    if sum(map(len, rows)) != bounded.count("\n") - 1:
        return None
    return _check_plain(text, *rows)


def _check_plain(
    text: str, textbounds: list[tuple[str, ...]], relations: list[tuple[str, ...]], attributes: list[tuple[str, ...]]
) -> AnnotationColumns | None:
    ids, types, start_digits, end_digits, texts = zip(*textbounds, strict=True) if textbounds else ((),) * 5
    relation_ids, labels, first, second = zip(*relations, strict=True) if relations else ((),) * 4
    attribute_ids, names, holders, values = zip(*attributes, strict=True) if attributes else ((),) * 4
    starts, ends = list(map(int, start_digits)), list(map(int, end_digits))
    node = dict(zip((*ids, *relation_ids), count(), strict=False))
    is_unique = len(node) == len(ids) + len(relation_ids) and len(set(attribute_ids)) == len(attribute_ids)
    is_inside = max(ends, default=0) <= len(text)
    if not is_unique or not is_inside or [text[s:e] for s, e in zip(starts, ends, strict=True)] != list(texts):
        return None
    try:
        arg1, arg2 = [node[target] for target in first], [node[target] for target in second]
        held = [node[target] for target in holders]
    except KeyError:
        return None
    if any(map(eq, arg1, arg2)):
        return None
    # Every document counts its ids from 1: one string each for all of them, in memory and between processes.
    return AnnotationColumns(
        list(map(intern, ids)),
        list(map(intern, types)),
        starts,
        ends,
        {},
        list(map(intern, relation_ids)),
        list(map(intern, labels)),
        arg1,
        arg2,
        attribute_ids=list(map(intern, attribute_ids)),
        attribute_names=list(map(intern, names)),
        attribute_values=[value or None for value in values],
        attribute_holders=held,
    )
