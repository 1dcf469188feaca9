"""What runs inside a worker process: one task after the other, under a timer, ended with its parent.

In: a connection over which tasks come. Out: over the same connection, the name of each unit that is begun, then
`FINISHED`, or the error that the task ended with.

The timer is faulthandler's, a thread of the C runtime: it ends the process even where no Python code runs any more.

Examples
--------
>>> time_budget(40_000, seconds=60)
62.0
"""

import ctypes
import faulthandler
import os
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from corpus_tools.errors import CorpusError
from corpus_tools.execution.collector import paused_collector

Begin = Callable[[str, int], None]

BYTES_A_SECOND = 20_000  # a tenth of the usual speed or less: what is slower than that hangs
FINISHED = "finished"
TIMER_STATUS = 1  # with which faulthandler's timer ends a process
_MEMORY_STATUS = 71
_PR_SET_PDEATHSIG = 1


def time_budget(size: int, *, seconds: float) -> float:
    """Return the seconds that a unit of `size` bytes may take."""
    return seconds + size / BYTES_A_SECOND


@contextmanager
def timed(seconds: float, *, tell: Callable[[str], None] = lambda unit: None) -> Iterator[Begin]:
    """Yield a function that starts the time of a unit; when the time is over, this process ends with status 1.

    Parameters
    ----------
    seconds : float
        What a unit may take, beside what its size adds.
    tell : callable of str
        Told of each unit before its time starts.
    """

    def begin(unit: str, size: int) -> None:
        tell(unit)
        faulthandler.dump_traceback_later(time_budget(size, seconds=seconds), exit=True, file=_open_nowhere())

    try:
        yield begin
    finally:
        faulthandler.cancel_dump_traceback_later()


def serve(connection: Connection, function: Callable[[Any, Begin], object], *, seconds: float, parent: int) -> None:
    """Run `function(task, begin)` for each task that comes, until the other side hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides
    _end_with(parent)
    while True:
        try:
            task = connection.recv()
        except EOFError:
            return
        connection.send((FINISHED, _attempt(connection, function, task, seconds=seconds)))


def _attempt(
    connection: Connection, function: Callable[[Any, Begin], object], task: object, *, seconds: float
) -> Exception | None:
    """Return None, or the error that a task ended with; lack of memory ends the process as the kernel would."""
    try:
        with timed(seconds, tell=lambda unit: connection.send(("begun", unit))) as begin, paused_collector():
            function(task, begin)
    except CorpusError as error:
        return error
    except MemoryError:
        os._exit(_MEMORY_STATUS)
    except Exception as error:
        # Its message may quote clinical text, and it may not survive the way: only its kind and place go back.
        return CorpusError(
            f"internal error {error.__class__.__name__} at {_find_place(error)} in a worker; please report it"
        )
    return None


def _find_place(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}"


def _end_with(parent: int) -> None:
    """Have the kernel end this process when its parent dies (Linux): an orphan must not write beside the next run."""
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    except (AttributeError, OSError):
        return
    if os.getppid() != parent:
        os._exit(0)


@cache
def _open_nowhere() -> int:
    return os.open(os.devnull, os.O_WRONLY)
