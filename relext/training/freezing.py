"""Frozen layers run once: what they give for a window is the same in every epoch.

In: windowed documents and an encoder whose lower layers, or all, are frozen. Out: the same documents, their windows
with the states that the frozen layers give, so that a step reads on from there. Marked copies, many times the text, are
left as they are.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
import torch

from relext.data import TaggedDocument, Window, WindowedDocument, group_windows
from relext.model import Encoder

MOST_BYTES = 4 << 30  # of states in memory; of a larger part none are kept
ROWS_AT_ONCE = 64

Laid = TypeVar("Laid", WindowedDocument, TaggedDocument)


def keep_frozen_states(documents: Sequence[Laid], encoder: Encoder, *, size: int, pad_id: int) -> tuple[Laid, ...]:
    """Return documents whose windows hold what the frozen layers give; the same ones where nothing is frozen.

    Parameters
    ----------
    size : int
        Size of the encoder's vectors.
    """
    windows = [window for document in documents for window in document.windows]
    if not windows or not encoder.can_begin or 4 * size * sum(window.size for window in windows) > MOST_BYTES:
        return tuple(documents)
    encoder.eval()
    order = sorted(range(len(windows)), key=lambda n: windows[n].size)
    clique = max(document.clique if isinstance(document, WindowedDocument) else 1 for document in documents)
    for start in range(0, len(order), ROWS_AT_ONCE):
        rows = order[start : start + ROWS_AT_ONCE]
        for n, window in zip(rows, _begin([windows[n] for n in rows], encoder, pad_id, clique), strict=True):
            windows[n] = window
    waiting = iter(windows)
    return tuple(replace(d, windows=tuple(next(waiting) for _ in d.windows)) for d in documents)


def _begin(windows: Sequence[Window], encoder: Encoder, pad_id: int, clique: int) -> list[Window]:
    """Return windows with their states."""
    groups, places = group_windows(windows, pad_id, clique=clique)
    device = next(encoder.parameters()).device
    states = torch.cat([encoder.begin(group.to(device)).cpu().flatten(0, 1) for group in groups])  # (tokens, E)
    own = [torch.from_numpy(places.of(np.full(row.size, n), np.arange(row.size))) for n, row in enumerate(windows)]
    return [replace(row, states=states.index_select(0, found)) for row, found in zip(windows, own, strict=True)]
