"""Atomic files and folders, locks, hashes, guarded reading, guarded JSON."""

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
from corpus_tools.storage.reading import open_regular, read_bytes, read_text
from corpus_tools.storage.tomls import MAX_KEY_PARTS, find_deep_key
from corpus_tools.storage.written import count_changed, format_written, list_annotated

__all__ = [
    "MAX_KEY_PARTS",
    "append_line",
    "check_output",
    "count_changed",
    "find_deep_key",
    "format_json",
    "format_written",
    "hash_bytes",
    "hash_file",
    "hash_folder",
    "hash_text",
    "list_annotated",
    "lock",
    "naming_resources",
    "new_folder",
    "open_regular",
    "parse_json",
    "read_bytes",
    "read_json",
    "read_text",
    "write_bytes",
    "write_text",
]
