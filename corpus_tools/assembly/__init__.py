"""From the pairs of single documents to a corpus: patterns, filters, the split, the folder, the figures."""

from corpus_tools.assembly.folder import Corpus, Manifest, read_corpus, write_corpus
from corpus_tools.assembly.split import PARTS
from corpus_tools.assembly.tables import CorpusDocument, PartCounts

__all__ = ["PARTS", "Corpus", "CorpusDocument", "Manifest", "PartCounts", "read_corpus", "write_corpus"]
