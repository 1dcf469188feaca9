"""Batches: documents joined so that a step runs without a loop over sentences, and without waiting for the device.

In: `WindowedDocument`s. Out: `Batch`, tensors whose positions count within the batch. Nothing recurrent is padded:
words of sentences and pairs of documents are ordered for `PackedSequence`, which is laid out here on the processor.

Examples
--------
>>> order, sizes = pack_order([2, 3])  # items 0-1 and 2-4, the longer sequence first
>>> order.tolist(), sizes.tolist()
([2, 0, 3, 1, 4], [2, 2, 1])
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

import numpy as np
import torch
from torch import Tensor

from relext.data.concepts import CONCEPT_SIZES
from relext.data.groups import Moved, TokenPlaces, WindowGroup, group_windows
from relext.data.packing import Integers
from relext.data.windows import WindowedDocument

PAIRS_A_ROW = 16  # pairs that share one gathered copy of their sentence's words in the attention
GROUP_TOKENS = 2048  # windows read together are as fast as can be on a processor, and larger groups are padded more
COPY_TOKENS = 4096  # marked copies are encoded in groups of at most so many tokens


@dataclass(frozen=True, slots=True)
class Packing(Moved):
    """Hold how sequences of items are laid out step by step, as `PackedSequence` wants them.

    Attributes
    ----------
    order : LongTensor, shape (items,)
        The item at each packed position.
    inverse : LongTensor, shape (items,)
        The packed position of each item.
    sizes : LongTensor, shape (steps,), on the processor
        How many sequences reach each step.
    """

    order: Tensor
    inverse: Tensor
    sizes: Tensor


@dataclass(frozen=True, slots=True)
class AttentionRows(Moved):
    """Hold which words each pair may attend to: rows of at most `PAIRS_A_ROW` pairs that read the same sentences.

    Attributes
    ----------
    words : LongTensor, shape (rows, words)
    mask : BoolTensor, shape (rows, words)
    pairs : LongTensor, shape (rows, PAIRS_A_ROW)
        Padding repeats pair 0.
    slots : LongTensor, shape (pairs,)
        Where in the flattened `pairs` each pair stands.
    """

    words: Tensor
    mask: Tensor
    pairs: Tensor
    slots: Tensor


@dataclass(frozen=True, slots=True)
class Chains(Moved):
    """Hold the pairs of each document as a chain.

    Attributes
    ----------
    packing : Packing
        Of the pairs, for the sentence level.
    cells : LongTensor, shape (pairs,)
        Where in the flattened grid (documents, longest chain) each pair stands.
    mask : BoolTensor, shape (documents, longest chain)
    links, labels : LongTensor, shape (documents, longest chain)
        0 in padding, and where a label is not known.
    """

    packing: Packing
    cells: Tensor
    mask: Tensor
    links: Tensor
    labels: Tensor


@dataclass(frozen=True, slots=True)
class Batch(Moved):
    """Hold documents that go through the network together.

    Attributes
    ----------
    windows : tuple of WindowGroup
    word_tokens : LongTensor, shape (words,)
        Position of each word's first token in the groups' tokens, flattened and joined.
    pooled_tokens, pooled_words : LongTensor, shape (n,)
        Every token of every word, and that word.
    word_tags : LongTensor, shape (words,)
    sentences : Packing
        Of the words, for the word level.
    mentions : LongTensor, shape (mentions, 4)
        As in `WindowedDocument`.
    mention_words : LongTensor, shape (n, 2)
    pairs : LongTensor, shape (pairs, 8)
        As in `WindowedDocument`.
    copies : tuple of WindowGroup
        The marked copies of sentences.
    markers : LongTensor, shape (pairs, 4), or (0, 4) where pairs are not marked
        Positions, among the flattened tokens of `copies`, or of `windows` where there are none, of the markers that
        open and close the first mention and the second.
    concepts : LongTensor, shape (mentions, 3)
        As in `WindowedDocument`, rows of 0 where no table was given.
    """

    documents: tuple[WindowedDocument, ...]
    windows: tuple[WindowGroup, ...]
    word_tokens: Tensor
    pooled_tokens: Tensor
    pooled_words: Tensor
    word_tags: Tensor
    sentences: Packing
    mentions: Tensor
    mention_words: Tensor
    pairs: Tensor
    rows: AttentionRows
    chains: Chains
    copies: tuple[WindowGroup, ...] = ()
    markers: Tensor = field(default_factory=lambda: torch.zeros(0, 4, dtype=torch.long))
    concepts: Tensor = field(default_factory=lambda: torch.zeros(0, len(CONCEPT_SIZES), dtype=torch.long))

    @property
    def pair_count(self) -> int:
        """Return how many pairs it holds."""
        return len(self.pairs)


def plan_batches(
    lengths: Sequence[int], *, batch_tokens: int, generator: np.random.Generator | None = None
) -> list[list[int]]:
    """Group documents of like length into batches of at most `batch_tokens` tokens, one too long alone.

    Parameters
    ----------
    lengths : sequence of int, tokens
    generator : Generator or None
        Varies which documents meet, and shuffles the batches; None keeps the order of lengths.

    Returns
    -------
    list of list of int
        Positions in `lengths`.
    """
    noise = generator.uniform(0.8, 1.25, len(lengths)) if generator else np.ones(len(lengths))
    batches: list[list[int]] = [[]]
    for n in np.argsort(-np.asarray(lengths) * noise, kind="stable").tolist():
        longest = max((lengths[m] for m in (*batches[-1], n)), default=0)
        if batches[-1] and longest * (len(batches[-1]) + 1) > batch_tokens:
            batches.append([])
        batches[-1].append(n)
    order = generator.permutation(len(batches)) if generator else range(len(batches))
    return [batches[n] for n in order if batches[n]]


def make_batch(documents: Sequence[WindowedDocument], *, pad_id: int) -> Batch:
    """Join documents into one batch."""
    words = _shifts(documents, "words")
    mentions = _shifts(documents, "mentions")
    none = np.zeros_like(words)
    clique = max(document.clique for document in documents)
    windows = [row for document in documents for row in document.windows]
    most = max(GROUP_TOKENS, sum(row.size for row in windows) // 4)
    groups, places = group_windows(windows, pad_id, clique=clique, most_tokens=most)
    copies, copy_places = group_windows(
        [row for document in documents for row in document.copies], pad_id, clique=clique, most_tokens=COPY_TOKENS
    )
    located = _join([d.words for d in documents], shifts=(_shifts(documents, "windows"), none, none, none))
    first_tokens = places.of(located[:, 0], located[:, 1])
    token_counts = located[:, 2] - located[:, 1]
    pairs = _join([d.pairs for d in documents], shifts=(mentions, mentions, words, words, *[none] * 4))
    return Batch(
        documents=tuple(documents),
        windows=groups,
        word_tokens=as_tensor(first_tokens),
        pooled_tokens=as_tensor(np.repeat(first_tokens, token_counts) + ranks_within(token_counts)),
        pooled_words=as_tensor(np.repeat(np.arange(len(located)), token_counts)),
        word_tags=as_tensor(located[:, 3]),
        sentences=pack_sequences([int(end - start) for document in documents for start, end in document.sentences]),
        mentions=as_tensor(_join([d.mentions for d in documents], shifts=(words, words, none, none))),
        mention_words=as_tensor(_join([d.mention_words for d in documents], shifts=(mentions, words))),
        pairs=as_tensor(pairs),
        rows=_lay_out_rows(pairs[:, 2], pairs[:, 3]),
        chains=_lay_out_chains(documents),
        copies=copies,
        markers=_place_markers(documents, copy_places if copies else places),
        concepts=as_tensor(np.concatenate([_known_concepts(document) for document in documents])),
    )


def _known_concepts(document: WindowedDocument) -> Integers:
    """Return the rows of concepts of all mentions, `NOT_KNOWN` where no table was given."""
    blank = np.zeros((len(document.mentions), len(CONCEPT_SIZES)), dtype=np.int64)
    return document.concepts if len(document.concepts) else blank


def _place_markers(documents: Sequence[WindowedDocument], places: TokenPlaces) -> Tensor:
    """Return where the four markers of each pair stand among the flattened tokens of windows or copies."""
    shifts = _shifts(documents, "copies") if any(d.copies for d in documents) else _shifts(documents, "windows")
    none = np.zeros_like(shifts)
    rows = _join([document.markers for document in documents], shifts=(shifts, none, none) * 2)
    return as_tensor(places.of(rows[:, [0, 0, 3, 3]], rows[:, [1, 2, 4, 5]]))


def pack_order(lengths: Sequence[int]) -> tuple[Integers, Integers]:
    """Return the items of sequences step by step, the longest sequence first, and how many reach each step."""
    sizes = np.asarray(lengths, dtype=np.int64)
    ranks = np.empty(len(sizes), dtype=np.int64)
    ranks[np.argsort(-sizes, kind="stable")] = np.arange(len(sizes))
    steps = ranks_within(sizes)
    order = np.lexsort((np.repeat(ranks, sizes), steps))
    return order, np.bincount(steps) if len(steps) else np.zeros(0, dtype=np.int64)


def pack_sequences(lengths: Sequence[int]) -> Packing:
    """Return how sequences of these lengths are laid out step by step."""
    order, sizes = pack_order(lengths)
    return Packing(
        as_tensor(order), as_tensor(np.argsort(order, kind="stable")), torch.from_numpy(sizes.astype(np.int64))
    )


def _lay_out_rows(starts: Integers, ends: Integers) -> AttentionRows:
    """Put pairs that read the same words into rows."""
    order = np.lexsort((ends, starts))
    is_new = np.ones(len(order), dtype=bool)
    is_new[1:] = (starts[order][1:] != starts[order][:-1]) | (ends[order][1:] != ends[order][:-1])
    runs = np.diff(np.append(np.flatnonzero(is_new), len(order)))
    ranks = ranks_within(runs)
    row_of = np.cumsum(ranks % PAIRS_A_ROW == 0) - 1
    leaders = order[ranks % PAIRS_A_ROW == 0]
    slots = np.empty(len(order), dtype=np.int64)
    slots[order] = row_of * PAIRS_A_ROW + ranks % PAIRS_A_ROW
    pairs = np.zeros(len(leaders) * PAIRS_A_ROW, dtype=np.int64)
    pairs[slots] = np.arange(len(slots))
    width = int((ends - starts).max())
    words = starts[leaders, None] + np.arange(width)
    mask = words < ends[leaders, None]
    return AttentionRows(
        words=as_tensor(np.where(mask, words, starts[leaders, None])),
        mask=torch.from_numpy(mask),
        pairs=as_tensor(pairs.reshape(-1, PAIRS_A_ROW)),
        slots=as_tensor(slots),
    )


def _lay_out_chains(documents: Sequence[WindowedDocument]) -> Chains:
    lengths = np.array([len(document.pairs) for document in documents])
    width = int(lengths.max())
    cells = np.repeat(np.arange(len(documents)) * width, lengths) + ranks_within(lengths)
    grid = np.zeros((2, len(documents) * width), dtype=np.int64)
    grid[0, cells] = np.concatenate([document.links for document in documents])
    grid[1, cells] = np.concatenate([document.labels for document in documents]).clip(min=0)
    return Chains(
        packing=pack_sequences(lengths.tolist()),
        cells=as_tensor(cells),
        mask=torch.from_numpy(np.arange(width) < lengths[:, None]),
        links=as_tensor(grid[0].reshape(-1, width)),
        labels=as_tensor(grid[1].reshape(-1, width)),
    )


def ranks_within(lengths: "Sequence[int] | Integers") -> Integers:
    """Return 0, 1, ... within each run of the given lengths, joined."""
    sizes = np.asarray(lengths, dtype=np.int64)
    return np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)


def _shifts(documents: Sequence[WindowedDocument], name: str) -> Integers:
    """Return how many rows of an array the documents before each one hold."""
    return np.array(list(accumulate((len(getattr(d, name)) for d in documents[:-1]), initial=0)), dtype=np.int64)


def _join(arrays: Sequence[Integers], *, shifts: Sequence[Integers]) -> Integers:
    """Join the arrays of documents, each column moved by its shift of the document."""
    moved = np.repeat(np.stack(shifts, axis=1), [len(array) for array in arrays], axis=0)
    return np.concatenate(arrays) + moved


def as_tensor(array: Integers) -> Tensor:
    """Return an array as a tensor of int64."""
    return torch.from_numpy(np.ascontiguousarray(array, dtype=np.int64))


def iterate_batches(
    documents: Sequence[WindowedDocument], *, pad_id: int, batch_tokens: int
) -> Iterator[tuple[list[int], Batch]]:
    """Yield (positions, batch) over documents, those of like length together, none shuffled."""
    for group in plan_batches([document.tokens_read for document in documents], batch_tokens=batch_tokens):
        yield group, make_batch([documents[n] for n in group], pad_id=pad_id)
