"""Alignment: every textbound's text equals the characters at its fragments, is repaired so, or is rejected.

In: a `ReadDocument`. Out: an `AlignedDocument`, the only thing that later stages take, with repairs and rejects.

Tried in this order: the characters as they stand; the same but for white space, line breaks and the source's own
hyphens between fragments; the text cut off at a line break; one shift of at most `window` characters. Before that, a
document whose textbounds do not all fit is tried with offsets counted otherwise: without the `.txt`'s byte-order mark,
in UTF-16 units, or with CRLF as one.

Examples
--------
>>> read = parse_document("take aspirin", "T1\\tDrug 4 11\\taspirin\\n", doc_id="a")
>>> aligned = align_document(read)
>>> aligned.document.textbounds[0].fragments, aligned.repairs[0].shift
((Span(start=5, end=12),), 1)
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Literal, cast

from corpus_tools.standoff.brat import ReadDocument, read_document, split_line
from corpus_tools.standoff.document import Document, Line, Reject, Repair, Span, TextBound, Warning
from corpus_tools.standoff.files import OnSkip, find_documents
from corpus_tools.standoff.offsets import OtherCounting, find_counting, recount, recounted
from corpus_tools.standoff.references import check_dependents
from corpus_tools.standoff.syntax import format_annotation

Counting = Literal["auto", "source", "bom", "utf-16", "lf"]

_BREAK = re.compile(r"[\r\n]")
_BREAKS = re.compile(r"\r*\n[\r\n]*")
_LINKS = re.compile(r"[\s\-\u2010-\u2015\u00ad]*")
_HINT_LF = "its offsets count CRLF as one character; run again with --offsets lf"


@dataclass(frozen=True, slots=True)
class AlignedDocument:
    """Hold a document in which every textbound equals the characters at its fragments.

    Attributes
    ----------
    rejects, warnings : tuple
        Those of reading included.
    read_lines : dict of str to int
        Lines of the `.ann` by kind.
    """

    document: Document
    repairs: tuple[Repair, ...]
    rejects: tuple[Reject, ...]
    warnings: tuple[Warning, ...]
    read_lines: dict[str, int]

    @property
    def is_rejected(self) -> bool:
        """Say whether the document is rejected as a whole, since its text can't be read or trusted."""
        return any(reject.line == 0 and reject.file.endswith(".txt") for reject in self.rejects)


def read_project(
    root: Path,
    *,
    window: int = 3,
    offsets: Counting = "auto",
    follow_symlinks: bool = False,
    on_skip: OnSkip | None = None,
    fill_texts: bool = False,
    show_text: bool = False,
) -> Iterator[AlignedDocument]:
    """Find, read and align every document below a folder, in the order of their ids, one in memory at a time.

    See `find_documents`, `read_document` and `align_document` for the settings. A document whose text can't be read
    comes too, empty, with `is_rejected` set, so that its rejects are not lost.
    """
    for files in find_documents(root, follow_symlinks=follow_symlinks, on_skip=on_skip):
        read = read_document(files, fill_texts=fill_texts, show_text=show_text)
        yield align_document(read, window=window, offsets=offsets, show_text=show_text)


def align_document(
    read: ReadDocument, *, window: int = 3, offsets: Counting = "auto", show_text: bool = False
) -> AlignedDocument:
    """Move each textbound onto the characters that spell its text.

    A textbound that neither white space nor one shift explains, or that two equally small shifts do, is rejected with
    all that depends on it.

    Parameters
    ----------
    window : int, characters
        Largest shift to try, to either side.
    offsets : {"auto", "source", "bom", "utf-16", "lf"}
        How the offsets count: "source" as the text stands, "bom" without its byte-order mark, "utf-16" in UTF-16 units,
        "lf" with CRLF as one. "auto" is "source", with "bom" and "utf-16" applied where they alone make every
        textbound fit; CRLF counted as one is only detected, and what does not fit is rejected with a hint.
    show_text : bool
        Put the two texts into the message of a mismatch.
    """
    document = read.document
    candidates = [line for line in document.lines if line.kind == "T" and not _is_exact(document.text, line)]
    counting = _decide_counting(document, offsets) if candidates or offsets != "auto" else "source"
    if counting == "source" and not candidates:
        return AlignedDocument(document, read.repairs, read.rejects, read.warnings, read.read_lines)
    to_source: Callable[[int], int] = _unchanged
    if counting != "source" and (counting != "lf" or offsets == "lf"):
        candidates = [line for line in document.lines if isinstance(line.annotation, TextBound)]
        to_source = recount(document.text, counting)
    if to_source is _unchanged and counting == "lf":
        outcomes: dict[int, _Outcome] = {line.number: _Misfit("TXT-OFFSETS", _HINT_LF) for line in candidates}
    else:
        explain = partial(_explain, document.text, to_source=to_source, window=window, show_text=show_text)
        outcomes = {line.number: explain(line) for line in candidates}
    return _assemble(read, outcomes, counting)


def _decide_counting(document: Document, offsets: Counting) -> Literal["source"] | OtherCounting:
    if offsets == "auto":
        return find_counting(document.text, document.textbounds) or "source"
    return offsets


def _unchanged(offset: int) -> int:
    return offset


def _is_exact(text: str, line: Line) -> bool:
    annotation = line.annotation
    if not isinstance(annotation, TextBound):  # a rejected T line is no misfit
        return True
    fragments = annotation.fragments
    if len(fragments) == 1:
        span = fragments[0]
        return text[span.start : span.end] == annotation.text and span.end <= len(text)
    return _spell(text, fragments) == annotation.text and max(span.end for span in fragments) <= len(text)


def _spell(text: str, fragments: Iterable[Span]) -> str:
    return " ".join([text[span.start : span.end] for span in fragments])


@dataclass(frozen=True, slots=True)
class _Fit:
    """Hold the textbound that fits the text; an empty `reason` means that the line stays as it is."""

    textbound: TextBound
    shift: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Misfit:
    """Hold why no textbound fits."""

    code: str
    message: str


_Outcome = _Fit | _Misfit


def _explain(text: str, line: Line, to_source: Callable[[int], int], *, window: int, show_text: bool) -> _Outcome:
    stated = cast(TextBound, line.annotation)
    textbound = replace(stated, fragments=recounted(stated, to_source))
    if textbound.end > len(text):
        return _Misfit("BRAT-T-OFFSET", f"ends at {textbound.end}, the text at {len(text)}")
    fit = (
        _explain_as_stated(text, textbound, line)
        or _explain_by_white_space(text, textbound)
        or _explain_by_shift(text, textbound, window)
    )
    if fit is None:
        return _Misfit("BRAT-T-SPAN-MISMATCH", _describe_mismatch(text, textbound, show_text))
    moved = textbound.start - stated.start
    if textbound.fragments != stated.fragments:
        return _Fit(fit.textbound, moved + fit.shift, fit.reason or "offsets counted another way")
    return fit


def _explain_as_stated(text: str, textbound: TextBound, line: Line) -> _Fit | None:
    """Accept texts that equal their characters but for what the line format does to them; nothing is rewritten."""
    spelled = _spell(text, textbound.fragments)
    if textbound.text in (spelled, _spell(text, textbound.sorted_fragments)):
        return _Fit(textbound)
    if textbound.text + textbound.extra == spelled:  # a tab inside the mention, taken for the next column
        return _Fit(replace(textbound, text=spelled, extra=""))
    if textbound.text + "\r" == spelled and line.raw.endswith("\r\n"):  # a mention's last CR, taken for the line's
        return _Fit(replace(textbound, text=spelled))
    return None


def _explain_by_white_space(text: str, textbound: TextBound) -> _Fit | None:
    """Accept texts that differ in white space alone, or that end where the `.ann` line was cut by a line break."""
    ordered = textbound.sorted_fragments
    whole = text[ordered[0].start : ordered[-1].end]
    gaps = [text[left.end : right.start] for left, right in pairwise(ordered)]
    spellings = [_spell(text, textbound.fragments), _spell(text, ordered)]
    if all(_LINKS.fullmatch(gap) for gap in gaps):
        spellings.append(whole)
    squeezed = _squeeze(textbound.text)
    if squeezed and any(_squeeze(spelling) == squeezed for spelling in spellings):
        return _rewrite(text, textbound, "white space")
    line_break = _BREAK.search(whole)
    if squeezed and line_break is not None and _squeeze(whole[: line_break.start()]) == squeezed:
        return _rewrite(text, textbound, "text cut off at a line break")
    return None


def _squeeze(text: str) -> str:
    return "".join(text.split())


def _rewrite(text: str, textbound: TextBound, reason: str) -> _Fit | None:
    fragments = tuple(_split_at_breaks(text, textbound.sorted_fragments))
    return _Fit(replace(textbound, fragments=fragments, text=_spell(text, fragments), extra=""), 0, reason)


def _split_at_breaks(text: str, fragments: Iterable[Span]) -> Iterator[Span]:
    """Yield the fragments without the line breaks inside them, as brat itself writes them."""
    for span in fragments:
        start = span.start
        for match in _BREAKS.finditer(text, span.start, span.end):
            if start < match.start():
                yield Span(start, match.start())
            start = match.end()
        if start < span.end:
            yield Span(start, span.end)


def _explain_by_shift(text: str, textbound: TextBound, window: int) -> _Fit | None:
    """Accept the smallest shift after which every character fits; two equally small ones explain nothing."""
    for distance in range(1, window + 1):
        fits = []
        for shift in (-distance, distance):
            fragments = tuple([span.shifted(shift) for span in textbound.sorted_fragments])
            is_inside = fragments[0].start >= 0 and fragments[-1].end <= len(text)
            if is_inside and _spell(text, fragments) == textbound.text:
                fits.append(_Fit(replace(textbound, fragments=fragments), shift, "shifted"))
        if fits:
            return fits[0] if len(fits) == 1 else None
    return None


def _describe_mismatch(text: str, textbound: TextBound, show_text: bool) -> str:
    spelled = _spell(text, textbound.sorted_fragments)
    place = next((i for i, (a, b) in enumerate(zip(textbound.text, spelled, strict=False)) if a != b), None)
    if place is None:
        difference = "one is the beginning of the other"
    else:
        points = f"U+{ord(textbound.text[place]):04X}, in the text U+{ord(spelled[place]):04X}"
        difference = f"they differ at character {place}: {points}"
    message = f"its text has {len(textbound.text)} characters, its offsets span {len(spelled)}; {difference}"
    return f"{message}; {textbound.text!r} against {spelled!r}" if show_text else message


def _assemble(read: ReadDocument, outcomes: dict[int, _Outcome], counting: str) -> AlignedDocument:
    """Put fits and misfits in place of their lines, and let all that depends on a misfit fall with it."""
    document, file = read.document, read.document.doc_id + ".ann"
    rejects = {reject.line: reject for reject in _list_misfits(document, outcomes, file)}
    gone = [reject.annotation_id for reject in rejects.values()]
    rejects |= {reject.line: reject for reject in check_dependents(document.lines, gone, file=file)}
    lines: list[Line] = []
    repairs = [repair for repair in read.repairs if repair.line not in rejects]
    warnings = [warning for warning in read.warnings if warning.line not in rejects]
    if counting != "source":
        warnings.append(Warning(f"OFFSETS-{counting.upper()}", file, 0, "file", "", _COUNTED[counting]))
    for line in document.lines:
        outcome = outcomes.get(line.number)
        if line.number in rejects:
            line = replace(line, annotation=None)
        elif isinstance(outcome, _Fit):
            line, repair = _apply(line, outcome)
            repairs.extend(repair)
        lines.append(line)
    return AlignedDocument(
        replace(document, lines=tuple(lines)),
        tuple(repairs),
        tuple(sorted((*read.rejects, *rejects.values()), key=lambda reject: reject.line)),
        tuple(warnings),
        read.read_lines,
    )


_COUNTED = {
    "bom": "its offsets do not count the text's byte-order mark; converted",
    "utf-16": "its offsets count UTF-16 units; converted to characters",
    "lf": "its offsets count CRLF as one character",
}


def _list_misfits(document: Document, outcomes: dict[int, _Outcome], file: str) -> Iterator[Reject]:
    for line in document.lines:
        outcome = outcomes.get(line.number)
        if isinstance(outcome, _Misfit) and isinstance(line.annotation, TextBound):
            yield Reject(outcome.code, file, line.number, "T", line.annotation.id, outcome.message)


def _apply(line: Line, fit: _Fit) -> tuple[Line, tuple[Repair, ...]]:
    if not fit.reason:
        return replace(line, annotation=fit.textbound), ()
    mark, _, end = split_line(line.raw)
    raw = mark + format_annotation(fit.textbound) + end
    repair = Repair(fit.textbound.id, fit.shift, line.number, fit.reason)
    return replace(line, raw=raw, annotation=fit.textbound), (repair,)
