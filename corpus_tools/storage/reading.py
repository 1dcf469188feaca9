"""Files that nobody vetted, opened so that nothing waits and nothing is endless: regular files, of a bounded size.

In: a path. Out: an open file, its bytes or its text; for a folder, pipe, socket or device, an unreadable file or one
that is larger than it may be, one clear error.

Examples
--------
>>> from pathlib import Path
>>> read_text(Path("absent.csv"), max_bytes=100)
Traceback (most recent call last):
corpus_tools.errors.InputError: absent.csv: can't be read (No such file or directory)
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from corpus_tools.errors import CorpusError, InputError

BOM = "\ufeff"


@contextmanager
def open_regular(
    path: Path, *, max_bytes: int | None = None, error_type: type[CorpusError] = InputError
) -> Iterator[BinaryIO]:
    """Open a regular file for reading; a pipe without a writer would otherwise be waited for without end.

    Parameters
    ----------
    max_bytes : int, optional
        The largest file that is opened.
    error_type : type of CorpusError
        What is raised.

    Raises
    ------
    InputError, or `error_type`
        Where the path leads to no regular file that can be read, or to a larger one.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise error_type(f"{path}: can't be read ({os.strerror(error.errno or 0)})") from error
    except ValueError as error:  # a NUL in the path
        raise error_type(f"{str(path)!a}: is no path") from error
    problem = _find_problem(os.fstat(descriptor), max_bytes)
    if problem:
        os.close(descriptor)
        raise error_type(f"{path}: {problem}")
    with os.fdopen(descriptor, "rb") as file:
        yield file


def _find_problem(status: os.stat_result, max_bytes: int | None) -> str:
    """Say why an open file is not read; asked before Python's `open`, whose error names a folder by its descriptor."""
    if stat.S_ISDIR(status.st_mode):
        return "is a folder, expected a file"
    if not stat.S_ISREG(status.st_mode):
        return "is no regular file, but a pipe, socket or device"
    if max_bytes is not None and status.st_size > max_bytes:
        return f"{status.st_size} bytes, at most {max_bytes} are read"
    return ""


def read_bytes(path: Path, *, max_bytes: int, error_type: type[CorpusError] = InputError) -> bytes:
    """Return what a regular file holds.

    Raises
    ------
    InputError, or `error_type`
        As `open_regular`.
    """
    with open_regular(path, max_bytes=max_bytes, error_type=error_type) as file:
        try:
            return file.read(max_bytes)  # a file that grows meanwhile is not followed
        except OSError as error:
            raise error_type(f"{path}: can't be read ({os.strerror(error.errno or 0)})") from error


def read_text(
    path: Path, *, max_bytes: int, strip_bom: bool = False, error_type: type[CorpusError] = InputError
) -> str:
    """Return the text of a regular file in UTF-8, its line ends as they are.

    Parameters
    ----------
    strip_bom : bool
        Whether a byte-order mark at the beginning is passed over.

    Raises
    ------
    InputError, or `error_type`
        As `open_regular`, and where it is not UTF-8.
    """
    content = read_bytes(path, max_bytes=max_bytes, error_type=error_type)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise error_type(f"{path}:{line}: not UTF-8 at byte {error.start}") from error
    return text.removeprefix(BOM) if strip_bom else text
