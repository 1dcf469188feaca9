"""Documents in shards of a fixed size: what a worker process does with one, and what it hands back.

In: the files of some documents, then the same shard's staged tables. Out: Parquet files in a folder, and beside them a
small record that counts only when it is complete; no text passes between processes. A shard's size is fixed, so that
the bytes of a corpus don't depend on the number of workers.

Examples
--------
>>> [len(shard) for shard in cut_shards(range(130))]
[64, 64, 2]
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Self, TypeVar

from corpus_tools.assembly.figures import add_counts, add_figures, count_figures
from corpus_tools.assembly.filters import OVER_LONG
from corpus_tools.assembly.folder import DOCUMENTS_A_GROUP
from corpus_tools.assembly.gold import is_derived, is_equivalence
from corpus_tools.assembly.metadata import Metadata
from corpus_tools.assembly.records import PairedShard, Profile, StagedShard, reject_lost
from corpus_tools.assembly.settings import BuildSettings
from corpus_tools.assembly.split import PARTS
from corpus_tools.assembly.staging import StagedDocument, pair_documents, stage_document
from corpus_tools.assembly.tables import (
    DOCUMENT_SCHEMA,
    IN_SEGMENT,
    SENTENCE_SCHEMA,
    CorpusDocument,
    TablePair,
    open_table,
    read_documents,
    read_table,
    tabulate,
)
from corpus_tools.errors import InputError
from corpus_tools.execution import Begin, Loss, read_piece, write_piece
from corpus_tools.rounds import sign_text
from corpus_tools.standoff import (
    AlignedDocument,
    DocumentFiles,
    Reject,
    Schema,
    align_document,
    check_conformity,
    enforce_schema,
    format_annotations,
    read_document,
)
from corpus_tools.storage import format_json, hash_file, hash_text, naming_resources

Item = TypeVar("Item")

_WHOLE_FILE = 0  # the line number of a reject that leaves nothing of a file


@dataclass(frozen=True, slots=True)
class StageTask:
    """Hold a shard to be staged.

    Attributes
    ----------
    metadata : mapping of document
        The rows of its documents.
    advice : Schema or None
        The schema they came with.
    folder : Path
        Where its tables and its record go.
    lost : mapping of document to cause
        Documents to be passed over, since a worker was lost on each.
    """

    index: int
    files: tuple[DocumentFiles, ...]
    metadata: Mapping[str, Metadata]
    advice: Schema | None
    settings: BuildSettings
    folder: Path
    lost: Mapping[str, str] = field(default_factory=dict)

    def without(self, loss: Loss) -> Self:
        """Return the task with a document passed over."""
        return replace(self, lost={**self.lost, loss.unit: loss.cause})


@dataclass(frozen=True, slots=True)
class PairTask:
    """Hold a staged shard whose documents get their pairs and their part.

    Attributes
    ----------
    parts : mapping of document to part
        Of the shard's documents; one without a part is left out.
    folder, lost
        As of `StageTask`.
    """

    index: int
    parts: Mapping[str, str]
    schema: Schema
    settings: BuildSettings
    folder: Path
    lost: Mapping[str, str] = field(default_factory=dict)

    def without(self, loss: Loss) -> Self:
        """Return the task with a document passed over."""
        return replace(self, lost={**self.lost, loss.unit: loss.cause})

    @property
    def key(self) -> str:
        """Return the hash of what the plan says of the shard."""
        return hash_text(format_json({"parts": self.parts, "schema": self.schema.hash}))


@dataclass(frozen=True, slots=True)
class _Read:
    """Hold a document that was read, and staged unless its text or its `.ann` was rejected whole."""

    aligned: AlignedDocument
    staged: StagedDocument | None
    profile: Profile | None


def cut_shards(items: Iterable[Item]) -> Iterator[tuple[Item, ...]]:
    """Yield the items in shards of `DOCUMENTS_A_GROUP`."""
    waiting = iter(items)
    while shard := tuple(islice(waiting, DOCUMENTS_A_GROUP)):
        yield shard


def hash_sources(files: Iterable[DocumentFiles]) -> str:
    """Return a hash over the names and contents of a shard's files; what can't be read counts by its name."""
    return hash_text(format_json([[each.doc_id, _hash_content(each.txt), _hash_content(each.ann)] for each in files]))


def _hash_content(path: Path | None) -> str:
    try:
        return hash_file(path) if path and path.is_file() else ""
    except OSError:
        return ""


def stage_shard(task: StageTask, begin: Begin) -> None:
    """Read, align, clean and segment the documents of a shard and write them down without pairs.

    Raises
    ------
    InputError
        At the first reject, where the settings are strict.
    """
    key = hash_sources(task.files)
    read: list[_Read] = []
    for files in task.files:
        if files.doc_id not in task.lost:
            begin(files.doc_id, _count_bytes(files))
            read.append(_read(files, task))
    begin("", sum(map(_count_bytes, task.files)))
    names = _write_tables(
        task.folder, f"staged-{task.index}", tabulate([each.staged.document for each in read if each.staged])
    )
    shard = _summarize(read, task)
    if shard.rejects and task.settings.strict:
        raise InputError(format_reject(shard.rejects[0]) + "; --strict stops at the first reject")
    write_piece(task.folder, f"staged-{task.index}", shard.to_json(), key=key, files=names)


def read_staged(folder: Path, index: int) -> tuple[str, StagedShard] | None:
    """Return the key and the record of a staged shard, or None where it is not complete."""
    piece = read_piece(folder, f"staged-{index}", files=_table_names(f"staged-{index}"))
    return (piece.key, StagedShard.from_json(piece.content)) if piece else None


def _read(files: DocumentFiles, task: StageTask) -> _Read:
    aligned = _conform(align_document(read_document(files)), task)
    if _is_unreadable(aligned):
        return _Read(aligned, None, None)
    settings = task.settings
    staged = stage_document(
        aligned,
        task.metadata.get(aligned.document.doc_id),
        max_words=settings.max_words,
        events=settings.events,
        equivalences=settings.equivalences,
    )
    return _Read(aligned, staged, _profile(staged, aligned, task))


def _is_unreadable(aligned: AlignedDocument) -> bool:
    """Say whether the text or the `.ann` was rejected whole: without either, a document is no gold."""
    return any(reject.line == _WHOLE_FILE for reject in aligned.rejects)


def _summarize(read: Sequence[_Read], task: StageTask) -> StagedShard:
    staged = [each.staged for each in read if each.staged]
    lost = (reject_lost(doc_id, cause) for doc_id, cause in task.lost.items())
    return StagedShard(
        profiles=tuple(each.profile for each in read if each.profile),
        rejects=(*(reject for each in read for reject in each.aligned.rejects), *lost),
        warnings=Counter(warning.code for each in read for warning in each.aligned.warnings),
        read_lines=add_counts(each.aligned.read_lines for each in read),
        unreadable=len(task.files) - len(staged),
        repairs=sum(len(each.aligned.repairs) for each in read),
        removed=add_counts(each.removed for each in staged),
        over_long=sum(each.over_long for each in staged),
    )


def _conform(aligned: AlignedDocument, task: StageTask) -> AlignedDocument:
    """Reject what lies outside the schema where that is asked for, else warn of it."""
    if task.advice is None:
        return aligned
    if task.settings.strict_schema:
        return enforce_schema(aligned, task.advice)
    return replace(aligned, warnings=(*aligned.warnings, *check_conformity(aligned.document, task.advice)))


def format_reject(reject: Reject) -> str:
    """Return a reject as one line: where, what, why."""
    place = f"{reject.file}:{reject.line}" if reject.line else reject.file
    return f"{place}: {reject.code} {reject.annotation_id}".rstrip() + f": {reject.message}"


def pair_shard(task: PairTask, begin: Begin) -> None:
    """Give the documents of a staged shard their pairs and write them down by part."""
    staged = read_documents(*_table_paths(task.folder, f"staged-{task.index}"))
    kept = (document for document in staged if document.doc_id in task.parts and document.doc_id not in task.lost)
    by_part: dict[str, list[CorpusDocument]] = {part: [] for part in PARTS}
    for paired in pair_documents(
        _announce(kept, begin), task.schema, max_sentence_distance=task.settings.max_sentence_distance
    ):
        by_part[task.parts[paired.doc_id]].append(paired)
    begin("", sum(len(each.text) for own in by_part.values() for each in own))
    names: list[str] = []
    for part, documents in by_part.items():
        tables = tabulate(documents, preprocessed=task.settings.preprocessed)
        names += _write_tables(task.folder, f"{part}-{task.index}", tables)
    shard = PairedShard(
        figures={part: add_figures(map(count_figures, own)) for part, own in by_part.items()},
        reaches=add_counts(_count_reaches(each) for own in by_part.values() for each in own),
        lost=task.lost,
    )
    write_piece(task.folder, f"paired-{task.index}", shard.to_json(), key=task.key, files=names)


def read_paired(folder: Path, index: int) -> tuple[str, PairedShard] | None:
    """Return the key and the record of a paired shard, or None where it is not complete."""
    names = [name for part in PARTS for name in _table_names(f"{part}-{index}")]
    piece = read_piece(folder, f"paired-{index}", files=names)
    return (piece.key, PairedShard.from_json(piece.content)) if piece else None


def read_shards(folder: Path, part: str, *, shards: int) -> Iterator[TablePair]:
    """Yield the tables of one part, shard by shard."""
    for index in range(shards):
        documents, sentences = _table_paths(folder, f"{part}-{index}")
        yield read_table(documents, schema=DOCUMENT_SCHEMA), read_table(sentences, schema=SENTENCE_SCHEMA)


def _announce(documents: Iterable[CorpusDocument], begin: Begin) -> Iterator[CorpusDocument]:
    for document in documents:
        begin(document.doc_id, len(document.text))
        yield document


def _count_bytes(files: DocumentFiles) -> int:
    return sum(path.stat().st_size for path in (files.txt, files.ann) if path and path.is_file())


def _profile(staged: StagedDocument, aligned: AlignedDocument, task: StageTask) -> Profile:
    document = staged.document
    types = {mention.id: mention.type for mention in document.mentions}
    undecided = [relation for relation in document.relations if relation.reach in ("", OVER_LONG)]
    text_hash = hash_text(document.text)
    return Profile(
        doc_id=document.doc_id,
        text_hash=text_hash,
        source_hash=hash_text(text_hash + format_annotations(aligned.document)),
        signature=sign_text(document.text),
        metadata=task.metadata.get(document.doc_id, Metadata()),
        has_annotations=aligned.document.has_annotations,
        mention_types=Counter(types.values()),
        gold=Counter((each.type, types[each.arg1], types[each.arg2]) for each in undecided),
        labels=Counter(relation.type for relation in document.relations),
        equivalence_labels=tuple(sorted({each.type for each in document.relations if is_equivalence(each)})),
        read_relations=len(aligned.document.relations),
    )


def _write_tables(folder: Path, name: str, tables: TablePair) -> tuple[str, str]:
    """Write the two tables of a shard and return the names of their files."""
    for path, schema, table in zip(_table_paths(folder, name), (DOCUMENT_SCHEMA, SENTENCE_SCHEMA), tables, strict=True):
        with naming_resources(path), open_table(path, schema) as add:
            add(table)
    return _table_names(name)


def _table_names(name: str) -> tuple[str, str]:
    return f"{name}.documents.parquet", f"{name}.sentences.parquet"


def _table_paths(folder: Path, name: str) -> tuple[Path, Path]:
    documents, sentences = _table_names(name)
    return folder / documents, folder / sentences


def _count_reaches(document: CorpusDocument) -> Counter[tuple[str, str]]:
    mentions = Counter(("T", document.lost_mentions.get(each.id, IN_SEGMENT)) for each in document.mentions)
    relations = Counter(("derived" if is_derived(each) else "R", each.reach) for each in document.relations)
    return mentions + relations
