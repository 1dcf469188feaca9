"""The largest memory of one run among several of the same process.

In: nothing. Out: bytes. On Linux the kernel forgets an earlier peak when asked to; elsewhere the peak is the process's.
On CUDA it is the device's memory that runs out, so that is what counts there.
"""

import contextlib
import re
import resource
import sys
from pathlib import Path

import torch

_CLEAR, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")
_RESET_PEAK = "5"  # proc(5): the high-water mark becomes what is held now


def reset_peak_memory() -> None:
    """Begin to measure anew, where the system can."""
    with contextlib.suppress(OSError):
        _CLEAR.write_text(_RESET_PEAK)
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()


def read_peak_memory() -> int:
    """Return the most bytes held since `reset_peak_memory`."""
    if torch.cuda.is_available() and torch.cuda.max_memory_allocated():
        return torch.cuda.max_memory_allocated()
    with contextlib.suppress(OSError):
        found = re.search(r"^VmHWM:\s+(\d+) kB", _STATUS.read_text("ascii", "replace"), re.MULTILINE)
        if found:
            return int(found[1]) * 1024
    # Kilobytes on Linux, bytes on macOS.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
