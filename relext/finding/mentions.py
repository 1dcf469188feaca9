"""From a finder and segments to mentions: type, characters, probability, assertion.

In: `MentionFinder` and the segments of documents; mentions that the segments hold already are not looked at.
Out: `FoundMention`s a document, in text order.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice

from corpus_tools.sentences import Segment
from corpus_tools.standoff import Span
from relext.data import TaggedDocument, iterate_tagged, tag_document
from relext.finding.found import FoundMention
from relext.finding.overlaps import keep_surest
from relext.model import FoundSpans, MentionFinder, encoder_limit

DOCUMENTS_AT_ONCE = 256
BATCH_TOKENS = 8192


def find_mentions(
    finder: MentionFinder, documents: Iterable[Sequence[Segment]], *, batch_tokens: int = BATCH_TOKENS
) -> Iterator[tuple[FoundMention, ...]]:
    """Yield the mentions of each document, given as its segments, in the order of the documents."""
    waiting = iter(documents)
    while chunk := list(islice(waiting, DOCUMENTS_AT_ONCE)):
        tagged = [lay_out(finder, segments) for segments in chunk]
        ready = [document for document in tagged if document is not None]
        found = iter(find_tagged(finder, ready, batch_tokens=batch_tokens))
        for document in tagged:
            yield next(found) if document is not None else ()


def lay_out(finder: MentionFinder, segments: Sequence[Segment]) -> TaggedDocument | None:
    """Lay out a document's words as the finder was trained on; None where it has no segment."""
    return tag_document(
        segments,
        finder.tokenizer,
        types=finder.types,
        assertions=finder.assertions,
        window_tokens=min(finder.config.model.window_tokens, encoder_limit(finder.encoder_config)),
    )


def find_tagged(
    finder: MentionFinder, documents: Sequence[TaggedDocument], *, batch_tokens: int = BATCH_TOKENS
) -> list[tuple[FoundMention, ...]]:
    """Return the mentions of documents that are laid out, in their order."""
    finder.network.eval()
    found: dict[int, tuple[FoundMention, ...]] = {}
    for places, batch in iterate_tagged(documents, pad_id=finder.tokenizer.pad_id, batch_tokens=batch_tokens):
        likely: dict[int, list[FoundMention]] = {place: [] for place in places}
        for place, mention in _name_spans(finder, finder.network.find(batch.to(finder.device)), documents, places):
            if mention.probability >= finder.threshold:
                likely[place].append(mention)
        for place, mentions in likely.items():
            kept = keep_surest(mentions, finder.overlaps)
            found[place] = tuple(sorted(kept, key=lambda each: (each.segment, each.span, each.type)))
    return [found[place] for place in range(len(documents))]


def _name_spans(
    finder: MentionFinder, spans: FoundSpans, documents: Sequence[TaggedDocument], places: Sequence[int]
) -> Iterator[tuple[int, FoundMention]]:
    """Yield (position of the document, mention) for what was found in a batch of documents."""
    words = [(place, word) for place in places for word in documents[place].spans]
    left_out = _group_gaps(spans)
    best = spans.assertions.max(1) if len(spans.spans) else None
    for n, (first, end) in enumerate(spans.spans.tolist()):
        assert best is not None  # there is a mention, so its assertion was judged
        place, (segment, opening) = words[first]
        closing = words[end - 1][1][1]
        yield (
            place,
            FoundMention(
                segment=segment,
                span=Span(opening.start, closing.end),
                type=finder.types[int(spans.types[n])],
                probability=min(1.0, float(spans.probabilities[n])),
                assertion=finder.assertions[int(best.indices[n])],
                assertion_probability=float(best.values[n]),
                gaps=_widen_gaps([words[word][1][1] for word in range(first, end)], left_out[n], first=first),
            ),
        )


def _group_gaps(spans: FoundSpans) -> defaultdict[int, set[int]]:
    """Return the words that each mention leaves out."""
    left_out: defaultdict[int, set[int]] = defaultdict(set)
    for mention, word in spans.gaps.tolist():
        left_out[mention].add(word)
    return left_out


def _widen_gaps(words: Sequence[Span], left_out: Collection[int], *, first: int) -> tuple[Span, ...]:
    """Return the runs of words that a mention leaves out, each from the end of the word before to the word after."""
    kept = [word for n, word in enumerate(words, start=first) if n not in left_out]
    places = [n for n in range(len(words)) if n + first not in left_out]
    return tuple(Span(kept[n].end, kept[n + 1].start) for n in range(len(kept) - 1) if places[n + 1] - places[n] > 1)
