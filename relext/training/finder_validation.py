"""What the validation part says of a finder: strict scores, and the least probability of a mention.

In: a finder and documents with gold mentions. Out: scores over mentions, same type and same characters, gaps included.
"""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from corpus_tools.assembly import CorpusDocument
from corpus_tools.standoff import Span
from relext.config import Config
from relext.evaluation import Scores, score_counts
from relext.finding import FoundMention, find_mentions, join_fragments
from relext.model import MentionFinder

SpanKey = tuple[int, int, str, tuple[Span, ...]]  # document, segment, type, fragments
THRESHOLDS = (0.0, *(n / 20 for n in range(3, 16)))  # 0.15 to 0.75


def first_threshold(config: Config) -> float:
    """Return the least probability of a mention while it is not tuned: a tagger's best path is taken as it is."""
    return 0.0 if config.mentions.finder == "tagger" else 0.5


def tune_threshold(finder: MentionFinder, held_out: Sequence[CorpusDocument]) -> tuple[float, float | None]:
    """Return the threshold with the best strict F1, the nearest to the first one among equals, and that F1.

    The F1 is None where there is no gold mention to tune on.
    """
    first = first_threshold(finder.config)
    gold = gold_spans(held_out)
    if not gold:
        return first, None
    # A surer mention is never dropped for a less sure one's sake, so what a threshold leaves can be cut off afterwards.
    found = list(find_mentions(replace(finder, threshold=0.0), (document.segments for document in held_out)))
    scores = {threshold: score_spans(gold, found_spans(found, least=threshold)).f1 or 0.0 for threshold in THRESHOLDS}
    best = max(THRESHOLDS, key=lambda threshold: (scores[threshold], -abs(threshold - first)))
    return best, scores[best]


def score_finder(finder: MentionFinder, documents: Sequence[CorpusDocument]) -> Scores:
    """Return strict scores over mentions: same type and same characters, gaps included."""
    found = find_mentions(finder, (document.segments for document in documents))
    return score_spans(gold_spans(documents), found_spans(found))


def gold_spans(documents: Iterable[CorpusDocument]) -> set[SpanKey]:
    """Return what the gold mentions in segments are compared by."""
    return {
        (number, segment.index, mention.type, join_fragments(segment.text, mention.fragments))
        for number, document in enumerate(documents)
        for segment in document.segments
        for mention in segment.mentions
    }


def found_spans(found: Iterable[Sequence[FoundMention]], *, least: float = 0.0) -> set[SpanKey]:
    """Return what the found mentions of documents are compared by, those below the least probability left out."""
    return {
        (number, mention.segment, mention.type, mention.fragments)
        for number, mentions in enumerate(found)
        for mention in mentions
        if mention.probability >= least
    }


def score_spans(gold: AbstractSet[SpanKey], found: AbstractSet[SpanKey]) -> Scores:
    """Return the strict scores of found mentions."""
    return score_counts(len(gold & found), len(found - gold), len(gold - found))
