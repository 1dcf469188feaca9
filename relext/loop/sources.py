"""Where texts to annotate come from: a brat project, a CSV of transcriptions, or standard input.

In: a path, or "-". Out: `AlignedDocument`s one at a time, in a stable order.

Examples
--------
>>> document = parse_transcription("Aspirin for pain.", "row-000001").document
>>> document.doc_id, document.has_annotations
('row-000001', False)
"""

import csv
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from corpus_tools.errors import InputError
from corpus_tools.standoff import AlignedDocument, OnSkip, align_document, parse_document, read_project

STANDARD_INPUT = Path("-")
COLUMN = "transcription"
MAX_TEXT_BYTES = 64 << 20


def read_texts(
    source: Path, *, stdin: BinaryIO | None = None, on_skip: OnSkip | None = None
) -> Iterator[AlignedDocument]:
    """Yield the documents of a folder of `.txt` (with `.ann` or without), of a CSV file, or the one text of "-".

    Parameters
    ----------
    on_skip : callable, optional
        Called with a `Reject` for each link and the like that is left out of a folder.

    Raises
    ------
    InputError
        Where the source does not exist, or is no CSV with the column `transcription`, or no UTF-8.
    """
    if source == STANDARD_INPUT:
        return iter([_read_stream(stdin or sys.stdin.buffer)])
    if source.is_dir():
        return read_project(source, on_skip=on_skip)
    if source.is_file() and source.suffix.lower() == ".csv":
        return _read_csv(source)
    if source.is_file():
        raise InputError(f"{source}: expected a folder of .txt files, a .csv file, or - for standard input")
    raise InputError(f"{source}: there is no such folder or file")


def parse_transcription(text: str, doc_id: str) -> AlignedDocument:
    """Return a document without annotations."""
    read = parse_document(text, "", doc_id=doc_id)
    return align_document(replace(read, document=replace(read.document, has_annotations=False)))


def _read_stream(stream: BinaryIO) -> AlignedDocument:
    content = stream.read(MAX_TEXT_BYTES + 1)
    if len(content) > MAX_TEXT_BYTES:
        raise InputError(f"standard input: more than {MAX_TEXT_BYTES} bytes; split it into files of a folder")
    try:
        return parse_transcription(content.decode("utf-8"), "standard-input")
    except UnicodeDecodeError as error:
        raise InputError(f"standard input: not UTF-8 at byte {error.start}") from error


def _read_csv(path: Path) -> Iterator[AlignedDocument]:
    """Yield the rows that have a text; ids count all rows, so that they lead back to the file."""
    csv.field_size_limit(MAX_TEXT_BYTES)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            if COLUMN not in (rows.fieldnames or ()):
                raise InputError(f"{path}: has no column {COLUMN}; found {len(rows.fieldnames or ())} other columns")
            for number, row in enumerate(rows, start=1):
                if (row[COLUMN] or "").strip():
                    yield parse_transcription(row[COLUMN], f"row-{number:06d}")
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: can't be read as CSV in UTF-8 ({error.__class__.__name__})") from error
