"""Training documents as the finder sees them: found mentions in place of gold, to learn relations from both.

In: gold documents and what a finder found in them. Out: documents to learn relations from beside the gold ones. A found
mention that overlaps a gold one of its type takes its place and its relations; any other is spurious, and all its pairs
are NO_RELATION. A gold mention that was missed is gone, with its relations.

A finder finds more in its own training documents than it will in others. So the mentions are those of the epoch in
which it scored on the training part as nearly as it finally does on the validation part.

Examples
--------
>>> choose_rehearsal([Rehearsal((), 0.4), Rehearsal((), 0.7), Rehearsal((), 0.95)], validation_f1=0.75).f1
0.7
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from corpus_tools.assembly import CorpusDocument
from corpus_tools.sentences import Mention, Segment
from relext.finding import FoundMention

PAST = 0.1  # how far the training part may be ahead of validation before later epochs are no longer worth a look


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Hold what a finder found in each training document after an epoch, and its strict F1 there."""

    found: tuple[tuple[FoundMention, ...], ...]
    f1: float


def choose_rehearsal(rehearsals: Sequence[Rehearsal], *, validation_f1: float | None) -> Rehearsal:
    """Return the rehearsal whose F1 is nearest to the one on validation, the first of equals; the last without one."""
    if validation_f1 is None:
        return rehearsals[-1]
    return min(rehearsals, key=lambda each: abs(each.f1 - validation_f1))


def is_past(rehearsals: Sequence[Rehearsal], validation_f1: float | None) -> bool:
    """Say whether the training part is so far ahead of validation that later epochs can't be nearer."""
    return bool(rehearsals) and validation_f1 is not None and rehearsals[-1].f1 > validation_f1 + PAST


def spread_evenly(documents: Iterable[CorpusDocument], share: float) -> Iterator[CorpusDocument]:
    """Yield a share of the documents, evenly spread.

    Examples
    --------
    >>> list(spread_evenly("abcd", 0.5))
    ['b', 'd']
    """
    taken = 0
    for number, document in enumerate(documents, start=1):
        if int(number * share) > taken:
            taken += 1
            yield document


def replace_mentions(document: CorpusDocument, found: Sequence[FoundMention]) -> CorpusDocument:
    """Return a document with found mentions in its segments and the relations that are left between them."""
    segments = tuple(
        _replace_in(segment, [each for each in found if each.segment == n])
        for n, segment in enumerate(document.segments)
    )
    mentions = tuple(mention for segment in segments for mention in segment.mentions)
    ids = {mention.id for mention in mentions}
    return replace(
        document,
        mentions=mentions,
        segments=segments,
        relations=tuple(each for each in document.relations if each.arg1 in ids and each.arg2 in ids),
        pairs=(),
    )


def _replace_in(segment: Segment, found: Sequence[FoundMention]) -> Segment:
    partners = pair_with_gold(segment.mentions, found)
    mentions = [
        _make_mention(segment, each, partners.get(n), name=f"F{segment.index}.{n}") for n, each in enumerate(found)
    ]
    return replace(segment, mentions=tuple(sorted(mentions, key=lambda each: (each.start, each.end, each.type))))


def _make_mention(segment: Segment, found: FoundMention, gold: Mention | None, *, name: str) -> Mention:
    """Return a found mention with the id of the gold one that it stands for."""
    pieces = found.fragments
    source = tuple(span.shifted(segment.source_start) for span in pieces)  # up to what cleaning took out of the segment
    return Mention(
        id=gold.id if gold else name,
        type=found.type,
        fragments=pieces,
        source_fragments=gold.source_fragments if gold and gold.fragments == pieces else source,
        text=" ".join(segment.text[span.start : span.end] for span in pieces),
        assertion=found.assertion,
    )


def pair_with_gold(gold: Sequence[Mention], found: Sequence[FoundMention]) -> dict[int, Mention]:
    """Return the gold mention that each found one stands for, by its position: the most shared characters first."""
    shared = sorted(
        (
            (-_count_shared(mention, each), abs(len(mention.extent) - len(each.span)), place, n)
            for place, mention in enumerate(gold)
            for n, each in enumerate(found)
            if mention.type == each.type and _count_shared(mention, each)
        )
    )
    partners: dict[int, Mention] = {}
    taken: set[int] = set()
    for _, _, place, n in shared:
        if place not in taken and n not in partners:
            partners[n] = gold[place]
            taken.add(place)
    return partners


def _count_shared(mention: Mention, found: FoundMention) -> int:
    pieces = found.fragments
    return sum(max(0, min(a.end, b.end) - max(a.start, b.start)) for a in mention.fragments for b in pieces)
