"""From documents to the map: every mention and relation is seen once, then what has one key becomes one node or edge.

In: aligned documents, their metadata, and `GraphSettings`. Out: `KnowledgeMap` before small cells are left out.

Relations on events stand at the events' triggers. What no edge can stand for is counted by cause: relations of other
than two arguments, to themselves, or to what was rejected, and `*` groups.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from corpus_tools.assembly import Metadata, collect_relations, find_row
from corpus_tools.sentences import PRESENT, GoldRelation, find_assertion, segment_text
from corpus_tools.standoff import AlignedDocument, Attribute, Document, Reject, Span, Suggestion, find_suggestions
from relext.graph.knowledge import Edge, Evidence, KnowledgeMap, Node, SourceDocument, make_id, overall_assertion
from relext.graph.names import Naming, name_mentions

EQUIVALENCE = "equivalence"
DUPLICATE = "duplicate"  # states what another relation of the document states already
_QUOTE_CHARACTERS = 400

EdgeKey = tuple[str, str, str, str, str, str]  # source, label, target, assertion, that of the source, of the target


@dataclass(frozen=True, slots=True)
class GraphSettings:
    """Hold how a map is made.

    Attributes
    ----------
    events : bool
        Whether events' arguments are relations too.
    resources : tuple of str
        Terminologies, the preferred one first.
    min_support : int
        Least number of texts, and of cases, behind every cell.
    has_text : bool
        Quote the sentences around each relation.
    has_evidence : bool
        Say where each relation stands.
    """

    events: bool = False
    resources: tuple[str, ...] = ()
    min_support: int = 1
    has_text: bool = False
    has_evidence: bool = True


@dataclass(frozen=True, slots=True)
class _Origin:
    """Hold what a mention or relation is counted by: its text, its cases, its specialties."""

    text_hash: str
    cases: tuple[str, ...]
    specialties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Sightings:
    """Hold what was seen of each node and each edge."""

    mentions: defaultdict[tuple[str, ...], list[tuple[_Origin, Naming, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    relations: defaultdict[EdgeKey, list[tuple[_Origin, Evidence]]] = field(default_factory=lambda: defaultdict(list))


def gather_map(
    documents: Iterable[AlignedDocument],
    settings: GraphSettings,
    *,
    metadata: Mapping[str, Metadata] | None = None,
    is_symmetric: Callable[[str], bool] = lambda label: False,
) -> KnowledgeMap:
    """Return the map of all documents, small cells included."""
    seen, sources = _Sightings(), list[SourceDocument]()
    left_out, rejects = Counter[str](), list[Reject]()
    for aligned in documents:
        rejects += aligned.rejects
        if aligned.is_rejected:
            continue
        row = find_row(metadata or {}, aligned.document.doc_id) or Metadata()
        sources.append(SourceDocument(aligned.document.doc_id, aligned.document.text_hash, row.specialties))
        origin = _Origin(sources[-1].text_hash, row.patients or (sources[-1].text_hash,), row.specialties)
        left_out += _see_document(seen, aligned.document, origin, settings, is_symmetric)
    evidence = (each for rows in seen.relations.values() for _, each in rows)
    return KnowledgeMap(
        nodes=tuple(sorted((_make_node(key, rows) for key, rows in seen.mentions.items()), key=_node_order)),
        edges=tuple(
            sorted((_make_edge(key, rows, is_symmetric) for key, rows in seen.relations.items()), key=_edge_order)
        ),
        documents=tuple(sources),
        left_out=dict(sorted(left_out.items())),
        rejects=tuple(rejects),
        repeated=len(sources) - len({source.text_hash for source in sources}),
        has_text=settings.has_text,
        models=tuple(sorted({each.model for each in evidence if each.model})),
    )


def _node_order(node: Node) -> tuple[int, str, str]:
    return -node.mentions, node.name, node.id


def _edge_order(edge: Edge) -> tuple[int, str, str]:
    return -edge.support, edge.label, edge.id


def _see_document(
    seen: _Sightings,
    document: Document,
    origin: _Origin,
    settings: GraphSettings,
    is_symmetric: Callable[[str], bool],
) -> Counter[str]:
    """Add a document's mentions and relations to what was seen; return the causes of what no edge stands for."""
    names = name_mentions(document, resources=settings.resources)
    assertions = _read_assertions(document)
    for id, naming in names.items():
        seen.mentions[naming.key].append((origin, naming, assertions.get(id, PRESENT)))
    causes = Counter({EQUIVALENCE: len(document.equivalences)} if document.equivalences else ())
    suggestions = find_suggestions(document)
    sentences = segment_text(document.text) if settings.has_text else ()
    stated: set[tuple[str, ...]] = set()
    for relation in collect_relations(document, events=settings.events, equivalences=False):
        if relation.reach:
            causes[relation.reach] += 1
            continue
        if is_symmetric(relation.type):
            relation = _order_ends(relation, names, assertions)
        first, second = relation.arg1, relation.arg2
        if is_symmetric(relation.type):
            first, second = sorted((first, second))
        fact = (relation.type, first, second, assertions.get(relation.id, PRESENT))
        if fact in stated:
            causes[DUPLICATE] += 1
            continue
        stated.add(fact)
        evidence = _find_evidence(document, relation, suggestions.get(relation.id), sentences)
        seen.relations[_key_relation(relation, names, assertions)].append((origin, evidence))
    return causes


def _read_assertions(document: Document) -> dict[str, str]:
    """Return the assertion of each textbound and relation that has an attribute; an event's is its trigger's."""
    grouped: defaultdict[str, list[Attribute]] = defaultdict(list)
    for attribute in document.attributes:
        textbound = document.resolve(attribute.target)
        grouped[attribute.target if textbound is None else textbound.id].append(attribute)
    return {id: find_assertion(attributes) for id, attributes in grouped.items()}


def _node_id(naming: Naming) -> str:
    return make_id("n", *naming.key)


def _order_ends(relation: GoldRelation, names: Mapping[str, Naming], assertions: Mapping[str, str]) -> GoldRelation:
    """Return a symmetric relation with its ends in the order of their nodes."""
    ends = [(_node_id(names[end]), assertions.get(end, PRESENT)) for end in (relation.arg1, relation.arg2)]
    if ends == sorted(ends):
        return relation
    return GoldRelation(relation.id, relation.type, relation.arg2, relation.arg1)


def _key_relation(relation: GoldRelation, names: Mapping[str, Naming], assertions: Mapping[str, str]) -> EdgeKey:
    ends = [assertions.get(end, PRESENT) for end in (relation.arg1, relation.arg2)]
    own = overall_assertion(assertions.get(relation.id, PRESENT), ends)
    return _node_id(names[relation.arg1]), relation.type, _node_id(names[relation.arg2]), own, ends[0], ends[1]


def _find_evidence(
    document: Document, relation: GoldRelation, suggestion: Suggestion | None, sentences: Sequence[Span]
) -> Evidence:
    source, target = document.resolve(relation.arg1), document.resolve(relation.arg2)
    assert source is not None and target is not None  # a relation without a reach joins two textbounds
    extent = Span(min(source.start, target.start), max(source.end, target.end))
    return Evidence(
        doc_id=document.doc_id,
        relation_id=relation.id,
        source=source.sorted_fragments,
        target=target.sorted_fragments,
        probability=suggestion.probability if suggestion else None,
        model=suggestion.model if suggestion else "",
        quote=_quote(document.text, extent, sentences),
    )


def _quote(text: str, extent: Span, sentences: Sequence[Span]) -> str:
    """Return the sentences that an extent touches, cut off where they are long."""
    touched = [sentence for sentence in sentences if sentence.overlaps(extent)]
    if not touched:
        return ""
    words = " ".join(text[touched[0].start : touched[-1].end].split())
    return words if len(words) <= _QUOTE_CHARACTERS else words[: _QUOTE_CHARACTERS - 1] + "…"


def _make_node(key: tuple[str, ...], rows: Sequence[tuple[_Origin, Naming, str]]) -> Node:
    names = Counter(naming.preferred for _, naming, _ in rows if naming.preferred)
    forms = Counter(naming.form for _, naming, _ in rows)
    types = Counter(naming.type for _, naming, _ in rows)
    return Node(
        id=make_id("n", *key),
        name=_ranked(names or forms)[0],
        types=tuple(_ranked(types)),
        concept=rows[0][1].concept,
        lemma=rows[0][1].lemma,
        mentions=len(rows),
        assertions=_count_texts((origin, assertion) for origin, _, assertion in rows),
        **_count_origins(origin for origin, _, _ in rows),
    )


def _ranked(counts: Counter[str]) -> list[str]:
    return sorted(counts, key=lambda name: (-counts[name], name))


def _count_origins(origins: Iterable[_Origin]) -> dict[str, int]:
    distinct = set(origins)
    cases = {case for origin in distinct for case in origin.cases}
    return {"documents": len({origin.text_hash for origin in distinct}), "cases": len(cases)}


def _make_edge(key: EdgeKey, rows: Sequence[tuple[_Origin, Evidence]], is_symmetric: Callable[[str], bool]) -> Edge:
    source, label, target, assertion, source_assertion, target_assertion = key
    probabilities = [each.probability for _, each in rows if each.probability is not None]
    return Edge(
        id=make_id("e", *key),
        source=source,
        target=target,
        label=label,
        symmetric=is_symmetric(label),
        assertion=assertion,
        source_assertion=source_assertion,
        target_assertion=target_assertion,
        support=len(rows),
        predicted=len(probabilities),
        probability=fmean(probabilities) if probabilities else None,
        specialties=_count_texts((origin, name) for origin, _ in rows for name in origin.specialties),
        evidence=tuple(evidence for _, evidence in rows),
        **_count_origins(origin for origin, _ in rows),
    )


def _count_texts(rows: Iterable[tuple[_Origin, str]]) -> Counter[str]:
    """Count the distinct texts that each name goes with, names sorted."""
    texts = {(name, origin.text_hash) for origin, name in rows}
    return Counter(name for name, _ in sorted(texts))
