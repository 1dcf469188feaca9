"""Atomic files and folders, locks, hashes, guarded JSON."""

from corpus_tools.storage.files import (
    append_line,
    check_output,
    lock,
    naming_resources,
    new_folder,
    write_bytes,
    write_text,
)
from corpus_tools.storage.hashes import hash_bytes, hash_file, hash_folder, hash_text
from corpus_tools.storage.jsons import format_json, parse_json, read_json

__all__ = [
    "append_line",
    "check_output",
    "format_json",
    "hash_bytes",
    "hash_file",
    "hash_folder",
    "hash_text",
    "lock",
    "naming_resources",
    "new_folder",
    "parse_json",
    "read_json",
    "write_bytes",
    "write_text",
]
