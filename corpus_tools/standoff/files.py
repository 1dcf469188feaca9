"""The files of a brat project: found in a stable order, opened without trust, decoded or rejected.

In: a folder. Out: `DocumentFiles` in the order of their ids, and the bytes or the text of one file, or the `Reject`
that says why there are none. Nothing here knows what an `.ann` line means.

Examples
--------
>>> format_doc_id("round-1/ann\\udce9e")  # a name that is not UTF-8 on disk
'round-1/ann\ufffdE9e'
"""

import os
import re
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from corpus_tools.standoff.document import Reject

MAX_FILE_BYTES = 32 << 20
"""The largest `.txt` or `.ann` that is read, in bytes; a longer one is rejected whole as FILE-TOO-LARGE."""

METADATA_NAME = "metadata.csv"
"""The file beside documents that says whose they are and from where."""

_SUFFIXES = {".txt": "txt", ".ann": "ann", ".a1": "a1", ".a2": "a2"}
_UNPRINTABLE_ON_DISK = re.compile("[\udc80-\udcff\ufffd]")
_MAC_LEFTOVERS = ("._", "__MACOSX")  # what a Mac adds to archives: resource forks, no texts
_NUL_SHARE_OF_UTF16 = 4  # every second byte of Latin text in UTF-16 is NUL; one in four leaves room for other scripts

OnSkip = Callable[[Reject], None]


@dataclass(frozen=True, slots=True)
class DocumentFiles:
    """Hold where one document's text and annotations lie; None where a file is missing.

    `doc_id` is the path relative to the project without its ending, "/" between folders.
    """

    doc_id: str
    txt: Path | None
    ann: Path | None


def find_documents(
    root: Path, *, follow_symlinks: bool = False, on_skip: OnSkip | None = None
) -> Iterator[DocumentFiles]:
    """Walk a project and yield its documents in the order of their ids, one folder in memory at a time.

    Parameters
    ----------
    follow_symlinks : bool
        Follow links whose target lies inside `root`; by default every link is skipped.
    on_skip : callable, optional
        Called with a `Reject` (line 0) for everything that looks like part of the project and is left out.

    Raises
    ------
    OSError
        Where `root` itself can't be listed.
    """
    walk = _Walk(root.resolve(), follow_symlinks, on_skip or (lambda reject: None), set(), set())
    yield from _walk_folder(root, "", walk)


def find_version_folders(documents: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return the top folders of which most texts lie below another one too: versions of annotators, most likely.

    Parameters
    ----------
    documents : iterable of (id, hash of the text)

    Examples
    --------
    >>> find_version_folders([("ann/note-1", "af"), ("ben/note-1", "af"), ("old/note-7", "c0")])
    ('ann', 'ben')
    """
    places = [(doc_id.split("/")[0], text) for doc_id, text in documents if "/" in doc_id]
    holders: dict[str, set[str]] = {}
    for folder, text in places:
        holders.setdefault(text, set()).add(folder)
    all_texts = Counter(folder for folder, _ in places)
    shared = Counter(folder for folder, text in places if len(holders[text]) > 1)
    return tuple(sorted(folder for folder, count in shared.items() if 2 * count > all_texts[folder]))


def format_doc_id(relative: str) -> str:
    """Return a path as a document id that any encoder takes, unique among all paths.

    A byte that is not UTF-8 becomes U+FFFD and its two hexadecimal digits; so does U+FFFD itself, byte by byte.
    """
    return _UNPRINTABLE_ON_DISK.sub(
        lambda match: "".join(f"\ufffd{byte:02X}" for byte in os.fsencode(match.group())), relative
    )


def read_bytes(path: Path, *, file: str) -> bytes | Reject:
    """Read a regular file without ever blocking, or say why it can't be read.

    A file that changes while it is read is read once more; changed again, it is rejected.
    """
    reject: Reject | None = None
    for _ in range(2):
        content = _read_once(path, file)
        if not isinstance(content, Reject) or content.code != "FILE-CHANGED":
            return content
        reject = content
    assert reject is not None  # for the type checker: the loop ran
    return reject


def decode_text(content: bytes, *, file: str) -> str | Reject:
    """Decode a `.txt` as UTF-8, its byte-order mark and its line ends kept, or reject it as TXT-ENCODING."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        hint = "it looks like UTF-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "it may be Windows-1252"
        message = f"not UTF-8 at byte {error.start}; {hint}; convert it to UTF-8 and annotate the copy"
        return Reject("TXT-ENCODING", file, 0, "file", "", message)
    if content.count(0) * _NUL_SHARE_OF_UTF16 > len(content) or content.startswith(b"\x7fELF"):
        message = f"{content.count(0)} of {len(content)} bytes are NUL: UTF-16 or not a text; expected UTF-8"
        return Reject("TXT-ENCODING", file, 0, "file", "", message)
    return text


@dataclass(frozen=True, slots=True)
class _Walk:
    """Hold what a walk must remember: folders being visited (loops) and documents seen under a hard link."""

    root: Path
    follow_symlinks: bool
    on_skip: OnSkip
    folders: set[tuple[int, int]]
    linked: set[tuple[tuple[int, int], ...]]

    def skip(self, code: str, relative: str, message: str) -> None:
        self.on_skip(Reject(code, format_doc_id(relative), 0, "file", "", message))


def _walk_folder(folder: Path, prefix: str, walk: _Walk) -> Iterator[DocumentFiles]:
    status = folder.stat()
    identity = (status.st_dev, status.st_ino)
    if identity in walk.folders:
        walk.skip("FILE-SYMLINK", prefix.rstrip("/"), "the link leads to a folder that is visited already; skipped")
        return
    walk.folders.add(identity)
    for stem, found in sorted(_list_folder(folder, prefix, walk).items()):
        if isinstance(found, os.DirEntry):
            yield from _walk_subfolder(found, prefix, walk)
        elif (files := _collect_document(stem, found, prefix=prefix, walk=walk)) is not None:
            yield files


def _walk_subfolder(entry: os.DirEntry[str], prefix: str, walk: _Walk) -> Iterator[DocumentFiles]:
    try:
        yield from _walk_folder(Path(entry.path), f"{prefix}{entry.name}/", walk)
    except OSError as error:
        walk.skip("FILE-UNREADABLE", prefix + entry.name, f"the folder can't be listed: {error.strerror}; skipped")


_Found = dict[str, os.DirEntry[str] | dict[str, os.DirEntry[str]]]


def _list_folder(folder: Path, prefix: str, walk: _Walk) -> _Found:
    """Return sub-folders under `name/` and documents under their stem, which sorts as their ids do."""
    found: _Found = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(_MAC_LEFTOVERS):
                continue
            stem, _, ending = entry.name.rpartition(".")
            suffix = f".{ending}" if stem else ""
            if not _is_admitted(entry, prefix, walk, suffix):
                continue
            if entry.is_dir() and not entry.name.startswith("."):
                found[format_doc_id(entry.name) + "/"] = entry
            if suffix in _SUFFIXES:
                parts = found.setdefault(format_doc_id(stem), {})
                if isinstance(parts, dict):
                    parts[suffix] = entry
    return found


def _is_admitted(entry: os.DirEntry[str], prefix: str, walk: _Walk, suffix: str) -> bool:
    if not entry.is_symlink():
        return True
    relative = prefix + entry.name
    target = Path(os.path.realpath(entry.path))
    is_inside, is_real = target.is_relative_to(walk.root), Path(entry.path).exists()  # False in a loop of links
    if walk.follow_symlinks and is_inside and is_real:
        return True
    if suffix in _SUFFIXES or (is_real and target.is_dir()):
        place = "no target" if not is_real else f"a target {'inside' if is_inside else 'outside'} the project"
        walk.skip("FILE-SYMLINK", relative, f"a symbolic link with {place}; skipped")
    return False


def _collect_document(
    stem: str, parts: dict[str, os.DirEntry[str]], *, prefix: str, walk: _Walk
) -> DocumentFiles | None:
    doc_id = format_doc_id(prefix) + stem
    if ".ann" not in parts and (".a1" in parts or ".a2" in parts):
        # not `cat`: the .a1 may lack its last line end, which `awk 1` adds
        walk.skip("FILE-A1-A2", f"{prefix}{stem}.a1", "a BioNLP pair is not read; join it: awk 1 x.a1 x.a2 > x.ann")
        return None
    txt, ann = parts.get(".txt"), parts.get(".ann")
    if txt is None and ann is None:
        return None
    if _is_linked_twice([entry for entry in (txt, ann) if entry is not None], walk):
        walk.skip("FILE-HARD-LINK", f"{prefix}{stem}", "the same files as a document before, by hard links; skipped")
        return None
    return DocumentFiles(doc_id, Path(txt.path) if txt else None, Path(ann.path) if ann else None)


def _is_linked_twice(entries: list[os.DirEntry[str]], walk: _Walk) -> bool:
    """Say whether exactly these files made up a document before; a text shared by two annotators does not."""
    statuses = [entry.stat() for entry in entries if entry.is_file()]
    if not statuses or any(status.st_nlink < 2 for status in statuses):
        return False
    identity = tuple((status.st_dev, status.st_ino) for status in statuses)
    if identity in walk.linked:
        return True
    walk.linked.add(identity)
    return False


def _read_once(path: Path, file: str) -> bytes | Reject:
    try:
        # O_NONBLOCK: opening a FIFO without it waits for a writer that may never come.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        return Reject("FILE-UNREADABLE", file, 0, "file", "", f"can't be opened: {error.strerror}; skipped")
    try:
        return _read_descriptor(descriptor, file)
    except OSError as error:
        return Reject("FILE-UNREADABLE", file, 0, "file", "", f"can't be read: {error.strerror}; skipped")
    finally:
        os.close(descriptor)


def _read_descriptor(descriptor: int, file: str) -> bytes | Reject:
    before = os.fstat(descriptor)
    if not stat.S_ISREG(before.st_mode):
        return Reject("FILE-NOT-REGULAR", file, 0, "file", "", "a folder, pipe, socket or device; skipped")
    if before.st_size > MAX_FILE_BYTES:
        message = f"{before.st_size} bytes, the limit is {MAX_FILE_BYTES}; split the document"
        return Reject("FILE-TOO-LARGE", file, 0, "file", "", message)
    content = os.read(descriptor, before.st_size + 1)  # one more shows a file that has grown
    after = os.fstat(descriptor)
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or len(content) != after.st_size:
        return Reject("FILE-CHANGED", file, 0, "file", "", "changed while it was read, twice; run again")
    return content
