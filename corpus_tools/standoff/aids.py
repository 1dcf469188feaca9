"""Which documents were annotated from a model's suggestions, and which unaided: `provenance.jsonl`.

In: what `relext annotate` wrote of each document, as rows of JSON: `doc_id`, `aid` ("pre-annotated" or "unaided"),
`model`, `threshold`, and how many `mentions` and `relations` were suggested. Out: the aid of each document by id.

The file lies in the folder that was written, and goes with it when it is copied for annotators; gold gets its own.
Where there is one, a document that it does not name was annotated unaided; where there is none, nobody knows.

Examples
--------
>>> look_up_aid({"ward/note": PRE_ANNOTATED}, "gold/ward/note")
'pre-annotated'
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from corpus_tools.errors import InputError
from corpus_tools.storage import format_json, parse_json, read_text

PROVENANCE_NAME = "provenance.jsonl"
PRE_ANNOTATED, UNAIDED = "pre-annotated", "unaided"
AIDS = (PRE_ANNOTATED, UNAIDED)
MAX_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class AidRow:
    """Hold what was suggested in one document; a document in which nothing was found is pre-annotated too."""

    doc_id: str
    aid: str = PRE_ANNOTATED
    model: str = ""
    threshold: float = 0.0
    mentions: int = 0
    relations: int = 0


def format_aids(rows: Iterable[AidRow]) -> str:
    """Format rows as JSON Lines."""
    return "".join(format_json(asdict(row), indent=None) for row in rows)


def find_aid_files(*folders: Path) -> list[Path]:
    """Return the `provenance.jsonl` of each folder that has one."""
    found = (folder / PROVENANCE_NAME for folder in folders)
    return [path for path in found if path.is_file() and not path.is_symlink()]


def read_aids(paths: Iterable[Path]) -> dict[str, str]:
    """Read the aid of each document that the files name; one that any of them calls pre-annotated is so.

    Raises
    ------
    InputError
        Where a file can't be read, or a line is no such row, naming file and line.
    """
    aids: dict[str, str] = {}
    for path in paths:
        for number, line in enumerate(read_text(path, max_bytes=MAX_BYTES).split("\n"), start=1):
            if line:
                doc_id, aid = _parse_row(line, place=f"{path}:{number}")
                aids[doc_id] = PRE_ANNOTATED if aids.get(doc_id) == PRE_ANNOTATED else aid
    return aids


def _parse_row(line: str, *, place: str) -> tuple[str, str]:
    row = parse_json(line, source=place)
    if not isinstance(row, dict) or not isinstance(row.get("doc_id"), str) or row.get("aid") not in AIDS:
        raise InputError(f"{place}: expected an object with doc_id and aid, one of {', '.join(AIDS)}")
    return row["doc_id"], row["aid"]


def look_up_aid(aids: Mapping[str, str], doc_id: str) -> str:
    """Return the aid of a document by its id, or its id without leading folders; unaided where nobody names it."""
    folders = doc_id.split("/")
    names = ("/".join(folders[start:]) for start in range(len(folders)))
    return next((aids[name] for name in names if name in aids), UNAIDED)
