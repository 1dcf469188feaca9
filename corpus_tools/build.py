"""The build of a corpus: the stages in order, from a brat export to the corpus folder.

::

    files ─ stage_shard ─▶ segments ─ plan_corpus ─▶ parts, schema ─ pair_shard ─▶ pairs ─ write_part ─▶ corpus folder

In: a folder of `.txt` and `.ann`, metadata and a schema where there are any. Out: the corpus folder, moved to its
place whole or not at all; the same input gives the same bytes, whatever the number of workers, the locale or the path.
"""

import functools
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from corpus_tools.assembly import (
    PARTS,
    BuildSettings,
    BuildSummary,
    Manifest,
    Metadata,
    PairTask,
    StagedShard,
    StageTask,
    Staging,
    cut_shards,
    find_metadata,
    find_row,
    merge_shards,
    open_part,
    pair_shard,
    plan_corpus,
    read_metadata,
    read_shards,
    seal_corpus,
    stage_shard,
    summarize_build,
    write_bigbio,
    write_part,
)
from corpus_tools.errors import InputError, UsageError
from corpus_tools.execution import map_ordered
from corpus_tools.reports import render_corpus_report
from corpus_tools.standoff import DocumentFiles, Reject, Schema, find_documents, find_schema, read_schema
from corpus_tools.storage import check_output, format_json, hash_file, hash_text, new_folder, write_text

Watch = Callable[[Iterable[Any], str], Iterable[Any]]

_STAGING = ".staging"


@dataclass(frozen=True, slots=True)
class Built:
    """Hold a corpus folder that was just built."""

    path: Path
    manifest: Manifest
    summary: BuildSummary


@dataclass(frozen=True, slots=True)
class _Sources:
    """Hold what a build reads beside the documents, with its hashes."""

    export: Path
    metadata: Mapping[str, Metadata]
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
    schema: Path | None = None,
    jobs: int = 1,
    force: bool = False,
    watch: Watch = _unwatched,
    remark: Callable[[str], None] = lambda _: None,
) -> Built:
    """Build a corpus folder from a brat export.

    Parameters
    ----------
    metadata : Path, optional
        By default the `metadata.csv` of the export or of the folder above it.
    schema : Path, optional
        A `schema.toml` or `annotation.conf`; by default the one that `find_schema` finds, else what is observed.
    jobs : int
        Worker processes; the output is the same.
    watch : callable of (items, description)
        Passes items through and shows progress.
    remark : callable of str
        Told what is worth a message, such as a schema beside the export that can't be used.

    Raises
    ------
    UsageError, Refused, OutputBusy, ResourceExhausted
        Where input, output or settings can't be used.
    InputError
        Where the export is empty or holds no relation, or at the first reject under `settings.strict`.
    """
    settings = settings or BuildSettings()
    check_output(out, force=force, inputs=(export,))
    sources = _find_sources(export, metadata, schema, remark=None if settings.strict_schema else remark)
    with new_folder(out, force=force) as folder:
        scratch = folder / _STAGING
        scratch.mkdir()
        run = functools.partial(map_ordered, jobs=jobs, chunk_size=1)
        staging, shards = _stage(sources, settings, scratch=scratch, run=run, watch=watch)
        plan = plan_corpus(staging.profiles, sources.advice, settings)
        tasks = (PairTask(index, plan.parts, plan.schema, settings, scratch) for index in range(shards))
        paired = list(watch(run(pair_shard, tasks), "Pairing"))
        counts = {part: write_part(folder, part, read_shards(scratch, part, shards=shards)) for part in PARTS}
        shutil.rmtree(scratch)
        summary = summarize_build(settings, staging, plan, paired=paired, counts=counts)
        manifest = _seal(folder, summary, sources)
    return Built(out, manifest, summary)


def _find_sources(
    export: Path, metadata: Path | None, schema: Path | None, *, remark: Callable[[str], None] | None
) -> _Sources:
    if not export.is_dir():
        raise UsageError(f"{export}: there is no such folder; expected a brat export with .txt and .ann files")
    path = metadata or find_metadata(export)
    advice = read_schema(schema) if schema else find_schema(export, remark=remark)
    hashes = {"metadata": hash_file(path) if path else "", "schema": advice.hash if advice else ""}
    return _Sources(export, read_metadata(path) if path else {}, advice, hashes)


def _stage(
    sources: _Sources, settings: BuildSettings, *, scratch: Path, run: Callable[..., Iterator[Any]], watch: Watch
) -> tuple[Staging, int]:
    """Stage all documents; return what became of them and the number of shards."""
    skipped: list[Reject] = []
    shards = cut_shards(find_documents(sources.export, on_skip=skipped.append))
    tasks = (
        StageTask(index, files, _find_rows(sources.metadata, files), sources.advice, settings, scratch)
        for index, files in enumerate(shards)
    )
    staged: list[StagedShard] = list(watch(run(stage_shard, tasks), "Reading"))
    staging = merge_shards(staged, skipped)
    if not staging.profiles:
        found = f"{staging.unreadable} documents, none of which can be read" if staging.unreadable else "no document"
        raise InputError(f"{sources.export}: holds {found}; expected .txt files with .ann files beside them")
    return staging, len(staged)


def _find_rows(metadata: Mapping[str, Metadata], files: Sequence[DocumentFiles]) -> dict[str, Metadata]:
    found = ((each.doc_id, find_row(metadata, each.doc_id)) for each in files)
    return {doc_id: row for doc_id, row in found if row is not None}


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
    )
