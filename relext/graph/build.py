"""From a folder of annotated or predicted brat documents to the folder of its map.

In: a brat folder, metadata and a schema where there are any. Out: a folder with the map as CSV, Parquet, GraphML,
Turtle, one page, a README, `summary.json` and `rejects.jsonl`, written whole or not at all; the same input gives the
same bytes.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

from corpus_tools.assembly import find_metadata, read_metadata
from corpus_tools.errors import InputError
from corpus_tools.rendering import format_markdown_table
from corpus_tools.standoff import AlignedDocument, Reject, find_schema, read_project, read_schema
from corpus_tools.storage import format_json, new_folder, write_bytes, write_text
from relext.graph.gathering import GraphSettings, gather_map
from relext.graph.graphml import format_graphml
from relext.graph.knowledge import KnowledgeMap
from relext.graph.page import render_map
from relext.graph.sharing import describe_sharing, leave_out_small, without_evidence
from relext.graph.tables import format_edges, format_nodes, make_tables
from relext.graph.turtle import format_turtle

SCHEMA = "relext/graph"

Tracking = Callable[[Iterator[AlignedDocument]], Iterable[AlignedDocument]]

_FILES = {
    "nodes.csv, edges.csv": "tables with the import headers of Neo4j: neo4j-admin database import full "
    "--nodes=nodes.csv --relationships=edges.csv",
    "nodes.parquet, edges.parquet": "the same with nested evidence",
    "graph.graphml": "for networkx, Gephi, yEd",
    "graph.ttl": "RDF with provenance in PROV-O; the plain triple of an edge only where its assertion is present",
    "graph.html": "one page to explore the map offline",
    "summary.json": "the counts below",
}


def read_map(
    folder: Path,
    settings: GraphSettings,
    *,
    metadata: Path | None = None,
    schema: Path | None = None,
    track: Tracking = iter,
    remark: Callable[[str], None] = lambda _: None,
) -> KnowledgeMap:
    """Read a brat folder and return its map, small cells and evidence left out as the settings ask.

    Parameters
    ----------
    metadata : Path, optional
        By default the `metadata.csv` of the folder or of the one above it.
    schema : Path, optional
        Says which labels are symmetric; by default the one that `find_schema` finds, else none is.

    Raises
    ------
    InputError
        Where the folder holds no document that can be read, or the metadata can't be used.
    """
    skipped: list[Reject] = []
    rows_file = metadata or find_metadata(folder)
    rules = read_schema(schema) if schema else find_schema(folder, remark=remark)
    knowledge = gather_map(
        track(read_project(folder, on_skip=skipped.append)),
        settings,
        metadata=read_metadata(rows_file) if rows_file else None,
        is_symmetric=rules.is_symmetric if rules else lambda label: False,
    )
    if not knowledge.documents:
        raise InputError(f"{folder}: no document that can be read; expected .txt files with .ann files beside them")
    knowledge = replace(knowledge, rejects=(*skipped, *knowledge.rejects))
    knowledge = leave_out_small(knowledge, settings.min_support)
    return knowledge if settings.has_evidence else without_evidence(knowledge)


def write_map(knowledge: KnowledgeMap, out: Path, *, raw: bool = False, force: bool = False) -> None:
    """Write the folder of a map.

    Parameters
    ----------
    raw : bool
        Leave CSV cells unguarded, for programs that take an apostrophe for a part of the name.

    Raises
    ------
    OutputExists, OutputBusy, ResourceExhausted
        See `corpus_tools.storage.new_folder`.
    """
    with new_folder(out, force=force) as folder:
        write_text(folder / "nodes.csv", format_nodes(knowledge, raw=raw))
        write_text(folder / "edges.csv", format_edges(knowledge, raw=raw))
        for name, content in make_tables(knowledge).items():
            write_bytes(folder / name, content)
        write_text(folder / "graph.graphml", format_graphml(knowledge))
        write_text(folder / "graph.ttl", format_turtle(knowledge))
        write_text(folder / "graph.html", render_map(knowledge))
        summary = {"schema": SCHEMA, "schema_version": 1, **summarize(knowledge)}
        write_text(folder / "summary.json", format_json(summary))
        write_text(folder / "README.md", format_readme(knowledge))
        if knowledge.rejects and knowledge.has_evidence:  # the rows name documents
            rows = (format_json(asdict(reject), indent=None) for reject in knowledge.rejects)
            write_text(folder / "rejects.jsonl", "".join(rows))


def summarize(knowledge: KnowledgeMap) -> dict[str, object]:
    """Return the counts of a map, and what it leaves out, as JSON values."""
    return {
        **knowledge.count(),
        "min_support": knowledge.min_support,
        "has_evidence": knowledge.has_evidence,
        "has_text": knowledge.has_text,
        "models": list(knowledge.models),
        "left_out": dict(knowledge.left_out),
        "rejects": knowledge.reject_codes,
    }


def format_readme(knowledge: KnowledgeMap) -> str:
    """Return what lies in the folder of a map, and what to know before it is shared, as Markdown."""
    counts = [(name.replace("_", " "), count) for name, count in knowledge.count().items()]
    left_out = [(f"left out: {cause}", count) for cause, count in knowledge.left_out.items()]
    rejects = [(f"rejected: {code}", count) for code, count in knowledge.reject_codes.items()]
    sharing = "\n\n".join(describe_sharing(knowledge))
    return (
        f"# Knowledge map\n\n{format_markdown_table(['file', 'what'], list(_FILES.items()))}\n\n"
        f"{format_markdown_table(['what', 'count'], [*counts, *left_out, *rejects])}\n\n"
        f"## Before this map is shared\n\n{sharing}\n"
    )
