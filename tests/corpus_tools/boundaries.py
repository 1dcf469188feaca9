"""Segment boundaries as sets, for the tests and the benchmark: where a segment ends, in characters that are not blank.

Counting only such characters makes the boundaries of a text comparable with those of the same text wrapped otherwise.
"""

from collections.abc import Iterable
from itertools import accumulate
from pathlib import Path

from corpus_tools.standoff import Span

MARK = "‖"


def read_segmented_notes(path: Path) -> dict[str, tuple[str, list[Span]]]:
    """Return each note of a file in the format of `segmented_notes.txt`: its text and the segments marked in it."""
    notes = path.read_text(encoding="utf-8").split("\n=== ")[1:]
    return {name: _parse_note(body) for name, _, body in (note.partition("\n") for note in notes)}


def _parse_note(body: str) -> tuple[str, list[Span]]:
    text, spans = "", []
    for part in body.split(MARK):
        start = len(text) + len(part) - len(part.lstrip())
        text += part
        if part.strip():
            spans.append(Span(start, len(text)))
    return text, spans


def find_ends(text: str, spans: Iterable[Span]) -> set[int]:
    """Return how many characters that are not white space stand before each segment's end."""
    count = list(accumulate(not character.isspace() for character in text))
    return {count[span.end - 1] for span in spans}


def score_boundaries(gold: set[tuple[str, int]], found: set[tuple[str, int]]) -> float:
    """Return the F1 of (document, end) pairs: 2 · shared / (gold + found)."""
    return 2 * len(gold & found) / (len(gold) + len(found))
