"""Decisions from files instead of the page, and what is to be decided as brat's own comparison view opens it.

In: a `Review` with an edited sheet or a third brat folder. Out: what was decided and what could not be; both sides of
the open documents, written beside their place and moved there whole.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from corpus_tools.adjudication.deciding import decide_item, put_stage, write_note
from corpus_tools.adjudication.following import follow_document
from corpus_tools.adjudication.gold_folder import check_target
from corpus_tools.adjudication.merge import UNDECIDED, WAITS
from corpus_tools.adjudication.review import Review
from corpus_tools.adjudication.sheets import FilledRow, read_sheet
from corpus_tools.errors import InputError, UsageError
from corpus_tools.standoff import (
    align_document,
    find_documents,
    offer_brat_files,
    read_document,
    write_document,
)
from corpus_tools.storage import new_folder


@dataclass(frozen=True, slots=True)
class Application:
    """Hold what became of decisions from a file: rows logged, rows passed over, and why some were refused."""

    decided: int
    staged: int
    passed_over: int
    refused: tuple[tuple[str, str], ...]


def apply_sheet(review: Review, path: Path) -> Application:
    """Log the decisions and stages that a file holds; a row that can't be applied is refused, and the rest goes on.

    Raises
    ------
    InputError
        Where the file can't be read; nothing is logged then.
    """
    rows = list(read_sheet(path))
    decided = staged = passed_over = 0
    refused: list[tuple[str, str]] = []
    for row in rows:
        try:
            if row.choice:
                choice = row.to_choice(review.project.annotators)
                decided += len(decide_item(review, row.item, choice, note=row.note, seen=row.seen))
            elif _moves_on(review, row):
                put_stage(review, row.item, row.stage, reason=row.note, seen=row.seen)
                staged += 1
            elif row.note:
                write_note(review, row.item, row.note, seen=row.seen)
                staged += 1
            else:
                passed_over += 1
        except (UsageError, InputError) as error:
            refused.append((row.source, str(error)))
    return Application(decided, staged, passed_over, tuple(refused))


def _moves_on(review: Review, row: FilledRow) -> bool:
    return bool(row.stage) and row.stage != review.log.standing.stage(row.item)


def apply_folder(review: Review, folder: Path) -> Application:
    """Decide every document of a third brat folder as that folder has it.

    Documents that the project has not are passed over; one whose text differs, or with lines that can't be read, is
    refused, since what is rejected there would be taken out of gold.
    """
    decided = passed_over = 0
    refused: list[tuple[str, str]] = []
    for files in find_documents(folder):
        aligned = align_document(read_document(files))
        if files.doc_id not in review.settlements or not aligned.document.has_annotations:
            passed_over += 1
            continue
        try:
            if aligned.rejects:
                first = aligned.rejects[0]
                raise InputError(f"line {first.line} of its .ann is rejected ({first.code})")
            decided += len(follow_document(review, aligned.document))
        except (UsageError, InputError) as error:
            refused.append((files.doc_id, str(error)))
    return Application(decided, 0, passed_over, tuple(refused))


def export_sides(
    review: Review,
    target: Path,
    *,
    doc_ids: Iterable[str] | None = None,
    force: bool = False,
    remark: Callable[[str], None] = lambda _: None,
) -> int:
    """Write what each annotator wrote as a collection of its own, for brat's comparison view; return the documents.

    Open `diff.xhtml?diff=/<target>/<one>/#/<target>/<other>/<document>` on a brat server that has the folder.

    Parameters
    ----------
    doc_ids : iterable of str, optional
        Only these; by default the documents with open items.
    remark : callable of str
        Told what is worth a message.
    """
    check_target(review.project, target, force=force)
    if doc_ids is None:
        doc_ids = [doc_id for doc_id, each in review.settlements.items() if each.items_of(UNDECIDED, WAITS)]
    chosen = sorted(doc_ids)
    with new_folder(target, force=force) as folder:
        offer_brat_files(review.project.schema, folder, remark=remark)
        for doc_id in chosen:
            for annotator, document in review.settlements[doc_id].document.versions.items():
                write_document(document, folder / annotator)
    return len(chosen)
