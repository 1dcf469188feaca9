"""Builds on Ray: the same bytes, on the loopback address alone; what Ray loses is found by workers of ours."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from corpus_tools import build
from corpus_tools.errors import UsageError
from corpus_tools.execution import Engine
from corpus_tools.storage import hash_folder
from tests.corpus_tools.corpus_documents import make_notes, write_export

# Ray runs in a process of its own, which ends with it; what listens there is seen while it works.
SCRIPT = """
import json, sys, threading
from pathlib import Path
import psutil
from corpus_tools import build
from corpus_tools.execution import Engine
from tests.faults.test_build_faults import stage_harmed

def look():
    while not is_over.wait(0.2):
        for child in psutil.Process().children(recursive=True):
            try:
                found.update(c.laddr.ip for c in child.net_connections("tcp") if c.status == psutil.CONN_LISTEN)
            except psutil.Error:
                continue

if __name__ == "__main__":
    found, is_over = set(), threading.Event()
    watcher = threading.Thread(target=look)
    watcher.start()
    if "harmed" in sys.argv:
        build.stage_shard = stage_harmed
    built = build.build_corpus(Path("export"), Path("ray"), engine=Engine("ray", jobs=2, seconds=5))
    is_over.set()
    watcher.join()
    print(json.dumps({"listening": sorted(found), "rejects": built.manifest.rejects}))
"""


def build_on_ray(folder: Path, *options: str) -> dict[str, object]:
    """Build on Ray in a process of its own and return what it saw."""
    pytest.importorskip("ray.data", reason="Ray is not installed: pip install 'clinical-relations[cluster]'")
    (folder / "script.py").write_text(SCRIPT)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    environment.pop("RAY_ADDRESS", None)
    ended = subprocess.run(
        [sys.executable, "script.py", *options],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    seen: dict[str, object] = json.loads(ended.stdout.splitlines()[-1])
    return seen


def test_ray_gives_the_same_bytes_and_stays_on_this_machine(tmp_path: Path) -> None:
    write_export(tmp_path / "export", make_notes(130))
    seen = build_on_ray(tmp_path)
    plain = build.build_corpus(tmp_path / "export", tmp_path / "plain")
    assert hash_folder(tmp_path / "ray") == hash_folder(plain.path)
    assert set(seen["listening"]) <= {"127.0.0.1", "::ffff:127.0.0.1", "::1"}  # type: ignore[call-overload]


@pytest.mark.slow
def test_documents_that_cost_ray_a_worker_are_rejected(tmp_path: Path) -> None:
    write_export(tmp_path / "export", make_notes(8))
    assert build_on_ray(tmp_path, "harmed")["rejects"] == {"DOC-CRASH": 1, "DOC-TIMEOUT": 1}


def test_an_engine_that_nobody_knows_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="--engine slurm: expected one of processes, ray"):
        Engine("slurm")
    with pytest.raises(UsageError, match="more than 0"):
        Engine(jobs=0)


def test_an_engine_that_is_not_installed_is_a_usage_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    export = write_export(tmp_path / "export", make_notes(3))
    with pytest.raises(UsageError, match=r"pip install 'clinical-relations\[cluster\]'"):
        build.build_corpus(export, tmp_path / "corpus", engine=Engine("ray"))
