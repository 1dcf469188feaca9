"""Transcriptions from a CSV: one document a distinct text, with every specialty that lists it.

In: a CSV with the columns of MTSamples (transcription, medical_specialty, sample_name, description, keywords; only the
first is needed). Out: `TranscriptionTable`: the documents, the specialties left out with their counts, and what was
missing.

A listing is a row of the CSV, a sample a distinct text. The specialties that have at least `min_samples` qualify,
counted by listing or by text; a document stays where one of its specialties qualifies, and keeps them all.

Examples
--------
>>> make_doc_id(" Cardiovascular / Pulmonary", "some text")
'cardiovascular-pulmonary-b94f6f125c79'
"""

import csv
import io
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal

import pandas as pd

from corpus_tools.errors import InputError
from corpus_tools.storage import hash_text, open_regular

CountBy = Literal["listing", "text"]

TEXT, SPECIALTY, PATIENT = "transcription", "medical_specialty", "patient"
MIN_SAMPLES = 50
MAX_TABLE_BYTES = 1 << 30
UNSPECIFIED = "unspecified"
_HASH_DIGITS = 12
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Transcription:
    """Hold one distinct text.

    Attributes
    ----------
    specialties : tuple of str
        Every specialty that lists the text, sorted, without the blanks around their names.
    rows : tuple of int
        Rows of the CSV, counted from 1 without the header.
    """

    doc_id: str
    text: str
    specialties: tuple[str, ...]
    patients: tuple[str, ...]
    rows: tuple[int, ...]

    @property
    def text_hash(self) -> str:
        """Return the SHA-256 of the text."""
        return hash_text(self.text)


@dataclass(frozen=True, slots=True)
class SpecialtyCount:
    """Hold how often a specialty occurs, by row and by distinct text, and whether that is enough."""

    specialty: str
    listings: int
    texts: int
    qualifies: bool


@dataclass(frozen=True, slots=True)
class TranscriptionTable:
    """Hold what a CSV gave.

    Attributes
    ----------
    transcriptions : tuple of Transcription
        Those with a specialty that qualifies, in the order of their first rows.
    left_out : tuple of Transcription
        Those without.
    missing : tuple of (column, rows without a value), most missing first
    without_text : tuple of int
        Rows whose text is empty.
    """

    listings: int
    transcriptions: tuple[Transcription, ...]
    left_out: tuple[Transcription, ...]
    specialties: tuple[SpecialtyCount, ...]
    missing: tuple[tuple[str, int], ...]
    without_text: tuple[int, ...]


def read_transcriptions(
    path: Path, *, min_samples: int = MIN_SAMPLES, count_by: CountBy = "listing"
) -> TranscriptionTable:
    """Read a CSV of transcriptions, merge its duplicates and leave out what has too few samples.

    Parameters
    ----------
    min_samples : int, samples
        Smallest number with which a specialty qualifies.
    count_by : "listing" or "text"
        Whether a sample is a row or a distinct text.

    Raises
    ------
    InputError
        Where the file can't be read, is no UTF-8 CSV, has a row longer or shorter than its header, lacks the column
        `transcription`, or has a column that counts twice.
    """
    table = _read_table(path)
    missing = _rank_missing(table)
    table = _fill_table(table)
    listed = table[table[TEXT].str.strip() != ""]
    documents = _merge_rows(listed)
    counts = _count_specialties(listed, min_samples=min_samples, count_by=count_by)
    qualified = {count.specialty for count in counts if count.qualifies}
    kept = tuple(document for document in documents if qualified & set(document.specialties))
    return TranscriptionTable(
        listings=len(table),
        transcriptions=kept,
        left_out=tuple(document for document in documents if not qualified & set(document.specialties)),
        specialties=counts,
        missing=missing,
        without_text=tuple(table.index.difference(listed.index).tolist()),
    )


def make_doc_id(specialty: str, text: str) -> str:
    """Return a name that depends on the text and a specialty alone, so that it is the same in every round."""
    slug = _NOT_A_WORD.sub("-", specialty.lower()).strip("-") or UNSPECIFIED
    return f"{slug}-{hash_text(text)[:_HASH_DIGITS]}"


def _read_table(path: Path) -> pd.DataFrame:
    """Return the rows as text, numbered from 1; each has as many cells as the header."""
    try:
        with open_regular(path, max_bytes=MAX_TABLE_BYTES) as file, warnings.catch_warnings():
            _check_cells(file, path)
            file.seek(0)
            warnings.simplefilter("error", pd.errors.ParserWarning)  # pandas would drop the cells beyond the header
            table = pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig", index_col=False)
    except UnicodeDecodeError as error:
        looks = "it looks like UTF-16" if error.object[:2] in _UTF16_MARKS else "it may be Windows-1252"
        raise InputError(f"{path}: not a CSV in UTF-8 ({looks}); save it as UTF-8") from error
    except (pd.errors.ParserError, csv.Error) as error:
        reason = str(error).rpartition("C error: ")[2].strip()
        raise InputError(f"{path}: not a CSV in UTF-8 ({reason})") from error
    except pd.errors.ParserWarning as error:
        raise InputError(f"{path}: a row has more cells than the header; quote the texts that hold commas") from error
    table.index += 1
    return table


def _check_cells(file: BinaryIO, path: Path) -> None:
    """Refuse a header without the column of texts or with one twice, and rows that pandas would fill up with nothing.

    Raises
    ------
    InputError
        Naming the row, counted from 1 without the header.
    """
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    limit = csv.field_size_limit(MAX_TABLE_BYTES)
    try:
        rows = (row for row in csv.reader(text) if len(row) > 1 or "".join(row).strip())
        header = next(rows, [])
        _check_header(header, path)
        short = next((number for number, row in enumerate(rows, start=1) if len(row) < len(header)), None)
    finally:
        csv.field_size_limit(limit)
        text.detach()
    if short is not None:
        raise InputError(
            f"{path}: row {short} has fewer cells than the header; quote the texts that hold line ends, and give each "
            "row all its commas"
        )


def _check_header(header: Sequence[str], path: Path) -> None:
    if TEXT not in header:
        raise InputError(f"{path}:1: no column {TEXT!r} among the {len(header)} there{_guess_header(','.join(header))}")
    twice = [name for name in (TEXT, SPECIALTY, PATIENT) if header.count(name) > 1]
    if twice:
        raise InputError(f"{path}:1: the column {twice[0]!r} stands there twice; which one counts?")


def _guess_header(line: str) -> str:
    """Return what may be wrong with a header, for a message; empty where nothing is seen."""
    if "\0" in line:
        return "; it looks like UTF-16, save it as UTF-8"
    for sign, name in ((";", "semicolons"), ("\t", "TABs"), ("|", "|"), (",", "")):
        found = next((cell for cell in line.split(sign) if cell.strip(' "\ufeff').casefold() == TEXT), None)
        if found is not None:
            return f"; its cells are divided by {name}, save it with commas" if name else f"; {found!r} is near"
    return ""


def _fill_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that count, each there, a specialty always with a name."""
    filled = table.reindex(columns=[TEXT, SPECIALTY, PATIENT], fill_value="")
    return filled.assign(**{SPECIALTY: filled[SPECIALTY].str.strip().replace("", UNSPECIFIED)})


def _merge_rows(listed: pd.DataFrame) -> tuple[Transcription, ...]:
    return tuple(_make_transcription(str(text), rows) for text, rows in listed.groupby(TEXT, sort=False))


def _make_transcription(text: str, rows: pd.DataFrame) -> Transcription:
    specialties = tuple(sorted(set(rows[SPECIALTY])))
    patients = tuple(sorted(set(rows[PATIENT].str.strip()) - {""}))
    return Transcription(make_doc_id(specialties[0], text), text, specialties, patients, tuple(rows.index.tolist()))


def _count_specialties(listed: pd.DataFrame, *, min_samples: int, count_by: CountBy) -> tuple[SpecialtyCount, ...]:
    grouped = listed.groupby(SPECIALTY)[TEXT]
    counts = pd.DataFrame({"listing": grouped.size(), "text": grouped.nunique()}).reset_index()
    ranked = counts.sort_values([count_by, SPECIALTY], ascending=[False, True])
    return tuple(
        SpecialtyCount(str(name), int(listings), int(texts), bool(decisive >= min_samples))
        for name, listings, texts, decisive in zip(
            ranked[SPECIALTY], ranked["listing"], ranked["text"], ranked[count_by], strict=True
        )
    )


def _rank_missing(table: pd.DataFrame) -> tuple[tuple[str, int], ...]:
    # pandas calls a column without a name, such as the row numbers of MTSamples, "Unnamed: 0".
    named = [name for name in table.columns if not str(name).startswith("Unnamed:")]
    counts = [(str(name), int((table[name].str.strip() == "").sum())) for name in named]
    return tuple(sorted(counts, key=lambda pair: (-pair[1], pair[0])))
