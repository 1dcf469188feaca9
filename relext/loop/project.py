"""A brat project of pre-annotated documents: shards over workers, then one folder, whole or not at all.

In: the sources of documents and what is to annotate them. Out: the folder with every `.txt` and `.ann`, brat's
configuration files, `provenance.jsonl`, `annotated.json` with the hash of each `.ann`, `metadata.csv` where specialties
are known, `rejects.jsonl` where something was rejected; and `AnnotationSummary`. A run that is stopped leaves its
finished shards beside the target, and the next one goes on with them. The same input gives the same bytes, whatever the
engine, the number of workers, or where it was stopped.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from corpus_tools.assembly import Metadata
from corpus_tools.errors import Refused
from corpus_tools.execution import Engine, Pipeline, list_pieces, partial_folder, resumable_folder, run_tasks
from corpus_tools.standoff import (
    METADATA_NAME,
    PROVENANCE_NAME,
    UNAIDED,
    AidRow,
    Reject,
    format_aids,
    offer_brat_files,
    write_document,
)
from corpus_tools.storage import (
    count_changed,
    format_json,
    format_written,
    hash_file,
    hash_folder,
    hash_text,
    new_folder,
    write_text,
)
from relext import __version__
from relext.loop.annotate import Annotator
from relext.loop.project_schema import cover_documents
from relext.loop.remarks import list_remarks
from relext.loop.shards import (
    ANNOTATE_SHARD,
    AnnotatedRow,
    AnnotateTask,
    AnnotatorSettings,
    cut_tasks,
    is_annotated,
    open_annotator,
    read_rows,
)
from relext.loop.sources import TextSource, format_metadata, validate_texts
from relext.model import model_hash

RECORD_NAME = "annotated.json"
_SHAPING = ("device", "threads", "threshold", "merge", "precision_target", "unaided", "seed")

Watch = Callable[[Iterable[Any]], Iterable[Any]]


@dataclass(slots=True)
class AnnotationSummary:
    """Count what was written.

    Attributes
    ----------
    over_long_mentions : int
        Mentions in sentences that are too long to give pairs.
    without_mentions : int
        Documents in which there is no mention to relate.
    unaided : int
        Documents that were left as they are, and are not looked at for mentions or relations.
    unknown_types : Counter of str
        Mentions of types that training never saw.
    rejects : Counter of str
        Faults of the input by code.
    """

    documents: int = 0
    given_mentions: int = 0
    found_mentions: int = 0
    relations: int = 0
    dropped_relations: int = 0
    over_long_mentions: int = 0
    without_mentions: int = 0
    unaided: int = 0
    unknown_types: Counter[str] = field(default_factory=Counter)
    rejects: Counter[str] = field(default_factory=Counter)

    def add(self, row: AnnotatedRow) -> None:
        """Count one document."""
        self.rejects.update(reject.code for reject in row.rejects)
        if row.is_written:
            given, found = row.counts["given"], row.counts["found"]
            self.documents += 1
            self.given_mentions += given
            self.found_mentions += found
            self.relations += row.counts["relations"]
            self.dropped_relations += row.counts["dropped"]
            is_unaided = row.aid == UNAIDED
            self.unaided += is_unaided
            if not is_unaided:
                self.over_long_mentions += row.counts["over_long"]
                self.unknown_types.update(row.unknown_types)
            self.without_mentions += not (is_unaided or given + found)

    def to_json(self) -> dict[str, object]:
        """Return the counts as JSON values."""
        return {**asdict(self), "unknown_types": dict(self.unknown_types), "rejects": dict(self.rejects)}


def annotate_texts(
    settings: AnnotatorSettings,
    sources: Iterable[TextSource],
    out: Path,
    *,
    engine: Engine | None = None,
    skipped: Iterable[Reject] = (),
    force: bool = False,
    restart: bool = False,
    watch: Watch = iter,
    remark: Callable[[str], None] = lambda _: None,
) -> AnnotationSummary:
    """Write the documents, pre-annotated, as a brat project with its configuration files, whole or not at all.

    Parameters
    ----------
    engine : Engine, optional
        Where the work runs, by default in this process.
    skipped : iterable of Reject
        What the sources left out, filled while they are listed.
    restart : bool
        Drop what a stopped run left, whatever it was made with.
    watch : callable
        Passes the shards through and shows progress.
    remark : callable of str
        Told what is worth a message.

    Raises
    ------
    InputError
        Where there is no document, or none has mentions and the model has no finder.
    OutputExists, OutputBusy, Refused, ResourceExhausted
        See `corpus_tools.storage.new_folder` and `corpus_tools.execution.resumable_folder`.
    """
    if force:
        check_replaceable(out)
    annotator = open_annotator(settings)
    shaped_by = {
        "version": __version__,
        "model": {"name": annotator.name, "hash": model_hash(settings.model)},
        "concepts": _hash_concepts(settings.concepts),
        **{name: getattr(settings, name) for name in _SHAPING},
    }
    with (
        new_folder(out, force=force, spent=partial_folder(out)) as folder,
        resumable_folder(out, shaped_by, restart=restart) as pieces,
    ):
        if found := len(list_pieces(pieces)):
            remark(f"Going on with an unfinished run: {found} of its shards are there.")
        work = replace(ANNOTATE_SHARD, gpus=float(annotator.model.device.type == "cuda"))
        names = _run_shards(work, cut_tasks(sources, settings, pieces), engine or Engine(), watch=watch)
        rows = (row for name in names for row in read_rows(pieces, name))
        summary = _write_project(folder, rows, annotator, skipped=tuple(skipped))
        validate_texts(
            summary.documents,
            without_mentions=summary.without_mentions + summary.unaided,
            rejects=summary.rejects,
            has_finder=annotator.finder is not None,
        )
        for text in list_remarks(
            annotator.model,
            over_long=summary.over_long_mentions,
            unknown_types=summary.unknown_types,
            without_mentions=summary.without_mentions,
        ):
            remark(text)
        offer_brat_files(cover_documents(annotator.model.schema, folder), folder, remark=remark)
        write_text(folder / RECORD_NAME, format_written(folder, schema="relext/annotated"))
    return summary


def check_replaceable(out: Path) -> None:
    """Refuse to replace annotations that people have changed since they were suggested, or that nobody suggested.

    Raises
    ------
    Refused
        Where an `.ann` there is neither empty nor as a run left it.
    InputError
        Where the record of that run can't be read.
    """
    if count := count_changed(out, RECORD_NAME):
        raise Refused(
            f"{out}: {count} .ann files there are not as relext annotate writes them, so they may be somebody's work, "
            "which --force does not replace; choose another --out, or move the folder away"
        )


def _hash_concepts(path: Path | None) -> str:
    if path is None:
        return ""
    return hash_text(format_json(hash_folder(path))) if path.is_dir() else hash_file(path)


def _run_shards(work: Pipeline, tasks: Iterable[AnnotateTask], engine: Engine, *, watch: Watch) -> list[str]:
    """Do the shards that are not done; return the names of all."""
    names: list[str] = []

    def list_undone() -> Iterator[AnnotateTask]:
        for task in tasks:
            names.append(task.name)
            if not is_annotated(task):
                yield task

    for _ in watch(run_tasks(work, list_undone(), engine)):
        pass
    return names


def _write_project(
    folder: Path, rows: Iterable[AnnotatedRow], annotator: Annotator, *, skipped: Iterable[Reject]
) -> AnnotationSummary:
    """Write documents, what is known of them, and the rejects below a folder, one document in memory at a time."""
    summary, rejects = AnnotationSummary(), list(skipped)
    summary.rejects.update(reject.code for reject in rejects)
    known: list[tuple[str, Metadata]] = []
    aids: list[AidRow] = []
    for row in rows:
        summary.add(row)
        rejects.extend(row.rejects)
        if row.is_written:
            write_document(row.document, folder)
            known.append((row.doc_id, row.metadata))
            aids.append(_describe_aid(row, annotator))
    write_text(folder / PROVENANCE_NAME, format_aids(aids))
    if metadata := format_metadata(known):
        write_text(folder / METADATA_NAME, metadata)
    if rejects:
        lines = (format_json(asdict(reject), indent=None) for reject in rejects)
        write_text(folder / "rejects.jsonl", "".join(lines))
    return summary


def _describe_aid(row: AnnotatedRow, annotator: Annotator) -> AidRow:
    """Say whether a document was pre-annotated, by what, and how much was suggested; with nothing suggested too."""
    if row.aid == UNAIDED:
        return AidRow(row.doc_id, UNAIDED)
    return AidRow(
        doc_id=row.doc_id,
        model=annotator.name,
        threshold=annotator.threshold,
        mentions=row.counts["found"],
        relations=row.counts["relations"],
    )
