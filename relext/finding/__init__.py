"""From a finder and texts to mentions: what was found, how it may overlap, and documents made of it."""

from relext.finding.documents import find_documents, place_mentions, segment_anew
from relext.finding.found import FoundMention, join_fragments, leave_out
from relext.finding.mentions import find_mentions, find_tagged, lay_out
from relext.finding.overlaps import describe_overlap, keep_surest, name_overlap

__all__ = [
    "FoundMention",
    "describe_overlap",
    "find_documents",
    "find_mentions",
    "find_tagged",
    "join_fragments",
    "keep_surest",
    "lay_out",
    "leave_out",
    "name_overlap",
    "place_mentions",
    "segment_anew",
]
