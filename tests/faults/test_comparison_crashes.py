"""A study whose process is killed, and one that two processes share: every run whole, and made once."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from relext.comparison import Study, StudySettings, open_study, run_study
from tests.conftest import PROJECT
from tests.relext.tiny_models import CONFIG, tiny_corpus

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SETTINGS = StudySettings.from_json(
    {**CONFIG.to_json(), "study": {"systems": ["ours", "linear", "softmax"], "seeds": [1, 2]}}
)
RUNS = 5  # two networks with two seeds each, and one baseline
OTHER_PROCESS = """
import sys
from pathlib import Path
from corpus_tools.assembly import read_corpus
from relext.comparison import run_study
from tests.faults.test_comparison_crashes import SETTINGS
run_study(read_corpus(Path(sys.argv[1])), SETTINGS, Path(sys.argv[2]))
"""


@contextmanager
def other_process(corpus: Path, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Work on a study in a process of its own, which ends with the block at the latest."""
    words = [sys.executable, "-c", OTHER_PROCESS, str(corpus), str(folder)]
    with subprocess.Popen(words, cwd=PROJECT, env={**os.environ, "OMP_NUM_THREADS": "1"}) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for_result(folder: Path) -> None:
    deadline = time.monotonic() + 300
    while not list(folder.glob("results/*.json")) and time.monotonic() < deadline:
        time.sleep(0.02)


def counts_of(study: Study) -> list[object]:
    """Return what each run counted; times and memory differ from run to run."""
    return [result.documents if result else None for result in study.results]


def test_a_study_that_was_killed_ends_like_one_that_was_not(tmp_path: Path) -> None:
    corpus, made = tiny_corpus(tmp_path / "corpus"), list[str]()
    with other_process(corpus.path, tmp_path / "killed") as process:
        wait_for_result(tmp_path / "killed")
        process.send_signal(signal.SIGKILL)
    left = open_study(corpus, SETTINGS, tmp_path / "killed").missing
    assert 0 < len(left) < RUNS
    ended = run_study(corpus, SETTINGS, tmp_path / "killed", say=made.append)
    assert len(made) == len(left)
    assert counts_of(ended) == counts_of(run_study(corpus, SETTINGS, tmp_path / "whole"))
    assert list((tmp_path / "killed" / "running").iterdir()) == []


def test_two_processes_share_a_study(tmp_path: Path) -> None:
    corpus, said = tiny_corpus(tmp_path / "corpus"), list[str]()
    with other_process(corpus.path, tmp_path / "study") as process:
        wait_for_result(tmp_path / "study")
        run_study(corpus, SETTINGS, tmp_path / "study", say=said.append)
        assert process.wait(300) == 0
    assert open_study(corpus, SETTINGS, tmp_path / "study").missing == ()
    assert len([line for line in said if ": run " in line]) < RUNS
