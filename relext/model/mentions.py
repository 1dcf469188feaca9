"""The finder of mentions: an encoder of its own, what finds spans, and what is said of a span that was found.

::

    windows ─ encoder ─ words ─ BiGRU a sentence ─┬─ one tagger a type, or a classifier of spans ─ mentions
                                                  ├─ a mention and its inner words ─ gaps
                                                  └─ mean over a mention's words ─ assertion

In: `TaggedBatch`. Out: spans with type and probability, the words that they leave out, assertions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from relext.config import Config
from relext.data import SubwordTokenizer, TaggedBatch
from relext.model.encoder import Encoder
from relext.model.network import mean_by
from relext.model.recurrence import Recurrence
from relext.model.sources import EncoderConfig
from relext.model.spans import GapFinder, SpanClassifier, list_words
from relext.model.taggers import Taggers

Overlap = tuple[str, str, str]  # how two mentions overlap, and their types; see `relext.finding.describe_overlap`


@dataclass(frozen=True, slots=True)
class MentionFinder:
    """Hold a network that finds mentions, with all that it needs.

    Attributes
    ----------
    types, assertions : tuple of str
        In the order of the network's outputs.
    overlaps : frozenset of Overlap
        How mentions overlap in training gold; of two that overlap in no such way the surer one stands.
    threshold : float
        Least probability of a mention, tuned on validation.
    record : mapping
        How it was trained and what it reached: numbers and names, no text.
    """

    network: "MentionNetwork"
    tokenizer: SubwordTokenizer
    types: tuple[str, ...]
    assertions: tuple[str, ...]
    config: Config
    encoder_config: EncoderConfig
    overlaps: frozenset[Overlap] = frozenset()
    threshold: float = 0.0
    record: Mapping[str, object] = field(default_factory=dict)

    @property
    def device(self) -> torch.device:
        """Return where the network computes."""
        return next(self.network.assertion.parameters()).device


class MentionNetwork(nn.Module):
    """Find the mentions of sentences, the words that they leave out, and their assertion.

    Parameters
    ----------
    encoder : Encoder
        Maps (token ids, mask), both of shape (windows, tokens), to vectors of shape (windows, tokens, E).
    encoder_size : int
        E.
    types, assertions : int
        How many there are.
    """

    def __init__(self, encoder: Encoder, *, encoder_size: int, types: int, assertions: int, config: Config) -> None:
        super().__init__()
        model = config.model
        self.encoder = encoder
        self.dropout = nn.Dropout(model.word_dropout)
        self.recurrence = Recurrence(model.recurrence, encoder_size, model.word_hidden)
        size = encoder_size + 2 * model.word_hidden
        self.spans = make_span_finder(size, types=types, config=config)
        self.gaps = GapFinder(size, hidden=model.pair_size, dropout=model.sentence_dropout)
        self.assertion = nn.Sequential(
            nn.Linear(size, model.pair_size),
            nn.GELU(),
            nn.Dropout(model.sentence_dropout),
            nn.Linear(model.pair_size, assertions),
        )

    def forward(self, batch: TaggedBatch) -> Tensor:
        """Return the states of the words, shape (words, S)."""
        vectors = self.encoder.read_all(batch.windows)
        words = self.dropout(vectors.float().index_select(0, batch.word_tokens))  # (W, E)
        return torch.cat([words, self.dropout(self.recurrence(words, batch.packing))], dim=1)  # (W, E + 2H)

    def loss(self, batch: TaggedBatch, *, assertion_weight: float = 1.0) -> Tensor:
        """Return the mean loss a sentence: of its spans, of their gaps, and of its mentions' assertions."""
        states = self(batch)
        loss = self.spans.loss(states, batch) + self.gaps.loss(states, batch)
        judged = batch.mentions[batch.mentions[:, 3] >= 0]
        if len(judged):
            scores = self.judge(states, judged[:, :2])
            loss = loss + assertion_weight * cross_entropy(scores, judged[:, 3], reduction="sum")
        return loss / len(batch.grid)

    def judge(self, states: Tensor, spans: Tensor) -> Tensor:
        """Return the scores of each assertion for mentions.

        Parameters
        ----------
        states : Tensor, shape (words, S)
        spans : LongTensor, shape (mentions, 2)
            First word and end word.

        Returns
        -------
        Tensor, shape (mentions, assertions)
        """
        owners, members = list_words(spans)
        scores: Tensor = self.assertion(mean_by(owners, states.index_select(0, members), count=len(spans)))
        return scores

    @torch.no_grad()
    def find(self, batch: TaggedBatch) -> "FoundSpans":
        """Return the mentions of a batch with all that is said of them."""
        states = self(batch)
        found = self.spans.find(states, batch)
        return FoundSpans(
            spans=found.spans,
            types=found.types,
            probabilities=found.probabilities,
            gaps=self.gaps.find(states, found.spans),
            assertions=self.judge(states, found.spans).softmax(1) if len(found.spans) else states.new_zeros(0, 1),
        )


@dataclass(frozen=True, slots=True)
class FoundSpans:
    """Hold the mentions found in a batch.

    Attributes
    ----------
    spans : LongTensor, shape (mentions, 2)
        First word and end word in the batch.
    types : LongTensor, shape (mentions,)
    probabilities : Tensor, shape (mentions,)
        Of the span and its type; a tagger's mention is no surer than its weakest word.
    gaps : LongTensor, shape (n, 2)
        (mention, word) for each word that a mention leaves out.
    assertions : Tensor, shape (mentions, assertions)
        Probability of each.
    """

    spans: Tensor
    types: Tensor
    probabilities: Tensor
    gaps: Tensor
    assertions: Tensor


def make_span_finder(size: int, *, types: int, config: Config) -> Taggers | SpanClassifier:
    """Return what finds spans in the states of words, as the settings ask."""
    if config.mentions.finder == "tagger":
        return Taggers(size, types=types)
    return SpanClassifier(
        size,
        types=types,
        hidden=config.model.pair_size,
        max_words=config.mentions.max_mention_words,
        dropout=config.model.sentence_dropout,
    )
