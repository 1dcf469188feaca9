"""What the encoder reads in one row: whole sentences packed into windows, and where their words lie in these.

In: the subwords of a document's segments. Out: `Window`s, and the rows of sentences and words.

Examples
--------
>>> [(unit.start, unit.end) for unit in cut_units([4, 9], capacity=6)]
[(0, 4), (0, 6), (6, 9)]
>>> pack_units([4, 6, 3], capacity=10)
[(0, 2), (2, 3)]
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from relext.data.subwords import Subwords, SubwordTokenizer

Integers: TypeAlias = NDArray[np.int64]

FRAME = 2  # the tokens that open and close a window


@dataclass(frozen=True, slots=True)
class Unit:
    """Hold a sentence, or a piece of one that is too long: `start` and `end` are positions in the sentence's tokens."""

    segment: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Window:
    """Hold what the encoder reads in one row.

    Attributes
    ----------
    token_ids : tuple of int
        Its tokens, frame and solid markers included.
    marker_ids, marker_positions : tuple of int
        Levitated markers: each stands at the position of a token, reads the tokens, and is read by none of them.
    states : Tensor, shape (size, E), or None
        What the frozen layers of an encoder give for both, where they have been run.
    is_read : bool
        Whether that is what the whole encoder gives.
    """

    token_ids: tuple[int, ...]
    marker_ids: tuple[int, ...] = ()
    marker_positions: tuple[int, ...] = ()
    states: Tensor | None = field(default=None, compare=False, repr=False)
    is_read: bool = field(default=False, compare=False, repr=False)

    @property
    def size(self) -> int:
        """Return how many tokens and levitated markers it holds."""
        return len(self.token_ids) + len(self.marker_ids)


def cut_units(lengths: Sequence[int], *, capacity: int) -> list[Unit]:
    """Return one unit a sentence of `lengths` tokens, several where it exceeds the capacity."""
    return [
        Unit(segment, start, min(start + capacity, length))
        for segment, length in enumerate(lengths)
        for start in range(0, max(1, length), capacity)
    ]


def pack_units(lengths: Sequence[int], *, capacity: int, most: int = 0) -> list[tuple[int, int]]:
    """Pack neighbouring units into the fewest windows, of like length, and return (first, end) of each.

    A window holds at most `most` units, any number for 0.

    Examples
    --------
    >>> pack_units([4, 6, 3], capacity=100, most=2)
    [(0, 2), (2, 3)]
    """
    target = sum(lengths) / max(1, -(-sum(lengths) // capacity))
    packed, start, held = [], 0, 0
    for n, length in enumerate(lengths):
        if n > start and (held + length > capacity or held >= target or n - start == most):
            packed.append((start, n))
            start, held = n, 0
        held += length
    return [*packed, (start, len(lengths))]


def make_windows(
    subwords: Sequence[Subwords],
    used: Sequence[int],
    tokenizer: SubwordTokenizer,
    *,
    capacity: int,
    context: int,
    sentences: int = 0,
) -> tuple[tuple[Window, ...], dict[tuple[int, int], tuple[int, int]]]:
    """Return the windows that own a used sentence, and (window, offset) of each unit by (segment, its first token).

    A window owns at most `sentences` of them, any number for 0.
    """
    units = cut_units([len(segment.ids) for segment in subwords], capacity=capacity)
    lengths, needed = [unit.end - unit.start for unit in units], set(used)
    windows: list[Window] = []
    places: dict[tuple[int, int], tuple[int, int]] = {}
    for start, end in pack_units(lengths, capacity=capacity, most=sentences):
        if needed.isdisjoint(unit.segment for unit in units[start:end]):
            continue
        left, right = add_context(lengths, start, end, budget=context)
        ids = [tokenizer.start_id]
        for n in range(left, right):
            if start <= n < end:
                places[units[n].segment, units[n].start] = (len(windows), len(ids) - units[n].start)
            ids.extend(subwords[units[n].segment].ids[units[n].start : units[n].end])
        windows.append(Window((*ids, tokenizer.end_id)))
    return tuple(windows), places


def add_context(lengths: Sequence[int], start: int, end: int, *, budget: int) -> tuple[int, int]:
    """Widen a run of units by whole neighbours, left and right in turn, as long as the budget lasts."""
    is_open = {-1: True, 1: True}
    side = -1
    while any(is_open.values()):
        n = start - 1 if side < 0 else end
        is_open[side] = is_open[side] and 0 <= n < len(lengths) and lengths[n] <= budget
        if is_open[side]:
            budget -= lengths[n]
            start, end = (n, end) if side < 0 else (start, n + 1)
        side = -side
    return start, end


def lay_out_sentences(subwords: Sequence[Subwords], used: Sequence[int]) -> Integers:
    """Return the first word and the end word of each used sentence, words counted over these."""
    ends = np.cumsum([len(subwords[n].word_starts) for n in used])
    return np.stack([np.concatenate([[0], ends[:-1]]), ends], axis=1).astype(np.int64)


def lay_out_words(
    subwords: Sequence[Subwords], used: Sequence[int], places: dict[tuple[int, int], tuple[int, int]]
) -> Integers:
    """Return (window, first token, end token, 0) of each word of the used sentences."""
    rows = []
    for n in used:
        cuts = sorted(start for segment, start in places if segment == n)
        for start, end in subwords[n].word_tokens:
            cut = max(c for c in cuts if c <= start)
            end = min(end, min((c for c in cuts if c > start), default=end))
            window, offset = places[n, cut]
            rows.append((window, start + offset, max(end, start + 1) + offset, 0))
    return np.array(rows, dtype=np.int64).reshape(-1, 4)
