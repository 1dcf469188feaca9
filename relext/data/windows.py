"""Windows: what the encoder reads of a document, and where its words, mentions and pairs lie in there.

In: `CorpusDocument`, a `LabelScheme` and a tokenizer. Out: `WindowedDocument`, arrays that a batch only has to join.

A window is a run of whole sentences, or one alone, balanced so that the windows of a document are of like length; each
sentence is owned by one window, and may be read as context in others. A sentence longer than a window is cut between
words. What holds no candidate pair is left out: sentences from the words, windows from the encoder.

Examples
--------
>>> [bucket(count, GAP_BUCKETS) for count in (0, 1, 2, 5, 1000)]
[0, 1, 2, 3, 7]
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from corpus_tools.assembly import CorpusDocument
from corpus_tools.sentences import CandidatePair, Mention
from relext.data.concepts import CONCEPT_SIZES, ConceptTable
from relext.data.labels import LabelScheme
from relext.data.marking import CLIQUES, MarkedDocument, Markers, Marks, MentionTokens, lay_out_marks
from relext.data.packing import FRAME, Integers, Window, lay_out_sentences, lay_out_words, make_windows
from relext.data.subwords import Subwords, SubwordTokenizer, split_subwords

GAP_BUCKETS, BETWEEN_BUCKETS, DISTANCE_BUCKETS = 8, 6, 10
FEATURE_SIZES = (GAP_BUCKETS, BETWEEN_BUCKETS, DISTANCE_BUCKETS, 2)
SAME_FIRST, NEW_FIRST, NEW_SENTENCE = 0, 1, 2
LINK_KINDS = 3


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
    copies : tuple of Window
        Marked copies of sentences; see `Marks`, also for the next.
    markers : Integers, shape (pairs, 6), or (0, 6) where pairs are not marked
    clique : int
        How many levitated markers in turn read each other.
    concepts : Integers, shape (mentions, 3), or (0, 3) where no table was given
        Rows of each mention's concept, its semantic type and its group.
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
    copies: tuple[Window, ...] = ()
    markers: Integers = field(default_factory=lambda: np.zeros((0, 6), dtype=np.int64))
    clique: int = 1
    concepts: Integers = field(default_factory=lambda: np.zeros((0, len(CONCEPT_SIZES)), dtype=np.int64))

    @property
    def tokens(self) -> int:
        """Return how many tokens its windows hold, markers and copies not counted."""
        return sum(len(window.token_ids) for window in self.windows)

    @property
    def tokens_read(self) -> int:
        """Return how many tokens the encoder reads, markers and copies counted."""
        return sum(window.size for window in (*self.windows, *self.copies))


def window_document(
    document: CorpusDocument,
    scheme: LabelScheme,
    tokenizer: SubwordTokenizer,
    *,
    window_tokens: int = 256,
    window_sentences: int = 0,
    context_tokens: int = 0,
    markers: Markers | None = None,
    concepts: ConceptTable | None = None,
) -> WindowedDocument | None:
    """Cut a document into windows and place its candidate pairs in them.

    Parameters
    ----------
    window_tokens : int, tokens
        Most tokens of a window without its context, frame included.
    window_sentences : int
        Most sentences of a window without its context; 0 for as many as fit.
    context_tokens : int, tokens
        Most tokens of whole neighbouring sentences to read along, together on both sides.
    markers : Markers or None
        How to mark the pairs.
    concepts : ConceptTable or None
        What a linker knows of the mentions.

    Returns
    -------
    WindowedDocument or None
        None where the document has no candidate pair.
    """
    candidates = tuple(scheme.label_document(document).pairs)
    if not candidates:
        return None
    cut = _cut_document(document, candidates, tokenizer)
    room = window_tokens - FRAME
    windows, places = make_windows(
        cut.subwords, cut.used, tokenizer, capacity=room, context=context_tokens, sentences=window_sentences
    )
    mention_words = find_mention_words(cut.mentions, cut.subwords, cut.starts)
    words = lay_out_words(cut.subwords, cut.used, places)
    words[:, 3] = _tag_words(len(words), cut.mentions, mention_words, scheme)
    rows = _lay_out_mentions(cut.mentions, mention_words, scheme)
    windowed = WindowedDocument(
        doc_id=document.doc_id,
        windows=windows,
        words=words,
        sentences=np.array([cut.sentences[n] for n in cut.used]),
        mentions=rows,
        mention_words=mention_words,
        pairs=_lay_out_pairs(cut, rows),
        links=_lay_out_links(candidates),
        labels=np.array([scheme.label_id(pair.label) for pair in candidates], dtype=np.int64),
        candidates=candidates,
        mention_ids=tuple((cut.mentions[first][1].id, cut.mentions[second][1].id) for first, second in cut.ends),
        concepts=_lay_out_concepts(document.doc_id, [mention for _, mention in cut.mentions], concepts),
    )
    if markers is None:
        return windowed
    placed = _place_mentions(windowed, cut)
    read = MarkedDocument(
        windows, cut.subwords, placed, cut.candidates, cut.ends, tokenizer, room + context_tokens, context_tokens
    )
    return _mark(windowed, lay_out_marks(read, markers), markers)


@dataclass(frozen=True, slots=True)
class _Cut:
    """Hold what the arrays of a document are laid out from.

    Attributes
    ----------
    used : list of int
        The segments that a candidate pair touches.
    mentions : list of (int, Mention)
        The mentions of these, each with its segment.
    ends : list of (int, int)
        Positions in `mentions` of each pair's first and second.
    sentences : dict of int to (int, int)
        First word and end word of each used segment, words counted over these.
    """

    candidates: tuple[CandidatePair, ...]
    subwords: Sequence[Subwords]
    used: list[int]
    mentions: list[tuple[int, Mention]]
    ends: list[tuple[int, int]]
    sentences: dict[int, Integers]

    @property
    def starts(self) -> dict[int, int]:
        """Return the first word of each used segment."""
        return {n: int(start) for n, (start, _) in self.sentences.items()}


def _cut_document(document: CorpusDocument, candidates: tuple[CandidatePair, ...], tokenizer: SubwordTokenizer) -> _Cut:
    used = sorted({n for pair in candidates for n in range(pair.segment, pair.segment + pair.distance + 1)})
    keys = [(n, m) for n in used for m in range(len(document.segments[n].mentions))]
    numbers = {key: n for n, key in enumerate(keys)}
    subwords = split_subwords([segment.text for segment in document.segments], tokenizer)
    return _Cut(
        candidates=candidates,
        subwords=subwords,
        used=used,
        mentions=[(n, document.segments[n].mentions[m]) for n, m in keys],
        ends=[(numbers[p.segment, p.first], numbers[p.segment + p.distance, p.second]) for p in candidates],
        sentences=dict(zip(used, lay_out_sentences(subwords, used), strict=True)),
    )


def _lay_out_links(candidates: Sequence[CandidatePair]) -> Integers:
    """Return the kind of link of each pair to the one before."""
    return np.array(
        [find_link(*both) for both in zip((None, *candidates[:-1]), candidates, strict=True)], dtype=np.int64
    )


def _mark(windowed: WindowedDocument, marks: Marks, markers: Markers) -> WindowedDocument:
    clique = CLIQUES[markers.marking]
    return replace(windowed, windows=marks.windows, copies=marks.copies, markers=marks.markers, clique=clique)


def _place_mentions(windowed: WindowedDocument, cut: _Cut) -> list[MentionTokens]:
    """Return where each mention's tokens lie, in its segment and in the window of its first word."""
    placed, starts = [], cut.starts
    for (segment, _), (first, end, type_row, _) in zip(cut.mentions, windowed.mentions.tolist(), strict=True):
        words = windowed.words[first:end]
        reached = words[words[:, 0] == words[0, 0]]
        tokens = cut.subwords[segment].word_tokens[first - starts[segment] : end - starts[segment]]
        placed.append(
            MentionTokens(
                type_row=type_row,
                segment=segment,
                start=tokens[0][0],
                end=tokens[-1][1],
                window=int(words[0, 0]),
                first=int(words[0, 1]),
                last=int(reached[-1, 2]) - 1,
            )
        )
    return placed


def find_link(before: CandidatePair | None, pair: CandidatePair) -> int:
    """Return the kind of link between two neighbours in the order of pairs."""
    if before is None or before.segment != pair.segment:
        return NEW_SENTENCE
    return SAME_FIRST if before.first == pair.first else NEW_FIRST


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


def _lay_out_concepts(doc_id: str, mentions: Sequence[Mention], concepts: ConceptTable | None) -> Integers:
    rows = [] if concepts is None else [concepts.of_mention(doc_id, mention) for mention in mentions]
    return np.array(rows, dtype=np.int64).reshape(-1, len(CONCEPT_SIZES))


def _lay_out_pairs(cut: _Cut, rows: Integers) -> Integers:
    """Return the row of each pair, given those of the mentions."""
    texts = [mention.text.casefold() for _, mention in cut.mentions]
    laid = []
    for pair, (first, second) in zip(cut.candidates, cut.ends, strict=True):
        gap = bucket(int(rows[second, 0] - rows[first, 1]), GAP_BUCKETS)
        between = bucket(second - first - 1, BETWEEN_BUCKETS)
        read = (cut.sentences[pair.segment][0], cut.sentences[pair.segment + pair.distance][1])
        distance = min(pair.distance, DISTANCE_BUCKETS - 1)
        laid.append((first, second, *read, gap, between, distance, int(texts[first] == texts[second])))
    return np.array(laid, dtype=np.int64).reshape(-1, 8)


def bucket(count: int, buckets: int) -> int:
    """Return the bucket of a count: 0, 1, 2-3, 4-7 and so on; what is negative counts as 0."""
    return min(max(0, count).bit_length(), buckets - 1)
