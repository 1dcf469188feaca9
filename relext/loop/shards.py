"""Annotation in shards: pieces of work that any process can do, each written down when it is complete.

In: `AnnotateTask`, the sources of some documents and what is to annotate them. Out: a file of rows a shard, one a
document, in the folder of unfinished work. `prepare_shard` is what any processor can do; `finish_shard` needs the
model, which a process reads once and keeps. A shard's documents are read together wherever it is done, so that its
rows are the same bytes.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Self

from corpus_tools.assembly import Metadata, reject_lost
from corpus_tools.errors import CorpusError, UsageError
from corpus_tools.execution import Begin, Loss, Pipeline, read_piece, release_memory, write_piece
from corpus_tools.standoff import PRE_ANNOTATED, UNAIDED, Document, Line, Reject, format_annotations
from corpus_tools.storage import format_json, hash_text, parse_json, write_text
from relext.data import read_concepts
from relext.loop.annotate import (
    DOCUMENTS_AT_ONCE,
    AnnotatedDocument,
    Annotator,
    PreparedDocument,
    annotate_prepared,
    leave_document,
    load_annotator,
    prepare_document,
)
from relext.loop.predict import ask_precision
from relext.loop.sources import TextSource, hash_texts, read_text

TOGETHER = "/"  # what the documents of a shard are called while the model reads them; no document has that id


@dataclass(frozen=True, slots=True)
class AnnotatorSettings:
    """Hold what `load_annotator` makes an annotator of.

    Attributes
    ----------
    threads : int
        Of each process. More than one may change the last digit of a probability.
    precision_target : float, optional
        See `ask_precision`.
    concepts : Path, optional
        See `relext.data.read_concepts`.
    unaided : float
        Share of the documents that are left as they are, drawn by lot.
    seed : int
        Of that draw.
    """

    model: Path
    device: str = "auto"
    threads: int = 1
    threshold: float = 0.0
    merge: bool = False
    precision_target: float | None = None
    concepts: Path | None = None
    unaided: float = 0.0
    seed: int = 13


@dataclass(frozen=True, slots=True)
class AnnotateTask:
    """Hold a shard to be annotated.

    Attributes
    ----------
    folder : Path
        Where its rows go.
    lost : mapping of document to cause
        Documents to be passed over, since a worker was lost on each.
    is_split : bool
        Whether the model reads its documents one by one, since a worker was lost on all together.
    unaided : frozenset of str
        Documents that the model does not read.
    """

    index: int
    sources: tuple[TextSource, ...]
    settings: AnnotatorSettings
    folder: Path
    lost: Mapping[str, str] = field(default_factory=dict)
    is_split: bool = False
    unaided: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """Return the name of its piece of the unfinished work."""
        return f"shard-{self.index:06d}"

    @property
    def size(self) -> int:
        """Return about how many bytes there are to read."""
        return sum(source.size for source in self.sources)

    def without(self, loss: Loss) -> Self:
        """Return the task with a document passed over, or, where it is not known which, split."""
        if loss.unit == TOGETHER:
            return replace(self, is_split=True)
        return replace(self, lost={**self.lost, loss.unit: loss.cause})


@dataclass(frozen=True, slots=True)
class AnnotatedRow:
    """Hold a document as a shard's file keeps it.

    Attributes
    ----------
    is_written : bool
        False where its text can't be read or trusted, or a worker was lost on it: it has rejects alone.
    counts : mapping of str to int
        Those of `AnnotatedDocument`.
    unknown_types : mapping of str to int
        As in `AnnotatedDocument`.
    aid : str
        "pre-annotated" or "unaided".
    """

    doc_id: str
    is_written: bool
    text: str
    ann: str
    counts: Mapping[str, int]
    rejects: tuple[Reject, ...]
    metadata: Metadata
    aid: str = PRE_ANNOTATED
    unknown_types: Mapping[str, int] = field(default_factory=dict)

    @property
    def document(self) -> Document:
        """Return the document with its `.ann` unread, which is all that writing it takes."""
        return Document(self.doc_id, self.text, (Line(1, self.ann, "other"),) if self.ann else ())


def cut_tasks(sources: Iterable[TextSource], settings: AnnotatorSettings, folder: Path) -> Iterator[AnnotateTask]:
    """Yield the shards of some documents, in order."""
    waiting, index = iter(sources), 0
    while shard := tuple(islice(waiting, DOCUMENTS_AT_ONCE)):
        drawn = draw_unaided(
            [source.doc_id for source in shard],
            before=index * DOCUMENTS_AT_ONCE,
            share=settings.unaided,
            seed=settings.seed,
        )
        yield AnnotateTask(index, shard, settings, folder, unaided=drawn)
        index += 1


def draw_unaided(doc_ids: Sequence[str], *, before: int, share: float, seed: int) -> frozenset[str]:
    """Draw a share of a shard's documents by lot.

    A document's lot is a hash of the seed and its id. So many are drawn that the share holds, to half a document, from
    the first shard to the end of this one.

    Parameters
    ----------
    before : int, documents
        How many the shards before hold.

    Examples
    --------
    >>> [len(draw_unaided("abc", before=before, share=0.25, seed=13)) for before in (0, 3, 6, 9)]
    [1, 1, 0, 1]
    """
    count = round((before + len(doc_ids)) * share) - round(before * share)
    return frozenset(sorted(doc_ids, key=lambda doc_id: hash_text(f"{seed}/{doc_id}"))[:count])


@lru_cache(maxsize=1)
def open_annotator(settings: AnnotatorSettings) -> Annotator:
    """Return an annotator, read once a process.

    Raises
    ------
    UsageError
        Where there are concepts and the model was trained without, so that it would not look at them.
    InputError, HostileModel
        See `load_annotator` and `relext.data.read_concepts`.
    """
    annotator = load_annotator(
        settings.model,
        device=settings.device,
        threads=settings.threads,
        threshold=settings.threshold,
        merge=settings.merge,
    )
    if settings.concepts:
        if not annotator.model.config.model.concepts:
            raise UsageError("--concepts: the model was trained without; give relext train --concepts too")
        annotator = replace(annotator, concepts=read_concepts(settings.concepts))
    return ask_precision(annotator, settings.precision_target)


def prepare_shard(task: AnnotateTask, begin: Begin) -> list[PreparedDocument]:
    """Read, align, cut and lay out the documents of a shard."""
    annotator = open_annotator(task.settings)
    prepared = []
    for source in task.sources:
        if source.doc_id not in task.lost:
            begin(source.doc_id, source.size)
            read = read_text(source)
            is_unaided = source.doc_id in task.unaided
            prepared.append(leave_document(read) if is_unaided else prepare_document(annotator, read))
    return prepared


def finish_shard(task: AnnotateTask, prepared: list[PreparedDocument], begin: Begin) -> None:
    """Find mentions and relations in the documents of a shard and write them down."""
    annotator = open_annotator(task.settings)
    annotated: list[AnnotatedDocument] = []
    for group in [[each] for each in prepared] if task.is_split else [prepared]:
        begin(group[0].aligned.document.doc_id if task.is_split else TOGETHER, task.size)
        annotated += annotate_prepared(annotator, group)
    begin("", task.size)
    known = {source.doc_id: source.metadata for source in task.sources}
    rows = [_make_row(each, known=known, unaided=task.unaided) for each in annotated]
    lost = [_make_lost_row(doc_id, cause) for doc_id, cause in task.lost.items()]
    lines = "".join(format_json(asdict(row), indent=None) for row in (*rows, *lost))
    write_text(task.folder / f"{task.name}.jsonl", lines)
    write_piece(task.folder, task.name, {}, key=hash_texts(task.sources), files=[f"{task.name}.jsonl"])
    release_memory()


ANNOTATE_SHARD = Pipeline(prepare_shard, finish_shard)


def is_annotated(task: AnnotateTask) -> bool:
    """Say whether a stopped run has done a shard already, from the same texts."""
    piece = read_piece(task.folder, task.name, files=[f"{task.name}.jsonl"])
    return piece is not None and piece.key == hash_texts(task.sources)


def read_rows(folder: Path, name: str) -> Iterator[AnnotatedRow]:
    """Yield the documents of a shard that is complete.

    Raises
    ------
    CorpusError
        Where it is not, since something else is at work in the folder.
    """
    path = folder / f"{name}.jsonl"
    if read_piece(folder, name, files=[path.name]) is None:
        raise CorpusError(f"{path}: was just finished and is not there; is another program at work in this folder?")
    with path.open(encoding="utf-8", newline="\n") as lines:
        for line in lines:
            yield _parse_row(parse_json(line, source=path.name))


def _make_row(annotated: AnnotatedDocument, *, known: Mapping[str, Metadata], unaided: Collection[str]) -> AnnotatedRow:
    document, is_written = annotated.aligned.document, not annotated.aligned.is_rejected
    counts = {name: getattr(annotated, name) for name in ("given", "found", "relations", "dropped", "over_long")}
    return AnnotatedRow(
        doc_id=document.doc_id,
        is_written=is_written,
        text=document.text if is_written else "",
        ann=format_annotations(document) if is_written else "",
        counts=counts if is_written else {},
        rejects=annotated.aligned.rejects,
        metadata=known[document.doc_id],
        aid=UNAIDED if document.doc_id in unaided else PRE_ANNOTATED,
        unknown_types=annotated.unknown_types,
    )


def _make_lost_row(doc_id: str, cause: str) -> AnnotatedRow:
    return AnnotatedRow(doc_id, False, "", "", {}, (reject_lost(doc_id, cause),), Metadata())


def _parse_row(record: Any) -> AnnotatedRow:
    known = record.pop("metadata")
    metadata = Metadata(tuple(known["specialties"]), tuple(known["patients"]), known["provenance"])
    return AnnotatedRow(**{**record, "rejects": tuple(Reject(**row) for row in record["rejects"])}, metadata=metadata)
