"""The map as tables: CSV that `neo4j-admin database import` takes, and Parquet.

In: `KnowledgeMap`. Out: `nodes.csv`, `edges.csv` with Neo4j's import headers; `nodes.parquet`, `edges.parquet` with
nested evidence.

Cells that a spreadsheet would take for a formula get an apostrophe before them, which `--raw` leaves away;
`corpus_tools.rendering.unescape_cell` takes it off. Several values of one cell are joined by ";", as Neo4j does; a ";"
inside one becomes ",".

Examples
--------
>>> format_spans((Span(4, 11), Span(15, 20)))
'4-11+15-20'
"""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from corpus_tools.rendering import escape_cell
from corpus_tools.standoff import Span
from relext.graph.knowledge import Edge, Evidence, KnowledgeMap, Node

NODE_HEADER = (
    *("id:ID", "name:string", ":LABEL", "concept:string", "lemma:string"),
    *("mentions:int", "documents:int", "cases:int", "assertions:string[]"),
)
EDGE_HEADER = (
    *(":START_ID", ":END_ID", ":TYPE", "id:string", "support:int", "documents:int", "cases:int", "predicted:int"),
    *(
        "probability:double",
        "symmetric:boolean",
        "assertion:string",
        "source_assertion:string",
        "target_assertion:string",
    ),
    *("specialties:string[]", "evidence:string[]"),
)
QUOTES = "quotes:string[]"

_COUNTS = pa.list_(pa.struct([("name", pa.string()), ("documents", pa.int32())]))
_SPANS = pa.list_(pa.struct([("start", pa.int32()), ("end", pa.int32())]))
_EVIDENCE = pa.list_(
    pa.struct(
        [
            ("doc_id", pa.string()),
            ("relation_id", pa.string()),
            ("source", _SPANS),
            ("target", _SPANS),
            ("probability", pa.float64()),
            ("model", pa.string()),
            ("quote", pa.string()),
        ]
    )
)
_NUMBERS = [(name, pa.int32()) for name in ("documents", "cases")]
NODE_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("name", pa.string()),
        ("types", pa.list_(pa.string())),
        ("concept", pa.string()),
        ("lemma", pa.string()),
        ("mentions", pa.int32()),
        *_NUMBERS,
        ("assertions", _COUNTS),
    ]
)
EDGE_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("id", "source", "target", "label", "assertion")),
        *((name, pa.string()) for name in ("source_assertion", "target_assertion")),
        ("symmetric", pa.bool_()),
        ("support", pa.int32()),
        *_NUMBERS,
        ("predicted", pa.int32()),
        ("probability", pa.float64()),
        ("specialties", _COUNTS),
        ("evidence", _EVIDENCE),
    ]
)


def format_nodes(knowledge: KnowledgeMap, *, raw: bool = False) -> str:
    """Format the nodes as CSV."""
    return _format_csv(NODE_HEADER, map(_node_cells, knowledge.nodes), raw=raw)


def format_edges(knowledge: KnowledgeMap, *, raw: bool = False) -> str:
    """Format the edges as CSV; a column of quotes comes last where evidence quotes clinical text."""
    header = (*EDGE_HEADER, QUOTES) if knowledge.has_text else EDGE_HEADER
    rows = (_edge_cells(edge, with_quotes=knowledge.has_text) for edge in knowledge.edges)
    return _format_csv(header, rows, raw=raw)


def _format_csv(header: Sequence[str], rows: Iterable[Sequence[str]], *, raw: bool) -> str:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([cell.replace("\x00", "\\x00") if raw else escape_cell(cell) for cell in row])
    return stream.getvalue()


def _node_cells(node: Node) -> tuple[str, ...]:
    counts = (node.mentions, node.documents, node.cases)
    labels, assertions = _join(node.types), _join(format_counts(node.assertions))
    return node.id, node.name, labels, node.concept, node.lemma, *map(str, counts), assertions


def _edge_cells(edge: Edge, *, with_quotes: bool) -> tuple[str, ...]:
    counts = (edge.support, edge.documents, edge.cases, edge.predicted)
    return (
        *(edge.source, edge.target, edge.label, edge.id, *map(str, counts)),
        "" if edge.probability is None else f"{edge.probability:.6f}",
        *("true" if edge.symmetric else "false", edge.assertion, edge.source_assertion, edge.target_assertion),
        _join(format_counts(edge.specialties)),
        _join(format_evidence(each) for each in edge.evidence),
        *([_join(each.quote for each in edge.evidence)] if with_quotes else ()),
    )


def _join(items: Iterable[str]) -> str:
    return ";".join(item.replace(";", ",") for item in items)


def format_counts(counts: Counter[str]) -> Iterator[str]:
    """Yield each name with its count."""
    return (f"{name} {count}" for name, count in counts.items())


def format_evidence(evidence: Evidence) -> str:
    """Format evidence as document (percent-encoded), relation, and the spans of both mentions, blanks between."""
    spans = format_spans(evidence.source), format_spans(evidence.target)
    return " ".join((quote(evidence.doc_id, safe="/"), evidence.relation_id, *spans))


def format_spans(spans: Iterable[Span]) -> str:
    """Format half-open spans as start-end, joined by "+"."""
    return "+".join(f"{span.start}-{span.end}" for span in spans)


def make_tables(knowledge: KnowledgeMap) -> dict[str, bytes]:
    """Return nodes and edges as Parquet, by file name; the same map gives the same bytes."""
    nodes = pa.Table.from_pylist([_node_row(node) for node in knowledge.nodes], schema=NODE_SCHEMA)
    edges = pa.Table.from_pylist([_edge_row(edge) for edge in knowledge.edges], schema=EDGE_SCHEMA)
    return {"nodes.parquet": _write_parquet(nodes), "edges.parquet": _write_parquet(edges)}


def _write_parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, version="2.6", compression="zstd", compression_level=3)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def _node_row(node: Node) -> dict[str, object]:
    plain = ("id", "name", "concept", "lemma", "mentions", "documents", "cases")
    own = {name: getattr(node, name) for name in plain}
    return {**own, "types": list(node.types), "assertions": _count_rows(node.assertions)}


def _edge_row(edge: Edge) -> dict[str, object]:
    own = {name: getattr(edge, name) for name in EDGE_SCHEMA.names if name not in ("specialties", "evidence")}
    evidence = [_evidence_row(each) for each in edge.evidence]
    return {**own, "specialties": _count_rows(edge.specialties), "evidence": evidence}


def _count_rows(counts: Counter[str]) -> list[dict[str, object]]:
    return [{"name": name, "documents": count} for name, count in counts.items()]


def _evidence_row(evidence: Evidence) -> dict[str, object]:
    return {
        "doc_id": evidence.doc_id,
        "relation_id": evidence.relation_id,
        "source": [{"start": span.start, "end": span.end} for span in evidence.source],
        "target": [{"start": span.start, "end": span.end} for span in evidence.target],
        "probability": evidence.probability,
        "model": evidence.model,
        "quote": evidence.quote or None,
    }
