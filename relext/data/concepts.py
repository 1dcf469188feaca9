"""What a linker knows of mentions: concept id, semantic type and group, as rows of embeddings.

In: a TSV, or a brat project with N lines, from the user's own linker. Out: `ConceptTable`. No name is kept: each is the
row that its hash gives, so that a model folder holds no concept, and a concept that training never saw has a row like
any other. Row 0 is what is not known.

The TSV has a header. `doc_id` and `concept` must be there, and where the mention stands: `mention`, its T id, or
`start` and `end`, half-open, in code points of the source text. `semantic_type` and `group` may be left out or empty.

Examples
--------
>>> table = parse_concepts("doc_id\\tmention\\tconcept\\tgroup\\na\\tT1\\tC1\\tDISO\\n", source="c.tsv")
>>> table.find("a", "T1", None)[0] == hash_name("C1", CONCEPT_ROWS), table.find("a", "T2", None)
(True, (0, 0, 0))
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

from corpus_tools.errors import InputError
from corpus_tools.sentences import Mention
from corpus_tools.standoff import Document, Span, read_project
from corpus_tools.storage import read_text

CONCEPT_ROWS, TYPE_ROWS, GROUP_ROWS = 4096, 512, 64  # of each embedding, row 0 for what is not known included
CONCEPT_SIZES = (CONCEPT_ROWS, TYPE_ROWS, GROUP_ROWS)
NOT_KNOWN = (0, 0, 0)
MAX_TABLE_BYTES = 256 << 20
_COLUMNS = ("doc_id", "mention", "start", "end", "concept", "semantic_type", "group")
_OFFSET = re.compile("[0-9]{1,9}")

Rows = tuple[int, int, int]  # of concept, semantic type, group


@dataclass(frozen=True, slots=True)
class ConceptTable:
    """Hold the rows of mentions, found by document and id, or by document and span.

    Attributes
    ----------
    by_id : mapping of (doc_id, T id) to Rows
    by_span : mapping of (doc_id, first and end character of the source text) to Rows
    """

    by_id: Mapping[tuple[str, str], Rows] = field(default_factory=dict)
    by_span: Mapping[tuple[str, Span], Rows] = field(default_factory=dict)

    def find(self, doc_id: str, mention_id: str, span: Span | None) -> Rows:
        """Return the rows of a mention: by its span, else by its id; `NOT_KNOWN` where neither is listed."""
        found = self.by_span.get((doc_id, span)) if span else None
        return found or self.by_id.get((doc_id, mention_id), NOT_KNOWN)

    def of_mention(self, doc_id: str, mention: Mention) -> Rows:
        """Return the rows of a mention of a document."""
        pieces = mention.source_fragments
        return self.find(doc_id, mention.id, Span(pieces[0].start, pieces[-1].end) if pieces else None)

    def joined(self, other: "ConceptTable") -> "ConceptTable":
        """Return both tables as one; where both know a mention, this one's word stands."""
        return ConceptTable({**other.by_id, **self.by_id}, {**other.by_span, **self.by_span})

    def __len__(self) -> int:
        return len(self.by_id) + len(self.by_span)


def hash_name(name: str, rows: int) -> int:
    """Return the row of a name among `rows`, the same on every machine; 0 for an empty name."""
    if not name:
        return 0
    return 1 + int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()) % (rows - 1)


def hash_concept(concept: str, semantic_type: str = "", group: str = "") -> Rows:
    """Return the rows of a concept, its semantic type and its group."""
    return hash_name(concept, CONCEPT_ROWS), hash_name(semantic_type, TYPE_ROWS), hash_name(group, GROUP_ROWS)


def read_concepts(path: Path) -> ConceptTable:
    """Read concepts from a TSV, or from the N lines of a brat project.

    Raises
    ------
    InputError
        Where there is no such file or folder, or the table can't be read; with the line.
    """
    if path.is_dir():
        return collect_concepts(aligned.document for aligned in read_project(path))
    return parse_concepts(read_text(path, max_bytes=MAX_TABLE_BYTES, strip_bom=True), source=str(path))


def collect_concepts(documents: Iterable[Document]) -> ConceptTable:
    """Return the concepts that the N lines of documents state; of several on one mention the first."""
    found: dict[tuple[str, str], Rows] = {}
    for document in documents:
        for each in document.normalizations:
            textbound = document.resolve(each.target)
            if textbound is not None:
                key = document.doc_id, textbound.id
                found.setdefault(key, hash_concept(f"{each.resource}:{each.identifier}"))
    return ConceptTable(found)


def parse_concepts(text: str, *, source: str) -> ConceptTable:
    """Parse a TSV of concepts; `source` names it in messages. A mention that is listed twice keeps its first row.

    Raises
    ------
    InputError
        Where a column is unknown or missing, a row has too few cells, or an offset is no number.
    """
    rows = csv.reader(io.StringIO(text, newline=""), delimiter="\t", quoting=csv.QUOTE_NONE)
    try:
        return _parse_rows(rows, source=source)
    except csv.Error as error:
        raise InputError(f"{source}:{rows.line_num}: not a table parted by tabs ({error})") from error


def _parse_rows(rows: Any, *, source: str) -> ConceptTable:
    columns = [name.strip() for name in next(rows, [])]
    _validate_columns(columns, source=source)
    by_id: dict[tuple[str, str], Rows] = {}
    by_span: dict[tuple[str, Span], Rows] = {}
    for cells in rows:
        if not any(cells):
            continue
        place = f"{source}:{rows.line_num}"
        if len(cells) != len(columns):
            raise InputError(f"{place}: has {len(cells)} cells; expected {len(columns)}, as the header has")
        row = dict(zip(columns, cells, strict=True))
        concept = hash_concept(row["concept"], row.get("semantic_type", ""), row.get("group", ""))
        if row.get("mention"):
            by_id.setdefault((row["doc_id"], row["mention"]), concept)
        else:
            by_span.setdefault((row["doc_id"], _parse_span(row, place=place)), concept)
    return ConceptTable(by_id, by_span)


def _validate_columns(columns: list[str], *, source: str) -> None:
    unknown = [name for name in columns if name not in _COLUMNS]
    if unknown or len(set(columns)) != len(columns):
        raise InputError(f"{source}:1: unknown or repeated column; known are {', '.join(_COLUMNS)}")
    is_placed = "mention" in columns or {"start", "end"} <= set(columns)
    if not {"doc_id", "concept"} <= set(columns) or not is_placed:
        raise InputError(f"{source}:1: expected doc_id, concept, and mention or start and end, parted by tabs")


def _parse_span(row: Mapping[str, str], *, place: str) -> Span:
    start, end = row.get("start", ""), row.get("end", "")
    if not _OFFSET.fullmatch(start) or not _OFFSET.fullmatch(end) or int(start) >= int(end):
        raise InputError(f"{place}: expected a T id in mention, or offsets in start and end, the first the smaller")
    return Span(int(start), int(end))
