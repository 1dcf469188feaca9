"""Work over many documents: processes in order."""

from corpus_tools.execution.pool import available_jobs, map_ordered

__all__ = ["available_jobs", "map_ordered"]
