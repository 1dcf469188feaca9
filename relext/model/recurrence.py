"""Recurrent layers over packed sequences: sentences of words, documents of pairs.

In: items of all sequences in one tensor, and their `Packing`. Out: the states of both directions, item by item, without
a step spent on padding.
"""

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence

from relext.data import Packing


class Recurrence(nn.Module):
    """Read sequences in both directions.

    Parameters
    ----------
    kind : str
        "gru", "lstm", or "none": a plain layer that sees each item alone.
    size : int
        Size of an item.
    hidden : int
        Units a direction; a state has twice as many.
    """

    def __init__(self, kind: str, size: int, hidden: int) -> None:
        super().__init__()
        layers = {"gru": nn.GRU, "lstm": nn.LSTM}
        self.layer = layers[kind](size, hidden, bidirectional=True) if kind in layers else None
        self.plain = nn.Linear(size, 2 * hidden) if self.layer is None else None

    def forward(self, items: Tensor, packing: Packing) -> Tensor:
        """Return the state of each item.

        Parameters
        ----------
        items : Tensor, shape (items, size)
        packing : Packing

        Returns
        -------
        Tensor, shape (items, 2 * hidden)
        """
        if self.plain is not None:
            return torch.tanh(self.plain(items))
        assert self.layer is not None  # one of the two is made
        packed = PackedSequence(items.index_select(0, packing.order), packing.sizes)
        states: PackedSequence = self.layer(packed)[0]
        return states.data.index_select(0, packing.inverse)  # (N, 2H)
