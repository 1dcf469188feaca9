"""Candidate pairs, their labels, and the gold relations that no candidate reaches.

In: the segments of one document and its gold relations. Out: `CandidatePair` in (segment, first, distance, second)
order, labelled, and for each relation its reach: "candidate", or the one cause for which no pair stands for it.

Examples
--------
>>> format_label({"treats", "causes⁻¹"})
'causes⁻¹+treats'
>>> sorted(parse_label("causes⁻¹+treats"))
['causes⁻¹', 'treats']
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from corpus_tools.sentences.segmentation import Segment
from corpus_tools.standoff import INVERSE, NO_RELATION, Document, Relation

CANDIDATE = "candidate"
CAUSES = (
    "cross-sentence",
    "filtered",
    "over-long",
    "n-ary",
    "self",
    "rejected-argument",
    "pair-not-allowed",
    "duplicate",
)

Key = tuple[int, int, int, int]  # (segment, first, distance, second), as in CandidatePair


@dataclass(frozen=True, slots=True)
class CandidatePair:
    """Hold two mentions in text order and the label that is to be found.

    Attributes
    ----------
    segment, first : int
        Where the first mention stands: position of its segment in the document, position in the segment's mentions.
    distance : int, segments
        How many segments further the second mention stands, 0 for the same one.
    second : int
        Position among the mentions of segment `segment + distance`.
    label : str
        NO_RELATION, a directed label, or a composite one; see `format_label`.
    """

    segment: int
    first: int
    distance: int
    second: int
    label: str = NO_RELATION

    @property
    def key(self) -> Key:
        """Return the place of the pair, which is also its rank in the order of pairs."""
        return (self.segment, self.first, self.distance, self.second)


@dataclass(frozen=True, slots=True)
class GoldRelation:
    """Hold a gold relation between textbounds, events resolved to their triggers.

    `reach` is "candidate", one of `CAUSES`, or "" as long as `label_pairs` has not decided it.
    """

    id: str
    type: str
    arg1: str
    arg2: str
    reach: str = ""


@dataclass(frozen=True, slots=True)
class LabelledPairs:
    """Hold the pairs with their labels, and where each relation ended, by relation id."""

    pairs: list[CandidatePair]
    reaches: dict[str, str]


def format_label(labels: Iterable[str]) -> str:
    """Join the directed labels of one pair with "+", sorted, and NO_RELATION for none; a "+" inside is escaped."""
    return "+".join(sorted(re.sub(r"([\\+])", r"\\\1", label) for label in set(labels))) or NO_RELATION


def parse_label(label: str) -> frozenset[str]:
    r"""Return the directed labels of a pair's label; none for NO_RELATION.

    Examples
    --------
    >>> sorted(parse_label(format_label({"CD4\\+", "binds"})))
    ['CD4\\+', 'binds']
    """
    if label == NO_RELATION:
        return frozenset()
    parts = re.findall(r"(?:\\.|[^\\+])+", label)
    return frozenset(re.sub(r"\\(.)", r"\1", part) for part in parts)


def find_gold_relations(document: Document) -> tuple[GoldRelation, ...]:
    """Return the document's relations with events resolved to triggers, file order kept.

    An n-ary one, one to itself, and one whose argument is gone come with their reach already decided.
    """
    return tuple(_resolve_relation(document, relation) for relation in document.relations)


def _resolve_relation(document: Document, relation: Relation) -> GoldRelation:
    targets = [argument.target for argument in relation.arguments]
    if not relation.is_binary:
        first, second = (*targets, "", "")[:2]
        return GoldRelation(relation.id, relation.type, first, second, "n-ary")
    arg1, arg2 = document.resolve(relation.arg1), document.resolve(relation.arg2)
    if arg1 is None or arg2 is None:
        return GoldRelation(relation.id, relation.type, relation.arg1, relation.arg2, "rejected-argument")
    return GoldRelation(relation.id, relation.type, arg1.id, arg2.id, "self" if arg1.id == arg2.id else "")


def enumerate_pairs(
    segments: Sequence[Segment], allows: Callable[[str, str], bool], *, max_sentence_distance: int
) -> list[CandidatePair]:
    """Return every allowed pair of two mentions at most `max_sentence_distance` segments apart.

    Parameters
    ----------
    segments : sequence of Segment
        All segments of one document, in text order. An over-long one takes its place but gives no pair.
    allows : callable of (first type, second type)
        Whether any relation, in either direction, may hold between two mentions of these types in text order.
    max_sentence_distance : int, segments
        0 stays within a segment.

    Returns
    -------
    list of CandidatePair
        Labelled NO_RELATION, ordered by (segment, first, distance, second).
    """
    known: dict[tuple[str, str], bool] = {}

    def is_allowed(types: tuple[str, str]) -> bool:
        if types not in known:
            known[types] = allows(*types)
        return known[types]

    types = [[] if segment.over_long else [mention.type for mention in segment.mentions] for segment in segments]
    return [
        CandidatePair(*key)
        for key in _enumerate_keys([len(row) for row in types], max_sentence_distance)
        if is_allowed((types[key[0]][key[1]], types[key[0] + key[2]][key[3]]))
    ]


def _enumerate_keys(counts: list[int], max_sentence_distance: int) -> Iterator[Key]:
    """Yield the places of all pairs in order, given the number of mentions of each segment."""
    for segment, count in enumerate(counts):
        reachable = counts[segment : segment + max_sentence_distance + 1]
        for first in range(count):
            for distance, others in enumerate(reachable):
                for second in range(first + 1 if distance == 0 else 0, others):
                    yield segment, first, distance, second


def label_pairs(
    pairs: Sequence[CandidatePair],
    segments: Sequence[Segment],
    *,
    relations: Iterable[GoldRelation],
    is_symmetric: Callable[[str], bool],
    max_sentence_distance: int,
) -> LabelledPairs:
    """Put the gold relations onto the pairs, and each relation into exactly one reach.

    A relation that comes with a reach keeps it. Several relations on one pair make a composite label; the same
    relation twice counts once, the second is a "duplicate", for a symmetric label also with its arguments exchanged.

    Returns
    -------
    LabelledPairs
        The pairs in the order given; `reaches` has one entry a relation.
    """
    places = {
        mention.id: (position, index)
        for position, segment in enumerate(segments)
        for index, mention in enumerate(segment.mentions)
    }
    labels: dict[Key, set[str]] = {pair.key: set() for pair in pairs}
    reaches: dict[str, str] = {}
    seen: set[tuple[Key, str]] = set()
    for relation in relations:
        if relation.reach or relation.arg1 not in places or relation.arg2 not in places:
            reaches[relation.id] = relation.reach or "rejected-argument"
            continue
        key, label = _place_relation(relation, places=places, is_symmetric=is_symmetric)
        cause = _find_cause(key, segments, max_sentence_distance=max_sentence_distance)
        reaches[relation.id] = "duplicate" if (key, label) in seen else CANDIDATE if key in labels else cause
        seen.add((key, label))
        if key in labels:
            labels[key].add(label)
    labelled = [replace(pair, label=format_label(labels[pair.key])) if labels[pair.key] else pair for pair in pairs]
    return LabelledPairs(labelled, reaches)


def _place_relation(
    relation: GoldRelation, *, places: dict[str, tuple[int, int]], is_symmetric: Callable[[str], bool]
) -> tuple[Key, str]:
    """Return the pair that a relation stands on and its directed label there."""
    arg1, arg2 = places[relation.arg1], places[relation.arg2]
    (segment, first), (other, second) = min(arg1, arg2), max(arg1, arg2)
    is_inverse = arg1 > arg2 and not is_symmetric(relation.type)
    return (segment, first, other - segment, second), relation.type + INVERSE * is_inverse


def _find_cause(key: Key, segments: Sequence[Segment], *, max_sentence_distance: int) -> str:
    """Return why no pair was enumerated at a place."""
    segment, first, distance, second = key
    if distance == 0 and first == second:
        return "self"
    if segments[segment].over_long or segments[segment + distance].over_long:
        return "over-long"
    return "cross-sentence" if distance > max_sentence_distance else "pair-not-allowed"
