"""Fault 44 where decisions come from a sheet: `corpus adjudicate apply` killed at random moments."""

import csv
import shutil
from pathlib import Path

import pytest

from corpus_tools.adjudication import find_project, read_log, read_review
from corpus_tools.storage import hash_folder
from tests.corpus_tools.adjudication_inputs import write_project
from tests.corpus_tools.test_adjudication_crash import NOTES
from tests.faults import killing

LOG = Path("adjudication/decisions.jsonl")
APPLY = ("adjudicate", "apply", "project", "--decisions", "sheet.csv", "--force", "-q")


def corpus(folder: Path, *arguments: object) -> int:
    return killing.run(*arguments, folder=folder, program="corpus")


def fill_sheet(path: Path) -> None:
    """Take the first annotator's version in every row."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(row | {"choice": "anna"} for row in rows)


def prepare(folder: Path) -> tuple[str, str]:
    """Write a project with the gold of no decision, and its sheet; return the hashes of gold before and after it."""
    project = write_project(folder, NOTES)
    assert corpus(folder, "adjudicate", "queue", "project", "--out", "sheet.csv") == 0
    fill_sheet(folder / "sheet.csv")
    assert corpus(folder, "adjudicate", "apply", "project", "--partial") == 0
    shutil.copytree(project, folder / "before")
    assert corpus(folder, *APPLY) == 0
    after = hash_folder(project / "gold")
    begin_anew(folder)
    return hash_folder(project / "gold"), after


def begin_anew(folder: Path) -> None:
    shutil.rmtree(folder / "project")
    shutil.copytree(folder / "before", folder / "project")


@pytest.mark.timeout(1800)
def test_fault_44_killed_apply_leaves_the_old_gold_or_the_new_one_and_every_decision(tmp_path: Path) -> None:
    old, new = prepare(tmp_path)
    project, most = tmp_path / "project", 0

    def check() -> None:
        nonlocal most
        assert hash_folder(project / "gold") in (old, new)
        decided = [row for row in read_log(project / LOG).rows if row.action == "decide"]
        assert {row.taken for row in decided} <= {("anna",)}
        assert len({row.item for row in decided}) == len(decided) >= most  # none twice, none lost
        review = read_review(find_project(project), project / "adjudication")
        assert {item for each in review.settlements.values() for item in each.applied} == {row.item for row in decided}
        most = len(decided)
        if most == 120:  # three in each of 40 notes: all
            begin_anew(tmp_path)
            most = 0

    killing.kill_at_random(*APPLY, folder=tmp_path, check=check, seed=45, program="corpus")
    assert corpus(tmp_path, *APPLY) in (0, 4)  # 4 where rows of the sheet are decided already
    assert hash_folder(project / "gold") == new
    assert not list(project.glob(".gold.*"))
