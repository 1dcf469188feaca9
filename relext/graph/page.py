"""The map as one page to explore offline: a drawing, filters, search, details with evidence.

In: `KnowledgeMap`. Out: HTML that asks for nothing: style and script stand in the page, its policy allows these two
alone by their hashes, and what the texts say enters as data, never as markup. The drawing is a force layout in SVG.

Examples
--------
>>> embed_json({"name": "</script>"})
Markup('{"name": "\\\\u003c/script>"}\\n')
"""

import base64
import hashlib
from collections import Counter
from importlib import resources

from markupsafe import Markup

from corpus_tools.rendering import environment, escape_terminal
from corpus_tools.storage import format_json
from relext.graph.knowledge import Edge, Evidence, KnowledgeMap, Node
from relext.graph.sharing import describe_sharing
from relext.graph.tables import format_spans

MAX_EDGES = 2000
MAX_EVIDENCE = 20
Record = dict[str, object]


def render_map(knowledge: KnowledgeMap) -> str:
    """Return the page; of a large map the edges with most support, all others stand in the tables beside."""
    style, script = (Markup(_read_template(name)) for name in ("map.css", "map.js"))
    template = environment().from_string(_read_template("map.html"))
    return template.render(
        style=style,
        script=script,
        policy=_make_policy(style, script),
        content=embed_json(make_content(knowledge)),
        lead=_format_lead(knowledge),
        sharing=describe_sharing(knowledge),
    )


def _read_template(name: str) -> str:
    return resources.files("relext.graph").joinpath("templates", name).read_text("utf-8")


def _make_policy(style: str, script: str) -> Markup:
    return Markup(
        f"default-src 'none'; style-src '{_hash_source(style)}'; script-src '{_hash_source(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash_source(source: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()


def embed_json(record: Record) -> Markup:
    """Return a record as the content of a script element that is data: no "<" in it, so that nothing can end it."""
    return Markup(format_json(record, indent=None).replace("<", "\\u003c"))


def make_content(knowledge: KnowledgeMap) -> Record:
    """Return what the page draws; control and bidirectional characters of the texts as visible escapes."""
    edges = knowledge.edges[:MAX_EDGES]
    used = {end for edge in edges for end in (edge.source, edge.target)}
    record: Record = {
        "nodes": [_node_record(node) for node in knowledge.nodes if node.id in used],
        "edges": [_edge_record(edge) for edge in edges],
        "totals": {"nodes": len(knowledge.nodes), "edges": len(knowledge.edges)},
        "hasEvidence": knowledge.has_evidence,
    }
    return {name: _show(value) for name, value in record.items()}


def _show(value: object) -> object:
    """Return a value of JSON with every string in it as a reader may see it."""
    if isinstance(value, dict):
        return {name: _show(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_show(each) for each in value]
    return escape_terminal(value) if isinstance(value, str) else value


def _node_record(node: Node) -> Record:
    plain = ("id", "name", "types", "concept", "lemma", "mentions", "documents", "cases")
    return {**{name: getattr(node, name) for name in plain}, "assertions": _list_counts(node.assertions)}


def _edge_record(edge: Edge) -> Record:
    plain = ("id", "source", "target", "label", "symmetric", "assertion", "support", "documents", "cases", "predicted")
    ranked = sorted(edge.evidence, key=lambda each: -(each.probability if each.probability is not None else 1.0))
    return {
        **{name: getattr(edge, name) for name in plain},
        "sourceAssertion": edge.source_assertion,
        "targetAssertion": edge.target_assertion,
        "probability": None if edge.probability is None else round(edge.probability, 3),
        "specialties": _list_counts(edge.specialties),
        "evidence": [_evidence_record(each) for each in ranked[:MAX_EVIDENCE]],
        "moreEvidence": max(0, len(ranked) - MAX_EVIDENCE),
    }


def _list_counts(counts: Counter[str]) -> list[Record]:
    return [{"name": name, "documents": count} for name, count in counts.items()]


def _evidence_record(evidence: Evidence) -> Record:
    return {
        "document": evidence.doc_id,
        "relation": evidence.relation_id,
        "source": format_spans(evidence.source),
        "target": format_spans(evidence.target),
        "probability": evidence.probability,
        "model": evidence.model,
        "quote": evidence.quote,
    }


def _format_lead(knowledge: KnowledgeMap) -> str:
    counts = knowledge.count()
    lead = f"{counts['nodes']:,} nodes and {counts['edges']:,} edges from {counts['relations']:,} relations"
    suggested = f", {counts['predicted_relations']:,} of them suggested by a model"
    lead += suggested if counts["predicted_relations"] else ""
    if len(knowledge.edges) > MAX_EDGES:
        lead += f". This page holds the {MAX_EDGES:,} edges with most support; edges.csv has all"
    return lead + "."
