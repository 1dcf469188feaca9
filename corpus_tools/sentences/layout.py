"""Blocks of running text: what the layout of a clinical note separates, before any sentence splitter reads it.

In: a text. Out: the spans of its blocks.
"""

import re
from collections.abc import Iterator, Sequence

from corpus_tools.standoff import Span


def find_blocks(text: str, breaks: Sequence[int] = ()) -> Iterator[Span]:
    """Yield the blocks."""
    for match in re.finditer(r"[^\n]+", text):
        if match[0].strip():
            yield Span(*match.span())
