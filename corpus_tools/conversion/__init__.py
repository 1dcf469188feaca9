"""Other formats to brat and back: i2b2, SpERT, BioC, PubTator, DDI XML; offsets verified, loss counted."""

from corpus_tools.conversion.convert import FORMATS, ConversionReport, convert
from corpus_tools.conversion.record import Converted, Rendered

__all__ = ["FORMATS", "ConversionReport", "Converted", "Rendered", "convert"]
