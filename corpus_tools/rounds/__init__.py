"""Rounds of annotation: which documents belong together, and who annotates what."""

from corpus_tools.rounds.sampling import (
    NEAR_DUPLICATE,
    SHINGLE_WORDS,
    Signature,
    find_near_duplicates,
    group_linked,
    link_equal,
    sign_text,
)

__all__ = [
    "NEAR_DUPLICATE",
    "SHINGLE_WORDS",
    "Signature",
    "find_near_duplicates",
    "group_linked",
    "link_equal",
    "sign_text",
]
