"""Offsets there and back between a text and what cleaning left of it.

In: which runs of characters survived, and where. Out: `OffsetMap`, which moves any span either way in O(log n).

Examples
--------
>>> offsets = OffsetMap.without([Span(3, 5)], length=9)  # "abc\\r\\ndefg" without its line end
>>> offsets.to_clean(Span(1, 6)), offsets.to_source(Span(1, 4))
(Span(start=1, end=4), Span(start=1, end=6))
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter

from corpus_tools.standoff import Span


@dataclass(frozen=True, slots=True)
class Piece:
    """Hold a run of `length` characters that stands at `source` in one text and at `clean` in the other."""

    source: int
    clean: int
    length: int

    @property
    def source_end(self) -> int:
        """Return the end of the run in the source text."""
        return self.source + self.length

    @property
    def clean_end(self) -> int:
        """Return the end of the run in the clean text."""
        return self.clean + self.length


_SOURCE, _SOURCE_END, _CLEAN = attrgetter("source"), attrgetter("source_end"), attrgetter("clean")


@dataclass(frozen=True, slots=True)
class OffsetMap:
    """Hold the kept runs in text order: a one-to-one map between the kept characters of two texts.

    A removed character lies in no piece; one that was replaced by another moves no offset. The pieces cover the
    clean text without gaps, so every clean span has a source span, and the reverse fails only for what was removed.
    """

    pieces: tuple[Piece, ...]

    @classmethod
    def without(cls, removed: Iterable[Span], *, length: int) -> "OffsetMap":
        """Return the map of a text of `length` characters that lost the spans `removed`, ordered and disjoint."""
        pieces, kept_from, clean = [], 0, 0
        for span in (*removed, Span(length, length)):
            if span.start > kept_from:
                pieces.append(Piece(kept_from, clean, span.start - kept_from))
                clean += span.start - kept_from
            kept_from = span.end
        return cls(tuple(pieces))

    @property
    def clean_length(self) -> int:
        """Return the length of the clean text."""
        return self.pieces[-1].clean_end if self.pieces else 0

    def to_clean(self, span: Span) -> Span | None:
        """Return where the kept characters of a source span stand in the clean text, None where none was kept."""
        first = bisect_right(self.pieces, span.start, key=_SOURCE_END)
        last = bisect_left(self.pieces, span.end, key=_SOURCE) - 1
        if first > last or span.start >= span.end:
            return None
        head, tail = self.pieces[first], self.pieces[last]
        start = head.clean + max(0, span.start - head.source)
        return Span(start, tail.clean + min(tail.length, span.end - tail.source))

    def to_source(self, span: Span) -> Span:
        """Return the source span from the first to the last character of a clean span, what was removed between too.

        An empty span becomes the empty span before the source character that stands there.
        """
        if not self.pieces:
            return Span(0, 0)
        head = self.pieces[max(0, bisect_right(self.pieces, span.start, key=_CLEAN) - 1)]
        start = head.source + span.start - head.clean
        if span.start >= span.end:
            return Span(start, start)
        tail = self.pieces[bisect_left(self.pieces, span.end, key=_CLEAN) - 1]
        return Span(start, tail.source + span.end - tail.clean)

    def then(self, other: "OffsetMap") -> "OffsetMap":
        """Return the map from this map's source to the clean text of `other`, whose source is our clean text."""
        pieces: list[Piece] = []
        ours = 0
        for piece in other.pieces:
            position = piece.source
            while position < piece.source_end:
                while self.pieces[ours].clean_end <= position:
                    ours += 1
                run = self.pieces[ours]
                length = min(run.clean_end, piece.source_end) - position
                pieces.append(Piece(run.source + position - run.clean, piece.clean + position - piece.source, length))
                position += length
        return OffsetMap(tuple(pieces))
