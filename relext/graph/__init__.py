"""The knowledge map: what many documents say of the same things, with its evidence."""

from relext.graph.build import SCHEMA, read_map, summarize, write_map
from relext.graph.gathering import GraphSettings, gather_map
from relext.graph.knowledge import Edge, Evidence, KnowledgeMap, Node, SourceDocument
from relext.graph.page import render_map
from relext.graph.sharing import describe_sharing, leave_out_small, without_evidence

__all__ = [
    "SCHEMA",
    "Edge",
    "Evidence",
    "GraphSettings",
    "KnowledgeMap",
    "Node",
    "SourceDocument",
    "describe_sharing",
    "gather_map",
    "leave_out_small",
    "read_map",
    "render_map",
    "summarize",
    "without_evidence",
    "write_map",
]
