"""Invented notes for the tests of the knowledge map, and what is hostile in labels, names and ids."""

from collections.abc import Mapping
from pathlib import Path

from corpus_tools.assembly import Metadata
from corpus_tools.standoff import AlignedDocument
from relext.graph import GraphSettings, KnowledgeMap, gather_map
from tests.relext.literal_documents import read_literal

ASPIRIN = "Aspirin for chest pains."
#          0       8   12         23
ASPIRIN_LINES = ("T1  Drug 0 7  Aspirin", "T2  Sign 12 23  chest pains", "R1  treats Arg1:T1 Arg2:T2")
DENIED = "No chest pain on aspirin."
#         0  3          14 17
DENIED_LINES = (
    "T1  Sign 3 13  chest pain",
    "T2  Drug 17 24  aspirin",
    "A1  Assertion T1 absent",
    "R1  treats Arg1:T2 Arg2:T1",
)

HOSTILE_NAMES = (
    "<script>alert(1)</script>",
    '"><svg onload=alert(1)>',
    "javascript:alert(1)",
    "</script><img src=x onerror=alert(1)>",
    "{{7*7}}",
    "&#x3c;b&#x3e;",
    "=1+1",
    "@SUM(A1)",
    "]]>",
    "a;b",
    'it\'s \\ "so"',
    "esc\x1b[31mred",
    "\u202egnp",
)


def note(text: str, *lines: str, doc_id: str = "note") -> AlignedDocument:
    aligned = read_literal(text, *lines, doc_id=doc_id)
    assert not aligned.rejects, aligned.rejects
    return aligned


def draw(
    *documents: AlignedDocument, metadata: Mapping[str, Metadata] | None = None, symmetric: str = "", **settings: object
) -> KnowledgeMap:
    """Return the map of some documents."""
    chosen = GraphSettings(**settings)  # type: ignore[arg-type]
    return gather_map(documents, chosen, metadata=metadata, is_symmetric=lambda label: label == symmetric)


def two_notes() -> KnowledgeMap:
    """Return the map of a note that states that aspirin treats chest pain, and of one that denies the pain."""
    return draw(note(ASPIRIN, *ASPIRIN_LINES, doc_id="a"), note(DENIED, *DENIED_LINES, doc_id="ward/b"))


def hostile_document(doc_id: str = 'ward/<b>"x"&;') -> AlignedDocument:
    """Return a document in which each hostile name is a mention that the next one is related to."""
    text = " | ".join(HOSTILE_NAMES)
    starts = [text.index(name) for name in HOSTILE_NAMES]
    lines = [
        f"T{n}  Sign {start} {start + len(name)}  {name}"
        for n, (name, start) in enumerate(zip(HOSTILE_NAMES, starts, strict=True), start=1)
    ]
    lines += [f"R{n}  has\"it'&{n} Arg1:T{n} Arg2:T{n + 1}" for n in range(1, len(HOSTILE_NAMES))]
    return note(text, *lines, doc_id=doc_id)


def write_notes(folder: Path, notes: Mapping[str, tuple[str, tuple[str, ...]]]) -> Path:
    """Write a brat folder."""
    for doc_id, (text, lines) in notes.items():
        path = folder / doc_id
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name(path.name + ".txt").write_bytes(text.encode())
        ann = "".join("\t".join(line.split("  ")) + "\n" for line in lines)
        path.with_name(path.name + ".ann").write_bytes(ann.encode())
    return folder
