"""`relext compare` through its runner."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from corpus_tools.assembly import Corpus
from corpus_tools.errors import CorpusError
from relext.cli import relext
from tests.relext.tiny_models import tiny_corpus

STUDY = "[study]\nsystems = ['majority', 'linear']\nreference = 'linear'\nseeds = [1, 2]\n"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return tiny_corpus(tmp_path_factory.mktemp("corpus") / "corpus")


def run(corpus: Corpus, folder: Path, *options: object, study: str = STUDY) -> Result:
    (folder / "study.toml").write_text(study, "utf-8")
    arguments = ["compare", corpus.path, "--config", folder / "study.toml", "--out", folder / "study", *options]
    return CliRunner().invoke(relext, list(map(str, arguments)))


def test_a_part_is_run_then_the_rest_and_both_stand_in_the_report(corpus: Corpus, tmp_path: Path) -> None:
    first = run(corpus, tmp_path, "--only", "majority")
    assert first.exit_code == 0, first.output
    assert "Runs without a result" in first.stdout and "majority, seed 1: run 1 of 1" in first.stderr
    second = run(corpus, tmp_path)
    assert "linear, seed 1: run 1 of 1" in second.stderr and "Against linear" in second.stdout
    assert "Runs without a result" not in second.stdout
    found = sorted(path.name for path in (tmp_path / "study").iterdir() if path.is_file())
    assert found == ["comparison.json", "comparison.md", "report.html"]


def test_collecting_runs_nothing(corpus: Corpus, tmp_path: Path) -> None:
    record = json.loads(run(corpus, tmp_path, "--collect", "--json", "-q").stdout)
    assert record["systems"] == []
    assert [each["run"] for each in record["missing"]] == ["majority, seed 1", "linear, seed 1"]


@pytest.mark.parametrize(
    ("options", "study", "message", "code"),
    [
        ([], STUDY + "sedes = 1\n", "study.toml:5: [study] unknown key sedes; did you mean seeds?", 2),
        (["--only", "ours"], STUDY, "the study does not have ours", 2),
        (["--seeds", "3"], STUDY, "the study does not have 3", 2),
        ([], STUDY + "sources = ['a', 'b']\n", "no training document is of the source 'a'", 3),
    ],
)
def test_a_fault_is_one_clear_line(
    corpus: Corpus, tmp_path: Path, options: list[str], study: str, message: str, code: int
) -> None:
    error = run(corpus, tmp_path, *options, study=study).exception
    assert isinstance(error, CorpusError)
    assert message in str(error)
    assert error.exit_code == code


def test_seeds_that_are_none_are_a_usage_error(corpus: Corpus, tmp_path: Path) -> None:
    result = run(corpus, tmp_path, "--seeds", "1,two")
    assert result.exit_code == 2
    assert "such as 13,14" in result.output


def test_several_systems_are_named_with_commas(corpus: Corpus, tmp_path: Path) -> None:
    both = run(corpus, tmp_path, "--only", "majority, linear")
    assert both.exit_code == 0, both.output
    assert "run 2 of 2" in both.stderr


def test_a_system_that_there_is_not_is_a_usage_error_with_the_nearest(corpus: Corpus, tmp_path: Path) -> None:
    result = run(corpus, tmp_path, "--only", "majority,word-levle")
    assert result.exit_code == 2
    assert "'word-levle' is no system; did you mean word-level?" in result.output


def test_a_study_inside_its_corpus_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    result = run(corpus, tmp_path, "--out", corpus.path / "study")
    assert isinstance(result.exception, CorpusError)
    assert result.exception.exit_code == 8


def test_what_cannot_be_learnt_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    one_label = tiny_corpus(tmp_path / "corpus", train=1)
    result = run(one_label, tmp_path)
    assert result.exit_code == 4
    assert "all bear the same label" in result.stdout + result.stderr
    assert "majority" in (tmp_path / "study" / "comparison.md").read_text("utf-8")
