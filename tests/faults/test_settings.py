"""Fault 71: settings files that nobody vetted, of a training run, a study, a pretraining run and a schema."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.commands import Ended, relext, run, write_note
from tests.relext.tiny_models import tiny_corpus

NESTED = b"x = " + b"[" * 50_000
DOTTED = b".".join([b"a"] * 50_000) + b" = 1"
FAULTS = {
    "unknown key": b"[training]\n\nepoch = 1\n",
    "unknown table": b"[trainig]\nepochs = 1\n",
    "wrong type": b'[training]\nepochs = "many"\n',
    "bool for a number": b"[training]\nepochs = true\n",
    "twice": b"[training]\nepochs = 1\nepochs = 2\n",
    "nested": NESTED,
    "dotted": DOTTED,
    "digits": b"[training]\nepochs = " + b"9" * 5000,
    "mark": b"\xef\xbb\xbf[training]\nepochs = 1\n",
    "latin": b"[training]\n# caf\xe9\n",
    "binary": bytes(range(256)),
    "expanded": b'[model]\nencoder = "${HOME}"\n',
    "infinite": b"[training]\nwarmup = inf\n",
    "not a number": b"[training]\nwarmup = nan\n",
}
READERS: dict[str, Callable[[Path, Path], Ended]] = {
    "train": lambda corpus, path: relext("train", corpus, "--out", corpus.parent / "model", "--config", path),
    "pretrain": lambda corpus, path: relext("pretrain", corpus, "--out", corpus.parent / "model", "--config", path),
    "schema": lambda corpus, path: run("schema", "check", path),
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tiny_corpus(tmp_path_factory.mktemp("settings") / "corpus").path
    write_note(folder / "texts")
    return folder


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("fault", FAULTS)
def test_fault_71_faulty_settings_are_one_line(corpus: Path, tmp_path: Path, fault: str, reader: str) -> None:
    path = tmp_path / "study.toml"
    path.write_bytes(FAULTS[fault])
    ended = READERS[reader](corpus, path)
    assert (ended.code in (2, 3), ended.err.count("\n")) == (True, 1), ended.err
    assert os.environ["HOME"] not in ended.err.replace(str(tmp_path), "").replace(str(corpus), "")
    assert not (corpus.parent / "model").exists()


@pytest.mark.parametrize(
    ("fault", "parts"),
    [("unknown key", ("study.toml:3", "epoch")), ("wrong type", ("study.toml:2", "epochs")),
     ("twice", ("line 3",)), ("unknown table", ("study.toml:1", "trainig"))],
)  # fmt: skip
def test_fault_71_key_and_line_are_named(corpus: Path, tmp_path: Path, fault: str, parts: tuple[str, ...]) -> None:
    path = tmp_path / "study.toml"
    path.write_bytes(FAULTS[fault])
    assert all(part in READERS["train"](corpus, path).err for part in parts)


@pytest.mark.parametrize("reader", READERS)
def test_fault_71_huge_file_is_not_read(corpus: Path, tmp_path: Path, reader: str) -> None:
    path = tmp_path / "study.toml"
    with path.open("wb") as file:
        file.truncate(100 << 20)
    ended = READERS[reader](corpus, path)
    assert (ended.code in (2, 3), "at most" in ended.err) == (True, True)


@pytest.mark.parametrize(
    "content", [b"[entities]\n" + b"!" * 50_000, b"\0", b"\xff", b"[relations]\nx Arg1:" + b"A|" * 50_000, b"[" * 9999]
)
def test_fault_71_annotation_conf_that_nobody_vetted_advises_or_is_refused(tmp_path: Path, content: bytes) -> None:
    root = write_note(tmp_path / "in")
    (root / "annotation.conf").write_bytes(content)
    assert run("validate", root).code == 0  # what is merely found only advises
    ended = run("validate", root, "--strict-schema")
    assert ended.code in (0, 3, 4)
