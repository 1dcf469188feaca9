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
    machine = probe_machine(TrainConfig(device="cpu", threads=1))
    assert machine.precision == (torch.bfloat16 if fast else torch.float32)


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
