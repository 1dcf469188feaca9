"""What a model says of an annotation that it suggests: the text of its note, written and read back.

A suggestion carries a note of the type `AnnotatorNotes`, which brat shows and which is legal on relations (brat refuses
attributes there). It stays with an annotation that a person keeps, and goes with one that a person deletes.

Examples
--------
>>> format_suggestion(0.91234, "demo@1f0c")
'probability 0.912; model demo@1f0c'
>>> parse_suggestion("probability 0.912; model demo@1f0c")
Suggestion(probability=0.912, model='demo@1f0c')
"""

import re
from dataclasses import dataclass

from corpus_tools.standoff.document import Document

NOTE_TYPE = "AnnotatorNotes"
_SUGGESTION = re.compile(r"probability (0\.[0-9]{3}|1\.000); model (\S+)")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Hold who suggested an annotation, and how sure it was."""

    probability: float
    model: str


def format_suggestion(probability: float, model: str) -> str:
    """Format the text of a note; blanks in the model's name become hyphens."""
    name = re.sub(r"\s+", "-", model) or "unnamed"
    return f"probability {probability:.3f}; model {name}"


def parse_suggestion(text: str) -> Suggestion | None:
    """Parse the text of a note that `format_suggestion` made; None for any other note."""
    match = _SUGGESTION.fullmatch(text.strip())
    return Suggestion(float(match[1]), match[2]) if match else None


def find_suggestions(document: Document) -> dict[str, Suggestion]:
    """Return the suggestions among a document's notes by the id of what they speak of; the first note counts."""
    found: dict[str, Suggestion] = {}
    for note in document.notes:
        suggestion = parse_suggestion(note.text) if note.type == NOTE_TYPE else None
        if suggestion is not None:
            found.setdefault(note.target, suggestion)
    return found
