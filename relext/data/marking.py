"""Markers around the mentions of pairs: which tokens they are, and in which rows of the encoder they stand.

In: a document's windows, words, mentions and pairs. Out: `Marks`, the windows with their markers, the marked copies of
sentences, and where the four markers of each pair stand: around its first mention and around its second.

================  ======================================================================================
`levitated`       in the windows, four a pair: they share the positions of the mention's outer tokens,
                  read the text and each other, and the text doesn't read them
`first`           a copy of the sentences for each first mention, solid markers around it, which the text
                  reads, and levitated ones, two a partner
`pair`            a copy of the sentences for each pair, solid markers around both mentions
================  ======================================================================================

A copy that would be longer than a window keeps the tokens nearest to its mentions, so that no marker is ever lost.

Examples
--------
>>> keep_nearest(9, anchors=[1, 7], room=5).tolist()
[0, 1, 2, 6, 7]

References
----------
Zhou and Chen, An improved baseline for sentence-level relation extraction, AACL 2022 (typed markers). Zhong and Chen, A
frustratingly easy approach for entity and relation extraction, NAACL 2021 (markers that share positions). Ye et al.,
Packed levitated marker for entity and relation extraction, ACL 2022 (a solid first mention, levitated partners).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from corpus_tools.sentences import CandidatePair
from relext.data.labels import LabelScheme
from relext.data.packing import Integers, Window, add_context
from relext.data.subwords import Subwords, SubwordTokenizer

LEVITATED, FIRST, PAIR = "levitated", "first", "pair"
CLIQUES = {LEVITATED: 4, FIRST: 2, PAIR: 1}  # levitated markers that read each other
_NAMES = ("start of first", "end of first", "start of second", "end of second")


@dataclass(frozen=True, slots=True)
class Markers:
    """Say how pairs are marked: four markers a type, whose ids follow those of the encoder's own tokens."""

    marking: str
    first_id: int

    def around(self, mention: "MentionTokens", *, is_second: bool) -> tuple[int, int]:
        """Return the ids that open and close a mention as the first or the second of a pair."""
        opening = self.first_id + len(_NAMES) * mention.type_row + 2 * is_second
        return opening, opening + 1


def make_markers(marking: str, scheme: LabelScheme, *, vocabulary: int) -> Markers | None:
    """Return the markers of an encoder whose `vocabulary` ends in them, or None where pairs are not marked."""
    return None if marking == "none" else Markers(marking, vocabulary - len(name_markers(scheme)))


def name_markers(scheme: LabelScheme) -> list[str]:
    """Return what each marker says, in the order of their ids: four for a mention of no known type, four a type."""
    return [f"{name} {kind}" for kind in ("entity", *scheme.types) for name in _NAMES]


@dataclass(frozen=True, slots=True)
class MentionTokens:
    """Hold where a mention's tokens lie: `start` and `end` among those of its segment, `first` and `last` in a window.

    A mention cut by the end of its window is held as far as the window reaches.
    """

    type_row: int
    segment: int
    start: int
    end: int
    window: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Marks:
    """Hold the rows in which pairs are marked.

    Attributes
    ----------
    windows : tuple of Window
        The document's windows, levitated markers added.
    copies : tuple of Window
    markers : Integers, shape (pairs, 6)
        Row and places of the markers that open and close the first mention, then the same of the second. A row is a
        copy, or a window where there are no copies; the place of a levitated marker counts on after the tokens.
    """

    windows: tuple[Window, ...]
    copies: tuple[Window, ...]
    markers: Integers


@dataclass(frozen=True, slots=True)
class MarkedDocument:
    """Hold what the marking of a document's pairs reads.

    Attributes
    ----------
    ends : sequence of (int, int)
        First and second mention of each candidate pair.
    capacity, context : int, tokens
        Most tokens of a row without its frame; of these most for whole neighbouring sentences.
    """

    windows: tuple[Window, ...]
    subwords: Sequence[Subwords]
    mentions: Sequence[MentionTokens]
    candidates: Sequence[CandidatePair]
    ends: Sequence[tuple[int, int]]
    tokenizer: SubwordTokenizer
    capacity: int
    context: int

    def ends_of_pairs(self) -> list[tuple[MentionTokens, MentionTokens]]:
        """Return the first and the second mention of each pair."""
        return [(self.mentions[first], self.mentions[second]) for first, second in self.ends]


def lay_out_marks(document: MarkedDocument, markers: Markers) -> Marks:
    """Mark the pairs of a document."""
    if markers.marking == LEVITATED:
        return _levitate(document, markers)
    grouped = _group_pairs(document, markers)
    copies = [_copy(document, markers, pairs) for pairs in grouped]
    places = [_join(n, *ends) for n, (_, found) in enumerate(copies) for ends in found]
    return Marks(document.windows, tuple(row for row, _ in copies), np.array(places, dtype=np.int64))


def _join(row: int, first: "Edges", second: "Edges") -> tuple[int, ...]:
    return row, *first, row, *second


def _levitate(document: MarkedDocument, markers: Markers) -> Marks:
    """Let four markers a pair levitate over its window; a pair that lies in two windows has a row of its own."""
    windows, places = list(document.windows), []
    rows: list[list[tuple[int, int]]] = [[] for _ in windows]
    for n, (first, second) in enumerate(document.ends_of_pairs()):
        if first.window != second.window:
            row, found = _copy(document, markers, [n])
            places.append(_join(len(windows), *found[0]))
            windows.append(row)
            continue
        place = len(windows[first.window].token_ids) + len(rows[first.window])
        rows[first.window] += zip(markers.around(first, is_second=False), (first.first, first.last), strict=True)
        rows[first.window] += zip(markers.around(second, is_second=True), (second.first, second.last), strict=True)
        places.append(_join(first.window, (place, place + 1), (place + 2, place + 3)))
    marked = [_with_markers(window, row) for window, row in zip(document.windows, rows, strict=True)]
    return Marks((*marked, *windows[len(marked) :]), (), np.array(places, dtype=np.int64))


def _with_markers(window: Window, levitated: Sequence[tuple[int, int]]) -> Window:
    """Return a window with levitated markers, each (id, position)."""
    ids, positions = zip(*levitated, strict=True) if levitated else ((), ())
    return replace(window, marker_ids=ids, marker_positions=positions)


def _group_pairs(document: MarkedDocument, markers: Markers) -> list[list[int]]:
    """Return the pairs of each copy: one, or all of a first mention, as many as a copy surely holds."""
    if markers.marking == PAIR:
        return [[n] for n in range(len(document.ends))]
    most = max(1, (document.capacity - 4) // 2)  # less two solid markers and the two tokens that they stand at
    runs = [list(run) for _, run in groupby(range(len(document.ends)), key=lambda n: document.ends[n][0])]
    return [run[start : start + most] for run in runs for start in range(0, len(run), most)]


def _copy(
    document: MarkedDocument, markers: Markers, pairs: Sequence[int]
) -> tuple[Window, list[tuple["Edges", "Edges"]]]:
    """Return a marked copy of the sentences of pairs, and where the markers of each pair stand in it."""
    ids, shifts = _read_sentences(document, pairs)
    ends = document.ends_of_pairs()
    first = _place(ends[pairs[0]][0], shifts, markers, is_second=False)
    seconds = [_place(ends[n][1], shifts, markers, is_second=True) for n in pairs]
    solid = {LEVITATED: [], FIRST: [first], PAIR: [first, *seconds]}[markers.marking]
    levitated = {LEVITATED: [first, *seconds], FIRST: seconds, PAIR: []}[markers.marking]
    row, found = mark_tokens(
        ids, solid=solid, levitated=levitated, tokenizer=document.tokenizer, room=document.capacity
    )
    return row, [(found[0], second) for second in found[1:]]


def _read_sentences(document: MarkedDocument, pairs: Sequence[int]) -> tuple[list[int], dict[int, int]]:
    """Return the tokens of the sentences that pairs touch, context included, and where each sentence begins in them."""
    segment = document.candidates[pairs[0]].segment
    last = segment + max(document.candidates[n].distance for n in pairs)
    lengths = [len(each.ids) for each in document.subwords]
    start, end = add_context(lengths, segment, last + 1, budget=document.context)
    begins = np.cumsum([0, *lengths[start:end]]).tolist()
    ids = [token for each in document.subwords[start:end] for token in each.ids]
    return ids, dict(zip(range(start, end), begins, strict=False))


Edges = tuple[int, int]  # where the marker that opens a mention stands, and the one that closes it


@dataclass(frozen=True, slots=True)
class MarkedSpan:
    """Hold a range of tokens and the ids of the markers around it."""

    start: int
    end: int
    opening: int
    closing: int


def _place(mention: MentionTokens, shifts: dict[int, int], markers: Markers, *, is_second: bool) -> MarkedSpan:
    shift = shifts[mention.segment]
    return MarkedSpan(mention.start + shift, mention.end + shift, *markers.around(mention, is_second=is_second))


def mark_tokens(
    ids: Sequence[int],
    *,
    solid: Sequence[MarkedSpan],
    levitated: Sequence[MarkedSpan],
    tokenizer: SubwordTokenizer,
    room: int,
) -> tuple[Window, list[Edges]]:
    """Return a row with markers around spans of its tokens, and where they stand: the solid ones first.

    Parameters
    ----------
    room : int, tokens
        Most tokens of the row without its frame, solid markers included; of a longer text those are kept that lie
        nearest to the outer tokens of the spans.
    """
    anchors = [edge for span in (*solid, *levitated) for edge in (span.start, max(span.start, span.end - 1))]
    kept = keep_nearest(len(ids), anchors=anchors, room=room - 2 * len(solid))
    row, places, edges = [tokenizer.start_id], [], _order_edges(solid)
    stands: dict[tuple[int, bool], int] = {}
    for token in (*kept.tolist(), len(ids)):
        while edges and edges[0][0] <= token:
            _, n, is_closing = edges.pop(0)
            stands[n, is_closing] = len(row)
            row.append(solid[n].closing if is_closing else solid[n].opening)
        places.append(len(row))
        row.append(ids[token] if token < len(ids) else tokenizer.end_id)
    found = [(stands[n, False], stands[n, True]) for n in range(len(solid))]
    for n in range(len(levitated)):
        found.append((len(row) + 2 * n, len(row) + 2 * n + 1))
    spots = [places[np.searchsorted(kept, anchor)] for anchor in anchors[2 * len(solid) :]]
    names = [name for span in levitated for name in (span.opening, span.closing)]
    return _with_markers(Window(tuple(row)), list(zip(names, spots, strict=True))), found


def _order_edges(spans: Sequence[MarkedSpan]) -> list[tuple[int, int, bool]]:
    """Return (token, span, whether it closes) in the order of standing: what nests stays nested."""
    opens = [((span.start, 1, -span.end, n), n, False) for n, span in enumerate(spans)]
    closes = [((span.end, 0, -span.start, -n), n, True) for n, span in enumerate(spans)]
    return [(key[0], n, is_closing) for key, n, is_closing in sorted((*opens, *closes))]


def keep_nearest(count: int, *, anchors: Sequence[int], room: int) -> Integers:
    """Return the positions, at most `room` of `count`, that lie nearest to an anchor, in their order."""
    if count <= room:
        return np.arange(count)
    distances = np.abs(np.arange(count)[:, None] - np.asarray(anchors)).min(1)
    return np.sort(np.argsort(distances, kind="stable")[:room])
