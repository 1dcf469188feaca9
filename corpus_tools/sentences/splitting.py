"""Sentences inside one block of running text: nupunkt, told what clinical text abbreviates.

In: a text and the span of a block. Out: the spans of its sentences, without the white space around them.

Examples
--------
>>> text = "Give Tylenol 5 mg t.i.d. p.r.n. for pain. Left."
>>> [text[span.start : span.end] for span in split_sentences(text, Span(0, len(text)))]
['Give Tylenol 5 mg t.i.d. p.r.n. for pain.', 'Left.']
"""

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from corpus_tools.standoff import Span

if TYPE_CHECKING:
    from nupunkt import PunktSentenceTokenizer

# Abbreviations of clinical text that nupunkt's model, trained on legal and general text, does not know.
# fmt: off
_ABBREVIATIONS = [
    "abd", "b.i.d", "bilat", "caps", "diab", "diam", "diff", "dx", "excl", "freq", "hx", "max", "neuro", "p.r.n",
    "pts", "q.h.s", "q.i.d", "q.o.d", "rx", "s.q", "subcut", "subq", "t.i.d", "tab", "tabs", "tx", "wk", "wks", "wt",
    "yrs",
]
# fmt: on


@cache
def _load_splitter() -> "PunktSentenceTokenizer":
    """Return nupunkt's default model with our abbreviations; loaded on first use, 30 ms."""
    from nupunkt import load_default_model

    splitter = load_default_model()
    splitter.add_abbreviations(_ABBREVIATIONS)
    return splitter


def split_sentences(text: str, block: Span) -> Iterator[Span]:
    """Yield the sentences of one block in order."""
    for start, end in _load_splitter().spans(text[block.start : block.end], paragraph_breaks=False):
        yield Span(block.start + start, block.start + end)
