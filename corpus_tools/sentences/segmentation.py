"""Segments: the sentences of a document, none of them cutting a mention, none longer than the model reads.

In: `CleanedDocument`, or a text alone. Out: `SegmentedDocument`, its `Segment`s in text order, each with the mentions
that it holds. Layers: layout blocks (`layout`), sentences inside them (`splitting`), mentions kept whole, then cuts at
punctuation where a segment has too many words.

Examples
--------
>>> text = "PLAN:\\n1. Aspirin 81 mg q.d. for CAD.\\n2. See Dr. Lee."
>>> [text[span.start : span.end] for span in segment_text(text)]
['PLAN:', '1. Aspirin 81 mg q.d. for CAD.', '2. See Dr. Lee.']
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import regex

from corpus_tools.sentences.cleaning import CleanedDocument
from corpus_tools.sentences.layout import find_blocks
from corpus_tools.sentences.mentions import LostMention, Mention, place_mentions
from corpus_tools.sentences.signs import CLOSING, PAUSE
from corpus_tools.sentences.splitting import split_sentences
from corpus_tools.sentences.words import count_words, tokenize_words
from corpus_tools.standoff import UNSPACED, Span

MAX_WORDS = 128

# Where a segment that is too long may be cut: at a line end or after these signs, the strongest last. Those of other
# scripts need no white space behind them, nor does a comma or colon beside a letter of a script without blanks between
# words; a blank between two such letters is a sign too, the only one in Thai.
_BESIDE = rf"(?:(?={UNSPACED})|(?<={UNSPACED}.))"
_CUT = regex.compile(
    r"(?P<strong>;)\s*|(?:(?P<middle>[:)—–])|(?P<weak>,))[\"')\]]*\s+|(?P<line>\n)\s*"
    rf"|(?:(?P<strong>[；؛])|(?P<middle>：|:{_BESIDE})|(?P<weak>{PAUSE}|,{_BESIDE})){CLOSING}*\s*"
    rf"|(?<=[{UNSPACED}\p{{M}}])(?P<weak>[^\S\n]+)(?={UNSPACED})",
    regex.V1,
)
_STRENGTHS = ("line", "weak", "middle", "strong")


class _Cut(NamedTuple):
    """Hold a place for a cut, behind the white space; the greater cut is the stronger, then the later one."""

    strength: int
    position: int


@dataclass(frozen=True, slots=True)
class Segment:
    """Hold a stretch of a document that is read as one sentence.

    Attributes
    ----------
    index : int
        Position among the document's segments.
    text : str
        Cleaned text, from the first to the last character that is not white space or belongs to a mention.
    source_start, source_end : int, characters of the source text
    mentions : tuple of Mention
        Sorted by (start, end, type, number in the id).
    over_long : bool
        Whether the segment still exceeds the words allowed: it takes its place but gives no candidate pair.
    """

    doc_id: str
    index: int
    text: str
    source_start: int
    source_end: int
    mentions: tuple[Mention, ...] = ()
    over_long: bool = False


@dataclass(frozen=True, slots=True)
class SegmentedDocument:
    """Hold a document's segments, and the mentions of which cleaning left no character, with the cause."""

    cleaned: CleanedDocument
    segments: tuple[Segment, ...]
    lost: tuple[LostMention, ...] = ()

    def to_source(self, segment: Segment, span: Span) -> Span:
        """Return the source span of a span in a segment's text."""
        offsets = self.cleaned.offsets
        clean = offsets.to_clean(Span(segment.source_start, segment.source_end))
        return offsets.to_source(span.shifted(clean.start if clean else 0))


def segment_text(text: str, *, max_words: int = MAX_WORDS) -> tuple[Span, ...]:
    """Return the segments of a text alone, as agreement needs them: two annotators' mentions can't move a boundary.

    Returns
    -------
    tuple of Span
        Ordered, disjoint, covering every character that is not white space.
    """
    return tuple(_cut_spans(text, _find_sentences(text, ()), extents=(), max_words=max_words))


def segment_document(cleaned: CleanedDocument, *, max_words: int = MAX_WORDS) -> SegmentedDocument:
    """Cut a cleaned document into segments; a boundary inside a mention, or between its fragments, is taken back.

    Parameters
    ----------
    max_words : int, words as `tokenize_words` counts them
        A longer segment is cut at punctuation outside mentions; a piece that is still longer is marked over-long.
    """
    placed, lost = place_mentions(cleaned)
    extents = [mention.extent for mention in placed]
    sentences = _join_over(_find_sentences(cleaned.text, cleaned.breaks), extents)
    pieces = _cut_spans(cleaned.text, sentences, extents=extents, max_words=max_words)
    spans = _join_over(pieces, extents)
    return SegmentedDocument(cleaned, tuple(_make_segments(cleaned, spans, placed, max_words=max_words)), lost)


def _find_sentences(text: str, breaks: Sequence[int]) -> list[Span]:
    """Return the sentences inside each layout block, without the white space around them."""
    return [sentence for block in find_blocks(text, breaks) for sentence in split_sentences(text, block)]


def _join_over(sentences: Iterable[Span], extents: Iterable[Span]) -> list[Span]:
    """Unite whatever shares a character, so that each mention lies in one span, edges in white space included."""
    joined: list[Span] = []
    for span in sorted([*sentences, *extents]):
        if joined and span.start < joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined


def _cut_spans(text: str, spans: Iterable[Span], *, extents: Sequence[Span], max_words: int) -> Iterator[Span]:
    """Cut each span with too many words at punctuation, never inside one of the mention extents."""
    solid = _join_over((), extents)
    for span in spans:
        # A text has no more words than characters, which settles most spans without counting.
        if len(span) <= max_words or count_words(text[span.start : span.end]) <= max_words:
            yield span
        else:
            yield from _cut_span(text, span, solid=solid, max_words=max_words)


def _cut_span(text: str, span: Span, *, solid: Sequence[Span], max_words: int) -> Iterator[Span]:
    """Cut greedily: at the strongest sign in the later half of what fits, else the last that fits, else the next."""
    words = [word.start + span.start for word in tokenize_words(text[span.start : span.end])]
    cuts = [cut for cut in _find_cuts(text, span) if not _is_inside(cut.position, solid)]
    positions = [cut.position for cut in cuts]
    start, first, passed = span.start, 0, 0  # where the piece starts, its first word, the cuts at or before it
    while passed < len(cuts) and len(words) - first > max_words:
        fitting = cuts[passed : bisect_right(positions, words[first + max_words])]
        late = [cut for cut in fitting if cut.position > words[first + max_words // 2]]
        chosen = max(late, default=fitting[-1] if fitting else cuts[passed])
        yield _trimmed(text, start, chosen.position)
        start = chosen.position
        first, passed = bisect_left(words, start), bisect_right(positions, start)
    yield _trimmed(text, start, span.end)


def _find_cuts(text: str, span: Span) -> Iterator[_Cut]:
    """Yield the places where a span may be cut, in order."""
    for match in _CUT.finditer(text, span.start, span.end):
        if match.end() < span.end:
            yield _Cut(_STRENGTHS.index(str(match.lastgroup)), match.end())


def _is_inside(position: int, solid: Sequence[Span]) -> bool:
    """Say whether a cut there would divide one of the ordered, disjoint spans."""
    before = bisect_left(solid, Span(position, 0)) - 1
    return before >= 0 and position < solid[before].end


def _trimmed(text: str, start: int, end: int) -> Span:
    """Return the span without white space at its edges."""
    stretch = text[start:end]
    return Span(start + len(stretch) - len(stretch.lstrip()), start + len(stretch.rstrip()))


def _make_segments(
    cleaned: CleanedDocument, spans: Sequence[Span], mentions: Sequence[Mention], *, max_words: int
) -> Iterator[Segment]:
    """Yield the segments with the mentions inside them; both come in text order."""
    starts = [span.start for span in spans]
    held: list[list[Mention]] = [[] for _ in spans]
    for mention in mentions:
        position = bisect_right(starts, mention.start) - 1
        held[position].append(mention.shifted(-starts[position]))
    for index, span in enumerate(spans):
        source, text = cleaned.offsets.to_source(span), cleaned.text[span.start : span.end]
        over_long = len(text) > max_words and count_words(text) > max_words
        doc_id = cleaned.aligned.document.doc_id
        yield Segment(doc_id, index, text, source.start, source.end, tuple(held[index]), over_long)
