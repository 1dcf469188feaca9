"""Alignment: every textbound's text equals the characters at its fragments, is repaired so, or is rejected.

In: a `ReadDocument`. Out: an `AlignedDocument`, the only thing that later stages take, with repairs and rejects.

Tried in this order: the characters as they stand; the same but for white space, line breaks and the source's own
hyphens between fragments; the text cut off at a line break; one shift of at most `window` characters. Before that, a
document whose textbounds do not all fit is tried with offsets counted otherwise: without the `.txt`'s byte-order mark,
in UTF-16 units, or with CRLF as one.

Examples
--------
>>> from corpus_tools.standoff.brat import parse_document
>>> read = parse_document("take aspirin", "T1\\tDrug 4 11\\taspirin\\n", doc_id="a")
>>> aligned = align_document(read)
>>> aligned.document.textbounds[0].fragments, aligned.repairs[0].shift
((Span(start=5, end=12),), 1)
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal, cast

from corpus_tools.standoff.brat import ReadDocument, read_document
from corpus_tools.standoff.document import Document, Line, Reject, Repair, TextBound, Warning
from corpus_tools.standoff.files import OnSkip, find_documents
from corpus_tools.standoff.fitting import Fit, Misfit, Outcome, explain_text, is_exact, is_in_place
from corpus_tools.standoff.offsets import OtherCounting, find_counting, recount
from corpus_tools.standoff.references import check_dependents
from corpus_tools.standoff.syntax import format_annotation, split_line

Counting = Literal["auto", "source", "bom", "utf-16", "lf"]

_HINT_LF = (
    "its offsets count CRLF as one character; corpus validate --offsets lf --fix OUT writes a copy that can be read"
)


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
    misfits = [line for line in document.lines if line.kind == "T" and not is_exact(document.text, line)]
    if not misfits and offsets in ("auto", "source"):
        return AlignedDocument(document, read.repairs, read.rejects, read.warnings, read.read_lines)
    explain = partial(explain_text, document.text, window=window, show_text=show_text)
    outcomes = {line.number: explain(line, to_source=int) for line in misfits}
    counting: str = offsets
    if offsets == "auto":
        counting = _detect_counting(document, outcomes)
    if counting == "lf" and offsets == "auto":
        hint = Misfit("TXT-OFFSETS", _HINT_LF)
        outcomes = {number: fit if is_in_place(fit) else hint for number, fit in outcomes.items()}
    elif counting in ("bom", "utf-16", "lf"):
        to_source = recount(document.text, cast(OtherCounting, counting))
        textbound_lines = [line for line in document.lines if isinstance(line.annotation, TextBound)]
        outcomes = {line.number: explain(line, to_source=to_source) for line in textbound_lines}
    return _assemble(read, outcomes, counting)


def _detect_counting(document: Document, outcomes: dict[int, Outcome]) -> str:
    """Look for another way to count only where a mention neither fits its place nor differs in white space alone."""
    if all(is_in_place(outcome) for outcome in outcomes.values()):
        return "source"
    return find_counting(document.text, document.textbounds) or "source"


def _assemble(read: ReadDocument, outcomes: dict[int, Outcome], counting: str) -> AlignedDocument:
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
        elif isinstance(outcome, Fit):
            if _holds_line_break(document.text, line):
                message = "its range runs over a line break; written as fragments"
                warnings.append(Warning("BRAT-T-NEWLINE", file, line.number, "T", outcome.textbound.id, message))
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


def _holds_line_break(text: str, line: Line) -> bool:
    annotation = line.annotation
    return isinstance(annotation, TextBound) and any(
        "\n" in text[span.start : span.end] for span in annotation.fragments
    )


_COUNTED = {
    "bom": "its offsets do not count the text's byte-order mark; converted",
    "utf-16": "its offsets count UTF-16 units; converted to characters",
    "lf": "its offsets count CRLF as one character",
}


def _list_misfits(document: Document, outcomes: dict[int, Outcome], file: str) -> Iterator[Reject]:
    for line in document.lines:
        outcome = outcomes.get(line.number)
        if isinstance(outcome, Misfit) and isinstance(line.annotation, TextBound):
            yield Reject(outcome.code, file, line.number, "T", line.annotation.id, outcome.message)


def _apply(line: Line, fit: Fit) -> tuple[Line, tuple[Repair, ...]]:
    if not fit.reason:
        return replace(line, annotation=fit.textbound), ()
    mark, _, end = split_line(line.raw)
    raw = mark + format_annotation(fit.textbound) + end
    repair = Repair(fit.textbound.id, fit.shift, line.number, fit.reason)
    return replace(line, raw=raw, annotation=fit.textbound), (repair,)
