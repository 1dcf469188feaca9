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
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from corpus_tools.errors import InputError
from corpus_tools.storage import hash_text

CountBy = Literal["listing", "text"]

TEXT, SPECIALTY, PATIENT = "transcription", "medical_specialty", "patient"
MIN_SAMPLES = 50
UNSPECIFIED = "unspecified"
_HASH_DIGITS = 12
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
        Where the file can't be read, is no UTF-8 CSV, or lacks the column `transcription`.
    """
    rows = list(_read_rows(path))
    documents = _merge_rows(rows)
    counts = _count_specialties(documents, rows, min_samples=min_samples, count_by=count_by)
    qualified = {count.specialty for count in counts if count.qualifies}
    kept = tuple(document for document in documents if qualified & set(document.specialties))
    return TranscriptionTable(
        listings=len(rows),
        transcriptions=kept,
        left_out=tuple(document for document in documents if not qualified & set(document.specialties)),
        specialties=counts,
        missing=_rank_missing(rows),
        without_text=tuple(number for number, row in enumerate(rows, 1) if not row[TEXT].strip()),
    )


def make_doc_id(specialty: str, text: str) -> str:
    """Return a name that depends on the text and a specialty alone, so that it is the same in every round."""
    slug = _NOT_A_WORD.sub("-", specialty.lower()).strip("-") or UNSPECIFIED
    return f"{slug}-{hash_text(text)[:_HASH_DIGITS]}"


def _read_rows(path: Path) -> Iterator[dict[str, str]]:
    csv.field_size_limit(min(sys.maxsize, 1 << 30))
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, restkey="", restval="", strict=True)
            if TEXT not in (reader.fieldnames or ()):
                raise InputError(f"{path}:1: no column {TEXT!r}; found {', '.join(reader.fieldnames or ()) or 'none'}")
            for row in reader:
                yield {name: value if isinstance(value, str) else "" for name, value in row.items()}
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not a CSV in UTF-8 ({error.__class__.__name__})") from error


def _merge_rows(rows: Iterable[Mapping[str, str]]) -> tuple[Transcription, ...]:
    grouped: defaultdict[str, list[tuple[int, Mapping[str, str]]]] = defaultdict(list)
    for number, row in enumerate(rows, 1):
        if row[TEXT].strip():
            grouped[row[TEXT]].append((number, row))
    return tuple(_make_transcription(text, listed) for text, listed in grouped.items())


def _make_transcription(text: str, listed: list[tuple[int, Mapping[str, str]]]) -> Transcription:
    specialties = tuple(sorted({specialty_of(row) for _, row in listed}))
    patients = tuple(sorted({row.get(PATIENT, "").strip() for _, row in listed} - {""}))
    rows = tuple(number for number, _ in listed)
    return Transcription(make_doc_id(specialties[0], text), text, specialties, patients, rows)


def specialty_of(row: Mapping[str, str]) -> str:
    """Return a row's specialty without the blanks around it, or `UNSPECIFIED`."""
    return row.get(SPECIALTY, "").strip() or UNSPECIFIED


def _count_specialties(
    documents: Iterable[Transcription], rows: Iterable[Mapping[str, str]], *, min_samples: int, count_by: CountBy
) -> tuple[SpecialtyCount, ...]:
    listings = Counter(specialty_of(row) for row in rows if row[TEXT].strip())
    texts = Counter(specialty for document in documents for specialty in document.specialties)
    decisive = {"listing": listings, "text": texts}[count_by]
    ranked = sorted(listings, key=lambda specialty: (-decisive[specialty], specialty))
    return tuple(SpecialtyCount(name, listings[name], texts[name], decisive[name] >= min_samples) for name in ranked)


def _rank_missing(rows: list[dict[str, str]]) -> tuple[tuple[str, int], ...]:
    columns = [name for name in (rows[0] if rows else {}) if name]
    counts = [(name, sum(not row[name].strip() for row in rows)) for name in columns]
    return tuple(sorted(counts, key=lambda pair: (-pair[1], pair[0])))
