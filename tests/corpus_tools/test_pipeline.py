"""Work in two steps: both in one process, or each where an engine puts it; what fails is left for workers of ours."""

import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Self

import pytest

from corpus_tools.errors import ResourceExhausted
from corpus_tools.execution import Begin, Engine, Loss, Pipeline, run_tasks
from corpus_tools.execution.cluster import _map_rows


@dataclass(frozen=True)
class Task:
    number: int
    folder: Path

    def without(self, loss: Loss) -> Self:
        return self


def double(task: Task, begin: Begin) -> int:
    begin(str(task.number), 1)
    return 2 * (10 // task.number)


def write(task: Task, prepared: int, begin: Begin) -> None:
    begin(str(task.number), 1)
    if task.number == 5:
        raise ValueError
    (task.folder / str(task.number)).write_text(str(prepared))


WORK = Pipeline(double, write)


class Dataset:
    """Stand in for Ray's: apply each step to all rows at once, a class by one instance of it."""

    def __init__(self, rows: list[dict[str, object]]) -> None:
        self.rows = rows

    def map(self, step: object, **_: object) -> "Dataset":
        return Dataset(list(map(step() if isinstance(step, type) else step, self.rows)))  # type: ignore[call-overload]


def test_both_steps_run_one_after_the_other_in_a_process(tmp_path: Path) -> None:
    (task,) = run_tasks(WORK, [Task(2, tmp_path)], Engine())
    assert (tmp_path / "2").read_text() == "10"  # 2 * (10 // 2)
    assert task.number == 2


def test_steps_run_apart_do_the_same_and_tell_what_failed(tmp_path: Path) -> None:
    numbers = [1, 0, 5]  # nothing can be divided by 0, and 5 fails in the second step
    rows = [{"place": place, "task": Task(number, tmp_path)} for place, number in enumerate(numbers)]
    mapped = _map_rows(Dataset(rows), WORK, jobs=2, seconds=60)  # type: ignore[arg-type]
    assert [(row["place"], row["is_finished"]) for row in mapped.rows] == [(0, True), (1, False), (2, False)]
    assert [path.name for path in tmp_path.iterdir()] == ["1"]


def test_a_ray_that_does_not_start_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ray, data = ModuleType("ray"), ModuleType("ray.data")

    def fail(**_: object) -> None:
        raise Exception("timed out")

    ray.init, ray.data = fail, data  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ray", ray)
    monkeypatch.setitem(sys.modules, "ray.data", data)
    with pytest.raises(ResourceExhausted, match="Ray did not start in time; try again, or take --engine processes"):
        list(run_tasks(WORK, [Task(1, tmp_path)], Engine("ray", 2)))
