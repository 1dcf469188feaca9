"""The nouns of standoff annotation: what a `.txt` and its `.ann` hold, as frozen values.

In: nothing is read here; `corpus_tools.standoff.brat` makes these values from files and writes them back.
Out: `Document`, its annotations in file order, and the `Line` each came from.

Offsets count Unicode code points of the text as it stands in the file (CRLF is two, a leading U+FEFF is one),
half-open: `start` belongs to the span, `end` does not.

Examples
--------
>>> drug = TextBound("T1", "Medication", (Span(0, 7),), "aspirin")
>>> drug.start, drug.end
(0, 7)
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar, cast

ARG1, ARG2 = "Arg1", "Arg2"


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Hold a half-open range of characters, `start <= i < end`."""

    start: int
    end: int

    def overlaps(self, other: "Span") -> bool:
        """Say whether the two share at least one character; touching spans do not."""
        return self.start < other.end and other.start < self.end

    def shifted(self, offset: int) -> "Span":
        """Return the span moved by `offset` characters."""
        return Span(self.start + offset, self.end + offset)

    def __len__(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class TextBound:
    """Hold a T line: a typed mention of one or more fragments, in the order in which the file gives them."""

    id: str
    type: str
    fragments: tuple[Span, ...]
    text: str
    extra: str = ""  # further TAB columns, with their leading TAB, kept for the write-back

    @property
    def start(self) -> int:
        """Return the first character of the leftmost fragment."""
        return min(span.start for span in self.fragments)

    @property
    def end(self) -> int:
        """Return the end of the rightmost fragment."""
        return max(span.end for span in self.fragments)

    @property
    def sorted_fragments(self) -> tuple[Span, ...]:
        """Return the fragments in text order."""
        return tuple(sorted(self.fragments))


@dataclass(frozen=True, slots=True)
class Argument:
    """Hold one `Role:id` of a relation or an event."""

    role: str
    target: str


@dataclass(frozen=True, slots=True)
class Relation:
    """Hold an R line. A relation of other than two arguments is n-ary: kept, but no candidate pair."""

    id: str
    type: str
    arguments: tuple[Argument, ...]

    @property
    def is_binary(self) -> bool:
        """Say whether the relation has exactly two arguments."""
        return len(self.arguments) == 2

    @property
    def arg1(self) -> str:
        """Return the target of Arg1, or of the first argument where the roles have other names."""
        return self._ordered()[0].target

    @property
    def arg2(self) -> str:
        """Return the target of Arg2, or of the second argument where the roles have other names."""
        return self._ordered()[1].target

    def _ordered(self) -> tuple[Argument, ...]:
        if self.is_binary and self.arguments[0].role.lower() == ARG2.lower() != self.arguments[1].role.lower():
            return self.arguments[::-1]
        return self.arguments


@dataclass(frozen=True, slots=True)
class Event:
    """Hold an E line: a trigger, which is a textbound, and arguments by role."""

    id: str
    type: str
    trigger: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Attribute:
    """Hold an A or M line; `value` is None for a binary attribute."""

    id: str
    name: str
    target: str
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Normalization:
    """Hold an N line: a reference from an annotation to an entry of a terminology."""

    id: str
    type: str
    target: str
    resource: str
    identifier: str
    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """Hold a # line about one annotation."""

    id: str
    type: str
    target: str
    text: str


@dataclass(frozen=True, slots=True)
class Equivalence:
    """Hold a `*` line: members that the label, usually Equiv, puts into one group."""

    type: str
    members: tuple[str, ...]


Annotation = TextBound | Relation | Event | Attribute | Normalization | Note | Equivalence

_A = TypeVar("_A", TextBound, Relation, Event, Attribute, Normalization, Note, Equivalence)

LINE_KINDS = ("T", "R", "E", "A", "M", "N", "#", "*", "other")


@dataclass(frozen=True, slots=True)
class Line:
    """Hold one physical line of an `.ann`, split at "\\n" alone.

    Attributes
    ----------
    number : int, counted from 1
    raw : str
        The line as it stands in the file, its line end included, so that joining the raws gives the file.
    kind : str
        One of `LINE_KINDS`: the line's first character (a byte-order mark before it does not count), else "other".
    annotation : Annotation or None
        What the line says, None for a blank, comment or rejected line.
    """

    number: int
    raw: str
    kind: str
    annotation: Annotation | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """Hold why the smallest faulty unit was left out: `code` is stable and documented, `line` is 0 for a whole file."""

    code: str
    file: str
    line: int
    kind: str
    annotation_id: str
    message: str


def name_rejects(rejects: Iterable[Reject]) -> str:
    """Return what was left out, by code, for the end of a message; an empty string where nothing was.

    Examples
    --------
    >>> name_rejects([Reject("FILE-SYMLINK", "a.txt", 0, "file", "", "a symbolic link; skipped")])
    '; left out: 1 FILE-SYMLINK. `corpus validate` says more, and writes a copy that can be read with --fix'
    """
    counts = Counter(reject.code for reject in rejects)
    named = ", ".join(f"{count} {code}" for code, count in counts.most_common())
    hint = "`corpus validate` says more, and writes a copy that can be read with --fix"
    return f"; left out: {named}. {hint}" if named else ""


@dataclass(frozen=True, slots=True)
class Warning:
    """Hold a remark on an annotation that was kept."""

    code: str
    file: str
    line: int
    kind: str
    annotation_id: str
    message: str


@dataclass(frozen=True, slots=True)
class Repair:
    """Hold how a textbound was moved onto the characters that spell its text."""

    annotation_id: str
    shift: int
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Document:
    """Hold a text with all that annotators said of it.

    `doc_id` is the path relative to the project without its ending, "/" between folders. `lines` holds every line
    of the `.ann`, rejected ones too; the properties list the kept annotations in file order.
    """

    doc_id: str
    text: str
    lines: tuple[Line, ...] = ()
    has_annotations: bool = True  # False where there was no .ann at all, which is not an empty one
    ann_bom: bool = False
    # Filled at the first question, since reading alone asks none: annotations by class, and by id.
    _by_class: dict[type, tuple[Annotation, ...]] = field(default_factory=dict, repr=False, compare=False, init=False)
    _by_id: dict[str, Annotation] = field(default_factory=dict, repr=False, compare=False, init=False)

    @property
    def annotations(self) -> Iterator[Annotation]:
        """Yield the kept annotations in file order."""
        return (line.annotation for line in self.lines if line.annotation is not None)

    def _of_class(self, annotation_class: type[_A]) -> tuple[_A, ...]:
        if not self._by_class:
            for each in (TextBound, Relation, Event, Attribute, Normalization, Note, Equivalence):
                self._by_class[each] = ()
            classes: dict[type, list[Annotation]] = {}
            for annotation in self.annotations:
                classes.setdefault(type(annotation), []).append(annotation)
            self._by_class.update({each: tuple(members) for each, members in classes.items()})
        return cast(tuple[_A, ...], self._by_class[annotation_class])

    @property
    def textbounds(self) -> tuple[TextBound, ...]:
        """Return the T lines."""
        return self._of_class(TextBound)

    @property
    def relations(self) -> tuple[Relation, ...]:
        """Return the R lines."""
        return self._of_class(Relation)

    @property
    def events(self) -> tuple[Event, ...]:
        """Return the E lines."""
        return self._of_class(Event)

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """Return the A and M lines."""
        return self._of_class(Attribute)

    @property
    def normalizations(self) -> tuple[Normalization, ...]:
        """Return the N lines."""
        return self._of_class(Normalization)

    @property
    def notes(self) -> tuple[Note, ...]:
        """Return the # lines that stand for a note."""
        return self._of_class(Note)

    @property
    def equivalences(self) -> tuple[Equivalence, ...]:
        """Return the `*` lines."""
        return self._of_class(Equivalence)

    @property
    def text_hash(self) -> str:
        """Return the SHA-256 of the text's UTF-8 bytes, in hexadecimal."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()

    def find(self, annotation_id: str) -> Annotation | None:
        """Return the annotation with that id, or None."""
        if not self._by_id:
            for annotation in self.annotations:
                if not isinstance(annotation, Equivalence):
                    self._by_id.setdefault(annotation.id, annotation)
        return self._by_id.get(annotation_id)

    def resolve(self, annotation_id: str) -> TextBound | None:
        """Return the textbound that an id stands for: itself, or the trigger where the id is an event's."""
        annotation = self.find(annotation_id)
        if isinstance(annotation, Event):
            annotation = self.find(annotation.trigger)
        return annotation if isinstance(annotation, TextBound) else None

    def spelled(self, textbound: TextBound) -> str:
        """Return the text's own characters at the fragments, in text order, joined by one blank."""
        return " ".join(self.text[span.start : span.end] for span in textbound.sorted_fragments)
