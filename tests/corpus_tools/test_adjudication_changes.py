"""Changes of the queue: what a tab is told after a decision, and what it makes of it."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from corpus_tools.adjudication.page.changes import changes_between

Rows = dict[str, dict[str, Any]]

_ROWS = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from(["open", "decided"])), unique_by=lambda drawn: drawn[0]
).map(lambda drawn: {row_id: {"id": row_id, "outcome": outcome} for row_id, outcome in drawn})


def apply_changes(before: Rows, changes: dict[str, Any]) -> list[dict[str, Any]]:
    """Do what the page's script does: take out what is gone or changed, put the changed in at its place."""
    out = {*changes["gone"], *(change["row"]["id"] for change in changes["changed"])}
    rows = [row for row_id, row in before.items() if row_id not in out]
    for change in changes["changed"]:
        rows.insert(change["at"], change["row"])
    return rows


@given(_ROWS, _ROWS)
def test_changes_turn_any_queue_into_any_other(before: Rows, after: Rows) -> None:
    assert apply_changes(before, changes_between(before, after)) == list(after.values())


def test_one_decision_is_one_row() -> None:
    before = {name: {"id": name, "outcome": "open"} for name in "abcd"}
    decided = {"id": "b", "outcome": "decided"}
    after = {**{name: before[name] for name in "acd"}, "b": decided}
    assert changes_between(before, after) == {"gone": [], "changed": [{"at": 3, "row": decided}]}


def test_rows_that_only_changed_places_are_all_told() -> None:
    before = {name: {"id": name} for name in "ab"}
    changes = changes_between(before, {name: before[name] for name in "ba"})
    assert [change["row"]["id"] for change in changes["changed"]] == ["b", "a"]  # type: ignore[attr-defined]
