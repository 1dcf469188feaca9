"""Mentions: what the textbounds of a document look like inside its cleaned text.

In: `CleanedDocument`. Out: `Mention`s in text order with both offsets, and the `LostMention`s that cleaning took away.

Examples
--------
>>> Mention("T1", "Drug", (Span(4, 11),), (Span(104, 111),), "aspirin").shifted(-4).fragments
(Span(start=0, end=7),)
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from corpus_tools.sentences.cleaning import CleanedDocument
from corpus_tools.standoff import Attribute, Document, Span, TextBound

PRESENT = "present"

# How attributes of other schemes say what Assertion says; a name with None as value is a binary attribute.
_ASSERTIONS = {
    ("negation", None): "absent",
    ("polarity", "neg"): "absent",
    ("polarity", "negative"): "absent",
    ("polarity", "uncertain"): "possible",
    ("polarity", "maybe_pos"): "possible",
    ("polarity", "maybe_neg"): "possible",
}


@dataclass(frozen=True, slots=True)
class Mention:
    """Hold a textbound as it stands in a segment.

    Attributes
    ----------
    fragments : tuple of Span, characters of the segment's text, ordered
        A fragment of which cleaning left nothing is missing here, and only here.
    source_fragments : tuple of Span, characters of the source text, ordered
    text : str
        The source's own characters at the source fragments, joined by one blank.
    assertion : str
        Value of the attribute Assertion in lower case, "present" where there is none.
    attributes : tuple of (name, value)
        All attributes of the textbound and of events that it triggers, file order; a binary one has the value "".
    """

    id: str
    type: str
    fragments: tuple[Span, ...]
    source_fragments: tuple[Span, ...]
    text: str
    assertion: str = PRESENT
    attributes: tuple[tuple[str, str], ...] = ()

    @property
    def start(self) -> int:
        """Return the first character."""
        return self.fragments[0].start

    @property
    def end(self) -> int:
        """Return the end of the last fragment."""
        return self.fragments[-1].end

    @property
    def extent(self) -> Span:
        """Return what the mention spans, the gaps between its fragments included."""
        return Span(self.start, self.end)

    def shifted(self, offset: int) -> "Mention":
        """Return the mention with its fragments moved by `offset` characters; source offsets stay."""
        return replace(self, fragments=tuple(span.shifted(offset) for span in self.fragments))


@dataclass(frozen=True, slots=True)
class LostMention:
    """Hold a textbound that no segment has, with the cause."""

    id: str
    cause: str


def place_mentions(cleaned: CleanedDocument) -> tuple[tuple[Mention, ...], tuple[LostMention, ...]]:
    """Return the mentions with fragments in the cleaned text, sorted, and those that cleaning removed wholly."""
    document = cleaned.aligned.document
    attributes = _group_attributes(document)
    placed, lost = [], []
    for textbound in document.textbounds:
        found = (cleaned.offsets.to_clean(span) for span in textbound.sorted_fragments)
        fragments = tuple(span for span in found if span is not None)
        if fragments:
            placed.append(_make_mention(document, textbound, fragments, attributes[textbound.id]))
        else:
            lost.append(LostMention(textbound.id, "removed-by-cleaning"))
    return tuple(sorted(placed, key=_text_order)), tuple(lost)


def _group_attributes(document: Document) -> defaultdict[str, list[Attribute]]:
    """Return the attributes by the textbound they describe, an event's counted to its trigger."""
    grouped: defaultdict[str, list[Attribute]] = defaultdict(list)
    for attribute in document.attributes:
        textbound = document.resolve(attribute.target)
        if textbound is not None:
            grouped[textbound.id].append(attribute)
    return grouped


def _make_mention(
    document: Document, textbound: TextBound, fragments: tuple[Span, ...], attributes: list[Attribute]
) -> Mention:
    return Mention(
        id=textbound.id,
        type=textbound.type,
        fragments=fragments,
        source_fragments=textbound.sorted_fragments,
        text=document.spelled(textbound),
        assertion=find_assertion(attributes),
        attributes=tuple((attribute.name, attribute.value or "") for attribute in attributes),
    )


def find_assertion(attributes: Iterable[Attribute]) -> str:
    """Return the first assertion that the attributes state, "present" where none does."""
    for attribute in attributes:
        name, value = attribute.name.lower(), attribute.value.lower() if attribute.value else None
        if name == "assertion" and value:
            return value
        if (name, value) in _ASSERTIONS:
            return _ASSERTIONS[name, value]
    return PRESENT


def _text_order(mention: Mention) -> tuple[int, int, str, int, str]:
    number = re.search(r"[0-9]+", mention.id)
    return mention.start, mention.end, mention.type, int(number[0]) if number else 0, mention.id
