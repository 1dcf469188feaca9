"""Commands in processes of their own, some killed at random moments: forked from one with the heavy imports behind it.

`FAULT_KILLS` says how many kills each test makes: 5 by default, 50 by `make faults`.
"""

import multiprocessing
import os
import random
import socket
import sys
import time
from collections.abc import Callable, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path

KILLS = int(os.environ.get("FAULT_KILLS", "5"))

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["tests.faults.killing", "relext.cli.train", "relext.cli.annotate"])
MESSAGES = ".messages"  # in a command's folder: what it printed
CONNECTED = "a command connected to"


def refuse_network() -> None:
    """Let no socket of this process reach another; what tries says so and fails."""

    def refuse(*address: object, **_: object) -> None:
        print(CONNECTED, address[1:], file=sys.stderr, flush=True)
        raise AssertionError(CONNECTED)

    for name in ("connect", "connect_ex"):
        setattr(socket.socket, name, refuse)
    socket.getaddrinfo = refuse  # type: ignore[assignment]


def run_in_folder(program: str, arguments: Sequence[str], folder: Path, offline: bool) -> None:
    """Run a command in a folder, what it prints into a file there; the process ends with its exit code."""
    from corpus_tools.cli import main as corpus_main
    from relext.cli import main as relext_main

    os.chdir(folder)
    sys.argv = [program, *arguments]
    with Path(MESSAGES).open("w", encoding="utf-8", buffering=1) as messages:
        sys.stdout = sys.stderr = messages
        if offline:
            refuse_network()
        {"corpus": corpus_main, "relext": relext_main}[program]()


def start(*arguments: object, folder: Path, program: str = "relext", offline: bool = False) -> BaseProcess:
    """Start a command in a folder in a process of its own."""
    words = [str(argument) for argument in arguments]
    process = _SERVER.Process(target=run_in_folder, args=(program, words, folder, offline))
    process.start()
    return process


def run(*arguments: object, folder: Path, program: str = "relext") -> int:
    """Run a command in a folder to its end and return its exit code."""
    process = start(*arguments, folder=folder, program=program)
    process.join(240)
    assert process.exitcode is not None, "the command did not end"
    return process.exitcode


def kill_at_random(
    *arguments: object, folder: Path, check: Callable[[], None], seed: int, program: str = "relext"
) -> int:
    """Start a command `KILLS` times and kill it at a random moment; `check` after each, return how many were killed."""
    chance, longest, killed = random.Random(seed), 1.0, 0
    for _ in range(KILLS):
        before = time.monotonic()
        process = start(*arguments, folder=folder, program=program)
        process.join(chance.uniform(0, 1.1) * longest)
        if process.exitcode is None:
            process.kill()
            process.join()
            killed += 1
            longest = max(longest, 1.1 * (time.monotonic() - before))
        else:
            longest = time.monotonic() - before
        check()
    print(f"killed {killed} times before the end, of {KILLS}")  # shown by pytest -rP
    return killed
