"""How one textbound fits its text: as stated, but for white space, cut at a line break, or shifted.

In: a text and the line of a textbound. Out: a `Fit`, with the shift and the reason, or a `Misfit`.

Examples
--------
>>> line = Line(1, "", "T", TextBound("T1", "Drug", (Span(4, 11),), "aspirin"))
>>> explain_text("take aspirin", line, to_source=int, window=3, show_text=False).shift
1
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import cast

from corpus_tools.standoff.document import Line, Span, TextBound
from corpus_tools.standoff.offsets import recounted

_BREAKS = re.compile(r"\r*\n[\r\n]*")
_LONGEST_RANGE = 100  # characters of the range for each character of the mention's text
_LINKS = re.compile(r"[\s\-\u2010-\u2015\u00ad]*")


@dataclass(frozen=True, slots=True)
class Fit:
    """Hold the textbound that fits the text; an empty `reason` means that the line stays as it is."""

    textbound: TextBound
    shift: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Misfit:
    """Hold why no textbound fits."""

    code: str
    message: str


Outcome = Fit | Misfit


def is_in_place(outcome: Outcome) -> bool:
    """Say whether a textbound fits where its offsets point, white space aside."""
    return isinstance(outcome, Fit) and outcome.shift == 0


def is_exact(text: str, line: Line) -> bool:
    """Say whether a line needs no explanation: it holds no textbound, or one that equals its characters."""
    annotation = line.annotation
    if not isinstance(annotation, TextBound):  # a rejected T line is no misfit
        return True
    fragments = annotation.fragments
    if len(fragments) == 1:
        start, size = fragments[0].start, len(annotation.text)
        return fragments[0].end == start + size and text.startswith(annotation.text, start)
    return _spell(text, fragments) == annotation.text and max(span.end for span in fragments) <= len(text)


def _spell(text: str, fragments: Iterable[Span]) -> str:
    return " ".join([text[span.start : span.end] for span in fragments])


def explain_text(text: str, line: Line, *, to_source: Callable[[int], int], window: int, show_text: bool) -> Outcome:
    """Find the smallest change after which a textbound equals its characters.

    Parameters
    ----------
    line : Line
        One that holds a textbound.
    to_source : callable
        From an offset as stated to the offset in code points of `text`.
    window : int, characters
        Largest shift to try, to either side.
    """
    stated = cast(TextBound, line.annotation)
    textbound = replace(stated, fragments=recounted(stated, to_source))
    if textbound.end > len(text):
        return Misfit("BRAT-T-OFFSET", f"ends at {textbound.end}, the text at {len(text)}")
    fit = (
        _explain_as_stated(text, textbound, line)
        or _explain_by_white_space(text, textbound)
        or _explain_by_shift(text, textbound, window=window)
    )
    if fit is None and not stated.text:
        return Misfit("BRAT-T-TEXT", "its text column is empty")
    if fit is None:
        return Misfit("BRAT-T-SPAN-MISMATCH", _describe_mismatch(text, textbound, show_text=show_text))
    moved = textbound.start - stated.start
    if textbound.fragments != stated.fragments:
        return Fit(fit.textbound, moved + fit.shift, fit.reason or "offsets counted another way")
    return fit


def _measure(textbound: TextBound) -> int:
    """Return how many characters the fragments spell, the blanks between them included."""
    return sum(map(len, textbound.fragments)) + len(textbound.fragments) - 1


def _explain_as_stated(text: str, textbound: TextBound, line: Line) -> Fit | None:
    """Accept texts that equal their characters but for what the line format does to them; nothing is rewritten."""
    if _measure(textbound) > len(textbound.text) + len(textbound.extra) + 1:
        return None
    spelled = _spell(text, textbound.fragments)
    if textbound.text in (spelled, _spell(text, textbound.sorted_fragments)):
        return Fit(textbound)
    if textbound.text + textbound.extra == spelled:  # a tab inside the mention, taken for the next column
        return Fit(replace(textbound, text=spelled, extra=""))
    if textbound.text + "\r" == spelled and line.raw.endswith("\r\n"):  # a mention's last CR, taken for the line's
        return Fit(replace(textbound, text=spelled))
    return None


def _explain_by_white_space(text: str, textbound: TextBound) -> Fit | None:
    """Accept texts that differ in white space alone, or that end where the `.ann` line was cut by a line break."""
    squeezed = _squeeze(textbound.text)
    if not squeezed:
        return None
    # Ranges far longer than their texts are no matter of white space; squeezing each could take hours.
    if _measure(textbound) <= _LONGEST_RANGE * (len(textbound.text) + len(textbound.extra)):
        squeezed_ranges = {_squeeze(spelling) for spelling in _list_spellings(text, textbound)}
        if squeezed in squeezed_ranges:
            return _rewrite(text, textbound, "white space")
        if textbound.extra and squeezed + _squeeze(textbound.extra) in squeezed_ranges:
            return _rewrite(text, replace(textbound, extra=""), "white space")
    first_line = text[textbound.start : _find_break(text, textbound)]
    if len(first_line) < textbound.end - textbound.start and _squeeze(first_line) == squeezed:
        return _rewrite(text, textbound, "text cut off at a line break")
    return None


def _find_break(text: str, textbound: TextBound) -> int:
    places = [text.find(character, textbound.start, textbound.end) for character in "\r\n"]
    return min((place for place in places if place >= 0), default=textbound.end)


def _list_spellings(text: str, textbound: TextBound) -> Iterator[str]:
    """Yield what the fragments spell, as given, in text order, and with what links them where that is no word."""
    ordered = textbound.sorted_fragments
    yield _spell(text, textbound.fragments)
    yield _spell(text, ordered)
    if all(_LINKS.fullmatch(text, left.end, right.start) for left, right in pairwise(ordered)):
        yield text[ordered[0].start : ordered[-1].end]


def _squeeze(text: str) -> str:
    return "".join(text.split())


def _rewrite(text: str, textbound: TextBound, reason: str) -> Fit:
    fragments = tuple(_split_at_breaks(text, textbound.sorted_fragments))
    return Fit(replace(textbound, fragments=fragments, text=_spell(text, fragments)), 0, reason)


def _split_at_breaks(text: str, fragments: Iterable[Span]) -> Iterator[Span]:
    """Yield the fragments without the line breaks inside them, as brat itself writes them."""
    for span in fragments:
        start = span.start
        for match in _BREAKS.finditer(text, span.start, span.end):
            if start < match.start():
                yield Span(start, match.start())
            start = match.end()
        if start < span.end:
            yield Span(start, span.end)


def _explain_by_shift(text: str, textbound: TextBound, *, window: int) -> Fit | None:
    """Accept the smallest shift after which every character fits; two equally small ones explain nothing."""
    if _measure(textbound) != len(textbound.text):
        return None
    for distance in range(1, window + 1):
        fits = []
        for shift in (-distance, distance):
            fragments = tuple([span.shifted(shift) for span in textbound.sorted_fragments])
            is_inside = fragments[0].start >= 0 and fragments[-1].end <= len(text)
            if is_inside and _spell(text, fragments) == textbound.text:
                fits.append(Fit(replace(textbound, fragments=fragments), shift, "shifted"))
        if fits:
            return fits[0] if len(fits) == 1 else None
    return None


def _describe_mismatch(text: str, textbound: TextBound, *, show_text: bool) -> str:
    spelled = _spell(text, textbound.sorted_fragments)
    differing = (i for i, (a, b) in enumerate(zip(textbound.text, spelled, strict=False)) if a != b)
    place = next(differing, None)
    if place is None:
        difference = "one is the beginning of the other"
    else:
        points = f"U+{ord(textbound.text[place]):04X}, in the text U+{ord(spelled[place]):04X}"
        difference = f"they differ at character {place}: {points}"
    message = f"its text has {len(textbound.text)} characters, its offsets span {_measure(textbound)}; {difference}"
    return f"{message}; {textbound.text!r} against {spelled!r}" if show_text else message
