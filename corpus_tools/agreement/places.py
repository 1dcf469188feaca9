"""Whose annotations lie where in a project: one folder an annotator, or one a round that holds these.

In: the project's folder. Out: `Place`s, an annotator's folder each, and the names of the folders that were left out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus_tools.errors import InputError, UsageError
from corpus_tools.standoff import find_documents

LEFT_OUT = ("gold", "source")


@dataclass(frozen=True, slots=True)
class Place:
    """Hold where one annotator's documents of one round lie; the round is "" in a project without rounds."""

    annotator: str
    round: str
    folder: Path


def find_annotators(
    root: Path, *, names: Sequence[str] = (), rounds: bool = False
) -> tuple[tuple[Place, ...], tuple[str, ...]]:
    """Return the folders to compare, and the names of those left out: gold and source, unless they are named.

    Parameters
    ----------
    names : sequence of str
        Only these annotators; all by default.
    rounds : bool
        Whether `root` holds a folder a round, each with its annotators.

    Raises
    ------
    InputError
        Where there are fewer than two annotators.
    UsageError
        Where a named annotator has no folder.
    """
    tops = [(folder.name, folder) for folder in _subfolders(root)] if rounds else [("", root)]
    places = [
        Place(folder.name, name, folder) for name, top in tops for folder in _subfolders(top) if _has_documents(folder)
    ]
    found = {place.annotator for place in places}
    if missing := sorted(set(names) - found):
        raise UsageError(f"{root}: no annotator {', '.join(missing)}; found {', '.join(sorted(found)) or 'none'}")
    wanted = set(names) or found - set(LEFT_OUT)
    if len(wanted) < 2:
        hint = "; its sub-folders look like rounds: add --rounds" if not rounds and _looks_like_rounds(root) else ""
        raise InputError(
            f"{root}: found {', '.join(sorted(wanted)) or 'no annotator'}, expected at least two folders "
            f"of .txt and .ann files{hint}"
        )
    return tuple(place for place in places if place.annotator in wanted), tuple(sorted(found - wanted))


def _subfolders(root: Path) -> list[Path]:
    return sorted(path for path in root.iterdir() if path.is_dir() and path.name[:1] != "." and not path.is_symlink())


def _has_documents(folder: Path) -> bool:
    return any(True for _ in find_documents(folder))


def _looks_like_rounds(root: Path) -> bool:
    return any(sum(_has_documents(folder) for folder in _subfolders(top)) > 1 for top in _subfolders(root))
