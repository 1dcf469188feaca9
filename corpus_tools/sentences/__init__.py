"""From an aligned document to its sentences and the candidate pairs in them.

`AlignedDocument` → `CleanedDocument` → `SegmentedDocument` → `CandidatePair`; `preprocess` is a view beside that path.
"""

from corpus_tools.sentences.candidates import (
    CANDIDATE,
    CAUSES,
    CandidatePair,
    GoldRelation,
    LabelledPairs,
    enumerate_pairs,
    find_gold_relations,
    format_label,
    label_pairs,
    parse_label,
)
from corpus_tools.sentences.cleaning import REMOVAL_KINDS, CleanedDocument, CleanText, clean_document, clean_text
from corpus_tools.sentences.mentions import PRESENT, LostMention, Mention, find_assertion
from corpus_tools.sentences.offsets import OffsetMap, Piece
from corpus_tools.sentences.preprocessing import (
    DANGEROUS_WORDS,
    Preprocessed,
    find_dangerous_stop_words,
    lemmatize_word,
    preprocess,
    reduce_word,
)
from corpus_tools.sentences.segmentation import (
    MAX_WORDS,
    Segment,
    SegmentedDocument,
    segment_document,
    segment_text,
)
from corpus_tools.sentences.words import count_words, find_words, tokenize_words

__all__ = [
    "CANDIDATE",
    "CAUSES",
    "DANGEROUS_WORDS",
    "MAX_WORDS",
    "PRESENT",
    "REMOVAL_KINDS",
    "CandidatePair",
    "CleanText",
    "CleanedDocument",
    "GoldRelation",
    "LabelledPairs",
    "LostMention",
    "Mention",
    "OffsetMap",
    "Piece",
    "Preprocessed",
    "Segment",
    "SegmentedDocument",
    "clean_document",
    "clean_text",
    "count_words",
    "enumerate_pairs",
    "find_assertion",
    "find_dangerous_stop_words",
    "find_gold_relations",
    "find_words",
    "format_label",
    "label_pairs",
    "lemmatize_word",
    "parse_label",
    "preprocess",
    "reduce_word",
    "segment_document",
    "segment_text",
    "tokenize_words",
]
