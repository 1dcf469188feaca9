"""Work that outlives what it works on: a worker that dies or hangs on one unit costs that unit, not the run.

In: a picklable top-level function and tasks. The function says by `begin(unit, size)` which unit (a document) it turns
to, and leaves its results on disk. Out: each task that is finished, in the order of the tasks, whatever the number of
workers. With one job all runs in this process, where nothing can be outlived.

Each worker has a thread here that waits for it, and gives its task to another one when it is lost.
"""

import itertools
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from queue import Empty, SimpleQueue
from threading import Event
from typing import Generic, Protocol, Self, TypeVar

from corpus_tools.errors import ResourceExhausted
from corpus_tools.execution.collector import paused_collector
from corpus_tools.execution.worker import FINISHED, TIMER_STATUS, Begin, serve

SECONDS_A_UNIT = 60.0
CRASH, TIMEOUT = "crash", "timeout"
_ATTEMPTS = 3  # at a task whose worker dies without a unit in hand
_SWEEP = 0.05  # seconds between two looks at whether the threads have ended


@dataclass(frozen=True, slots=True)
class Loss:
    """Hold the unit on which a worker was lost, "" where it had none in hand, and why: `CRASH` or `TIMEOUT`."""

    unit: str
    cause: str


class Task(Protocol):
    """Be a picklable piece of work that can do without one of its units."""

    def without(self, loss: Loss) -> Self:
        """Return the task with a unit passed over."""


SomeTask = TypeVar("SomeTask", bound=Task)
Work = Callable[[SomeTask, Begin], object]


@dataclass(frozen=True, slots=True)
class _Worker:
    process: BaseProcess
    connection: Connection


@dataclass(frozen=True, slots=True)
class _Crew(Generic[SomeTask]):
    """Hold the workers of a run: the idle ones, all that were started, and whether the run is over."""

    function: Work[SomeTask]
    seconds: float
    idle: SimpleQueue[_Worker] = field(default_factory=SimpleQueue)
    started: list[_Worker] = field(default_factory=list)
    is_over: Event = field(default_factory=Event)


def run_watched(
    function: Work[SomeTask], tasks: Iterable[SomeTask], *, jobs: int = 1, seconds: float = SECONDS_A_UNIT
) -> Iterator[SomeTask]:
    """Run `function(task, begin)` for each task and yield each task that is finished, in order.

    A task comes back without the units on which workers were lost.

    Parameters
    ----------
    jobs : int
        Worker processes; 1 runs in this process.
    seconds : float
        Time that a unit may take, beside what its size adds.

    Raises
    ------
    ResourceExhausted
        Where workers die again and again with no unit in hand.
    """
    if jobs > 1:
        yield from _run_in_workers(_Crew(function, seconds), tasks, jobs=jobs)
        return
    for task in tasks:
        with paused_collector():
            function(task, lambda unit, size: None)
        yield task


def _run_in_workers(crew: _Crew[SomeTask], tasks: Iterable[SomeTask], *, jobs: int) -> Iterator[SomeTask]:
    fresh = iter(tasks)
    waiting: deque[Future[SomeTask]] = deque()
    with ThreadPoolExecutor(jobs) as threads:
        try:
            for task in itertools.islice(fresh, 2 * jobs):
                waiting.append(threads.submit(_complete, crew, task))
            while waiting:
                finished = waiting.popleft().result()
                waiting.extend(threads.submit(_complete, crew, task) for task in itertools.islice(fresh, 1))
                yield finished
        finally:
            _dismiss(crew, waiting)


def _complete(crew: _Crew[SomeTask], task: SomeTask) -> SomeTask:
    """Give a task to a worker until it is finished, each time without the unit that cost the last worker."""
    blind = 0
    while not crew.is_over.is_set():
        worker = _take_worker(crew)
        loss = _await(worker, task)
        if loss is None:
            crew.idle.put(worker)
            return task
        blind += not loss.unit
        if blind == _ATTEMPTS:
            raise ResourceExhausted(
                f"{blind} worker processes died, as for lack of memory; try again with fewer --jobs"
            )
        task = task.without(loss) if loss.unit else task
    return task


def _take_worker(crew: _Crew[SomeTask]) -> _Worker:
    """Return an idle worker, or start one."""
    try:
        return crew.idle.get_nowait()
    except Empty:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        settings = {"seconds": crew.seconds, "parent": os.getpid()}
        process = context.Process(target=serve, args=(theirs, crew.function), kwargs=settings, daemon=True)
        process.start()
        theirs.close()
        worker = _Worker(process, ours)
        crew.started.append(worker)
        return worker


def _await(worker: _Worker, task: object) -> Loss | None:
    """Return None when the worker has finished the task, or on what it was lost.

    Raises
    ------
    CorpusError
        What the task ended with.
    """
    unit = ""
    try:
        worker.connection.send(task)
        while True:
            kind, content = worker.connection.recv()
            if kind == FINISHED:
                break
            unit = content
    except (EOFError, OSError):
        worker.process.join()
        return Loss(unit, TIMEOUT if worker.process.exitcode == TIMER_STATUS else CRASH)
    if content is not None:
        raise content
    return None


def _dismiss(crew: _Crew[SomeTask], waiting: Iterable[Future[SomeTask]]) -> None:
    """End all workers at once: their threads then see the end of the connection, and that the run is over."""
    crew.is_over.set()
    unfinished = {future for future in waiting if not future.cancel()}
    while True:
        for worker in crew.started:
            worker.process.kill()
        unfinished = wait_for(unfinished, timeout=_SWEEP).not_done
        if not unfinished:
            break
    for worker in crew.started:
        worker.process.join()
        worker.connection.close()
