"""`relext pretrain` through its runner: options, settings file, messages, exit codes, and a run that goes on."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from corpus_tools.errors import CorpusError, InputError, UsageError
from relext.cli import relext
from relext.errors import SettingError
from relext.model import read_encoder
from tests.relext.tiny_pretraining import write_texts

SETTINGS = """
[scratch]
vocabulary = 320
hidden = 16
layers = 1
encoder_heads = 2

[pretraining]
steps = 4
block_tokens = 24
batch_blocks = 4
evaluate_every = 2
checkpoint_every = 2
held_out = 0.2
precision = "fp32"
device = "cpu"
threads = 1
"""


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    (tmp_path / "tiny.toml").write_text(SETTINGS)
    return write_texts(tmp_path / "texts")


def run(texts: Path, *arguments: object) -> Result:
    """Run the command with the tiny settings, its output beside the texts."""
    folder = texts.parent
    fixed = ["pretrain", texts, "--config", folder / "tiny.toml", "--out", folder / "encoder"]
    return CliRunner().invoke(relext, list(map(str, [*fixed, *arguments])))


def test_an_encoder_is_written_and_the_next_command_named(texts: Path) -> None:
    result = run(texts)
    assert result.exit_code == 0, result.output
    assert read_encoder(texts.parent / "encoder").size == 16
    assert "step 2: loss" in result.stderr and "held out" in result.stderr
    assert "Next: relext train corpus --encoder" in result.stderr
    assert "documents held out" in result.stdout and "README.md" in result.stdout


def test_options_win_over_the_file(texts: Path) -> None:
    assert run(texts, "--hidden", 8, "--steps", 1, "--masking", "static").exit_code == 0
    record = json.loads((texts.parent / "encoder" / "training.json").read_text("utf-8"))
    assert record["settings"]["scratch"]["hidden"] == 8
    assert (record["steps"], record["settings"]["pretraining"]["masking"]) == (1, "static")


def test_an_encoder_goes_on_into_another_folder(texts: Path) -> None:
    first, second = texts.parent / "encoder", texts.parent / "further"
    assert run(texts).exit_code == 0
    result = run(texts, "--encoder", first, "--out", second, "--json")
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    assert (record["settings"]["pretraining"]["encoder"], record["min_documents"]) == ("encoder", None)
    assert read_encoder(second).size == 16


@pytest.mark.parametrize(("is_for_sentences", "frozen"), [(True, " --freeze-layers all"), (False, "")])
def test_the_next_command_uses_the_encoder_as_its_kind_is_used(
    texts: Path, is_for_sentences: bool, frozen: str
) -> None:
    first, second = texts.parent / "encoder", texts.parent / "further"
    assert run(texts).exit_code == 0
    if is_for_sentences:
        (first / "modules.json").write_text("[]")
    result = run(texts, "--encoder", first, "--out", second)
    assert f"Next: relext train corpus --encoder {second}{frozen} --out model" in " ".join(result.stderr.split())


def test_json_holds_the_record_and_what_was_read(texts: Path) -> None:
    (texts / "again.txt").write_text((texts / "note-00.txt").read_text("utf-8"))
    result = run(texts, "--json", "--quiet")
    record = json.loads(result.stdout)
    assert (record["schema"], record["duplicates"], record["rejects"]) == ("relext/pretraining", 1, [])
    assert [point["step"] for point in record["curve"]] == [2, 4]
    assert result.stderr == ""


def test_a_file_that_is_no_text_ends_in_exit_code_4(texts: Path) -> None:
    (texts / "latin.txt").write_bytes("fi\xe8vre".encode("latin-1"))
    result = run(texts)
    assert result.exit_code == 4
    assert "latin.txt: TXT-ENCODING" in result.stderr
    assert (texts.parent / "encoder" / "model.safetensors").is_file()


def test_the_card_says_where_the_texts_come_from(texts: Path) -> None:
    (texts.parent / "sources.md").write_text("Invented notes, MIT.")
    assert run(texts, "--about", texts.parent / "sources.md").exit_code == 0
    assert "Invented notes, MIT." in (texts.parent / "encoder" / "README.md").read_text("utf-8")


def test_an_output_with_content_needs_force(texts: Path) -> None:
    assert run(texts).exit_code == 0
    refused = run(texts)
    assert isinstance(refused.exception, UsageError) and "--force" in str(refused.exception)
    assert run(texts, "--force").exit_code == 0


def test_checkpoints_of_other_settings_are_refused_until_restart(texts: Path) -> None:
    stale = texts.parent / "encoder.checkpoints" / "step-00000002"
    stale.mkdir(parents=True)
    (stale / "manifest.json").write_text('{"files": {}}')
    refused = run(texts)
    assert isinstance(refused.exception, CorpusError) and refused.exception.exit_code == 8
    assert "--restart begins anew" in str(refused.exception)
    assert run(texts, "--restart").exit_code == 0
    assert not stale.exists()


@pytest.mark.parametrize(
    ("line", "message"),
    [("stepps = 4", "did you mean steps"), ("mask_share = 1.5", "expected 0.01 to 0.9"), ("rate = 'fast'", "a number")],
)
def test_a_faulty_setting_is_named_with_its_line(texts: Path, line: str, message: str) -> None:
    (texts.parent / "tiny.toml").write_text(f"[pretraining]\nseed = 1\n{line}\n")
    found = run(texts).exception
    assert isinstance(found, SettingError) and found.exit_code == 2
    assert "tiny.toml:3" in str(found) and message in str(found)


def test_an_absent_folder_is_invalid_input(tmp_path: Path) -> None:
    arguments = ["pretrain", str(tmp_path / "absent"), "--out", str(tmp_path / "encoder")]
    found = CliRunner().invoke(relext, arguments).exception
    assert isinstance(found, InputError) and found.exit_code == 3
    assert "there is no such folder" in str(found)
