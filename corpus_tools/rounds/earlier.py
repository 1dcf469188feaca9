"""What earlier rounds have, so that no later one repeats a text, draws one like it, or another one of its patient.

In: the folders of rounds. Out: `EarlierText`, each distinct text once, with the patients that a round's `metadata.csv`
names.

Examples
--------
>>> from pathlib import Path
>>> read_earlier_texts([Path("no-such-round")])
()
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from corpus_tools.errors import InputError
from corpus_tools.rendering import unescape_cell
from corpus_tools.standoff import METADATA_NAME
from corpus_tools.storage import hash_file, hash_text, read_bytes, read_text

_MAX_BYTES = 1 << 30
_PATIENT_COLUMNS = ("patient", "patient_id")


@dataclass(frozen=True, slots=True)
class EarlierText:
    """Hold one distinct text of earlier rounds, and whose it is."""

    text: str
    patients: tuple[str, ...] = ()

    @property
    def text_hash(self) -> str:
        """Return the SHA-256 of the text."""
        return hash_text(self.text)


def read_annotated_hashes(rounds: Path) -> frozenset[str]:
    """Return the text hashes of every `.txt` in the rounds of a folder, so that no later round repeats one."""
    return frozenset(hash_file(path) for path in _list_texts(rounds))


def read_earlier_texts(rounds: Iterable[Path]) -> tuple[EarlierText, ...]:
    """Return the distinct texts of some rounds, in the order of the folders and names.

    Raises
    ------
    InputError
        Where a text or a `metadata.csv` can't be read; without it a patient might be drawn again.
    """
    found: dict[str, set[str]] = {}
    for folder in rounds:
        patients = _read_patients(folder / METADATA_NAME)
        for path in _list_texts(folder):
            if path.stat().st_size > _MAX_BYTES:  # no CSV that is read holds as much
                continue
            text = read_bytes(path, max_bytes=_MAX_BYTES).decode("utf-8", "surrogateescape")
            found.setdefault(text, set()).update(patients.get(path.stem, ()))
    return tuple(EarlierText(text, tuple(sorted(patients))) for text, patients in found.items())


def _list_texts(folder: Path) -> list[Path]:
    texts = sorted(folder.rglob("*.txt")) if folder.is_dir() else []
    return [path for path in texts if path.is_file()]


def _read_patients(path: Path) -> dict[str, tuple[str, ...]]:
    """Return the patients of each document by the last part of its id, which is its file's name."""
    if not path.is_file():
        return {}
    reader = csv.DictReader(io.StringIO(read_text(path, max_bytes=_MAX_BYTES, strip_bom=True), newline=""))
    try:
        rows = list(reader)
    except csv.Error as error:
        raise InputError(f"{path}:{reader.line_num}: not CSV ({error})") from error
    patients: dict[str, tuple[str, ...]] = {}
    for row in rows:
        cells = unescape_cell(next((row[name] for name in _PATIENT_COLUMNS if row.get(name)), ""))
        name = Path(unescape_cell(row.get("doc_id") or "").removesuffix(".txt")).name
        patients[name] = (*patients.get(name, ()), *(cell.strip() for cell in cells.split(";") if cell.strip()))
    return patients
