"""What a model adds to a brat document: T, A and R lines with their probability, behind the lines of people.

In: a `Document`, mentions and relations that a model found. Out: the `Document` with further lines; the lines that
were there keep every byte.

Each added mention and relation gets a note with its probability; see `corpus_tools.standoff.format_suggestion`.

Examples
--------
>>> split_at_breaks("chest  \\n pain", Span(0, 13))
(Span(start=0, end=5), Span(start=9, end=13))
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, count

from corpus_tools.standoff import (
    NOTE_TYPE,
    Annotation,
    Argument,
    Attribute,
    Document,
    Equivalence,
    Event,
    Line,
    Normalization,
    Note,
    Relation,
    Span,
    TextBound,
    format_annotation,
    format_suggestion,
)
from relext.finding import leave_out

# brat ends a fragment at a line end; a tab would end the text column of the .ann line.
_BREAK = re.compile(r"[\r\n\t]+")
_ID = re.compile(r"\ufeff?([A-Z#])([0-9]{1,9})\t")


@dataclass(frozen=True, slots=True)
class SuggestedMention:
    """Hold a mention that a model found.

    Attributes
    ----------
    span : Span, characters of the source text
    attributes : tuple of (name, value)
        To be written as A lines.
    gaps : tuple of Span, ordered
        Stretches inside the span that a discontinuous mention leaves out.
    """

    type: str
    span: Span
    probability: float
    attributes: tuple[tuple[str, str], ...] = ()
    gaps: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class SuggestedRelation:
    """Hold a relation that a model found between two textbounds, given by their ids."""

    type: str
    arg1: str
    arg2: str
    probability: float


def split_at_breaks(text: str, span: Span) -> tuple[Span, ...]:
    """Return the fragments of a span as brat writes them: none holds a line end, none starts or ends with a blank."""
    edges = [span.start]
    for match in _BREAK.finditer(text, span.start, span.end):
        edges += [match.start(), match.end()]
    edges.append(span.end)
    pieces = (_stripped(text, Span(*edges[n : n + 2])) for n in range(0, len(edges), 2))
    return tuple(piece for piece in pieces if len(piece))


def _stripped(text: str, span: Span) -> Span:
    characters = text[span.start : span.end]
    start = span.start + len(characters) - len(characters.lstrip())
    return Span(start, start + len(characters.strip()))


def add_mentions(document: Document, mentions: Iterable[SuggestedMention], *, model: str) -> Document:
    """Append mentions in text order, each with its attributes and its note.

    One that shares a character with a textbound of the same type is left out: people have spoken there.
    """
    added: list[Annotation] = []
    marked = _marked_characters(document)
    numbers = {letter: _free_numbers(document, letter) for letter in "TA#"}
    for mention in sorted(mentions, key=lambda each: (each.span, each.type)):
        kept = leave_out(mention.span, mention.gaps)
        fragments = tuple(piece for span in kept for piece in split_at_breaks(document.text, span))
        if not fragments or not marked[mention.type].isdisjoint(_characters(fragments)):
            continue
        textbound = TextBound(f"T{next(numbers['T'])}", mention.type, fragments, "")
        added.append(replace(textbound, text=document.spelled(textbound)))
        added += [Attribute(f"A{next(numbers['A'])}", name, textbound.id, value) for name, value in mention.attributes]
        note = format_suggestion(mention.probability, model)
        added.append(Note(f"#{next(numbers['#'])}", NOTE_TYPE, textbound.id, note))
    return append_annotations(document, added)


def _marked_characters(document: Document) -> defaultdict[str, set[int]]:
    """Return the characters that textbounds of each type cover."""
    marked: defaultdict[str, set[int]] = defaultdict(set)
    for textbound in document.textbounds:
        marked[textbound.type].update(_characters(textbound.fragments))
    return marked


def _characters(fragments: Iterable[Span]) -> Iterator[int]:
    return chain.from_iterable(range(span.start, span.end) for span in fragments)


def add_relations(document: Document, relations: Iterable[SuggestedRelation], *, model: str) -> Document:
    """Append relations, each with its note."""
    added: list[Annotation] = []
    numbers = {letter: _free_numbers(document, letter) for letter in "R#"}
    for each in relations:
        arguments = (Argument("Arg1", each.arg1), Argument("Arg2", each.arg2))
        relation = Relation(f"R{next(numbers['R'])}", each.type, arguments)
        note = Note(f"#{next(numbers['#'])}", NOTE_TYPE, relation.id, format_suggestion(each.probability, model))
        added += [relation, note]
    return append_annotations(document, added)


def _free_numbers(document: Document, letter: str) -> Iterator[int]:
    """Yield numbers that no id with this letter has, rejected lines counted, after the largest one in use."""
    matches = (_ID.match(line.raw) for line in document.lines)
    used = [int(match[2]) for match in matches if match and match[1] == letter]
    return count(max(used, default=0) + 1)


def append_annotations(document: Document, annotations: Iterable[Annotation]) -> Document:
    """Return the document with further lines at the end of its `.ann`."""
    lines = list(document.lines)
    if lines and not lines[-1].raw.endswith("\n"):
        lines[-1] = replace(lines[-1], raw=lines[-1].raw + "\n")
    for annotation in annotations:
        kind = "*" if isinstance(annotation, Equivalence) else annotation.id[0]
        lines.append(Line(len(lines) + 1, format_annotation(annotation) + "\n", kind, annotation))
    return replace(document, lines=tuple(lines), has_annotations=True)


def drop_relations(document: Document) -> Document:
    """Return the document without its R lines, without what hangs on them, and without lines that say nothing."""
    gone = {relation.id for relation in document.relations}
    lines = [line for line in document.lines if line.annotation is not None and line.kind != "R"]
    while True:
        kept = [line for line in lines if gone.isdisjoint(_targets(line.annotation))]
        if len(kept) == len(lines):
            return replace(document, lines=tuple(replace(line, number=n) for n, line in enumerate(kept, start=1)))
        gone |= {_identify(line.annotation) for line in lines if line not in kept}
        lines = kept


def _identify(annotation: Annotation | None) -> str:
    return "" if annotation is None or isinstance(annotation, Equivalence) else annotation.id


def _targets(annotation: Annotation | None) -> tuple[str, ...]:
    match annotation:
        case Attribute() | Note() | Normalization():
            return (annotation.target,)
        case Event():
            return tuple(argument.target for argument in annotation.arguments)
        case _:
            return ()
