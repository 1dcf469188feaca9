"""Write the four files that brat reads from a schema.

In: a `Schema`. Out: the texts of `annotation.conf`, `visual.conf`, `kb_shortcuts.conf` and `tools.conf`. What
`annotation_conf` reads back from the first equals the schema.

Examples
--------
>>> format_kb_shortcuts(Schema((EntityType("Symptom"),), ())).splitlines()[-1].split()
['S', 'Symptom']
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from corpus_tools.errors import OutputExists, SchemaError
from corpus_tools.standoff.schema import Schema
from corpus_tools.standoff.schema_types import (
    AttributeType,
    EntityType,
    EventRole,
    EventType,
    Overlap,
    RelationType,
    TypePair,
    group_pairs,
)
from corpus_tools.standoff.strict_table import shown
from corpus_tools.storage import write_text

BRAT_FILES = ("annotation.conf", "visual.conf", "kb_shortcuts.conf", "tools.conf")

_STORAGE_FORM = re.compile(r"[A-Za-z0-9_-]{1,255}")
_VALUE = re.compile(r"[^\s|,:<>]{1,255}")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}|[a-zA-Z]{1,30}")
_URL = re.compile(r"https?://[^\s,<>|]{1,500}")
_KEYS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

# Light grounds for spans, dark lines for arcs: both keep the text readable on white.
_SPAN_COLORS = ("#ffd59a", "#f4a6a6", "#a9c8f5", "#b5e3a8", "#d9c3ec", "#f3ee9e", "#cfd3d8", "#9fe0dc", "#f7c6de")
_ARC_COLORS = ("#2e7d32", "#c62828", "#1565c0", "#6a1b9a", "#5d4037", "#00695c", "#ad1457", "#37474f")


def write_brat_files(
    schema: Schema, folder: Path, *, tagger_url: str | None = None, force: bool = False
) -> tuple[Path, ...]:
    """Write the four files, each whole or not at all, and return their paths; a missing folder is made.

    Raises
    ------
    SchemaError
        Where the schema has names that brat can't store; nothing is written.
    OutputExists
        Where a file with other content is there and `force` is off; nothing is written.
    """
    formats = (format_annotation_conf, format_visual_conf, format_kb_shortcuts)
    texts = [*(format_file(schema) for format_file in formats), format_tools_conf(schema, tagger_url=tagger_url)]
    paths = tuple(folder / name for name in BRAT_FILES)
    for path, text in zip(paths, texts, strict=True):
        if path.exists() and not force and path.read_bytes() != text.encode("utf-8"):
            raise OutputExists(f"{path}: is there with other content; pass --force to replace it")
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in zip(paths, texts, strict=True):
        write_text(path, text)
    return paths


def offer_brat_files(schema: Schema, folder: Path, *, remark: Callable[[str], None]) -> None:
    """Write the four files beside annotations, replacing those there; none, with a remark, where brat can't have them.

    Annotations keep their names: other tools read them, and whoever has brat take them has a configuration already.
    """
    try:
        write_brat_files(schema, folder, force=True)
    except SchemaError as error:
        remark(f"No configuration files for brat are written beside the annotations: {error}")


def format_annotation_conf(schema: Schema) -> str:
    """Format what may be annotated.

    Raises
    ------
    SchemaError
        Where a type, label or value has characters that brat would change or misread.
    """
    _validate_names(schema)
    relations = chain.from_iterable(_relation_lines(relation) for relation in schema.relations)
    overlaps = chain.from_iterable(_overlap_lines(overlap) for overlap in schema.overlaps)
    sections = {
        "entities": [_type_line(entity, schema.entities) for entity in schema.entities],
        "relations": [*relations, *overlaps],
        "events": [_event_line(event, schema.events) for event in schema.events],
        "attributes": [_attribute_line(attribute) for attribute in schema.attributes],
    }
    return _format_sections("Written from the schema; change that, not this.", sections)


def format_visual_conf(schema: Schema) -> str:
    """Format how brat shows it: short labels where space is scarce, a colour a type, a glyph a value.

    Raises
    ------
    SchemaError
        Where a colour is neither `#rrggbb` nor a word.
    """
    spans = {entry.name: entry.color for entry in _annotated_types(schema)}
    arcs = {relation.name: relation.color for relation in schema.relations}
    drawing = ["SPAN_DEFAULT\tfgColor:black, bgColor:#e6e6e6, borderColor:darken"]
    drawing += ["ARC_DEFAULT\tcolor:black, arrowHead:triangle-5", "ATTRIBUTE_DEFAULT\tglyph:*"]
    drawing += [f"{name}\tbgColor:{color}" for name, color in _choose_colors(spans, _SPAN_COLORS)]
    drawing += [f"{name}\tcolor:{color}" for name, color in _choose_colors(arcs, _ARC_COLORS)]
    drawing += [f"{attribute.name}\t{_glyphs(attribute)}" for attribute in schema.attributes]
    labels = [_label_line(entity) for entity in schema.entities]
    labels += [_label_line(relation) for relation in schema.relations]
    return _format_sections("Written from the schema.", {"labels": labels, "drawing": drawing})


def format_kb_shortcuts(schema: Schema) -> str:
    """Format one key a type: the schema's own, else the first free letter of the name, as long as there are letters."""
    names = [(entry.name, getattr(entry, "key", "")) for entry in _annotated_types(schema)]
    names += [(relation.name, relation.key) for relation in schema.relations]
    taken: dict[str, str] = {}
    for name, key in names:
        if re.fullmatch(r"[A-Za-z0-9]", key):
            taken.setdefault(key.upper(), name)
    for name, _ in names:
        free = next((c for c in name.upper() + _KEYS if c in _KEYS and c not in taken), None)
        if name not in taken.values() and free is not None:
            taken[free] = name
    lines = [f"{key}\t{name}" for key, name in sorted(taken.items())]
    return "\n".join(["# One key a type, pressed while brat's dialog is open.", *lines]) + "\n"


def format_tools_conf(schema: Schema, *, tagger_url: str | None = None) -> str:
    """Format brat's tools: no search of outside sites, validation on, and a local tagger where one is named.

    Raises
    ------
    SchemaError
        Where the URL has characters that end a field in brat.
    """
    if tagger_url is not None and not _URL.fullmatch(tagger_url):
        raise SchemaError(f"{shown(tagger_url)} is no URL that brat's tools.conf can hold")
    options = ["Tokens\ttokenizer:whitespace", "Sentences\tsplitter:newline", "Validation\tvalidate:all"]
    options.append("Annotation-log\tlogfile:<NONE>")
    tagger = [f"relext\ttool:relext, model:{schema.hash[:12]}, <URL>:{tagger_url}"] if tagger_url else []
    sections = {"options": options, "search": [], "annotators": tagger, "disambiguators": [], "normalization": []}
    return _format_sections("An empty [search] keeps selected text from being sent to outside sites.", sections)


def _format_sections(comment: str, sections: Mapping[str, Sequence[str]]) -> str:
    blocks = ["\n".join([f"[{name}]", *lines]) for name, lines in sections.items()]
    return "\n\n".join([f"# {comment}", *blocks]) + "\n"


def _validate_names(schema: Schema) -> None:
    for name in _list_names(schema):
        if not _STORAGE_FORM.fullmatch(name):
            raise SchemaError(f"{shown(name)} can't be written for brat, which stores letters, digits, _ and - only")
    for attribute in schema.attributes:
        for value in attribute.values:
            if not _VALUE.fullmatch(value):
                raise SchemaError(f"value {shown(value)} of {attribute.name} can't be written for brat")


def _list_names(schema: Schema) -> Iterator[str]:
    for entry in (schema.entities, schema.relations, schema.attributes, schema.events):
        yield from (item.name for item in entry)
    for relation in schema.relations:
        yield from relation.roles
        yield from chain.from_iterable(relation.pairs)
    for attribute in schema.attributes:
        yield from attribute.holders
    for event in schema.events:
        for role in event.roles:
            yield from (role.name, *role.types)


def _type_line(entry: EntityType | EventType, types: Sequence[EntityType] | Sequence[EventType]) -> str:
    """Return a type with one blank a level before it: brat counts every character of the indent."""
    parents = {other.name: other.parent for other in types}
    depth, parent = 0, entry.parent
    while parent is not None:
        depth, parent = depth + 1, parents.get(parent)
    return f"{' ' * depth}{'!' if entry.is_abstract else ''}{entry.name}"


def _event_line(event: EventType, events: Sequence[EventType]) -> str:
    roles = ", ".join(f"{role.name}{_repeats(role)}:{'|'.join(sorted(role.types)) or '<NONE>'}" for role in event.roles)
    return _type_line(event, events) + (f"\t{roles}" if roles else "")


def _repeats(role: EventRole) -> str:
    words = {(1, 1): "", (0, 1): "?", (0, None): "*", (1, None): "+"}
    if role.maximum is None:
        return words.get((role.minimum, None), "+")
    fixed = f"{{{role.minimum}}}" if role.minimum == role.maximum else f"{{{role.minimum}-{role.maximum}}}"
    return words.get((role.minimum, role.maximum), fixed)


def _relation_lines(relation: RelationType) -> Iterator[str]:
    kinds = [name for name, holds in (("symmetric", relation.symmetric), ("transitive", relation.transitive)) if holds]
    suffix = f", <REL-TYPE>:{'-'.join(kinds)}" if kinds else ""
    for arguments in _argument_rows(relation.pairs, relation.roles):
        yield f"{relation.name}\t{arguments}{suffix}"


def _overlap_lines(overlap: Overlap) -> Iterator[str]:
    for arguments in _argument_rows(overlap.pairs, ("Arg1", "Arg2")):
        yield f"<OVERLAP>\t{arguments}, <OVL-TYPE>:{overlap.kind}"


def _argument_rows(pairs: frozenset[TypePair], roles: tuple[str, str]) -> Iterator[str]:
    for first, second in group_pairs(pairs) or [(("<NONE>",), ("<NONE>",))]:
        yield f"{roles[0]}:{'|'.join(first)}, {roles[1]}:{'|'.join(second)}"


def _attribute_line(attribute: AttributeType) -> str:
    line = f"{attribute.name}\tArg:{'|'.join(sorted(attribute.holders)) or '<NONE>'}"
    return f"{line}, Value:{'|'.join(attribute.values)}" if attribute.values else line


def _annotated_types(schema: Schema) -> list[EntityType | EventType]:
    entries: list[EntityType | EventType] = [*schema.entities, *schema.events]
    return [entry for entry in entries if not entry.is_abstract]


def _choose_colors(chosen: Mapping[str, str], palette: Sequence[str]) -> Iterator[tuple[str, str]]:
    for index, (name, color) in enumerate(chosen.items()):
        if color and not _COLOR.fullmatch(color):
            raise SchemaError(f"color {shown(color)} of {name}: expected #rrggbb or a word")
        yield name, color or palette[index % len(palette)]


def _glyphs(attribute: AttributeType) -> str:
    """Return two letters a value, which tell absent from possible at a glance; an asterisk for a flag."""
    if not attribute.values:
        return "glyph:*"
    return "position:left, glyph:" + "|".join(
        re.sub(r"[^A-Za-z0-9]", "", value)[:2] or "*" for value in attribute.values
    )


def _label_line(entry: EntityType | RelationType) -> str:
    abbreviation = re.sub(r"[|\t\n<>]", " ", entry.abbreviation).strip()
    return " | ".join(filter(None, (entry.name, re.sub("[_-]", " ", entry.name), abbreviation)))
