"""The map as Turtle, with its provenance in PROV-O.

In: `KnowledgeMap`. Out: RDF. Each edge is an `rdf:Statement` with its counts, derived from evidence, each piece of
which is quoted from a document and, where a model suggested it, attributed to that model. The plain triple of an edge
stands beside only where its assertion is present: a triple states, and what a note denies must not be stated.

Examples
--------
>>> make_iri("relation", "part of")
'<urn:clinical-relations:relation:part%20of>'
"""

import re
from collections.abc import Iterator
from urllib.parse import quote

from corpus_tools.sentences import PRESENT
from corpus_tools.standoff import Span
from relext import __version__
from relext.graph.knowledge import Edge, Evidence, KnowledgeMap, Node, SourceDocument

BASE = "urn:clinical-relations:"
_PREFIXES = (
    "@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .\n"
    "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
    "@prefix prov: <http://www.w3.org/ns/prov#> .\n"
    f"@prefix v: <{BASE}vocabulary:> .\n\n"
)
# Beside the quotation mark and the backslash: everything that is not visible to a reader, or that a line can't hold.
_ESCAPED = re.compile('["\\\\\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]')
Values = list[tuple[str, str]]


def format_turtle(knowledge: KnowledgeMap) -> str:
    """Format the map as Turtle."""
    return "".join(_format_parts(knowledge))


def _format_parts(knowledge: KnowledgeMap) -> Iterator[str]:
    run = make_iri("run", "map")
    yield _PREFIXES
    yield from _describe_run(knowledge, run)
    for document in knowledge.documents:
        yield _format_subject(make_iri("document", document.doc_id), _document_values(document))
    for node in knowledge.nodes:
        yield _format_subject(make_iri("node", node.id), _node_values(node))
    for edge in knowledge.edges:
        yield from _describe_edge(edge, run)


def _describe_run(knowledge: KnowledgeMap, run: str) -> Iterator[str]:
    software, knowledge_map = make_iri("software", "relext"), make_iri("map", "map")
    used: Values = [("prov:used", make_iri("document", each.doc_id)) for each in knowledge.documents]
    yield _format_subject(run, [("a", "prov:Activity"), ("prov:wasAssociatedWith", software), *used])
    label = make_literal(f"relext {__version__}")
    yield _format_subject(software, [("a", "prov:SoftwareAgent"), ("rdfs:label", label)])
    least = ("v:minSupport", str(knowledge.min_support))
    yield _format_subject(knowledge_map, [("a", "prov:Entity"), ("prov:wasGeneratedBy", run), least])
    for model in knowledge.models:
        name = ("rdfs:label", make_literal(model))
        yield _format_subject(make_iri("model", model), [("a", "prov:SoftwareAgent"), name])


def _document_values(document: SourceDocument) -> Values:
    specialties = [("v:specialty", make_literal(name)) for name in document.specialties]
    own = [("v:docId", make_literal(document.doc_id)), ("v:textSha256", make_literal(document.text_hash))]
    return [("a", "prov:Entity"), *own, *specialties]


def _node_values(node: Node) -> Values:
    values = [("a", make_iri("type", name)) for name in node.types]
    values += [("rdfs:label", make_literal(node.name))]
    values += [(f"v:{name}", make_literal(getattr(node, name))) for name in ("concept", "lemma") if getattr(node, name)]
    values += [(f"v:{name}", str(getattr(node, name))) for name in ("mentions", "documents", "cases")]
    return values


def _describe_edge(edge: Edge, run: str) -> Iterator[str]:
    ends = make_iri("node", edge.source), make_iri("relation", edge.label), make_iri("node", edge.target)
    if edge.assertion == PRESENT:
        yield f"{' '.join(ends)} .\n\n"
    pieces = [(make_iri("evidence", f"{edge.id}:{n}"), each) for n, each in enumerate(edge.evidence)]
    values: Values = [("a", "rdf:Statement"), ("a", "prov:Entity")]
    values += zip(("rdf:subject", "rdf:predicate", "rdf:object"), ends, strict=True)
    for name in ("assertion", "sourceAssertion", "targetAssertion"):
        values.append((f"v:{name}", make_literal(getattr(edge, _snake(name)))))
    values += [(f"v:{name}", str(getattr(edge, name))) for name in ("support", "documents", "cases", "predicted")]
    values.append(("v:symmetric", "true" if edge.symmetric else "false"))
    if edge.probability is not None:
        values.append(("v:probability", _format_double(edge.probability)))
    values += [("v:specialty", make_literal(name)) for name in edge.specialties]
    values += [("prov:wasGeneratedBy", run), *(("prov:wasDerivedFrom", iri) for iri, _ in pieces)]
    yield _format_subject(make_iri("edge", edge.id), values)
    for iri, evidence in pieces:
        yield _format_subject(iri, _evidence_values(evidence))


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda match: f"_{match.group().lower()}", name)


def _evidence_values(evidence: Evidence) -> Values:
    values: Values = [("a", "prov:Entity"), ("prov:wasQuotedFrom", make_iri("document", evidence.doc_id))]
    values.append(("v:relationId", make_literal(evidence.relation_id)))
    values += [("v:sourceSpan", _format_span(span)) for span in evidence.source]
    values += [("v:targetSpan", _format_span(span)) for span in evidence.target]
    if evidence.probability is not None:
        values.append(("v:probability", _format_double(evidence.probability)))
        values.append(("prov:wasAttributedTo", make_iri("model", evidence.model)))
    return values + ([("v:quote", make_literal(evidence.quote))] if evidence.quote else [])


def _format_span(span: Span) -> str:
    return make_literal(f"{span.start},{span.end}")


def _format_double(value: float) -> str:
    return f"{value:.6f}e0"


def _format_subject(subject: str, values: Values) -> str:
    return f"{subject} " + " ;\n    ".join(f"{name} {value}" for name, value in values) + " .\n\n"


def make_iri(kind: str, name: str) -> str:
    """Return an IRI of ours; what an IRI can't hold is percent-encoded."""
    return f"<{BASE}{kind}:{quote(name, safe='', errors='surrogatepass')}>"


def make_literal(text: str) -> str:
    """Return a string literal; quotation marks, backslashes and control characters are escaped."""
    escaped = _ESCAPED.sub(lambda match: f"\\u{ord(match.group()):04X}", text)
    return f'"{escaped}"'
