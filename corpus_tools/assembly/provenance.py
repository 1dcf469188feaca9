"""How a document was annotated, as one text: by whom, and whether from a model's suggestions.

Examples
--------
>>> join_provenance("double", "pre-annotated")
'double; pre-annotated'
>>> split_provenance("double; pre-annotated")
('double', 'pre-annotated')
"""

from corpus_tools.assembly.tables import UNSTATED
from corpus_tools.standoff import AIDS

KINDS = ("single", "double", "adjudicated", UNSTATED)


def join_provenance(kind: str, aid: str) -> str:
    """Return how a document was annotated and what it was annotated from, as one text; an aid of "" adds nothing."""
    return f"{kind}; {aid}" if aid else kind


def split_provenance(provenance: str) -> tuple[str, str]:
    """Return what `join_provenance` was given: the kind, and the aid or "" where nobody knows."""
    kind, _, aid = provenance.partition("; ")
    return kind, aid


def parse_provenance(cell: str) -> str | None:
    """Return a cell of a metadata file as `join_provenance` writes it; None where it holds an unknown word."""
    parts = [part.strip() for part in cell.lower().split(";") if part.strip()]
    kinds = [part for part in parts if part in KINDS] or [UNSTATED]
    aids = [part for part in parts if part in AIDS] or [""]
    is_known = len(parts) <= 2 and all(part in (*KINDS, *AIDS) for part in parts) and len(kinds) == len(aids) == 1
    return join_provenance(kinds[0], aids[0]) if is_known else None
