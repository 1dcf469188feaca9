"""Text without illegal characters, blank lines and foreign line ends, and the way back to the source.

In: `AlignedDocument`. Out: `CleanedDocument`, its text shorter, its `OffsetMap` leading to the source's own characters,
each removal counted by kind. What the layout said and the clean text no longer shows, `breaks` remembers.

Examples
--------
>>> clean = clean_text("\\ufeffPain.\\r\\n\\r\\nNo fever.")
>>> clean.text, clean.breaks, clean.removed
('Pain.\\nNo fever.', (6,), {'blank-line': 1, 'byte-order-mark': 1, 'carriage-return': 2})
"""

import re
from collections import Counter
from dataclasses import dataclass

from corpus_tools.sentences.offsets import OffsetMap
from corpus_tools.standoff import AlignedDocument, Span

# The kinds of removal; "carriage-return" and "line-control" become a line feed where they are the line's only end.
REMOVAL_KINDS = (
    "byte-order-mark",
    "carriage-return",
    "line-control",
    "xml-forbidden",
    "replacement-character",
    "control",
    "private-use",
    "blank-line",
)

# Surrogates are written as escapes: a file read with surrogateescape may hold them, UTF-8 may not.
_ILLEGAL = re.compile(
    r"(?P<byte_order_mark>\A\ufeff)"
    r"|(?P<carriage_return>\r\n?)"
    r"|(?P<line_control>[\x0b\x0c\x1c-\x1e\x85])"
    r"|(?P<xml_forbidden>[\x00-\x08\x0e-\x1b\x1f\ud800-\udfff\ufffe\uffff])"
    r"|(?P<replacement_character>\ufffd)"
    r"|(?P<control>[\x7f-\x84\x86-\x9f])"
    r"|(?P<private_use>[\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd])"
)
_BLANK_LINE = re.compile(r"^[^\S\n]*\n|^[^\S\n]+\Z", re.MULTILINE)
# Word's bullets come out of the Symbol font as private-use characters at the start of a line.
_PRIVATE_BULLET = re.compile(r"^[^\S\n]*[\ue000-\uf8ff]+(?=[^\S\n])", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class CleanText:
    """Hold a cleaned text, its way back, and what was removed.

    Attributes
    ----------
    breaks : tuple of int, characters of the clean text
        Line starts before which the source had a blank line or a bullet that cleaning took out, ascending.
    removed : dict
        Count by kind, kinds of `REMOVAL_KINDS` that occur, sorted by name. A blank line counts once.
    """

    text: str
    offsets: OffsetMap
    breaks: tuple[int, ...]
    removed: dict[str, int]


@dataclass(frozen=True, slots=True)
class CleanedDocument:
    """Hold a document with its cleaned text; the fields are those of `CleanText`."""

    aligned: AlignedDocument
    text: str
    offsets: OffsetMap
    removed: dict[str, int]
    breaks: tuple[int, ...] = ()


def clean_document(aligned: AlignedDocument) -> CleanedDocument:
    """Clean a document's text; its annotations keep their source offsets."""
    clean = clean_text(aligned.document.text)
    return CleanedDocument(aligned, clean.text, clean.offsets, clean.removed, clean.breaks)


def clean_text(text: str) -> CleanText:
    """Take illegal characters and blank lines out of a text, make every line end a line feed.

    Illegal is what XML 1.0 forbids, U+FFFD, private use, and controls that are no white space; a control that is
    white space, a form feed for example, ends a line and becomes a line feed. A byte-order mark counts only in front.

    Returns
    -------
    CleanText
        Any source span that holds no removed character goes through `offsets` to the clean text and back unchanged.
    """
    legal, to_legal, removed = _replace_illegal(text)
    blanks = [Span(*match.span()) for match in _BLANK_LINE.finditer(legal)]
    to_clean = OffsetMap.without(blanks, length=len(legal))
    bullets = (match.end() for match in _PRIVATE_BULLET.finditer(text))
    offsets = to_legal.then(to_clean)
    breaks = {_next_kept(to_clean, span.end) for span in blanks} | {_next_kept(offsets, end) for end in bullets}
    removed.update({"blank-line": len(blanks)} if blanks else {})
    return CleanText(
        text=_BLANK_LINE.sub("", legal),
        offsets=offsets,
        breaks=tuple(sorted(breaks - {0, offsets.clean_length})),
        removed=dict(sorted(removed.items())),
    )


def _replace_illegal(text: str) -> tuple[str, OffsetMap, Counter[str]]:
    """Return the text without illegal characters and with line feeds only, its map, and the count by kind."""
    removed: Counter[str] = Counter()
    spans = []
    for match in _ILLEGAL.finditer(text):
        kind = str(match.lastgroup).replace("_", "-")
        removed[kind] += 1
        if kind not in ("carriage-return", "line-control"):
            spans.append(Span(*match.span()))
        elif len(match[0]) == 2:  # of CRLF only the CR goes
            spans.append(Span(match.start(), match.start() + 1))
    replaced = _ILLEGAL.sub(lambda match: "\n" if match.lastgroup in ("carriage_return", "line_control") else "", text)
    return replaced, OffsetMap.without(spans, length=len(text)), removed


def _next_kept(offsets: OffsetMap, position: int) -> int:
    """Return the clean offset of the first kept character at or after a source position."""
    last = offsets.pieces[-1].source_end if offsets.pieces else 0
    found = offsets.to_clean(Span(position, last))
    return offsets.clean_length if found is None else found.start
