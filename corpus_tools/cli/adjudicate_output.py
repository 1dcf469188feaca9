"""What `corpus adjudicate` prints: the queue, the status, what became of decisions from a file, the feedback."""

from corpus_tools.adjudication import (
    Application,
    Feedback,
    GoldReport,
    QueuedItem,
    Review,
    ReviewStatus,
    describe_content,
    summarize_review,
)
from corpus_tools.rendering import (
    OutputOptions,
    emit_json,
    escape_markdown,
    format_markdown_table,
    print_line,
    print_table,
)

_SHOWN_ITEMS = 20


def print_queue(review: Review, queued: list[QueuedItem], output: OutputOptions, *, show_text: bool) -> None:
    """Print the queue, or all of it as JSON."""
    status = summarize_review(review)
    if output.json:
        emit_json("corpus/adjudicate-queue", {**status.to_json(), "items": [_item_record(each) for each in queued]})
        return
    print_status(status)
    shown = queued if output.verbose else queued[:_SHOWN_ITEMS]
    rows = [(e.item.id, e.item.doc_id, e.item.kind, e.value, _versions(review, e, show_text=show_text)) for e in shown]
    print_table(
        f"Queue: the first {len(shown)} of {len(queued)}", ("item", "document", "kind", "value", "versions"), rows
    )


def _item_record(queued: QueuedItem) -> dict[str, object]:
    item = queued.item
    return {
        "item": item.id,
        "doc_id": item.doc_id,
        "kind": item.kind,
        "outcome": item.outcome,
        "hanging": item.hanging,
        "uncertainty": queued.uncertainty,
        "value": queued.value,
        "waits_for": list(item.waits_for),
        "spans": [[span.start, span.end] for span in queued.spans],
        "versions": {each.annotator: [content.to_json() for content in each.contents] for each in item.versions},
    }


def _versions(review: Review, queued: QueuedItem, *, show_text: bool) -> str:
    settlement = review.settlements[queued.item.doc_id]
    return "; ".join(
        f"{version.annotator}: "
        + (", ".join(describe_content(settlement, each, show_text=show_text) for each in version.contents) or "nothing")
        for version in queued.item.versions
    )


def print_application(review: Review, applied: Application, report: GoldReport, output: OutputOptions) -> None:
    """Print what became of decisions from a file, and what gold holds."""
    status = summarize_review(review)
    if output.json:
        counts = {"decided": applied.decided, "staged": applied.staged, "passed_over": applied.passed_over}
        refused = [{"where": where, "reason": reason} for where, reason in applied.refused]
        gold = {
            "folder": str(report.folder),
            "written": len(report.written),
            "left_out": report.left_out,
            "single": len(report.single),
            "single_without_annotations": report.empty,
            "single_left_out": len(report.single_left_out),
        }
        payload = {**counts, "refused": refused, "gold": gold, "status": status.to_json()}
        emit_json("corpus/adjudicate-apply", payload)
        return
    print_line(f"{applied.decided} decided from the file, {len(applied.refused)} refused; {status.stale} stale")
    for where, reason in applied.refused:
        print_line(f"refused: {where}: {reason}")
    print_line(f"{len(report.written)} documents with {report.annotations} annotations written to {report.folder}")
    _print_single(report)
    if report.left_out:
        total = sum(report.left_out.values())
        print_line(
            f"{len(report.left_out)} documents left out, with {total} open items; decide them, or pass --partial"
        )


def _print_single(report: GoldReport) -> None:
    if report.single:
        empty = (
            f", {report.empty} of them without an annotation: has somebody been through those?" if report.empty else ""
        )
        print_line(f"{len(report.single)} of them are as one annotator alone has them (single in metadata.csv){empty}")
    if report.single_left_out:
        print_line(f"{len(report.single_left_out)} documents of one annotator alone left out; --single takes them")


def print_status(summary: ReviewStatus) -> None:
    """Print the counts of a review."""
    print_line(" · ".join(f"{count} documents {what}" for what, count in summary.documents.items()))
    print_line(" · ".join(f"{count} {what}" for what, count in summary.outcomes.items()))
    rows = [(kind, n["open"], n["waiting"], n["decided"]) for kind, n in summary.kinds.items()]
    print_table("Items", ("kind", "open", "waiting", "decided"), rows)
    stages = [
        (stage, summary.stages[stage], summary.stage_rows.get(stage), summary.decided_at[stage])
        for stage in summary.stages
    ]
    print_table("Stages", ("stage", "open items", "times logged", "decided there"), stages)
    agreement = [(n, kept, total, kept / total if total else None) for n, (kept, total) in summary.agreement.items()]
    print_table("Agreement with the decisions", ("annotator", "kept", "decided", "share"), agreement)
    if summary.stale or summary.dropped:
        dropped = ", ".join(f"{count} {layer}" for layer, count in summary.dropped.items()) or "nothing"
        print_line(f"{summary.stale} stale decisions; fell with what they refer to: {dropped}")


_CHANGE_COLUMNS = ("document", "kind", "written", "gold", "choice", "reason")


def _change_rows(feedback: Feedback, *, show_text: bool) -> list[tuple[str, ...]]:
    rows = []
    for change in feedback.changes:
        item = change.item
        written = next(each.contents for each in item.versions if each.annotator == feedback.annotator)
        words = [
            "; ".join(describe_content(change.settlement, each, show_text=show_text) for each in contents) or "nothing"
            for contents in (written, item.gold)
        ]
        rows.append((item.doc_id, item.kind, *words, change.choice, change.reason))
    return rows


def _kind_rows(feedback: Feedback) -> list[tuple[str, int, int, float]]:
    return [(kind, total, kept, kept / total) for kind, (total, kept) in feedback.kinds.items()]


def print_feedback(given: list[Feedback], *, show_text: bool) -> None:
    """Print each annotator's feedback, the first changes of each."""
    for each in given:
        print_table(f"{each.annotator}: kept by the reviewer", ("kind", "decided", "kept", "share"), _kind_rows(each))
        rows = _change_rows(each, show_text=show_text)
        print_table(f"{each.annotator}: changed", _CHANGE_COLUMNS, rows[:_SHOWN_ITEMS])
        if len(rows) > _SHOWN_ITEMS:
            print_line(f"… and {len(rows) - _SHOWN_ITEMS} more; --out or --json has all")


def format_feedback(feedback: Feedback, *, show_text: bool) -> str:
    """Return an annotator's feedback as Markdown."""
    kinds = format_markdown_table(("kind", "decided", "kept", "share"), _kind_rows(feedback))
    changes = format_markdown_table(_CHANGE_COLUMNS, _change_rows(feedback, show_text=show_text))
    return f"## {escape_markdown(feedback.annotator)}\n\n{kinds}\n\n{changes}\n"


def feedback_record(feedback: Feedback, *, show_text: bool) -> dict[str, object]:
    """Return an annotator's feedback as JSON can hold it."""
    changes = [dict(zip(_CHANGE_COLUMNS, row, strict=True)) for row in _change_rows(feedback, show_text=show_text)]
    kinds = {kind: {"decided": total, "kept": kept} for kind, (total, kept) in feedback.kinds.items()}
    return {"annotator": feedback.annotator, "kinds": kinds, "changes": changes}
