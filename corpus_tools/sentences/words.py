"""The one word tokenizer: what `--max-words` counts and what the model reads.

In: any text. Out: the spans of its words, in order, disjoint, covering every character that is not white space.

Where a script puts no blanks between words, each letter is a word, with its marks: a Han or kana character, as in
BERT's tokenizer, and a grapheme cluster of Thai, Lao, Khmer or Myanmar. A run between blanks would be one word to
all the mentions in it, for the model as for the agreement on words.

Examples
--------
>>> text = "Dr. Lee's pt: 0.4 mg b.i.d."
>>> [text[word.start : word.end] for word in tokenize_words(text)]
['Dr', '.', "Lee's", 'pt', ':', '0.4', 'mg', 'b', '.', 'i', '.', 'd', '.']
>>> text = "给予aspirin 2.5毫克，น้ำ"
>>> [text[word.start : word.end] for word in tokenize_words(text)]
['给', '予', 'aspirin', '2.5', '毫', '克', '，', 'น้ำ']
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain

import numpy as np
import regex
from numpy.typing import NDArray

from corpus_tools.standoff import UNSPACED, Span, is_beyond_latin

# A number with its inner separators, a word with its inner apostrophes and combining marks, or a run of one sign.
_LATIN_WORD = re.compile(r"\d+(?:[.,]\d+)+|\w[\w\u0300-\u036f]*(?:['’]\w[\w\u0300-\u036f]*)*|([^\w\s])\1*")

# The same for any script, with the classes of `re` spelled out, for `regex` has others. A joiner behind a mark, as in
# Sinhala, stands inside a letter.
_LETTER = rf"[\p{{L}}\p{{N}}_--{UNSPACED}]"
_SPACED_WORD = rf"{_LETTER}(?:{_LETTER}|\p{{M}}[\u200c\u200d]?)*+"
_WORD = regex.compile(
    rf"\d+(?:[.,]\d+)+|(?={UNSPACED})\X|{_SPACED_WORD}(?:['’]{_SPACED_WORD})*+|([^\p{{L}}\p{{N}}_\s\x1c-\x1f])\1*",
    regex.V1,
)

# White space by code point; there is none beyond U+3000.
_IS_SPACE = np.array([chr(code).isspace() for code in range(0x3002)])


def find_words(text: str) -> NDArray[np.int64]:
    """Return what `tokenize_words` does as an array, several times as fast on Latin text.

    No word holds white space, so that each stretch between white space is cut on its own, and looked up when it recurs.
    Elsewhere a stretch may be a whole sentence, which hardly recurs.

    Returns
    -------
    array, shape (words, 2), characters
        Start and end of each word.
    """
    if is_beyond_latin(text):
        return np.array([match.span() for match in _WORD.finditer(text)], np.int64).reshape(-1, 2)
    stretches = text.split()
    cut = list(map(_cut_stretch, stretches))
    offsets = np.fromiter(chain.from_iterable(cut), np.int64).reshape(-1, 2)
    counts = np.fromiter(map(len, cut), np.int64, len(cut)) // 2
    return offsets + np.repeat(_stretch_starts(text), counts)[:, None]


@lru_cache(maxsize=1 << 16)
def _cut_stretch(stretch: str) -> tuple[int, ...]:
    """Return start, end, start, end ... of the words of a Latin text without white space."""
    return tuple(chain.from_iterable(match.span() for match in _LATIN_WORD.finditer(stretch)))


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
    return tuple(Span(*match.span()) for match in _match_words(text))


def count_words(text: str) -> int:
    """Return the number of words that `tokenize_words` finds."""
    return sum(1 for _ in _match_words(text))


def _match_words(text: str) -> Iterator[re.Match[str]]:
    return (_WORD if is_beyond_latin(text) else _LATIN_WORD).finditer(text)
