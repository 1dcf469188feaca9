"""What a finder of mentions reads: every sentence of a document as words, and where gold mentions lie among them.

In: the segments of a document and a tokenizer. Out: `TaggedDocument`, arrays, and `TaggedBatch`, tensors.

A mention is the words that it spans, its type, and of these words the ones that it leaves out (its gaps, where it is
discontinuous). For one tagger a type there is also a tag a word, which says where in a mention of the type the word
stands: outside, begin, inside, end, or a mention of its own. Of two mentions of one type that share a word the tags
can hold only one: the first, of these the longest.

Examples
--------
>>> tag_spans([(0, 2), (1, 3), (3, 4)], words=5).tolist()
[1, 3, 0, 4, 0]
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from corpus_tools.sentences import Mention, Segment
from corpus_tools.standoff import Span
from relext.data.batches import Packing, as_tensor, pack_sequences, plan_batches, ranks_within
from relext.data.groups import Moved, WindowGroup, group_windows
from relext.data.packing import FRAME, Integers, Window, lay_out_sentences, lay_out_words, make_windows
from relext.data.subwords import Subwords, SubwordTokenizer, split_subwords

OUTSIDE, BEGIN, INSIDE, END, SINGLE = range(5)
TAGS = 5

WordSpan = tuple[int, int]  # first word, end word


@dataclass(frozen=True, slots=True)
class TaggedDocument:
    """Hold a document's sentences as words in windows; every position counts within the document.

    Attributes
    ----------
    windows : tuple of Window
    words : Integers, shape (words, 3)
        Of each word its window, first token and end token.
    spans : tuple of (int, Span)
        Of each word its segment and its characters in the segment's text.
    sentences : Integers, shape (segments, 2)
        First word and end word.
    tags : Integers, shape (words, types)
    mentions : Integers, shape (mentions, 4)
        First word, end word, type and assertion of each gold mention, -1 for a type or assertion that is not known.
    gaps : Integers, shape (n, 2)
        (mention, word) for each word that a gold mention spans and leaves out.
    crowded : int
        Gold mentions that the tags leave out, since another one of their type shares a word.
    """

    windows: tuple[Window, ...]
    words: Integers
    spans: tuple[tuple[int, Span], ...]
    sentences: Integers
    tags: Integers
    mentions: Integers
    gaps: Integers
    crowded: int

    @property
    def tokens(self) -> int:
        """Return how many tokens its windows hold."""
        return sum(len(window.token_ids) for window in self.windows)


def tag_document(
    segments: Sequence[Segment],
    tokenizer: SubwordTokenizer,
    *,
    types: Sequence[str],
    assertions: Sequence[str],
    window_tokens: int,
) -> TaggedDocument | None:
    """Lay out all segments of a document, and tag their mentions; None where there is no segment."""
    if not segments:
        return None
    subwords, used = split_subwords([segment.text for segment in segments], tokenizer), range(len(segments))
    windows, places = make_windows(subwords, used, tokenizer, capacity=window_tokens - FRAME, context=0)
    sentences = lay_out_sentences(subwords, used)
    words = lay_out_words(subwords, used, places)[:, :3]
    located = [(n, mention) for n, segment in enumerate(segments) for mention in segment.mentions]
    found = [(mention, _words_of(mention, subwords[n], int(sentences[n, 0]))) for n, mention in located]
    columns = [[span for mention, span in found if mention.type == name] for name in types]
    kept = [_without_crowding(column) for column in columns]
    return TaggedDocument(
        windows=windows,
        words=words,
        spans=tuple(
            (n, Span(*edges))
            for n, row in enumerate(subwords)
            for edges in zip(row.word_starts, row.word_ends, strict=True)
        ),
        sentences=sentences,
        tags=np.stack([tag_spans(column, words=len(words)) for column in kept], axis=1),
        mentions=np.array(
            [(*span, _place(m.type, types), _place(m.assertion, assertions)) for m, span in found], dtype=np.int64
        ).reshape(-1, 4),
        gaps=_find_gaps(located, subwords, sentences),
        crowded=sum(map(len, columns)) - sum(map(len, kept)),
    )


def _words_of(mention: Mention, subwords: Subwords, shift: int) -> WordSpan:
    """Return the words that a mention spans; those that it touches only in part belong to it."""
    first = int(np.searchsorted(subwords.word_ends, mention.start, side="right"))
    end = int(np.searchsorted(subwords.word_starts, mention.end, side="left"))
    first = min(first, len(subwords.word_starts) - 1)
    return first + shift, max(end, first + 1) + shift


def _place(name: str, names: Sequence[str]) -> int:
    return names.index(name) if name in names else -1


def _find_gaps(located: Sequence[tuple[int, Mention]], subwords: Sequence[Subwords], sentences: Integers) -> Integers:
    """Return (mention, word) for each word between two fragments that shares no character with any."""
    rows: list[tuple[int, int]] = []
    for number, (segment, mention) in enumerate(located):
        if len(mention.fragments) > 1:
            words = zip(subwords[segment].word_starts, subwords[segment].word_ends, strict=True)
            rows.extend(
                (number, int(sentences[segment, 0]) + place)
                for place, (start, end) in enumerate(words)
                if mention.start < end
                and start < mention.end
                and not any(span.start < end and start < span.end for span in mention.fragments)
            )
    return np.array(rows, dtype=np.int64).reshape(-1, 2)


def _without_crowding(spans: Sequence[WordSpan]) -> list[WordSpan]:
    """Return the spans that share no word with one kept before, the first and of these the longest first."""
    kept: list[WordSpan] = []
    for span in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept


def tag_spans(spans: Sequence[WordSpan], *, words: int) -> Integers:
    """Return the tag of each word, shape (words,); a span that starts inside one before it is left out."""
    tags = np.full(words, OUTSIDE, dtype=np.int64)
    for first, end in _without_crowding(spans):
        tags[first:end] = INSIDE
        tags[end - 1] = END
        tags[first] = BEGIN if end - first > 1 else SINGLE
    return tags


@dataclass(frozen=True, slots=True)
class TaggedBatch(Moved):
    """Hold documents that go through the finder together.

    Attributes
    ----------
    windows : tuple of WindowGroup
    word_tokens : LongTensor, shape (words,)
        Position of each word's first token in the groups' tokens, flattened and joined.
    packing : Packing
        Of the words, a sentence a sequence.
    grid : LongTensor, shape (sentences, longest)
        The words of each sentence, 0 in padding.
    mask : BoolTensor, shape (sentences, longest)
    sentence_ends : LongTensor, shape (words,)
        End word of each word's sentence.
    tags : LongTensor, shape (words, types)
    mentions : LongTensor, shape (mentions, 4)
    gaps : LongTensor, shape (n, 2)
        As in `TaggedDocument`.
    """

    windows: tuple[WindowGroup, ...]
    word_tokens: Tensor
    packing: Packing
    grid: Tensor
    mask: Tensor
    sentence_ends: Tensor
    tags: Tensor
    mentions: Tensor
    gaps: Tensor


def make_tagged_batch(documents: Sequence[TaggedDocument], *, pad_id: int) -> TaggedBatch:
    """Join documents into one batch."""
    shifts = np.cumsum([0, *(len(document.words) for document in documents)])
    mention_shifts = np.cumsum([0, *(len(document.mentions) for document in documents)])
    window_shifts = np.cumsum([0, *(len(document.windows) for document in documents)])
    groups, places = group_windows([window for document in documents for window in document.windows], pad_id)
    words = np.concatenate([_moved_rows(d.words, shift, 1) for d, shift in zip(documents, window_shifts, strict=False)])
    sentences = np.concatenate([d.sentences + shift for d, shift in zip(documents, shifts, strict=False)])
    lengths = sentences[:, 1] - sentences[:, 0]
    mask = np.arange(lengths.max()) < lengths[:, None]
    grid = np.zeros(mask.shape, dtype=np.int64)
    grid[mask] = np.repeat(sentences[:, 0], lengths) + ranks_within(lengths)
    return TaggedBatch(
        windows=groups,
        word_tokens=as_tensor(places.of(words[:, 0], words[:, 1])),
        packing=pack_sequences(lengths.tolist()),
        grid=as_tensor(grid),
        mask=torch.from_numpy(mask),
        sentence_ends=as_tensor(np.repeat(sentences[:, 1], lengths)),
        tags=as_tensor(np.concatenate([document.tags for document in documents])),
        mentions=as_tensor(
            np.concatenate([_moved_rows(d.mentions, shift, 2) for d, shift in zip(documents, shifts, strict=False)])
        ),
        gaps=as_tensor(
            np.concatenate([d.gaps + both for d, *both in zip(documents, mention_shifts, shifts, strict=False)])
        ),
    )


def _moved_rows(rows: Integers, shift: int, columns: int) -> Integers:
    """Return rows with a number added to their first columns."""
    moved = rows.copy()
    moved[:, :columns] += shift
    return moved


def iterate_tagged(
    documents: Sequence[TaggedDocument], *, pad_id: int, batch_tokens: int
) -> Iterator[tuple[list[int], TaggedBatch]]:
    """Yield (positions, batch) over documents, those of like length together, none shuffled."""
    for group in plan_batches([document.tokens for document in documents], batch_tokens=batch_tokens):
        yield group, make_tagged_batch([documents[n] for n in group], pad_id=pad_id)
