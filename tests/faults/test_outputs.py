"""Faults 45 to 54: outputs that are in the way, locks, full disks, odd surroundings, forged unfinished work."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from corpus_tools.execution import partial_folder
from corpus_tools.storage import files as storage_files
from corpus_tools.storage import hash_folder
from tests.corpus_tools.corpus_documents import make_notes, write_export
from tests.faults.commands import ANN, build, run, write_note

START = "from corpus_tools.cli import main; main()"


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return write_export(tmp_path / "in", make_notes(8))


def test_fault_45_second_interrupt_ends_at_once(tmp_path: Path) -> None:
    project = tmp_path / "project"
    for name in ("anna", "ben"):
        write_note(project / name)
    command = [sys.executable, "-c", START, "adjudicate", "serve", str(project), "--port", "0"]
    served = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert served.stdout is not None and served.stdout.readline().startswith("Open http")
    for _ in range(2):
        served.send_signal(signal.SIGINT)
        time.sleep(0.05)
    _, messages = served.communicate(timeout=60)
    assert served.returncode in (0, 130, -signal.SIGINT)  # the server itself may have ended in order
    assert "Traceback" not in messages


def test_fault_46_full_device_ends_with_7(notes: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-c", START, "validate", str(notes), "--json"]
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert (ended.returncode, "Traceback" in ended.stderr) == (7, False)


@pytest.mark.parametrize("name", ["fsync", "replace"])
def test_fault_46_disk_that_fails_at_sync_or_rename_leaves_the_old_corpus(
    notes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    assert build(notes, tmp_path / "corpus").code == 0
    before = hash_folder(tmp_path / "corpus")

    def fail(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*((storage_files.os, "fsync") if name == "fsync" else (Path, "replace")), fail)
    ended = build(notes, tmp_path / "corpus", "--force")
    assert (ended.code, "bytes are free there" in ended.err) == (7, True)
    monkeypatch.undo()
    assert hash_folder(tmp_path / "corpus") == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus", "in"]


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk takes root")
def test_fault_46_disk_of_64_kilobytes_ends_with_7(notes: Path, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        ended = build(notes, disk / "corpus")
        assert (ended.code, ended.err.count("\n"), list(disk.iterdir())) == (7, 1, [])
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.parametrize(
    ("out", "code"), [("file", 2), ("file/below", 2), ("in", 8), ("in/below", 8), (".", 8), ("link", 2)]
)
@pytest.mark.parametrize("options", [(), ("--force",)])
def test_fault_47_output_in_the_way_is_refused_before_any_work(
    notes: Path, tmp_path: Path, out: str, code: int, options: tuple[str, ...]
) -> None:
    (tmp_path / "file").write_text("precious")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    ended = build(notes, tmp_path / out, *options)
    assert (ended.code, ended.err.count("\n")) == (code, 1)
    assert (tmp_path / "file").read_text() == "precious"
    assert len(list(notes.iterdir())) == 16


COMMANDS: dict[str, Callable[[Path, Path], tuple[object, ...]]] = {
    "convert": lambda root, out: ("convert", root / "anna", "--from", "brat", "--out", out),
    "agreement": lambda root, out: ("agreement", root, "--bootstrap", 0, "--out", out),
    "statistics": lambda root, out: ("statistics", root / "anna", "--out", out),
    "fix": lambda root, out: ("validate", root / "anna", "--fix", out),
    "build": lambda root, out: ("build", root / "anna", "--min-samples", 1, "--splits", "100:0:0", "--out", out),
    "apply": lambda root, out: ("adjudicate", "apply", root, "--out", out),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_fault_48_output_that_is_there_is_kept_unless_forced(tmp_path: Path, name: str) -> None:
    for annotator in ("anna", "ben"):
        write_note(tmp_path / "in" / annotator)
    out = tmp_path / "out"
    out.mkdir()
    (out / "old").write_text("precious")
    command = COMMANDS[name](tmp_path / "in", out)
    assert run(*command).code == 2
    assert [path.name for path in out.iterdir()] == ["old"]
    if name != "fix":  # never over anything
        assert run(*command, "--force").code == 0
        assert not (out / "old").exists()
    assert not list(tmp_path.glob(".out.*"))


def test_fault_50_lock_that_is_a_link_is_refused_and_its_victim_intact(notes: Path, tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("precious")
    (tmp_path / ".corpus.lock").symlink_to("victim")
    ended = build(notes, tmp_path / "corpus")
    assert (ended.code, (tmp_path / "victim").read_text()) == (8, "precious")


def test_fault_50_text_of_a_lock_decides_nothing(notes: Path, tmp_path: Path) -> None:
    (tmp_path / ".corpus.lock").write_text("pid 1 on elsewhere\n")
    assert build(notes, tmp_path / "corpus").code == 0


@pytest.mark.parametrize(
    ("surroundings", "options"),
    [({"LC_ALL": "C", "LANG": "C", "PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo"}, ["--jobs", "2"]),
     ({"PYTHONHASHSEED": "2", "TZ": "America/Lima", "PYTHONUTF8": "0"}, ["--jobs", "8"])],
)  # fmt: skip
def test_fault_53_surroundings_change_no_byte(
    notes: Path, tmp_path: Path, surroundings: dict[str, str], options: list[str]
) -> None:
    elsewhere = write_export(tmp_path / "else/where", make_notes(8))
    for export, here, more in ((notes, {}, []), (elsewhere, surroundings, options)):
        mask = "0o077" if more else "0o022"
        command = [sys.executable, "-c", f"import os; os.umask({mask}); {START}", "build", ".", "--out", "../corpus"]
        words = [*command, "--min-samples", "1", "--splits", "100:0:0", *more]
        assert subprocess.run(words, cwd=export, env={**os.environ, **here}).returncode == 0
    assert hash_folder(tmp_path / "corpus") == hash_folder(tmp_path / "else/corpus")


def test_fault_53_clock_that_jumps_back_changes_no_byte(
    notes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert build(notes, tmp_path / "first").code == 0
    times = iter(range(10**9, 0, -100))
    monkeypatch.setattr(time, "time", lambda: float(next(times)))
    assert build(notes, tmp_path / "second").code == 0
    assert hash_folder(tmp_path / "first") == hash_folder(tmp_path / "second")


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"[]", b"{}", b'{"content": {}, "sha256": "0"}', b"[" * 100_000, b'{"content": 1, "content": 2}'],
)
def test_fault_54_unfinished_work_that_was_changed_is_refused_until_restarted(
    notes: Path, tmp_path: Path, content: bytes
) -> None:
    partial = partial_folder(tmp_path / "corpus")
    partial.mkdir()
    (partial / "run.json").write_bytes(content)
    ended = build(notes, tmp_path / "corpus")
    assert (ended.code, "--restart" in ended.err, ended.err.count("\n")) == (8, True, 1)
    assert build(notes, tmp_path / "corpus", "--restart").code == 0


def test_fault_54_unfinished_work_of_other_settings_is_refused(notes: Path, tmp_path: Path) -> None:
    write_export(notes, make_notes(640))
    command = [sys.executable, "-c", START, "build", str(notes), "--out", str(tmp_path / "corpus")]
    stopped = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while not (partial_folder(tmp_path / "corpus") / "staged-0.json").exists() and stopped.poll() is None:
        time.sleep(0.002)
    stopped.kill()
    stopped.wait()
    ended = run("build", notes, "--out", tmp_path / "corpus", "--seed", 99)
    assert (ended.code, "seed" in ended.err, "--restart" in ended.err) == (8, True, True)


def test_fault_54_record_of_a_corpus_that_was_edited_is_found_by_its_hash(notes: Path, tmp_path: Path) -> None:
    assert build(notes, tmp_path / "corpus").code == 0
    figures = tmp_path / "corpus/figures.json"
    figures.write_text(json.dumps({**json.loads(figures.read_text()), "evil": ANN}))
    ended = run("verify", tmp_path / "corpus")
    assert (ended.code, "figures.json" in ended.out) == (3, True)
