"""How well mentions are found: strict and by overlap, a type, a shape, an assertion.

In: gold documents and the same documents with found mentions. Out: `MentionEvaluation`.

Strict: same type and same characters, gaps included. Relaxed: same type and a shared character, one-to-one, as many
pairs as can be. The same mention written twice counts once.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from corpus_tools.assembly import CorpusDocument
from corpus_tools.standoff import Span
from relext.evaluation.measure import Share
from relext.evaluation.metrics import Scores, score_counts
from relext.evaluation.pairing import MentionKey, key_mention, match_most, overlap, share_characters

FLAT = "neither nested nor discontinuous"
NESTED = "overlaps another mention"
NESTED_IN_TYPE = "overlaps another of its type"
DISCONTINUOUS = "discontinuous"
SHAPES = (FLAT, NESTED, NESTED_IN_TYPE, DISCONTINUOUS)

Counts = tuple[int, int, int]  # tp, fp, fn
Stated = Mapping[MentionKey, str]  # the mentions of a document with their assertions


@dataclass(frozen=True, slots=True)
class MentionEvaluation:
    """Hold the scores of found mentions.

    Attributes
    ----------
    types : dict of type to (strict, relaxed)
    shapes : dict of shape to Share
        Of the gold mentions of each of `SHAPES` the part that was found strictly; a mention may have several shapes.
    assertions : dict of assertion to Scores
        Strict, and the assertion the same.
    """

    strict: Scores
    relaxed: Scores
    types: dict[str, tuple[Scores, Scores]]
    shapes: dict[str, Share]
    assertions: dict[str, Scores]


def evaluate_mentions(gold: Sequence[CorpusDocument], found: Sequence[CorpusDocument]) -> MentionEvaluation:
    """Compare found mentions with gold, document by document."""
    pairs = [(_state_mentions(one), _state_mentions(other)) for one, other in zip(gold, found, strict=True)]
    types = sorted({key[0] for pair in pairs for side in pair for key in side})
    strict = {name: _sum(_count_strict(*_only(pair, name)) for pair in pairs) for name in types}
    relaxed = {name: _sum(_count_relaxed(*_only(pair, name)) for pair in pairs) for name in types}
    return MentionEvaluation(
        strict=score_counts(*_sum(strict.values())),
        relaxed=score_counts(*_sum(relaxed.values())),
        types={name: (score_counts(*strict[name]), score_counts(*relaxed[name])) for name in types},
        shapes=_measure_shapes(pairs),
        assertions=_score_assertions(pairs),
    )


def _state_mentions(document: CorpusDocument) -> dict[MentionKey, str]:
    """Return the assertion of each mention by its key."""
    return {key_mention(document.text, mention): mention.assertion for mention in document.mentions}


def _only(pair: tuple[Stated, Stated], name: str) -> tuple[list[MentionKey], list[MentionKey]]:
    """Return the gold and the found mentions of one type."""
    gold, found = ([key for key in side if key[0] == name] for side in pair)
    return gold, found


def _count_strict(gold: Iterable[MentionKey], found: Iterable[MentionKey]) -> Counts:
    expected, given = set(gold), set(found)
    return len(expected & given), len(given - expected), len(expected - given)


def _count_relaxed(gold: Sequence[MentionKey], found: Sequence[MentionKey]) -> Counts:
    edges = {n: [m for m, other in enumerate(found) if overlap(one, other)] for n, one in enumerate(gold)}
    matched = len(match_most(edges, len(found)))
    return matched, len(found) - matched, len(gold) - matched


def _sum(counts: Iterable[Counts]) -> Counts:
    tp, fp, fn = (sum(column) for column in zip((0, 0, 0), *counts, strict=True))
    return tp, fp, fn


def _measure_shapes(pairs: Iterable[tuple[Stated, Stated]]) -> dict[str, Share]:
    found: defaultdict[str, int] = defaultdict(int)
    whole: defaultdict[str, int] = defaultdict(int)
    for gold, given in pairs:
        for key in gold:
            for shape in list_shapes(key, gold):
                whole[shape] += 1
                found[shape] += key in given
    return {shape: Share(found[shape], whole[shape]) for shape in SHAPES}


def list_shapes(key: MentionKey, others: Iterable[MentionKey]) -> list[str]:
    """Return which of `SHAPES` a mention has among the others of its document; a gap filled by another overlaps it."""
    extent = (_extent(key),)
    near = [other for other in others if other != key and share_characters(extent, (_extent(other),))]
    shapes = [NESTED] if near else []
    if any(other[0] == key[0] for other in near):
        shapes.append(NESTED_IN_TYPE)
    if len(key[1]) > 1:
        shapes.append(DISCONTINUOUS)
    return shapes or [FLAT]


def _extent(key: MentionKey) -> Span:
    return Span(key[1][0].start, key[1][-1].end)


def _score_assertions(
    pairs: Sequence[tuple[Stated, Stated]],
) -> dict[str, Scores]:
    """Return the scores of each assertion; none where gold states only one."""
    names = sorted({value for gold, _ in pairs for value in gold.values()})
    if len(names) < 2:
        return {}
    return {name: score_counts(*_sum(_count_strict(*_stating(pair, name)) for pair in pairs)) for name in names}


def _stating(pair: tuple[Stated, Stated], name: str) -> tuple[list[MentionKey], list[MentionKey]]:
    gold, found = ([key for key, value in side.items() if value == name] for side in pair)
    return gold, found
