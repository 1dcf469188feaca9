"""Run the tests that touch a mutant in a process forked from one that has the heavy libraries behind it.

In: a mutant. Out: whether a test failed. Each child imports the project's own modules anew, the mutated one from its
mutated tree, so that whoever imported a name from it sees the mutant too. Examples of hypothesis are the same in every
child and not made smaller once one fails.
"""

import gc
import importlib
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from multiprocessing import get_context
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.mutants.operators import mutated_tree
from tests.mutants.rooms import PROJECT, Mutant, Room

End = Literal["killed", "timeout", "survived", "untouched"]

LOG = PROJECT / "build/mutants.log"  # what the last child printed
LONGEST = 60  # seconds of processor time that the tests of one mutant may take
_OURS = ("corpus_tools", "relext", "tests")
_FORK = get_context("fork")


@dataclass(frozen=True, slots=True)
class Touches:
    """Hold how long each test of a room took, and which tests ran each line of its modules.

    Attributes
    ----------
    seconds : dict of str to float
        By a test's id.
    lines : dict of (str, int) to set of str
        By module and line.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[tuple[str, int], set[str]] = field(default_factory=dict)

    def tests_of(self, mutant: Mutant) -> list[str]:
        """Return the tests that run a mutant's statement, quickest first; all of a module where it runs on import."""
        mutation = mutant.mutation
        touching = [
            tests
            for (module, line), tests in self.lines.items()
            if module == mutant.module and (not mutation.in_function or mutation.start <= line <= mutation.end)
        ]
        return sorted(set().union(*touching), key=lambda test: self.seconds[test])


def warm(rooms: Iterable[Room]) -> None:
    """Import what the tests need, then forget the project's own modules: the children import those themselves."""
    for room in rooms:
        for test in room.tests:
            importlib.import_module(test.removesuffix(".py").replace("/", "."))
    for name in [name for name in sys.modules if name.split(".")[0] in _OURS and not name.startswith(__package__)]:
        del sys.modules[name]
    gc.freeze()


def find_touches(room: Room) -> Touches:
    """Run a room's tests on the source as it is, in a child, and return what each touched.

    Raises
    ------
    RuntimeError
        Where a test fails without any mutant.
    """
    receiving, sending = _FORK.Pipe(duplex=False)

    def trace() -> int:
        recorder = _Recorder(room)
        code = _run_pytest(room.tests, recorder)
        sending.send(recorder.touches)
        return code

    child = _fork(trace)
    sending.close()
    touches: Touches = receiving.recv()
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        raise RuntimeError(f"the tests of {room.name} fail without any mutant")
    return touches


class _Recorder:
    """Trace the lines of a room's modules while a test runs."""

    def __init__(self, room: Room) -> None:
        self.modules = {str(PROJECT / module): module for module in room.modules}
        self.touches = Touches()
        self.test = ""

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Trace one test, its fixtures included."""
        self.test, before = item.nodeid, time.process_time()
        sys.settrace(self._enter)
        yield
        sys.settrace(None)
        self.touches.seconds[self.test] = time.process_time() - before

    def _enter(self, frame: FrameType, event: str, _: Any) -> Callable[..., Any] | None:
        module = self.modules.get(frame.f_code.co_filename)
        if module is None:
            return None

        def touch(frame: FrameType, event: str, _: Any) -> Callable[..., Any]:
            self.touches.lines.setdefault((module, frame.f_lineno), set()).add(self.test)
            return touch

        return touch(frame, event, _)


def run_mutant(mutant: Mutant, touches: Touches) -> End:
    """Return what became of a mutant: a test failed, or ran too long, or none did, or none touches it."""
    tests = touches.tests_of(mutant)
    if not tests:
        return "untouched"
    limit = min(LONGEST, int(10 + 5 * sum(touches.seconds[test] for test in tests)))

    def attack() -> int:
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 1))
        sys.meta_path.insert(0, _Finder(mutant))
        return _run_pytest(sorted({test.partition("::")[0] for test in tests}), _Chooser(tests))

    return _wait(_fork(attack), seconds=10 * limit)


def _wait(child: int, *, seconds: float) -> End:
    """Wait for a child; one that sleeps for ever is killed."""
    ending = time.monotonic() + seconds
    while os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if time.monotonic() > ending:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.02)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return "timeout"
    return "survived" if code == pytest.ExitCode.OK else "killed"


def _fork(function: Callable[[], int]) -> int:
    """Run a function in a child that prints into the log, and return the child's id; the value is its exit code."""
    sys.stdout.flush()
    LOG.parent.mkdir(exist_ok=True)
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        log = os.open(LOG, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        for stream in (0, 1, 2):
            os.dup2(log, stream)
        code = function()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def _run_pytest(paths: Sequence[str], plugin: object) -> int:
    os.environ["CI"] = "1"  # hypothesis tries the same examples each time
    options = [
        "-q",
        "-x",
        "--tb=line",
        "--assert=plain",
        "-p",
        "no:faulthandler",
        "--rootdir",
        str(PROJECT),
        "-o",
        "timeout=0",
    ]
    return int(pytest.main([*options, *(str(PROJECT / path) for path in paths)], plugins=[plugin, _Hasty()]))


class _Hasty:
    """Let hypothesis stop at the first example that fails."""

    def pytest_sessionstart(self) -> None:
        """Load the settings after those of the tests' own conftest."""
        phases = (Phase.explicit, Phase.generate)
        checks = [HealthCheck.too_slow]
        settings.register_profile(
            "mutants", deadline=None, derandomize=True, phases=phases, suppress_health_check=checks, database=None
        )
        settings.load_profile("mutants")


class _Chooser:
    """Keep the tests that touch the mutant, the quickest first."""

    def __init__(self, tests: Sequence[str]) -> None:
        self.order = {test: place for place, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out all others."""
        items[:] = sorted((item for item in items if item.nodeid in self.order), key=lambda i: self.order[i.nodeid])


class _Finder(MetaPathFinder, Loader):
    """Import one module from its mutated tree."""

    def __init__(self, mutant: Mutant) -> None:
        self.path: Path = PROJECT / mutant.module
        self.module = mutant.module.removesuffix(".py").replace("/", ".")
        tree = mutated_tree(self.path.read_text("utf-8"), mutant.mutation)
        self.code: CodeType = compile(tree, str(self.path), "exec")

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        """Answer for the mutated module alone."""
        return spec_from_file_location(fullname, self.path, loader=self) if fullname == self.module else None

    def exec_module(self, module: ModuleType) -> None:
        """Run the mutated code."""
        exec(self.code, module.__dict__)
