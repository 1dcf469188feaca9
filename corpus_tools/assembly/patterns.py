"""Sentence patterns: one record a sentence with its candidate pairs merged and its mentions as typed slots.

In: the segments and candidate pairs of one document. Out: a `SentencePattern` a segment, and skeletons of pairs for
counting: a skeleton holds slots, punctuation and English function words, and nothing else of the text, so that a
report may show it.

The merging follows the paper (doi 10.1177/18758967261433264): the entity pairs go "into the sentence patterns that
contain both entities", so a sentence is read once, whatever the number of its pairs.

Examples
--------
>>> format_slots("Aspirin for pain.", [(0, 7, "Medication"), (12, 16, "Symptom")])
'[Medication] for [Symptom].'
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from corpus_tools.sentences import CandidatePair, Mention, Segment, parse_label, tokenize_words

SENTENCE_END = "‖"  # stands between the two segments of a pair that crosses a sentence end
ELLIPSIS = "…"
_LONGEST_SKELETON = 12  # items: a longer way between two mentions keeps its first and last half

# Closed-class words of English: they say how two mentions hang together and can't name a patient.
_FUNCTION_WORDS = """
    a about after against all also an and any are as at because been before being between both but by can could did
    do does due during each either followed for from given had has have he her him his if in including into is it its
    more most neither no nor not of off on once or other over per secondary she should since so some such than that the
    their them then there these they this those through to treated treatment under until up upon use used using versus
    via was were when where which while who whose will with within without would
"""
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())


@dataclass(frozen=True, slots=True)
class SentencePattern:
    """Hold one sentence with its mentions as typed slots and all pairs whose first mention it holds.

    Attributes
    ----------
    segment : int
        Place of the sentence among the segments of its document.
    slots : str
        The sentence's text, each outermost mention replaced by its type in brackets.
    pairs : tuple of CandidatePair
        In the order (first, distance, second).
    """

    segment: int
    slots: str
    pairs: tuple[CandidatePair, ...]


def merge_pairs(segments: Sequence[Segment], pairs: Iterable[CandidatePair]) -> tuple[SentencePattern, ...]:
    """Return one pattern a segment, in order, each pair in the segment of its first mention."""
    merged: list[list[CandidatePair]] = [[] for _ in segments]
    for pair in pairs:
        merged[pair.segment].append(pair)
    return tuple(
        SentencePattern(place, format_slots(segment.text, _slots(segment.mentions)), tuple(merged[place]))
        for place, segment in enumerate(segments)
    )


def format_slots(text: str, slots: Iterable[tuple[int, int, str]]) -> str:
    """Return the text with each slot's characters replaced by its type in brackets.

    Parameters
    ----------
    slots : iterable of (start, end, type)
        In characters of the text. Where two overlap, the one that starts first, then the longer, stands.
    """
    written: list[str] = []
    reached = 0
    for start, end, name in _outermost(slots):
        written += [text[reached:start], f"[{name}]"]
        reached = end
    return "".join([*written, text[reached:]])


def format_skeleton(segments: Sequence[Segment], pair: CandidatePair) -> str:
    """Return how the text leads from a pair's first mention to its second, without a content word.

    Slots and function words stand as they are (in lower case), each run of other words as one ellipsis, and the end
    of a sentence as "‖". Long ways are cut in the middle. A second mention that starts inside the first stands in it.
    """
    first = segments[pair.segment].mentions[pair.first]
    second = segments[pair.segment + pair.distance].mentions[pair.second]
    if not pair.distance and second.start < first.end:
        return f"[{first.type} [{second.type}]]"
    if not pair.distance:
        way = _way(segments[pair.segment], first.end, second.start)
    else:
        way = _way(segments[pair.segment], first.end, len(segments[pair.segment].text))
        way += [SENTENCE_END] * pair.distance
        way += _way(segments[pair.segment + pair.distance], 0, second.start)
    return " ".join([f"[{first.type}]", *_shortened(_joined(way)), f"[{second.type}]"])


def count_skeletons(segments: Sequence[Segment], pairs: Iterable[CandidatePair]) -> Counter[tuple[str, str]]:
    """Count (directed label, skeleton) over the labelled pairs, each skeleton once a sentence and label."""
    seen = {
        (pair.segment, label, skeleton)
        for pair in pairs
        if (labels := parse_label(pair.label))
        for skeleton in [format_skeleton(segments, pair)]
        for label in labels
    }
    return Counter((label, skeleton) for _, label, skeleton in seen)


def _slots(mentions: Iterable[Mention]) -> list[tuple[int, int, str]]:
    return [(mention.start, mention.end, mention.type) for mention in mentions]


def _outermost(slots: Iterable[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    kept: list[tuple[int, int, str]] = []
    for slot in sorted(slots, key=lambda slot: (slot[0], -slot[1], slot[2])):
        if not kept or slot[0] >= kept[-1][1]:
            kept.append(slot)
    return kept


def _way(segment: Segment, start: int, end: int) -> list[str]:
    """Return the items between two offsets: slots of mentions that lie wholly there, and words."""
    inside = [slot for slot in _slots(segment.mentions) if start <= slot[0] and slot[1] <= end]
    items: list[str] = []
    for left, right, name in [*_outermost(inside), (end, end, "")]:
        if start < left:
            items += [_shown(word) for word in _words(segment.text[start:left])]
        items += [f"[{name}]"] if name else []
        start = right
    return items


def _words(text: str) -> list[str]:
    return [text[span.start : span.end] for span in tokenize_words(text)]


def _shown(word: str) -> str:
    lowered = word.lower()
    if lowered in FUNCTION_WORDS:
        return lowered
    return word if not any(character.isalnum() for character in word) and word.isascii() else ELLIPSIS


def _joined(items: Iterable[str]) -> list[str]:
    joined: list[str] = []
    for item in items:
        if not (item == ELLIPSIS and joined[-1:] == [ELLIPSIS]):
            joined.append(item)
    return joined


def _shortened(items: list[str]) -> list[str]:
    if len(items) <= _LONGEST_SKELETON:
        return items
    half = _LONGEST_SKELETON // 2
    return _joined([*items[:half], ELLIPSIS, *items[-half:]])
