"""Blocks of running text: what the layout of a clinical note separates, before any sentence splitter reads it.

In: a text, and where cleaning took blank lines out. Out: the spans of its blocks, one for each paragraph, header line,
list item and table row; the lines of a hard-wrapped paragraph or item stay together.

Examples
--------
>>> text = "PLAN:\\n1. Aspirin\\n   81 mg.\\n2. Rest.\\nHgb\\t12.1"
>>> [text[block.start : block.end] for block in find_blocks(text)]
['PLAN:', '1. Aspirin\\n   81 mg.', '2. Rest.', 'Hgb\\t12.1']
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from unicodedata import category

import regex

from corpus_tools.sentences.signs import CLOSING, HAN_DIGITS, STOP
from corpus_tools.standoff import UNSPACED, Span, is_beyond_latin

HEADER_WORDS = 8
SHORTEST_WRAP = 40  # nobody wraps prose at fewer columns
# A line of Han or kana is full from here on: signs hang over the edge, and some programs count characters, not columns.
FULL_SHARE = 5 / 6

_LINE = re.compile(r"^[^\n]*\S", re.MULTILINE)
_ITEM = re.compile(
    r"(?:[-*+•·▪◦‣○●–—]+|#?\(?\d{1,2}[.)]+|\(?[A-Za-z][.)]|\(?[ivxIVX]{1,4}[.)])\s+(?=\S)|\d{1,2}\)(?=\S)"
)
# A name of at most five words before a colon: "Brain: ...", "PAST MEDICAL HISTORY: ...", "BP: 120/80".
_INLINE_HEADER = re.compile(r"[A-Z][\w/&()',-]*(?: [\w/&()',-]+){0,4} ?:(?=\s|$)")
_GAP = re.compile(r"(?<=[^\s.!?:。！？：])(?: {3,}| *\t\s*)(?=\S)|(?<=\S) *\| *")
_NARROW_GAP = re.compile(r"(?<=[^\s.!?:。！？：]) {2,}(?=\S)")
_SENTENCE_END = re.compile(r"[.!?][\"'”’)\]]*$")
_OPEN_END = re.compile(
    r"(?:[,&/(+=<>≥≤，、،（「『《【]|[a-z]-|\b(?:a|an|and|are|as|at|by|due|for|from|has|in|is|no|of|on|or|than|that|the|to|was|were|with))$",
    re.IGNORECASE,
)

# The same for scripts without blanks between words, where an enumerator needs none behind it and a header no capital.
_UNSPACED_ITEM = regex.compile(
    rf"(?:[(（]?(?:\d{{1,2}}|[{HAN_DIGITS}]{{1,3}})[)）、.．]|[①-⑳])\s*(?={UNSPACED})", regex.V1
)
_ANY_HEADER = regex.compile(rf"{_INLINE_HEADER.pattern}|{UNSPACED}{{2,5}}[:：]", regex.V1)
_ANY_SENTENCE_END = regex.compile(rf"(?:[.!?]|{STOP}){CLOSING}*$", regex.V1)
_UNSPACED = regex.compile(UNSPACED, regex.V1)
# What takes two columns; emoji do too, but may stand in Latin text, whose layout is read as ever.
_WIDE = regex.compile(r"[\p{EA=W}\p{EA=F}&&[\p{L}\p{N}\p{P}]]", regex.V1)


@dataclass(frozen=True, slots=True)
class TextLine:
    """Hold one line that is not blank.

    Attributes
    ----------
    start, end : int, characters of the text
        Without the white space around the line.
    indent : int, characters
        White space before it.
    length : int, columns
        Its own and the indent's, as they count against the width of a page.
    text : str
        What stands between `start` and `end`.
    after_break : bool
        Whether a blank line stands before it, or stood there before cleaning.
    is_latin : bool
        Whether no sign of other scripts needs looking for.
    """

    start: int
    end: int
    indent: int
    length: int
    text: str
    after_break: bool
    is_latin: bool

    @property
    def marker(self) -> re.Match[str] | None:
        """Return the bullet or enumerator that the line starts with."""
        return _ITEM.match(self.text) or (None if self.is_latin else _UNSPACED_ITEM.match(self.text))

    @property
    def is_item(self) -> bool:
        """Say whether the line starts with a bullet or an enumerator."""
        return self.marker is not None

    @property
    def has_header(self) -> bool:
        """Say whether the line starts with a header and its colon."""
        pattern = _INLINE_HEADER if self.is_latin else _ANY_HEADER
        return pattern.match(self.text) is not None

    @property
    def is_sentence_end(self) -> bool:
        """Say whether a sentence ends where the line does."""
        pattern = _SENTENCE_END if self.is_latin else _ANY_SENTENCE_END
        return pattern.search(self.text) is not None

    @property
    def is_title(self) -> bool:
        """Say whether the line is a header in capitals."""
        if not self.text.isupper() or self.text[-1] in ".,;!?" or len(self.text.split()) > HEADER_WORDS:
            return False
        # Letters without case are no capitals, whatever capitals stand among them.
        return sum(map(str.isalpha, self.text)) > 3 and all(category(letter) != "Lo" for letter in self.text)

    @property
    def is_row(self) -> bool:
        """Say whether the line is a table row: cells apart by tabs, pipes or wide gaps."""
        marker = self.marker
        cells = self.text[marker.end() :] if marker else self.text
        return _GAP.search(cells) is not None or len(_NARROW_GAP.findall(cells)) > 1

    @property
    def starts_block(self) -> bool:
        """Say whether the line can't continue the one before it, whatever that one looks like."""
        return self.after_break or self.is_item or self.has_header or self.is_alone

    @property
    def ends_block(self) -> bool:
        """Say whether the next line can't continue this one."""
        return self.text[-1] in ":：" or self.is_alone

    @property
    def is_alone(self) -> bool:
        """Say whether the line is a block of its own."""
        return self.is_title or self.is_row


def find_blocks(text: str, breaks: Sequence[int] = ()) -> Iterator[Span]:
    """Yield the blocks of a text in order; together they hold every character that is not white space.

    Parameters
    ----------
    breaks : sequence of int, characters
        Line starts that begin a block whatever the line looks like.
    """
    paragraphs = list(_split_paragraphs(_read_lines(text, frozenset(breaks))))
    page_width = max((_width(lines) for lines in paragraphs if len(lines) > 2 and _is_wrapped(lines, 0)), default=0)
    for lines in paragraphs:
        start = lines[0].start
        width = max(page_width, _width(lines))
        is_wrapped = _is_wrapped(lines, page_width) and (len(lines) > 2 or page_width > 0)
        for line, after in pairwise(lines):
            is_full = _is_full(line, after, width)
            if not (is_wrapped or _continues(lines[0], line, after, is_full=is_full)):
                yield Span(start, line.end)
                start = after.start
        yield Span(start, lines[-1].end)


def _read_lines(text: str, breaks: frozenset[int]) -> Iterator[TextLine]:
    """Yield the lines that are not blank."""
    previous_end = 0
    for match in _LINE.finditer(text):
        content = match[0].lstrip()
        start = match.end() - len(content)
        after_break = match.start() in breaks or text.count("\n", previous_end, match.start()) > 1
        indent, is_latin = start - match.start(), not is_beyond_latin(content)
        length = indent + len(content) + (0 if is_latin else len(_WIDE.findall(content)))
        yield TextLine(start, match.end(), indent, length, content, after_break, is_latin)
        previous_end = match.end()


def _split_paragraphs(lines: Iterator[TextLine]) -> Iterator[list[TextLine]]:
    """Yield runs of lines between which no header, item, row or blank line draws a boundary."""
    paragraph: list[TextLine] = []
    for line in lines:
        if paragraph and (paragraph[-1].ends_block or line.starts_block):
            yield paragraph
            paragraph = []
        paragraph.append(line)
    if paragraph:
        yield paragraph


def _width(lines: Sequence[TextLine]) -> int:
    return max(line.length for line in lines)


def _is_wrapped(lines: Sequence[TextLine], page_width: int) -> bool:
    """Say whether every line but the last is full, as a program leaves them that wraps at a fixed width."""
    width = max(page_width, _width(lines))
    return all(_is_full(line, after, width) for line, after in pairwise(lines))


def _is_full(line: TextLine, after: TextLine, width: int) -> bool:
    """Say whether the first word of the next line would not have fitted."""
    if width < SHORTEST_WRAP:
        return False
    if _divides_letters(line, after):
        return line.length >= FULL_SHARE * width
    word = after.text.split(maxsplit=1)[0]
    return line.length + 1 + len(word) + (0 if after.is_latin else len(_WIDE.findall(word))) > width


def _divides_letters(line: TextLine, after: TextLine) -> bool:
    """Say whether the end of a line stands beside a letter of a script that puts no blanks between words."""
    if line.is_latin and after.is_latin:
        return False
    return _UNSPACED.search(line.text[-2:] + after.text[0]) is not None  # a sign may stand behind the last letter


def _continues(first: TextLine, line: TextLine, after: TextLine, *, is_full: bool) -> bool:
    """Say whether a line goes on in the next one although the paragraph as a whole does not look wrapped."""
    if first.is_item and after.indent > first.indent:
        return True
    if line.is_sentence_end:
        return False
    starts_anew = after.text[0].isupper() and not _divides_letters(line, after)
    return _OPEN_END.search(line.text) is not None or (is_full and not starts_anew)
