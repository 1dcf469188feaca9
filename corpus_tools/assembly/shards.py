"""Documents in shards of a fixed size: what a worker process does with one, and what it hands back.

In: the files of some documents, then the same shard's staged tables. Out: Parquet files in a scratch folder and small
summaries; no text passes between processes. A shard's size is fixed, so that the bytes of a corpus don't depend on
the number of workers.

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
from typing import TypeVar

from corpus_tools.assembly.figures import Figures, add_counts, add_figures, count_figures
from corpus_tools.assembly.filters import OVER_LONG
from corpus_tools.assembly.folder import DOCUMENTS_A_GROUP
from corpus_tools.assembly.gold import is_derived, is_equivalence
from corpus_tools.assembly.metadata import Metadata
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
from corpus_tools.rounds import Signature, sign_text
from corpus_tools.standoff import (
    AlignedDocument,
    DocumentFiles,
    Reject,
    Schema,
    TypedLabel,
    align_document,
    check_conformity,
    enforce_schema,
    format_annotations,
    read_document,
)
from corpus_tools.storage import hash_text

Item = TypeVar("Item")

_WHOLE_FILE = 0  # the line number of a reject that leaves nothing of a file


@dataclass(frozen=True, slots=True)
class Profile:
    """Hold what the plan of a corpus needs of one staged document.

    Attributes
    ----------
    source_hash : str
        SHA-256 over the text and the `.ann` as they were read.
    mention_types : Counter of type
    gold : Counter of (label, type of arg1, type of arg2)
        Relations that may become candidates; the others have their cause already.
    labels : Counter of relation label
        All of them.
    equivalence_labels : tuple of str
        Those of them that `*` groups gave.
    read_relations : int
        R lines that were kept.
    """

    doc_id: str
    text_hash: str
    source_hash: str
    signature: Signature = field(compare=False)
    metadata: Metadata
    has_annotations: bool
    mention_types: Counter[str]
    gold: Counter[TypedLabel]
    labels: Counter[str]
    equivalence_labels: tuple[str, ...]
    read_relations: int


@dataclass(frozen=True, slots=True)
class StagedShard:
    """Hold what became of a shard's documents on reading.

    Attributes
    ----------
    warnings : Counter of code
    read_lines : Counter of kind of line
    unreadable : int
        Documents whose text or `.ann` was rejected whole.
    repairs : int
        Mentions moved onto the characters that spell them.
    removed : Counter of kind of removal in cleaning
    over_long : int
        Segments too long to give pairs.
    """

    profiles: tuple[Profile, ...]
    rejects: tuple[Reject, ...]
    warnings: Counter[str]
    read_lines: Counter[str]
    unreadable: int
    repairs: int
    removed: Counter[str]
    over_long: int


@dataclass(frozen=True, slots=True)
class StageTask:
    """Hold a shard to be staged; `metadata` has the rows of its documents, `advice` is the schema they came with."""

    index: int
    files: tuple[DocumentFiles, ...]
    metadata: Mapping[str, Metadata]
    advice: Schema | None
    settings: BuildSettings
    folder: Path


@dataclass(frozen=True, slots=True)
class PairTask:
    """Hold a staged shard whose documents get their pairs and their part; a document without a part is left out."""

    index: int
    parts: Mapping[str, str]
    schema: Schema
    settings: BuildSettings
    folder: Path


@dataclass(frozen=True, slots=True)
class PairedShard:
    """Hold the figures of each part, and where the mentions and relations of the shard ended.

    `reaches` counts (kind, reach): kind "T", "R", or "derived" for relations that were no R line.
    """

    figures: Mapping[str, Figures]
    reaches: Counter[tuple[str, str]]


def cut_shards(items: Iterable[Item]) -> Iterator[tuple[Item, ...]]:
    """Yield the items in shards of `DOCUMENTS_A_GROUP`."""
    waiting = iter(items)
    while shard := tuple(islice(waiting, DOCUMENTS_A_GROUP)):
        yield shard


def stage_shard(task: StageTask) -> StagedShard:
    """Read, align, clean and segment the documents of a shard and write them down without pairs.

    Raises
    ------
    InputError
        At the first reject, where the settings are strict.
    """
    aligned = [_conform(align_document(read_document(files)), task) for files in task.files]
    rejects = tuple(reject for each in aligned for reject in each.rejects)
    if rejects and task.settings.strict:
        raise InputError(format_reject(rejects[0]) + "; --strict stops at the first reject")
    readable = [each for each in aligned if not _is_unreadable(each)]
    staged = [_stage(each, task) for each in readable]
    _write_tables(task.folder, f"staged-{task.index}", [each.document for each in staged])
    return StagedShard(
        profiles=tuple(_profile(each, before, task) for each, before in zip(staged, readable, strict=True)),
        rejects=rejects,
        warnings=Counter(warning.code for each in aligned for warning in each.warnings),
        read_lines=add_counts(each.read_lines for each in aligned),
        unreadable=len(aligned) - len(readable),
        repairs=sum(len(each.repairs) for each in aligned),
        removed=add_counts(each.removed for each in staged),
        over_long=sum(each.over_long for each in staged),
    )


def _is_unreadable(aligned: AlignedDocument) -> bool:
    """Say whether the text or the `.ann` was rejected whole: without either, a document is no gold."""
    return any(reject.line == _WHOLE_FILE for reject in aligned.rejects)


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


def pair_shard(task: PairTask) -> PairedShard:
    """Give the documents of a staged shard their pairs and write them down by part."""
    staged = read_documents(*_table_paths(task.folder, f"staged-{task.index}"))
    kept = (document for document in staged if document.doc_id in task.parts)
    by_part: dict[str, list[CorpusDocument]] = {part: [] for part in PARTS}
    for paired in pair_documents(kept, task.schema, max_sentence_distance=task.settings.max_sentence_distance):
        by_part[task.parts[paired.doc_id]].append(paired)
    for part, documents in by_part.items():
        _write_tables(task.folder, f"{part}-{task.index}", documents)
    figures = {part: add_figures(map(count_figures, own)) for part, own in by_part.items()}
    return PairedShard(figures, add_counts(_count_reaches(each) for own in by_part.values() for each in own))


def read_shards(folder: Path, part: str, *, shards: int) -> Iterator[TablePair]:
    """Yield the tables of one part, shard by shard."""
    for index in range(shards):
        documents, sentences = _table_paths(folder, f"{part}-{index}")
        yield read_table(documents, schema=DOCUMENT_SCHEMA), read_table(sentences, schema=SENTENCE_SCHEMA)


def _stage(aligned: AlignedDocument, task: StageTask) -> StagedDocument:
    settings = task.settings
    return stage_document(
        aligned,
        task.metadata.get(aligned.document.doc_id),
        max_words=settings.max_words,
        events=settings.events,
        equivalences=settings.equivalences,
    )


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


def _write_tables(folder: Path, name: str, documents: Sequence[CorpusDocument]) -> None:
    paths = _table_paths(folder, name)
    for path, schema, table in zip(paths, (DOCUMENT_SCHEMA, SENTENCE_SCHEMA), tabulate(documents), strict=True):
        with open_table(path, schema) as add:
            add(table)


def _table_paths(folder: Path, name: str) -> tuple[Path, Path]:
    return folder / f"{name}.documents.parquet", folder / f"{name}.sentences.parquet"


def _count_reaches(document: CorpusDocument) -> Counter[tuple[str, str]]:
    mentions = Counter(("T", document.lost_mentions.get(each.id, IN_SEGMENT)) for each in document.mentions)
    relations = Counter(("derived" if is_derived(each) else "R", each.reach) for each in document.relations)
    return mentions + relations
