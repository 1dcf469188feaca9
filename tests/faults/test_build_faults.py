"""The build killed, interrupted, run twice at once, and given documents on which workers die or hang (FAULTS 42-52)."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from corpus_tools import build
from corpus_tools.assembly import BuildSettings, PairTask, StageTask, parse_shares, read_corpus, verify_corpus
from corpus_tools.assembly.shards import pair_shard, stage_shard
from corpus_tools.errors import InputError, OutputBusy
from corpus_tools.execution import Begin, Engine
from corpus_tools.storage import hash_folder, lock
from tests.corpus_tools.corpus_documents import make_notes, write_export
from tests.faults.killing import KILLS

ALL_TEST = BuildSettings(shares=parse_shares("0:0:100"))
COMMAND = [sys.executable, "-c", "from corpus_tools.cli import main; main()", "build", "export", "--out", "corpus"]


def start_build(folder: Path, *options: str) -> subprocess.Popen[str]:
    """Start `corpus build` on the export of a folder in a process of its own."""
    return subprocess.Popen([*COMMAND, *options], cwd=folder, text=True, stderr=subprocess.PIPE, stdout=subprocess.PIPE)


def wait_for(path: Path, started: subprocess.Popen[str]) -> None:
    """Wait until a file is there or the process has ended."""
    while not path.exists() and started.poll() is None:
        time.sleep(0.002)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_fault_45_signal_ends_the_build_with_its_code_and_a_hint(
    tmp_path: Path, number: signal.Signals, code: int, jobs: str
) -> None:
    write_export(tmp_path / "export", make_notes(640))
    started = start_build(tmp_path, "--jobs", jobs)
    wait_for(tmp_path / ".corpus.partial" / "staged-0.json", started)
    started.send_signal(number)
    _, messages = started.communicate(timeout=60)
    assert started.returncode == code
    assert "Run the same command again to go on." in messages
    assert "Traceback" not in messages
    assert sorted(path.name for path in tmp_path.iterdir()) == [".corpus.partial", "export"]


def kill_at_random(tmp_path: Path, times: int, seed: int) -> None:
    """Kill builds at random moments: the target is the old one or the new one, and the next build finishes."""
    write_export(tmp_path / "export", make_notes(70))
    new = hash_folder(build.build_corpus(tmp_path / "export", tmp_path / "undisturbed").path)
    build.build_corpus(tmp_path / "export", tmp_path / "corpus", settings=ALL_TEST)
    old = hash_folder(tmp_path / "corpus")
    chance = random.Random(seed)
    longest = 1.0
    for _ in range(times):
        before = time.monotonic()
        started = start_build(tmp_path, "--force", "--jobs", chance.choice("12"))
        try:
            started.wait(timeout=chance.uniform(0, 1.1) * longest)
            longest = time.monotonic() - before
        except subprocess.TimeoutExpired:
            started.kill()
            longest = max(longest, 1.1 * (time.monotonic() - before))
        started.communicate()
        assert hash_folder(tmp_path / "corpus") in (old, new)
    last = start_build(tmp_path, "--force")
    last.communicate(timeout=1200)
    assert last.returncode == 0
    assert hash_folder(tmp_path / "corpus") == new
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus", "export", "undisturbed"]


@pytest.mark.timeout(1800)
def test_fault_42_killed_build_leaves_the_old_corpus_or_the_new_one(tmp_path: Path) -> None:
    kill_at_random(tmp_path, times=KILLS, seed=7)


def test_fault_49_second_build_on_one_output_is_busy_at_once(tmp_path: Path) -> None:
    write_export(tmp_path / "export", make_notes(5))
    with lock(tmp_path / ".corpus.lock"), pytest.raises(OutputBusy, match=r"another run is writing there \(pid \d+ on"):
        build.build_corpus(tmp_path / "export", tmp_path / "corpus")
    assert build.build_corpus(tmp_path / "export", tmp_path / "corpus").path.is_dir()


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_fault_46_file_that_may_not_grow_ends_with_7_and_the_old_corpus(tmp_path: Path, jobs: str) -> None:
    write_export(tmp_path / "export", make_notes(70))
    before = hash_folder(build.build_corpus(tmp_path / "export", tmp_path / "corpus", settings=ALL_TEST).path)
    # A shell sets the limit, 4 blocks of 1,024 bytes, and becomes the build.
    command = ["bash", "-c", 'ulimit -f 4 && exec "$@"', "-", *COMMAND, "--force", "--jobs", jobs]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 7
    assert "File too large" in ended.stderr
    assert "bytes are free there" in ended.stderr
    assert hash_folder(tmp_path / "corpus") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus", "export"]


def harm(unit: str) -> None:
    if unit == "note-003":
        os.kill(os.getpid(), signal.SIGKILL)
    if unit == "note-005":
        time.sleep(60)


def stage_harmed(task: StageTask, begin: Begin) -> None:
    """Stage a shard in which one document kills its worker and another one hangs."""

    def begin_harmed(unit: str, size: int) -> None:
        begin(unit, size)
        harm(unit)

    stage_shard(task, begin_harmed)


def pair_harmed(task: PairTask, begin: Begin) -> None:
    """Pair a shard in which one document kills its worker and another one hangs."""

    def begin_harmed(unit: str, size: int) -> None:
        begin(unit, size)
        harm(unit)

    pair_shard(task, begin_harmed)


def build_harmed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str) -> build.Built:
    """Build eight notes, two of which do harm in a stage."""
    export = write_export(tmp_path / "export", make_notes(8))
    monkeypatch.setattr(build, stage, {"stage_shard": stage_harmed, "pair_shard": pair_harmed}[stage])
    engine = Engine(jobs=2, seconds=2)
    return build.build_corpus(export, tmp_path / "corpus", settings=ALL_TEST, engine=engine)


@pytest.mark.parametrize("stage", ["stage_shard", "pair_shard"])
def test_fault_52_document_that_costs_a_worker_is_rejected_and_the_rest_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stage: str
) -> None:
    built = build_harmed(tmp_path, monkeypatch, stage)
    rows = [json.loads(line) for line in (built.path / "rejects.jsonl").read_text().splitlines()]
    assert [(row["code"], row["file"]) for row in rows] == [("DOC-CRASH", "note-003"), ("DOC-TIMEOUT", "note-005")]
    names = [document.doc_id for document in read_corpus(built.path).documents("test")]
    assert names == [f"note-{number:03}" for number in (0, 1, 2, 4, 6, 7)]
    assert built.manifest.reproducible is False
    assert verify_corpus(built.path).problems == ()


def test_fault_52_what_is_lost_in_pairing_stays_in_the_accounts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts = build_harmed(tmp_path, monkeypatch, "pair_shard").summary.accounts
    # Eight notes of two mentions and a relation each, two notes lost.
    assert accounts["mentions"] == {"kept": 16, "segment": 12, "doc-crash": 2, "doc-timeout": 2}
    assert accounts["relations"] == {"kept": 8, "candidate": 6, "doc-crash": 1, "doc-timeout": 1}


def test_fault_52_strict_stops_at_a_document_that_costs_a_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = write_export(tmp_path / "export", make_notes(4))
    monkeypatch.setattr(build, "stage_shard", stage_harmed)
    with pytest.raises(InputError, match="note-003: DOC-CRASH: a worker process died"):
        build.build_corpus(
            export, tmp_path / "corpus", settings=BuildSettings(strict=True), engine=Engine(jobs=2, seconds=30)
        )


def test_fault_52_build_whose_workers_all_live_is_reproducible(tmp_path: Path) -> None:
    export = write_export(tmp_path / "export", make_notes(4))
    assert build.build_corpus(export, tmp_path / "corpus", engine=Engine(jobs=2)).manifest.reproducible is True
