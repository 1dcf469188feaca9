"""Where texts to annotate come from: a brat project, a CSV of transcriptions, or standard input.

In: a path, or "-". Out: `TextSource`s in a stable order, each of which says where a text is and what is known of it;
`read_text` makes an `AlignedDocument` of one. A CSV is read as `corpus import` reads it: one document a distinct text.

Examples
--------
>>> document = parse_transcription("Aspirin for pain.", "note").document
>>> document.doc_id, document.has_annotations
('note', False)
"""

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from corpus_tools.assembly import Metadata, find_metadata, find_row, hash_sources, read_metadata
from corpus_tools.errors import InputError
from corpus_tools.rendering import format_csv
from corpus_tools.rounds import read_transcriptions
from corpus_tools.standoff import (
    AlignedDocument,
    DocumentFiles,
    OnSkip,
    align_document,
    find_documents,
    parse_document,
    read_document,
)
from corpus_tools.storage import format_json, hash_text

STANDARD_INPUT = Path("-")
MAX_TEXT_BYTES = 64 << 20
_COLUMNS = ("doc_id", "specialty", "patient")


@dataclass(frozen=True, slots=True)
class TextSource:
    """Hold where a text is: in files, or at hand.

    Attributes
    ----------
    content : DocumentFiles or str
        The files of a document, read when it is its turn; or a text that nobody has annotated.
    metadata : Metadata
        Specialties and patients, where they are known.
    """

    doc_id: str
    content: DocumentFiles | str
    metadata: Metadata = field(default_factory=Metadata)

    @property
    def size(self) -> int:
        """Return about how many bytes there are to read."""
        if isinstance(self.content, str):
            return len(self.content)
        paths = (path for path in (self.content.txt, self.content.ann) if path is not None)
        return sum(path.stat().st_size for path in paths if path.is_file())


def list_texts(source: Path, *, stdin: BinaryIO | None = None, on_skip: OnSkip | None = None) -> Iterator[TextSource]:
    """Yield the documents of a folder of `.txt` (with `.ann` or without), of a CSV file, or the one text of "-".

    Parameters
    ----------
    on_skip : callable, optional
        Called for everything in a folder that looks like part of the project and is left out.

    Raises
    ------
    InputError
        Where the source does not exist, or is a built corpus, or no CSV with the column `transcription`, or no UTF-8.
    """
    if source == STANDARD_INPUT:
        return iter([TextSource("standard-input", _read_stream(stdin or sys.stdin.buffer))])
    if (source / "documents" / "train.parquet").is_file():
        raise InputError(f"{source}: is a built corpus; give the folder of .txt files that it was built from")
    if source.is_dir():
        return _list_folder(source, on_skip)
    if source.is_file() and source.suffix.lower() == ".csv":
        return _list_table(source)
    if source.is_file():
        raise InputError(f"{source}: expected a folder of .txt files, a .csv file, or - for standard input")
    raise InputError(f"{source}: there is no such folder or file")


def read_texts(
    source: Path, *, stdin: BinaryIO | None = None, on_skip: OnSkip | None = None
) -> Iterator[AlignedDocument]:
    """Yield what `list_texts` lists, read and aligned, one document in memory at a time."""
    return map(read_text, list_texts(source, stdin=stdin, on_skip=on_skip))


def read_text(source: TextSource) -> AlignedDocument:
    """Read and align one document; never raises over what its files hold."""
    if isinstance(source.content, str):
        return parse_transcription(source.content, source.doc_id)
    return align_document(read_document(source.content))


def parse_transcription(text: str, doc_id: str) -> AlignedDocument:
    """Return a document without annotations."""
    read = parse_document(text, "", doc_id=doc_id)
    return align_document(replace(read, document=replace(read.document, has_annotations=False)))


def validate_texts(documents: int, *, without_mentions: int, rejects: Mapping[str, int], has_finder: bool) -> None:
    """Refuse texts in which a model can find nothing.

    Parameters
    ----------
    documents : int
        Those that can be read.
    without_mentions : int
        How many of them have no mention, given or found.
    rejects : mapping of str to int
        Faults of the input by code.

    Raises
    ------
    InputError
        Where there is no document that can be read, or none has mentions and the model can't find any.
    """
    if not documents:
        found = ", ".join(f"{code}: {count}" for code, count in rejects.items()) or "no document"
        raise InputError(f"nothing to read ({found}); expected .txt files, a CSV or a text")
    if not has_finder and without_mentions == documents:
        raise InputError(
            f"none of the {documents} documents has mentions, and the model has no mention finder; "
            "train one with relext train --mentions, or give .ann files with mentions"
        )


def hash_texts(sources: Iterable[TextSource]) -> str:
    """Return a hash over the names and contents of documents."""
    return hash_text(format_json([[each.doc_id, _hash_content(each.content)] for each in sources]))


def _hash_content(content: DocumentFiles | str) -> str:
    return hash_text(content) if isinstance(content, str) else hash_sources([content])


def format_metadata(sources: Iterable[tuple[str, Metadata]]) -> str:
    """Format `metadata.csv` for documents of which something is known; empty where nothing is known of any."""
    rows = [
        (doc_id, ";".join(known.specialties), ";".join(known.patients))
        for doc_id, known in sources
        if known.specialties or known.patients
    ]
    return format_csv(_COLUMNS, sorted(rows)) if rows else ""


def _read_stream(stream: BinaryIO) -> str:
    content = stream.read(MAX_TEXT_BYTES + 1)
    if len(content) > MAX_TEXT_BYTES:
        raise InputError(f"standard input: more than {MAX_TEXT_BYTES} bytes; split it into files of a folder")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"standard input: not UTF-8 at byte {error.start}") from error


def _list_folder(folder: Path, on_skip: OnSkip | None) -> Iterator[TextSource]:
    path = find_metadata(folder)
    rows = read_metadata(path) if path else {}
    for files in find_documents(folder.absolute(), on_skip=on_skip):
        yield TextSource(files.doc_id, files, find_row(rows, files.doc_id) or Metadata())


def _list_table(path: Path) -> Iterator[TextSource]:
    for each in read_transcriptions(path, min_samples=1).transcriptions:
        yield TextSource(each.doc_id, each.text, Metadata(each.specialties, each.patients))
