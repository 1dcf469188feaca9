"""`relext train`: help, a run, one JSON object, and what it refuses."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from corpus_tools.assembly import write_corpus
from corpus_tools.errors import CorpusError
from relext.cli.train import train
from relext.model import read_model
from tests.relext.literal_documents import make_document
from tests.relext.tiny_models import SCHEMA, tiny_corpus, tiny_parts

SETTINGS = """
[model]
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
"""


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return tiny_corpus(tmp_path / "corpus").path


def invoke(folder: Path, *options: str) -> Result:
    (folder / "study.toml").write_text(SETTINGS)
    common = ["--config", str(folder / "study.toml"), "--out", str(folder / "model"), "--encoder", "scratch"]
    machine = ["--device", "cpu", "--precision", "fp32", "--threads", "1", "--epochs", "1"]
    return CliRunner().invoke(train, [str(folder / "corpus"), *common, *machine, *options])


def error_of(result: Result) -> CorpusError:
    assert isinstance(result.exception, CorpusError), result.output
    return result.exception


def test_help_has_an_example() -> None:
    result = CliRunner().invoke(train, ["--help"])
    assert result.exit_code == 0
    assert "relext train corpus --out model" in result.output


def test_a_run_prints_its_figures_and_the_next_command(corpus: Path) -> None:
    result = invoke(corpus.parent)
    assert result.exit_code == 0, result.output
    assert "candidate ceiling on validation" in result.stdout
    assert "calibration error on validation, at temperature 1" in result.stdout
    assert "epoch 1: loss" in result.stderr
    assert "Next: relext eval" in result.stderr


def test_relations_that_the_corpus_reaches_and_the_model_not_are_told(tmp_path: Path) -> None:
    text = "Pain. He slept. Then aspirin."
    far = make_document(text, "T1  Sign 0 4  Pain", "T2  Drug 21 28  aspirin", "R1  treats Arg1:T2 Arg2:T1")
    parts = tiny_parts() | {"train": [*tiny_parts()["train"], far]}
    write_corpus(tmp_path / "corpus", parts, schema=SCHEMA, settings={"max_sentence_distance": 2})
    result = invoke(tmp_path)
    assert result.exit_code == 0, result.output
    assert "1 of 13 relations of the training part are out of its reach; [model] max_sentence_distance" in result.stderr


def test_json_is_one_object_with_its_version(corpus: Path) -> None:
    result = invoke(corpus.parent, "--json", "-q")
    record = json.loads(result.stdout)
    assert (record["schema"], record["schema_version"]) == ("relext/train", 1)
    assert record["labels"] == ["NO_RELATION", "causes", "treats"]
    assert result.stderr == ""


def test_a_brat_folder_is_refused_with_the_command_that_builds_a_corpus(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "note.txt").write_text("Pain.")
    error = error_of(invoke(tmp_path))
    assert (error.exit_code, f"`corpus build {tmp_path}/corpus --out corpus` makes one" in str(error)) == (3, True)


def test_options_win_over_the_file(corpus: Path) -> None:
    invoke(corpus.parent, "--seed", "5", "--decoder", "crf", "--heads", "4", "--batch-tokens", "64")
    config = read_model(corpus.parent / "model", threads=1).config
    assert (config.training.seed, config.model.decoder, config.model.heads) == (5, "crf", 4)
    assert (config.training.batch_tokens, config.model.pair_size) == (64, 16)


@pytest.mark.parametrize(("given", "kept"), [("all", "all"), ("1", 1), ("auto", 0)])
def test_layers_are_frozen_by_number_or_word(corpus: Path, given: str, kept: int | str) -> None:
    assert invoke(corpus.parent, "--freeze-layers", given).exit_code == 0
    assert read_model(corpus.parent / "model", threads=1).config.training.freeze_layers == kept


def test_a_model_is_not_overwritten_unasked(corpus: Path) -> None:
    assert invoke(corpus.parent).exit_code == 0
    assert "pass --force" in str(error_of(invoke(corpus.parent)))
    assert invoke(corpus.parent, "--force").exit_code == 0


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (["--encoder", "some/model"], 2, "offline; give a local path"),
        (["--heads", "3"], 2, "heads = 3: expected one of"),
        (["--freeze-layers", "most"], 2, "freeze_layers = most: expected a whole number or one of"),
        (["--freeze-layers", "9999"], 2, "freeze_layers = 9999: expected 0 to 1024"),
        (["--device", "cuda:7"], 2, "this machine has"),
        (["--config", "absent.toml"], 2, "absent.toml: can't be read (No such file"),
    ],
)
def test_what_can_not_be_done_is_one_clear_line(corpus: Path, options: list[str], code: int, message: str) -> None:
    error = error_of(invoke(corpus.parent, *options))
    assert (error.exit_code, message in str(error)) == (code, True)
    assert not (corpus.parent / "model").exists()


def test_a_missing_corpus_is_named(tmp_path: Path) -> None:
    error = error_of(invoke(tmp_path))
    assert error.exit_code == 3
    assert "there is no such corpus folder" in str(error)
