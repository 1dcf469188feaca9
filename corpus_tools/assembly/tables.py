"""The two Parquet tables of a corpus folder: `documents`, one row a text, and `sentences`, one row a segment.

In: `CorpusDocument` values. Out: Arrow tables with a fixed nested schema, Parquet files whose bytes depend on their
rows alone, and the same values read back, a row group at a time.

Examples
--------
>>> DOCUMENT_SCHEMA.names[:3]
['doc_id', 'text', 'text_sha256']
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from corpus_tools.assembly.patterns import merge_pairs
from corpus_tools.errors import CorpusError, InputError
from corpus_tools.sentences import CandidatePair, GoldRelation, Mention, Segment, preprocess
from corpus_tools.standoff import NO_RELATION, Span
from corpus_tools.storage import hash_text

IN_SEGMENT = "segment"  # the reach of a mention that a row of `sentences` holds
UNSTATED = "unstated"  # the provenance of a document of which nobody said how it was annotated

_SPANS = pa.list_(pa.struct([("start", pa.int32()), ("end", pa.int32())]))
_ATTRIBUTES = pa.list_(pa.struct([("name", pa.string()), ("value", pa.string())]))
_MENTION = [
    ("id", pa.string()),
    ("type", pa.string()),
    ("text", pa.string()),
    ("source_fragments", _SPANS),
    ("assertion", pa.string()),
    ("attributes", _ATTRIBUTES),
]
_PAIR = [("first", pa.int32()), ("distance", pa.int32()), ("second", pa.int32()), ("label", pa.string())]
_RELATION = [(name, pa.string()) for name in ("id", "type", "arg1", "arg2", "reach")]

SENTENCE_SCHEMA = pa.schema(
    [
        ("doc_id", pa.string()),
        ("segment", pa.int32()),
        ("text", pa.string()),
        ("pattern", pa.string()),
        ("preprocessed", pa.string()),
        ("previous", pa.string()),
        ("next", pa.string()),
        ("source_start", pa.int32()),
        ("source_end", pa.int32()),
        ("over_long", pa.bool_()),
        ("specialties", pa.list_(pa.string())),
        ("mentions", pa.list_(pa.struct([*_MENTION, ("fragments", _SPANS)]))),
        ("pairs", pa.list_(pa.struct(_PAIR))),
    ]
)
DOCUMENT_SCHEMA = pa.schema(
    [
        ("doc_id", pa.string()),
        ("text", pa.string()),
        ("text_sha256", pa.string()),
        ("specialties", pa.list_(pa.string())),
        ("provenance", pa.string()),
        ("segments", pa.int32()),
        ("mentions", pa.list_(pa.struct([*_MENTION, ("reach", pa.string())]))),
        ("relations", pa.list_(pa.struct(_RELATION))),
    ]
)

Row = dict[str, Any]
TablePair = tuple[pa.Table, pa.Table]  # (documents, sentences)


@dataclass(frozen=True, slots=True)
class CorpusDocument:
    """Hold one document of a built corpus.

    Attributes
    ----------
    text : str
        The source text; source offsets count its code points.
    provenance : str
        "single", "double", "adjudicated", or "unstated"; then, where it is known, "; pre-annotated" or "; unaided".
    mentions : tuple of Mention
        Every gold mention; one that no segment holds, or one too long to give pairs, has no `fragments`.
    relations : tuple of GoldRelation
        Every gold relation with its reach.
    segments : tuple of Segment
        All sentences in text order; an over-long one takes its place and gives no pair.
    pairs : tuple of CandidatePair
        In the order (segment, first, distance, second).
    lost_mentions : mapping of str to str
        Mention id -> why no pair can hold it.
    """

    doc_id: str
    text: str
    specialties: tuple[str, ...] = ()
    provenance: str = UNSTATED
    mentions: tuple[Mention, ...] = ()
    relations: tuple[GoldRelation, ...] = ()
    segments: tuple[Segment, ...] = ()
    pairs: tuple[CandidatePair, ...] = ()
    lost_mentions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PartCounts:
    """Count what one part holds; `labelled_pairs` are the pairs with a label other than NO_RELATION."""

    documents: int = 0
    segments: int = 0
    mentions: int = 0
    relations: int = 0
    pairs: int = 0
    labelled_pairs: int = 0

    def __add__(self, other: "PartCounts") -> "PartCounts":
        return PartCounts(*(getattr(self, each.name) + getattr(other, each.name) for each in fields(self)))


def tabulate(documents: Sequence[CorpusDocument], *, preprocessed: bool = False) -> TablePair:
    """Return the rows of some documents, in their order, for `documents` and for `sentences`.

    Parameters
    ----------
    preprocessed : bool
        Whether the sentences' column of that name holds what the paper's preprocessing leaves; else it is empty.

    Raises
    ------
    CorpusError
        Where a mention's text is not the source text at its offsets, which is a fault of ours.
    """
    for document in documents:
        _validate_offsets(document)
    sentence_rows = [row for document in documents for row in _sentence_rows(document, preprocessed=preprocessed)]
    return (
        pa.Table.from_pylist([_document_row(document) for document in documents], schema=DOCUMENT_SCHEMA),
        pa.Table.from_pylist(sentence_rows, schema=SENTENCE_SCHEMA),
    )


def count_rows(documents: pa.Table, sentences: pa.Table) -> PartCounts:
    """Count what two tables of the same documents hold."""
    labels = pc.struct_field(pc.list_flatten(sentences["pairs"]), "label")
    return PartCounts(
        documents=documents.num_rows,
        segments=sentences.num_rows,
        mentions=_count_items(documents["mentions"]),
        relations=_count_items(documents["relations"]),
        pairs=len(labels),
        labelled_pairs=len(labels) - (pc.sum(pc.equal(labels, NO_RELATION)).as_py() or 0),
    )


@contextmanager
def open_table(path: Path, schema: pa.Schema) -> Iterator[Callable[[pa.Table], None]]:
    """Yield a function that adds a table as a row group to a new Parquet file; one without rows adds nothing.

    Compression, level and format version are fixed, and no clock is read: the same rows give the same bytes.
    """
    with pq.ParquetWriter(path, schema, version="2.6", compression="zstd", compression_level=3) as writer:

        def add(table: pa.Table) -> None:
            if table.num_rows:
                writer.write_table(table, row_group_size=table.num_rows)

        yield add


def read_tables(path: Path, *, schema: pa.Schema) -> Iterator[pa.Table]:
    """Yield the row groups of a Parquet file, one at a time.

    Raises
    ------
    InputError
        Where the file can't be read or has other columns.
    """
    try:
        with pq.ParquetFile(path) as file:
            if not file.schema_arrow.equals(schema):
                raise InputError(f"{path}: has other columns than this version writes; build the corpus anew")
            for group in range(file.num_row_groups):
                yield file.read_row_group(group)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path}: can't be read as Parquet ({error.__class__.__name__})") from error


def read_table(path: Path, *, schema: pa.Schema) -> pa.Table:
    """Read a whole Parquet file, as `read_tables` reads its row groups."""
    return pa.concat_tables([schema.empty_table(), *read_tables(path, schema=schema)])


def read_documents(documents: Path, sentences: Path) -> Iterator[CorpusDocument]:
    """Yield the documents of one part, each with its segments and pairs, in file order."""
    document_rows = _rows(read_tables(documents, schema=DOCUMENT_SCHEMA))
    sentence_rows = _rows(read_tables(sentences, schema=SENTENCE_SCHEMA))
    for row in document_rows:
        yield _parse_document(row, list(itertools.islice(sentence_rows, row["segments"])))


def spell_source(text: str, mention: Mention) -> str:
    """Return the text's characters at a mention's source fragments, joined by one blank."""
    return " ".join(text[span.start : span.end] for span in mention.source_fragments)


def _validate_offsets(document: CorpusDocument) -> None:
    for mention in document.mentions:
        if mention.text != spell_source(document.text, mention):
            raise CorpusError(f"{document.doc_id}: {mention.id} differs from the source text at its offsets")


def _count_items(lists: pa.ChunkedArray) -> int:
    return int(pc.sum(pc.list_value_length(lists)).as_py() or 0)


def _sentence_rows(document: CorpusDocument, *, preprocessed: bool) -> Iterator[Row]:
    texts = [segment.text for segment in document.segments]
    patterns = merge_pairs(document.segments, document.pairs)
    for place, (segment, pattern) in enumerate(zip(document.segments, patterns, strict=True)):
        yield {
            "doc_id": document.doc_id,
            "segment": place,
            "text": segment.text,
            "pattern": pattern.slots,
            "preprocessed": " ".join(preprocess(segment.text).lemmas) if preprocessed else None,
            "previous": texts[place - 1] if place else None,
            "next": texts[place + 1] if place + 1 < len(texts) else None,
            "source_start": segment.source_start,
            "source_end": segment.source_end,
            "over_long": segment.over_long,
            "specialties": list(document.specialties),
            "mentions": [
                {**_mention_row(mention), "fragments": _span_rows(mention.fragments)} for mention in segment.mentions
            ],
            "pairs": [
                {"first": pair.first, "distance": pair.distance, "second": pair.second, "label": pair.label}
                for pair in pattern.pairs
            ],
        }


def _document_row(document: CorpusDocument) -> Row:
    return {
        "doc_id": document.doc_id,
        "text": document.text,
        "text_sha256": hash_text(document.text),
        "specialties": list(document.specialties),
        "provenance": document.provenance,
        "segments": len(document.segments),
        "mentions": [
            {**_mention_row(mention), "reach": document.lost_mentions.get(mention.id, IN_SEGMENT)}
            for mention in document.mentions
        ],
        "relations": [
            {"id": each.id, "type": each.type, "arg1": each.arg1, "arg2": each.arg2, "reach": each.reach}
            for each in document.relations
        ],
    }


def _mention_row(mention: Mention) -> Row:
    return {
        "id": mention.id,
        "type": mention.type,
        "text": mention.text,
        "source_fragments": _span_rows(mention.source_fragments),
        "assertion": mention.assertion,
        "attributes": [{"name": name, "value": value} for name, value in mention.attributes],
    }


def _span_rows(spans: Iterable[Span]) -> list[Row]:
    return [{"start": span.start, "end": span.end} for span in spans]


def _rows(tables: Iterable[pa.Table]) -> Iterator[Row]:
    for table in tables:
        yield from table.to_pylist()


def _parse_document(row: Row, sentences: Sequence[Row]) -> CorpusDocument:
    if any(sentence["doc_id"] != row["doc_id"] for sentence in sentences) or len(sentences) != row["segments"]:
        raise InputError("the tables `documents` and `sentences` of the corpus don't belong together; build it anew")
    segments = tuple(_parse_segment(sentence) for sentence in sentences)
    readable = (segment for segment in segments if not segment.over_long)
    fragments = {mention.id: mention.fragments for segment in readable for mention in segment.mentions}
    return CorpusDocument(
        doc_id=row["doc_id"],
        text=row["text"],
        specialties=tuple(row["specialties"]),
        provenance=row["provenance"],
        mentions=tuple(_parse_mention(each, fragments.get(each["id"], ())) for each in row["mentions"]),
        relations=tuple(GoldRelation(**each) for each in row["relations"]),
        segments=segments,
        pairs=tuple(CandidatePair(segment=row["segment"], **pair) for row in sentences for pair in row["pairs"]),
        lost_mentions={each["id"]: each["reach"] for each in row["mentions"] if each["reach"] != IN_SEGMENT},
    )


def _parse_segment(row: Row) -> Segment:
    return Segment(
        doc_id=row["doc_id"],
        index=row["segment"],
        text=row["text"],
        source_start=row["source_start"],
        source_end=row["source_end"],
        mentions=tuple(_parse_mention(each, _parse_spans(each["fragments"])) for each in row["mentions"]),
        over_long=row["over_long"],
    )


def _parse_mention(row: Row, fragments: tuple[Span, ...]) -> Mention:
    return Mention(
        id=row["id"],
        type=row["type"],
        fragments=fragments,
        source_fragments=_parse_spans(row["source_fragments"]),
        text=row["text"],
        assertion=row["assertion"],
        attributes=tuple((each["name"], each["value"]) for each in row["attributes"]),
    )


def _parse_spans(rows: Iterable[Row]) -> tuple[Span, ...]:
    return tuple(Span(row["start"], row["end"]) for row in rows)
