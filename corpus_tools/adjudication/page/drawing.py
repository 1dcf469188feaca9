"""What the page draws of one item: its sentence in context, and for each side the mentions and arcs there.

In: a `Settlement` and an item. Out: records that JSON can hold, offsets in characters of the document's text. Mentions
are drawn as each annotator marked them; once they are settled, what hangs on them is drawn over gold's.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from corpus_tools.adjudication.content import (
    ARGUMENT,
    ATTRIBUTE,
    EQUIVALENCE,
    EVENT,
    MENTION,
    NORMALIZATION,
    NOTE,
    RELATION,
    Content,
)
from corpus_tools.adjudication.decisions import Version
from corpus_tools.adjudication.merge import WAITS, Item, Settlement
from corpus_tools.adjudication.queue import find_spans
from corpus_tools.adjudication.stacking import split_at_breaks
from corpus_tools.sentences import segment_text
from corpus_tools.standoff import Document, Span, TextBound

NEIGHBOURS = 1
"""How many sentences are shown on either side of those that the item is about."""

MAX_CONTEXT = 4000

_MARKS = (ATTRIBUTE, NORMALIZATION, NOTE)


@dataclass(frozen=True, slots=True)
class DrawnMention:
    """Hold a mention to draw; `is_focus` says that the item is about it, `marks` what hangs on it."""

    id: str
    label: str
    fragments: tuple[Span, ...]
    is_focus: bool
    marks: tuple[str, ...] = ()

    def to_json(self) -> dict[str, object]:
        """Return what the page draws."""
        fragments = [[span.start, span.end] for span in self.fragments]
        return {
            "id": self.id,
            "label": self.label,
            "fragments": fragments,
            "focus": self.is_focus,
            "marks": list(self.marks),
        }


@dataclass(frozen=True, slots=True)
class DrawnArc:
    """Hold an arc to draw, from one mention's id to another's."""

    label: str
    source: str
    target: str
    is_focus: bool
    is_directed: bool = True

    def to_json(self) -> dict[str, object]:
        """Return what the page draws."""
        return {
            "label": self.label,
            "source": self.source,
            "target": self.target,
            "focus": self.is_focus,
            "directed": self.is_directed,
        }


Drawn = tuple[list[DrawnMention], list[DrawnArc]]


def find_context(settlement: Settlement, item: Item) -> Span:
    """Return the sentences that an item is about with their neighbours, cut where that is very long."""
    text = settlement.document.text
    spans = find_spans(settlement, item)
    first = min((span.start for span in spans), default=0)
    last = max((span.end for span in spans), default=0)
    sentences = segment_text(text)
    inside = [n for n, sentence in enumerate(sentences) if sentence.start < last and first < sentence.end]
    if not inside:
        return Span(first, max(last, min(len(text), first + MAX_CONTEXT)))
    before = sentences[max(0, inside[0] - NEIGHBOURS)].start
    after = sentences[min(len(sentences) - 1, inside[-1] + NEIGHBOURS)].end
    if after - before <= MAX_CONTEXT:
        return Span(min(before, first), max(after, last))
    return Span(min(first, sentences[inside[0]].start), max(last, sentences[inside[-1]].end))


def draw_side(
    settlement: Settlement, item: Item, version: Version, *, context: Span, is_symmetric: Callable[[str], bool]
) -> Drawn:
    """Return what one side of an item looks like: only what lies inside the context."""
    if item.layer == MENTION or item.outcome == WAITS:
        mentions, arcs = _draw_own(settlement, item, version)
    else:
        mentions, arcs = _draw_over_gold(settlement, item, version)
    inside = [mention for mention in mentions if all(_holds(context, span) for span in mention.fragments)]
    shown = {mention.id for mention in inside}
    kept = [arc for arc in arcs if {arc.source, arc.target} <= shown]
    return inside, [replace(arc, is_directed=arc.is_directed and not is_symmetric(arc.label)) for arc in kept]


def _holds(context: Span, span: Span) -> bool:
    return context.start <= span.start and span.end <= context.end


def _draw_own(settlement: Settlement, item: Item, version: Version) -> Drawn:
    """Draw an annotator's own file, the item's mentions in focus; of one that waits, all that it waits for."""
    document = settlement.document.versions[version.annotator]
    focus = {(content.label, content.fragments) for content in version.contents}
    waits_at = find_spans(settlement, item) if item.outcome == WAITS else ()
    mentions = []
    for bound in document.textbounds:
        fragments = split_at_breaks(document.text, bound.sorted_fragments)
        is_focus = (bound.type, fragments) in focus or any(_touches(fragments, span) for span in waits_at)
        mentions.append(DrawnMention(bound.id, bound.type, fragments, is_focus, tuple(_list_marks(document, bound))))
    focused = {mention.id for mention in mentions if mention.is_focus}
    return mentions, list(_draw_arcs(document, focused, waits=item.outcome == WAITS))


def _touches(fragments: Sequence[Span], span: Span) -> bool:
    return any(fragment.overlaps(span) for fragment in fragments)


def _list_marks(document: Document, bound: TextBound) -> Iterator[str]:
    for attribute in document.attributes:
        if attribute.target == bound.id:
            yield attribute.name if attribute.value is None else f"{attribute.name}={attribute.value}"


def _draw_arcs(document: Document, focused: set[str], *, waits: bool) -> Iterator[DrawnArc]:
    for relation in document.relations:
        bounds = [bound.id for argument in relation.arguments if (bound := document.resolve(argument.target))]
        for other in bounds[1:]:
            yield DrawnArc(relation.type, bounds[0], other, waits and {bounds[0], other} <= focused)
    for event in document.events:
        for argument in event.arguments:
            bound = document.resolve(argument.target)
            if bound is not None:
                yield DrawnArc(argument.role, event.trigger, bound.id, waits and {event.trigger, bound.id} <= focused)


def _draw_over_gold(settlement: Settlement, item: Item, version: Version) -> Drawn:
    """Draw gold, and over it what an annotator wrote where the item stands."""
    gold = settlement.gold
    own = {content.key for content in version.contents}
    candidates = {content.key for each in item.versions for content in each.contents}
    touched = {
        key for each in item.versions for content in each.contents for key in _find_mentions(settlement, content)
    }
    shown = [content for content in gold.values() if content.key not in candidates] + list(version.contents)
    mentions = [
        DrawnMention(each.key, each.label, each.fragments, each.key in touched, tuple(_mark(settlement, each, shown)))
        for each in gold.values()
        if each.layer == MENTION
    ]
    arcs = [arc for content in shown for arc in _draw_content(settlement, content, is_focus=content.key in own)]
    return mentions, arcs


def _find_mentions(settlement: Settlement, content: Content) -> tuple[str, ...]:
    """Return the keys of the mentions in gold that a content refers to, in order, an event's trigger for the event."""
    if content.layer == MENTION:
        return (content.key,)
    targets = [settlement.gold[key] for key in content.targets if key in settlement.gold]
    return tuple(key for target in targets for key in _find_mentions(settlement, target))


def _mark(settlement: Settlement, mention: Content, shown: Iterable[Content]) -> Iterator[str]:
    """Yield in words what hangs on a mention, or on an event that it triggers."""
    for content in shown:
        if content.layer in _MARKS and _find_mentions(settlement, content)[:1] == (mention.key,):
            yield content.label + (f"={content.value}" if content.value else "")
        elif content.layer == EVENT and content.holder == mention.key and content.label != mention.label:
            yield f"event {content.label}"


def _draw_content(settlement: Settlement, content: Content, *, is_focus: bool) -> Iterator[DrawnArc]:
    if content.layer not in (RELATION, ARGUMENT, EQUIVALENCE):
        return
    # The first mention of each target: an event's own trigger, not what its arguments lead to.
    ends = [_find_mentions(settlement, settlement.gold[key])[0] for key in content.targets if key in settlement.gold]
    for other in ends[1:]:
        yield DrawnArc(content.label, ends[0], other, is_focus, is_directed=content.layer != EQUIVALENCE)
