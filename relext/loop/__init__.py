"""The loop: what a model gives back to the people who annotate."""

from relext.loop.additions import NOTE_TYPE, Suggestion, format_suggestion, parse_suggestion
from relext.loop.annotate import AnnotationSummary, Annotator, annotate_documents, annotate_texts, load_annotator
from relext.loop.sources import STANDARD_INPUT, parse_transcription, read_texts

__all__ = [
    "NOTE_TYPE",
    "STANDARD_INPUT",
    "AnnotationSummary",
    "Annotator",
    "Suggestion",
    "annotate_documents",
    "annotate_texts",
    "format_suggestion",
    "load_annotator",
    "parse_suggestion",
    "parse_transcription",
    "read_texts",
]
