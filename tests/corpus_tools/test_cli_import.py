"""`corpus import` plans a round, says what it left out, and refuses what it can't read."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from corpus_tools.cli.import_ import import_transcriptions
from corpus_tools.errors import InputError, OutputExists, Refused
from corpus_tools.storage import hash_folder

ROWS = "".join(f"{n},d,Surgery,s,Invented text number {n} about a cough{n} and fever{n}.,k\n" for n in range(8))
CSV = ",description,medical_specialty,sample_name,transcription,keywords\n" + ROWS + "9,d,Rare,s,Lonely.,k\n"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "transcriptions.csv"
    path.write_text(CSV)
    return path


def run(source: Path, folder: Path, *options: str) -> tuple[int, str, str]:
    arguments = [str(source), "--out", str(folder), "--min-samples", "2", "--size", "4", *options]
    result = CliRunner().invoke(import_transcriptions, arguments, catch_exceptions=False, standalone_mode=False)
    return result.exit_code, result.stdout, result.stderr


def test_import_prints_one_object_with_its_counts(source: Path, tmp_path: Path) -> None:
    code, out, err = run(source, tmp_path / "annotations" / "round-1", "--json", "--overlap", "0.5")
    figures = json.loads(out)
    assert (code, figures["schema"], figures["listings"], figures["documents_left_out"]) == (0, "corpus/import", 9, 1)
    assert (figures["drawn"], figures["double"]) == (4, 2)
    assert figures["annotators"] == {"annotator-a": 3, "annotator-b": 3}
    assert "corpus validate" in err


def test_second_round_takes_what_the_first_left(source: Path, tmp_path: Path) -> None:
    rounds = tmp_path / "annotations"
    run(source, rounds / "round-1")
    _, out, _ = run(source, rounds / "round-2", "--json")
    names = [{path.stem for path in (rounds / name).rglob("*.txt")} for name in ("round-1", "round-2")]
    assert json.loads(out)["already_annotated"] == 4
    assert (len(names[0]), len(names[1]), names[0] & names[1]) == (4, 4, set())


def test_shipped_schema_gives_brats_files_and_the_rounds_hashes(source: Path, tmp_path: Path, project: Path) -> None:
    folder = tmp_path / "round-1"
    run(source, folder, "--schema", str(project / "guidelines" / "schema.toml"))
    assert "Symptom" in (folder / "annotation.conf").read_text()
    assert set(json.loads((folder / "round.json").read_text())["hashes"]) == {"guidelines", "schema", "transcriptions"}


def test_same_seed_same_bytes(source: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        run(source, tmp_path / name / "round-1")
    assert hash_folder(tmp_path / "a") == hash_folder(tmp_path / "b")


def test_output_that_is_there_is_not_overwritten(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path / "round-1")
    with pytest.raises(OutputExists, match="--force"):
        run(source, tmp_path / "round-1")


def test_annotated_round_is_refused_before_the_csv_is_read(source: Path, tmp_path: Path) -> None:
    run(source, tmp_path / "round-1")
    next((tmp_path / "round-1").rglob("*.ann")).write_text("T1\tSymptom 0 8\tInvented\n")
    source.write_bytes(b"\xff")
    with pytest.raises(Refused, match="somebody has annotated there"):
        run(source, tmp_path / "round-1", "--force")


def test_csv_without_transcriptions_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="no column 'transcription'"):
        run(tmp_path / "a.csv", tmp_path / "round-1")
    assert not (tmp_path / "round-1").exists()
