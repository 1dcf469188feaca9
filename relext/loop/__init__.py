"""The loop: what a model gives back to the people who annotate."""

from relext.loop.annotate import Annotator, annotate_documents, load_annotator
from relext.loop.given import GivenMention
from relext.loop.predict import (
    PredictedText,
    StatedRelation,
    ask_precision,
    explain_text,
    list_stated,
    predict_texts,
)
from relext.loop.project import AnnotationSummary, annotate_texts
from relext.loop.remarks import list_remarks
from relext.loop.selection import Choice, JudgedDocument, choose_documents, judge_document
from relext.loop.shards import AnnotatorSettings
from relext.loop.sources import STANDARD_INPUT, TextSource, list_texts, parse_transcription, read_text, read_texts

__all__ = [
    "STANDARD_INPUT",
    "AnnotationSummary",
    "Annotator",
    "AnnotatorSettings",
    "Choice",
    "GivenMention",
    "JudgedDocument",
    "PredictedText",
    "StatedRelation",
    "TextSource",
    "annotate_documents",
    "annotate_texts",
    "ask_precision",
    "choose_documents",
    "explain_text",
    "judge_document",
    "list_remarks",
    "list_stated",
    "list_texts",
    "load_annotator",
    "parse_transcription",
    "predict_texts",
    "read_text",
    "read_texts",
]
