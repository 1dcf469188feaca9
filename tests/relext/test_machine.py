"""Device, numbers and threads by probe."""

from pathlib import Path

import pytest
import torch

from relext.config import TrainConfig
from relext.errors import SettingError
from relext.model import machine as machine_module
from relext.model import probe_machine


@pytest.fixture(autouse=True)
def threads_restored():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def test_where_nothing_can_be_compiled_that_is_said_before_training(monkeypatch: pytest.MonkeyPatch) -> None:
    def compile_nothing(_: object) -> None:
        raise RuntimeError("g++ is not here")

    monkeypatch.setattr(torch, "compile", compile_nothing)
    assert probe_machine(TrainConfig(device="cpu", threads=1)).compiles is False
    with pytest.raises(SettingError, match=r"compile = true: nothing can be compiled for cpu .* a C\+\+ compiler"):
        probe_machine(TrainConfig(device="cpu", threads=1, compile=True))


def test_named_settings_are_taken_as_they_are() -> None:
    machine = probe_machine(TrainConfig(device="cpu", precision="bf16", threads=1))
    assert (machine.device.type, machine.precision, machine.threads) == ("cpu", torch.bfloat16, 1)
    assert torch.get_num_threads() == 1


@pytest.mark.parametrize(
    ("line", "fast"),
    [
        ("flags\t\t: fpu avx512f avx512_bf16", True),
        ("flags : amx_bf16", True),
        ("Features : asimd bf16", True),
        ("flags : fpu avx2 avx512f", False),
        ("model name : avx512_bf16", False),
    ],
)
def test_bf16_is_chosen_where_the_processor_multiplies_in_it(
    line: str, fast: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor : 0\n{line}\n")
    flags = machine_module._read_cpu_flags(tmp_path / "cpuinfo")
    monkeypatch.setattr(machine_module, "_read_cpu_flags", lambda: flags)
    monkeypatch.setattr(machine_module, "measure_bf16_gain", lambda: 2.0)
    machine = probe_machine(TrainConfig(device="cpu", threads=1))
    assert machine.precision == (torch.bfloat16 if fast else torch.float32)


@pytest.mark.parametrize(("gain", "expected"), [(0.6, torch.float32), (1.2, torch.float32), (1.3, torch.bfloat16)])
def test_a_processor_that_only_promises_bf16_computes_in_fp32(
    gain: float, expected: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine_module, "_read_cpu_flags", lambda: {"avx512_bf16"})
    monkeypatch.setattr(machine_module, "measure_bf16_gain", lambda: gain)
    assert probe_machine(TrainConfig(device="cpu", threads=1)).precision == expected


def test_the_gain_is_the_best_time_of_each_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter([4.0, 3.0, 2.0, 5.0])  # fp32, bf16, fp32, bf16
    monkeypatch.setattr(machine_module, "_time_product", lambda *_: next(seconds))
    assert machine_module.measure_bf16_gain.__wrapped__(rounds=2) == pytest.approx(2 / 3)


def test_a_machine_without_that_file_uses_fp32(tmp_path: Path) -> None:
    assert machine_module._read_cpu_flags(tmp_path / "absent") == set()


@pytest.mark.parametrize(("text", "expected"), [("max 100000\n", None), ("150000 100000\n", 2), ("", None)])
def test_a_containers_quota_is_rounded_up(text: str, expected: int | None, tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text(text)
    assert machine_module._read_quota(tmp_path / "cpu.max") == expected


def test_threads_are_bounded_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert machine_module.count_threads() == 1
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    assert machine_module.count_threads() >= 1


@pytest.mark.parametrize("name", ["cuda:99", "quantum"])
def test_a_device_that_is_not_there_is_one_clear_error(name: str) -> None:
    with pytest.raises(SettingError, match=name):
        probe_machine(TrainConfig(device=name))


class FakeClock:
    """Stand in for the module time: sleeping writes what /proc/stat shows afterwards."""

    def __init__(self, path: Path, after: str) -> None:
        self.path, self.after = path, after

    def sleep(self, seconds: float) -> None:
        self.path.write_text(self.after)


@pytest.mark.parametrize(
    ("after", "idle"),
    [
        # Columns: user, nice, system, idle, iowait. Of 40 ticks on four processors, 30 were idle: three of the four.
        ("cpu  110 0 0 130 0\ncpu0 1\n", 3),
        ("cpu  140 0 0 100 0\n", 0),
        ("cpu  100 0 0 130 10\n", 4),
    ],
)
def test_busy_processors_are_left_to_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: str, idle: int
) -> None:
    path = tmp_path / f"stat-{idle}"
    path.write_text("cpu  100 0 0 100 0\n")
    monkeypatch.setattr(machine_module.os, "cpu_count", lambda: 4)
    monkeypatch.setattr(machine_module, "time", FakeClock(path, after))
    assert machine_module.count_idle(path) == idle


def test_all_processors_count_where_nobody_can_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_module.os, "cpu_count", lambda: 4)
    assert machine_module.count_idle(tmp_path / "absent") == 4


def test_there_is_always_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine_module, "count_idle", lambda: 0)
    assert machine_module.count_threads() == 1
