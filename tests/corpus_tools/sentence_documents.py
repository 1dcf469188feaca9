"""Aligned documents for the tests of the room `sentences`, from a literal text and its `.ann`."""

from corpus_tools.sentences import MAX_WORDS, SegmentedDocument, clean_document, segment_document
from corpus_tools.standoff import AlignedDocument, Span, align_document, parse_document


def read_literal(text: str, *lines: str) -> AlignedDocument:
    """Return the aligned document of a text and its annotation lines, TAB written as two blanks or more."""
    ann = "".join("\t".join(line.split("  ")) + "\n" for line in lines)
    return align_document(parse_document(text, ann, doc_id="note"))


def segment_literal(text: str, *lines: str, max_words: int = MAX_WORDS) -> SegmentedDocument:
    """Return the segments of a literal document."""
    return segment_document(clean_document(read_literal(text, *lines)), max_words=max_words)


def spell(text: str, spans: tuple[Span, ...]) -> list[str]:
    """Return what stands at each span."""
    return [text[span.start : span.end] for span in spans]
