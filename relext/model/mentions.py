"""The finder of mentions: an encoder of its own, one tagger a type, and the assertion of what was tagged.

::

    windows ─ encoder ─ words ─ BiGRU a sentence ─┬─ tags a type ─ CRF, its transitions a type's own ─ mentions
                                                  └─ mean over a mention's words ─ assertion

In: `TaggedBatch`. Out: tags, their probabilities, assertions. Taggers of different types know nothing of each other,
so their mentions may nest and overlap.

References
----------
Lample et al., Neural architectures for named entity recognition, NAACL 2016 (the tagger).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from relext.config import Config, ModelConfig
from relext.data import BEGIN, END, INSIDE, OUTSIDE, SINGLE, TAGS, SubwordTokenizer, TaggedBatch
from relext.model.crf import LinkedCRF
from relext.model.encoder import Encoder
from relext.model.network import FORBIDDEN, mean_by
from relext.model.recurrence import Recurrence
from relext.model.sources import EncoderConfig

_OUTSIDE_BIAS = 3.0  # most words are outside of most types, and need not be taught so at the start
_FOLLOWERS = {
    OUTSIDE: (OUTSIDE, BEGIN, SINGLE),
    BEGIN: (INSIDE, END),
    INSIDE: (INSIDE, END),
    END: (OUTSIDE, BEGIN, SINGLE),
    SINGLE: (OUTSIDE, BEGIN, SINGLE),
}


@dataclass(frozen=True, slots=True)
class MentionFinder:
    """Hold a network that finds mentions, with all that it needs.

    Attributes
    ----------
    types, assertions : tuple of str
        In the order of the network's outputs.
    stacked : frozenset of frozenset of str
        Pairs of types that training gold gives to the very same characters; of any other two the surer one stands.
    record : mapping
        How it was trained and what it reached: numbers and names, no text.
    """

    network: "MentionNetwork"
    tokenizer: SubwordTokenizer
    types: tuple[str, ...]
    assertions: tuple[str, ...]
    config: Config
    encoder_config: EncoderConfig
    stacked: frozenset[frozenset[str]] = frozenset()
    record: Mapping[str, object] = field(default_factory=dict)

    @property
    def device(self) -> torch.device:
        """Return where the network computes."""
        return self.network.crf.transitions.device


class MentionNetwork(nn.Module):
    """Tag the words of sentences a type, and judge the assertion of mentions.

    Parameters
    ----------
    encoder : Encoder
        Maps (token ids, mask), both of shape (windows, tokens), to vectors of shape (windows, tokens, E).
    encoder_size : int
        E.
    types, assertions : int
        How many there are.
    """

    def __init__(
        self, encoder: Encoder, *, encoder_size: int, types: int, assertions: int, config: ModelConfig
    ) -> None:
        super().__init__()
        self.types = types
        self.encoder = encoder
        self.dropout = nn.Dropout(config.word_dropout)
        self.recurrence = Recurrence(config.recurrence, encoder_size, config.word_hidden)
        size = encoder_size + 2 * config.word_hidden
        self.tagger = nn.Linear(size, types * TAGS)
        with torch.no_grad():
            self.tagger.bias.view(types, TAGS)[:, OUTSIDE] = _OUTSIDE_BIAS
        self.crf = make_tag_crf(types)
        self.assertion = nn.Sequential(
            nn.Linear(size, config.pair_size),
            nn.GELU(),
            nn.Dropout(config.sentence_dropout),
            nn.Linear(config.pair_size, assertions),
        )

    def forward(self, batch: TaggedBatch) -> tuple[Tensor, Tensor]:
        """Return the states of the words, shape (words, S), and emissions, shape (sentences * types, longest, tags)."""
        vectors = torch.cat([self.encoder(group.token_ids, group.mask).flatten(0, 1) for group in batch.windows])
        words = self.dropout(vectors.float().index_select(0, batch.word_tokens))  # (W, E)
        states = torch.cat([words, self.dropout(self.recurrence(words, batch.packing))], dim=1)  # (W, E + 2H)
        tags = self.tagger(states).index_select(0, batch.grid.flatten())  # (S * T, K * 5)
        rows, width = batch.grid.shape
        return states, tags.view(rows, width, self.types, TAGS).transpose(1, 2).reshape(-1, width, TAGS)

    def loss(self, batch: TaggedBatch, *, assertion_weight: float = 1.0) -> Tensor:
        """Return the mean loss a sentence: negative log-likelihood of its tags, and of its mentions' assertions."""
        states, emissions = self(batch)
        rows, width = batch.grid.shape
        tags = batch.tags.index_select(0, batch.grid.flatten()).view(rows, width, self.types)  # (S, T, K)
        likelihood = self.crf.log_likelihood(emissions, tags.transpose(1, 2).reshape(-1, width), **self.chains(batch))
        judged = batch.mentions[batch.mentions[:, 2] >= 0]
        loss = -likelihood.sum()
        if len(judged):
            scores = self.judge(states, judged[:, :2])
            loss = loss + assertion_weight * cross_entropy(scores, judged[:, 2], reduction="sum")
        return loss / rows

    def chains(self, batch: TaggedBatch) -> dict[str, Tensor]:
        """Return mask and links of a batch's chains, one a sentence and type; the link is the type."""
        mask = batch.mask.repeat_interleave(self.types, dim=0)  # (S * K, T)
        kinds = torch.arange(self.types, device=mask.device).repeat(len(batch.mask))
        return {"mask": mask, "links": kinds.unsqueeze(1).expand(mask.shape)}

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
        lengths = spans[:, 1] - spans[:, 0]
        owners = torch.repeat_interleave(torch.arange(len(spans), device=spans.device), lengths)
        starts = torch.cumsum(lengths, 0) - lengths
        members = torch.arange(len(owners), device=spans.device) - starts[owners] + spans[owners, 0]
        scores: Tensor = self.assertion(mean_by(owners, states.index_select(0, members), count=len(spans)))
        return scores

    @torch.no_grad()
    def find(self, batch: TaggedBatch) -> "FoundSpans":
        """Return the most probable mentions of a batch."""
        states, emissions = self(batch)
        chains = self.chains(batch)
        path = self.crf.decode(emissions, **chains)  # (S * K, T)
        marginals = self.crf.marginals(emissions, **chains).gather(2, path.unsqueeze(2)).squeeze(2)  # (S * K, T)
        rows, firsts = torch.where((path == BEGIN) | (path == SINGLE))
        lasts = torch.where((path == END) | (path == SINGLE))[1]  # as many as firsts, in the same order
        spans = batch.grid[rows // self.types].gather(1, torch.stack([firsts, lasts], dim=1))  # (M, 2)
        spans = spans + torch.tensor([0, 1], device=spans.device)
        inside = torch.arange(path.shape[1], device=path.device)
        outside = (inside < firsts.unsqueeze(1)) | (inside > lasts.unsqueeze(1))  # (M, T)
        return FoundSpans(
            spans=spans,
            types=rows % self.types,
            probabilities=marginals[rows].masked_fill(outside, 1.0).amin(1),
            assertions=self.judge(states, spans).softmax(1) if len(spans) else states.new_zeros(0, 1),
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
        The smallest marginal probability of a tag in the mention: no mention is surer than its weakest word.
    assertions : Tensor, shape (mentions, assertions)
        Probability of each.
    """

    spans: Tensor
    types: Tensor
    probabilities: Tensor
    assertions: Tensor


def make_tag_crf(types: int) -> LinkedCRF:
    """Return a CRF over tags whose forbidden transitions start, and stay, at a score that no path takes."""
    crf = LinkedCRF(TAGS, links=types)
    with torch.no_grad():
        crf.transitions.fill_(FORBIDDEN)
        for tag, followers in _FOLLOWERS.items():
            crf.transitions[:, tag, list(followers)] = 0.0
        crf.start[[INSIDE, END]] = FORBIDDEN
        crf.end[[BEGIN, INSIDE]] = FORBIDDEN
    return crf
