"""`relext graph` through its runner: a folder in, a map in every form out."""

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from corpus_tools.errors import CorpusError
from relext.cli import relext
from tests.relext.graph_documents import ASPIRIN, ASPIRIN_LINES, DENIED, DENIED_LINES, write_notes

FILES = {
    *("README.md", "edges.csv", "edges.parquet", "graph.graphml", "graph.html", "graph.ttl"),
    *("nodes.csv", "nodes.parquet", "summary.json"),
}


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return write_notes(tmp_path / "notes", {"a": (ASPIRIN, ASPIRIN_LINES), "ward/b": (DENIED, DENIED_LINES)})


def run(*arguments: object) -> Result:
    return CliRunner().invoke(relext, ["graph", *map(str, arguments)])


def test_a_folder_becomes_a_map_in_every_form(notes: Path, tmp_path: Path) -> None:
    result = run(notes, "--out", tmp_path / "map", "--json")
    assert result.exit_code == 0, result.output
    assert {path.name for path in (tmp_path / "map").iterdir()} == FILES
    record = json.loads(result.stdout)
    assert (record["documents"], record["nodes"], record["edges"], record["relations"]) == (2, 2, 2, 2)
    assert json.loads((tmp_path / "map" / "summary.json").read_text())["edges"] == 2


def test_small_cells_are_left_out_and_the_report_says_why(notes: Path, tmp_path: Path) -> None:
    result = run(notes, "--out", tmp_path / "map", "--min-support", "2")
    assert "0 nodes and 2 edges behind which fewer than 2 texts" in result.stderr
    readme = (tmp_path / "map" / "README.md").read_text("utf-8")
    assert "re-identification of small cells" in readme
    with (tmp_path / "map" / "edges.csv").open(newline="") as file:
        assert list(csv.DictReader(file)) == []


def test_words_of_the_sentences_stand_nowhere_unless_asked_for(tmp_path: Path) -> None:
    secret = "Zyxwvut saw aspirin help the pain."
    lines = ("T1  Drug 12 19  aspirin", "T2  Sign 29 33  pain", "R1  treats Arg1:T1 Arg2:T2")
    notes = write_notes(tmp_path / "notes", {"a": (secret, lines)})
    result = run(notes, "--out", tmp_path / "map", "-v")
    assert not [path for path in (tmp_path / "map").iterdir() if b"Zyxwvut" in path.read_bytes()]
    assert "aspirin" not in result.output
    run(notes, "--out", tmp_path / "quoted", "--show-text")
    quoting = {path.name for path in (tmp_path / "quoted").iterdir() if b"Zyxwvut" in path.read_bytes()}
    assert {"edges.csv", "graph.html", "graph.ttl"} <= quoting


def test_specialties_and_patients_come_from_the_metadata_beside(notes: Path, tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_text("doc_id,specialty,patient\na,Cardiology,P1\nward/b,Cardiology,P1\n")
    run(notes, "--out", tmp_path / "map")
    with (tmp_path / "map" / "edges.csv").open(newline="") as file:
        assert [row["specialties:string[]"] for row in csv.DictReader(file)] == ["Cardiology 1", "Cardiology 1"]
    with (tmp_path / "map" / "nodes.csv").open(newline="") as file:
        assert [(row["documents:int"], row["cases:int"]) for row in csv.DictReader(file)] == [("2", "1"), ("2", "1")]


def test_what_is_left_out_and_rejected_is_named_with_exit_code_4(notes: Path, tmp_path: Path) -> None:
    write_notes(notes, {"c": ("rash", ("T1  Sign 0 4  rash", "T2  Sign 90 94  rash", "R1  near Arg1:T1 Arg2:T1"))})
    result = run(notes, "--out", tmp_path / "map")
    assert result.exit_code == 4
    assert "left out: self 1" in result.stderr
    assert "rejected: BRAT-T-OFFSET 1" in result.stderr
    assert f"1 rejected, listed in {tmp_path}/map/rejects.jsonl" in result.stderr
    row = json.loads((tmp_path / "map" / "rejects.jsonl").read_text())
    assert (row["file"], row["annotation_id"]) == ("c.ann", "T2")


def test_a_link_is_skipped_and_counted(notes: Path, tmp_path: Path) -> None:
    (notes / "d.txt").symlink_to(notes / "a.txt")
    result = run(notes, "--out", tmp_path / "map", "--json")
    assert result.exit_code == 4
    assert json.loads(result.stdout)["documents"] == 2


def test_a_folder_without_documents_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = run(tmp_path / "empty", "--out", tmp_path / "map")
    assert isinstance(result.exception, CorpusError)
    assert result.exception.exit_code == 3
    assert "no document that can be read" in str(result.exception)
    assert not (tmp_path / "map").exists()


def test_an_existing_output_is_kept_unless_forced(notes: Path, tmp_path: Path) -> None:
    assert run(notes, "--out", tmp_path / "map").exit_code == 0
    again = run(notes, "--out", tmp_path / "map")
    assert isinstance(again.exception, CorpusError)
    assert again.exception.exit_code == 2
    assert run(notes, "--out", tmp_path / "map", "--force").exit_code == 0


def test_same_input_same_bytes(notes: Path, tmp_path: Path) -> None:
    for name in ("one", "other"):
        run(notes, "--out", tmp_path / name)
    contents = [{path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "other")]
    assert contents[0] == contents[1]
