"""The account of a project: every line kept or rejected, and the corrected copy."""

import json
import re
from pathlib import Path

import pytest

from corpus_tools.errors import InputError, OutputExists, Refused
from corpus_tools.standoff import ValidationReport, ValidationSettings, validate_folder

TEXT = "Aspirin helps pain."
ANN = (
    "T1\tDrug 1 8\tAspirin\n"  # shifted by one: repaired
    "T2\tSymptom 14 18\tpain\n"
    "T3\tSymptom 14 18\n"  # no text
    "R1\ttreats Arg1:T1 Arg2:T2\n"
    "R2\ttreats Arg1:T1 Arg2:T3\n"  # depends on T3
    "\n"
    "free text\n"
    "#1\tAnnotatorNotes T2\tx\n"
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "b").mkdir(parents=True)
    (folder / "a.txt").write_text(TEXT)
    (folder / "a.ann").write_text(ANN)
    (folder / "b/c.txt").write_text("nothing here")
    (folder / "d.ann").write_text("T1\tDrug 0 1\tx\n\n")
    return folder


def table(report: ValidationReport) -> dict[str, tuple[int, int, int, int]]:
    counts = {kind: tuple(each.to_json().values()) for kind, each in report.lines.items()}
    return {kind: row for kind, row in counts.items() if any(row)}  # type: ignore[misc]


def test_every_line_is_accounted_for(root: Path) -> None:
    report = validate_folder(root)
    # read, kept, repaired, rejected; d.ann has no text, so its T is rejected and its blank line kept.
    assert table(report) == {"T": (4, 2, 1, 2), "R": (2, 1, 0, 1), "#": (1, 1, 0, 0), "other": (3, 2, 0, 1)}
    assert report.documents == {"read": 3, "annotated": 2, "unannotated": 1, "rejected": 1}
    assert report.rejects_by_code == {"TXT-MISSING": 2, "BRAT-T-TEXT": 1, "BRAT-DEPENDS": 1, "BRAT-FREE-TEXT": 1}


def test_report_is_plain_json(root: Path) -> None:
    record = json.loads(json.dumps(validate_folder(root).to_json(), allow_nan=False))
    assert record["lines"]["T"] == {"read": 4, "kept": 2, "repaired": 1, "rejected": 2}
    assert record["repairs"] == [{"file": "a.ann", "annotation_id": "T1", "shift": -1, "line": 1, "reason": "shifted"}]
    assert (record["rejects"][0]["file"], record["rejects"][0]["line"]) == ("a.ann", 3)


def test_strict_stops_at_the_first_reject(root: Path) -> None:
    with pytest.raises(InputError, match=r"a\.ann:3: BRAT-T-TEXT T3 .* stopped by --strict"):
        validate_folder(root, ValidationSettings(strict=True))


def test_strict_stops_at_what_the_walk_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.a1").write_text("x")
    with pytest.raises(InputError, match="FILE-A1-A2"):
        validate_folder(tmp_path, ValidationSettings(strict=True))


def test_corrected_copy_validates_without_rejects(root: Path, tmp_path: Path) -> None:
    report = validate_folder(root, ValidationSettings(fix=tmp_path / "copy"))
    assert (tmp_path / "copy/a.ann").read_text() == (
        "T1\tDrug 0 7\tAspirin\nT2\tSymptom 14 18\tpain\nT3\tSymptom 14 18\tpain\n"
        "R1\ttreats Arg1:T1 Arg2:T2\nR2\ttreats Arg1:T1 Arg2:T3\n\n#1\tAnnotatorNotes T2\tx\n"
    )
    assert (tmp_path / "copy/b/c.txt").exists()
    assert not (tmp_path / "copy/b/c.ann").exists()
    assert report.lines["T"].repaired == 2
    assert validate_folder(tmp_path / "copy").rejects == ()


def test_corrected_copy_lists_what_was_left_out_and_takes_the_configuration(root: Path, tmp_path: Path) -> None:
    (root / "annotation.conf").write_text("[entities]\nDrug\nSymptom\n[relations]\ntreats Arg1:Drug, Arg2:Symptom\n")
    validate_folder(root, ValidationSettings(fix=tmp_path / "copy"))
    rows = [json.loads(row) for row in (tmp_path / "copy/rejects.jsonl").read_text().splitlines()]
    assert [row["code"] for row in rows] == ["BRAT-FREE-TEXT", "TXT-MISSING", "TXT-MISSING"]
    assert (tmp_path / "copy/annotation.conf").read_bytes() == (root / "annotation.conf").read_bytes()


def test_input_is_never_changed(root: Path, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in root.rglob("*.*")}
    validate_folder(root, ValidationSettings(fix=tmp_path / "copy"))
    assert {path: path.read_bytes() for path in root.rglob("*.*")} == before


def test_copy_into_the_project_or_over_something_is_refused(root: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/x").write_text("x")
    with pytest.raises(Refused):
        validate_folder(root, ValidationSettings(fix=root / "copy"))
    with pytest.raises(OutputExists):
        validate_folder(root, ValidationSettings(fix=tmp_path / "full"))


def test_strict_leaves_no_half_written_copy(root: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        validate_folder(root, ValidationSettings(strict=True, fix=tmp_path / "copy"))
    assert not (tmp_path / "copy").exists()


def test_schema_beside_the_documents_advises_or_is_enforced(root: Path) -> None:
    (root / "annotation.conf").write_text("[entities]\nDrugs\nSymptom\n[relations]\ntreats Arg1:Drugs, Arg2:Symptom\n")
    report = validate_folder(root)
    assert report.warnings_by_code == {"SCHEMA-TYPE": 1, "SCHEMA-PAIR": 1}
    assert report.schema == "annotation.conf"
    enforced = validate_folder(root, ValidationSettings(strict_schema=True))
    assert enforced.rejects_by_code["SCHEMA-TYPE"] == 1
    assert all(counts.kept + counts.rejected == counts.read for counts in enforced.lines.values())
    assert enforced.lines["T"].repaired == 0  # the repaired mention is the one of a foreign type


def test_clinical_text_is_shown_on_request_only(root: Path) -> None:
    assert "'pain'" not in str(validate_folder(root).rejects)
    assert "'pain'" in str(validate_folder(root, ValidationSettings(show_text=True)).rejects)


def test_folder_without_documents_gives_an_empty_account(tmp_path: Path) -> None:
    report = validate_folder(tmp_path)
    assert report.documents["read"] == 0
    assert table(report) == {}


def test_every_code_is_documented(project: Path) -> None:
    page = (project / "docs/validation.md").read_text()
    sources = "".join(path.read_text() for path in (project / "corpus_tools/standoff").glob("*.py"))
    codes = set(re.findall(r'"((?:ANN|BRAT|FILE|OFFSETS|SCHEMA|TXT)-[A-Z0-9-]+[A-Z0-9])"', sources))
    assert len(codes) > 30
    assert {code for code in codes if code not in page} == set()
