"""The network: an encoder read once a window, the word level, the pairs, the sentence level, and the decoder.

::

    windows ─ encoder ─ words ─ BiGRU a sentence ─ H ─┬─ mentions ──────────────┐
                                                      └─ attention asked by pair ┴─ pair vector ─ BiGRU a document ─┐
    emission = f[pair vector; its state; document vector] ─ schema mask ─ linked CRF over the same pairs ◀──────────┘

In: `Batch`. Out: emissions of each document's pairs; losses, label sequences and marginals come from its decoder.
The encoder may run in bf16; everything above it computes in fp32.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from relext.config import ModelConfig, known_number
from relext.data import FEATURE_SIZES, LINK_KINDS, Batch, LabelScheme, WindowGroup
from relext.errors import SettingError
from relext.model.attention import PairAttention, WordAttention
from relext.model.concepts import ConceptFeatures
from relext.model.crf import IndependentLabels, LinkedCRF
from relext.model.encoder import Encoder
from relext.model.pooling import PositionPooling
from relext.model.recurrence import Recurrence

MARKERS = "markers"  # the pair vector of the usual typed-marker model
MARKERS_A_PAIR = 4
OPENINGS = slice(0, MARKERS_A_PAIR, 2)  # of these the two that open the mentions
KEPT_TOKENS = 1 << 15  # of more tokens of copies no states inside the encoder are kept
FORBIDDEN = -1e4  # emission of a label that a pair's types can't have: -inf would give NaN gradients


@dataclass(frozen=True, slots=True)
class Emissions:
    """Hold the scores of each label for each pair, as chains.

    Attributes
    ----------
    scores : Tensor, shape (documents, longest chain, labels)
    word_weights : Tensor, shape (pairs, heads, longest sentence)
        How much each pair read of each word.
    """

    scores: Tensor
    word_weights: Tensor


class RelationNetwork(nn.Module):
    """Score the labels of every candidate pair of a batch of documents.

    Parameters
    ----------
    encoder : Encoder
        Maps (token ids, mask), both of shape (windows, tokens), to vectors of shape (windows, tokens, E).
    encoder_size : int
        E.
    """

    permitted: Tensor
    no_relation_bias: Tensor

    def __init__(self, encoder: Encoder, *, encoder_size: int, scheme: LabelScheme, config: ModelConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = encoder
        if config.pair_vector == MARKERS and config.marking == "none":
            raise SettingError("pair_vector = markers: needs a marking, levitated, first or pair")
        is_whole = config.pair_vector != MARKERS
        self.word_level = WordLevel(encoder_size, scheme=scheme, config=config) if is_whole else None
        self.pair_level = PairLevel(encoder_size, scheme=scheme, config=config) if is_whole else None
        pair_size = config.pair_size if is_whole else 2 * encoder_size
        self.sentence_level = SentenceLevel(pair_size, config)
        self.emission = nn.Sequential(
            nn.Linear(self.sentence_level.output_size, config.pair_size),
            nn.GELU(),
            nn.Dropout(config.sentence_dropout),
            nn.Linear(config.pair_size, len(scheme.labels)),
        )
        self.decoder = make_decoder(config.decoder, len(scheme.labels))
        self.register_buffer("permitted", torch.from_numpy(scheme.permitted()), persistent=False)
        self.register_buffer("no_relation_bias", torch.zeros(()))

    def forward(self, batch: Batch) -> Emissions:
        """Return the emissions of a batch's chains, shape (documents, longest chain, labels)."""
        pairs, weights = self._describe_pairs(batch)  # (P, pair_size)
        scores = self.emission(self.sentence_level(pairs, batch))  # (P, L)
        types = batch.mentions[:, 2].index_select(0, batch.pairs[:, :2].flatten()).view(-1, 2)  # (P, 2)
        scores = scores.masked_fill(~self.permitted[types[:, 0], types[:, 1]], FORBIDDEN)
        mask = batch.chains.mask
        grid = scores.new_zeros(mask.numel(), scores.shape[1]).index_copy(0, batch.chains.cells, scores)
        return Emissions(grid.view(*mask.shape, -1), weights)  # (B, T, L)

    def _describe_pairs(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the pair vectors, shape (pairs, pair_size), and how much each pair read of each word."""
        copies = self._encode_copies(batch.copies) if batch.copies else None
        if self.word_level is None or self.pair_level is None:
            marked = self._encode(batch.windows) if copies is None else copies
            weights = batch.rows.mask / batch.rows.mask.sum(1, keepdim=True)  # (R, T)
            of_pairs = weights.index_select(0, batch.rows.slots // batch.rows.pairs.shape[1]).unsqueeze(1)  # (P, 1, T)
            return gather_markers(marked, batch.markers[:, OPENINGS]), of_pairs
        vectors = self._encode(batch.windows)
        words, mentions = self.word_level(vectors, batch)  # (W, 2H), (M, D)
        marked = vectors if copies is None else copies
        described: tuple[Tensor, Tensor] = self.pair_level(words, mentions, marked, batch)
        return described

    def _encode(self, groups: tuple[WindowGroup, ...]) -> Tensor:
        """Return the vectors of the groups' tokens, flattened and joined, shape (tokens, E)."""
        return self.encoder.read_all(groups).float()

    def _encode_copies(self, copies: tuple[WindowGroup, ...]) -> Tensor:
        """Return the same for copies; what is too much to keep for the backward pass is read anew there, by groups."""
        if not torch.is_grad_enabled() or sum(group.token_ids.numel() for group in copies) <= KEPT_TOKENS:
            return self._encode(copies)
        read = [checkpoint(self.encoder.read, group, use_reentrant=False).flatten(0, 1) for group in copies]
        return torch.cat(read).float()

    def loss(self, batch: Batch) -> Tensor:
        """Return the summed negative log-likelihood of the batch's label sequences, shape ()."""
        chains = batch.chains
        scores = self(batch).scores
        return -self.decoder.log_likelihood(scores, chains.labels, mask=chains.mask, links=chains.links).sum()

    def consistent_loss(self, batch: Batch, *, weight: float) -> tuple[Tensor, Tensor]:
        """Return what is lowered where two readings of a document shall agree, and the loss alone; both of shape ().

        Parameters
        ----------
        batch : Batch
            Every document twice, all of them once and then all again: what dropout hides differs between the readings.
        weight : float
            Of the divergence between the two, summed over pairs, beside the mean of their losses.

        References
        ----------
        Liang et al., R-Drop: regularized dropout for neural networks, NeurIPS 2021.
        """
        chains = batch.chains
        scores = self(batch).scores
        likelihoods = self.decoder.log_likelihood(scores, chains.labels, mask=chains.mask, links=chains.links)
        loss = -likelihoods.sum() / 2
        once, again = scores.log_softmax(2).chunk(2)  # (B, T, L) each
        divergence = ((once.exp() - again.exp()) * (once - again)).sum(2) / 2  # (B, T), the mean of both directions
        return loss + weight * (divergence * chains.mask.chunk(2)[0]).sum(), loss

    def biased(self, scores: Tensor) -> Tensor:
        """Return emissions with the tuned bias added to NO_RELATION, as predictions use them."""
        return torch.cat([scores[..., :1] + self.no_relation_bias, scores[..., 1:]], dim=-1)


def make_decoder(kind: str, labels: int) -> LinkedCRF | IndependentLabels:
    """Return the layer that turns emissions into label sequences."""
    if kind == "softmax":
        return IndependentLabels()
    return LinkedCRF(labels, links=LINK_KINDS if kind == "linked-crf" else 1)


class WordLevel(nn.Module):
    """Pool subwords into words, read each sentence in both directions, and pool mentions."""

    def __init__(self, encoder_size: int, *, scheme: LabelScheme, config: ModelConfig) -> None:
        super().__init__()
        self.pooling = config.pooling
        self.tags = nn.Embedding(len(scheme.types) + 1, config.feature_size, padding_idx=0)
        self.dropout = nn.Dropout(config.word_dropout)
        self.recurrence = Recurrence(config.recurrence, encoder_size + config.feature_size, config.word_hidden)

    def forward(self, vectors: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the states of the words, shape (words, 2H), and the mentions, shape (mentions, E + 2H)."""
        pooled = self.dropout(self._pool_words(vectors, batch))  # (W, E)
        tagged = torch.cat([pooled, self.tags(batch.word_tags)], dim=1)  # (W, E + F)
        states = self.dropout(self.recurrence(tagged, batch.sentences))  # (W, 2H)
        owners, members = batch.mention_words[:, 0], batch.mention_words[:, 1]
        read = torch.cat([pooled, states], dim=1).index_select(0, members)  # (n, E + 2H)
        return states, mean_by(owners, read, count=len(batch.mentions))

    def _pool_words(self, vectors: Tensor, batch: Batch) -> Tensor:
        if self.pooling == "first":
            return vectors.index_select(0, batch.word_tokens)
        tokens = vectors.index_select(0, batch.pooled_tokens)
        return mean_by(batch.pooled_words, tokens, count=len(batch.word_tokens))


def mean_by(owners: Tensor, values: Tensor, *, count: int) -> Tensor:
    """Return the mean of the values of each owner, shape (count, size); every owner has at least one."""
    sums = values.new_zeros(count, values.shape[1]).index_add(0, owners, values)
    sizes = values.new_zeros(count).index_add(0, owners, values.new_ones(len(owners)))
    return sums / sizes.unsqueeze(1)


def gather_markers(vectors: Tensor, places: Tensor) -> Tensor:
    """Return the joined vectors of each pair's markers.

    Parameters
    ----------
    vectors : Tensor, shape (tokens, E)
    places : LongTensor, shape (pairs, markers)

    Returns
    -------
    Tensor, shape (pairs, markers * E)
    """
    return vectors.index_select(0, places.flatten()).view(len(places), -1)


class PairLevel(nn.Module):
    """Make the pair vector: [mentions; markers; attended, pooled and mean words; types; assertions; distances]."""

    def __init__(self, encoder_size: int, *, scheme: LabelScheme, config: ModelConfig) -> None:
        super().__init__()
        word_size, size = 2 * config.word_hidden, config.feature_size
        self.types = nn.Embedding(len(scheme.types) + 1, size)
        self.assertions = nn.Embedding(len(scheme.assertions) + 1, size)
        self.features = nn.ModuleList(nn.Embedding(count, size) for count in FEATURE_SIZES)
        self.concepts = ConceptFeatures(size, dropout=config.concept_dropout) if config.concepts else None
        described = encoder_size + word_size + (2 if self.concepts is None else 3) * size
        self.first = nn.Linear(described, config.pair_size)
        self.second = nn.Linear(described, config.pair_size, bias=False)
        self.attention = WordAttention(
            word_size,
            config.pair_size,
            heads=config.heads,
            mode=config.attention,
            dropout=config.word_dropout / 3,  # on weights, where dropping a word drops all it says
        )
        self.markers = None
        if config.marking != "none":
            self.markers = nn.Linear(MARKERS_A_PAIR * encoder_size, config.pair_size, bias=False)
        self.read = nn.Linear(2 * word_size + len(FEATURE_SIZES) * size, config.pair_size, bias=False)
        pooled = known_number(config.pooled_size)
        self.pooling = PositionPooling(word_size, pooled) if pooled else None
        self.pooled = nn.Linear(pooled, config.pair_size, bias=False) if pooled else None
        self.read_dropout = nn.Dropout(config.word_dropout)
        self.norm = nn.LayerNorm(config.pair_size)
        self.dropout = nn.Dropout(config.sentence_dropout)

    def forward(self, words: Tensor, mentions: Tensor, marked: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the pair vectors, shape (pairs, pair_size), and the attention's weights.

        Parameters
        ----------
        words : Tensor, shape (words, 2H)
        mentions : Tensor, shape (mentions, E + 2H)
        marked : Tensor, shape (tokens, E)
            Vectors of the rows in which the markers stand; not read where pairs are not marked.
        batch : Batch
        """
        described = [mentions, self.types(batch.mentions[:, 2]), self.assertions(batch.mentions[:, 3])]
        if self.concepts is not None:
            described.append(self.concepts(batch.concepts))
        mention = torch.cat(described, dim=1)  # (M, D + 2F), with concepts (M, D + 3F)
        first, second = batch.pairs[:, 0], batch.pairs[:, 1]
        # Projected once a mention, not once a pair: a sentence of 55 mentions has 1,485 pairs.
        asked = self.first(mention).index_select(0, first) + self.second(mention).index_select(0, second)  # (P, S)
        spans = batch.mentions[:, :2].index_select(0, first), batch.mentions[:, :2].index_select(0, second)
        attended, weights = self.attention(words, torch.tanh(asked), rows=batch.rows, spans=spans)  # (P, 2H)
        between = mean_between(words, spans[0][:, 1], spans[1][:, 0])  # (P, 2H)
        features = [embedding(batch.pairs[:, 4 + n]) for n, embedding in enumerate(self.features)]
        pairs = asked + self.read(torch.cat([attended, between, *features], dim=1))  # (P, S)
        if self.markers is not None:
            pairs = pairs + self.markers(self.read_dropout(gather_markers(marked, batch.markers)))  # (P, S)
        if self.pooling is not None and self.pooled is not None:
            pooled = self.pooling(words, rows=batch.rows, spans=spans)
            pairs = pairs + self.pooled(self.read_dropout(pooled))  # (P, S)
        return self.dropout(nn.functional.gelu(self.norm(pairs))), weights


def mean_between(words: Tensor, starts: Tensor, ends: Tensor) -> Tensor:
    """Return the mean of the words in each range, by running sums; zeros for an empty range.

    Parameters
    ----------
    words : Tensor, shape (words, W)
    starts, ends : LongTensor, shape (pairs,)
        Half-open; an end before its start is an empty range.

    Returns
    -------
    Tensor, shape (pairs, W)
    """
    sums = nn.functional.pad(words.cumsum(0), (0, 0, 1, 0))  # (words + 1, W)
    ends = torch.maximum(starts, ends)
    total = sums.index_select(0, ends) - sums.index_select(0, starts)  # (P, W)
    return total / (ends - starts).clamp(min=1).unsqueeze(1)


class SentenceLevel(nn.Module):
    """Read a document's pairs in order, and join to each pair its state and the document vector."""

    def __init__(self, pair_size: int, config: ModelConfig) -> None:
        super().__init__()
        size = 2 * config.sentence_hidden
        self.is_on = config.sentence_level
        self.output_size = pair_size + (2 * size if self.is_on else 0)
        self.recurrence = Recurrence(config.recurrence, pair_size, config.sentence_hidden) if self.is_on else None
        self.attention = PairAttention(size) if self.is_on else None
        self.dropout = nn.Dropout(config.sentence_dropout)

    def forward(self, pairs: Tensor, batch: Batch) -> Tensor:
        """Return [pair vector; its state; document vector], shape (pairs, output_size)."""
        if self.recurrence is None or self.attention is None:
            return pairs
        chains = batch.chains
        states = self.dropout(self.recurrence(pairs, chains.packing))  # (P, 2S)
        grid = states.new_zeros(chains.mask.numel(), states.shape[1]).index_copy(0, chains.cells, states)
        documents = self.attention(grid.view(*chains.mask.shape, -1), chains.mask)  # (B, 2S)
        owners = chains.cells // chains.mask.shape[1]
        return torch.cat([pairs, states, documents.index_select(0, owners)], dim=1)
