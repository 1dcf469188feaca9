"""What may leave the house: cells that few texts or patients stand behind are left out, and what remains says why.

In: a `KnowledgeMap` and the least support. Out: the map without small cells, and the sentences on sharing that the page
and the README of every map print.

A rare diagnosis beside a rare drug is a description of one patient to whoever knows that patient. A cell is small where
fewer than `min_support` distinct texts, or distinct patients where the metadata names them, stand behind it. Relations
in the source are no measure: one note may state a relation five times.
"""

from collections import Counter
from dataclasses import replace

from relext.graph.knowledge import Edge, KnowledgeMap, Node


def leave_out_small(knowledge: KnowledgeMap, min_support: int) -> KnowledgeMap:
    """Return the map without nodes, edges and breakdowns behind which fewer than `min_support` texts or cases stand."""
    nodes = tuple(_trim_node(node, min_support) for node in knowledge.nodes if not _is_small(node, min_support))
    edges = tuple(_trim_edge(edge, min_support) for edge in knowledge.edges if not _is_small(edge, min_support))
    return replace(
        knowledge,
        nodes=nodes,
        edges=edges,
        min_support=min_support,
        small_nodes=len(knowledge.nodes) - len(nodes),
        small_edges=len(knowledge.edges) - len(edges),
    )


def _is_small(cell: Node | Edge, min_support: int) -> bool:
    return min(cell.documents, cell.cases) < min_support


def _trim_node(node: Node, min_support: int) -> Node:
    return replace(node, assertions=_trim(node.assertions, min_support))


def _trim_edge(edge: Edge, min_support: int) -> Edge:
    return replace(edge, specialties=_trim(edge.specialties, min_support))


def _trim(counts: Counter[str], min_support: int) -> Counter[str]:
    return Counter({name: count for name, count in counts.items() if count >= min_support})


def without_evidence(knowledge: KnowledgeMap) -> KnowledgeMap:
    """Return the map without documents, offsets and quotes."""
    edges = tuple(replace(edge, evidence=()) for edge in knowledge.edges)
    return replace(knowledge, edges=edges, documents=(), has_evidence=False, has_text=False)


def describe_sharing(knowledge: KnowledgeMap) -> list[str]:
    """Return what to know before the map is shown to anyone who may not read the texts."""
    return [
        _describe_small(knowledge),
        "Names of nodes are words of the texts, or the names that N lines give: a map is never free of clinical text, "
        "and a name that was marked by mistake, such as a person's, would stand in it.",
        _describe_evidence(knowledge),
    ]


def _describe_small(knowledge: KnowledgeMap) -> str:
    risk = (
        "A cell that few patients stand behind can point to one of them: who knows that someone has a rare diagnosis "
        "reads the rest off its edges (re-identification of small cells)."
    )
    if knowledge.min_support < 2:
        return f"{risk} Nothing was left out here; before you share a map, make it with --min-support, 5 or more."
    return (
        f"{risk} So {knowledge.small_nodes:,} nodes and {knowledge.small_edges:,} edges behind which fewer than "
        f"{knowledge.min_support} texts, or patients where the metadata names them, stand were left out "
        f"(--min-support {knowledge.min_support}), and so were smaller counts by assertion and specialty. Two maps of "
        "nearly the same texts can still be subtracted from each other: share one."
    )


def _describe_evidence(knowledge: KnowledgeMap) -> str:
    if not knowledge.has_evidence:
        return "Evidence was left out (--without-evidence): the map names no document."
    quotes = (
        "quotes the sentences around each relation, since --show-text was given: treat this map as the texts themselves"
        if knowledge.has_text
        else "is given as document and offsets, without the words around; --show-text would quote them"
    )
    return f"Evidence {quotes}. Document ids can tell whose they are; --without-evidence leaves them out."
