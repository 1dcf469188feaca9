"""The loop: what a model gives back to the people who annotate."""

from relext.loop.annotate import AnnotationSummary, Annotator, annotate_documents, annotate_texts, load_annotator
from relext.loop.sources import STANDARD_INPUT, parse_transcription, read_texts

__all__ = [
    "STANDARD_INPUT",
    "AnnotationSummary",
    "Annotator",
    "annotate_documents",
    "annotate_texts",
    "load_annotator",
    "parse_transcription",
    "read_texts",
]
