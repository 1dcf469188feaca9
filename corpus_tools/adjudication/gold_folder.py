"""The gold folder: the replay of the log, and on request what one annotator alone annotated.

In: a `Review`. Out: a brat folder, written beside its place and moved there whole, with a record of the files that it
was written with (`gold.json`), by which work that somebody did there later is told from a replay.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from corpus_tools.adjudication.gold import make_gold
from corpus_tools.adjudication.merge import UNDECIDED, WAITS, Settlement, settle_document
from corpus_tools.adjudication.project import ReviewedProject, read_annotations
from corpus_tools.adjudication.review import Review
from corpus_tools.errors import Refused, UsageError
from corpus_tools.standoff import (
    METADATA_NAME,
    PROVENANCE_NAME,
    AidRow,
    find_aid_files,
    format_aids,
    look_up_aid,
    read_aids,
    write_document,
)
from corpus_tools.storage import check_output, count_changed, format_written, new_folder, write_text

GOLD_NAME = "gold"
RECORD_NAME = "gold.json"
SINGLE = "single"


@dataclass(frozen=True, slots=True)
class GoldReport:
    """Hold which documents gold has, and which it lacks since they have open items: document -> how many.

    Attributes
    ----------
    single, single_left_out : tuple of str
        Documents that one annotator alone annotated: those in gold, which `written` has too, and those left out.
    empty : int, documents
        How many of `single` have no annotation: there is nothing to annotate, or nobody has begun.
    """

    folder: Path
    written: tuple[str, ...]
    left_out: dict[str, int]
    annotations: int
    single: tuple[str, ...] = ()
    single_left_out: tuple[str, ...] = ()
    empty: int = 0


def write_gold(
    review: Review, target: Path, *, force: bool = False, partial: bool = False, single: bool = False
) -> GoldReport:
    """Write gold as the log and the annotators' files have it now.

    Parameters
    ----------
    partial : bool
        Write documents with open items too, without what is open; by default they are left out.
    single : bool
        Write documents that one annotator alone annotated too, as they are, and a `metadata.csv` that calls them
        single; by default they are left out.

    Raises
    ------
    Refused
        Where the target has annotations that no replay wrote, `force` or not.
    OutputExists, UsageError, ResourceExhausted
        As for every output.
    InputError
        Where the project's metadata can't be read.
    """
    check_target(review.project, target, force=force)
    check_replay(target)
    open_items = {
        doc_id: len(settlement.items_of(UNDECIDED, WAITS)) for doc_id, settlement in review.settlements.items()
    }
    written = [doc_id for doc_id, count in open_items.items() if partial or not count]
    annotations, alone, empty = 0, [], 0
    with new_folder(target, force=force) as folder:
        for doc_id in written:
            annotations += _write_settlement(review.settlements[doc_id], folder)
        for settlement in _settle_singles(review) if single else ():
            count = _write_settlement(settlement, folder)
            annotations, empty = annotations + count, empty + (not count)
            alone.append(settlement.document.doc_id)
        everything = sorted([*written, *alone])
        _write_aids(review.project, everything, folder)
        if alone:
            write_text(folder / METADATA_NAME, _describe_documents(review.project, everything, set(alone)))
        write_text(folder / RECORD_NAME, format_written(folder, schema="corpus/gold"))
    left_out = {doc_id: count for doc_id, count in open_items.items() if count and not partial}
    passed_over = () if single else tuple(sorted(review.single))
    return GoldReport(target, tuple(everything), left_out, annotations, tuple(alone), passed_over, empty)


def _write_settlement(settlement: Settlement, folder: Path) -> int:
    write_document(make_gold(settlement.document, settlement.gold.values()), folder)
    return len(settlement.gold)


def _settle_singles(review: Review) -> Iterator[Settlement]:
    """Settle what one annotator alone wrote, which nothing contradicts; read anew, since a review holds none of it."""
    for doc_id in sorted(review.single):
        document = read_annotations(review.project, doc_id).single
        if document is not None:
            yield settle_document(document, {}, is_symmetric=review.project.schema.is_symmetric)


def _write_aids(project: ReviewedProject, written: Iterable[str], folder: Path) -> None:
    """Carry into gold which documents were pre-annotated, for any of the annotators or for all; nothing if unknown."""
    files = find_aid_files(project.root, *(project.root / name for name in project.annotators))
    if files:
        aids = read_aids(files)
        rows = (AidRow(doc_id, look_up_aid(aids, doc_id)) for doc_id in written)
        write_text(folder / PROVENANCE_NAME, format_aids(rows))


def _describe_documents(project: ReviewedProject, written: Iterable[str], single: set[str]) -> str:
    """Return gold's own `metadata.csv`: the project's rows, and that documents are single, whatever those say."""
    from corpus_tools.assembly import (  # with Arrow, which is needed nowhere else in a review
        Metadata,
        find_row,
        format_metadata,
        join_provenance,
        read_metadata,
        split_provenance,
    )

    path = project.root / METADATA_NAME
    known = read_metadata(path) if path.is_file() and not path.is_symlink() else {}
    rows: dict[str, Metadata] = {}
    for doc_id in written:
        row = find_row(known, doc_id)
        if doc_id in single:
            row = row or Metadata()
            row = replace(row, provenance=join_provenance(SINGLE, split_provenance(row.provenance)[1]))
        if row is not None:
            rows[doc_id] = row
    return format_metadata(rows)


def check_replay(target: Path) -> None:
    """Refuse to replace annotations that no replay wrote: somebody's work, in a folder that happens to be gold's.

    Raises
    ------
    Refused
        Where an `.ann` in the target is neither empty nor as the folder's record has it.
    InputError
        Where that record can't be read.
    """
    count = count_changed(target, RECORD_NAME)
    if count:
        raise Refused(
            f"{target}: {count} .ann files there are not as apply writes them, so they may be somebody's work, which "
            "--force does not replace; move the folder away (apply --from takes its annotations as decisions) or "
            "remove it"
        )


def check_target(project: ReviewedProject, target: Path, *, force: bool) -> None:
    """Refuse a folder for output that holds annotations, or that would be taken for an annotator's.

    Raises
    ------
    OutputExists, Refused, UsageError
        As for every output.
    """
    check_output(target, force=force, inputs=[project.root / name for name in project.annotators])
    if target.resolve().parent == project.root.resolve() and target.name != GOLD_NAME:
        raise UsageError(f"{target}: a folder beside the annotators' would be taken for one of theirs; use {GOLD_NAME}")
