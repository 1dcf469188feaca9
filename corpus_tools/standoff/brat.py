"""Brat documents, both ways: a `.txt` with its `.ann` becomes a `Document`, and a `Document` an `.ann`.

In: the files of one document, or its two texts. Out: a `ReadDocument`, in which every line of the `.ann` is kept or
rejected with a reason, and from which the `.ann` is written back byte for byte where nothing changed.

Lines end at "\\n" alone: no newline is translated, byte-order marks stay where they are, and bytes that are not UTF-8
survive in the `raw` of the rejected line that holds them.

Examples
--------
>>> read = parse_document("aspirin helps", "T1\\tDrug 0 7\\taspirin\\nR1\\ttreats Arg1:T1 Arg2:T9\\n", doc_id="a")
>>> [reject.code for reject in read.rejects]
['BRAT-REFERENCE']
>>> format_annotations(read.document) == "T1\\tDrug 0 7\\taspirin\\nR1\\ttreats Arg1:T1 Arg2:T9\\n"
True
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from corpus_tools.errors import InputError, Refused
from corpus_tools.standoff.document import LINE_KINDS, Document, Equivalence, Line, Reject, Repair, Warning
from corpus_tools.standoff.files import DocumentFiles, decode_text, read_bytes
from corpus_tools.standoff.references import check_oddities, check_references
from corpus_tools.standoff.syntax import BOM, Fault, fill_text, parse_lines, split_line

_SURROGATE = re.compile("[\ud800-\udfff]")
_KINDS = frozenset(LINE_KINDS)
_NOT_UTF8 = Fault("ANN-ENCODING", "", "holds bytes that are not UTF-8")


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """Hold what was read of one document: at most one reject a line, and how many lines of each kind there were."""

    document: Document
    rejects: tuple[Reject, ...]
    warnings: tuple[Warning, ...]
    read_lines: dict[str, int]
    repairs: tuple[Repair, ...] = ()


def read_document(files: DocumentFiles, *, fill_texts: bool = False, show_text: bool = False) -> ReadDocument:
    """Read one document from disk; never raises over what the files hold.

    Without a text that can be trusted no offset can be checked, so every line of the `.ann` but blank ones is rejected
    under the text's code. A missing `.ann` is no fault, and not the same as an empty one.

    Parameters
    ----------
    fill_texts : bool
        Fill in the text column of T lines that lack it, as a repair; otherwise they are rejected.
    show_text : bool
        Let the rejects of such lines quote the text that would be filled in.
    """
    txt_file, ann_file = files.doc_id + ".txt", files.doc_id + ".ann"
    text, text_reject = _read_text(files.txt, txt_file)
    ann, rejects = "", [] if text_reject is None else [text_reject]
    is_read = False
    if files.ann is not None:
        content = read_bytes(files.ann, file=ann_file)
        if isinstance(content, Reject):
            rejects.append(content)
        else:
            # Bytes that are not UTF-8 become lone surrogates: the line that has them is rejected, not the document.
            ann, is_read = content.decode("utf-8", "surrogateescape"), True
    if text_reject is not None:
        return _reject_document(files, ann, rejects)
    ann, repairs = _fill_texts(text, ann) if fill_texts else (ann, ())
    read = parse_document(text, ann, doc_id=files.doc_id, file=ann_file)
    document = read.document if is_read else replace(read.document, has_annotations=False)
    told = _quote_fills(read) if show_text else read.rejects
    return replace(read, document=document, rejects=(*rejects, *told), repairs=repairs)


def parse_document(text: str, ann: str, *, doc_id: str, file: str = "") -> ReadDocument:
    """Read a document from its two texts.

    Parameters
    ----------
    file : str
        What rejects and warnings call the `.ann`; by default `doc_id` with its ending.

    Notes
    -----
    The first line with an id has it; a later one is rejected. Offsets are compared with the text in `alignment`.
    """
    file = file or doc_id + ".ann"
    parsed = _parse_lines(ann, file)
    lines, rejects = parsed.lines, parsed.rejects
    faulty = {reject.annotation_id for reject in rejects.values()}
    dangling = check_references(lines, known=parsed.first_lines, faulty=faulty, file=file)
    if dangling:
        rejects = dict(sorted((rejects | dangling).items()))
        lines = [replace(line, annotation=None) if line.number in dangling else line for line in lines]
    warnings = (*parsed.warnings, *check_oddities(lines, file=file))
    document = Document(doc_id, text, tuple(lines), ann_bom=ann.startswith(BOM))
    return ReadDocument(document, tuple(rejects.values()), warnings, _count_lines(lines))


def format_annotations(document: Document) -> str:
    """Return the `.ann`: every line as it was read, rejected ones too, except those whose annotation was repaired."""
    return "".join([line.raw for line in document.lines])


def write_document(document: Document, folder: Path) -> None:
    """Write `<doc_id>.txt`, and `<doc_id>.ann` where the document has one, below a folder.

    Raises
    ------
    Refused
        Where the id would lead out of the folder.
    InputError
        Where text or annotations hold a lone surrogate, which no UTF-8 file can.
    """
    parts = PurePosixPath(document.doc_id).parts
    if not parts or document.doc_id != "/".join(parts) or ".." in parts or "/" in parts or "\0" in document.doc_id:
        raise Refused(f"document id {document.doc_id!r} is no path below a folder; nothing written")
    stem = folder.joinpath(*parts)
    contents = {".txt": _encode(document, document.text, "strict")}
    if document.has_annotations:
        contents[".ann"] = _encode(document, format_annotations(document), "surrogateescape")
    stem.parent.mkdir(parents=True, exist_ok=True)
    for suffix, content in contents.items():
        stem.with_name(stem.name + suffix).write_bytes(content)


def _count_lines(lines: Iterable[Line]) -> dict[str, int]:
    return dict.fromkeys(LINE_KINDS, 0) | Counter([line.kind for line in lines])


def _read_text(path: Path | None, file: str) -> tuple[str, Reject | None]:
    if path is None:
        message = "no text beside the annotations; every line of the .ann is rejected with it"
        return "", Reject("TXT-MISSING", file, 0, "file", "", message)
    content = read_bytes(path, file=file)
    text = content if isinstance(content, Reject) else decode_text(content, file=file)
    return ("", text) if isinstance(text, Reject) else (text, None)


def _fill_texts(text: str, ann: str) -> tuple[str, tuple[Repair, ...]]:
    raws: list[str] = []
    repairs: list[Repair] = []
    for number, (raw, _) in enumerate(parse_lines(ann), start=1):
        mark, body, end = split_line(raw)
        filled = fill_text(body, text)
        if filled is None:
            raws.append(raw)
        else:
            raws.append(mark + filled + end)
            repairs.append(Repair(filled.partition("\t")[0], 0, number, "text column filled in"))
    return "".join(raws), tuple(repairs)


def _quote_fills(read: ReadDocument) -> tuple[Reject, ...]:
    fills = {
        reject.line: fill_text(split_line(read.document.lines[reject.line - 1].raw)[1], read.document.text)
        for reject in read.rejects
        if reject.code == "BRAT-T-TEXT"
    }
    return tuple(
        replace(reject, message=f"{reject.message}: {fill.split(chr(9))[2]!r}") if fill else reject
        for reject, fill in ((reject, fills.get(reject.line)) for reject in read.rejects)
    )


def _reject_document(files: DocumentFiles, ann: str, rejects: list[Reject]) -> ReadDocument:
    read = parse_document("", ann, doc_id=files.doc_id)
    cause = rejects[0]
    rows = [
        Reject(cause.code, f"{files.doc_id}.ann", line.number, line.kind, "", "its text can't be read")
        for line in read.document.lines
        if line.raw.strip()
    ]
    lines = tuple(replace(line, annotation=None) for line in read.document.lines)
    document = replace(read.document, lines=lines, has_annotations=files.ann is not None)
    return ReadDocument(document, (*rejects, *rows), (), read.read_lines)


@dataclass(frozen=True, slots=True)
class _ParsedLines:
    """Hold what the lines of one `.ann` say, the line that has each id, and what is wrong with lines, by number."""

    lines: list[Line]
    first_lines: dict[str, int]
    rejects: dict[int, Reject]
    warnings: list[Warning]


def _parse_lines(ann: str, file: str) -> _ParsedLines:
    parsed = _ParsedLines([], {}, {}, [])
    # A document is scanned once for what few have, so that its lines need not be.
    has_surrogates = not ann.isascii() and _SURROGATE.search(ann) is not None
    for number, (raw, found) in enumerate(parse_lines(ann), start=1):
        if has_surrogates and _SURROGATE.search(raw):
            found = _NOT_UTF8
        kind = raw[0] if raw[0] in _KINDS else _kind_of(raw)
        if found is not None and not isinstance(found, (Fault, Equivalence)):
            first_line = parsed.first_lines.setdefault(found.id, number)
            if first_line != number:
                found = Fault("BRAT-DUPLICATE-ID", found.id, f"line {first_line} has the id {found.id} already")
        if isinstance(found, Fault):
            parsed.rejects[number] = Reject(found.code, file, number, kind, found.annotation_id, found.message)
            found = None
        elif found is None and kind == "#":
            parsed.warnings.append(Warning("BRAT-COMMENT", file, number, kind, "", "a # line that is no note; kept"))
        parsed.lines.append(Line(number, raw, kind, found))
    if BOM in ann:
        parsed.warnings.extend(_check_marks(parsed.lines, file))
    return parsed


def _kind_of(raw: str) -> str:
    first = split_line(raw)[1][:1]
    return first if first in _KINDS else "other"


def _check_marks(lines: Iterable[Line], file: str) -> Iterator[Warning]:
    for line in lines:
        if line.raw.startswith(BOM):
            yield Warning("ANN-BOM", file, line.number, line.kind, "", "a byte-order mark before its first character")


def _encode(document: Document, content: str, errors: str) -> bytes:
    try:
        return content.encode("utf-8", errors)
    except UnicodeEncodeError as error:
        message = f"{document.doc_id}: a lone surrogate at character {error.start}; UTF-8 can't hold it"
        raise InputError(message) from error
