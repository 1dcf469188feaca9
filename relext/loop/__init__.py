"""The loop: what a model gives back to the people who annotate."""

from relext.loop.annotate import AnnotationSummary, Annotator, annotate_documents, annotate_texts, load_annotator
from relext.loop.given import GivenMention
from relext.loop.predict import (
    PredictedText,
    StatedRelation,
    ask_precision,
    explain_text,
    list_stated,
    predict_texts,
)
from relext.loop.sources import STANDARD_INPUT, parse_transcription, read_texts

__all__ = [
    "STANDARD_INPUT",
    "AnnotationSummary",
    "Annotator",
    "GivenMention",
    "PredictedText",
    "StatedRelation",
    "annotate_documents",
    "annotate_texts",
    "ask_precision",
    "explain_text",
    "list_stated",
    "load_annotator",
    "parse_transcription",
    "predict_texts",
    "read_texts",
]
