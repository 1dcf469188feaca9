"""Unfinished work beside its target: pieces that are complete, each with its hash, so that the next run goes on.

::

    .corpus.partial/
      run.json           what shapes the work: settings, versions, hashes of inputs; and its own hash
      <piece>.json       a piece's record: its key, the hashes of its files, what is to be known of it, its own hash
      <piece>.…          its files

In: what shapes the work. Out: a folder that survives an interruption or a kill. A piece counts when its record is
there, written last, and all its hashes are right; a piece that is damaged is made again. Work of other settings,
versions or inputs is never mixed in: it is refused, and `--restart` drops it. The target's lock must be held.

Examples
--------
>>> partial_folder(Path("out/corpus")).name
'.corpus.partial'
"""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus_tools.errors import InputError, Refused
from corpus_tools.storage import format_json, hash_file, hash_text, parse_json, read_json, write_text

RUN_FILE = "run.json"
_RESTART = "--restart drops it and starts anew"

Content = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Piece:
    """Hold the record of a complete piece.

    Attributes
    ----------
    key : str
        Hash of what this piece was made of.
    content : dict
        JSON values.
    """

    key: str
    content: Content


def partial_folder(target: Path) -> Path:
    """Return where the unfinished work of a target stands."""
    target = target.absolute()
    return target.parent / f".{target.name}.partial"


@contextmanager
def resumable_folder(target: Path, shaped_by: Mapping[str, object], *, restart: bool = False) -> Iterator[Path]:
    """Yield the folder of a target's unfinished work, new or as a stopped run left it.

    An interruption leaves it where a piece is complete; any other error removes it. Whoever finishes the work removes
    it too, once the target is in place.

    Parameters
    ----------
    shaped_by : mapping of name to JSON value
        Everything that decides what the pieces hold.
    restart : bool
        Drop what a stopped run left.

    Raises
    ------
    Refused
        Where the work there was shaped by something else, has been changed, or is a link.
    """
    folder = partial_folder(target)
    if folder.is_symlink():
        raise Refused(f"{folder}: the folder of the unfinished work is a link; remove it")
    if restart or not (folder / RUN_FILE).exists():
        _begin_run(folder, shaped_by)
    else:
        _validate_run(folder, shaped_by)
    try:
        yield folder
    except (KeyboardInterrupt, SystemExit):
        if not list_pieces(folder):
            shutil.rmtree(folder, ignore_errors=True)
        raise
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _begin_run(folder: Path, shaped_by: Mapping[str, object]) -> None:
    """Make an empty folder that says what shapes the work, or none at all."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        write_text(folder / RUN_FILE, _format_sealed(shaped_by))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def list_pieces(folder: Path) -> list[str]:
    """Return the names of the pieces that have a record, sorted."""
    return sorted(path.stem for path in folder.glob("*.json") if path.name != RUN_FILE)


def write_piece(folder: Path, name: str, content: Mapping[str, object], *, key: str, files: Sequence[str]) -> None:
    """Write the record of a piece whose files are complete; from now on the piece counts."""
    hashes = {file: hash_file(folder / file) for file in files}
    write_text(folder / f"{name}.json", _format_sealed({"key": key, "files": hashes, "content": content}))


def read_piece(folder: Path, name: str, *, files: Sequence[str]) -> Piece | None:
    """Return the record of a piece, or None where it is absent, or it or one of its files is damaged."""
    try:
        record = _read_sealed(folder / f"{name}.json")
        hashes = {file: hash_file(folder / file) for file in files}
    except (InputError, OSError):
        return None
    return Piece(record["key"], record["content"]) if record["files"] == hashes else None


def _validate_run(folder: Path, shaped_by: Mapping[str, object]) -> None:
    try:
        found = _read_sealed(folder / RUN_FILE)
    except InputError as error:
        raise Refused(f"{error}; {_RESTART}") from error
    expected = parse_json(format_json(shaped_by), source="settings")
    others = sorted(_find_differences(found, expected))
    if others:
        raise Refused(
            f"{folder}: unfinished work there was done with other {', '.join(others)}; the command that began it goes "
            f"on with it, {_RESTART}"
        )


def _find_differences(one: object, other: object, name: str = "") -> Iterator[str]:
    """Yield the names of the values in which two JSON objects differ, the innermost that have a name."""
    if not (isinstance(one, dict) and isinstance(other, dict)):
        if one != other:
            yield name
        return
    for key in one.keys() | other.keys():
        yield from _find_differences(one.get(key), other.get(key), str(key))


def _format_sealed(content: Mapping[str, object]) -> str:
    return format_json({"content": content, "sha256": _hash(content)}, indent=None)


def _read_sealed(path: Path) -> Content:
    """Return what a sealed file holds.

    Raises
    ------
    InputError
        Where it can't be read or is not as it was written.
    """
    record = read_json(path)
    if not isinstance(record, dict) or not isinstance(content := record.get("content"), dict):
        raise InputError(f"{path}: is no record of unfinished work")
    if record.get("sha256") != _hash(content):
        raise InputError(f"{path}: has been changed since it was written")
    return content


def _hash(content: Mapping[str, object]) -> str:
    return hash_text(format_json(content, indent=None))  # an indent would take the slow encoder
