"""What changed in the queue since a tab last heard of it: a page of a thousand items is told of one, not of all.

In: a `Page`, and the edition of the queue that a tab has. Out: that queue's changes, or the whole queue for a tab that
missed an edition, as the second of two tabs does. The page remembers the edition that it told last, and no other.

Examples
--------
>>> changes_between({"a": {"id": "a"}, "b": {"id": "b"}}, {"b": {"id": "b"}, "a": {"id": "a", "outcome": "decided"}})
{'gone': [], 'changed': [{'at': 1, 'row': {'id': 'a', 'outcome': 'decided'}}]}
"""

from collections.abc import Mapping
from typing import Any

from corpus_tools.adjudication.page.views import Page, view_progress, view_rows

Row = dict[str, Any]


def tell_queue(page: Page) -> dict[str, object]:
    """Return the whole queue in its order, the decided items behind, its edition, and the progress."""
    rows = view_rows(page)
    return {"items": rows, "edition": _remember(page, rows), "progress": view_progress(page)}


def tell_changes(page: Page, known: object) -> dict[str, object]:
    """Return what changed since the edition that a tab knows: ids that are gone, and rows with their new places."""
    before = page.told.get(known) if isinstance(known, int) else None
    if before is None:
        return tell_queue(page)
    rows = view_rows(page)
    changes = changes_between(before, {row["id"]: row for row in rows})
    return {**changes, "edition": _remember(page, rows), "progress": view_progress(page)}


def changes_between(before: Mapping[str, Row], after: Mapping[str, Row]) -> dict[str, object]:
    """Return how to turn one list of rows into another: take out what is gone or changed, put the changed in again.

    Returns
    -------
    dict
        `gone`: ids; `changed`: rows with the place `at` which each has in the end, in the order of their places.
    """
    kept = {row_id for row_id, row in after.items() if before.get(row_id) == row}
    if [row_id for row_id in before if row_id in kept] != [row_id for row_id in after if row_id in kept]:
        kept = set()
    changed = [{"at": place, "row": row} for place, (row_id, row) in enumerate(after.items()) if row_id not in kept]
    return {"gone": [row_id for row_id in before if row_id not in after], "changed": changed}


def _remember(page: Page, rows: list[Row]) -> int:
    edition = max(page.told, default=0) + 1
    page.told.clear()
    page.told[edition] = {row["id"]: row for row in rows}
    return edition
