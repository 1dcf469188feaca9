"""Work in two steps: what any processor can do, and what needs something that a process keeps, such as a model.

In: two picklable top-level functions. Out: `Pipeline`, which an engine may split: on Ray the first step runs wherever
a processor is free, the second in actors, processes that last; in a worker of ours both run one after the other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from corpus_tools.execution.worker import Begin


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Hold the two steps of a piece of work; called as one it is work for `run_tasks`.

    Attributes
    ----------
    prepare : callable of (task, begin)
        Returns what `finish` needs.
    finish : callable of (task, prepared, begin)
        Leaves the result on disk.
    gpus : float
        How many of a cluster's graphics processors an actor takes for itself.
    """

    prepare: Callable[[Any, Begin], Any]
    finish: Callable[[Any, Any, Begin], object]
    gpus: float = 0.0

    def __call__(self, task: Any, begin: Begin) -> None:
        """Do both steps in this process."""
        self.finish(task, self.prepare(task, begin), begin)
