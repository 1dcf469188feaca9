"""The classifier of spans: every run of words up to a length, asked once for each type.

In: the states of a batch's words. Out: the loss of its gold spans, or the spans that are not unlikely to be a mention.
Each (span, type) is decided for itself, so mentions may nest and overlap whatever their types. What a first and a last
word have to say is computed once a word and only added up a span, so that a sentence of n words and spans of up to w
cost n * w additions, and the number of types next to nothing.

References
----------
Eberts and Ulges, Span-based joint entity and relation extraction with transformer pre-training, ECAI 2020 (spans).
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, gelu

from relext.data import TaggedBatch
from relext.model.network import mean_between

LEAST_PROBABILITY = 0.1  # what is less likely is not looked at again; the finder's threshold lies above
SPANS_AT_ONCE = 1 << 16  # in prediction, so that a long document takes no more memory than a short one
_RARE = -4.0  # bias of a decision that is seldom a yes, and need not be taught so at the start


@dataclass(frozen=True, slots=True)
class TypedSpans:
    """Hold spans with a type.

    Attributes
    ----------
    spans : LongTensor, shape (mentions, 2)
        First word and end word in the batch.
    types : LongTensor, shape (mentions,)
    probabilities : Tensor, shape (mentions,)
    """

    spans: Tensor
    types: Tensor
    probabilities: Tensor


class SpanClassifier(nn.Module):
    """Decide of each span and type whether it is a mention.

    Parameters
    ----------
    size : int
        Size of a word's state.
    types : int
        How many there are.
    hidden : int
        Size of a span's vector.
    max_words : int
        Longest span that is looked at.
    """

    def __init__(self, size: int, *, types: int, hidden: int, max_words: int, dropout: float) -> None:
        super().__init__()
        self.types, self.max_words = types, max_words
        self.first = nn.Linear(size, hidden)
        self.last = nn.Linear(size, hidden, bias=False)
        self.inside = nn.Linear(size, hidden, bias=False)
        self.length = nn.Embedding(max_words, hidden)
        self.norm = nn.LayerNorm(hidden)
        self.dropout = nn.Dropout(dropout)
        self.decide = nn.Linear(hidden, types)
        nn.init.normal_(self.length.weight, std=0.1)  # no louder than the words
        nn.init.constant_(self.decide.bias, _RARE)

    def forward(self, states: Tensor, spans: Tensor) -> Tensor:
        """Return the logits of each span and type, shape (spans, types)."""
        return self._decide(self.first(states), self.last(states), self.inside(states), spans)

    def _decide(self, firsts: Tensor, lasts: Tensor, insides: Tensor, spans: Tensor) -> Tensor:
        """Return the same from what each word has to say as a first, last and inner word, shape (words, H)."""
        starts, ends = spans[:, 0], spans[:, 1]
        edges = firsts.index_select(0, starts) + lasts.index_select(0, ends - 1)  # (N, H)
        inside = mean_between(insides, starts, ends)  # (N, H)
        vectors = self.norm(edges + inside + self.length(ends - starts - 1))
        logits: Tensor = self.decide(self.dropout(gelu(vectors)))
        return logits

    def loss(self, states: Tensor, batch: TaggedBatch) -> Tensor:
        """Return the summed cross entropy of all decisions, shape ()."""
        spans = enumerate_spans(batch.sentence_ends, max_words=self.max_words)
        return binary_cross_entropy_with_logits(self(states, spans), self._mark_gold(spans, batch), reduction="sum")

    def _mark_gold(self, spans: Tensor, batch: TaggedBatch) -> Tensor:
        """Return 1 for each span and type that a gold mention has, shape (spans, types)."""
        gold = batch.mentions
        gold = gold[(gold[:, 1] - gold[:, 0] <= self.max_words) & (gold[:, 2] >= 0)]
        # Spans are ordered, so a number that grows with (start, end) finds the row of a gold mention.
        place = spans[:, 0] * (self.max_words + 1) + spans[:, 1] - spans[:, 0]
        rows = torch.searchsorted(place, gold[:, 0] * (self.max_words + 1) + gold[:, 1] - gold[:, 0])
        marks = torch.zeros(len(spans), self.types, device=spans.device)
        return marks.index_put((rows, gold[:, 2]), torch.ones((), device=spans.device))

    @torch.no_grad()
    def find(self, states: Tensor, batch: TaggedBatch) -> TypedSpans:
        """Return the spans and types that are not unlikely, in text order."""
        said = self.first(states), self.last(states), self.inside(states)
        found = []
        every = enumerate_spans(batch.sentence_ends, max_words=self.max_words)
        for spans in torch.split(every, SPANS_AT_ONCE):
            probabilities = self._decide(*said, spans).sigmoid()
            rows, types = torch.where(probabilities >= LEAST_PROBABILITY)
            found.append((spans[rows], types, probabilities[rows, types]))
        return TypedSpans(*(torch.cat(parts) for parts in zip(*found, strict=True)))


def enumerate_spans(sentence_ends: Tensor, *, max_words: int) -> Tensor:
    """Return (first word, end word) of every span inside a sentence, in order.

    Parameters
    ----------
    sentence_ends : LongTensor, shape (words,)
        End word of each word's sentence.

    Examples
    --------
    >>> enumerate_spans(torch.tensor([2, 2, 3]), max_words=2).tolist()
    [[0, 1], [0, 2], [1, 2], [2, 3]]
    """
    starts = torch.arange(len(sentence_ends), device=sentence_ends.device).unsqueeze(1)  # (W, 1)
    ends = starts + 1 + torch.arange(max_words, device=starts.device)  # (W, max_words)
    fits = ends <= sentence_ends.unsqueeze(1)
    return torch.stack([starts.expand_as(ends)[fits], ends[fits]], dim=1)


class GapFinder(nn.Module):
    """Decide of each word inside a mention, its first and last word set apart, whether the mention leaves it out."""

    def __init__(self, size: int, *, hidden: int, dropout: float) -> None:
        super().__init__()
        self.word = nn.Linear(size, hidden)
        self.first = nn.Linear(size, hidden, bias=False)
        self.last = nn.Linear(size, hidden, bias=False)
        self.dropout = nn.Dropout(dropout)
        self.decide = nn.Linear(hidden, 1)
        nn.init.constant_(self.decide.bias, _RARE)

    def forward(self, states: Tensor, spans: Tensor, owners: Tensor, words: Tensor) -> Tensor:
        """Return the logit of each (span, word) that the word is left out.

        Parameters
        ----------
        states : Tensor, shape (words, size)
        spans : LongTensor, shape (spans, 2)
        owners, words : LongTensor, shape (n,)
            As `list_inner_words` returns them.

        Returns
        -------
        Tensor, shape (n,)
        """
        edges = self.first(states.index_select(0, spans[:, 0])) + self.last(states.index_select(0, spans[:, 1] - 1))
        hidden = gelu(self.word(states.index_select(0, words)) + edges.index_select(0, owners))  # (n, H)
        logits: Tensor = self.decide(self.dropout(hidden)).squeeze(1)
        return logits

    def loss(self, states: Tensor, batch: TaggedBatch) -> Tensor:
        """Return the summed cross entropy over the inner words of gold mentions, shape ()."""
        spans = batch.mentions[:, :2]
        owners, words = list_inner_words(spans)
        many = len(batch.sentence_ends) + 1
        is_gap = torch.isin(owners * many + words, batch.gaps[:, 0] * many + batch.gaps[:, 1])
        logits = self(states, spans, owners, words)
        return binary_cross_entropy_with_logits(logits, is_gap.to(logits.dtype), reduction="sum")

    @torch.no_grad()
    def find(self, states: Tensor, spans: Tensor) -> Tensor:
        """Return (span, word) for each word that a span leaves out, shape (n, 2)."""
        owners, words = list_inner_words(spans)
        chosen = self(states, spans, owners, words) > 0
        return torch.stack([owners[chosen], words[chosen]], dim=1)


def list_inner_words(spans: Tensor) -> tuple[Tensor, Tensor]:
    """Return the words of each span without its first and last, as (spans, words), both of shape (n,).

    Examples
    --------
    >>> [rows.tolist() for rows in list_inner_words(torch.tensor([[0, 2], [3, 7]]))]
    [[1, 1], [4, 5]]
    """
    return list_words(spans + torch.tensor([1, -1], device=spans.device))


def list_words(spans: Tensor) -> tuple[Tensor, Tensor]:
    """Return the words of each span, as (spans, words), both of shape (n,); an end before its start has none."""
    lengths = (spans[:, 1] - spans[:, 0]).clamp(min=0)
    owners = torch.repeat_interleave(torch.arange(len(spans), device=spans.device), lengths)
    starts = torch.cumsum(lengths, 0) - lengths
    return owners, torch.arange(len(owners), device=spans.device) - starts[owners] + spans[owners, 0]
