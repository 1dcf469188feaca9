"""Content hashes: what the manifest records and `corpus verify` recomputes.

Examples
--------
>>> hash_text("a")[:8]
'ca978112'
"""

import hashlib
from pathlib import Path

from corpus_tools.storage.reading import open_regular

_BLOCK = 1 << 20  # bytes


def hash_bytes(content: bytes) -> str:
    """Return the SHA-256 of the bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def hash_text(text: str) -> str:
    """Return the SHA-256 of the text's UTF-8 bytes; lone surrogates are hashed as they are."""
    return hash_bytes(text.encode("utf-8", "surrogatepass"))


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file, read in blocks, in hexadecimal.

    Raises
    ------
    InputError
        Where it is no regular file or can't be opened.
    """
    digest = hashlib.sha256()
    with open_regular(path) as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def hash_folder(folder: Path) -> dict[str, str]:
    """Return relative path -> SHA-256 of every regular file below a folder, in path order; links are passed over."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return {path.relative_to(folder).as_posix(): hash_file(path) for path in files}
