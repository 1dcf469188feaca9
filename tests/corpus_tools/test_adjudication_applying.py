"""Decisions from a filled-in sheet or a third brat folder, and the gold folder as the replay of the log."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given

from corpus_tools.adjudication import (
    AnnotatedDocument,
    Choice,
    Review,
    apply_folder,
    apply_sheet,
    decide_item,
    export_sides,
    find_project,
    format_sheet,
    open_review,
    put_stage,
    queue_items,
    read_review,
    settle_document,
    summarize_review,
    undo_decision,
    write_gold,
)
from corpus_tools.adjudication.sheets import parse_chosen
from corpus_tools.errors import InputError, OutputExists, Refused, UsageError
from corpus_tools.standoff import EntityType, Schema, parse_document
from corpus_tools.storage import hash_folder
from tests.corpus_tools.adjudication_inputs import (
    ASPIRIN,
    CHEST_PAIN,
    CLOCK,
    FEVER,
    PAIN,
    TEXT,
    TREATS,
    is_symmetric,
    write_project,
)
from tests.corpus_tools.test_adjudication_merge import annotations

BOUNDARY = {"anna": ASPIRIN + CHEST_PAIN + TREATS, "ben": ASPIRIN + PAIN + TREATS}

Open = Callable[..., Review]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Return a function that opens the review of a project of some notes."""
    with ExitStack() as stack:

        def open_notes(notes: dict[str, dict[str, str]]) -> Review:
            project = find_project(write_project(tmp_path, notes))
            return stack.enter_context(
                open_review(project, tmp_path / "adjudication", who="dr-moss", clock=lambda: CLOCK)
            )

        yield open_notes


def sheet_rows(review: Review, *, show_text: bool = False) -> list[dict[str, str]]:
    text = format_sheet(review, queue_items(review.settlements.values()), suffix=".csv", show_text=show_text)
    return list(csv.DictReader(io.StringIO(text)))


def write_csv(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def open_kinds(review: Review) -> list[str]:
    return [each.item.kind for each in queue_items(review.settlements.values())]


def test_sheet_shows_both_versions_and_words_only_on_request(opened: Open) -> None:
    review = opened({"note": BOUNDARY})
    (row,) = sheet_rows(review)
    assert (row["anna"], row["ben"], row["choice"]) == ("Symptom 12 22", "Symptom 18 22", "")
    assert sheet_rows(review, show_text=True)[0]["anna"] == "Symptom 12 22 “chest pain”"


@pytest.mark.parametrize(
    ("choice", "chosen", "gold"),
    [
        ("anna", "", CHEST_PAIN),
        ("ben", "", PAIN),
        ("both", "", CHEST_PAIN + PAIN.replace("T2", "T3")),
        ("edit", "Diagnosis 12 17;18 22", "T2\tDiagnosis 12 17;18 22\tchest pain\n"),
    ],
)
def test_csv_that_somebody_filled_in_is_applied(
    opened: Open, tmp_path: Path, choice: str, chosen: str, gold: str
) -> None:
    review = opened({"note": {"anna": ASPIRIN + CHEST_PAIN, "ben": ASPIRIN + PAIN}})
    rows = [row | {"choice": choice, "chosen": chosen, "note": "by hand"} for row in sheet_rows(review)]
    applied = apply_sheet(review, write_csv(tmp_path / "queue.csv", rows))
    assert (applied.decided, applied.refused, open_kinds(review)) == (1, (), [])
    write_gold(review, tmp_path / "gold")
    assert (tmp_path / "gold" / "note.ann").read_text() == ASPIRIN + gold


def test_json_lines_that_somebody_filled_in_are_applied(opened: Open, tmp_path: Path) -> None:
    ends = ASPIRIN + CHEST_PAIN
    review = opened({"note": {"anna": ends + TREATS, "ben": ends + TREATS.replace("treats", "causes")}})
    text = format_sheet(review, queue_items(review.settlements.values()), suffix=".jsonl")
    record = json.loads(text)
    path = tmp_path / "queue.jsonl"
    path.write_text(json.dumps(record | {"choice": "edit", "chosen": record["contents"]["ben"]}) + "\n\n")
    assert apply_sheet(review, path).decided == 1
    assert [content.label for content in review.settlements["note"].gold.values()][-1] == "causes"


def test_sheet_moves_stages_and_notes_and_passes_over_the_rest(opened: Open, tmp_path: Path) -> None:
    review = opened({"a": BOUNDARY, "b": BOUNDARY, "c": BOUNDARY})
    first, second, third = sheet_rows(review)
    filled = [first | {"stage": "discussed", "note": "Anna insists"}, second | {"note": "look again"}, third]
    applied = apply_sheet(review, write_csv(tmp_path / "queue.csv", filled))
    assert (applied.decided, applied.staged, applied.passed_over) == (0, 2, 1)
    assert summarize_review(review).stages == {"open": 2, "discussed": 1, "escalated": 0}


def test_rows_that_can_not_be_applied_are_named_and_the_rest_goes_on(opened: Open, tmp_path: Path) -> None:
    review = opened({"a": BOUNDARY, "b": BOUNDARY, "c": BOUNDARY})
    first, second, third = sheet_rows(review)
    decide_item(review, first["item"], Choice("take", ("anna",)))  # decided since the sheet was written
    filled = [first | {"choice": "ben"}, second | {"choice": "cleo"}, third | {"choice": "neither"}]
    applied = apply_sheet(review, write_csv(tmp_path / "queue.csv", filled))
    assert applied.decided == 1
    assert [(where.rsplit(":", 1)[1], reason.split(":")[0]) for where, reason in applied.refused] == [
        ("2", "this item was changed meanwhile, in another tab or by another person"),
        ("3", str(tmp_path / "queue.csv")),
    ]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("queue.csv", b"item,choice\nx,\xff\n", "not UTF-8"),
        ("queue.csv", b'item,choice\n"x,anna\n', "not CSV"),
        ("queue.csv", b"choice\nanna\n", "expected the columns item and choice"),
        ("queue.csv", b"item,seen,choice\nx,1_0,anna\n", "seen is a number"),
        ("queue.csv", b"item,choice,chosen\nx,edit,Symptom 1 +2\n", "Type start end"),
        ("queue.jsonl", b"[]\n", "expected an object"),
        ("queue.jsonl", b'{"item": "x", "choice": "edit", "chosen": [{"layer": "shell"}]}\n', "expected an annotation"),
        ("queue.txt", b"", "ends in .csv"),
    ],
)
def test_sheet_that_can_not_be_read_changes_nothing(
    opened: Open, tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    review = opened({"note": BOUNDARY})
    (tmp_path / name).write_bytes(content)
    with pytest.raises((InputError, UsageError), match=message):
        apply_sheet(review, tmp_path / name)
    assert [row.action for row in review.log.rows] == ["accept"]


def test_cells_that_look_like_formulas_are_guarded_and_read_back(opened: Open, tmp_path: Path) -> None:
    anns = {"anna": ASPIRIN + "#1\tAnnotatorNotes T1\t=1+1\n", "ben": ASPIRIN}
    review = opened({"=cmd": anns})
    rows = sheet_rows(review, show_text=True)
    assert rows[0]["doc_id"] == "'=cmd"
    applied = apply_sheet(review, write_csv(tmp_path / "q.csv", [rows[0] | {"choice": "anna"}]))
    assert applied.decided == 1


def test_parse_chosen_reads_records_too() -> None:
    records = '[{"layer": "mention", "label": "Symptom", "fragments": [[1, 2]]}]'
    assert parse_chosen(records, source="x")[0].key == "Symptom 1 2"
    assert parse_chosen("", source="x") == ()


def test_third_folder_decides_as_it_has_it(opened: Open, tmp_path: Path) -> None:
    review = opened({"note": BOUNDARY})
    # The reviewer moved the boundary, kept the relation, added a mention and took out the one that both had.
    third = tmp_path / "third"
    third.mkdir()
    (third / "note.txt").write_text(TEXT)
    (third / "note.ann").write_text("T1\tSymptom 12 17\tchest\nT2\tSymptom 27 32\tfever\nA1\tAssertion T2 absent\n")
    applied = apply_folder(review, third)
    assert (applied.refused, open_kinds(review)) == ((), [])
    write_gold(review, tmp_path / "gold")
    assert (tmp_path / "gold" / "note.ann").read_text() == (third / "note.ann").read_text()
    assert apply_folder(review, third).decided == 0  # gold says the same already


@given(annotations(), annotations(), annotations())
def test_any_third_document_becomes_gold(
    tmp_path_factory: pytest.TempPathFactory, anna: str, ben: str, third: str
) -> None:
    folder = tmp_path_factory.mktemp("project")
    project = find_project(
        write_project(folder, {"note": {"anna": anna, "ben": ben}, "source": {"third": third}}),
        annotators=["anna", "ben"],
    )
    (folder / "third").mkdir()
    (folder / "third" / "note.txt").write_text(TEXT)
    (folder / "third" / "note.ann").write_text(third)
    with open_review(project, folder / "adjudication", who="x", clock=lambda: CLOCK) as review:
        assert apply_folder(review, folder / "third").refused == ()
        alone = AnnotatedDocument("note", TEXT, "", {"third": parse_document(TEXT, third, doc_id="note").document})
        wanted = settle_document(alone, {}, is_symmetric=is_symmetric).gold
        assert review.settlements["note"].gold.keys() == wanted.keys()
        assert open_kinds(review) == []


def test_third_folder_with_another_text_or_broken_lines_is_refused(opened: Open, tmp_path: Path) -> None:
    review = opened({"a": BOUNDARY, "b": BOUNDARY})
    third = tmp_path / "third"
    third.mkdir()
    for name, text, ann in (("a", TEXT + "!", ASPIRIN), ("b", TEXT, ASPIRIN + TREATS), ("c", TEXT, "")):
        (third / f"{name}.txt").write_text(text)
        (third / f"{name}.ann").write_text(ann)
    applied = apply_folder(review, third)
    assert (applied.decided, applied.passed_over) == (0, 1)
    assert [(where, "text" in reason, "BRAT-REFERENCE" in reason) for where, reason in applied.refused] == [
        ("a", True, False),
        ("b", False, True),
    ]


def test_gold_is_the_replay_of_the_log_whatever_way_it_was_reached(opened: Open, tmp_path: Path) -> None:
    review = opened({"note": BOUNDARY, "other": {"anna": FEVER, "ben": ""}})
    for item in [each.item.id for each in queue_items(review.settlements.values()) if each.item.outcome == "open"]:
        decide_item(review, item, Choice("take", ("ben",)))
        undo_decision(review)
        decide_item(review, item, Choice("take", ("anna",)))
    write_gold(review, tmp_path / "one")
    again = read_review(review.project, tmp_path / "adjudication")
    write_gold(again, tmp_path / "two")
    assert hash_folder(tmp_path / "one") == hash_folder(tmp_path / "two")
    assert (tmp_path / "one" / "note.ann").read_text() == BOUNDARY["anna"]


def test_gold_leaves_out_documents_with_open_items_unless_asked(opened: Open, tmp_path: Path) -> None:
    review = opened({"done": {"anna": ASPIRIN, "ben": ASPIRIN}, "open": BOUNDARY})
    report = write_gold(review, tmp_path / "gold")
    assert (report.written, report.left_out) == (("done",), {"open": 2})
    report = write_gold(review, tmp_path / "partial", partial=True)
    assert (tmp_path / "partial" / "open.ann").read_text() == ASPIRIN
    assert report.annotations == 2


def test_gold_never_overwrites_annotators_or_other_output(opened: Open, tmp_path: Path) -> None:
    review = opened({"note": BOUNDARY})
    project = tmp_path / "project"
    with pytest.raises(Refused):
        write_gold(review, project / "anna" / "gold", force=True)
    with pytest.raises(UsageError, match="would be taken for one of theirs"):
        write_gold(review, project / "final")
    write_gold(review, project / "gold", partial=True)
    with pytest.raises(OutputExists):
        write_gold(review, project / "gold")
    assert find_project(project).annotators == ("anna", "ben")


def test_gold_that_no_replay_wrote_is_not_replaced_even_by_force(opened: Open, tmp_path: Path) -> None:
    review = opened({"note": BOUNDARY, "done": {"anna": ASPIRIN, "ben": ASPIRIN, "gold": ASPIRIN + FEVER}})
    gold = tmp_path / "project" / "gold"  # an annotator's, by its name taken for gold
    with pytest.raises(Refused, match=r"1 \.ann files .* move the folder away"):
        write_gold(review, gold, force=True)
    assert (gold / "done.ann").read_text() == ASPIRIN + FEVER


def test_gold_is_written_again_by_force_until_somebody_changes_it(opened: Open, tmp_path: Path) -> None:
    review = opened({"note": BOUNDARY, "done": {"anna": ASPIRIN, "ben": ASPIRIN}})
    write_gold(review, tmp_path / "gold")
    assert write_gold(review, tmp_path / "gold", force=True, partial=True).written == ("done", "note")
    (tmp_path / "gold" / "done.ann").write_text(ASPIRIN + FEVER)
    with pytest.raises(Refused, match=r"1 \.ann files"):
        write_gold(review, tmp_path / "gold", force=True)


def test_what_one_annotator_alone_annotated_is_gold_on_request(opened: Open, tmp_path: Path) -> None:
    notes = {"both": {"anna": ASPIRIN, "ben": ASPIRIN}, "one": {"ben": PAIN.replace("T2", "T7")}, "bare": {"anna": ""}}
    review = opened(notes)
    (tmp_path / "project" / "metadata.csv").write_text(
        "doc_id,specialty,patient,provenance\nboth,Urology,P1,double\none,Surgery;Urology,P2,double; unaided\n"
    )
    report = write_gold(review, tmp_path / "without")
    assert (report.written, report.single, report.single_left_out) == (("both",), (), ("bare", "one"))
    assert not (tmp_path / "without" / "metadata.csv").exists()
    report = write_gold(review, tmp_path / "gold", single=True)
    assert (report.written, report.single, report.empty) == (("bare", "both", "one"), ("bare", "one"), 1)
    assert (report.annotations, report.single_left_out) == (2, ())
    assert (tmp_path / "gold" / "one.ann").read_text() == PAIN.replace("T2", "T1")  # ids counted anew, as in all gold
    assert (tmp_path / "gold" / "metadata.csv").read_text().splitlines()[1:] == [
        "bare,,,single",
        "both,Urology,P1,double",
        "one,Surgery;Urology,P2,single; unaided",
    ]


def test_document_that_only_one_of_two_could_read_is_not_single(opened: Open, tmp_path: Path) -> None:
    write_project(tmp_path, {"note": BOUNDARY, "broken": BOUNDARY})
    (tmp_path / "project" / "ben" / "broken.txt").write_bytes(b"\xff")
    review = opened({"note": BOUNDARY})
    assert (review.alone, review.single) == ({"broken"}, set())


def test_export_writes_both_sides_of_open_documents_for_brat(opened: Open, tmp_path: Path) -> None:
    review = opened({"done": {"anna": ASPIRIN, "ben": ASPIRIN}, "open": BOUNDARY})
    assert export_sides(review, tmp_path / "sides") == 1
    assert sorted(hash_folder(tmp_path / "sides")) == [
        "anna/open.ann",
        "anna/open.txt",
        "annotation.conf",
        "ben/open.ann",
        "ben/open.txt",
        "kb_shortcuts.conf",
        "tools.conf",
        "visual.conf",
    ]
    assert (tmp_path / "sides" / "ben" / "open.ann").read_text() == BOUNDARY["ben"]
    assert "associated-with" in (tmp_path / "sides" / "annotation.conf").read_text()


def test_stage_of_a_decision_is_logged_with_it(opened: Open) -> None:
    review = opened({"note": BOUNDARY})
    item = review.settlements["note"].items_of("open")[0].id
    put_stage(review, item, "discussed", reason="no agreement")
    (row,) = decide_item(review, item, Choice("neither"))
    assert row.stage == "discussed"


def test_pilot_gold_is_reached_from_its_annotators(project: Path, tmp_path: Path) -> None:
    found = find_project(project / "annotations" / "pilot")
    with open_review(found, tmp_path / "adjudication", who="x", clock=lambda: CLOCK) as review:
        gold = project / "annotations" / "pilot" / "gold"
        some = tmp_path / "some"
        some.mkdir()
        for name in ("cardiology-consult-02", "urology-clinic-visit-01"):
            for suffix in (".txt", ".ann"):
                (some / (name + suffix)).write_bytes((gold / (name + suffix)).read_bytes())
        assert apply_folder(review, some).refused == ()
        write_gold(review, tmp_path / "gold")
    assert sorted(path.stem for path in (tmp_path / "gold").glob("*.ann")) == sorted(
        path.stem for path in some.glob("*.ann")
    )


def test_names_that_brat_can_not_store_are_exported_without_its_configuration(opened: Open, tmp_path: Path) -> None:
    review = opened({"open": BOUNDARY})
    review.project = replace(review.project, schema=Schema((EntityType("Lab.Test"),), ()))
    said: list[str] = []
    assert export_sides(review, tmp_path / "sides", remark=said.append) == 1
    assert {name.partition("/")[0] for name in hash_folder(tmp_path / "sides")} == {"anna", "ben"}
    assert "'Lab.Test' can't be written for brat" in said[0]
