"""How mentions may overlap: as those of training gold do, and no other way.

In: mentions that were found each for itself. Out: those that stand beside each other.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable

from corpus_tools.standoff import Span
from relext.finding.found import FoundMention
from relext.model import Overlap

Shape = tuple[str, Span, bool]  # type, span, whether it is discontinuous


def keep_surest(mentions: Iterable[FoundMention], overlaps: Collection[Overlap]) -> list[FoundMention]:
    """Return the mentions without those that overlap a surer one in a way that training gold never shows."""
    kept: defaultdict[int, list[FoundMention]] = defaultdict(list)
    for mention in sorted(mentions, key=lambda each: (-each.probability, each.span, each.type)):
        rivals = (rival for rival in kept[mention.segment] if _touch(mention.span, rival.span))
        if all(describe_overlap(mention, rival) in overlaps for rival in rivals):
            kept[mention.segment].append(mention)
    return [mention for segment in kept.values() for mention in segment]


def _touch(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def describe_overlap(one: FoundMention, other: FoundMention) -> Overlap:
    """Return how two mentions overlap, and their types: the outer one's first where one nests in the other.

    "split" where one of them is discontinuous, else "same", "nested" or "crossing".
    """
    return name_overlap((one.type, one.span, bool(one.gaps)), (other.type, other.span, bool(other.gaps)))


def name_overlap(one: Shape, other: Shape) -> Overlap:
    """Return how two mentions overlap, each given as type, span, and whether it is discontinuous.

    Examples
    --------
    >>> name_overlap(("Sign", Span(0, 4), False), ("Site", Span(0, 9), False))
    ('nested', 'Site', 'Sign')
    >>> name_overlap(("Sign", Span(0, 4), False), ("Site", Span(2, 9), True))
    ('split', 'Sign', 'Site')
    """
    (first, span, is_split), (second, rival, is_also_split) = one, other
    names = sorted((first, second))
    if is_split or is_also_split:
        return "split", names[0], names[1]
    if span == rival:
        return "same", names[0], names[1]
    if span.start <= rival.start and rival.end <= span.end:
        return "nested", first, second
    if rival.start <= span.start and span.end <= rival.end:
        return "nested", second, first
    return "crossing", names[0], names[1]
