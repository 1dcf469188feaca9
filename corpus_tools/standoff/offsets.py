"""Other ways to count characters: offsets of tools that see no byte-order mark, UTF-16 units, or CRLF as one.

In: a text and offsets counted another way. Out: offsets in code points of the text as it stands.

Examples
--------
>>> recount("one\\r\\ntwo", "lf")(4)  # where `two` starts if the line end counts one
5
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable
from typing import Literal

from corpus_tools.standoff.document import Span, TextBound

OtherCounting = Literal["bom", "utf-16", "lf"]

_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_CRLF = re.compile("\r\n")


def recount(text: str, counting: OtherCounting) -> Callable[[int], int]:
    """Return the function from an offset, counted another way, to the offset in code points."""
    if counting == "bom":
        return lambda offset: offset + text.startswith("\ufeff")
    if counting == "utf-16":  # each character beyond U+FFFF before the offset counted two
        units = [match.start() + before for before, match in enumerate(_ASTRAL.finditer(text))]
        return lambda offset: offset - bisect_left(units, offset)
    feeds = [match.start() - before for before, match in enumerate(_CRLF.finditer(text))]
    return lambda offset: offset + bisect_left(feeds, offset)


def find_counting(text: str, textbounds: Iterable[TextBound]) -> OtherCounting | None:
    """Return the other way to count under which every textbound fits its text, or None where there is no such way."""
    candidates: dict[OtherCounting, bool] = {
        "bom": text.startswith("\ufeff"),
        "utf-16": not text.isascii() and _ASTRAL.search(text) is not None,
        "lf": "\r\n" in text,
    }
    textbounds = tuple(textbounds)
    for counting, is_possible in candidates.items():
        if is_possible:
            to_source = recount(text, counting)
            if all(_fits(text, textbound, to_source) for textbound in textbounds):
                return counting
    return None


def recounted(textbound: TextBound, to_source: Callable[[int], int]) -> tuple[Span, ...]:
    """Return the fragments in code points of the text."""
    return tuple([Span(to_source(span.start), to_source(span.end)) for span in textbound.fragments])


def _fits(text: str, textbound: TextBound, to_source: Callable[[int], int]) -> bool:
    spelled = " ".join([text[span.start : span.end] for span in recounted(textbound, to_source)])
    # A line end inside the span is one character to the tool that counted so.
    return spelled.split() == textbound.text.split()
