"""The same work on Ray: on this machine, or on the cluster that `RAY_ADDRESS` names.

In: a function and tasks as for `run_watched`, whose results go to disk; on a cluster that is a disk that all nodes
share. Out: each task that is finished, in order. What Ray does not finish, since a worker died or hung or a task ended
with an error, is done again by workers of our own, which find the unit at fault. The second step of a `Pipeline` runs
in actors, processes that last and keep what it needs.

Without `RAY_ADDRESS` nothing leaves this machine: Ray listens on the loopback address, without dashboard and telemetry.
"""

import logging
import os
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from corpus_tools.errors import ResourceExhausted, UsageError
from corpus_tools.execution.collector import paused_collector
from corpus_tools.execution.pipeline import Pipeline
from corpus_tools.execution.watched import SomeTask, Work, run_watched
from corpus_tools.execution.worker import Begin, timed

# Read by Ray when it is imported. The second one is how Ray itself stays on the loopback address of a desktop.
_PRIVATE = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Held:
    """Hold what a first step returned, so that Ray takes it for one value, or that it returned nothing."""

    prepared: Any
    is_ready: bool


def run_on_ray(function: Work[SomeTask], tasks: Iterable[SomeTask], *, jobs: int, seconds: float) -> Iterator[SomeTask]:
    """Run `function(task, begin)` for each task on Ray and yield each task that is finished, in order.

    Parameters
    ----------
    jobs : int
        Processors that Ray may use on this machine, of which a pipeline needs two; on a cluster, all that it has.

    Raises
    ------
    UsageError
        Where Ray is not installed.
    ResourceExhausted
        Where it does not start.
    """
    todo = list(tasks)
    finished = _map_on_ray(function, todo, jobs=jobs, seconds=seconds) if todo else set()
    rest = run_watched(
        function, (task for place, task in enumerate(todo) if place not in finished), jobs=max(2, jobs), seconds=seconds
    )
    for place, task in enumerate(todo):
        yield task if place in finished else next(rest)


def _map_on_ray(function: Work[SomeTask], tasks: list[SomeTask], *, jobs: int, seconds: float) -> set[int]:
    """Return the places of the tasks that Ray has finished."""
    address = os.environ.get("RAY_ADDRESS")
    _set_environment(is_local=not address)
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise UsageError("--engine ray needs Ray: pip install 'clinical-relations[cluster]'") from error

    finished: set[int] = set()
    processors = max(2, jobs) if isinstance(function, Pipeline) else jobs
    where = {"address": address} if address else {"address": "local", "num_cpus": processors}
    try:
        ray.init(**where, include_dashboard=False, configure_logging=False, log_to_driver=False)
    except Exception as error:
        # Ray has no class of its own for this; on a busy machine its parts miss each other.
        raise ResourceExhausted("Ray did not start in time; try again, or take --engine processes") from error
    try:
        _be_quiet(ray.data.DataContext.get_current())
        rows = [{"place": place, "task": task} for place, task in enumerate(tasks)]
        dataset = ray.data.from_items(rows, override_num_blocks=len(rows))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of max_retries, which the extra's cap on Ray heeds
            mapped = _map_rows(dataset, function, jobs=jobs, seconds=seconds)
        finished.update(row["place"] for row in mapped.iter_rows() if row["is_finished"])
    except ray.exceptions.RayError:
        pass  # a worker died: what it and the others leave undone is done below
    finally:
        ray.shutdown()
    return finished


def _set_environment(*, is_local: bool) -> None:
    """Set what Ray reads when it is imported; its token keeps other users of this machine out of a local one."""
    os.environ.update(_PRIVATE if is_local else {"RAY_USAGE_STATS_ENABLED": "0"})
    if is_local:
        os.environ.setdefault("RAY_AUTH_MODE", "token")  # its default, which it remarks on unless it was asked for


def _map_rows(dataset: Any, function: Work[SomeTask], *, jobs: int, seconds: float) -> Any:
    """Return the dataset of rows that say of each task whether it is finished."""
    if not isinstance(function, Pipeline):
        return dataset.map(
            lambda row: _attempt(row, lambda begin: function(row["task"], begin), seconds=seconds), max_retries=0
        )
    steps = function

    def prepare(row: Row) -> Row:
        held = _try(lambda begin: steps.prepare(row["task"], begin), seconds=seconds)
        return {**row, "held": held}

    class Finisher:
        def __call__(self, row: Row) -> Row:
            held = row["held"]
            if not held.is_ready:
                return {"place": row["place"], "is_finished": False}
            return _attempt(row, lambda begin: steps.finish(row["task"], held.prepared, begin), seconds=seconds)

    lasting = {"concurrency": (1, max(1, jobs - 1)), "num_gpus": steps.gpus, "max_restarts": 0, "max_task_retries": 0}
    return dataset.map(prepare, max_retries=0).map(Finisher, **lasting)


def _attempt(row: Row, work: Callable[[Begin], object], *, seconds: float) -> Row:
    """Do a task's last step and say whether it came to its end; an error of its own is found by workers of ours."""
    return {"place": row["place"], "is_finished": _try(work, seconds=seconds).is_ready}


def _try(work: Callable[[Begin], object], *, seconds: float) -> _Held:
    try:
        with timed(seconds) as begin, paused_collector():
            return _Held(work(begin), is_ready=True)
    except Exception:
        # Done again by a worker of ours, which says what is wrong.
        return _Held(None, is_ready=False)


def _be_quiet(context: Any) -> None:
    """Keep Ray Data's progress, remarks and tracebacks off the terminal, where ours are."""
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    for name in ("ray", "ray.data"):
        for handler in logging.getLogger(name).handlers:
            handler.setLevel(logging.CRITICAL + 1)
