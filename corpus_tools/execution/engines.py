"""The engines that work can run on: processes of this machine, or Ray.

In: a function and tasks whose results go to disk. Out: each task that is finished, in order; the engine changes nothing
of what the tasks write.

Examples
--------
>>> ENGINES
('processes', 'ray')
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from corpus_tools.errors import UsageError
from corpus_tools.execution.watched import SECONDS_A_UNIT, SomeTask, Work, run_watched

ENGINES = ("processes", "ray")


@dataclass(frozen=True, slots=True)
class Engine:
    """Hold where work runs.

    Attributes
    ----------
    name : str
        One of `ENGINES`.
    jobs : int
        Worker processes; of "processes", 1 runs in this process, where nothing protects it from a document.
    seconds : float
        Time that a worker may take for a document, beside a second for every 20,000 bytes of it.
    """

    name: str = "processes"
    jobs: int = 1
    seconds: float = SECONDS_A_UNIT

    def __post_init__(self) -> None:
        if self.name not in ENGINES:
            raise UsageError(f"--engine {self.name}: expected one of {', '.join(ENGINES)}")
        if self.jobs < 1 or self.seconds <= 0:
            raise UsageError("--jobs and --document-seconds must be more than 0")


def run_tasks(function: Work[SomeTask], tasks: Iterable[SomeTask], engine: Engine) -> Iterator[SomeTask]:
    """Run `function(task, begin)` for each task on an engine; see `run_watched`."""
    if engine.name == "ray":
        from corpus_tools.execution.cluster import run_on_ray

        return run_on_ray(function, tasks, jobs=engine.jobs, seconds=engine.seconds)
    return run_watched(function, tasks, jobs=engine.jobs, seconds=engine.seconds)
