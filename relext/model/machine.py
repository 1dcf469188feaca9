"""What the machine is fast in: device, numbers and threads, by probe.

In: settings, `auto` or named. Out: `Machine`.
"""

import os
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from relext.config import AUTO, TrainConfig
from relext.errors import SettingError

_CPU_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}  # the last is ARM's
MIN_BF16_GAIN = 1.25  # below it, what is lost around the products outweighs what they gain
_PROBE_SHAPE = (512, 384, 1536)  # rows, inner size, columns: the wide layer of a small encoder


@dataclass(frozen=True, slots=True)
class Machine:
    """Hold where and how to compute; `compiles` says whether an encoder's layers are compiled first."""

    device: torch.device
    precision: torch.dtype
    threads: int
    compiles: bool = False


def probe_machine(settings: TrainConfig) -> Machine:
    """Settle what the settings leave open, and set the number of threads of this process.

    Raises
    ------
    SettingError
        Where a device is named that is not there, or something shall be compiled for it and can't be.
    """
    device = _choose_device(settings.device)
    threads = settings.threads if isinstance(settings.threads, int) else count_threads()
    torch.set_num_threads(threads)
    fast = has_fast_bf16(device) if settings.precision == AUTO else settings.precision == "bf16"
    if settings.compile:
        validate_compiler(device)
    return Machine(device, torch.bfloat16 if fast else torch.float32, threads, settings.compile)


def _choose_device(name: str) -> torch.device:
    if name == AUTO:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise SettingError(f"device = {name[:60]}: expected auto, cpu, cuda or cuda:N") from None
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise SettingError(f"device = {name}: this machine has {torch.cuda.device_count()} CUDA devices; use cpu")
    return device


def has_fast_bf16(device: torch.device) -> bool:
    """Say whether a device is faster in bf16 than in fp32.

    A processor's flags only promise it: under some hypervisors one with `avx512_bf16` takes twice as long in bf16 as in
    fp32, so that its products are timed as well.
    """
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(_CPU_FLAGS & _read_cpu_flags()) and measure_bf16_gain() >= MIN_BF16_GAIN


@cache
def validate_compiler(device: torch.device) -> None:
    """Refuse to compile where that can't be done, by compiling a sum; asked once a process.

    Raises
    ------
    SettingError
    """
    try:
        torch.compile(torch.add)(torch.ones(2, device=device), 1)
    except (RuntimeError, OSError, ImportError) as error:
        needed = "Triton" if device.type == "cuda" else "a C++ compiler"
        raise SettingError(
            f"compile = true: nothing can be compiled for {device.type} here ({error.__class__.__name__}); it takes"
            f" {needed}; or leave it off"
        ) from error


@cache
def measure_bf16_gain(*, rounds: int = 5) -> float:
    """Return how many times faster this process multiplies in bf16 than in fp32, the best of some rounds of each.

    Asked once a process, with the threads set, for the reason given at `count_idle`.
    """
    rows, inner, columns = _PROBE_SHAPE
    kinds = (torch.float32, torch.bfloat16)
    pairs = [(torch.ones(rows, inner, dtype=kind), torch.ones(inner, columns, dtype=kind)) for kind in kinds]
    for left, right in pairs:
        left @ right  # the first product of a kind prepares its kernel
    times = [[_time_product(left, right) for left, right in pairs] for _ in range(rounds)]
    return min(row[0] for row in times) / min(row[1] for row in times)


def _time_product(left: Tensor, right: Tensor) -> float:
    started = time.perf_counter()
    left @ right
    return time.perf_counter() - started


def _read_cpu_flags(path: Path = Path("/proc/cpuinfo")) -> set[str]:
    try:
        lines = path.read_text("ascii", "replace").splitlines()
    except OSError:
        return set()
    return {flag for line in lines if line.lower().startswith(("flags", "features")) for flag in line.split()}


def count_threads() -> int:
    """Return how many threads this process may keep busy.

    That is its processors, as far as others leave them idle, within its quota and OMP_NUM_THREADS. Threads that wait
    for each other on a processor which others use make a training step several times slower than one thread alone.
    """
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = os.environ.get("OMP_NUM_THREADS", "")
    limits = [allowed, _read_quota() or allowed, int(asked) if asked.isascii() and asked.isdigit() else allowed]
    return max(1, min(*limits, count_idle()))


@cache
def count_idle(path: Path = Path("/proc/stat"), *, seconds: float = 0.2) -> int:
    """Return how many processors were idle while this process slept; all of them where nobody can tell.

    Asked once a process: a run whose number of threads changed halfway would no longer give the same bits.
    """
    processors = os.cpu_count() or 1
    try:
        before = _read_times(path)
        time.sleep(seconds)
        spent = [after - earlier for after, earlier in zip(_read_times(path), before, strict=True)]
        return round(processors * sum(spent[3:5]) / sum(spent))  # the columns idle and iowait
    except (OSError, ValueError, ZeroDivisionError):
        return processors


def _read_times(path: Path) -> list[int]:
    return [int(column) for column in path.read_text("ascii").split("\n", 1)[0].split()[1:]]


def _read_quota(path: Path = Path("/sys/fs/cgroup/cpu.max")) -> int | None:
    """Return the processors that a container may use, rounded up, or None where nothing limits them."""
    try:
        quota, period = path.read_text("ascii").split()
        return None if quota == "max" else max(1, -(-int(quota) // int(period)))
    except (OSError, ValueError):
        return None
