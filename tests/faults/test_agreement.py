"""Faults 34 to 41: the mathematics of agreement, through `corpus agreement` and the reviewer's log."""

import json
from pathlib import Path
from typing import Any

import pytest

from corpus_tools.storage import hash_folder
from tests.faults.commands import ANN, SCHEMA, TEXT, run, write_note

SWAPPED = ANN.replace("Arg1:T1 Arg2:T2", "Arg1:T2 Arg2:T1")


def agree(root: Path, *options: object, texts: str = TEXT, **anns: str) -> Any:
    """Return the record of `corpus agreement` over one note that each annotator wrote."""
    for name, ann in anns.items():
        write_note(root / name, ann, text=texts)
    return run("agreement", root, "--json", "--bootstrap", 0, *options).record


def f1(record: Any, layer: str, mode: str) -> float | None:
    value = record["f1"][layer][mode]["f1"]
    return None if value is None else float(value)


def test_fault_34_nothing_marked_is_null_with_a_reason(tmp_path: Path) -> None:
    record = agree(tmp_path, anna="", ben="")
    score = record["f1"]["relations"]["exact"]
    assert score["f1"] is None
    assert score["reason"]


def test_fault_34_json_holds_no_number_that_json_has_not(tmp_path: Path) -> None:
    for name in ("anna", "ben"):
        write_note(tmp_path / name, "")
    out = run("agreement", tmp_path, "--json").out
    json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} in the record"))


def test_fault_35_identical_annotations_agree_fully_under_other_ids_and_orders(tmp_path: Path) -> None:
    t1, t2, relation = ANN.splitlines(keepends=True)
    renumbered = relation.replace("T1", "T8").replace("T2", "T7") + t2.replace("T2", "T7") + t1.replace("T1", "T8")
    record = agree(tmp_path, anna=ANN, ben=renumbered)
    assert [f1(record, layer, mode) for layer in ("entities", "relations") for mode in ("exact", "overlap")] == [
        1.0
    ] * 4


def test_fault_36_kappa_of_one_category_is_null_with_a_reason(tmp_path: Path) -> None:
    record = agree(tmp_path, anna="T1\tDrug 0 7\tAspirin\n", ben="T1\tDrug 0 7\tAspirin\n")
    kappas = [row for row in record["pairs"][0]["kappas"] if row["unit"] == "type"]
    assert [(row["value"], row["reason"]) for row in kappas] == [(None, "single category")]


def test_fault_37_boundary_alone_is_no_exact_match_and_one_by_overlap(tmp_path: Path) -> None:
    record = agree(tmp_path, anna="T1\tSymptom 8 18\thelps pain\n", ben="T1\tSymptom 14 18\tpain\n")
    assert (f1(record, "entities", "exact"), f1(record, "entities", "overlap")) == (0.0, 1.0)


def test_fault_38_relation_over_other_boundaries_agrees_by_overlap_alone(tmp_path: Path) -> None:
    wide = ANN.replace("14 18\tpain", "8 18\thelps pain")
    record = agree(tmp_path, anna=ANN, ben=wide)
    assert (f1(record, "relations", "exact"), f1(record, "relations", "overlap")) == (0.0, 1.0)


@pytest.mark.parametrize(("symmetric", "expected"), [("", 0.0), (", <REL-TYPE>:symmetric", 1.0)])
def test_fault_38_direction_counts_unless_the_label_is_symmetric(
    tmp_path: Path, symmetric: str, expected: float
) -> None:
    conf = SCHEMA.replace("Arg1:Drug, Arg2:Symptom", f"Arg1:Drug|Symptom, Arg2:Symptom|Drug{symmetric}")
    (tmp_path / "annotation.conf").write_text(conf)
    record = agree(tmp_path, anna=ANN, ben=SWAPPED)
    assert f1(record, "relations", "exact") == expected
    conflicts = {row["kind"]: row["count"] for row in record["disagreements"]}
    assert conflicts["direction"] == 1 - expected


def test_fault_39_relations_that_share_an_end_and_stacked_mentions_reach_gold(tmp_path: Path) -> None:
    # Two mentions on the same characters, each the end of a relation of its own.
    ann = ANN + "T3\tFinding 14 18\tpain\nR2\tcauses Arg1:T1 Arg2:T3\n"
    for name in ("anna", "ben"):
        write_note(tmp_path / name, ann)
    assert run("adjudicate", "apply", tmp_path).code == 0
    gold = (tmp_path / "gold/note.ann").read_text()
    assert (gold.count("\nT"), gold.count("\nR")) == (2, 2)  # the first line is the third T
    assert {line.split()[1] for line in gold.splitlines() if line[0] == "R"} == {"treats", "causes"}


def test_fault_40_positions_that_not_all_rated_are_counted(tmp_path: Path) -> None:
    record = agree(tmp_path, anna=ANN, ben=ANN, cem=ANN.partition("\n")[0])  # the second mention is not cem's
    alphas = [row for row in record["group"] if (row["unit"], row["coefficient"]) == ("type", "alpha")]
    assert [(row["n"], row["incomplete"]) for row in alphas] == [
        (1, 1),
        (2, 0),
    ]  # of what all three marked, then of what two did


def test_fault_41_intervals_are_the_same_bytes_for_any_number_of_workers(tmp_path: Path) -> None:
    for name in ("anna", "ben"):
        for note in "abcd":
            write_note(tmp_path / "in" / name, ANN if name == "anna" or note in "ab" else "", name=note)
    for jobs in (1, 2):
        assert run("agreement", tmp_path / "in", "--out", tmp_path / f"out{jobs}", "--jobs", jobs).code == 0
    assert hash_folder(tmp_path / "out1") == hash_folder(tmp_path / "out2")
