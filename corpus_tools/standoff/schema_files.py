"""Read and write `schema.toml`, and find the schema that a folder of annotations stands under.

In: a `.toml` or `annotation.conf`, which may be hostile. Out: a `Schema`; and the text of a `schema.toml`.

Examples
--------
>>> schema = parse_schema('schema_version = 1\\n[[entity]]\\nname = "Symptom"\\n')
>>> schema.mention_types
('Symptom',)
"""

import json
import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeGuard

from corpus_tools.errors import OutputExists, SchemaError
from corpus_tools.standoff.annotation_conf import read_annotation_conf
from corpus_tools.standoff.schema import Schema
from corpus_tools.standoff.schema_parsing import parse_schema_record
from corpus_tools.standoff.schema_types import TypePair, list_descendants
from corpus_tools.standoff.text_files import read_settings_text
from corpus_tools.standoff.toml_text import locate_keys, parse_toml
from corpus_tools.storage import write_text

SCHEMA_FILE, CONF_FILE = "schema.toml", "annotation.conf"
PARENT_LEVELS = 2
LINE_WIDTH = 120

_HEADER = """\
# What may be annotated, and why each label may join which types. brat's files are written from this one by
# `corpus schema brat`. `corpus schema derive` rewrites the rows with source = "derived" from the UMLS Semantic Network.
"""


def read_schema(path: Path) -> Schema:
    """Read a `schema.toml`, a file that ends in `.conf` as an `annotation.conf`, or what a folder stands under.

    Raises
    ------
    SchemaError
        Where the file can't be read or breaks the schema's rules; the message names key and line.
    """
    if path.is_dir():
        found = find_schema(path)
        if found is None:
            raise SchemaError(
                f"{path}: neither {SCHEMA_FILE} nor {CONF_FILE} there or up to {PARENT_LEVELS} levels above"
            )
        return found
    if path.suffix == ".conf":
        return read_annotation_conf(path)
    return parse_schema(read_settings_text(path), file=str(path))


def parse_schema(text: str, *, file: str = SCHEMA_FILE) -> Schema:
    """Parse the text of a `schema.toml`; where a type is allowed, its children are.

    Raises
    ------
    SchemaError
        Where the text is no TOML, or a key is unknown, missing, twice there or of a wrong type.
    """
    record = parse_toml(text, file=file)
    schema = Schema(**parse_schema_record(record, locate=locate_keys(text, file=file)))
    return _with_children(schema)


def find_schema(root: Path, *, remark: Callable[[str], None] | None = None) -> Schema | None:
    """Return the schema in a folder or its parents up to two levels above, else None; `schema.toml` goes first.

    Parameters
    ----------
    remark : callable of str, optional
        Told why a file that is there can't be used; None is returned then, since what is merely found only advises.

    Raises
    ------
    SchemaError
        Where a file that is there can't be used, and nobody is to be told.
    """
    folder = root.resolve()
    for place in (folder, *list(folder.parents)[:PARENT_LEVELS]):
        for name in (SCHEMA_FILE, CONF_FILE):
            if (place / name).is_file():
                try:
                    return read_schema(place / name)
                except SchemaError as error:
                    if remark is None:
                        raise
                    remark(f"{error}; going on without a schema")
                    return None
    return None


def format_schema(schema: Schema) -> str:
    """Format a schema as the text of a `schema.toml`; the same schema gives the same text."""
    record = schema.to_json()
    record.pop("origin", None)
    blocks = ["\n".join(f"{key} = {_format_value(value)}" for key, value in record.items() if not _is_tables(value))]
    for key, value in record.items():
        if _is_tables(value):
            blocks.extend(_format_tables(key, value))
    return _HEADER + "\n\n".join(blocks) + "\n"


def write_schema(schema: Schema, path: Path, *, force: bool = False) -> None:
    """Write a `schema.toml`, whole or not at all.

    Raises
    ------
    OutputExists
        Where the file is there and `force` is off.
    """
    if path.exists() and not force:
        raise OutputExists(f"{path}: is there already; pass --force to replace it")
    write_text(path, format_schema(schema))


def _with_children(schema: Schema) -> Schema:
    children = list_descendants(schema.entities) | list_descendants(schema.events)

    def spread(types: Iterable[str]) -> frozenset[str]:
        return frozenset(child for name in types for child in children.get(name, (name,)))

    def widen(pairs: frozenset[TypePair]) -> frozenset[TypePair]:
        return frozenset((a, b) for first, second in pairs for a in spread((first,)) for b in spread((second,)))

    return replace(
        schema,
        relations=tuple(replace(relation, pairs=widen(relation.pairs)) for relation in schema.relations),
        attributes=tuple(replace(attribute, holders=spread(attribute.holders)) for attribute in schema.attributes),
        events=tuple(
            replace(event, roles=tuple(replace(role, types=spread(role.types)) for role in event.roles))
            for event in schema.events
        ),
        overlaps=tuple(replace(overlap, pairs=widen(overlap.pairs)) for overlap in schema.overlaps),
    )


def _is_tables(value: object) -> TypeGuard[list[Mapping[str, object]]]:
    return isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)


def _format_tables(path: str, rows: Iterable[Mapping[str, object]]) -> list[str]:
    blocks = []
    for row in rows:
        plain = {key: value for key, value in row.items() if not _is_tables(value) and not isinstance(value, Mapping)}
        blocks.append("\n".join([f"[[{path}]]", *(f"{key} = {_format_value(value)}" for key, value in plain.items())]))
        for key, value in row.items():
            if isinstance(value, Mapping):
                lines = [f"{name} = {_format_value(item)}" for name, item in value.items()]
                blocks.append("\n".join([f"[{path}.{key}]", *lines]))
            elif _is_tables(value):
                blocks.extend(_format_tables(f"{path}.{key}", value))
    return blocks


def _format_value(value: object) -> str:
    if not isinstance(value, list):
        return "".join(map(_escape, json.dumps(value, ensure_ascii=False)))
    items = [_format_value(item) for item in value]
    line = f"[{', '.join(items)}]"
    if len(line) <= LINE_WIDTH - 20:
        return line
    # A NUL holds the place of each blank inside an item, where the line must not be broken.
    wrapper = textwrap.TextWrapper(LINE_WIDTH - 2, break_long_words=False, break_on_hyphens=False)
    wrapped = wrapper.wrap(" ".join(f"{item.replace(' ', chr(0))}," for item in items))
    return "[\n" + "\n".join(f"  {line}" for line in wrapped).replace("\0", " ") + "\n]"


def _escape(character: str) -> str:
    """Return a character of a JSON string as TOML takes it: what steers a terminal or can't be seen is spelled out."""
    if character.isprintable():
        return character
    return f"\\u{ord(character):04x}" if ord(character) <= 0xFFFF else f"\\U{ord(character):08x}"
