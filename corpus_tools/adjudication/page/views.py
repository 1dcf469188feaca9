"""What the page is told: the queue, one item, the progress; as records that JSON can hold.

In: a `Review`, `PageSettings`. Out: records without a name of an annotator where the page is blind.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from corpus_tools.adjudication.conflicts import KINDS
from corpus_tools.adjudication.content import ATTRIBUTE, EVENT, MENTION, RELATION, Content
from corpus_tools.adjudication.deciding import count_identical
from corpus_tools.adjudication.decisions import DECIDE, TAKE, Row
from corpus_tools.adjudication.gold import spell
from corpus_tools.adjudication.merge import DECIDED, UNDECIDED, WAITS, Item, Settlement
from corpus_tools.adjudication.page.drawing import draw_side, find_context
from corpus_tools.adjudication.page.settings import SIDES, PageSettings
from corpus_tools.adjudication.queue import QueuedItem, queue_item, sort_queue
from corpus_tools.adjudication.review import Review, list_stale
from corpus_tools.adjudication.status import summarize_review
from corpus_tools.standoff import Span

MAX_TITLE = 60


@dataclass(frozen=True, slots=True)
class Page:
    """Hold a review as one run of the page shows it.

    Attributes
    ----------
    first_row : int
        How many rows the log had when the page was started: the rate counts those behind.
    queued : dict
        For each document its settlement with the items in it, as long as that is the review's.
    told : dict
        The edition of the queue that was told last, with its rows by id, in their order.
    """

    review: Review
    settings: PageSettings
    first_row: int
    queued: dict[str, tuple[Settlement, list[QueuedItem]]] = field(default_factory=dict)
    told: dict[int, dict[str, dict[str, Any]]] = field(default_factory=dict)


def view_rows(page: Page) -> list[dict[str, Any]]:
    """Return a row for each item of the queue in its order, the decided items behind."""
    review = page.review
    queued = [each for doc_id in review.settlements for each in _queue_document(page, doc_id)]
    decided = sorted(
        (each for each in queued if each.item.outcome == DECIDED), key=lambda each: -review.seen(each.item.id)
    )
    undecided = sort_queue((each for each in queued if each.item.outcome != DECIDED), order=page.settings.order)
    return [_view_row(page, each) for each in (*undecided, *decided)]


def _queue_document(page: Page, doc_id: str) -> list[QueuedItem]:
    """Return the items of a document that are or were to be decided, worked out once for each settlement."""
    settlement = page.review.settlements[doc_id]
    known = page.queued.get(doc_id)
    if known is None or known[0] is not settlement:
        probabilities = page.settings.probabilities.get(doc_id, ())
        items = settlement.items_of(UNDECIDED, WAITS, DECIDED)
        known = settlement, [queue_item(settlement, item, probabilities) for item in items]
        page.queued[doc_id] = known
    return known[1]


def _view_row(page: Page, queued: QueuedItem) -> dict[str, Any]:
    item, review = queued.item, page.review
    text = review.settlements[item.doc_id].document.text
    words = " · ".join(spell(text, [span]) for span in queued.spans)
    return {
        "id": item.id,
        "doc": item.doc_id,
        "kind": item.kind,
        "outcome": item.outcome,
        "stage": review.log.standing.stage(item.id),
        "value": round(queued.value, 2),
        "title": words if len(words) <= MAX_TITLE else words[: MAX_TITLE - 1] + "…",
    }


def view_progress(page: Page) -> dict[str, object]:
    """Return counts, the rate of this run, what is stale, and unless blind who agreed with the decisions."""
    status = summarize_review(page.review)
    agreement = [
        {"name": name, "agreed": agreed, "decided": total} for name, (agreed, total) in status.agreement.items()
    ]
    return {
        "decided": status.outcomes[DECIDED],
        "open": status.outcomes[UNDECIDED],
        "waiting": status.outcomes[WAITS],
        "stale": status.stale,
        "stages": status.stages,
        "rate": measure_rate([row for row in page.review.log.rows[page.first_row :] if row.action == DECIDE]),
        "agreement": None if page.settings.blind else agreement,
    }


def measure_rate(rows: Sequence[Row]) -> float | None:
    """Return decisions a minute from the first to the last of some rows, None where they span no time."""
    if len(rows) < 2:
        return None
    first, last = (datetime.fromisoformat(row.time) for row in (rows[0], rows[-1]))
    minutes = (last - first).total_seconds() / 60
    return round((len(rows) - 1) / minutes, 1) if minutes > 0 else None


def view_item(page: Page, item: Item) -> dict[str, object]:
    """Return all that is shown of one item."""
    review = page.review
    settlement = review.settlements[item.doc_id]
    context = find_context(settlement, item)
    queued = queue_item(settlement, item, page.settings.probabilities.get(item.doc_id, ()))
    decision = review.log.standing.decision(item.id) if item.outcome == DECIDED else None
    return {
        "id": item.id,
        "doc": item.doc_id,
        "kind": item.kind,
        "explanation": KINDS.get(item.kind, "all wrote alike"),
        "layer": item.layer,
        "outcome": item.outcome,
        "stage": review.log.standing.stage(item.id),
        "staged": review.staged,
        "seen": review.seen(item.id),
        "waits_for": list(item.waits_for),
        "hanging": item.hanging,
        "uncertainty": round(queued.uncertainty, 3),
        "identical": count_identical(review, item),
        "context": {
            "start": context.start,
            "text": settlement.document.text[context.start : context.end],
            "length": len(settlement.document.text),
        },
        "sides": [_view_side(page, item, side, context) for side in list_sides(page, item)],
        "decision": view_decision(page, item, decision),
        "history": _view_history(page, item),
        "stale": [
            {"kind": row.kind, "choice": row.choice, "time": row.time}
            for row in list_stale(review)
            if row.doc_id == item.doc_id
        ],
        "choices": _view_choices(page, settlement, item),
    }


def list_sides(page: Page, item: Item) -> list[tuple[str, str]]:
    """Return the sides of an item, a letter and the annotator behind it."""
    names = page.settings.order_sides(item.id, [version.annotator for version in item.versions])
    return list(zip(SIDES, names, strict=False))


def _view_side(page: Page, item: Item, side: tuple[str, str], context: Span) -> dict[str, object]:
    letter, annotator = side
    settlement = page.review.settlements[item.doc_id]
    version = next(version for version in item.versions if version.annotator == annotator)
    is_symmetric = page.review.project.schema.is_symmetric
    mentions, arcs = draw_side(settlement, item, version, context=context, is_symmetric=is_symmetric)
    return {
        "side": letter,
        "name": None if page.settings.blind else annotator,
        "contents": [_view_content(page, settlement, content) for content in version.contents],
        "mentions": [mention.to_json() for mention in mentions],
        "arcs": [arc.to_json() for arc in arcs],
    }


def _view_content(page: Page, settlement: Settlement, content: Content) -> dict[str, object]:
    return {"words": say_content(page, settlement, content), "record": content.to_json()}


def say_content(page: Page, settlement: Settlement, content: Content) -> str:
    """Return a content as the page says it: words of the text rather than offsets."""
    if content.layer == MENTION:
        return f"{content.label} “{spell(settlement.document.text, content.fragments)}”"
    said = [say_content(page, settlement, settlement.gold[key]) for key in content.targets if key in settlement.gold]
    ends = said + ["undecided"] * (len(content.targets) - len(said))
    if content.layer == RELATION and len(ends) == 2:
        arrow = "—" if page.review.project.schema.is_symmetric(content.label) else "→"
        return f"{ends[0]} — {content.label} {arrow} {ends[1]}"
    value = "".join(f"{sign}{part}" for sign, part in (("=", content.value), (": ", content.text)) if part)
    return f"{content.label}{value} ({', '.join(ends)})"


def view_decision(page: Page, item: Item, row: Row | None) -> dict[str, object] | None:
    """Return a decision as the page names it: a side by its letter."""
    if row is None:
        return None
    settlement = page.review.settlements[item.doc_id]
    letters = [letter for letter, annotator in list_sides(page, item) if annotator in row.taken]
    return {
        "choice": row.choice,
        "sides": letters if row.choice == TAKE else [],
        "gold": [say_content(page, settlement, content) for content in row.chosen],
        "records": [content.to_json() for content in row.chosen],
        "note": row.note,
        "who": row.who,
        "time": row.time,
    }


def _view_history(page: Page, item: Item) -> list[dict[str, str]]:
    rows = page.review.log.standing.remarks.get(item.id, [])
    return [
        {"action": row.stage if row.stage else row.action, "who": row.who, "time": row.time, "text": row.note}
        for row in rows
    ]


def _view_choices(page: Page, settlement: Settlement, item: Item) -> dict[str, object]:
    """Return what an edited decision can choose from: types, labels, values, and the ends that are gold."""
    schema = page.review.project.schema
    written = {content.label for version in item.versions for content in version.contents}
    names: Mapping[str, Sequence[str]] = {
        MENTION: schema.mention_types,
        EVENT: [event.name for event in schema.events],
    }
    attributes = {attribute.name: list(attribute.values) for attribute in schema.attributes}
    values = {
        content.value for version in item.versions for content in version.contents if content.layer == ATTRIBUTE
    } - {None}
    listed = names.get(item.layer, schema.labels)
    return {
        "types": list(schema.mention_types),
        "labels": sorted({*listed, *written}, key=lambda name: (name not in listed, name)),
        "values": list(
            dict.fromkeys([v for name in written for v in attributes.get(name, [])] + sorted(map(str, values)))
        ),
        "ends": [
            {"key": content.key, "type": content.label, "words": say_content(page, settlement, content)}
            for content in sorted(settlement.gold.values(), key=lambda each: (each.fragments, each.key))
            if content.layer in (MENTION, EVENT)
        ],
    }
