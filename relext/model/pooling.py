"""The words of a pair's sentences, pooled by where they stand: the largest of what each says at its distances from both
mentions.

In: word states, and pairs in rows that share their sentences. Out: one vector a pair. Where attention weighs words by
what a pair asks for, this tells "increases" left of both drugs from "increases" between them, a number of times over.

Examples
--------
>>> words, span = torch.tensor([[0, 1, 2, 3, 40]]), torch.tensor([[1, 3]])
>>> signed_distance(words, span).tolist()
[[-1, 0, 0, 1, 12]]

References
----------
Zeng et al., Relation classification via convolutional deep neural network, COLING 2014 (distances from both mentions,
and the largest of each feature over the words).
"""

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from relext.data import AttentionRows
from relext.model.attention import spread_spans

NEAR, FARTHEST = 8, 16  # distances up to the first count one by one, beyond it by doublings, two numbers each
LARGEST_BLOCK = 1 << 24  # numbers that are made at once, 64 MB: pairs times words times units of a long list are many


class PositionPooling(nn.Module):
    """Pool the words of each pair's sentences by their distances from its mentions.

    Parameters
    ----------
    word_size, size : int
        Of a word's state, and of what is pooled.
    """

    def __init__(self, word_size: int, size: int) -> None:
        super().__init__()
        self.words = nn.Linear(word_size, size)
        self.from_first = nn.Embedding(2 * FARTHEST + 1, size)
        self.from_second = nn.Embedding(2 * FARTHEST + 1, size)
        for distances in (self.from_first, self.from_second):
            nn.init.normal_(distances.weight, std=0.3)

    def forward(self, words: Tensor, *, rows: AttentionRows, spans: tuple[Tensor, Tensor]) -> Tensor:
        """Return what each pair reads.

        Parameters
        ----------
        words : Tensor, shape (words, W)
        rows : AttentionRows
        spans : pair of LongTensor, shape (pairs, 2)
            First word and end word of the first and of the second mention.

        Returns
        -------
        Tensor, shape (pairs, size)
            No number is below 0.
        """
        said = self.words(words)  # (W, D)
        mentions = (spread_spans(span, rows) for span in spans)  # (R, C, 2) each
        count = max(1, LARGEST_BLOCK // max(1, rows.pairs.shape[1] * rows.words.shape[1] * said.shape[1]))
        blocks = list(zip(*(torch.split(each, count) for each in (rows.words, rows.mask, *mentions)), strict=True))
        if len(blocks) == 1 or not torch.is_grad_enabled():
            pooled = [self._pool(said, *block) for block in blocks]
        else:  # a block is read anew in the backward pass, so that memory holds one of them
            pooled = [
                checkpoint(self._pool, said, *block, use_reentrant=False, preserve_rng_state=False) for block in blocks
            ]
        return torch.cat(pooled).flatten(0, 1).index_select(0, rows.slots)  # (P, D)

    def _pool(self, said: Tensor, words: Tensor, mask: Tensor, first: Tensor, second: Tensor) -> Tensor:
        """Return what the pairs of some rows read, shape (rows, pairs, size)."""
        heard = nn.functional.embedding(words, said).unsqueeze(1)  # (R, 1, T, D)
        for mentions, distances in ((first, self.from_first), (second, self.from_second)):
            heard = heard + distances(signed_distance(words.unsqueeze(1), mentions) + FARTHEST)  # (R, C, T, D)
        return torch.relu(heard.masked_fill(~mask[:, None, :, None], 0.0).amax(2))  # (R, C, D)


def signed_distance(words: Tensor, spans: Tensor) -> Tensor:
    """Return how far words stand from spans: 0 inside, below 0 before, above 0 behind; far ones by doublings.

    Parameters
    ----------
    words : LongTensor, shape (..., words)
    spans : LongTensor, shape (..., 2)
        First word and end word.

    Returns
    -------
    LongTensor, shape (..., words)
        From -16 to 16.
    """
    behind = (words - spans[..., 1:] + 1).clamp(min=0)
    distance = torch.where(words < spans[..., :1], words - spans[..., :1], behind)
    size = distance.abs()
    doublings = ((size + 1) / NEAR).log2().floor().long()
    return distance.sign() * torch.where(size < NEAR, size, NEAR + 2 * doublings).clamp(max=FARTHEST)
