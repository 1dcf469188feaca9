"""Relations of three arguments are compared as such: label, roles, and a mention in each role."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from corpus_tools.agreement import Agreement
from corpus_tools.cli import corpus
from tests.corpus_tools.annotated_projects import f1, measure, write_project

MENTIONS = "T1 Drug 0 7\nT2 Symptom 14 31\nT3 Drug 33 41\nT4 Symptom 56 60\n"
TREATS = "R1 regimen Drug:T1 With:T3 For:T2\n"


def compare(root: Path, anna: str, ben: str, **options: object) -> Agreement:
    return measure(write_project(root, {"anna": MENTIONS + anna, "ben": MENTIONS + ben}), **options)


@pytest.mark.parametrize(
    ("other", "value"),
    [
        (TREATS, 1.0),
        ("R7 regimen For:T2 Drug:T1 With:T3\n", 1.0),
        ("R1 regimen Drug:T3 With:T1 For:T2\n", 0.0),
        ("R1 regimen Drug:T1 With:T3 For:T4\n", 0.0),
        ("R1 protocol Drug:T1 With:T3 For:T2\n", 0.0),
        ("R1 regimen Drug:T1 With:T3 For:T2 For2:T4\n", 0.0),
        ("", 0.0),
    ],
)
def test_a_relation_of_three_matches_with_label_roles_and_fillers(tmp_path: Path, other: str, value: float) -> None:
    assert f1(compare(tmp_path, TREATS, other), "n_ary") == value


def test_f1_counts_matched_and_marked(tmp_path: Path) -> None:
    second = "R2 regimen Drug:T1 With:T3 For:T4\n"
    score = compare(tmp_path, TREATS + second, TREATS).scores["n_ary", "exact"].total
    # 2 * 1 / (2 + 1)
    assert (score.matched, score.first, score.second, score.f1.value) == (1, 2, 1, pytest.approx(2 / 3))


def test_boundaries_and_types_count_as_the_mode_says(tmp_path: Path) -> None:
    other = MENTIONS.replace("T2 Symptom 14 31", "T2 Symptom 21 31").replace("T3 Drug", "T3 Agent")
    root = write_project(tmp_path / "typed", {"anna": MENTIONS + TREATS, "ben": other + TREATS})
    moved = write_project(
        tmp_path / "moved", {"anna": MENTIONS + TREATS, "ben": other.replace("Agent", "Drug") + TREATS}
    )
    assert f1(measure(root, modes=("exact", "overlap")), "n_ary", "overlap") == 0.0
    agreement = measure(moved, modes=("exact", "overlap", "id"))
    assert [f1(agreement, "n_ary", mode) for mode in ("exact", "overlap", "id")] == [0.0, 1.0, 1.0]


def test_events_as_arguments_stand_at_their_triggers(tmp_path: Path) -> None:
    on_event = "E1 Drug:T1\n" + TREATS.replace("Drug:T1", "Drug:E1")
    assert f1(compare(tmp_path, on_event, TREATS), "n_ary") == 1.0


def test_without_them_there_is_no_such_layer(tmp_path: Path) -> None:
    assert not any(layer == "n_ary" for layer, _ in compare(tmp_path, "", "").scores)


def test_the_command_reports_them_and_a_gate_may_name_them(tmp_path: Path) -> None:
    root = write_project(tmp_path / "project", {"anna": MENTIONS + TREATS, "ben": MENTIONS})
    arguments = ["agreement", str(root), "--json", "--bootstrap", "0"]
    record = json.loads(CliRunner().invoke(corpus, arguments).stdout)
    assert record["f1"]["n_ary"]["exact"]["labels"]["regimen"]["first"] == 1
    assert record["not_compared"]["unresolved"] == 0
    missed = CliRunner().invoke(corpus, [*arguments, "--fail-under", "n_ary.exact=0.5"])
    assert "n_ary.exact is 0.0000" in str(missed.exception)
