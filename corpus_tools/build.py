"""The build of a corpus: the stages in order, from a brat export to the corpus folder.

::

    files ─ stage_shard ─▶ segments ─ plan_corpus ─▶ parts, schema ─ pair_shard ─▶ pairs ─ write_part ─▶ corpus folder

In: a folder of `.txt` and `.ann`, metadata and a schema where there are any. Out: the corpus folder, moved to its
place whole or not at all; the same input gives the same bytes, whatever the engine, the number of workers, the locale
or the path. A build that is stopped leaves its finished shards beside the target, and the next one goes on with them.
"""

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from corpus_tools.assembly import (
    PARTS,
    BuildSettings,
    BuildSummary,
    CorpusPlan,
    Manifest,
    Metadata,
    PairedShard,
    PairTask,
    StageTask,
    Staging,
    check_rows,
    cut_shards,
    find_metadata,
    find_row,
    hash_sources,
    join_provenance,
    list_versions,
    merge_paired,
    merge_shards,
    open_part,
    pair_shard,
    plan_corpus,
    read_metadata,
    read_paired,
    read_shards,
    read_staged,
    seal_corpus,
    split_provenance,
    stage_shard,
    summarize_build,
    write_bigbio,
    write_part,
)
from corpus_tools.errors import CorpusError, InputError, Refused, UsageError
from corpus_tools.execution import Engine, list_pieces, partial_folder, resumable_folder, run_tasks
from corpus_tools.reports import render_corpus_report
from corpus_tools.standoff import (
    DocumentFiles,
    Reject,
    Schema,
    find_aid_files,
    find_documents,
    find_schema,
    look_up_aid,
    read_aids,
    read_schema,
)
from corpus_tools.storage import check_output, format_json, hash_file, hash_text, new_folder, write_text

Watch = Callable[[Iterable[Any], str], Iterable[Any]]
Run = Callable[..., Iterator[Any]]
Shard = TypeVar("Shard")


@dataclass(frozen=True, slots=True)
class Built:
    """Hold a corpus folder that was just built."""

    path: Path
    manifest: Manifest
    summary: BuildSummary


@dataclass(frozen=True, slots=True)
class _Sources:
    """Hold what a build reads beside the documents, with its hashes; no aids where nobody wrote any down."""

    export: Path
    metadata_path: Path | None
    metadata: Mapping[str, Metadata]
    aids: Mapping[str, str] | None
    advice: Schema | None
    hashes: Mapping[str, str]


def _unwatched(items: Iterable[Any], description: str) -> Iterable[Any]:
    return items


def build_corpus(
    export: Path,
    out: Path,
    *,
    settings: BuildSettings | None = None,
    metadata: Path | None = None,
    without_metadata: bool = False,
    schema: Path | None = None,
    engine: Engine | None = None,
    force: bool = False,
    restart: bool = False,
    watch: Watch = _unwatched,
    remark: Callable[[str], None] = lambda _: None,
) -> Built:
    """Build a corpus folder from a brat export.

    Parameters
    ----------
    metadata : Path, optional
        By default the `metadata.csv` of the export or of the folder above it.
    without_metadata : bool
        Read no metadata, whatever lies there.
    schema : Path, optional
        A `schema.toml` or `annotation.conf`; by default the one that `find_schema` finds, else what is observed.
    engine : Engine, optional
        Where the work runs, by default in this process; the output is the same.
    restart : bool
        Drop what a stopped build left, whatever it was built with.
    watch : callable of (items, description)
        Passes items through and shows progress.
    remark : callable of str
        Told what is worth a message, such as a schema beside the export that can't be used.

    Raises
    ------
    UsageError, Refused, OutputBusy, ResourceExhausted
        Where input, output or settings can't be used, or a stopped build there had other ones.
    InputError
        Where the export is empty or holds no relation, the metadata names none of its documents, or at the first reject
        under `settings.strict`.
    """
    settings = settings or BuildSettings()
    check_output(out, force=force, inputs=(export,))
    path = None if without_metadata else metadata or find_metadata(export)
    sources = _find_sources(export, path, schema, remark=None if settings.strict_schema else remark)
    shaped_by = {"versions": list_versions(), "settings": settings.to_json(), "inputs": sources.hashes}
    with (
        new_folder(out, force=force, spent=partial_folder(out)) as folder,
        resumable_folder(out, shaped_by, restart=restart) as pieces,
    ):
        if found := len(list_pieces(pieces)):
            remark(f"Going on with an unfinished build: {found} of its pieces are there.")
        run = functools.partial(run_tasks, engine=engine or Engine())
        staging, documents = _stage(sources, settings, pieces=pieces, run=run, watch=watch)
        plan = plan_corpus(staging.profiles, sources.advice, settings, rejects=staging.rejects)
        paired = _pair(plan, settings, documents, pieces=pieces, run=run, watch=watch)
        counts = {part: write_part(folder, part, read_shards(pieces, part, shards=len(documents))) for part in PARTS}
        summary = summarize_build(settings, staging, plan, paired=paired, counts=counts)
        manifest = _seal(folder, summary, sources)
    return Built(out, manifest, summary)


def _find_sources(
    export: Path, metadata: Path | None, schema: Path | None, *, remark: Callable[[str], None] | None
) -> _Sources:
    if not export.is_dir():
        raise UsageError(f"{export}: there is no such folder; expected a brat export with .txt and .ann files")
    advice = read_schema(schema) if schema else find_schema(export, remark=remark)
    aid_files = find_aid_files(export, export.resolve().parent)
    hashes = {"metadata": hash_file(metadata) if metadata else "", "schema": advice.hash if advice else ""}
    if aid_files:
        hashes["provenance"] = hash_text("\n".join(map(hash_file, aid_files)))
    aids = read_aids(aid_files) if aid_files else None
    return _Sources(export, metadata, read_metadata(metadata) if metadata else {}, aids, advice, hashes)


def _stage(
    sources: _Sources, settings: BuildSettings, *, pieces: Path, run: Run, watch: Watch
) -> tuple[Staging, list[tuple[str, ...]]]:
    """Stage all documents; return what became of them, and the names of those that each shard holds."""
    skipped: list[Reject] = []
    tasks = [
        StageTask(index, files, _find_rows(sources, files), sources.advice, settings, pieces)
        for index, files in enumerate(cut_shards(find_documents(sources.export.absolute(), on_skip=skipped.append)))
    ]
    doc_ids = (files.doc_id for task in tasks for files in task.files)
    unmatched = check_rows(sources.metadata, doc_ids, source=str(sources.metadata_path))
    _consume(watch(run(stage_shard, [task for task in tasks if not _is_staged(task)]), "Reading"))
    staged = [_expect(read_staged(pieces, task.index)) for task in tasks]
    staging = merge_shards(staged, skipped)
    if not staging.profiles:
        found = f"{staging.unreadable} documents, none of which can be read" if staging.unreadable else "no document"
        raise InputError(f"{sources.export}: holds {found}; expected .txt files with .ann files beside them")
    staging = replace(staging, warnings=staging.warnings + unmatched)
    return staging, [tuple(profile.doc_id for profile in shard.profiles) for shard in staged]


def _is_staged(task: StageTask) -> bool:
    """Say whether a stopped build has staged a shard already.

    Raises
    ------
    Refused
        Where the files have changed since.
    """
    found = read_staged(task.folder, task.index)
    if found and found[0] != hash_sources(task.files):
        raise Refused(
            f"{task.folder}: unfinished work there was done with other files of the export; --restart drops it and "
            "starts anew"
        )
    return found is not None


def _pair(
    plan: CorpusPlan,
    settings: BuildSettings,
    documents: Sequence[Sequence[str]],
    *,
    pieces: Path,
    run: Run,
    watch: Watch,
) -> PairedShard:
    """Pair all shards, and return them as one."""
    tasks = []
    for index, names in enumerate(documents):
        parts = {doc_id: plan.parts[doc_id] for doc_id in names if doc_id in plan.parts}
        tasks.append(PairTask(index, parts, plan.schema, settings, pieces))
    _consume(watch(run(pair_shard, [task for task in tasks if not _is_paired(task)]), "Pairing"))
    return merge_paired(_expect(read_paired(pieces, task.index)) for task in tasks)


def _is_paired(task: PairTask) -> bool:
    found = read_paired(task.folder, task.index)
    return found is not None and found[0] == task.key


def _expect(found: tuple[str, Shard] | None) -> Shard:
    if found is None:
        raise CorpusError("a shard that was just finished is not there; is another program at work in this folder?")
    return found[1]


def _consume(items: Iterable[object]) -> None:
    for _ in items:
        pass


def _find_rows(sources: _Sources, files: Sequence[DocumentFiles]) -> dict[str, Metadata]:
    found = ((each.doc_id, find_row(sources.metadata, each.doc_id)) for each in files)
    if sources.aids is None:
        return {doc_id: row for doc_id, row in found if row is not None}
    return {doc_id: _add_aid(row or Metadata(), look_up_aid(sources.aids, doc_id)) for doc_id, row in found}


def _add_aid(row: Metadata, aid: str) -> Metadata:
    """Return a document's row with its aid, unless the metadata states one."""
    kind, stated = split_provenance(row.provenance)
    return replace(row, provenance=join_provenance(kind, stated or aid))


def _seal(folder: Path, summary: BuildSummary, sources: _Sources) -> Manifest:
    """Write the report, the figures, the rejects, and last the manifest."""
    if summary.settings.bigbio:
        (folder / "bigbio").mkdir()
        for part in PARTS:
            write_bigbio(folder / "bigbio" / f"{part}.jsonl", open_part(folder, part))
    rejects = (format_json(asdict(reject), indent=None) for reject in summary.staging.rejects)
    write_text(folder / "rejects.jsonl", "".join(rejects))
    write_text(folder / "figures.json", format_json(summary.to_json()))
    write_text(folder / "report.html", render_corpus_report(summary))
    documents = hash_text("\n".join(f"{each.source_hash} {each.doc_id}" for each in summary.staging.profiles))
    return seal_corpus(
        folder,
        schema=summary.plan.schema,
        settings=summary.settings.to_json(),
        counts=summary.counts,
        inputs={**sources.hashes, "documents": documents},
        accounting=summary.accounts,
        rejects=summary.reject_codes,
        warnings=summary.staging.warnings,
        reproducible=summary.is_reproducible,
    )
