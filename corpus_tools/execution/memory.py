"""Memory that was freed, given back to the system between two pieces of work.

Where batches of ever other shapes are computed, freed memory stays with the process in pieces, and a long run seems to
need more and more: `relext annotate` grew by 18 MB a shard of 64 short texts, and stays flat since.

Examples
--------
>>> release_memory()
"""

import ctypes
from functools import lru_cache
from typing import Any


def release_memory() -> None:
    """Give freed memory back to the system; does nothing where the C library, other than glibc, can't."""
    trim = _find_trim()
    if trim is not None:
        trim(0)


@lru_cache(maxsize=1)
def _find_trim() -> Any:
    try:
        return getattr(ctypes.CDLL(None), "malloc_trim", None)
    except (OSError, TypeError):  # no C library to be had by that name, as on Windows
        return None
