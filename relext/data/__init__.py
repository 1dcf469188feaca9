"""From a built corpus to batches: labels, windows of whole sentences, tensors."""

from relext.data.batches import AttentionRows, Batch, Chains, Packing, iterate_batches, make_batch, plan_batches
from relext.data.concepts import (
    CONCEPT_SIZES,
    NOT_KNOWN,
    ConceptTable,
    collect_concepts,
    hash_concept,
    parse_concepts,
    read_concepts,
)
from relext.data.groups import WindowGroup, group_windows
from relext.data.labels import LabelScheme, describe_unknown_types, describe_unread_pairs, learn_labels, validate_labels
from relext.data.marking import Markers, make_markers, name_markers
from relext.data.packing import Window
from relext.data.sentences import (
    BEGIN,
    END,
    INSIDE,
    OUTSIDE,
    SINGLE,
    TAGS,
    TaggedBatch,
    TaggedDocument,
    iterate_tagged,
    make_tagged_batch,
    tag_document,
)
from relext.data.subwords import SubwordTokenizer, find_word_spans, split_subwords
from relext.data.windows import FEATURE_SIZES, LINK_KINDS, WindowedDocument, window_document

__all__ = [
    "BEGIN",
    "CONCEPT_SIZES",
    "END",
    "FEATURE_SIZES",
    "INSIDE",
    "LINK_KINDS",
    "NOT_KNOWN",
    "OUTSIDE",
    "SINGLE",
    "TAGS",
    "AttentionRows",
    "Batch",
    "Chains",
    "ConceptTable",
    "LabelScheme",
    "Markers",
    "Packing",
    "SubwordTokenizer",
    "TaggedBatch",
    "TaggedDocument",
    "Window",
    "WindowGroup",
    "WindowedDocument",
    "collect_concepts",
    "describe_unknown_types",
    "describe_unread_pairs",
    "find_word_spans",
    "group_windows",
    "hash_concept",
    "iterate_batches",
    "iterate_tagged",
    "learn_labels",
    "make_batch",
    "make_markers",
    "make_tagged_batch",
    "name_markers",
    "parse_concepts",
    "plan_batches",
    "read_concepts",
    "split_subwords",
    "tag_document",
    "validate_labels",
    "window_document",
]
