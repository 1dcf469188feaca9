"""What every converter gives: documents, and a count of what the other format could not hold.

In: annotations made from another format. Out: `Converted`: `Document`s whose offsets were verified, and losses by kind.

Examples
--------
>>> document = make_document("a", "aspirin", [TextBound("T1", "Drug", (Span(0, 7),), "aspirin")])
>>> document.lines[0].raw
'T1\\tDrug 0 7\\taspirin\\n'
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from corpus_tools.standoff import Annotation, Document, Equivalence, Line, Span, TextBound, format_annotation

TEXT_DIFFERS = "text-differs-from-offsets"


@dataclass(frozen=True, slots=True)
class Converted:
    """Hold the documents in the order of the source, and how many annotations were lost or changed, by kind.

    `rejects` of these losses are files and lines that could not be read.
    """

    documents: tuple[Document, ...]
    losses: Mapping[str, int]
    rejects: int = 0


@dataclass(frozen=True, slots=True)
class Rendered:
    """Hold what is to be written: relative path to content, and how many annotations were lost or changed, by kind."""

    files: Mapping[str, str]
    losses: Mapping[str, int]


def make_document(doc_id: str, text: str, annotations: Iterable[Annotation]) -> Document:
    """Return a document whose `.ann` states the annotations, one a line."""
    lines = tuple(
        Line(number, format_annotation(annotation) + "\n", _kind_of(annotation), annotation)
        for number, annotation in enumerate(annotations, 1)
    )
    return Document(doc_id, text, lines)


def place_textbound(
    text: str, textbound_id: str, type: str, *, fragments: tuple[Span, ...], spelled: str | None, losses: Counter[str]
) -> TextBound | None:
    """Return the textbound, broken at line ends as brat does, or None where its offsets don't hold what it says.

    Parameters
    ----------
    spelled : str or None
        The text that the source gives, compared by `is_spelled`. None where the source gives none.
    """
    within = all(0 <= span.start < span.end <= len(text) for span in fragments)
    found = " ".join(text[span.start : span.end] for span in sorted(fragments)) if within else ""
    if not within or (spelled is not None and not is_spelled(found, spelled)):
        losses[TEXT_DIFFERS] += 1
        return None
    broken = tuple(piece for span in fragments for piece in _break_at_line_ends(text, span))
    return TextBound(textbound_id, type, broken, " ".join(text[span.start : span.end] for span in broken))


def tell_apart(names: Iterable[str]) -> list[str]:
    """Return the names, each that stood before with the first number that nobody has: `a`, `a-2`.

    The first of each name keeps it, and so nobody else gets a name that is somewhere in the list.
    """
    read = list(names)
    taken, counts = set(read), Counter[str]()
    apart = []
    for name in read:
        own = name
        counts[name] += 1
        while counts[name] > 1 and (own := f"{name}-{counts[name]}") in taken:
            counts[name] += 1
        taken.add(own)
        apart.append(own)
    return apart


def unrepresented(document: Document, *, kept: frozenset[type]) -> Counter[str]:
    """Count the annotations of the kinds that a format has no place for."""
    return Counter(type(each).__name__.lower() for each in document.annotations if type(each) not in kept)


def _break_at_line_ends(text: str, span: Span) -> list[Span]:
    pieces, start = [], span.start
    for part in text[span.start : span.end].split("\n"):
        stripped = part.strip()
        if stripped:
            left = start + part.index(stripped)
            pieces.append(Span(left, left + len(stripped)))
        start += len(part) + 1
    return pieces


def is_spelled(text: str, spelled: str) -> bool:
    """Say whether two texts are the same but for white space and case, in which formats differ."""
    return _folded(text) == _folded(spelled)


def _folded(text: str) -> str:
    return "".join(text.split()).lower()


def _kind_of(annotation: Annotation) -> str:
    return "*" if isinstance(annotation, Equivalence) else annotation.id[0]
