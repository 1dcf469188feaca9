"""Windows of like length padded together: the rows of tokens that the encoder reads at once.

In: `Window`s. Out: `WindowGroup`s, and `TokenPlaces`, which says where each token comes to lie.

Examples
--------
>>> groups, places = group_windows([Window((5, 6, 7)), Window((8,))], 0)
>>> [group.token_ids.tolist() for group in groups]
[[[5, 6, 7]], [[8]]]
>>> places.of(np.array([0, 1]), np.array([2, 0])).tolist()
[2, 3]
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from relext.data.packing import Integers, Window

LIKE_LENGTH = 0.75  # windows down to this share of the longest are encoded together


@dataclass(frozen=True, slots=True)
class Moved:
    """Hold tensors, and tuples of such, that go to a device together."""

    def to(self, device: torch.device) -> Self:
        """Return the same on a device; what stays on the processor by design (`sizes`) stays there."""
        return replace(
            self, **{each.name: _moved(getattr(self, each.name), each.name, device) for each in fields(self)}
        )


def _moved(value: Any, name: str, device: torch.device) -> Any:
    if isinstance(value, Tensor) and name != "sizes":
        return value.to(device, non_blocking=True)
    if isinstance(value, Moved):
        return value.to(device)
    return tuple(_moved(item, "", device) for item in value) if isinstance(value, tuple) else value


@dataclass(frozen=True, slots=True)
class WindowGroup(Moved):
    """Hold windows of like length.

    Attributes
    ----------
    token_ids : LongTensor, shape (windows, tokens + markers)
        In each row the tokens first, then its levitated markers, both padded.
    mask : BoolTensor, shape (windows, tokens + markers)
        True on what exists.
    positions : LongTensor, shape (windows, tokens + markers), or None
        None where there are no levitated markers.
    tokens : int
    clique : int
        As many levitated markers in turn read each other.
    states : Tensor, shape (windows, tokens + markers, E), or None
        What frozen layers give, where they have been run.
    is_read : bool
        Whether that is what the whole encoder gives.
    """

    token_ids: Tensor
    mask: Tensor
    positions: Tensor | None
    tokens: int
    clique: int
    states: Tensor | None = None
    is_read: bool = False


@dataclass(frozen=True, slots=True)
class TokenPlaces:
    """Say where the tokens of windows lie once all groups are flattened and joined, padding counted.

    Attributes
    ----------
    starts, lengths, marker_starts : Integers, shape (windows,)
        Place of its first token, how many tokens it has, place of its first levitated marker.
    """

    starts: Integers
    lengths: Integers
    marker_starts: Integers

    def of(self, windows: Integers, tokens: Integers) -> Integers:
        """Return the places of tokens of windows; what counts on after the tokens is a levitated marker."""
        beyond = tokens - self.lengths[windows]
        return np.where(beyond < 0, self.starts[windows] + tokens, self.marker_starts[windows] + beyond)


def group_windows(
    windows: Sequence[Window], pad_id: int, *, clique: int = 1, most_tokens: int | None = None
) -> tuple[tuple[WindowGroup, ...], TokenPlaces]:
    """Pad windows of like length together, at most `most_tokens` in a group; return also where their tokens lie."""
    groups = _like_windows(windows, most_tokens=most_tokens)
    places = TokenPlaces(*np.zeros((3, len(windows)), dtype=np.int64))
    made, total = [], 0
    for group in groups:
        tokens = max(len(windows[n].token_ids) for n in group)
        width = tokens + max(len(windows[n].marker_ids) for n in group)
        for row, n in enumerate(group):
            start = total + row * width
            places.starts[n], places.lengths[n] = start, len(windows[n].token_ids)
            places.marker_starts[n] = start + tokens
        made.append(_pad_group([windows[n] for n in group], (tokens, width), pad_id=pad_id, clique=clique))
        total += len(group) * width
    return tuple(made), places


def _like_windows(windows: Sequence[Window], *, most_tokens: int | None) -> list[list[int]]:
    """Return the windows of each group, the longest first: padding takes at most a quarter of any row."""
    groups: list[list[int]] = []
    tokens = markers = 0
    for n in sorted(range(len(windows)), key=lambda n: -windows[n].size):
        widest = max(tokens, len(windows[n].token_ids)) + max(markers, len(windows[n].marker_ids))
        is_like = bool(groups) and windows[n].size >= LIKE_LENGTH * widest
        if not is_like or (most_tokens and widest * (len(groups[-1]) + 1) > most_tokens):
            groups.append([])
            tokens = markers = 0
        groups[-1].append(n)
        tokens = max(tokens, len(windows[n].token_ids))
        markers = max(markers, len(windows[n].marker_ids))
    return groups


def _pad_group(windows: Sequence[Window], widths: tuple[int, int], *, pad_id: int, clique: int) -> WindowGroup:
    tokens, width = widths
    grid = np.full((len(windows), width), pad_id, dtype=np.int64)
    mask = np.zeros((len(windows), width), dtype=bool)
    positions = np.zeros((len(windows), width), dtype=np.int64)
    positions[:, :tokens] = np.arange(tokens)
    for row, window in enumerate(windows):
        for start, ids in ((0, window.token_ids), (tokens, window.marker_ids)):
            grid[row, start : start + len(ids)] = ids
            mask[row, start : start + len(ids)] = True
        positions[row, tokens : tokens + len(window.marker_ids)] = window.marker_positions
    return WindowGroup(
        token_ids=torch.from_numpy(grid),
        mask=torch.from_numpy(mask),
        positions=torch.from_numpy(positions) if width > tokens else None,
        tokens=tokens,
        clique=clique,
        states=_pad_states(windows, widths) if windows[0].states is not None else None,
        is_read=windows[0].is_read,
    )


def _pad_states(windows: Sequence[Window], widths: tuple[int, int]) -> Tensor:
    tokens, width = widths
    known = [window.states for window in windows if window.states is not None]
    padded = known[0].new_zeros(len(windows), width, known[0].shape[1])
    for row, (window, states) in enumerate(zip(windows, known, strict=True)):
        count = len(window.token_ids)
        padded[row, :count] = states[:count]
        padded[row, tokens : tokens + len(window.marker_ids)] = states[count:]
    return padded
