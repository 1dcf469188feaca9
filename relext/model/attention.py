"""Attention over the words of a sentence, asked by a pair, and over the pairs of a document.

In: word states and queries of pairs, laid out in rows that share their sentence. Out: one vector a pair, and for
explanations the weight of each word. A learnt bias tells the words before, inside, between and after the mentions
apart, so that a query need not find the mentions by their content.

Examples
--------
>>> words, first, second = torch.tensor([[[0, 1, 2, 3, 4]]]), torch.tensor([[[1, 2]]]), torch.tensor([[[3, 4]]])
>>> find_regions(words, first, second).tolist()
[[[0, 1, 2, 3, 4]]]

References
----------
Yang et al., Hierarchical attention networks, NAACL 2016; Vaswani et al., Attention is all you need, 2017.
"""

import math

import torch
from torch import Tensor, nn

from relext.data import AttentionRows

BEFORE, FIRST, BETWEEN, SECOND, AFTER = range(5)
REGIONS = 5


class WordAttention(nn.Module):
    """Attend over the words of each pair's sentences.

    Parameters
    ----------
    word_size, query_size : int
    heads : int
        Must divide `word_size`.
    mode : str
        "pair": the pair asks; "learnt": one learnt query asks for every pair; "none": all words count alike.
    """

    def __init__(self, word_size: int, query_size: int, *, heads: int = 1, mode: str = "pair", dropout: float = 0.0):
        super().__init__()
        self.heads, self.mode = heads, mode
        self.keys = nn.Linear(word_size, word_size, bias=False) if mode != "none" else None
        self.values = nn.Linear(word_size, word_size)
        self.queries = nn.Linear(query_size, word_size) if mode == "pair" else None
        self.learnt = nn.Parameter(torch.randn(word_size) * 0.02) if mode == "learnt" else None
        self.regions = nn.Parameter(torch.zeros(REGIONS, heads)) if mode == "pair" else None
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, words: Tensor, queries: Tensor, *, rows: AttentionRows, spans: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, Tensor]:
        """Return what each pair reads, and how much of each word.

        Parameters
        ----------
        words : Tensor, shape (words, W)
        queries : Tensor, shape (pairs, Q)
        rows : AttentionRows
        spans : pair of LongTensor, shape (pairs, 2)
            First word and end word of the first and of the second mention.

        Returns
        -------
        attended : Tensor, shape (pairs, W)
        weights : Tensor, shape (pairs, heads, longest sentence)
            Over the words of the pair's row; each head's add up to 1.
        """
        scores = self._score(words, queries, rows, spans)  # (R, C, h, T)
        scores = scores.masked_fill(~rows.mask[:, None, None, :], float("-inf"))
        weights = self.dropout(scores.softmax(3))  # (R, C, h, T)
        values = self._gather(self.values(words), rows)  # (R, T, h, d)
        attended = torch.einsum("rcht,rthd->rchd", weights, values)
        attended = attended.reshape(-1, words.shape[1]).index_select(0, rows.slots)  # (P, W)
        return attended, weights.flatten(0, 1).index_select(0, rows.slots)  # (P, h, T)

    def _score(self, words: Tensor, queries: Tensor, rows: AttentionRows, spans: tuple[Tensor, Tensor]) -> Tensor:
        count, pairs = rows.pairs.shape
        if self.keys is None:
            return words.new_zeros(count, pairs, self.heads, rows.words.shape[1])
        keys = self._gather(self.keys(words), rows)  # (R, T, h, d)
        asked = self._ask(queries, rows).view(count, pairs, self.heads, -1)  # (R, C, h, d)
        scores = torch.einsum("rchd,rthd->rcht", asked, keys) / math.sqrt(keys.shape[3])
        if self.regions is None:
            return scores
        first, second = (spread_spans(span, rows) for span in spans)
        regions = find_regions(rows.words[:, None, :], first, second)  # (R, C, T)
        return scores + nn.functional.embedding(regions, self.regions).transpose(2, 3)

    def _ask(self, queries: Tensor, rows: AttentionRows) -> Tensor:
        if self.queries is not None:
            asked: Tensor = self.queries(queries)
            return asked.index_select(0, rows.pairs.flatten())  # (R * C, W)
        assert self.learnt is not None  # one of the two modes that ask
        return self.learnt.expand(rows.pairs.numel(), -1)

    def _gather(self, words: Tensor, rows: AttentionRows) -> Tensor:
        """Return the words of each row, split by heads, shape (R, T, h, d)."""
        gathered = nn.functional.embedding(rows.words, words)  # (R, T, W)
        return gathered.view(*rows.words.shape, self.heads, -1)


def spread_spans(spans: Tensor, rows: AttentionRows) -> Tensor:
    """Return the span of one mention of each pair, shape (pairs, 2), by rows, shape (rows, pairs, 2)."""
    return spans.index_select(0, rows.pairs.flatten()).view(*rows.pairs.shape, 2)


def find_regions(words: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """Return where words lie in relation to two mentions; in an overlap the second mention wins.

    Parameters
    ----------
    words : LongTensor, shape (rows, 1 or pairs, words)
    first, second : LongTensor, shape (rows, pairs, 2)
        First word and end word of each mention.

    Returns
    -------
    LongTensor, shape (rows, pairs, words)
        0 before the first, 1 in the first, 2 between, 3 in the second, 4 after the second.
    """
    after_first = (words >= first[..., :1]).long() + (words >= first[..., 1:])  # (R, C, T), 0 to 2
    in_second = (words >= second[..., :1]) & (words < second[..., 1:])
    regions = torch.where(in_second, SECOND, after_first)
    return torch.where(words >= second[..., 1:], AFTER, regions)


class PairAttention(nn.Module):
    """Attend over the pairs of a document with one learnt query, for the document vector."""

    def __init__(self, size: int):
        super().__init__()
        self.hidden = nn.Linear(size, size)
        self.query = nn.Linear(size, 1, bias=False)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Return one vector a document.

        Parameters
        ----------
        states : Tensor, shape (documents, pairs, S)
        mask : BoolTensor, shape (documents, pairs)
            At least one True a row.

        Returns
        -------
        Tensor, shape (documents, S)
        """
        scores = self.query(torch.tanh(self.hidden(states))).squeeze(2)  # (B, T)
        weights = scores.masked_fill(~mask, float("-inf")).softmax(1)  # (B, T)
        return torch.einsum("bt,bts->bs", weights, states)
