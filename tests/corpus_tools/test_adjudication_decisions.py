"""The log: appended to, chained, verified; a line that a crash cut short is ignored, anything else odd is refused."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_tools.adjudication import Content, Row, Version, parse_content, read_log
from corpus_tools.adjudication.decisions import append_row, find_undoable, next_row, parse_row
from corpus_tools.errors import InputError
from corpus_tools.standoff import Argument, Span
from tests.corpus_tools.adjudication_inputs import CLOCK

PAIN = Content("mention", "Symptom", (Span(18, 22),))


def log_rows(path: Path, *items: str, batch: str = "") -> None:
    log = read_log(path)
    for item in items:
        fields = {
            "item": item,
            "kind": "boundary",
            "choice": "take",
            "taken": ("ben",),
            "chosen": (PAIN,),
            "batch": batch,
        }
        versions = (Version("anna", ()), Version("ben", (PAIN,)))
        append_row(
            log, next_row(log, time=CLOCK, who="dr-moss", action="decide", doc_id="note", versions=versions, **fields)
        )


def test_rows_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    log_rows(tmp_path / "log", "item-1", "item-2")
    log = read_log(tmp_path / "log")
    assert [(row.sequence, row.item, row.chosen, row.taken) for row in log.rows] == [
        (1, "item-1", (PAIN,), ("ben",)),
        (2, "item-2", (PAIN,), ("ben",)),
    ]
    assert log.rows[0].versions == (Version("anna", ()), Version("ben", (PAIN,)))


def test_each_row_holds_the_hash_of_the_one_before(tmp_path: Path) -> None:
    log_rows(tmp_path / "log", "item-1", "item-2")
    first, second = (json.loads(line) for line in (tmp_path / "log").read_text().splitlines())
    assert first["previous"] == "0" * 64
    assert second["previous"] == first["hash"]


@pytest.mark.parametrize("cut", [1, 20, 200])
def test_half_written_last_line_is_ignored_with_a_warning_and_then_replaced(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "log"
    log_rows(path, "item-1")
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:cut])
    log = read_log(path)
    assert [row.item for row in log.rows] == ["item-1"]
    assert "half-written last line" in log.warning and f"{cut} bytes" in log.warning
    log_rows(path, "item-2")
    assert [row.item for row in read_log(path).rows] == ["item-1", "item-2"]
    assert read_log(path).warning == ""


def test_last_row_whose_line_end_is_lost_still_counts(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log_rows(path, "item-1")
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    log_rows(path, "item-2")
    assert [row.item for row in read_log(path).rows] == ["item-1", "item-2"]


@pytest.mark.parametrize(
    "edit",
    [
        lambda lines: [lines[0].replace('"take"', '"both"'), *lines[1:]],
        lambda lines: lines[1:],
        lambda lines: [lines[1], lines[0], lines[2]],
        lambda lines: [lines[0], lines[2]],
        lambda lines: [lines[0], "not JSON", *lines[1:]],
        lambda lines: [lines[0], "", *lines[1:]],
    ],
    ids=["changed", "first-removed", "swapped", "middle-removed", "foreign", "blank"],
)
def test_changed_log_is_refused_with_its_line(tmp_path: Path, edit: object) -> None:
    path = tmp_path / "log"
    log_rows(path, "item-1", "item-2", "item-3")
    path.write_text("\n".join(edit(path.read_text().splitlines())) + "\n")  # type: ignore[operator]
    with pytest.raises(InputError, match=r"log:[12]:"):
        read_log(path)


def test_full_disk_leaves_a_log_that_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log_rows(path, "item-1")
    log = read_log(path)
    path.write_bytes(path.read_bytes() + b'{"sequence": 2, "it')  # what a full disk let through
    append_row(log, next_row(log, time=CLOCK, who="dr-moss", action="note", doc_id="note", item="item-1", note="late"))
    assert [row.action for row in read_log(path).rows] == ["decide", "note"]


def test_row_is_synced_before_it_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, synced = read_log(tmp_path / "log"), []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(len(log.rows)))
    append_row(
        log, next_row(log, time=CLOCK, who="dr-moss", action="stage", doc_id="note", item="i", stage="discussed")
    )
    assert synced[-1] == 0 and len(log.rows) == 1  # the row joined the log after the last sync


def test_undo_takes_back_the_last_decision_with_its_batch(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log_rows(path, "item-1")
    log_rows(path, "item-2", "item-3", batch="batch-2")
    log = read_log(path)
    undone = find_undoable(log)
    assert [row.item for row in undone] == ["item-2", "item-3"]
    undoes = tuple(row.sequence for row in undone)
    append_row(log, next_row(log, time=CLOCK, who="x", action="undo", doc_id="note", item="item-2", undoes=undoes))
    assert [item for item, rows in read_log(path).standing.decided.items() if rows] == ["item-1"]
    assert read_log(path).standing.last_sequence == {"item-1": 1, "item-2": 4, "item-3": 4}


def test_decision_of_the_same_item_again_stands_until_it_is_undone(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log_rows(path, "item-1", "item-1")
    log = read_log(path)
    assert log.standing.decision("item-1") == log.rows[1]
    append_row(log, next_row(log, time=CLOCK, who="x", action="undo", doc_id="note", item="item-1", undoes=(2,)))
    assert log.standing.decision("item-1") == log.rows[0]


@pytest.mark.parametrize(
    "change",
    [
        {"sequence": "1"},
        {"action": "erase"},
        {"choice": "toss"},
        {"chosen": {}},
        {"chosen": [{"layer": "mention", "label": "Sy mptom", "fragments": [[1, 2]]}]},
        {"taken": [1]},
        {"versions": []},
        {"counts": {"mention": "many"}},
        {"note": None},
        {"path": "/etc/passwd"},
    ],
)
def test_odd_row_is_refused(change: dict[str, object]) -> None:
    record = Row(1, CLOCK, "x", "decide", "note", item="i", choice="take", chosen=(PAIN,)).to_json()
    with pytest.raises(InputError):
        parse_row(record | change, source="log:1")


@pytest.mark.parametrize(
    "record",
    [
        {"layer": "mention", "label": "Symptom"},
        {"layer": "mention", "label": "Symptom", "fragments": [[4, 4]]},
        {"layer": "mention", "label": "Symptom", "fragments": [[9, 12], [4, 6]]},
        {"layer": "mention", "label": "Symptom", "fragments": [[True, 2]]},
        {"layer": "mention", "label": "Symptom", "fragments": [[1, 2]], "arguments": [["holder", "x"]]},
        {"layer": "mention", "label": "<b>", "fragments": [[1, 2]]},
        {"layer": "mention", "label": "Symptom", "fragments": [[1, 2]], "rank": -1},
        {"layer": "relation", "label": "treats", "arguments": [["Arg1"]]},
        {"layer": "relation", "label": "tre:T4", "arguments": [["Arg1", "x"], ["Arg2", "y"]]},
        {"layer": "attribute", "label": "Assertion", "arguments": [["holder", "x"]], "value": "a\tb"},
        {"layer": "note", "label": "N", "arguments": [["holder", "x"]], "text": "two\nlines"},
        {"layer": "shell", "label": "x"},
        [],
    ],
)
def test_content_that_no_line_can_hold_is_refused(record: object) -> None:
    with pytest.raises(InputError):
        parse_content(record, source="page")


VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\t\r"), max_size=20)


@given(st.sampled_from(["attribute", "normalization", "note"]), VALUES, VALUES)
def test_content_survives_its_record(layer: str, value: str, text: str) -> None:
    content = Content(layer, "Label", arguments=(Argument("holder", "Symptom 1 2"),), value=value, text=text)
    parsed = parse_content(json.loads(json.dumps(content.to_json())), source="x")
    assert (parsed, parsed.key) == (content, content.key)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("log") / "log"
    path.write_bytes(content)
    try:
        assert read_log(path).rows == []
    except InputError as error:
        assert "log:" in str(error)
