"""Processes killed at random moments: forked from a server that has the heavy imports behind it.

`FAULT_KILLS` says how many kills each test makes: 5 by default, 50 by `make faults`.
"""

import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable, Sequence
from multiprocessing.process import BaseProcess
from pathlib import Path

KILLS = int(os.environ.get("FAULT_KILLS", "5"))

_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["tests.faults.killing", "relext.cli.train", "relext.cli.annotate"])


def run_in_folder(arguments: Sequence[str], folder: Path) -> None:
    """Run `relext` in a folder, what it prints into a file there; the process ends with its exit code."""
    from relext.cli import main

    os.chdir(folder)
    sys.argv = ["relext", *arguments]
    with (folder / ".messages").open("w", encoding="utf-8") as messages:
        sys.stdout = sys.stderr = messages
        main()


def start(*arguments: object, folder: Path) -> BaseProcess:
    """Start `relext` in a folder in a process of its own."""
    process = _SERVER.Process(target=run_in_folder, args=([str(argument) for argument in arguments], folder))
    process.start()
    return process


def run(*arguments: object, folder: Path) -> int:
    """Run `relext` in a folder to its end and return its exit code."""
    process = start(*arguments, folder=folder)
    process.join(240)
    assert process.exitcode is not None, "the command did not end"
    return process.exitcode


def kill_at_random(*arguments: object, folder: Path, check: Callable[[], None], seed: int) -> int:
    """Start a command `KILLS` times and kill it at a random moment; `check` after each, return how many were killed."""
    chance, longest, killed = random.Random(seed), 1.0, 0
    for _ in range(KILLS):
        before = time.monotonic()
        process = start(*arguments, folder=folder)
        process.join(chance.uniform(0, 1.1) * longest)
        if process.exitcode is None:
            process.kill()
            process.join()
            killed += 1
            longest = max(longest, 1.1 * (time.monotonic() - before))
        else:
            longest = time.monotonic() - before
        check()
    return killed
