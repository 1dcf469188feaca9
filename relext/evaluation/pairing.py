"""What a mention is compared by when nobody gave it an id: type and characters; strictly, or by any shared character.

In: gold and found documents with one text. Out: keys and one-to-one matchings.

Examples
--------
>>> share_characters((Span(0, 5), Span(16, 19)), (Span(6, 17),))
True
"""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from corpus_tools.assembly import CorpusDocument
from corpus_tools.sentences import Mention
from corpus_tools.standoff import Span
from relext.finding import join_fragments

MentionKey = tuple[str, tuple[Span, ...]]  # type, fragments in the source text
Item = TypeVar("Item")


def key_mention(text: str, mention: Mention) -> MentionKey:
    """Return what a mention is compared by; fragments that only white space parts are one."""
    return mention.type, join_fragments(text, mention.source_fragments)


def key_mentions(document: CorpusDocument) -> dict[str, MentionKey]:
    """Return the key of each mention of a document by its id."""
    return {mention.id: key_mention(document.text, mention) for mention in document.mentions}


def share_characters(one: Sequence[Span], other: Sequence[Span]) -> bool:
    """Say whether two mentions, given by their fragments, have a character in common."""
    return any(a.start < b.end and b.start < a.end for a in one for b in other)


def overlap(one: MentionKey, other: MentionKey) -> bool:
    """Say whether two mentions have the same type and share a character."""
    return one[0] == other[0] and share_characters(one[1], other[1])


def match_most(edges: Mapping[Item, Sequence[int]], count: int) -> dict[Item, int]:
    """Return a one-to-one matching with most pairs.

    Parameters
    ----------
    edges : mapping of item to positions
        The partners that each item may have, positions below `count`.

    Examples
    --------
    >>> match_most({"a": [0, 1], "b": [0]}, 2)
    {'a': 1, 'b': 0}
    """
    items = list(edges)
    rows = np.repeat(np.arange(len(items)), [len(edges[item]) for item in items])
    columns = np.array([place for item in items for place in edges[item]], dtype=np.int64)
    if not len(columns):
        return {}
    table = csr_array((np.ones(len(columns), dtype=np.int8), (rows, columns)), shape=(len(items), count))
    partners = maximum_bipartite_matching(table, perm_type="column")
    return {item: int(place) for item, place in zip(items, partners, strict=True) if place >= 0}
