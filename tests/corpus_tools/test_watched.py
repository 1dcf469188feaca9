"""Workers that die or hang: the unit in hand is lost, everything else is finished, in order."""

import os
import signal
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import pytest

from corpus_tools.errors import CorpusError, InputError, ResourceExhausted
from corpus_tools.execution import CRASH, TIMEOUT, Begin, Loss, run_watched, time_budget


@dataclass(frozen=True)
class Errand:
    """Touch a file for each unit that is not lost; some units do harm."""

    folder: Path
    units: tuple[str, ...]
    lost: tuple[Loss, ...] = ()

    def without(self, loss: Loss) -> Self:
        return replace(self, lost=(*self.lost, loss))


def touch(errand: Errand, begin: Begin) -> None:
    for unit in errand.units:
        if unit in {loss.unit for loss in errand.lost}:
            continue
        if unit != "unnamed":
            begin(unit, len(unit))
        if unit.startswith("killed") or unit == "unnamed":
            os.kill(os.getpid(), signal.SIGKILL)
        if unit.startswith("hangs"):
            signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGINT])
            time.sleep(60)
        if unit.startswith("greedy"):
            raise MemoryError
        if unit.startswith("wrong"):
            raise InputError(f"{unit} is no input")
        if unit.startswith("bug"):
            raise KeyError("the patient's name")
        (errand.folder / unit).touch()


def errands(folder: Path, *lists: str) -> list[Errand]:
    return [Errand(folder, tuple(units.split())) for units in lists]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("jobs", [1, 2])
def test_tasks_are_finished_in_order(tmp_path: Path, jobs: int) -> None:
    tasks = errands(tmp_path, "a b", "c", "d e", "f", "g", "h")
    assert list(run_watched(touch, tasks, jobs=jobs)) == tasks
    assert names(tmp_path) == ["a", "b", "c", "d", "e", "f", "g", "h"]


def test_a_worker_that_dies_costs_the_unit_in_hand(tmp_path: Path) -> None:
    tasks = errands(tmp_path, "a killed-1 b killed-2 c", "d greedy e", "f")
    first, second, third = run_watched(touch, tasks, jobs=2)
    assert first.lost == (Loss("killed-1", CRASH), Loss("killed-2", CRASH))
    assert (second.lost, third.lost) == ((Loss("greedy", CRASH),), ())
    assert names(tmp_path) == ["a", "b", "c", "d", "e", "f"]


def test_a_worker_that_hangs_is_ended_by_its_timer(tmp_path: Path) -> None:
    (task,) = run_watched(touch, errands(tmp_path, "a hangs b"), jobs=2, seconds=0.5)
    assert task.lost == (Loss("hangs", TIMEOUT),)
    assert names(tmp_path) == ["a", "b"]


def test_the_time_of_a_unit_grows_with_its_size() -> None:
    # A second for each 20,000 bytes.
    assert time_budget(0, seconds=60) == 60
    assert time_budget(1_000_000, seconds=60) == 110


def test_workers_that_die_with_nothing_in_hand_end_the_run(tmp_path: Path) -> None:
    with pytest.raises(ResourceExhausted, match=r"3 worker processes died.*--jobs"):
        list(run_watched(touch, errands(tmp_path, "unnamed"), jobs=2))


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_error_of_ours_reaches_the_caller(tmp_path: Path, jobs: int) -> None:
    with pytest.raises(InputError, match="wrong is no input"):
        list(run_watched(touch, errands(tmp_path, "a", "wrong", "b"), jobs=jobs))


def test_the_message_of_an_error_that_nobody_foresaw_stays_in_the_worker(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"internal error KeyError at test_watched\.py:\d+ in a worker") as caught:
        list(run_watched(touch, errands(tmp_path, "bug"), jobs=2))
    assert "patient" not in str(caught.value)


def test_a_run_that_is_given_up_ends_its_workers_at_once(tmp_path: Path) -> None:
    run = run_watched(touch, errands(tmp_path, "a", "hangs"), jobs=2)
    next(run)
    start = time.monotonic()
    run.close()  # type: ignore[attr-defined]
    assert time.monotonic() - start < 10  # the unit would hang for a minute
