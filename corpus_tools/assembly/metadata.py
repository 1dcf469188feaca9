"""What `metadata.csv` says of the documents: specialties, patients, how they were annotated.

In: a CSV file with a header. Out: `Metadata` by document id. Columns: `doc_id`; `specialty`, several separated by ";";
`patient`, several likewise; `provenance`, one of single, double, adjudicated, and after ";" one of pre-annotated,
unaided. Other columns are passed over.

Examples
--------
>>> rows = parse_metadata("doc_id,specialty\\nnote-1,Urology; Surgery\\n", source="metadata.csv")
>>> rows["note-1"].specialties
('Urology', 'Surgery')
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from corpus_tools.assembly.provenance import KINDS, parse_provenance
from corpus_tools.assembly.tables import UNSTATED
from corpus_tools.errors import InputError
from corpus_tools.rendering import format_csv, unescape_cell
from corpus_tools.standoff import AIDS, METADATA_NAME
from corpus_tools.storage import read_text

MAX_METADATA_BYTES = 256 << 20
ROW_WITHOUT_DOCUMENT, DOCUMENT_WITHOUT_ROW = "META-NO-DOCUMENT", "META-NO-ROW"
_COLUMNS = {
    "doc_id": "doc_id",
    "specialty": "specialty",
    "specialties": "specialty",
    "medical_specialty": "specialty",
    "patient": "patient",
    "patient_id": "patient",
    "provenance": "provenance",
}


@dataclass(frozen=True, slots=True)
class Metadata:
    """Hold what is known of one document beside its text; specialties in the order given, each once."""

    specialties: tuple[str, ...] = ()
    patients: tuple[str, ...] = ()
    provenance: str = UNSTATED


def find_metadata(export: Path) -> Path | None:
    """Return the `metadata.csv` of an export, in its folder or else in the one above, or None."""
    places = (export / METADATA_NAME, export.resolve().parent / METADATA_NAME)
    return next((path for path in places if path.is_file() and not path.is_symlink()), None)


def read_metadata(path: Path) -> dict[str, Metadata]:
    """Read a metadata file.

    Raises
    ------
    InputError
        Where it can't be read, is not UTF-8, has no column `doc_id`, names a document twice, or an unknown provenance.
    """
    text = read_text(path, max_bytes=MAX_METADATA_BYTES, strip_bom=True)
    return parse_metadata(text, source=str(path))


def parse_metadata(text: str, *, source: str) -> dict[str, Metadata]:
    """Parse the text of a metadata file; `source` names it in messages.

    Raises
    ------
    InputError
        As `read_metadata`.
    """
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        names = [_COLUMNS.get(name.strip().lower(), "") for name in next(reader, [])]
        if names.count("doc_id") != 1:
            raise InputError(f"{source}:1: has no column doc_id; expected doc_id,specialty[,patient,provenance]")
        rows: dict[str, Metadata] = {}
        for cells in reader:
            fields = {name: unescape_cell(cell) for name, cell in zip(names, cells, strict=False) if name}
            doc_id = fields.get("doc_id", "")
            if doc_id in rows:
                raise InputError(f"{source}:{reader.line_num}: names {doc_id} again; each document has one row")
            if doc_id:
                rows[doc_id] = _parse_row(fields, place=f"{source}:{reader.line_num}")
    except csv.Error as error:
        raise InputError(f"{source}:{reader.line_num}: not CSV ({error})") from error
    return rows


def format_metadata(rows: Mapping[str, Metadata]) -> str:
    """Format a metadata file that `parse_metadata` reads as these rows.

    Examples
    --------
    >>> format_metadata({"note-1": Metadata(("Urology", "Surgery"), (), "single")})
    'doc_id,specialty,patient,provenance\\nnote-1,Urology;Surgery,,single\\n'
    """
    cells = (
        (doc_id, ";".join(row.specialties), ";".join(row.patients), row.provenance) for doc_id, row in rows.items()
    )
    return format_csv(("doc_id", "specialty", "patient", "provenance"), cells)


def find_row(rows: Mapping[str, Metadata], doc_id: str) -> Metadata | None:
    """Return a document's row, or None, see `find_key`."""
    key = find_key(rows, doc_id)
    return None if key is None else rows[key]


def find_key(rows: Mapping[str, Metadata], doc_id: str) -> str | None:
    """Return the name of a document's row: its id, or that without leading folders, the longest first, or with ".txt".

    Examples
    --------
    >>> find_key({"note-1.txt": Metadata()}, "ward/note-1")
    'note-1.txt'
    """
    folders = doc_id.split("/")
    names = ("/".join(folders[start:]) for start in range(len(folders)))
    return next((key for name in names for key in (name, f"{name}.txt") if key in rows), None)


def check_rows(rows: Mapping[str, Metadata], doc_ids: Iterable[str], *, source: str) -> Counter[str]:
    """Count the rows that name no document, and the documents without a row, by code; `source` names the file.

    Raises
    ------
    InputError
        Where there are rows and documents, and no row is of any of the documents.
    """
    found = [find_key(rows, doc_id) for doc_id in doc_ids]
    named = set(found) - {None}
    if rows and found and not named:
        raise InputError(
            f"{source}: none of its {len(rows)} rows names one of the {len(found)} documents, so that no specialty and "
            "no patient would be known; a doc_id is the path of a .txt in the export; --no-metadata builds without it"
        )
    counts = Counter({ROW_WITHOUT_DOCUMENT: len(rows) - len(named), DOCUMENT_WITHOUT_ROW: found.count(None)})
    return +counts if rows else Counter()


def _parse_row(fields: Mapping[str, str], *, place: str) -> Metadata:
    provenance = parse_provenance(fields.get("provenance", ""))
    if provenance is None:
        raise InputError(f"{place}: unknown provenance; expected one of {', '.join(KINDS)}, then {' or '.join(AIDS)}")
    return Metadata(_parse_several(fields.get("specialty", "")), _parse_several(fields.get("patient", "")), provenance)


def _parse_several(cell: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in cell.split(";") if part.strip()))
