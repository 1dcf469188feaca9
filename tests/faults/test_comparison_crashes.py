"""A study whose process is killed, and one that two processes share: every run whole, and made once."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import PROJECT
from tests.relext.tiny_models import CONFIG, tiny_corpus

pytestmark = pytest.mark.slow

SYSTEMS = ["ours", "softmax", "word-level", "linear"]


def write_study(folder: Path) -> Path:
    """Write a tiny corpus and a study of it; return the study's file."""
    tiny_corpus(folder / "corpus")
    tables = {"study": {"systems": SYSTEMS, "seeds": [1, 2]}, **CONFIG.to_json()}
    lines = [f"[{name}]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items())
             for name, table in tables.items()]  # fmt: skip
    (folder / "study.toml").write_text("\n".join(lines), "utf-8")
    return folder / "study.toml"


def start(study: Path, out: Path) -> subprocess.Popen[bytes]:
    words = ["compare", str(study.with_name("corpus")), "--config", str(study), "--out", str(out)]
    code = "from relext.cli import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", code, *words],
        cwd=PROJECT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def finish(process: subprocess.Popen[bytes]) -> str:
    _, said = process.communicate(timeout=240)
    assert process.returncode == 0, said.decode()
    return said.decode()


def read_counts(out: Path) -> dict[str, list[dict[str, object]]]:
    """Return what each result counted, by its key; times and memory differ from run to run."""
    records = {path.stem: json.loads(path.read_text("utf-8")) for path in (out / "results").glob("*.json")}
    return {key: record["figures"]["documents"] for key, record in records.items()}


def test_a_study_that_was_killed_ends_like_one_that_was_not(tmp_path: Path) -> None:
    study = write_study(tmp_path)
    finish(start(study, tmp_path / "whole"))
    killed = start(study, tmp_path / "killed")
    deadline = time.monotonic() + 120
    while not list((tmp_path / "killed").glob("results/*.json")) and time.monotonic() < deadline:
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    before = read_counts(tmp_path / "killed")
    assert 0 < len(before) < 7
    said = finish(start(study, tmp_path / "killed"))
    assert f"run 1 of {7 - len(before)}" in said
    assert read_counts(tmp_path / "killed") == read_counts(tmp_path / "whole")
    assert list((tmp_path / "killed" / "running").iterdir()) == []


def test_two_processes_share_a_study(tmp_path: Path) -> None:
    study = write_study(tmp_path)
    both = [start(study, tmp_path / "study") for _ in range(2)]
    for process in both:
        finish(process)
    counts = read_counts(tmp_path / "study")
    assert len(counts) == 7  # three networks with two seeds, one baseline
    record = json.loads((tmp_path / "study" / "comparison.json").read_text("utf-8"))
    assert record["missing"] == []
