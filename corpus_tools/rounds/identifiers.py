r"""Likely identifiers in a text, by offset: a list to look at before a text is handed out, no de-identification.

In: a text. Out: `Identifier`s with kind and offsets; the characters themselves are never copied anywhere.

The kinds follow what the HIPAA Safe Harbor rule names (45 CFR 164.514(b)(2)) as far as a pattern can tell: dates,
telephone numbers, social security and record numbers, e-mail and web addresses, titled names, ages over 89.

Examples
--------
>>> [(found.kind, found.start, found.end) for found in find_identifiers("Seen by Dr. Moss on 3/14/2019.")]
[('name', 8, 16), ('date', 20, 29)]
"""

from dataclasses import dataclass

import regex

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?"
# A capital of any script, then letters and marks, apostrophes and hyphens between them: O'Neil, McDonald, García-Ruiz.
_NAME = r"\p{Lu}(?:['’ʼ‐‑-]?[\p{L}\p{M}]){1,40}"
_PATTERNS = {
    # Before dates, which it also looks like: the first pattern wins.
    "social-security-number": r"\b\d{3}-\d{2}-\d{4}\b",
    "date": rf"\b\d{{1,4}}[/-]\d{{1,2}}[/-]\d{{2,4}}\b|\b{_MONTH} \d{{1,2}},? (?:19|20)\d\d\b"
    rf"|\b\d{{1,2}} {_MONTH} (?:19|20)\d\d\b",
    "telephone": r"(?<![\w.])(?:\+\d{1,3}[ .-]?)?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b",
    "record-number": r"\b(?:MRN|Medical Record(?: Number| No\.?)?|Account(?: Number| No\.?)?|Case(?: Number| No\.?))"
    r"\s{0,3}[:#]?\s{0,3}[A-Z]{0,3}-?\d{4,12}\b",
    "e-mail": r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}\b",
    "web-address": r"\b(?:https?://|www\.)[^\s<>\"]{3,200}",
    "name": rf"\b(?:Dr|Mr|Mrs|Ms|Prof)\.? {_NAME}(?: {_NAME})?",
    "age-over-89": r"\b(?:9\d|1[01]\d)[- ]years?[- ]old\b",
}
_ANY = regex.compile("|".join(f"(?P<{kind.replace('-', '_')}>{pattern})" for kind, pattern in _PATTERNS.items()))


@dataclass(frozen=True, slots=True)
class Identifier:
    """Hold a likely identifier: its kind and its half-open range of characters."""

    kind: str
    start: int
    end: int


def find_identifiers(text: str) -> tuple[Identifier, ...]:
    """Return the likely identifiers in text order, none overlapping another."""
    return tuple(Identifier((match.lastgroup or "").replace("_", "-"), *match.span()) for match in _ANY.finditer(text))
