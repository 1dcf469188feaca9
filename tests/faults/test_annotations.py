"""Faults 12 to 24: the lines of an `.ann`, through `corpus validate` and `corpus build`."""

from pathlib import Path

import pytest

from tests.faults.commands import ANN, SCHEMA, TEXT, build, run, validate, write_note

CIRCLE = ANN + "E1\tDrug:T1 With:E2\nE2\tSymptom:T2 With:E1\nE3\tDrug:T1 With:E3\n"


@pytest.mark.parametrize(
    "offsets",
    [
        "0 999",
        "-1 3",
        "7 0",
        "3 3",
        "1_0 1_2",
        "+0 7",
        "\u0660 \u0667",
        "0 " + "9" * 5000,
        "0x0 7",
        "0.0 7.0",
        "0 7;8 999",
    ],
)
def test_fault_12_offsets_that_are_none_cost_one_line(tmp_path: Path, offsets: str) -> None:
    ended = validate(write_note(tmp_path, f"{ANN}T9\tDrug {offsets}\tAspirin\n"))
    assert (ended.code, ended.rejects) == (4, {"BRAT-T-OFFSET": 1})
    assert ended.record["rejects"][0]["line"] == 4


def test_fault_13_small_shift_is_repaired_and_another_text_rejected_unquoted(tmp_path: Path) -> None:
    root = write_note(tmp_path, "T1\tDrug 1 8\tAspirin\nT2\tDrug 0 7\tIbupro\n")
    ended = validate(root)
    assert (ended.code, ended.rejects) == (4, {"BRAT-T-SPAN-MISMATCH": 1})
    assert [(row["annotation_id"], row["shift"]) for row in ended.record["repairs"]] == [("T1", -1)]
    assert "6" in ended.record["rejects"][0]["message"] and "Ibupro" not in ended.out + ended.err
    assert "Ibupro" in validate(root, "--show-text").out


def test_fault_14_missing_text_column_is_filled_in_a_copy_alone(tmp_path: Path) -> None:
    root = write_note(tmp_path / "in", "T1\tDrug 0 7\nT2\tSymptom 14 18\t\n")
    assert validate(root).rejects == {"BRAT-T-TEXT": 2}
    assert "Aspirin" in validate(root, "--show-text").record["rejects"][0]["message"]
    assert validate(root, "--fix", tmp_path / "copy").code == 0
    assert (tmp_path / "copy/note.ann").read_text() == "T1\tDrug 0 7\tAspirin\nT2\tSymptom 14 18\tpain\n"
    assert (root / "note.ann").read_text() == "T1\tDrug 0 7\nT2\tSymptom 14 18\t\n"


def test_fault_15_unsorted_and_adjacent_fragments_stay_and_overlapping_ones_go(tmp_path: Path) -> None:
    ann = "T1\tDrug 14 18;0 7\tpain Aspirin\nT2\tDrug 0 3;3 7\tAsp irin\nT3\tDrug 0 5;3 7\tAspir irin\n"
    ended = validate(write_note(tmp_path / "in", ann), "--fix", tmp_path / "copy")
    assert (ended.rejects, ended.warnings) == ({"BRAT-T-OVERLAP": 1}, {"BRAT-T-UNSORTED": 1, "BRAT-T-ADJACENT": 1})
    assert (tmp_path / "copy/note.ann").read_text() == ann[: ann.index("T3")]  # as they were written


def test_fault_16_range_over_a_line_break_is_kept_and_written_as_fragments(tmp_path: Path) -> None:
    for annotator in ("anna", "ben"):
        write_note(tmp_path / "in" / annotator, "T1\tDrug 0 8\tAspi rin\n", text="Aspi\nrin now")
    ended = validate(tmp_path / "in/anna")
    assert (ended.code, ended.warnings) == (0, {"BRAT-T-NEWLINE": 1})
    assert run("adjudicate", "apply", tmp_path / "in").code == 0
    assert "Drug 0 4;5 8\tAspi rin" in (tmp_path / "in/gold/note.ann").read_text()


def test_fault_17_second_line_with_an_id_is_rejected_and_the_first_stands(tmp_path: Path) -> None:
    ended = validate(write_note(tmp_path, ANN + "T1\tDrug 8 13\thelps\nR1\tcauses Arg1:T1 Arg2:T2\n"))
    assert (ended.code, ended.rejects) == (4, {"BRAT-DUPLICATE-ID": 2})
    assert [row["message"] for row in ended.record["rejects"]] == [
        "line 1 has the id T1 already",
        "line 3 has the id R1 already",
    ]


def test_fault_17_relation_under_two_ids_is_warned_of(tmp_path: Path) -> None:
    ended = validate(write_note(tmp_path, ANN + "R2\ttreats Arg1:T1 Arg2:T2\n"))
    assert (ended.code, ended.warnings) == (0, {"BRAT-R-REPEATED": 1})


@pytest.mark.parametrize(
    "line",
    [
        "R2\ttreats Arg1:T1 Arg2:T9",
        "A1\tNegated T9",
        "N1\tReference T9 UMLS:C1\tx",
        "#1\tAnnotatorNotes T9\tx",
        "E1\tDrug:T9",
        "*\tEquiv T1 T9",
        "R2\ttreats Arg1:R1 Arg2:T1",
    ],
)
def test_fault_18_reference_that_leads_nowhere_costs_its_line_alone(tmp_path: Path, line: str) -> None:
    ended = validate(write_note(tmp_path, f"{line}\n{ANN}"))  # and T1 is referred to before it comes
    assert (ended.code, ended.rejects) == (4, {"BRAT-REFERENCE": 1})
    assert ended.record["documents"]["rejected"] == 0


def test_fault_19_other_roles_are_kept_and_n_ary_relations_counted(tmp_path: Path) -> None:
    lines = ["R2\tcauses ARG1:T1 ARG2:T2", "R3\tgives Agent:T1 Theme:T2", "R4\ttreats T1 T2",
             "R5\ttreats Arg1:T1 Arg1:T2", "R6\ttreats Arg1:T1 Arg2:T2 Arg3:T1"]  # fmt: skip
    root = write_note(tmp_path / "in", ANN + "".join(f"{line}\n" for line in lines))
    assert validate(root).code == 0
    ended = build(root, tmp_path / "corpus", "--json")
    relations = ended.record["accounting"]["relations"]
    assert relations["kept"] == 6
    assert relations["n-ary"] == 1
    assert sum(relations.values()) == 2 * 6  # each under `kept` and under one fate


def test_fault_20_overlapping_groups_are_one_and_no_relations_unless_asked(tmp_path: Path) -> None:
    text, ann = "one two three", "T1\tDrug 0 3\tone\nT2\tDrug 4 7\ttwo\nT3\tDrug 8 13\tthree\n"
    groups = "R1\ttreats Arg1:T1 Arg2:T2\n*\tEquiv T1 T2\n*\tEquiv T2 T3\n"
    root = write_note(tmp_path / "in", ann + groups, text=text)
    plain = build(root, tmp_path / "plain", "--json").record["accounting"]
    asked = build(root, tmp_path / "asked", "--json", "--equivalences").record["accounting"]
    assert plain["relations"]["kept"] == asked["relations"]["kept"] == 1
    kept = [each["derived relations"]["kept"] for each in (plain, asked)]
    assert kept == [0, 3]  # the pairs of one class of three, not of two classes of two


@pytest.mark.parametrize("options", [(), ("--events", "relations")])
def test_fault_21_events_in_a_circle_are_kept_and_end(tmp_path: Path, options: tuple[str, ...]) -> None:
    root = write_note(tmp_path / "in", CIRCLE)
    assert validate(root).record["lines"]["E"]["kept"] == 3
    assert build(root, tmp_path / "corpus", *options).code == 0


def test_fault_22_attributes_and_notes_of_relations_and_conflicts(tmp_path: Path) -> None:
    lines = "A1\tSure R1\nA2\tSize T1 a b c\nA3\tNegated T1 x\nA4\tNegated T1 y\n#1\tAnnotatorNotes R1\thi\n"
    ended = validate(write_note(tmp_path / "in", ANN + lines), "--fix", tmp_path / "copy")
    assert (ended.code, ended.warnings) == (0, {"BRAT-A-CONFLICT": 1})
    assert (tmp_path / "copy/note.ann").read_text() == ANN + lines


@pytest.mark.parametrize(
    ("ann", "code", "rejects"),
    [
        ("T1 Drug 0 7 Aspirin\n", 4, {"BRAT-SYNTAX": 1}),
        ("T1\tDrug 0 7\tAspirin   \n\n\n", 0, {}),
        ("# nothing but a comment\n", 0, {}),
        ("", 0, {}),
        (None, 0, {}),
    ],
)
def test_fault_23_layout_of_lines_and_missing_halves(
    tmp_path: Path, ann: str | None, code: int, rejects: dict[str, int]
) -> None:
    ended = validate(write_note(tmp_path, ann))
    assert (ended.code, ended.rejects) == (code, rejects)
    assert ended.record["documents"]["annotated"] == (ann is not None)  # empty is not missing


def test_fault_23_annotations_without_a_text_and_bionlp_pairs_are_rejected(tmp_path: Path) -> None:
    write_note(tmp_path, text=None)
    write_note(tmp_path, None, name="pair")
    (tmp_path / "pair.a1").write_text(ANN)
    assert validate(tmp_path).rejects == {"TXT-MISSING": 4, "FILE-A1-A2": 1}


def test_fault_24_label_outside_the_schema_is_kept_with_the_nearest_name(tmp_path: Path) -> None:
    root = write_note(tmp_path, "T1\tDrg 0 7\tAspirin\nT2\tdrug 0 7\tAspirin\nT3\tSymptom 14 18\tpain\n"
                                "R1\ttreats Arg1:T3 Arg2:T3\n")  # fmt: skip
    (tmp_path / "annotation.conf").write_text(SCHEMA)
    ended = validate(root)
    assert (ended.code, ended.warnings) == (0, {"SCHEMA-TYPE": 2, "SCHEMA-PAIR": 1})
    assert all("Drug" in row["message"] for row in ended.record["warning_rows"][:2])
    assert validate(root, "--strict-schema").code == 4


@pytest.mark.parametrize("label", ["Dr/ug", "Dr ug", "<script>", "x" * 10_240, "Dr\x1bug", "Dr\\ug"])
def test_fault_24_label_that_brat_could_not_store_is_rejected(tmp_path: Path, label: str) -> None:
    ended = validate(write_note(tmp_path, f"T1\t{label} 0 7\tAspirin\n"))
    assert (ended.code, ended.rejects) == (4, {"BRAT-LABEL": 1})
    assert label not in ended.out + ended.err


def test_fault_24_hostile_names_of_a_schema_are_refused(tmp_path: Path) -> None:
    root = write_note(tmp_path / "in")
    schema = tmp_path / "schema.toml"
    schema.write_text('schema_version = 1\n[[entity]]\nname = "<script>alert(1)</script>"\n')
    ended = build(root, tmp_path / "corpus", "--schema", schema)
    assert (ended.code, ended.err.count("\n")) == (3, 1)
    assert TEXT.split()[0] not in ended.err
