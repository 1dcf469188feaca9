"""Relation extraction: from a built corpus to predictions, their evaluation, and back into brat."""

__version__ = "0.1.0"
