"""Subwords: an encoder's tokenizer, and which of its tokens stand for which word.

In: a fast tokenizer and the texts of segments. Out: `Subwords`, token ids with the range of tokens of each word.

Examples
--------
>>> align_words([(0, 3), (5, 8)], token_starts=[0, 2, 4], token_ends=[2, 3, 8])
[(0, 2), (2, 3)]
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

from corpus_tools.sentences import tokenize_words
from corpus_tools.standoff import Span

TokenRange = tuple[int, int]


@dataclass(frozen=True, slots=True)
class SubwordTokenizer:
    """Hold a fast tokenizer, the ids that frame and fill a window, and the one that hides a token, where it has one."""

    tokenizer: Tokenizer
    start_id: int
    end_id: int
    pad_id: int
    mask_id: int | None = None


@dataclass(frozen=True, slots=True)
class Subwords:
    """Hold a segment as the encoder reads it.

    Attributes
    ----------
    ids : tuple of int
    word_starts, word_ends : tuple of int, characters of the segment's text
    word_tokens : tuple of (start, end), positions in `ids`
        Never empty: a word that the tokenizer drops borrows the nearest token, (0, 0) where the segment has none.
    """

    ids: tuple[int, ...]
    word_starts: tuple[int, ...]
    word_ends: tuple[int, ...]
    word_tokens: tuple[TokenRange, ...]


def split_subwords(texts: Sequence[str], tokenizer: SubwordTokenizer) -> list[Subwords]:
    """Tokenize segments and map their words onto tokens.

    A text is tokenized as it stands, not word by word: the encoder has learnt from running text, and a byte-level
    tokenizer tells a word after a blank from one after a hyphen.
    """
    encodings = tokenizer.tokenizer.encode_batch(list(texts), add_special_tokens=False)
    found = []
    for text, encoding in zip(texts, encodings, strict=True):
        words = [(span.start, span.end) for span in find_word_spans(text)]
        starts, ends = zip(*encoding.offsets, strict=True) if encoding.ids else ((), ())
        tokens = align_words(words, token_starts=starts, token_ends=ends)
        word_starts, word_ends = zip(*words, strict=True)
        found.append(Subwords(tuple(encoding.ids), word_starts, word_ends, tuple(tokens)))
    return found


def find_word_spans(text: str) -> tuple[Span, ...]:
    """Return the words of a segment as the model counts them: the whole text where it has none."""
    return tokenize_words(text) or (Span(0, len(text)),)


def align_words(
    words: Sequence[tuple[int, int]], *, token_starts: Sequence[int], token_ends: Sequence[int]
) -> list[TokenRange]:
    """Return for each word, (start, end) in characters, the range of tokens that share a character with it."""
    starts, ends = np.asarray(words, dtype=np.int64).T
    first = np.searchsorted(token_ends, starts, side="right").clip(max=max(0, len(token_ends) - 1))
    last = np.searchsorted(token_starts, ends, side="left").clip(min=first + 1, max=len(token_starts))
    return [(int(start), int(end)) for start, end in zip(first, last, strict=True)]
