"""A review: a project, its log, and what the two add up to, kept up to date with every decision.

In: decisions, stages, notes and undoings. Out: rows of the log, on the disk before anything says so. A document is
settled anew after each decision in it, and read anew when an annotator's files have changed meanwhile.

The folder of a review is `adjudication/` beside the annotators, unless another is named; one process at a time has it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from corpus_tools.adjudication.decisions import ACCEPT, LOG_NAME, Log, Row, append_row, next_row, read_log
from corpus_tools.adjudication.layers import AnnotatedDocument
from corpus_tools.adjudication.merge import ACCEPTED, UNDECIDED, Item, Settlement, settle_document
from corpus_tools.adjudication.project import (
    ALONE,
    ReviewedProject,
    Signature,
    check_project,
    read_annotations,
    sign_files,
)
from corpus_tools.adjudication.queue import sign_conflict
from corpus_tools.agreement import TextDiffers
from corpus_tools.errors import ItemChanged
from corpus_tools.standoff import Reject
from corpus_tools.storage import hash_text, lock

FOLDER_NAME = "adjudication"
AGREEMENT = "agreement"
"""Who accepts what all annotators wrote alike."""


@dataclass(slots=True)
class Review:
    """Hold a review that is going on.

    Attributes
    ----------
    who : str
        Whose decisions are logged.
    clock : callable
        Returns the time as the log writes it.
    staged : bool
        Whether an item must have been discussed before it is decided; otherwise all go straight to the reviewer.
    settlements : dict of str to Settlement
        By document, those with a text that two annotated.
    documents : dict of str to str
        The document of each item.
    conflicts : dict of str to dict
        For each document its open items, with the name that identical conflicts share.
    alone, single : set of str
        Documents that fewer than two annotated, and of these the ones that exactly one did.
    """

    project: ReviewedProject
    log: Log
    who: str
    clock: Callable[[], str]
    staged: bool = False
    settlements: dict[str, Settlement] = field(default_factory=dict)
    documents: dict[str, str] = field(default_factory=dict)
    conflicts: dict[str, dict[str, str]] = field(default_factory=dict)
    signatures: dict[str, Signature] = field(default_factory=dict)
    rejects: dict[str, tuple[tuple[str, Reject], ...]] = field(default_factory=dict)
    alone: set[str] = field(default_factory=set)
    single: set[str] = field(default_factory=set)
    differing: dict[str, TextDiffers] = field(default_factory=dict)

    def find(self, item_id: str) -> Item:
        """Return an item by its id.

        Raises
        ------
        ItemChanged
            Where there is no such item, or no longer.
        """
        settlement = self.settlements.get(self.documents.get(item_id, ""))
        found = (item for item in settlement.items if item.id == item_id) if settlement else iter(())
        item = next(found, None)
        if item is None:
            raise ItemChanged("there is no such item any more: the annotators' files or an earlier decision changed")
        return item

    def seen(self, item_id: str) -> int:
        """Return the number of the last row about an item, 0 for none: what a decision must have seen."""
        return self.log.standing.last_sequence.get(item_id, 0)


@contextmanager
def open_review(
    project: ReviewedProject,
    folder: Path,
    *,
    who: str,
    clock: Callable[[], str],
    staged: bool = False,
    track: Callable[[Sequence[str]], Iterable[str]] = iter,
) -> Iterator[Review]:
    """Hold a project's review, with the right to write its log.

    Raises
    ------
    OutputBusy
        Where another process has it.
    InputError
        Where the log is broken, or there is nothing to adjudicate.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with lock(folder / f".{LOG_NAME}.lock"):
        review = read_review(project, folder, who=who, clock=clock, staged=staged, track=track)
        for doc_id in review.settlements:
            log_agreement(review, doc_id)
        yield review


def read_review(
    project: ReviewedProject,
    folder: Path,
    *,
    who: str = "",
    clock: Callable[[], str] = str,
    staged: bool = False,
    track: Callable[[Sequence[str]], Iterable[str]] = iter,
) -> Review:
    """Return a review to look at: nothing may be written with it.

    Raises
    ------
    InputError
        Where the log is broken, or there is nothing to adjudicate.
    """
    review = Review(project, read_log(folder / LOG_NAME), who, clock, staged)
    for doc_id in track(project.doc_ids):
        _load_document(review, doc_id)
    check_project(project, len(review.settlements))
    return review


def refresh_document(review: Review, doc_id: str) -> bool:
    """Read a document again where its files changed, and say whether they did."""
    if sign_files(review.project, doc_id) == review.signatures[doc_id]:
        return False
    _load_document(review, doc_id)
    if doc_id in review.settlements:
        log_agreement(review, doc_id)
    return True


def _load_document(review: Review, doc_id: str) -> None:
    # Signed before it is read: a change in between is then seen at the next look.
    review.signatures[doc_id] = sign_files(review.project, doc_id)
    read = read_annotations(review.project, doc_id)
    review.rejects[doc_id] = read.rejects
    review.alone.discard(doc_id)
    review.single.discard(doc_id)
    review.differing.pop(doc_id, None)
    if read.document is not None:
        settle_again(review, read.document)
        return
    review.settlements.pop(doc_id, None)
    review.conflicts.pop(doc_id, None)
    if read.state == ALONE:
        review.alone.add(doc_id)
    if read.single is not None:
        review.single.add(doc_id)
    if read.differs is not None:
        review.differing[doc_id] = read.differs


def settle_again(review: Review, document: AnnotatedDocument) -> None:
    """Let a review take in what was decided in a document since it was settled last."""
    decisions = {item: rows[-1] for item, rows in review.log.standing.decided.items() if rows}
    settlement = settle_document(document, decisions, is_symmetric=review.project.schema.is_symmetric)
    review.settlements[document.doc_id] = settlement
    review.documents.update({item.id: document.doc_id for item in settlement.items})
    review.conflicts[document.doc_id] = {
        item.id: sign_conflict(settlement, item) for item in settlement.items_of(UNDECIDED)
    }


def log_agreement(review: Review, doc_id: str) -> None:
    """Log what all annotators of a document wrote alike, where that is not what the log says already."""
    accepted = review.settlements[doc_id].items_of(ACCEPTED)
    digest = hash_text("\n".join(sorted(item.id for item in accepted)))
    last = review.log.standing.accepted.get(doc_id)
    if last is None or last.digest != digest:
        counts = dict(sorted(Counter(item.layer for item in accepted).items()))
        what = {"action": ACCEPT, "doc_id": doc_id, "counts": counts, "digest": digest}
        append_row(review.log, next_row(review.log, time=review.clock(), who=AGREEMENT, **what))  # type: ignore[arg-type]


def list_stale(review: Review) -> list[Row]:
    """Return the standing decisions that are not in gold, since their evidence or what they refer to has changed."""
    applied = {item_id for settlement in review.settlements.values() for item_id in settlement.applied}
    return [rows[-1] for item_id, rows in review.log.standing.decided.items() if rows and item_id not in applied]
