"""Run one function over many items: in this process, or over a pool whose results come back in input order.

In: a picklable top-level function and an iterable. Out: its results in the order of the items, whatever the number
of workers, with flat memory: at most a few chunks a worker are in flight.

Examples
--------
>>> list(map_ordered(abs, [-2, -1]))
[2, 1]
"""

import itertools
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from corpus_tools.errors import ResourceExhausted

Item = TypeVar("Item")
Result = TypeVar("Result")

_CHUNKS_A_WORKER = 3  # in flight: one running, the others ready


def available_jobs() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0))


def map_ordered(
    function: Callable[[Item], Result], items: Iterable[Item], *, jobs: int = 1, chunk_size: int = 16
) -> Iterator[Result]:
    """Yield `function(item)` for each item, in the order of the items.

    Parameters
    ----------
    jobs : int
        Worker processes; 1 runs in this process.
    chunk_size : int, items
        Items sent to a worker at a time.

    Raises
    ------
    ResourceExhausted
        Where a worker dies, as the kernel's out-of-memory killer makes it.
    """
    if jobs <= 1:
        yield from map(function, items)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=jobs, mp_context=context) as pool:
        try:
            yield from _results_in_order(pool, function, _chunks(items, chunk_size), in_flight=jobs * _CHUNKS_A_WORKER)
        except BrokenProcessPool as error:
            raise ResourceExhausted(
                "a worker process died, as for lack of memory; try again with fewer --jobs"
            ) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _results_in_order(
    pool: ProcessPoolExecutor,
    function: Callable[[Item], Result],
    chunks: Iterator[list[Item]],
    *,
    in_flight: int,
) -> Iterator[Result]:
    waiting: deque[Future[list[Result]]] = deque()
    for chunk in itertools.islice(chunks, in_flight):
        waiting.append(pool.submit(_apply, function, chunk))
    while waiting:
        results = waiting.popleft().result()
        for chunk in itertools.islice(chunks, 1):
            waiting.append(pool.submit(_apply, function, chunk))
        yield from results


def _apply(function: Callable[[Item], Result], chunk: list[Item]) -> list[Result]:
    return [function(item) for item in chunk]


def _chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    iterator = iter(items)
    while chunk := list(itertools.islice(iterator, size)):
        yield chunk
