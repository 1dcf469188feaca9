"""From a finder and segments to mentions: type, characters, probability, assertion.

In: `MentionFinder` and the segments of documents; mentions that the segments hold already are not looked at.
Out: `FoundMention`s a document, in text order.

Examples
--------
>>> FoundMention(0, Span(0, 7), "Medication", 0.98, "present", 0.99).type
'Medication'
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from corpus_tools.sentences import Segment
from corpus_tools.standoff import Span
from relext.data import TaggedDocument, iterate_tagged, tag_document
from relext.model import FoundSpans, MentionFinder, encoder_limit

DOCUMENTS_AT_ONCE = 256
BATCH_TOKENS = 8192


@dataclass(frozen=True, slots=True)
class FoundMention:
    """Hold a mention that a finder found.

    Attributes
    ----------
    segment : int
        Position among the document's segments.
    span : Span, characters of the segment's text
    probability : float
        Of its type and boundaries.
    assertion : str
    assertion_probability : float
        Of the assertion, given the mention.
    """

    segment: int
    span: Span
    type: str
    probability: float
    assertion: str
    assertion_probability: float


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
        rows = list(_name_spans(finder, finder.network.find(batch.to(finder.device)), documents, places))
        for place in places:
            mentions = keep_surest([mention for owner, mention in rows if owner == place], finder.stacked)
            found[place] = tuple(sorted(mentions, key=lambda each: (each.segment, each.span, each.type)))
    return [found[place] for place in range(len(documents))]


def keep_surest(mentions: Iterable[FoundMention], stacked: Collection[frozenset[str]]) -> list[FoundMention]:
    """Return the mentions without those whose very characters a surer one has, unless the two types may be stacked."""
    kept: defaultdict[tuple[int, Span], list[FoundMention]] = defaultdict(list)
    for mention in sorted(mentions, key=lambda each: (-each.probability, each.type)):
        rivals = kept[mention.segment, mention.span]
        if all(frozenset((mention.type, rival.type)) in stacked for rival in rivals):
            rivals.append(mention)
    return [mention for rivals in kept.values() for mention in rivals]


def _name_spans(
    finder: MentionFinder, spans: FoundSpans, documents: Sequence[TaggedDocument], places: Sequence[int]
) -> Iterator[tuple[int, FoundMention]]:
    """Yield (position of the document, mention) for what was found in a batch of documents."""
    words = [(place, word) for place in places for word in documents[place].spans]
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
            ),
        )
