"""What does not change is read once: the states that frozen layers give for a window, and a whole encoder at rest.

In: windowed documents and an encoder whose lower layers, or all, are frozen, or which rests for some epochs. Out: the
same documents, their windows with these states, so that a step reads on from there. Marked copies, many times the text,
are left as they are.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from relext.data import TaggedDocument, WindowedDocument, WindowGroup, group_windows
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
    if not encoder.can_begin:
        return tuple(documents)
    return _keep(documents, encoder, encoder.begin, size=size, pad_id=pad_id, is_read=encoder.is_frozen)


def keep_resting_states(documents: Sequence[Laid], encoder: Encoder, *, size: int, pad_id: int) -> tuple[Laid, ...]:
    """Return documents whose windows hold what the whole encoder gives as it stands: for epochs in which it rests."""
    return _keep(documents, encoder, torch.no_grad()(encoder.read), size=size, pad_id=pad_id, is_read=True)


def _keep(
    documents: Sequence[Laid],
    encoder: Encoder,
    read: Callable[[WindowGroup], Tensor],
    *,
    size: int,
    pad_id: int,
    is_read: bool,
) -> tuple[Laid, ...]:
    windows = [window for document in documents for window in document.windows]
    if not windows or 4 * size * sum(window.size for window in windows) > MOST_BYTES:
        return tuple(documents)
    encoder.eval()
    order = sorted(range(len(windows)), key=lambda n: windows[n].size)
    clique = max(document.clique if isinstance(document, WindowedDocument) else 1 for document in documents)
    device = next(encoder.parameters()).device
    for start in range(0, len(order), ROWS_AT_ONCE):
        rows = order[start : start + ROWS_AT_ONCE]
        groups, places = group_windows([windows[n] for n in rows], pad_id, clique=clique)
        states = torch.cat([read(group.to(device)).cpu().flatten(0, 1) for group in groups])  # (tokens, E)
        for row, n in enumerate(rows):
            own = torch.from_numpy(places.of(np.full(windows[n].size, row), np.arange(windows[n].size)))
            windows[n] = replace(windows[n], states=states.index_select(0, own), is_read=is_read)
    waiting = iter(windows)
    return tuple(replace(d, windows=tuple(next(waiting) for _ in d.windows)) for d in documents)
