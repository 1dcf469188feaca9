"""Annotation over workers and on Ray: the same bytes, going on after a kill, documents that cost a worker."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_tools.errors import Refused
from corpus_tools.execution import TIMEOUT, Begin, Engine, Loss, Pipeline, partial_folder
from corpus_tools.storage import hash_folder
from relext.loop import AnnotatorSettings, TextSource, annotate_texts
from relext.loop import project as annotation_project
from relext.loop.shards import TOGETHER, AnnotateTask, draw_unaided, finish_shard, prepare_shard
from relext.model import write_model
from tests.relext.tiny_models import eager_finder, eager_model, tiny_document

PROJECT = Path(__file__).parents[2]
# Runs in a process of its own, which a test can kill, and with which Ray ends.
SCRIPT = """
import sys
from pathlib import Path
from corpus_tools.execution import Engine, cluster
from relext.loop import annotate_texts
from tests.relext.test_annotate_engines import list_notes, settings_of

def none_left(_, tasks, **__):
    assert not list(tasks), "Ray left shards to workers of ours"
    return iter(())

if __name__ == "__main__":
    cluster.run_watched = none_left
    engine, out = sys.argv[1:]
    annotate_texts(settings_of(Path(".")), list_notes(150), Path(out), engine=Engine(engine, 2, 30))
"""


def settings_of(folder: Path) -> AnnotatorSettings:
    return AnnotatorSettings(folder / "model", device="cpu")


def list_notes(count: int) -> list[TextSource]:
    return [TextSource(f"note-{n:03}", tiny_document(n).text) for n in range(count)]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a model, and the undisturbed annotation of 150 notes, which make three shards."""
    folder = tmp_path_factory.mktemp("home")
    write_model(folder / "model", eager_model(), finder=eager_finder())
    annotate_texts(settings_of(folder), list_notes(150), folder / "plain")
    return folder


def command(folder: Path, engine: str, out: str) -> dict[str, object]:
    """Return what runs the script below a folder, without a cluster that someone may have named."""
    (folder / "script.py").write_text(SCRIPT)
    environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    environment["PYTHONPATH"] = str(PROJECT)
    return {"args": [sys.executable, "script.py", engine, out], "cwd": folder, "env": environment}


def test_two_workers_give_the_same_bytes(home: Path) -> None:
    annotate_texts(settings_of(home), list_notes(150), home / "two", engine=Engine(jobs=2))
    assert hash_folder(home / "two") == hash_folder(home / "plain")
    assert not partial_folder(home / "two").exists()


@pytest.mark.slow
def test_ray_gives_the_same_bytes(home: Path) -> None:
    pytest.importorskip("ray.data", reason="Ray is not installed: pip install 'clinical-relations[cluster]'")
    ended = subprocess.run(**command(home, "ray", "ray"), capture_output=True, text=True, timeout=280)  # type: ignore[call-overload]
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert "Ray" not in ended.stderr  # it keeps its remarks to itself
    assert hash_folder(home / "ray") == hash_folder(home / "plain")


@given(sizes=st.lists(st.integers(1, 70), max_size=5), share=st.floats(0, 0.99), seed=st.integers(0, 99))
def test_a_share_is_drawn_to_half_a_document_over_all_shards(sizes: list[int], share: float, seed: int) -> None:
    drawn = 0
    for n, size in enumerate(sizes):
        doc_ids = [f"{n}/{place}" for place in range(size)]
        lot = draw_unaided(doc_ids, before=sum(sizes[:n]), share=share, seed=seed)
        assert lot <= set(doc_ids)
        assert lot == draw_unaided(doc_ids[::-1], before=sum(sizes[:n]), share=share, seed=seed)
        drawn += len(lot)
    assert abs(drawn - share * sum(sizes)) <= 0.5


def test_another_seed_draws_others() -> None:
    doc_ids = [str(n) for n in range(64)]
    lots = {draw_unaided(doc_ids, before=0, share=0.5, seed=seed) for seed in range(5)}
    assert len(lots) == 5


def test_a_killed_run_goes_on_and_equals_an_undisturbed_one(home: Path) -> None:
    process = subprocess.Popen(**command(home, "processes", "killed"))  # type: ignore[call-overload]
    pieces = partial_folder(home / "killed")
    while process.poll() is None and not (pieces / "shard-000000.json").exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (home / "killed").exists()
    said: list[str] = []
    annotate_texts(settings_of(home), list_notes(150), home / "killed", remark=said.append)
    assert said and "unfinished run" in said[0]
    assert hash_folder(home / "killed") == hash_folder(home / "plain")
    assert not pieces.exists()


def interrupt_at_second(task: AnnotateTask, prepared: list[object], begin: Begin) -> None:
    if task.index:
        raise KeyboardInterrupt
    finish_shard(task, prepared, begin)  # type: ignore[arg-type]


@pytest.fixture
def interrupted(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a target whose first shard alone is done."""
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(annotation_project, "ANNOTATE_SHARD", Pipeline(prepare_shard, interrupt_at_second))
        annotate_texts(settings_of(home), list_notes(150), tmp_path / "out")
    return tmp_path / "out"


def test_a_shard_whose_texts_have_changed_is_done_again(home: Path, interrupted: Path) -> None:
    changed = [replace(list_notes(1)[0], content="No pain."), *list_notes(150)[1:]]
    annotate_texts(settings_of(home), changed, interrupted)
    assert (interrupted / "note-000.txt").read_text() == "No pain."
    assert (interrupted / "note-001.ann").read_bytes() == (home / "plain" / "note-001.ann").read_bytes()


def test_a_run_with_other_settings_is_refused_until_restarted(home: Path, interrupted: Path) -> None:
    other = replace(settings_of(home), threshold=0.5)
    with pytest.raises(Refused, match=r"other threshold.*--restart"):
        annotate_texts(other, list_notes(150), interrupted)
    assert annotate_texts(other, list_notes(150), interrupted, restart=True).documents == 150


def finish_harmed(task: AnnotateTask, prepared: list[object], begin: Begin) -> None:
    """End the process where the model would read note 70, alone or among others."""
    names = [each.aligned.document.doc_id for each in prepared]  # type: ignore[attr-defined]
    if "note-070" in names:
        begin("note-070" if task.is_split else TOGETHER, 0)
        os._exit(9)
    finish_shard(task, prepared, begin)  # type: ignore[arg-type]


@pytest.mark.slow
def test_a_document_that_costs_a_worker_is_rejected_alone(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(annotation_project, "ANNOTATE_SHARD", Pipeline(prepare_shard, finish_harmed))
    summary = annotate_texts(settings_of(home), list_notes(75), tmp_path / "out", engine=Engine(jobs=2))
    assert (summary.documents, summary.rejects) == (74, {"DOC-CRASH": 1})
    (row,) = (tmp_path / "out" / "rejects.jsonl").read_text().splitlines()
    assert (json.loads(row)["file"], json.loads(row)["code"]) == ("note-070", "DOC-CRASH")
    assert not (tmp_path / "out" / "note-070.txt").exists()
    assert (tmp_path / "out" / "note-071.ann").read_bytes() == (home / "plain" / "note-071.ann").read_bytes()


def test_a_shard_is_split_before_a_document_is_passed_over(tmp_path: Path) -> None:
    task = AnnotateTask(0, tuple(list_notes(2)), settings_of(tmp_path), tmp_path)
    split = task.without(Loss(TOGETHER, TIMEOUT))
    assert (split.is_split, split.lost) == (True, {})
    assert split.without(Loss("note-001", TIMEOUT)).lost == {"note-001": TIMEOUT}
