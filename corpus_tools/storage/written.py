"""Which annotations a command wrote into a folder, by hash, so that somebody's later work there is told from them.

In: a folder that was just written, or one that is to be replaced. Out: the text of a record, or how many `.ann` files
are neither empty nor as the record has them.
"""

from pathlib import Path

from corpus_tools.storage.hashes import hash_file
from corpus_tools.storage.jsons import format_json, read_json

MAX_RECORD_BYTES = 256 << 20


def list_annotated(folder: Path) -> list[Path]:
    """Return the `.ann` files below a folder that are not empty; none where there is no folder."""
    return [path for path in folder.rglob("*.ann") if path.is_file() and path.stat().st_size]


def format_written(folder: Path, *, schema: str) -> str:
    """Return a record of the `.ann` files below a folder."""
    hashes = {path.relative_to(folder).as_posix(): hash_file(path) for path in sorted(folder.rglob("*.ann"))}
    return format_json({"schema": schema, "schema_version": 1, "annotations": hashes})


def count_changed(folder: Path, record: str) -> int:
    """Return how many `.ann` files below a folder are neither empty nor as its record, a file name, has them.

    Raises
    ------
    InputError
        Where the record can't be read.
    """
    path = folder / record
    found = read_json(path, max_bytes=MAX_RECORD_BYTES) if path.is_file() and not path.is_symlink() else {}
    hashes = found.get("annotations") if isinstance(found, dict) else None
    known = set(hashes.values()) if isinstance(hashes, dict) else set()
    return sum(hash_file(path) not in known for path in list_annotated(folder))
