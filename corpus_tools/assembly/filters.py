"""What a corpus leaves out, each with its reason: segments too long, specialties with too few samples.

In: the segments of a document; the specialties of all documents. Out: what stays, and what went, by name and cause.

Examples
--------
>>> specialties = {"a": ("Urology",), "b": ("Urology", "Surgery"), "c": ("Surgery",), "d": ("Urology",)}
>>> filter_specialties(specialties, {doc_id: doc_id for doc_id in specialties}, min_samples=3).left_out
('c',)
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from corpus_tools.sentences import Segment

OVER_LONG = "over-long"
FEW_SAMPLES = "specialty-under-min-samples"
NOT_ANNOTATED = "not-annotated"


@dataclass(frozen=True, slots=True)
class LengthFilter:
    """Hold the segments that stay, numbered anew, and the mentions of those that were too long."""

    segments: tuple[Segment, ...]
    lost_mentions: tuple[str, ...]
    dropped: int


@dataclass(frozen=True, slots=True)
class SpecialtyFilter:
    """Hold the outcome of `--min-samples`.

    Attributes
    ----------
    samples : mapping of specialty to its distinct texts, largest first
    left_out : tuple of document ids
        Documents none of whose specialties has enough samples.
    """

    samples: Mapping[str, int]
    left_out: tuple[str, ...]


def filter_length(segments: Sequence[Segment]) -> LengthFilter:
    """Take out the segments that exceed `--max-words` however they are cut.

    The sentences on both sides of one become neighbours: distances count what stays.
    """
    kept = [segment for segment in segments if not segment.over_long]
    dropped = [segment for segment in segments if segment.over_long]
    return LengthFilter(
        segments=tuple(replace(segment, index=place) for place, segment in enumerate(kept)),
        lost_mentions=tuple(mention.id for segment in dropped for mention in segment.mentions),
        dropped=len(dropped),
    )


def filter_specialties(
    specialties: Mapping[str, Sequence[str]], text_hashes: Mapping[str, str], *, min_samples: int
) -> SpecialtyFilter:
    """Find the documents all of whose specialties have fewer than `min_samples` samples.

    A sample is a distinct text. A document with several specialties counts for each, and stays if one qualifies; one
    without any stays, since the rule has nothing to go by.

    Parameters
    ----------
    specialties, text_hashes : mapping of document id
    """
    texts = {(specialty, text_hashes[doc_id]) for doc_id, own in specialties.items() for specialty in own}
    samples = Counter(specialty for specialty, _ in texts)
    left_out = (
        doc_id for doc_id, own in specialties.items() if own and all(samples[name] < min_samples for name in own)
    )
    return SpecialtyFilter(dict(sorted(samples.items(), key=lambda item: (-item[1], item[0]))), tuple(left_out))
