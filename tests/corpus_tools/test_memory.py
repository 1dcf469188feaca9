"""Memory that was freed goes back to the system."""

from pathlib import Path

import pytest

from corpus_tools.execution import memory, release_memory

STATUS = Path("/proc/self/statm")


def resident_kilobytes() -> int:
    return int(STATUS.read_text().split()[1]) * 4


@pytest.mark.skipif(
    not STATUS.exists() or memory._find_trim() is None, reason="only glibc on Linux gives memory back when it is asked"
)
def test_freed_pieces_between_kept_ones_go_back() -> None:
    blocks = [bytes(8192) for _ in range(8000)]  # 64 MB of the C library's heap
    kept = blocks[::100]
    before = resident_kilobytes()
    blocks.clear()
    release_memory()
    assert before - resident_kilobytes() > 40_000
    assert len(kept) == 80


def test_another_c_library_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_find_trim", lambda: None)
    release_memory()
