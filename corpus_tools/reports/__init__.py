"""Reports: pages that show what was built and measured."""

from corpus_tools.reports.corpus import render_corpus_report

__all__ = ["render_corpus_report"]
