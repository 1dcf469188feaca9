"""Files and folders that are either as they were or complete: written beside their place, synced, then moved.

In: content and a target path. Out: the target, whole; on any failure nothing new, and the scratch copy removed.

Examples
--------
>>> from pathlib import Path
>>> import tempfile
>>> target = Path(tempfile.mkdtemp()) / "corpus"
>>> with new_folder(target) as folder:
...     _ = (folder / "manifest.json").write_text("{}")
>>> sorted(path.name for path in target.iterdir())
['manifest.json']
"""

import ctypes
import errno
import fcntl
import os
import shutil
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from corpus_tools.errors import InputError, OutputBusy, OutputExists, Refused, ResourceExhausted, UsageError

_RESOURCE_ERRNOS = {errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.ENOMEM}
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
_SCRATCH = ".{name}.{pid}.new"
_RETIRED = ".{name}.{pid}.old"


def check_output(target: Path, *, force: bool = False, inputs: Sequence[Path] = ()) -> None:
    """Refuse an output that can't or must not be written, before any work is done.

    Raises
    ------
    OutputExists
        Where the target is a folder with content and `force` is off.
    Refused
        Where the target is an input, lies inside one, or holds one.
    UsageError
        Where the target is a file or its parent can't be written.
    """
    resolved = target.resolve()
    for source in (path.resolve() for path in inputs):
        if resolved == source or source in resolved.parents or resolved in source.parents:
            raise Refused(
                f"{target}: the output would overwrite or lie inside its input {source}; choose another folder"
            )
    if target.is_symlink() or (target.exists() and not target.is_dir()):
        raise UsageError(f"{target}: is not a folder; choose another output")
    if target.is_dir() and any(target.iterdir()) and not force:
        raise OutputExists(f"{target}: is there already and not empty; pass --force to replace it")
    parent = next(path for path in (resolved.parent, *resolved.parent.parents) if path.exists())
    if not os.access(parent, os.W_OK):
        raise UsageError(f"{parent}: can't be written")


@contextmanager
def new_folder(target: Path, *, force: bool = False, spent: Path | None = None) -> Iterator[Path]:
    """Yield an empty scratch folder that becomes `target` when the block ends without an error.

    The target's lock is held meanwhile. An older target is swapped out only once the new one is synced to disk.

    Parameters
    ----------
    spent : Path, optional
        A folder beside the target that is removed once the target is in its place.

    Raises
    ------
    OutputBusy
        Where another run holds the lock.
    ResourceExhausted
        Where the disk is full or a size limit is reached; the old target is as it was.
    """
    target = target.absolute()
    check_output(target, force=force)
    with naming_resources(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with lock(target.parent / f".{target.name}.lock"):
            _remove_leftovers(target)
            scratch = target.parent / _SCRATCH.format(name=target.name, pid=os.getpid())
            try:
                scratch.mkdir()
                yield scratch
                _sync_tree(scratch)
                _swap(scratch, target)
                if spent:
                    shutil.rmtree(spent, ignore_errors=True)
            finally:
                shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def naming_resources(target: Path) -> Iterator[None]:
    """Turn a full disk, a size limit or exhausted memory inside the block into ResourceExhausted, naming the target."""
    try:
        yield
    except MemoryError as error:
        raise ResourceExhausted(f"{target}: out of memory; use fewer --jobs or a smaller input") from error
    except OSError as error:
        if error.errno not in _RESOURCE_ERRNOS:
            raise
        free = _free_bytes(target)
        reason = os.strerror(error.errno or 0)
        raise ResourceExhausted(f"{target}: {reason}; {free} bytes are free there; nothing was changed") from error


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file so that its place holds the old content or the new one, never a part.

    Raises
    ------
    ResourceExhausted
        Where the disk is full or a size limit is reached.
    """
    scratch = path.parent / _SCRATCH.format(name=path.name, pid=os.getpid())
    with naming_resources(path):
        try:
            with scratch.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            scratch.replace(path)
            _sync_folder(path.parent)
        finally:
            scratch.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text as UTF-8, line ends untouched, as `write_bytes` does."""
    write_bytes(path, text.encode("utf-8", "surrogateescape"))


def append_line(path: Path, text: str) -> None:
    """Append one line and sync it, so that what was acknowledged survives a crash.

    Raises
    ------
    InputError
        Where the text holds a line end of its own.
    """
    if "\n" in text:
        raise InputError(f"{path}: a log line must not hold a line end")
    with naming_resources(path), path.open("ab") as file:
        file.write(text.encode("utf-8") + b"\n")
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Hold the kernel's lock on a file; what the file says is a courtesy to readers and decides nothing.

    Raises
    ------
    OutputBusy
        Where another process holds it, naming that process.
    Refused
        Where the lock file is a link.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Refused(f"{path}: the lock file is a link; remove it") from error
        raise
    try:
        _acquire(descriptor, path)
        try:
            yield
        finally:
            # Removed while still held: whoever opened it meanwhile locks a file without a name, and checks for that.
            path.unlink(missing_ok=True)
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(descriptor, 200, 0).decode("ascii", "replace").strip() or "unknown"
        raise OutputBusy(
            f"{path}: another run is writing there ({holder}); wait for it or choose another output"
        ) from error
    if not path.exists() or path.stat().st_ino != os.fstat(descriptor).st_ino:
        raise OutputBusy(f"{path}: another run has just finished there; start again")
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"pid {os.getpid()} on {socket.gethostname()}\n".encode(), 0)


def _swap(scratch: Path, target: Path) -> None:
    """Put the scratch folder in the target's place, and the target, where there is one, in the scratch folder's."""
    if not target.exists():
        scratch.rename(target)
    elif not _exchange(scratch, target):
        retired = target.parent / _RETIRED.format(name=target.name, pid=os.getpid())
        target.rename(retired)
        scratch.rename(target)
        shutil.rmtree(retired, ignore_errors=True)
    _sync_folder(target.parent)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two names in one step of the kernel (Linux, renameat2), so that no moment lacks either; say if it could."""
    try:
        renameat2 = ctypes.CDLL(None).renameat2
    except (AttributeError, OSError):
        return False
    return bool(renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0)


def _remove_leftovers(target: Path) -> None:
    """Remove what a killed run left; a retired folder goes back where the kill fell between the two renames."""
    for path in sorted(target.parent.glob(f".{target.name}.*.old")):
        if not target.exists():
            path.rename(target)
        shutil.rmtree(path, ignore_errors=True)
    for path in target.parent.glob(f".{target.name}.*.new"):
        shutil.rmtree(path, ignore_errors=True)


def _sync_tree(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        elif path.is_dir():
            _sync_folder(path)
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _free_bytes(target: Path) -> int:
    parent = next(path for path in (target, *target.absolute().parents) if path.exists())
    return shutil.disk_usage(parent).free
