"""Faults 43 and 46 to 50 where a model is trained and where it annotates: kills, limits and locks."""

import contextlib
import os
import resource
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from corpus_tools.storage import hash_file, hash_folder, lock, read_json
from relext.model import write_model
from tests.corpus_tools.corpus_documents import write_export
from tests.faults import killing
from tests.faults.commands import Ended, relext
from tests.relext.tiny_models import DRUGS, SIGNS, tiny_corpus, tiny_finder, tiny_model

SETTINGS = """
[model]
encoder = "scratch"
window_tokens = 48
word_hidden = 8
pair_size = 16
sentence_hidden = 8
[scratch]
hidden = 16
layers = 1
vocabulary = 400
[training]
batch_tokens = 128
epochs = 3
device = "cpu"
precision = "fp32"
threads = 1
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a corpus and settings."""
    tiny_corpus(tmp_path / "corpus")
    (tmp_path / "study.toml").write_text(SETTINGS)
    return tmp_path


def train(folder: Path, *options: object) -> Ended:
    return relext("train", folder / "corpus", "--config", folder / "study.toml", "--out", folder / "model", *options)


def logged_losses(model: Path) -> list[Any]:
    record: Any = read_json(model / "model.json")
    return [(epoch["loss"], epoch["validation_f1"]) for epoch in record["record"]["epochs"]]


@pytest.mark.timeout(1800)
def test_fault_43_killed_training_leaves_the_old_model_or_the_new_one_and_goes_on(folder: Path) -> None:
    command = ("train", "corpus", "--config", "study.toml", "--force", "-q", "--out")
    assert killing.run(*command, "undisturbed", folder=folder) == 0
    assert killing.run(*command, "model", "--seed", 5, folder=folder) == 0
    old, weights = hash_folder(folder / "model"), hash_file(folder / "undisturbed/model.safetensors")

    def check() -> None:
        is_old = hash_folder(folder / "model") == old
        assert is_old or hash_file(folder / "model/model.safetensors") == weights

    killing.kill_at_random(*command, "model", folder=folder, check=check, seed=43)
    assert killing.run(*command, "model", folder=folder) == 0
    assert hash_file(folder / "model/model.safetensors") == weights
    assert logged_losses(folder / "model") == logged_losses(folder / "undisturbed")
    assert not [path.name for path in folder.iterdir() if ".checkpoints" in path.name or path.name.endswith(".new")]


def write_notes(folder: Path) -> None:
    """Write notes without annotations."""
    texts = [f"The {drug} relieved his {sign}. Visit {n}.\n" for n, drug in enumerate(DRUGS) for sign in SIGNS]
    write_export(folder, {f"note-{number:02}": (text, "") for number, text in enumerate(texts)})


@pytest.mark.timeout(1800)
def test_fault_43_killed_annotation_leaves_the_old_project_or_the_new_one(tmp_path: Path) -> None:
    write_model(tmp_path / "model", tiny_model(), finder=tiny_finder())
    write_notes(tmp_path / "notes")
    command = ("annotate", "model", "notes", "--force", "-q", "--device", "cpu", "--out")
    assert killing.run(*command, "undisturbed", folder=tmp_path) == 0
    write_export(tmp_path / "older", {"note": ("The aspirin relieved his pain.", "")})
    assert killing.run("annotate", "model", "older", "--out", "out", folder=tmp_path) == 0
    old, new = hash_folder(tmp_path / "out"), hash_folder(tmp_path / "undisturbed")

    def check() -> None:
        assert hash_folder(tmp_path / "out") in (old, new)

    killing.kill_at_random(*command, "out", folder=tmp_path, check=check, seed=44)
    assert killing.run(*command, "out", folder=tmp_path) == 0
    assert hash_folder(tmp_path / "out") == new
    assert not list(tmp_path.glob(".out.*"))


@contextlib.contextmanager
def small_files() -> Iterator[None]:
    """Let no file of this process grow beyond 4 KiB; pytest's own output included, so hold it around the call alone."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_fault_46_checkpoint_that_may_not_grow_ends_training_with_7(folder: Path) -> None:
    assert train(folder, "--epochs", 1).code == 0
    before = hash_folder(folder / "model")
    with small_files():
        ended = train(folder, "--force")
    assert (ended.code, "File too large" in ended.err) == (7, True), ended.err
    assert hash_folder(folder / "model") == before
    assert not list(folder.glob(".*.new"))


@pytest.mark.parametrize("name", [".model.checkpoints.lock", ".model.lock"])
def test_fault_49_second_training_into_one_model_is_busy(folder: Path, name: str) -> None:
    with lock(folder / name):
        ended = train(folder, "--epochs", 1)
    assert (ended.code, f"pid {os.getpid()} on" in ended.err) == (5, True)


def test_fault_50_lock_of_a_model_that_is_a_link_is_refused(folder: Path) -> None:
    victim = folder / "victim"
    victim.write_text("precious")
    (folder / ".model.checkpoints.lock").symlink_to(victim)
    ended = train(folder)
    assert (ended.code, victim.read_text()) == (8, "precious")


def test_fault_54_checkpoints_of_other_settings_offer_to_restart(folder: Path) -> None:
    (folder / "model.checkpoints").mkdir()
    assert train(folder, "--epochs", 1).code == 0
    process = killing.start("train", "corpus", "--config", "study.toml", "--out", "second", "--epochs", 10_000,
                            folder=folder)  # fmt: skip
    while not list(folder.glob("second.checkpoints/step-*")) and process.is_alive():
        process.join(0.05)
    process.kill()
    process.join()
    ended = relext("train", folder / "corpus", "--config", folder / "study.toml", "--out", folder / "second")
    assert ended.code == 2
    assert "--restart" in ended.err


def forge_checkpoint(folder: Path, name: str, content: bytes) -> None:
    """Write a checkpoint whose hashes are right and whose content is not."""
    from corpus_tools.storage import format_json, hash_bytes

    step = folder / "model.checkpoints/step-00000001"
    step.mkdir(parents=True)
    files = {"state.safetensors": b"", "state.json": b'{"identity": {}, "progress": {}}', name: content}
    for each, raw in files.items():
        (step / each).write_bytes(raw)
    hashes = {each: hash_bytes(raw) for each, raw in files.items()}
    (step / "manifest.json").write_text(format_json({"schema_version": 1, "files": hashes}))


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [("state.json", b"[]", 8), ("state.json", b"\xff", 8), ("state.json", b'{"identity": 1}', 8),
     ("state.json", b'{"identity": {}, "progress": {}}', 2)],
)  # fmt: skip
def test_fault_54_forged_checkpoint_is_one_line(folder: Path, name: str, content: bytes, code: int) -> None:
    forge_checkpoint(folder, name, content)
    ended = train(folder, "-q")
    assert (ended.code, ended.err.count("\n"), "--restart" in ended.err) == (code, 1, True)
