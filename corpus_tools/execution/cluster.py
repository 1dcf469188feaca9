"""The same work on Ray: on this machine, or on the cluster that `RAY_ADDRESS` names.

In: a function and tasks as for `run_watched`, whose results go to disk; on a cluster that is a disk that all nodes
share. Out: each task that is finished, in order. What Ray does not finish, since a worker died or hung or a task ended
with an error, is done again by workers of our own, which find the unit at fault.

Without `RAY_ADDRESS` nothing leaves this machine: Ray listens on the loopback address, without dashboard and telemetry.
"""

import logging
import os
from collections.abc import Iterable, Iterator
from typing import Any

from corpus_tools.errors import UsageError
from corpus_tools.execution.collector import paused_collector
from corpus_tools.execution.watched import SomeTask, Work, run_watched
from corpus_tools.execution.worker import timed

# Read by Ray when it is imported. The second one is how Ray itself stays on the loopback address of a desktop.
_PRIVATE = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}


def run_on_ray(function: Work[SomeTask], tasks: Iterable[SomeTask], *, jobs: int, seconds: float) -> Iterator[SomeTask]:
    """Run `function(task, begin)` for each task on Ray and yield each task that is finished, in order.

    Parameters
    ----------
    jobs : int
        Processors that Ray may use on this machine; on a cluster, all that it has.

    Raises
    ------
    UsageError
        Where Ray is not installed.
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
    os.environ.update(_PRIVATE if not address else {"RAY_USAGE_STATS_ENABLED": "0"})
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise UsageError("--engine ray needs Ray: pip install 'clinical-relations[cluster]'") from error

    def attempt(row: dict[str, object]) -> dict[str, object]:
        task: SomeTask = row["task"]  # type: ignore[assignment]
        try:
            with timed(seconds) as begin, paused_collector():
                function(task, begin)
        except Exception:
            # Done again by a worker of ours, which says what is wrong.
            return {"place": row["place"], "is_finished": False}
        return {"place": row["place"], "is_finished": True}

    finished: set[int] = set()
    where = {"address": address} if address else {"address": "local", "num_cpus": jobs}
    ray.init(**where, include_dashboard=False, configure_logging=False, log_to_driver=False)
    try:
        _be_quiet(ray.data.DataContext.get_current())
        rows = [{"place": place, "task": task} for place, task in enumerate(tasks)]
        mapped = ray.data.from_items(rows, override_num_blocks=len(rows)).map(attempt, max_retries=0)
        finished.update(row["place"] for row in mapped.iter_rows() if row["is_finished"])
    except ray.exceptions.RayError:
        pass  # a worker died: what it and the others leave undone is done below
    finally:
        ray.shutdown()
    return finished


def _be_quiet(context: Any) -> None:
    """Keep Ray Data's progress, remarks and tracebacks off the terminal, where ours are."""
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    for name in ("ray", "ray.data"):
        for handler in logging.getLogger(name).handlers:
            handler.setLevel(logging.CRITICAL + 1)
