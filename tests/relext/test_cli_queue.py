"""`relext queue` through its runner: texts in, their order out; what is known already is left out."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from corpus_tools.errors import InputError
from corpus_tools.storage import hash_text
from relext.cli import relext
from relext.model import write_model
from tests.relext.tiny_models import eager_finder, eager_model, tiny_document

NOTES = "transcription,medical_specialty\n" + "".join(
    f"{tiny_document(n).text},{'=A' if n % 2 else 'B'}\n" for n in range(6)
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a model that was trained on note 0."""
    folder = tmp_path_factory.mktemp("queue") / "model"
    trained = replace(eager_model(), document_hashes=frozenset({hash_text(tiny_document(0).text)}))
    write_model(folder, trained, finder=eager_finder())
    return folder


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "notes.csv"
    path.write_text(NOTES)
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(relext, [str(argument) for argument in arguments])


def test_the_queue_is_written_and_annotate_follows_it(model: Path, table: Path, tmp_path: Path) -> None:
    result = run("queue", model, table, "--out", tmp_path / "queue", "--batch", 2, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["known"] == 1
    rows = [json.loads(line) for line in (tmp_path / "queue" / "queue.jsonl").read_text().splitlines()]
    assert [(row["rank"], row["batch"]) for row in rows] == [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3)]
    assert [row["value"] for row in rows] == sorted((row["value"] for row in rows), reverse=True)
    with (tmp_path / "queue" / "queue.csv").open(newline="") as file:
        cells = list(csv.DictReader(file))
    assert [row["doc_id"] for row in cells] == [row["doc_id"] for row in rows]
    assert {row["specialty"] for row in cells} == {"'=A", "B"}
    queue = tmp_path / "queue" / "queue.jsonl"
    run("annotate", model, table, "--queue", queue, "--first", 2, "--out", tmp_path / "out")
    assert {path.stem for path in (tmp_path / "out").glob("*.txt")} == {row["doc_id"] for row in rows[:2]}


def test_texts_of_earlier_rounds_are_left_out(model: Path, table: Path, tmp_path: Path) -> None:
    (tmp_path / "rounds" / "round-1" / "anna").mkdir(parents=True)
    (tmp_path / "rounds" / "round-1" / "anna" / "x.txt").write_text(tiny_document(1).text)
    result = run("queue", model, table, "--annotated", tmp_path / "rounds")
    assert "2 documents are left out" in result.stderr
    assert "aspirin" not in result.output


def test_nothing_left_to_queue_is_said(model: Path, tmp_path: Path) -> None:
    (tmp_path / "known.csv").write_text("\n".join(NOTES.split("\n")[:2]))
    result = run("queue", model, tmp_path / "known.csv")
    assert isinstance(result.exception, InputError)
    assert "no document to queue: 1 are annotated already" in str(result.exception)


def test_a_queue_of_other_texts_is_refused(model: Path, table: Path, tmp_path: Path) -> None:
    (tmp_path / "queue.jsonl").write_text('{"doc_id": "elsewhere"}\n')
    result = run("annotate", model, table, "--queue", tmp_path / "queue.jsonl", "--out", tmp_path / "out")
    assert "1 documents of the queue are not among the texts" in str(result.exception)
    assert not (tmp_path / "out").exists()
