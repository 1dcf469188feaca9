"""The one word tokenizer: what `--max-words` counts and what the model reads.

In: any text. Out: the spans of its words, in order, disjoint, covering every character that is not white space.

Examples
--------
>>> text = "Dr. Lee's pt: 0.4 mg b.i.d."
>>> [text[word.start : word.end] for word in tokenize_words(text)]
['Dr', '.', "Lee's", 'pt', ':', '0.4', 'mg', 'b', '.', 'i', '.', 'd', '.']
"""

import re

from corpus_tools.standoff import Span

# A number with its inner separators, a word with its inner apostrophes and combining marks, or a run of one sign.
_WORD = re.compile(r"\d+(?:[.,]\d+)+|\w[\w\u0300-\u036f]*(?:['’]\w[\w\u0300-\u036f]*)*|([^\w\s])\1*")


def find_words(text: str) -> list[tuple[int, int]]:
    """Return start and end of each word, for callers that count millions."""
    return list(map(re.Match.span, _WORD.finditer(text)))


def tokenize_words(text: str) -> tuple[Span, ...]:
    """Return the span of each word and each run of one punctuation mark.

    Hyphens and slashes separate, so that both halves of `aspirin-induced` can be mentions of their own.
    """
    return tuple(Span(*match.span()) for match in _WORD.finditer(text))


def count_words(text: str) -> int:
    """Return the number of words that `tokenize_words` finds."""
    return sum(1 for _ in _WORD.finditer(text))
