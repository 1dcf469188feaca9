"""Windows: what the encoder reads of a document, and where its words, mentions and pairs lie in there.

In: `CorpusDocument`, a `LabelScheme` and a tokenizer. Out: `WindowedDocument`, arrays that a batch only has to join.

A window is a run of whole sentences, balanced so that the windows of a document are of like length; each sentence is
owned by one window, and may be read as context in others. A sentence longer than a window is cut between words. What
holds no candidate pair is left out: sentences from the words, windows from the encoder.

Examples
--------
>>> [(unit.start, unit.end) for unit in cut_units([4, 9], capacity=6)]
[(0, 4), (0, 6), (6, 9)]
>>> pack_units([4, 6, 3], capacity=10)
[(0, 2), (2, 3)]
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from corpus_tools.assembly import CorpusDocument
from corpus_tools.sentences import CandidatePair, Mention
from relext.data.labels import LabelScheme
from relext.data.subwords import Subwords, SubwordTokenizer, split_subwords

Integers: TypeAlias = NDArray[np.int64]

FRAME = 2  # the tokens that open and close a window
GAP_BUCKETS, BETWEEN_BUCKETS, DISTANCE_BUCKETS = 8, 6, 10
FEATURE_SIZES = (GAP_BUCKETS, BETWEEN_BUCKETS, DISTANCE_BUCKETS, 2)
SAME_FIRST, NEW_FIRST, NEW_SENTENCE = 0, 1, 2
LINK_KINDS = 3


@dataclass(frozen=True, slots=True)
class Unit:
    """Hold a sentence, or a piece of one that is too long: `start` and `end` are positions in the sentence's tokens."""

    segment: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Window:
    """Hold what the encoder reads in one row: its tokens, frame included."""

    token_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WindowedDocument:
    """Hold a document with candidate pairs as arrays; every position counts within the document.

    Attributes
    ----------
    windows : tuple of Window
    words : Integers, shape (words, 4)
        Of each word its window, first token, end token, and the embedding row of the type of a mention around it.
    sentences : Integers, shape (sentences, 2)
        First word and end word of each sentence that a pair touches.
    mentions : Integers, shape (mentions, 4)
        First word, end word, embedding row of the type, embedding row of the assertion.
    mention_words : Integers, shape (n, 2)
        (mention, word) for each word of a mention; a discontinuous one lacks its gaps.
    pairs : Integers, shape (pairs, 8)
        First mention, second mention, first word and end word of the sentences read, and the features: bucket of the
        words between, bucket of the mentions between, sentences apart, whether both mentions have the same text.
    links, labels : Integers, shape (pairs,)
        Kind of link to the pair before; position of the label, -1 where the scheme lacks it.
    candidates : tuple of CandidatePair
    mention_ids : tuple of (str, str)
        Source ids of each pair's mentions.
    """

    doc_id: str
    windows: tuple[Window, ...]
    words: Integers
    sentences: Integers
    mentions: Integers
    mention_words: Integers
    pairs: Integers
    links: Integers
    labels: Integers
    candidates: tuple[CandidatePair, ...]
    mention_ids: tuple[tuple[str, str], ...]

    @property
    def tokens(self) -> int:
        """Return how many tokens its windows hold."""
        return sum(len(window.token_ids) for window in self.windows)


def window_document(
    document: CorpusDocument,
    scheme: LabelScheme,
    tokenizer: SubwordTokenizer,
    *,
    window_tokens: int = 256,
    context_tokens: int = 0,
) -> WindowedDocument | None:
    """Cut a document into windows and place its candidate pairs in them.

    Parameters
    ----------
    window_tokens : int, tokens
        Most tokens of a window without its context, frame included.
    context_tokens : int, tokens
        Most tokens of whole neighbouring sentences to read along, together on both sides.

    Returns
    -------
    WindowedDocument or None
        None where the document has no candidate pair.
    """
    candidates = tuple(scheme.label_document(document).pairs)
    if not candidates:
        return None
    used = sorted({n for pair in candidates for n in range(pair.segment, pair.segment + pair.distance + 1)})
    subwords = split_subwords([segment.text for segment in document.segments], tokenizer)
    windows, places = make_windows(subwords, used, tokenizer, capacity=window_tokens - FRAME, context=context_tokens)
    mentions = [(n, mention) for n in used for mention in document.segments[n].mentions]
    sentences = lay_out_sentences(subwords, used)
    starts = dict(zip(used, sentences[:, 0].tolist(), strict=True))
    mention_words = find_mention_words(mentions, subwords, starts)
    words = lay_out_words(subwords, used, places)
    words[:, 3] = _tag_words(len(words), mentions, mention_words, scheme)
    numbers = {key: n for n, key in enumerate((n, m) for n in used for m in range(len(document.segments[n].mentions)))}
    ends = [(numbers[p.segment, p.first], numbers[p.segment + p.distance, p.second]) for p in candidates]
    rows = _lay_out_mentions(mentions, mention_words, scheme)
    return WindowedDocument(
        doc_id=document.doc_id,
        windows=windows,
        words=words,
        sentences=sentences,
        mentions=rows,
        mention_words=mention_words,
        pairs=_lay_out_pairs(
            candidates, ends, rows=rows, mentions=mentions, sentences=dict(zip(used, sentences, strict=True))
        ),
        links=np.array(
            [find_link(*both) for both in zip((None, *candidates[:-1]), candidates, strict=True)], dtype=np.int64
        ),
        labels=np.array([scheme.label_id(pair.label) for pair in candidates], dtype=np.int64),
        candidates=candidates,
        mention_ids=tuple((mentions[first][1].id, mentions[second][1].id) for first, second in ends),
    )


def find_link(before: CandidatePair | None, pair: CandidatePair) -> int:
    """Return the kind of link between two neighbours in the order of pairs."""
    if before is None or before.segment != pair.segment:
        return NEW_SENTENCE
    return SAME_FIRST if before.first == pair.first else NEW_FIRST


def cut_units(lengths: Sequence[int], *, capacity: int) -> list[Unit]:
    """Return one unit a sentence of `lengths` tokens, several where it exceeds the capacity."""
    return [
        Unit(segment, start, min(start + capacity, length))
        for segment, length in enumerate(lengths)
        for start in range(0, max(1, length), capacity)
    ]


def pack_units(lengths: Sequence[int], *, capacity: int) -> list[tuple[int, int]]:
    """Pack neighbouring units into the fewest windows, of like length, and return (first, end) of each."""
    target = sum(lengths) / max(1, -(-sum(lengths) // capacity))
    packed, start, held = [], 0, 0
    for n, length in enumerate(lengths):
        if n > start and (held + length > capacity or held >= target):
            packed.append((start, n))
            start, held = n, 0
        held += length
    return [*packed, (start, len(lengths))]


def make_windows(
    subwords: Sequence[Subwords], used: Sequence[int], tokenizer: SubwordTokenizer, *, capacity: int, context: int
) -> tuple[tuple[Window, ...], dict[tuple[int, int], tuple[int, int]]]:
    """Return the windows that own a used sentence, and (window, offset) of each unit by (segment, its first token)."""
    units = cut_units([len(segment.ids) for segment in subwords], capacity=capacity)
    lengths, needed = [unit.end - unit.start for unit in units], set(used)
    windows: list[Window] = []
    places: dict[tuple[int, int], tuple[int, int]] = {}
    for start, end in pack_units(lengths, capacity=capacity):
        if needed.isdisjoint(unit.segment for unit in units[start:end]):
            continue
        left, right = _add_context(lengths, start, end, budget=context)
        ids = [tokenizer.start_id]
        for n in range(left, right):
            if start <= n < end:
                places[units[n].segment, units[n].start] = (len(windows), len(ids) - units[n].start)
            ids.extend(subwords[units[n].segment].ids[units[n].start : units[n].end])
        windows.append(Window((*ids, tokenizer.end_id)))
    return tuple(windows), places


def _add_context(lengths: Sequence[int], start: int, end: int, *, budget: int) -> tuple[int, int]:
    """Widen a run of units by whole neighbours, left and right in turn, as long as the budget lasts."""
    is_open = {-1: True, 1: True}
    side = -1
    while any(is_open.values()):
        n = start - 1 if side < 0 else end
        is_open[side] = is_open[side] and 0 <= n < len(lengths) and lengths[n] <= budget
        if is_open[side]:
            budget -= lengths[n]
            start, end = (n, end) if side < 0 else (start, n + 1)
        side = -side
    return start, end


def lay_out_sentences(subwords: Sequence[Subwords], used: Sequence[int]) -> Integers:
    """Return the first word and the end word of each used sentence, words counted over these."""
    ends = np.cumsum([len(subwords[n].word_starts) for n in used])
    return np.stack([np.concatenate([[0], ends[:-1]]), ends], axis=1).astype(np.int64)


def lay_out_words(
    subwords: Sequence[Subwords], used: Sequence[int], places: dict[tuple[int, int], tuple[int, int]]
) -> Integers:
    """Return (window, first token, end token, 0) of each word of the used sentences."""
    rows = []
    for n in used:
        cuts = sorted(start for segment, start in places if segment == n)
        for start, end in subwords[n].word_tokens:
            cut = max(c for c in cuts if c <= start)
            end = min(end, min((c for c in cuts if c > start), default=end))
            window, offset = places[n, cut]
            rows.append((window, start + offset, max(end, start + 1) + offset, 0))
    return np.array(rows, dtype=np.int64).reshape(-1, 4)


def find_mention_words(
    mentions: Sequence[tuple[int, Mention]], subwords: Sequence[Subwords], starts: dict[int, int]
) -> Integers:
    """Return (mention, word) for the words that share a character with a fragment; the nearest word where none does."""
    rows: list[tuple[int, int]] = []
    for number, (segment, mention) in enumerate(mentions):
        words = subwords[segment]
        found: set[int] = set()
        for span in mention.fragments:
            first = int(np.searchsorted(words.word_ends, span.start, side="right"))
            found.update(range(first, int(np.searchsorted(words.word_starts, span.end, side="left"))))
        nearest = min(int(np.searchsorted(words.word_ends, mention.start)), len(words.word_ends) - 1)
        rows.extend((number, starts[segment] + word) for word in sorted(found or {nearest}))
    return np.array(rows, dtype=np.int64).reshape(-1, 2)


def _tag_words(
    count: int, mentions: Sequence[tuple[int, Mention]], mention_words: Integers, scheme: LabelScheme
) -> Integers:
    """Return the embedding row of each word's mention type, the shortest mention's where they nest, 0 outside."""
    tags = np.zeros(count, dtype=np.int64)
    lengths = np.bincount(mention_words[:, 0], minlength=len(mentions))
    for number in np.argsort(-lengths, kind="stable"):
        tags[mention_words[mention_words[:, 0] == number, 1]] = scheme.type_id(mentions[number][1].type)
    return tags


def _lay_out_mentions(
    mentions: Sequence[tuple[int, Mention]], mention_words: Integers, scheme: LabelScheme
) -> Integers:
    firsts = np.searchsorted(mention_words[:, 0], np.arange(len(mentions)), side="left")
    lasts = np.searchsorted(mention_words[:, 0], np.arange(len(mentions)), side="right") - 1
    types = [scheme.type_id(mention.type) for _, mention in mentions]
    assertions = [scheme.assertion_id(mention.assertion) for _, mention in mentions]
    columns = (mention_words[firsts, 1], mention_words[lasts, 1] + 1, np.array(types), np.array(assertions))
    return np.stack(columns, axis=1).astype(np.int64)


def _lay_out_pairs(
    candidates: Sequence[CandidatePair],
    ends: Sequence[tuple[int, int]],
    *,
    rows: Integers,
    mentions: Sequence[tuple[int, Mention]],
    sentences: dict[int, Integers],
) -> Integers:
    texts = [mention.text.casefold() for _, mention in mentions]
    laid = []
    for pair, (first, second) in zip(candidates, ends, strict=True):
        gap = bucket(int(rows[second, 0] - rows[first, 1]), GAP_BUCKETS)
        between = bucket(second - first - 1, BETWEEN_BUCKETS)
        read = (sentences[pair.segment][0], sentences[pair.segment + pair.distance][1])
        distance = min(pair.distance, DISTANCE_BUCKETS - 1)
        laid.append((first, second, *read, gap, between, distance, int(texts[first] == texts[second])))
    return np.array(laid, dtype=np.int64).reshape(-1, 8)


def bucket(count: int, buckets: int) -> int:
    """Return the bucket of a count: 0, 1, 2-3, 4-7 and so on; what is negative counts as 0."""
    return min(max(0, count).bit_length(), buckets - 1)
