"""The syntax of one `.ann` line, both ways: a line becomes an annotation or a fault, an annotation a line.

In: one line without its line end. Out: the annotation that it states, or a `Fault`; references are not looked at.

A strict pattern decides first: ASCII digits only, bounded lengths, blanks and tabs where brat has them. What it lets
through on T, R, A and M lines, brat_parser reads, one line at a time; two oddities that it would misread (roles other
than Arg1 and Arg2 in this order, and text columns, whose outer blanks it strips) are read here.

What is accepted beyond the plain form, since brat itself accepts it: further TAB columns and trailing blanks on every
kind, several blanks between arguments, ids with letters (`#A1`, `T1-2`), relations with roles of any name, with none,
or with other than two arguments, attributes with several values, notes and normalizations without their text.

Examples
--------
>>> parse_line("T1\\tMedication 0 7\\taspirin").id
'T1'
>>> parse_line("T1\\tMedication 0 +7\\taspirin").code
'BRAT-T-OFFSET'
>>> format_annotation(parse_line("*\\tEquiv T1 T2 "))
'*\\tEquiv T1 T2'
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from types import ModuleType
from typing import cast

from corpus_tools.standoff.document import (
    ARG1,
    ARG2,
    Annotation,
    Argument,
    Attribute,
    Equivalence,
    Event,
    Normalization,
    Note,
    Relation,
    Span,
    TextBound,
)

BOM = "\ufeff"
MAX_LINE_CHARACTERS = 1 << 20
MAX_LABEL_CHARACTERS = 255
LABEL_RULE = f"1 to {MAX_LABEL_CHARACTERS} without blank, / \\ < > or control"
# Annotators of one text repeat each other's columns, and every document counts its ids from 1. The values are frozen.
_CACHED_COLUMNS = 1 << 15

_LABEL = rf"[^\s\x00-\x1f\x7f-\x9f/\\<>]{{1,{MAX_LABEL_CHARACTERS}}}"
_PLAIN_LABEL = rf"[^\s\x00-\x1f\x7f-\x9f/\\<>:]{{1,{MAX_LABEL_CHARACTERS}}}"  # where a colon ends the label
_NUMBER = r"[A-Za-z]{0,8}[0-9]{1,18}[^\s\x00-\x1f\x7f-\x9f:;]{0,64}"  # what follows the letter of an id
_ID = rf"[TREAMN#]{_NUMBER}"
_TARGET = r"[^\s\x00-\x1f\x7f-\x9f:;]{1,96}"  # anything that could be an id; whether it exists is asked later
_OFFSETS = r"[0-9]{1,12} [0-9]{1,12}(?:;[0-9]{1,12} [0-9]{1,12})*"
_REST = r" *(\t.*)?"

# A text column may be empty before another column: a mention that begins with a tab looks so.
_TEXTBOUND = re.compile(rf"(T{_NUMBER})\t({_LABEL} {_OFFSETS}) *\t([^\t]+|(?=\t))(\t.*)?", re.DOTALL)
_TEXTLESS = re.compile(rf"(T{_NUMBER})\t({_LABEL} {_OFFSETS}) *\t?", re.DOTALL)
# A relation's label may hold a colon (`CPR:4`), but is not an argument whose label is missing (`Arg1:T1`).
_RELATION_LABEL = rf"(?![^\s:]+:{_ID}(?:[\t ]|$)){_LABEL}"
_BINARY = re.compile(rf"(R{_NUMBER})\t({_RELATION_LABEL} {ARG1}:{_TARGET} {ARG2}:{_TARGET}){_REST}", re.DOTALL)
_RELATION = re.compile(rf"(R{_NUMBER})\t({_RELATION_LABEL})((?: +(?:{_PLAIN_LABEL}:)?{_TARGET})+){_REST}", re.DOTALL)
_EVENT = re.compile(rf"(E{_NUMBER})\t({_PLAIN_LABEL}):({_TARGET})((?: +{_PLAIN_LABEL}:{_TARGET})*){_REST}", re.DOTALL)
_ATTRIBUTE = re.compile(rf"([AM]{_NUMBER})\t({_LABEL} {_TARGET}(?: [^\t]*)?)(\t.*)?", re.DOTALL)
_NORMALIZATION = re.compile(rf"(N{_NUMBER})\t({_LABEL}) ({_TARGET}) ([^\s:]+):([^\s][^\t]*)(?:\t(.*))?", re.DOTALL)
_NOTE = re.compile(rf"(#{_NUMBER})\t({_LABEL}) ({_TARGET}) *(?:\t(.*))?", re.DOTALL)
_EQUIVALENCE = re.compile(rf"\*\t({_LABEL})((?: +{_TARGET})+){_REST}", re.DOTALL)

# The plain T and R lines, found for a whole `.ann` at once; the last branch takes any other line, whatever its end.
_LINES = re.compile(
    rf"((T{_NUMBER})\t({_LABEL} {_OFFSETS})\t([^\t\r\n]+)\n"
    rf"|(R{_NUMBER})\t({_RELATION_LABEL} {ARG1}:{_TARGET} {ARG2}:{_TARGET})[\t ]?\n"
    r"|[^\n]*\n|[^\n]+)"
)

_LEADING_ID = re.compile(rf"({_ID})(?:[\t ]|$)")
_LABEL_BEFORE_OFFSETS = re.compile(rf"(.*?) {_OFFSETS} *", re.DOTALL)
_IS_LABEL = re.compile(_LABEL)
_IS_RELATION_LABEL = re.compile(_RELATION_LABEL)
_NOTE_ATTEMPT = re.compile(r"#[A-Za-z]*[0-9]")


@dataclass(frozen=True, slots=True)
class Fault:
    """Hold why a line is no annotation: a stable code, the id it seems to have, and a message without its text."""

    code: str
    annotation_id: str
    message: str


def parse_line(body: str) -> Annotation | Fault | None:
    """Read one line without its line end and without a byte-order mark.

    Returns
    -------
    Annotation, Fault or None
        None for what states nothing and is kept: a blank line, or a comment (`#` and no number).
    """
    if len(body) > MAX_LINE_CHARACTERS:
        return Fault("BRAT-LINE-LENGTH", "", f"{len(body)} characters, the limit is {MAX_LINE_CHARACTERS}")
    kind = body[:1]
    if kind in _PARSERS and (annotation := _PARSERS[kind](body)) is not None:
        return annotation
    if not body.strip() or (kind == "#" and _NOTE_ATTEMPT.match(body) is None):
        return None
    return _diagnose(body, kind)


def parse_lines(ann: str) -> Iterator[tuple[str, Annotation | Fault | None]]:
    """Split an `.ann` at "\\n" alone and yield each line as it stands with what `parse_line` makes of it.

    Plain T and R lines, nearly all of a usual file, are found by one pattern for the whole file, which takes a third of
    the time; every other line is read by itself.
    """
    for raw, textbound_id, head, text, relation_id, pair in _LINES.findall(ann):
        if textbound_id and len(raw) <= MAX_LINE_CHARACTERS:
            type_, fragments, code, message = _parse_head(head)
            fault = Fault(code, textbound_id, message) if code else None
            yield raw, fault or TextBound(textbound_id, type_, fragments, text)
        elif relation_id:
            yield raw, Relation(relation_id, *_parse_binary(pair))
        else:
            yield raw, parse_line(split_line(raw)[1])


def split_line(raw: str) -> tuple[str, str, str]:
    """Return a raw line as its byte-order mark or "", what is between, and its line end or ""."""
    mark = BOM if raw.startswith(BOM) else ""
    end = "\r\n" if raw.endswith("\r\n") else "\n" if raw.endswith("\n") else ""
    return mark, raw[len(mark) : len(raw) - len(end)], end


def format_annotation(annotation: Annotation) -> str:
    """Return the line that states an annotation, without a line end."""
    match annotation:
        case TextBound(id, type, fragments, text, extra):
            offsets = ";".join(f"{span.start} {span.end}" for span in fragments)
            return f"{id}\t{type} {offsets}\t{text}{extra}"
        case Relation(id, type, arguments):
            return f"{id}\t{type} {_format_arguments(arguments)}"
        case Event(id, type, trigger, arguments):
            return f"{id}\t{type}:{trigger} {_format_arguments(arguments)}".rstrip(" ")
        case Attribute(id, name, target, value):
            return f"{id}\t{name} {target}" if value is None else f"{id}\t{name} {target} {value}"
        case Normalization(id, type, target, resource, identifier, text):
            return f"{id}\t{type} {target} {resource}:{identifier}\t{text}"
        case Note(id, type, target, text):
            return f"{id}\t{type} {target}\t{text}"
        case Equivalence(type, members):
            return f"*\t{type} {' '.join(members)}"


def is_label(label: str) -> bool:
    """Say whether a T line can have a label.

    Examples
    --------
    >>> [is_label(label) for label in ("Drug", "CPR:4", "a/b", "a b", "")]
    [True, True, False, False, False]
    """
    return _IS_LABEL.fullmatch(label) is not None


def is_relation_label(label: str) -> bool:
    """Say whether an R line can have a label.

    Examples
    --------
    >>> [is_relation_label(label) for label in ("treats", "CPR:4", "Arg1:T1")]
    [True, True, False]
    """
    return _IS_RELATION_LABEL.fullmatch(label) is not None


def fill_text(body: str, text: str) -> str | None:
    """Return a T line that lacks its text column with the characters at its offsets, or None where it lacks none."""
    match = _TEXTLESS.fullmatch(body)
    if match is None:
        return None
    _, spans, fault, _ = _parse_head(match[2])
    if fault or max(span.end for span in spans) > len(text):
        return None
    spelled = " ".join(text[span.start : span.end] for span in sorted(spans))
    return f"{match[1]}\t{match[2]}\t{' '.join(spelled.split())}"


def _parse_textbound(body: str) -> TextBound | Fault | None:
    match = _TEXTBOUND.fullmatch(body)
    if match is None:
        return None
    identifier, head, text, extra = match.groups("")
    type_, fragments, code, message = _parse_head(head)
    return Fault(code, identifier, message) if code else TextBound(identifier, type_, fragments, text, extra)


@cache
def _load_brat_parser() -> ModuleType:
    """Return brat_parser, loaded on first use: it brings a whole HTTP client along."""
    import brat_parser

    return cast(ModuleType, brat_parser)


@lru_cache(maxsize=_CACHED_COLUMNS)
def _parse_head(head: str) -> tuple[str, tuple[Span, ...], str, str]:
    """Read `label start end;start end…` and say what is wrong with the offsets, as code and message, or twice ""."""
    # brat_parser strips the text column and folds its tabs, so it gets a full stop in its place.
    entity = _load_brat_parser().parse_entity("T0", head + "\t.")
    fragments = tuple([Span(start, end) for start, end in entity.span])
    code = message = ""
    if any(span.start >= span.end for span in fragments):
        code, message = "BRAT-T-OFFSET", "a range is empty or reversed"
    elif len(fragments) > 1 and _has_overlap(fragments):
        code, message = "BRAT-T-OVERLAP", f"its {len(fragments)} fragments overlap"
    return entity.type, fragments, code, message


def _has_overlap(spans: tuple[Span, ...]) -> bool:
    ordered = sorted(spans)
    return any(left.end > right.start for left, right in pairwise(ordered))


def _parse_relation(body: str) -> Relation | None:
    match = _BINARY.fullmatch(body)
    if match is not None:
        return Relation(match[1], *_parse_binary(match[2]))
    # brat_parser keeps a foreign role as part of the id and raises on any number of arguments but two.
    match = _RELATION.fullmatch(body)
    return None if match is None else Relation(match[1], match[2], _parse_arguments(match[3]))


@lru_cache(maxsize=_CACHED_COLUMNS)
def _parse_binary(columns: str) -> tuple[str, tuple[Argument, ...]]:
    relation = _load_brat_parser().parse_relation("R0", columns)
    return relation.type, (Argument(ARG1, relation.subj), Argument(ARG2, relation.obj))


@lru_cache(maxsize=_CACHED_COLUMNS)
def _parse_arguments(columns: str) -> tuple[Argument, ...]:
    pairs = (argument.rpartition(":") for argument in columns.split(" ") if argument)
    return tuple([Argument(role, target) for role, _, target in pairs])


def _format_arguments(arguments: tuple[Argument, ...]) -> str:
    return " ".join(f"{a.role}:{a.target}" if a.role else a.target for a in arguments)


def _parse_event(body: str) -> Event | None:
    match = _EVENT.fullmatch(body)
    return None if match is None else Event(match[1], match[2], match[3], _parse_arguments(match[4]))


def _parse_attribute(body: str) -> Attribute | None:
    match = _ATTRIBUTE.fullmatch(body)
    if match is None:
        return None
    plain = _load_brat_parser().parse_attribute(match[1], match[2])
    return Attribute(plain.id, plain.type, plain.target, " ".join(plain.values) or None)


def _parse_normalization(body: str) -> Normalization | None:
    match = _NORMALIZATION.fullmatch(body)
    if match is None:
        return None
    identifier, type_, target, resource, entry, text = match.groups()
    return Normalization(identifier, type_, target, resource, entry.rstrip(" "), text or "")


def _parse_note(body: str) -> Note | None:
    match = _NOTE.fullmatch(body)
    return None if match is None else Note(match[1], match[2], match[3], match[4] or "")


def _parse_equivalence(body: str) -> Equivalence | None:
    match = _EQUIVALENCE.fullmatch(body)
    return None if match is None else Equivalence(match[1], tuple(match[2].split()))


_PARSERS: dict[str, Callable[[str], Annotation | Fault | None]] = {
    "T": _parse_textbound,
    "R": _parse_relation,
    "E": _parse_event,
    "A": _parse_attribute,
    "M": _parse_attribute,
    "N": _parse_normalization,
    "#": _parse_note,
    "*": _parse_equivalence,
}


def _diagnose(body: str, kind: str) -> Fault:
    """Name what is wrong with a line that no pattern takes; slow, and only for such lines."""
    match = _LEADING_ID.match(body)
    identifier = match[1] if match else ""
    if kind not in _PARSERS:
        return Fault("BRAT-FREE-TEXT", "", f"starts with U+{ord(kind):04X}, which starts no annotation")
    columns = body.split("\t")
    if len(columns) == 1 or (kind != "*" and re.fullmatch(_ID, columns[0]) is None):
        return Fault("BRAT-SYNTAX", identifier, f"expected {kind}{'' if kind == '*' else '<number>'}<tab>…")
    if kind == "T":
        return _diagnose_textbound(identifier, columns)
    label = re.split(r"[ :]", columns[1], maxsplit=1)[0]
    if _IS_LABEL.fullmatch(label) is None:
        return _fault_of_label(identifier, label)
    return Fault("BRAT-SYNTAX", identifier, f"its second column is not that of {_ARTICLES[kind]} line")


_ARTICLES = {"R": "an R", "E": "an E", "A": "an A", "M": "an M", "N": "an N", "#": "a note's", "*": "a *"}


def _diagnose_textbound(identifier: str, columns: list[str]) -> Fault:
    match = _LABEL_BEFORE_OFFSETS.fullmatch(columns[1])
    first, _, rest = (match[1] if match else columns[1]).partition(" ")
    label = match[1] if match and re.search(r"[^\W\d_]", rest) else first
    if _IS_LABEL.fullmatch(label) is None:
        return _fault_of_label(identifier, label)
    if match is None or rest:
        return Fault("BRAT-T-OFFSET", identifier, "expected `start end`, or several joined by `;`, in ASCII digits")
    return Fault("BRAT-T-TEXT", identifier, "no text column; `corpus validate --fix OUT` writes a copy that has it")


def _fault_of_label(identifier: str, label: str) -> Fault:
    message = f"label of {len(label)} characters; expected {LABEL_RULE}"
    return Fault("BRAT-LABEL", identifier, message)
