"""Agreement on pre-annotated documents told apart from agreement on unaided ones."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from corpus_tools.agreement import SurveyOptions, survey_agreement
from corpus_tools.cli import corpus
from corpus_tools.standoff import AidRow, format_aids
from tests.corpus_tools.annotated_projects import Documents, measure, write_project

BOTH = "T1 Drug 0 7\nT2 Symptom 27 31"
ONE = "T1 Drug 0 7"
AIDED, PLAIN = [f"aided-{n}" for n in range(6)], [f"plain-{n}" for n in range(6)]


def two_rounds(root: Path, *, at: tuple[str, ...] = ("anna", "ben")) -> Path:
    """Write six documents on which both agree wholly, and six on which they share one mention of three."""
    anna: Documents = dict.fromkeys((*AIDED, *PLAIN), BOTH)
    ben: Documents = {**dict.fromkeys(AIDED, BOTH), **dict.fromkeys(PLAIN, ONE)}
    write_project(root, {"anna": anna, "ben": ben})
    for folder in at:
        (root / folder / "provenance.jsonl").write_text(format_aids(AidRow(name, model="m@1") for name in AIDED))
    return root


def test_f1_is_given_for_each_group_with_the_difference(tmp_path: Path) -> None:
    agreement = measure(two_rounds(tmp_path), samples=200)
    f1 = {name: scores["entities", "exact"].total.f1.value for name, scores in agreement.groups["aid"].items()}
    # unaided: 2 * 6 / (12 + 6)
    assert f1 == {"pre-annotated": 1.0, "unaided": pytest.approx(2 / 3)}
    assert agreement.group_sizes["aid"] == {"pre-annotated": 6, "unaided": 6}
    gap = agreement.gaps["entities", "exact"]
    assert gap.value == pytest.approx(1 / 3)
    # every document of a group is like the others, so that each resample gives the same
    assert gap.interval == pytest.approx((1 / 3, 1 / 3))


def test_a_project_wide_file_speaks_for_all_annotators(tmp_path: Path) -> None:
    agreement = measure(two_rounds(tmp_path, at=("",)))
    assert agreement.group_sizes["aid"] == {"pre-annotated": 6, "unaided": 6}


def test_documents_that_only_one_had_pre_annotated_are_a_group_of_their_own(tmp_path: Path) -> None:
    agreement = measure(two_rounds(tmp_path, at=("anna",)))
    assert agreement.group_sizes["aid"] == {"partly pre-annotated": 6, "unaided": 6}
    assert agreement.gaps == {}


def test_without_provenance_there_are_no_groups(tmp_path: Path) -> None:
    agreement = measure(two_rounds(tmp_path, at=()))
    assert "aid" not in agreement.groups
    assert agreement.gaps == {}


def test_rounds_are_told_apart_by_their_own_files(tmp_path: Path) -> None:
    for name in ("round-1", "round-2"):
        write_project(tmp_path / name, {"anna": BOTH, "ben": BOTH})
    (tmp_path / "round-2" / "provenance.jsonl").write_text(format_aids([AidRow("d")]))
    agreement = measure(tmp_path, rounds=True)
    assert agreement.group_sizes["aid"] == {"pre-annotated": 1, "unaided": 1}


def test_one_document_has_no_interval_and_says_why(tmp_path: Path) -> None:
    write_project(tmp_path, {"anna": {"a": BOTH, "b": BOTH}, "ben": {"a": BOTH, "b": ONE}})
    (tmp_path / "provenance.jsonl").write_text(format_aids([AidRow("a")]))
    gap = measure(tmp_path, samples=100).gaps["entities", "exact"]
    assert (gap.interval, gap.interval_reason) == (None, "one document can't be resampled")
    assert measure(tmp_path, samples=100).gaps["relations", "exact"].reason == "nothing to compare"


def test_the_survey_warns_of_anchoring(tmp_path: Path) -> None:
    remarks = survey_agreement(two_rounds(tmp_path), SurveyOptions(samples=200)).remarks
    assert any("entities, exact: F1 is 0.333 higher on pre-annotated documents" in each for each in remarks)
    assert not any("relations" in each and "higher" in each for each in remarks)


def test_the_command_reports_both_groups(tmp_path: Path) -> None:
    root = two_rounds(tmp_path / "project")
    result = CliRunner().invoke(corpus, ["agreement", str(root), "--out", str(tmp_path / "out"), "--bootstrap", "100"])
    assert result.exit_code == 0, result.output
    assert "F1 by aid, over all pairs" in result.stdout
    record = json.loads((tmp_path / "out" / "agreement.json").read_text())
    assert [group["name"] for group in record["aid"]["groups"]] == ["pre-annotated", "unaided"]
    assert record["aid"]["difference"]["entities"]["exact"]["difference"] == pytest.approx(1 / 3)
    assert "F1 of pre-annotated documents less that of unaided ones" in (tmp_path / "out" / "agreement.md").read_text()


def test_metadata_may_state_the_aid(tmp_path: Path) -> None:
    root = two_rounds(tmp_path / "project", at=())
    rows = "".join(f"{name},double;pre-annotated\n" for name in AIDED) + "".join(f"{name},unaided\n" for name in PLAIN)
    (tmp_path / "metadata.csv").write_text("doc_id,provenance\n" + rows)
    arguments = ["agreement", str(root), "--metadata", str(tmp_path / "metadata.csv"), "--bootstrap", "0", "--json"]
    record = json.loads(CliRunner().invoke(corpus, arguments).stdout)
    assert [group["documents"] for group in record["aid"]["groups"]] == [6, 6]
