"""A review: decisions, stages, notes, undoings; what changes under it is asked again; two who decide are told."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from corpus_tools.adjudication import (
    Choice,
    Content,
    Review,
    add_content,
    count_identical,
    decide_item,
    find_project,
    give_feedback,
    list_stale,
    open_review,
    put_stage,
    queue_items,
    read_log,
    read_probabilities,
    read_review,
    summarize_review,
    undo_decision,
    write_note,
)
from corpus_tools.errors import InputError, ItemChanged, OutputBusy, UsageError
from corpus_tools.standoff import Argument, Span
from tests.corpus_tools.adjudication_inputs import (
    ASPIRIN,
    CHEST_PAIN,
    CLOCK,
    FEVER,
    PAIN,
    TEXT,
    TREATS,
    write_project,
)

ANNA, BEN = Choice("take", ("anna",)), Choice("take", ("ben",))
BOUNDARY = {"anna": ASPIRIN + CHEST_PAIN + TREATS, "ben": ASPIRIN + PAIN + TREATS}

Open = Callable[..., Review]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Return a function that opens the review of a project of some notes."""
    with ExitStack() as stack:

        def open_notes(notes: dict[str, dict[str, str]], *, staged: bool = False) -> Review:
            project = find_project(write_project(tmp_path, notes))
            folder = tmp_path / "adjudication"
            return stack.enter_context(open_review(project, folder, who="dr-moss", clock=lambda: CLOCK, staged=staged))

        yield open_notes


def open_items(review: Review) -> list[str]:
    return [each.item.id for each in queue_items(review.settlements.values()) if each.item.outcome == "open"]


def kinds(review: Review) -> list[str]:
    return [each.item.kind for each in queue_items(review.settlements.values())]


def test_full_agreement_is_logged_once(opened: Open) -> None:
    review = opened({"note-1": {"anna": ASPIRIN + PAIN, "ben": ASPIRIN + PAIN}, "note-2": BOUNDARY})
    rows = [(row.action, row.who, row.doc_id, dict(row.counts)) for row in review.log.rows]
    assert rows == [
        ("accept", "agreement", "note-1", {"mention": 2}),
        ("accept", "agreement", "note-2", {"mention": 1}),
    ]


def test_relation_agreed_through_a_decision_is_logged_as_accepted(opened: Open) -> None:
    review = opened({"note": BOUNDARY})
    decide_item(review, open_items(review)[0], ANNA)
    assert [row.action for row in review.log.rows] == ["accept", "decide", "accept"]
    assert dict(review.log.rows[-1].counts) == {"mention": 1, "relation": 1}


def test_decision_is_on_disk_with_both_versions_who_and_when(opened: Open, tmp_path: Path) -> None:
    review = opened({"note": BOUNDARY})
    decide_item(review, open_items(review)[0], BEN, note="the noun alone")
    row = read_log(tmp_path / "adjudication" / "decisions.jsonl").standing.decision(review.log.rows[1].item)
    assert row is not None
    assert (row.who, row.time, row.choice, row.taken, row.note) == (
        "dr-moss",
        CLOCK,
        "take",
        ("ben",),
        "the noun alone",
    )
    assert {each.annotator: each.contents[0].key for each in row.versions} == {
        "anna": "Symptom 12 22",
        "ben": "Symptom 18 22",
    }


def test_second_of_two_who_saw_the_same_is_told(opened: Open) -> None:
    review = opened({"note": BOUNDARY})
    item = open_items(review)[0]
    decide_item(review, item, ANNA, seen=0)
    with pytest.raises(ItemChanged, match="meanwhile"):
        decide_item(review, item, BEN, seen=0)
    assert review.log.standing.decision(item).taken == ("anna",)  # type: ignore[union-attr]
    decide_item(review, item, BEN, seen=review.seen(item))


def test_changed_evidence_makes_a_decision_stale_and_asks_again(opened: Open, tmp_path: Path) -> None:
    review = opened({"note": BOUNDARY, "other": BOUNDARY})
    for item in open_items(review):
        decide_item(review, item, ANNA)
    (tmp_path / "project" / "ben" / "note.ann").write_text(ASPIRIN + "T2\tSymptom 17 22\t pain\n" + TREATS)
    with pytest.raises(ItemChanged, match="no such item any more"):
        decide_item(review, review.log.rows[2].item, BEN)
    again = read_review(review.project, tmp_path / "adjudication")
    assert [row.doc_id for row in list_stale(again)] == ["note"]
    assert (kinds(again), summarize_review(again).stale) == (["boundary", "waiting-relation"], 1)
    assert not again.settlements["other"].items_of("open")


def test_evidence_that_comes_back_brings_its_decision_back(opened: Open, tmp_path: Path) -> None:
    review = opened({"note": BOUNDARY})
    decide_item(review, open_items(review)[0], ANNA)
    path = tmp_path / "project" / "ben" / "note.ann"
    path.write_text(ASPIRIN)
    assert summarize_review(read_review(review.project, tmp_path / "adjudication")).stale == 1
    path.write_text(BOUNDARY["ben"])
    assert kinds(read_review(review.project, tmp_path / "adjudication")) == []


def test_undo_opens_the_item_again_and_keeps_the_log(opened: Open) -> None:
    review = opened({"note": BOUNDARY})
    item = open_items(review)[0]
    decide_item(review, item, ANNA)
    assert [row.item for row in undo_decision(review)] == [item]
    assert open_items(review) == [item]
    assert [row.action for row in review.log.rows] == ["accept", "decide", "accept", "undo", "accept"]
    with pytest.raises(UsageError, match="no decision to take back"):
        undo_decision(review)


def test_identical_conflicts_are_decided_together_and_undone_together(opened: Open) -> None:
    other = {"anna": FEVER, "ben": ""}
    review = opened({"note-1": BOUNDARY, "note-2": BOUNDARY, "note-3": BOUNDARY, "note-4": other})
    item = review.find(open_items(review)[0])
    assert count_identical(review, item) == 2
    rows = decide_item(review, item.id, ANNA, identical=True)
    assert [row.doc_id for row in rows] == ["note-1", "note-2", "note-3"]
    assert kinds(review) == ["missing-mention"]
    assert len(undo_decision(review)) == 3
    assert len(open_items(review)) == 4


def test_attribute_conflicts_on_one_type_are_identical_whatever_the_words(opened: Open) -> None:
    ends = CHEST_PAIN + FEVER
    anna, ben = (
        "".join(f"A{n}\tAssertion T{t} {value}\n" for n, t in ((1, 2), (2, 3))) for value in ("absent", "possible")
    )
    review = opened({"note": {"anna": ends + anna, "ben": ends + ben}})
    assert count_identical(review, review.find(open_items(review)[0])) == 1
    with pytest.raises(UsageError, match="identical"):
        decide_item(review, open_items(review)[0], Choice("edit"), identical=True)


def test_waiting_item_is_not_decided(opened: Open) -> None:
    review = opened({"note": BOUNDARY})
    waiting = review.settlements["note"].items_of("waiting")[0]
    with pytest.raises(UsageError, match="waits for 1 undecided"):
        decide_item(review, waiting.id, ANNA)


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (Choice("take"), "expected take"),
        (Choice("take", ("cleo",)), "expected take"),
        (Choice("toss"), "expected take"),
        (Choice("edit", contents=(Content("mention", "Symptom", (Span(0, 99),)),)), "covers characters of the text"),
        (Choice("edit", contents=(Content("mention", "Symptom", (Span(7, 8),)),)), "not blanks alone"),
        (Choice("edit", contents=(Content("note", "N", arguments=(Argument("holder", "x"),)),)), "expected a mention"),
    ],
)
def test_choice_that_gold_could_not_hold_is_refused_and_not_logged(opened: Open, choice: Choice, message: str) -> None:
    review = opened({"note": BOUNDARY})
    with pytest.raises((UsageError, InputError), match=message):
        decide_item(review, open_items(review)[0], choice)
    assert len(review.log.rows) == 1


def test_edited_relation_must_join_what_is_gold(opened: Open) -> None:
    ends = ASPIRIN + CHEST_PAIN
    review = opened({"note": {"anna": ends + TREATS, "ben": ends}})
    arguments = Argument("Arg1", "Medication 0 7"), Argument("Arg2", "Symptom 1 2")
    with pytest.raises(InputError, match="not gold"):
        decide_item(
            review,
            open_items(review)[0],
            Choice("edit", contents=(Content("relation", "causes", arguments=arguments),)),
        )


def test_stages_follow_each_other_with_reasons(opened: Open) -> None:
    review = opened({"note": BOUNDARY}, staged=True)
    item = open_items(review)[0]
    with pytest.raises(UsageError, match="not discussed"):
        decide_item(review, item, ANNA)
    with pytest.raises(UsageError, match="can't be put to escalated"):
        put_stage(review, item, "escalated", reason="unclear")
    with pytest.raises(UsageError, match="say why"):
        put_stage(review, item, "discussed", reason=" ")
    put_stage(review, item, "discussed", reason="Anna keeps the adjective")
    put_stage(review, item, "escalated", reason="no rule covers it")
    decide_item(review, item, ANNA)
    status = summarize_review(review)
    assert status.stage_rows == {"discussed": 1, "escalated": 1}
    assert status.decided_at == {"open": 0, "discussed": 0, "escalated": 1}


def test_status_counts_kinds_choices_and_agreement(opened: Open) -> None:
    review = opened({"note-1": BOUNDARY, "note-2": BOUNDARY})
    decide_item(review, open_items(review)[0], ANNA)
    status = summarize_review(review)
    assert status.documents == {"settled": 1, "open": 1, "alone": 0, "text-differs": 0}
    assert status.kinds["boundary"] == {"open": 1, "waiting": 0, "decided": 1}
    assert status.agreement == {"anna": (1, 1), "ben": (0, 1)}
    assert (status.open, status.choices) == (2, {"take": 1})  # one boundary and the relation that waits for it


def test_feedback_says_what_was_changed_and_why(opened: Open) -> None:
    review = opened({"note": BOUNDARY})
    item = open_items(review)[0]
    write_note(review, item, "see the guideline on adjectives")
    decide_item(review, item, ANNA)
    anna, ben = give_feedback(review)
    assert (anna.kinds, anna.changes) == ({"boundary": (1, 1)}, ())
    assert (ben.kinds, ben.changes[0].reason) == ({"boundary": (1, 0)}, "see the guideline on adjectives")


def test_added_content_is_gold_until_it_is_undone(opened: Open) -> None:
    review = opened({"note": {"anna": ASPIRIN, "ben": ASPIRIN}})
    row = add_content(review, "note", Content("mention", "Symptom", (Span(18, 22),)))
    assert "Symptom 18 22" in review.settlements["note"].gold
    undo_decision(review, item_id=row.item)
    assert "Symptom 18 22" not in review.settlements["note"].gold


def test_order_by_value_puts_what_most_hangs_on_first(opened: Open, tmp_path: Path) -> None:
    missing = FEVER.replace("T3", "T1")
    review = opened(
        {"a": {"anna": missing, "ben": ""}, "b": {"anna": PAIN.replace("T2", "T1"), "ben": ""}, "c": BOUNDARY}
    )
    path = tmp_path / "probabilities.jsonl"
    path.write_text(
        '{"doc_id": "a", "mention": [27, 32], "probability": 0.99}\n'
        '{"doc_id": "b", "mention": [18, 22], "probability": 0.55}\n'
    )
    queued = queue_items(review.settlements.values(), order="value", probabilities=read_probabilities(path))
    assert [each.item.doc_id for each in queued] == ["c", "b", "a", "c"]  # the relation that waits stands last
    assert [round(each.value, 2) for each in queued] == [2, 0.9, 0.02, 0]
    assert [each.item.doc_id for each in queue_items(review.settlements.values())] == ["a", "b", "c", "c"]


def test_uncertainty_of_a_relation_needs_both_its_ends(opened: Open, tmp_path: Path) -> None:
    ends = ASPIRIN + CHEST_PAIN
    review = opened({"note": {"anna": ends + TREATS, "ben": ends}})
    path = tmp_path / "p.jsonl"
    rows = (
        '"arg1": [0, 7], "arg2": [27, 32], "probability": 0.5',
        '"arg1": [0, 7], "arg2": [18, 22], "probability": 0.25',
    )
    path.write_text("".join(f'{{"doc_id": "note", {row}}}\n' for row in rows))
    (queued,) = queue_items(review.settlements.values(), probabilities=read_probabilities(path))
    assert queued.uncertainty == 0.5


@pytest.mark.parametrize("row", ["[]", '{"doc_id": "a"}', '{"doc_id": "a", "probability": 2, "mention": [0, 1]}', "{"])
def test_odd_probabilities_are_refused_with_their_line(tmp_path: Path, row: str) -> None:
    (tmp_path / "p.jsonl").write_text(row + "\n")
    with pytest.raises(InputError, match=r"p\.jsonl:1"):
        read_probabilities(tmp_path / "p.jsonl")


def test_only_one_process_has_a_review(opened: Open, tmp_path: Path) -> None:
    review = opened({"note": BOUNDARY})
    with (
        pytest.raises(OutputBusy),
        open_review(review.project, tmp_path / "adjudication", who="x", clock=lambda: CLOCK),
    ):
        pass


def test_documents_alone_or_with_other_texts_are_named_and_left_out(opened: Open, tmp_path: Path) -> None:
    project = write_project(tmp_path, {"note": BOUNDARY, "alone": {"anna": ASPIRIN}, "other": BOUNDARY})
    (project / "ben" / "other.txt").write_text(TEXT + " Changed.")
    (project / "ben" / "alone.txt").write_text(TEXT)  # a text without .ann is not annotated
    review = read_review(find_project(project), tmp_path / "adjudication")
    assert (list(review.settlements), review.alone, list(review.differing)) == (["note"], {"alone"}, ["other"])
    assert set(review.differing["other"].hashes) == {"anna", "ben"}


def test_project_with_nothing_to_compare_is_refused(tmp_path: Path) -> None:
    project = write_project(tmp_path, {"a": {"anna": ASPIRIN}, "b": {"ben": ASPIRIN}})
    with pytest.raises(InputError, match="no document is annotated by two"):
        read_review(find_project(project), tmp_path / "adjudication")
