"""Gold as a brat document: contents become lines again, with ids counted in text order.

In: a text and the contents of a `Settlement`. Out: a `Document` whose `.ann` is the same bytes for the same contents.

Examples
--------
>>> drug = Content("mention", "Medication", (Span(0, 7),))
>>> format_gold("aspirin", [drug])
'T1\\tMedication 0 7\\taspirin\\n'
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from corpus_tools.adjudication.content import (
    ARGUMENT,
    ATTRIBUTE,
    EQUIVALENCE,
    EVENT,
    MENTION,
    NORMALIZATION,
    NOTE,
    RELATION,
    Content,
)
from corpus_tools.adjudication.layers import AnnotatedDocument
from corpus_tools.errors import InputError
from corpus_tools.standoff import (
    Annotation,
    Argument,
    Attribute,
    Document,
    Equivalence,
    Event,
    Normalization,
    Note,
    Relation,
    Span,
    TextBound,
    format_annotation,
    parse_document,
)

_LETTERS = {MENTION: "T", EVENT: "E", RELATION: "R", EQUIVALENCE: "*", ATTRIBUTE: "A", NORMALIZATION: "N", NOTE: "#"}
"""In the order of the file; the arguments of an event stand in its line."""

_Places = tuple[tuple[int, int], ...]


def make_gold(document: AnnotatedDocument, contents: Iterable[Content]) -> Document:
    """Return the gold document.

    Raises
    ------
    InputError
        Where a content can't stand in an `.ann`, which is a fault of whoever decided it.
    """
    read = parse_document(document.text, format_gold(document.text, contents), doc_id=document.doc_id)
    if read.rejects:
        first = read.rejects[0]
        raise InputError(f"{document.doc_id}: gold would hold a line that is no annotation ({first.code})")
    return read.document


def format_gold(text: str, contents: Iterable[Content]) -> str:
    """Return the `.ann` of some contents: T, E, R, *, A, N and # lines, each kind in text order.

    Each content refers to others among them; gold of a `Settlement` does.
    """
    by_key = {content.key: content for content in contents}
    ordered = sorted(by_key.values(), key=lambda content: _text_order(content, by_key))
    ids: dict[str, str] = {}
    counts = Counter[str]()
    for content in ordered:
        counts[content.layer] += 1
        ids[content.key] = f"{_LETTERS.get(content.layer, '')}{counts[content.layer]}"
    filled = _list_arguments(ordered, ids)
    lines = [
        format_annotation(_make_annotation(text, content, ids, filled.get(content.key, ()))) + "\n"
        for layer in _LETTERS
        for content in ordered
        if content.layer == layer
    ]
    return "".join(lines)


def _text_order(content: Content, by_key: Mapping[str, Content]) -> tuple[_Places, str, str, str, int, str]:
    """Return where a content stands, by the places of what it refers to, then what it says."""
    return _find_places(content, by_key), content.label, content.value or "", content.text, content.rank, content.key


def _find_places(content: Content, by_key: Mapping[str, Content]) -> _Places:
    places = tuple((span.start, span.end) for span in content.fragments)
    return places + tuple(place for key in content.targets for place in _find_places(by_key[key], by_key))


def _list_arguments(ordered: Iterable[Content], ids: Mapping[str, str]) -> dict[str, tuple[Argument, ...]]:
    """Return the arguments of each event, by role, those of one role in text order."""
    filled: dict[str, list[Argument]] = {}
    for content in ordered:
        if content.layer == ARGUMENT:
            owner, filler = content.targets
            filled.setdefault(owner, []).append(Argument(content.label, ids[filler]))
    return {owner: tuple(sorted(rows, key=lambda each: each.role)) for owner, rows in filled.items()}


def _make_annotation(text: str, content: Content, ids: Mapping[str, str], filled: tuple[Argument, ...]) -> Annotation:
    own, label = ids[content.key], content.label
    if content.layer == MENTION:
        return TextBound(own, label, content.fragments, spell(text, content.fragments))
    targets = [ids[key] for key in content.targets]
    if content.layer == EVENT:
        return Event(own, label, targets[0], filled)
    if content.layer == RELATION:
        arguments = (Argument(each.role, target) for each, target in zip(content.arguments, targets, strict=True))
        return Relation(own, label, tuple(arguments))
    if content.layer == EQUIVALENCE:
        return Equivalence(label, tuple(targets))
    if content.layer == ATTRIBUTE:
        return Attribute(own, label, targets[0], content.value)
    if content.layer == NORMALIZATION:
        kind, _, identifier = (content.value or "").partition(" ")
        return Normalization(own, kind, targets[0], label, identifier, content.text)
    return Note(own, label, targets[0], content.text)


def spell(text: str, fragments: Iterable[Span]) -> str:
    """Return the characters at the fragments, joined by one blank."""
    return " ".join(text[span.start : span.end] for span in fragments)
