"""What a corpus leaves out, each with its reason: mentions in segments too long, specialties with too few samples.

In: the segments of a document; the specialties of all documents. Out: what stays, and what went, by name and cause.

Examples
--------
>>> specialties = {"a": ("Urology",), "b": ("Urology", "Surgery"), "c": ("Surgery",), "d": ("Urology",)}
>>> filter_specialties(specialties, {doc_id: doc_id for doc_id in specialties}, min_samples=3).left_out
('c',)
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from corpus_tools.sentences import Segment

OVER_LONG = "over-long"
FEW_SAMPLES = "specialty-under-min-samples"
NOT_ANNOTATED = "not-annotated"


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


def find_over_long(segments: Sequence[Segment]) -> tuple[str, ...]:
    """Return the mentions of the segments that exceed `--max-words` however they are cut.

    Such a segment gives no candidate pair but keeps its place: the sentences on both sides of it are no neighbours.
    """
    return tuple(mention.id for segment in segments if segment.over_long for mention in segment.mentions)


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
