"""From a built corpus to batches: labels, windows of whole sentences, tensors."""

from relext.data.batches import Batch, iterate_batches, make_batch, plan_batches
from relext.data.labels import LabelScheme, learn_labels, validate_labels
from relext.data.subwords import SubwordTokenizer
from relext.data.windows import Window, WindowedDocument, window_document

__all__ = [
    "Batch",
    "LabelScheme",
    "SubwordTokenizer",
    "Window",
    "WindowedDocument",
    "iterate_batches",
    "learn_labels",
    "make_batch",
    "plan_batches",
    "validate_labels",
    "window_document",
]
