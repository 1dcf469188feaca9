"""The one word tokenizer: what `--max-words` counts and what the model reads.

In: any text. Out: the spans of its words, in order, disjoint, covering every character that is not white space.

Examples
--------
>>> text = "Dr. Lee's pt: 0.4 mg b.i.d."
>>> [text[word.start : word.end] for word in tokenize_words(text)]
['Dr', '.', "Lee's", 'pt', ':', '0.4', 'mg', 'b', '.', 'i', '.', 'd', '.']
"""

import re
from functools import lru_cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from corpus_tools.standoff import Span

# A number with its inner separators, a word with its inner apostrophes and combining marks, or a run of one sign.
_WORD = re.compile(r"\d+(?:[.,]\d+)+|\w[\w\u0300-\u036f]*(?:['’]\w[\w\u0300-\u036f]*)*|([^\w\s])\1*")

# White space by code point; there is none beyond U+3000.
_IS_SPACE = np.array([chr(code).isspace() for code in range(0x3002)])


def find_words(text: str) -> NDArray[np.int64]:
    """Return what `tokenize_words` does as an array, several times as fast where words recur.

    No word holds white space, so that each stretch between white space is cut on its own, and looked up when it recurs.

    Returns
    -------
    array, shape (words, 2), characters
        Start and end of each word.
    """
    stretches = text.split()
    cut = list(map(_cut_stretch, stretches))
    offsets = np.fromiter(chain.from_iterable(cut), np.int64).reshape(-1, 2)
    counts = np.fromiter(map(len, cut), np.int64, len(cut)) // 2
    return offsets + np.repeat(_stretch_starts(text), counts)[:, None]


@lru_cache(maxsize=1 << 16)
def _cut_stretch(stretch: str) -> tuple[int, ...]:
    """Return start, end, start, end ... of the words of a text without white space."""
    return tuple(chain.from_iterable(match.span() for match in _WORD.finditer(stretch)))


def _stretch_starts(text: str) -> NDArray[np.int64]:
    """Return where the stretches between white space begin."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    is_inside = ~_IS_SPACE[np.minimum(codes, len(_IS_SPACE) - 1)]
    is_start = is_inside.copy()
    is_start[1:] &= ~is_inside[:-1]
    return np.flatnonzero(is_start)


def tokenize_words(text: str) -> tuple[Span, ...]:
    """Return the span of each word and each run of one punctuation mark.

    Hyphens and slashes separate, so that both halves of `aspirin-induced` can be mentions of their own.
    """
    return tuple(Span(*match.span()) for match in _WORD.finditer(text))


def count_words(text: str) -> int:
    """Return the number of words that `tokenize_words` finds."""
    return sum(1 for _ in _WORD.finditer(text))
