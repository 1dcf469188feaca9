"""Work over many documents: processes in order, workers that may be lost, a cluster, and going on after a stop."""

from corpus_tools.execution.collector import paused_collector
from corpus_tools.execution.engines import ENGINES, Engine, run_tasks
from corpus_tools.execution.memory import release_memory
from corpus_tools.execution.partial import (
    Piece,
    list_pieces,
    partial_folder,
    read_piece,
    resumable_folder,
    write_piece,
)
from corpus_tools.execution.pipeline import Pipeline
from corpus_tools.execution.pool import available_jobs, map_ordered
from corpus_tools.execution.watched import CRASH, SECONDS_A_UNIT, TIMEOUT, Loss, run_watched
from corpus_tools.execution.worker import Begin, time_budget

__all__ = [
    "CRASH",
    "ENGINES",
    "SECONDS_A_UNIT",
    "TIMEOUT",
    "Begin",
    "Engine",
    "Loss",
    "Piece",
    "Pipeline",
    "available_jobs",
    "list_pieces",
    "map_ordered",
    "partial_folder",
    "paused_collector",
    "read_piece",
    "release_memory",
    "resumable_folder",
    "run_tasks",
    "run_watched",
    "time_budget",
    "write_piece",
]
