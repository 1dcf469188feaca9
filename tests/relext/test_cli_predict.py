"""`relext predict` and `relext explain` through their runner."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from corpus_tools.errors import CorpusError, InputError
from relext.cli import relext
from relext.model import write_model
from tests.relext.test_cli_annotate import MENTIONS, TEXT
from tests.relext.test_explanation import example_model
from tests.relext.tiny_models import eager_finder, tiny_corpus


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "model"
    write_model(folder, example_model())
    return folder


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    (tmp_path / "note.txt").write_bytes(TEXT.encode())
    (tmp_path / "note.ann").write_bytes(MENTIONS.encode())
    return tmp_path


def run(*arguments: object, **options: object) -> Result:
    return CliRunner().invoke(relext, [*map(str, arguments)], **options)


def failed(*arguments: object) -> CorpusError:
    error = run(*arguments).exception
    assert isinstance(error, CorpusError)
    return error


def test_each_relation_is_one_line_without_words_of_the_text(model: Path, texts: Path) -> None:
    result = run("predict", model, texts)
    assert result.exit_code == 0, result.output
    (row,) = map(json.loads, result.stdout.splitlines())
    assert row.pop("probability") == pytest.approx(0.6, abs=0.05)
    assert row == {
        "doc_id": "note",
        "type": "treats",
        "arg1": {"id": "T1", "type": "Drug", "fragments": [[4, 11]]},
        "arg2": {"id": "T2", "type": "Sign", "fragments": [[25, 29]]},
    }
    assert "1 documents, 2 mentions, 1 relations" in result.stderr


def test_words_come_when_asked_for(model: Path, texts: Path) -> None:
    (row,) = map(json.loads, run("predict", model, texts, "--show-text", "-q").stdout.splitlines())
    assert (row["arg1"]["text"], row["arg2"]["text"]) == ("aspirin", "pain")


def test_json_is_one_object(model: Path, texts: Path) -> None:
    record = json.loads(run("predict", model, texts, "--json").stdout)
    assert (record["schema"], len(record["relations"])) == ("relext/prediction", 1)


def test_a_line_that_can_not_be_read_is_counted_and_ends_with_4(model: Path, texts: Path) -> None:
    (texts / "note.ann").write_bytes((MENTIONS + "T3\tSign 90 95\tfever\n").encode())
    result = run("predict", model, texts)
    assert result.exit_code == 4
    assert len(result.stdout.splitlines()) == 1


def test_thresholds_take_relations_away(model: Path, texts: Path) -> None:
    assert run("predict", model, texts, "--threshold", 0.9).stdout == ""
    assert run("predict", model, texts, "--precision-target", 0.9).stdout == ""


def test_types_that_training_never_saw_are_told_once_with_the_nearest(
    model: Path, texts: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    for name, text in (("note", TEXT), ("other", TEXT + "He slept.")):
        (texts / f"{name}.txt").write_bytes(text.encode())
        (texts / f"{name}.ann").write_bytes(MENTIONS.replace("Drug", "DRUG").encode())
    out = tmp_path_factory.mktemp("suggested") / "out"
    for command, options in (("predict", []), ("queue", []), ("annotate", ["--out", out, "--force"])):
        result = run(command, model, texts, *options, "--json")
        assert json.loads(result.stdout)["unknown_types"] == {"DRUG": 2}, command
        told = "Training saw no mention of these types, so none is related: DRUG (2; did you mean Drug?)"
        assert result.stderr.count(told) == 1, command


def test_explain_says_only_why_a_pair_is_none(model: Path, texts: Path) -> None:
    (texts / "note.ann").write_bytes(MENTIONS.replace("Drug", "DRUG").encode())
    error = failed("explain", model, texts, "--pair", "T1", "T2")  # a warning would be an error of its own here
    assert str(error).endswith("training saw no mention of the type DRUG, as T1 is; did you mean Drug?")


@pytest.mark.parametrize("options", [[], ["--json"]])
@pytest.mark.parametrize("command", ["predict", "queue"])
def test_texts_without_mentions_and_a_model_without_a_finder_are_refused(
    model: Path, command: str, options: list[str]
) -> None:
    result = run(command, model, "-", *options, input=TEXT)
    assert isinstance(result.exception, InputError)
    assert "none of the 1 documents has mentions, and the model has no mention finder" in str(result.exception)
    assert result.stdout == ""


def test_a_text_in_which_the_finder_finds_nothing_is_no_fault(tmp_path: Path) -> None:
    write_model(tmp_path / "model", example_model(), finder=eager_finder())
    result = run("predict", tmp_path / "model", "-", "--threshold", 1.0, input=TEXT)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "1 documents have no mention, so no relation either" in result.stderr


@pytest.mark.parametrize("command", ["predict", "queue"])
def test_some_documents_without_mentions_are_counted(model: Path, texts: Path, command: str) -> None:
    (texts / "bare.txt").write_text("He slept well.")
    result = run(command, model, texts, "--json")
    assert (result.exit_code, json.loads(result.stdout)["without_mentions"]) == (0, 1)
    assert "1 documents have no mention, so no relation either" in result.stderr


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_texts_of_which_none_can_be_read_are_refused(model: Path, tmp_path: Path, options: list[str]) -> None:
    assert "nothing to read (no document)" in str(failed("predict", model, tmp_path, *options))
    (tmp_path / "note.txt").write_bytes("na\u00efve".encode("latin-1"))
    error = failed("predict", model, tmp_path, *options)
    assert (error.exit_code, "nothing to read (TXT-ENCODING: 1)" in str(error)) == (3, True)


@pytest.mark.parametrize("command", ["predict", "queue", "annotate"])
def test_a_built_corpus_is_no_folder_of_texts(model: Path, tmp_path: Path, command: str) -> None:
    tiny_corpus(tmp_path / "corpus")
    options = ["--out", tmp_path / "out"] if command == "annotate" else []
    error = failed(command, model, tmp_path / "corpus", *options)
    assert (error.exit_code, "corpus: is a built corpus; give the folder of .txt files" in str(error)) == (3, True)


def test_a_missing_folder_is_one_clear_line(model: Path, tmp_path: Path) -> None:
    assert failed("predict", model, tmp_path / "nowhere").exit_code == 3
    assert failed("predict", tmp_path / "nowhere", tmp_path).exit_code == 3


def test_a_pair_is_explained_in_tables(model: Path, texts: Path) -> None:
    result = run("explain", model, texts, "--pair", "T1", "T2")
    assert result.exit_code == 0, result.output
    assert "note: T1 and T2 are treats; alone: treats." in result.stdout
    for part in ("emission", "at temperature 1", "start of the chain", "Transitions", "characters", "25-29"):
        assert part in result.stdout
    assert "aspirin" not in result.output
    assert "aspirin" in run("explain", model, texts, "--pair", "T1", "T2", "--show-text").stdout


def test_an_explanation_as_json_has_every_number(model: Path, texts: Path) -> None:
    record = json.loads(run("explain", model, texts, "--pair", "T2", "T1", "--json").stdout)
    assert record["schema"] == "relext/explanation"
    assert record["emissions"] == {"NO_RELATION": 0.0, "causes": 1.0, "treats": 1.5}
    assert record["transitions"]["same first mention"]["treats"]["treats"] == -2.0
    assert sum(record["marginals"].values()) == pytest.approx(1, abs=1e-5)
    assert record["path"][record["place"]]["label"] == record["label"] == "treats"
    assert record["words"][0].keys() == {"start", "end", "weights"}


def test_which_document_must_be_clear(model: Path, texts: Path) -> None:
    (texts / "other.txt").write_text("He slept.")
    error = failed("explain", model, texts, "--pair", "T1", "T2")
    assert (error.exit_code, "name one with --doc" in str(error)) == (3, True)
    assert run("explain", model, texts, "--pair", "T1", "T2", "--doc", "note").exit_code == 0
    assert "has no mention T1" in str(failed("explain", model, texts, "--pair", "T1", "T2", "--doc", "other"))


@pytest.mark.parametrize(
    ("named", "hint"),
    [
        ("note.txt", "there is no document note.txt; did you mean ward/note?"),
        ("ward/nota", "there is no document ward/nota; did you mean ward/note?"),
        ("cardiology", "there is no document cardiology; there are other, ward/note"),
    ],
)
def test_a_document_that_is_not_there_is_told_with_those_that_are(
    model: Path, tmp_path: Path, named: str, hint: str
) -> None:
    (tmp_path / "ward").mkdir()
    (tmp_path / "ward" / "note.txt").write_text(TEXT)
    (tmp_path / "other.txt").write_text("He slept.")
    assert str(failed("explain", model, tmp_path, "--pair", "T1", "T2", "--doc", named)) == hint


def test_an_empty_folder_has_no_document_to_explain(model: Path, tmp_path: Path) -> None:
    assert "nothing to read" in str(failed("explain", model, tmp_path, "--pair", "T1", "T2"))
