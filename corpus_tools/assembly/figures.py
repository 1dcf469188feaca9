"""The figures of a corpus: what is counted of a document, how counts add up, and what is derived from them.

In: `CorpusDocument` values, with or without annotations. Out: `Figures`, which add up over documents in any order, and
`Lengths` of what they counted. Pure; of the text only single words are held, and `summarize_figures` drops those too.

Examples
--------
>>> measure_lengths(Counter({2: 1, 4: 3}))
Lengths(count=4, total=14, mean=3.5, median=4.0, shortest=2, longest=4)
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import TypeVar

import numpy as np

from corpus_tools.assembly.patterns import count_skeletons
from corpus_tools.assembly.tables import IN_SEGMENT, CorpusDocument
from corpus_tools.sentences import Mention, count_words, parse_label, tokenize_words
from corpus_tools.standoff import NO_RELATION, pair_category

Key = TypeVar("Key", bound=Hashable)

_SHOWN_SKELETONS = 5  # of each label


@dataclass(frozen=True, slots=True)
class Figures:
    """Count what documents hold; every field is a counter, so that two of them add up field by field.

    Attributes
    ----------
    document_words, sentence_words : Counter of length in words
    words : Counter of lower-cased word
    specialty_documents, specialty_words : Counter of specialty
    mentions : Counter of (type, reach)
    assertions : Counter of (type, assertion)
    shapes : Counter of "discontinuous", "nested", "same span"
    relations : Counter of (label, reach)
    categories : Counter of (pair category, label)
    pairs : Counter of (distance in sentences, directed label or NO_RELATION)
    sentence_pairs : Counter of candidate pairs in one sentence
    skeletons : Counter of (directed label, skeleton)
    """

    document_words: Counter[int] = field(default_factory=Counter)
    sentence_words: Counter[int] = field(default_factory=Counter)
    words: Counter[str] = field(default_factory=Counter)
    specialty_documents: Counter[str] = field(default_factory=Counter)
    specialty_words: Counter[str] = field(default_factory=Counter)
    mentions: Counter[tuple[str, str]] = field(default_factory=Counter)
    assertions: Counter[tuple[str, str]] = field(default_factory=Counter)
    shapes: Counter[str] = field(default_factory=Counter)
    relations: Counter[tuple[str, str]] = field(default_factory=Counter)
    categories: Counter[tuple[str, str]] = field(default_factory=Counter)
    pairs: Counter[tuple[int, str]] = field(default_factory=Counter)
    sentence_pairs: Counter[int] = field(default_factory=Counter)
    skeletons: Counter[tuple[str, str]] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Lengths:
    """Hold what is said of a list of lengths; None where there is nothing to say it of."""

    count: int
    total: int
    mean: float | None
    median: float | None
    shortest: int | None
    longest: int | None


def count_figures(document: CorpusDocument) -> Figures:
    """Count one document."""
    words = [document.text[span.start : span.end].lower() for span in tokenize_words(document.text)]
    types = {mention.id: mention.type for mention in document.mentions}
    labels = [(pair, label) for pair in document.pairs for label in parse_label(pair.label) or {NO_RELATION}]
    return Figures(
        document_words=Counter([len(words)]),
        sentence_words=Counter(count_words(segment.text) for segment in document.segments),
        words=Counter(words),
        specialty_documents=Counter(document.specialties),
        specialty_words=Counter(dict.fromkeys(document.specialties, len(words))),
        mentions=Counter((each.type, document.lost_mentions.get(each.id, IN_SEGMENT)) for each in document.mentions),
        assertions=Counter((mention.type, mention.assertion) for mention in document.mentions),
        shapes=_count_shapes(document.mentions),
        relations=Counter((relation.type, relation.reach) for relation in document.relations),
        categories=Counter(
            (pair_category(types[relation.arg1], types[relation.arg2]), relation.type)
            for relation in document.relations
            if relation.arg1 in types and relation.arg2 in types
        ),
        pairs=Counter((pair.distance, label) for pair, label in labels),
        sentence_pairs=_count_sentence_pairs(document),
        skeletons=count_skeletons(document.segments, document.pairs),
    )


def measure_lengths(lengths: Counter[int]) -> Lengths:
    """Return count, total, mean, median and extremes of lengths given as length -> how often."""
    values = np.repeat(list(lengths.keys()), list(lengths.values())) if lengths else np.array([], dtype=int)
    if not values.size:
        return Lengths(0, 0, None, None, None, None)
    return Lengths(
        count=int(values.size),
        total=int(values.sum()),
        mean=round(float(values.mean()), 3),
        median=float(np.median(values)),
        shortest=int(values.min()),
        longest=int(values.max()),
    )


def summarize_figures(figures: Figures) -> dict[str, object]:
    """Return the figures as JSON values: lengths measured, tables ranked, the vocabulary as its size alone."""
    return {
        "documents": asdict(measure_lengths(figures.document_words)),
        "sentences": asdict(measure_lengths(figures.sentence_words)),
        "vocabulary": len(figures.words),
        "specialties": [
            {"specialty": name, "documents": count, "words": figures.specialty_words[name]}
            for name, count in rank(figures.specialty_documents)
        ],
        "mentions": _nest(figures.mentions),
        "assertions": _nest(figures.assertions),
        "mention_shapes": dict(sorted(figures.shapes.items())),
        "relations": _nest(figures.relations),
        "pair_categories": _nest(figures.categories),
        "pairs": _nest(Counter({(str(distance), label): n for (distance, label), n in figures.pairs.items()})),
        "pairs_a_sentence": asdict(measure_lengths(figures.sentence_pairs)),
        "patterns": {
            label: [{"pattern": skeleton, "support": n} for skeleton, n in ranked]
            for label, ranked in rank_skeletons(figures).items()
        },
    }


def add_counts(counters: Iterable[Mapping[Key, int]]) -> Counter[Key]:
    """Return the sum of many counters, without the copies that `sum` makes."""
    total: Counter[Key] = Counter()
    for each in counters:
        total.update(each)
    return total


def add_figures(several: Iterable[Figures]) -> Figures:
    """Return figures field by field added up, each seen once and then let go."""
    total = Figures()
    for figures in several:
        include_figures(total, figures)
    return total


def include_figures(total: Figures, figures: Figures) -> None:
    """Add figures to a total that nobody else holds."""
    for each in fields(Figures):
        getattr(total, each.name).update(getattr(figures, each.name))


def rank(counts: Counter[str]) -> list[tuple[str, int]]:
    """Return the items with the most first, ties by name."""
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def rank_skeletons(figures: Figures, *, shown: int = _SHOWN_SKELETONS) -> dict[str, list[tuple[str, int]]]:
    """Return directed label -> its commonest skeletons with their support, at most `shown` each."""
    by_label: dict[str, Counter[str]] = {}
    for (label, skeleton), count in figures.skeletons.items():
        by_label.setdefault(label, Counter())[skeleton] += count
    return {label: rank(by_label[label])[:shown] for label in sorted(by_label)}


def _nest(counts: Counter[tuple[str, str]]) -> dict[str, dict[str, int]]:
    nested: dict[str, dict[str, int]] = {}
    for (outer, inner), count in sorted(counts.items()):
        nested.setdefault(outer, {})[inner] = count
    return nested


def _count_shapes(mentions: Sequence[Mention]) -> Counter[str]:
    """Count the mentions with several fragments, those whose characters are all another's, and those on the same ones.

    Characters in the gap of a mention are not its own: what stands there is not nested in it.
    """
    places = [tuple((span.start, span.end) for span in mention.source_fragments) for mention in mentions]
    distinct = sorted(set(places), key=lambda place: (place[0][0], -place[-1][1], len(place)))
    broken = [place for place in distinct if len(place) > 1]
    starts = np.array([place[0][0] for place in broken], dtype=int)
    ends = np.array([place[-1][1] for place in broken], dtype=int)
    shapes = Counter({"discontinuous": sum(len(place) > 1 for place in places)})
    shapes["same span"] = len(places) - len(distinct)
    reached = 0  # by a mention of one fragment that begins no later
    for place in distinct:
        start, end = place[0][0], place[-1][1]
        around = np.flatnonzero((starts <= start) & (ends >= end)) if broken else ()
        is_nested = end <= reached or any(broken[each] != place and _covers(broken[each], place) for each in around)
        shapes["nested"] += is_nested
        reached = max(reached, end) if len(place) == 1 else reached
    return +shapes


def _covers(outer: tuple[tuple[int, int], ...], inner: tuple[tuple[int, int], ...]) -> bool:
    """Say whether each fragment of one mention lies in a fragment of another."""
    return all(any(start <= own[0] and own[1] <= end for start, end in outer) for own in inner)


def _count_sentence_pairs(document: CorpusDocument) -> Counter[int]:
    own = Counter(pair.segment for pair in document.pairs)
    return Counter(own[place] for place in range(len(document.segments)))
