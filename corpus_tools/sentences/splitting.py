"""Sentences inside one block of running text: nupunkt, told what clinical text abbreviates and what it does not.

In: a text and the span of a block. Out: the spans of its sentences, without the white space around them. The signs that
end a sentence in other scripts do so without white space behind them.

Examples
--------
>>> text = "Give Tylenol 5 mg t.i.d. p.r.n. for pain. A 2 cm mass. He left."
>>> [text[span.start : span.end] for span in split_sentences(text, Span(0, len(text)))]
['Give Tylenol 5 mg t.i.d. p.r.n. for pain.', 'A 2 cm mass.', 'He left.']
>>> text = "他说：“好转。”随后出院。"
>>> [text[span.start : span.end] for span in split_sentences(text, Span(0, len(text)))]
['他说：“好转。”', '随后出院。']
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import regex

from corpus_tools.sentences.signs import CLOSING, HAN_DIGITS, HAN_OR_KANA, OPENING, PAUSE, STOP
from corpus_tools.standoff import Span, is_beyond_latin

if TYPE_CHECKING:
    from nupunkt import PunktSentenceTokenizer

# nupunkt's model is trained on legal and general text, where Mass., Wall. and even effusion. are abbreviations. Of its
# abbreviations written with letters alone we keep these ...
# fmt: off
_KEPT = frozenset((
    "al", "approx", "apr", "aug", "ca", "capt", "cf", "co", "corp", "dec", "dept", "dr", "esp", "est", "etc", "feb",
    "fig", "figs", "ft", "gen", "hosp", "inc", "incl", "jan", "jr", "jul", "jun", "lb", "lbs", "ltd", "mar", "mr",
    "mrs", "ms", "mt", "neg", "no", "nos", "nov", "oct", "pp", "prof", "pt", "resp", "rev", "sep", "sept", "sq",
    "sr", "st", "temp", "viz", "vol", "vs",
))
# ... and add what clinical text abbreviates.
_ADDED = (
    "abd", "b.i.d", "bilat", "caps", "diab", "diam", "diff", "dx", "eg", "excl", "freq", "hx", "ie", "neuro", "p.r.n",
    "pts", "q.a.m", "q.d", "q.h.s", "q.i.d", "q.o.d", "q.p.m", "rx", "s.q", "subcut", "subq", "t.i.d", "tabs", "tx",
    "wk", "wks", "wt", "yrs",
)
# fmt: on

# Each pattern begins with a sign or a blank and looks back from there: the search leaps from one to the next, where a
# pattern that begins with what stands before would be tried at every character.

# A sentence does not start at the end of these: before a sign that closes, in lower case after a unit or a dotted
# abbreviation, with the name of a saint, after nothing but an enumerator.
_NO_START = re.compile(
    r"[.!?)](?:(?<=[.!?])\s*(?=[,;)\]])"
    r"|(?:(?<=\b[glLmh]\.)|(?<=\b(?:mg|gm|kg|ml|mL|cc|cm|mm|hr|no)\.)|(?<=\b(?:mcg|hrs|min|sec|tab|cap)\.)"
    r"|(?<=\b\w\.\w\.)|(?<=\b\w\.\w\w\.))\s+(?=[a-z])"
    r"|(?<=\bSt\.)\s+(?=[A-Z])"
    r"|(?:(?<=\A[\dA-Za-z][.)])|(?<=\A\d\d[.)])|(?<=[.!?;:]\s[\dA-Za-z][.)])|(?<=[.!?;:]\s\d\d[.)]))\s+)"
)
_CLASSES = (
    "class",
    "factor",
    "grade",
    "group",
    "hemophilia",
    "hepatitis",
    "influenza",
    "score",
    "stage",
    "type",
    "vitamin",
)
_AFTER_CLASS = "|".join(rf"(?<=\b{name}{verb} [A-Z]\.)" for name in _CLASSES for verb in ("", " was"))
# A sentence does start at the end of these: a lower-case word, a full stop and a capital without white space; a number
# with a unit that Punkt takes for an initial, or a class named by a letter; before a header in capitals amid the text.
_START = re.compile(
    r"[.?!](?:(?<=[a-z]{3}[.?!])(?=[A-Z][a-z]+\s)"
    rf"|(?:(?<=\d[A-Zdghlms]\.)|(?<=\d\s[A-Zdghlms]\.)|{_AFTER_CLASS})\s+(?=[A-Z][a-z]))"
)
_BEFORE_HEADER = re.compile(r"\s(?<=[a-z0-9.;)]\s)\s*(?=[A-Z]{3,}(?: [A-Z]+){1,5}:\s)")
_CITATION = re.compile(r"\[\d+(?:[,–-]\d+)*\]\s+")

# The end of a sentence in other scripts, with what closes behind it: not where the sentence goes on ("！，"), nor where
# a sign of doubt follows what opens ("（？）", "诊断：？肺炎"). A Latin full stop ends one behind a Han or kana letter,
# but no ellipsis does, no decimal point and no enumerator ("二．").
_OTHER_END = regex.compile(
    rf"(?:(?<=[^{OPENING}:：{STOP}]){STOP}|(?<=[{HAN_OR_KANA}--[{HAN_DIGITS}]])(?:[!?]|[.．](?![.．\p{{Nd}}])))"
    rf"[!?.．{STOP}]*+{CLOSING}*+(?![,;:{PAUSE}])\s*+",
    regex.V1,
)


@cache
def _load_splitter() -> "PunktSentenceTokenizer":
    """Return nupunkt's default model with our abbreviations; loaded on first use, 50 ms."""
    from nupunkt import load_default_model

    splitter = load_default_model()
    for abbreviation in splitter.abbreviations:
        if abbreviation.isalpha() and abbreviation not in _KEPT:
            splitter.remove_abbreviation(abbreviation)
    splitter.add_abbreviations(list(_ADDED))
    return splitter


def split_sentences(text: str, block: Span) -> Iterator[Span]:
    """Yield the sentences of one block in order."""
    stretch = text[block.start : block.end]
    starts = {_skip_space(stretch, start) for start, _ in _load_splitter().span_tokenize(stretch)}
    for sign, pattern in (("", _START), (":", _BEFORE_HEADER)):
        if sign in stretch:
            starts |= {match.end() for match in pattern.finditer(stretch)}
    if is_beyond_latin(stretch):
        starts |= {match.end() for match in _OTHER_END.finditer(stretch)}
    starts -= {match.end() for match in _NO_START.finditer(stretch)}
    ordered = sorted({0, len(stretch)} | {_skip_citation(stretch, start) for start in starts})
    for start, end in pairwise(ordered):
        yield Span(block.start + start, block.start + start + len(stretch[start:end].rstrip()))


def _skip_space(text: str, start: int) -> int:
    """Return the first place from `start` on that is no white space."""
    return start if not text[start].isspace() else len(text) - len(text[start:].lstrip())


def _skip_citation(text: str, start: int) -> int:
    """Return the start behind a citation that is glued to the sentence before it."""
    citation = _CITATION.match(text, start) if start and not text[start - 1].isspace() else None
    return citation.end() if citation else start
