"""The nouns of a knowledge map: nodes, edges, the evidence of each edge, and the account of what the map leaves out.

In: nothing is read here; `relext.graph.gathering` makes these values. Out: `KnowledgeMap`, in a stable order.

An edge's key holds the assertion: what is denied of a patient stands on another edge than what is stated.

Examples
--------
>>> overall_assertion("present", ("present", "absent"))
'absent'
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from corpus_tools.sentences import PRESENT
from corpus_tools.standoff import Reject, Span
from corpus_tools.storage import hash_text

# From what undoes a statement most to what undoes it least; a value that nobody foresaw weighs as the first.
_WEIGHTS = ("absent", "hypothetical", "conditional", "possible", "family", "historical", PRESENT)
_ID_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Evidence:
    """Hold where one relation of the source stands.

    Attributes
    ----------
    relation_id : str
        The id in the `.ann`.
    source, target : tuple of Span, characters of the source text
        Where the two mentions stand, in the direction of the edge.
    probability : float or None
        None for a relation that no model suggested.
    model : str
        "" for a relation that no model suggested.
    quote : str
        The sentences around; empty unless clinical text was asked for.
    """

    doc_id: str
    relation_id: str
    source: tuple[Span, ...]
    target: tuple[Span, ...]
    probability: float | None = None
    model: str = ""
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Node:
    """Hold a concept, or a lemma of one type where no concept is known.

    Attributes
    ----------
    name : str
        The terminology's name of a concept where the N lines give one, else the commonest form in the texts.
    types : tuple of str
        Types of its mentions, the commonest first; a lemma has one.
    concept : str
        "RESOURCE:IDENTIFIER" of the N lines, or "".
    lemma : str
        What the node was merged by, where it has no concept.
    documents : int
        Distinct texts.
    cases : int
        Distinct patients where the metadata names them, else distinct texts.
    assertions : Counter of str
        Distinct texts by assertion.
    """

    id: str
    name: str
    types: tuple[str, ...]
    concept: str
    lemma: str
    mentions: int
    documents: int
    cases: int
    assertions: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Edge:
    """Hold what relations of one label and one assertion say of two nodes.

    Attributes
    ----------
    source, target : str
        Ids of nodes; those of a symmetric label stand in the order of ids.
    symmetric : bool
        Whether the label holds in both directions.
    assertion : str
        The strongest reservation among the relation's own assertion and those of its two mentions.
    source_assertion, target_assertion : str
        Those of the mentions.
    support : int
        Relations in the source, each counted.
    documents, cases : int
        As of a node.
    predicted : int
        How many of the relations a model suggested.
    probability : float or None
        Mean over these; None where there is none.
    specialties : Counter of str
        Distinct texts by specialty.
    """

    id: str
    source: str
    target: str
    label: str
    symmetric: bool
    assertion: str
    source_assertion: str
    target_assertion: str
    support: int
    documents: int
    cases: int
    predicted: int
    probability: float | None
    specialties: Counter[str]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """Hold what provenance says of a document: its id, the SHA-256 of its text, its specialties."""

    doc_id: str
    text_hash: str
    specialties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KnowledgeMap:
    """Hold a map.

    Attributes
    ----------
    left_out : mapping of str to int
        Cause -> annotations of the source that no edge stands for.
    rejects : tuple of Reject
        Lines and files that were not read.
    repeated : int
        Documents whose text another document has too, as where annotators' folders lie side by side.
    min_support : int
        The least number of texts and of cases behind every cell of the map.
    small_nodes, small_edges : int
        How many were left out for having fewer.
    has_text, has_evidence : bool
        Whether evidence quotes clinical text, and whether there is any.
    models : tuple of str
        Who suggested relations, sorted.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    documents: tuple[SourceDocument, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)
    rejects: tuple[Reject, ...] = ()
    repeated: int = 0
    min_support: int = 1
    small_nodes: int = 0
    small_edges: int = 0
    has_text: bool = False
    has_evidence: bool = True
    models: tuple[str, ...] = ()

    @property
    def reject_codes(self) -> dict[str, int]:
        """Return how many lines or files were not read, by code, sorted."""
        return dict(sorted(Counter(reject.code for reject in self.rejects).items()))

    def count(self) -> dict[str, int]:
        """Return the numbers that a summary prints."""
        return {
            "documents": len(self.documents),
            "nodes": len(self.nodes),
            "edges": len(self.edges),
            "relations": sum(edge.support for edge in self.edges),
            "predicted_relations": sum(edge.predicted for edge in self.edges),
            "documents_with_the_text_of_another": self.repeated,
            "small_nodes_left_out": self.small_nodes,
            "small_edges_left_out": self.small_edges,
        }


def make_id(letter: str, *parts: str) -> str:
    """Return a short id that depends on the parts alone; the letter keeps nodes and edges apart."""
    return f"{letter}{hash_text(chr(31).join(parts))[:_ID_DIGITS]}"


def overall_assertion(own: str, ends: Iterable[str]) -> str:
    """Return the strongest reservation among a relation's own assertion and those of its mentions."""
    return min((own, *ends), key=lambda value: _WEIGHTS.index(value) if value in _WEIGHTS else -1)
