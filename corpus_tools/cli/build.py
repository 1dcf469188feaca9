"""`corpus build`."""

from functools import partial
from pathlib import Path
from typing import Any

import click

from corpus_tools.assembly import DOCUMENT_WITHOUT_ROW, ROW_WITHOUT_DOCUMENT, BuildSettings, parse_shares
from corpus_tools.build import Built, build_corpus
from corpus_tools.errors import UsageError
from corpus_tools.execution import ENGINES, SECONDS_A_UNIT, Engine
from corpus_tools.rendering import (
    OutputOptions,
    common_options,
    emit_json,
    finish,
    force_option,
    jobs_option,
    print_line,
    print_table,
    seed_option,
    track,
)
from corpus_tools.standoff import find_version_folders

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_DEFAULTS = BuildSettings()


@click.command(epilog="Example: corpus build annotations/pilot/gold --out corpus --min-samples 1")
@click.argument("export", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Corpus folder to write.")
@click.option(
    "--metadata", type=_FILE, help="CSV of specialties and patients [default: metadata.csv beside the export]."
)
@click.option("--no-metadata", "without_metadata", is_flag=True, help="Read no metadata.csv.")
@click.option("--schema", type=_FILE, help="schema.toml or annotation.conf [default: the one near the export].")
@click.option("--strict", is_flag=True, help="Stop at the first reject.")
@click.option("--strict-schema", is_flag=True, help="Reject gold that the schema does not allow.")
@click.option("--max-words", default=_DEFAULTS.max_words, show_default=True, help="Longest sentence kept, in words.")
@click.option("--min-samples", default=_DEFAULTS.min_samples, show_default=True, help="Texts that a specialty needs.")
@click.option(
    "--max-sentence-distance",
    default=_DEFAULTS.max_sentence_distance,
    show_default=True,
    help="Sentences between the two mentions of a pair.",
)
@click.option("--splits", default="70:15:15", show_default=True, help="Percent of train, validation and test.")
@click.option("--keep-splits", is_flag=True, help="Take the parts from folders named train, dev and test.")
@click.option(
    "--events",
    default="trigger",
    show_default=True,
    type=click.Choice(["trigger", "relations"]),
    help="What events are: mentions at their triggers, or relations to their arguments too.",
)
@click.option("--equivalences", is_flag=True, help="Make relations of the members of * groups.")
@click.option("--bigbio", is_flag=True, help="Write JSONL with BigBIO's field names too.")
@click.option("--preprocessed", is_flag=True, help="Fill the column of the paper's preprocessing, for ablation.")
@seed_option
@click.option(
    "--engine", default="processes", show_default=True, type=click.Choice(ENGINES), help="What runs the work."
)
@jobs_option
@click.option(
    "--document-seconds",
    default=SECONDS_A_UNIT,
    show_default=True,
    help="Time of one document before its worker is given up, with --jobs 2 or more; a second more for each 20 kB.",
)
@force_option
@click.option("--restart", is_flag=True, help="Drop what a stopped build left and start anew.")
@common_options
def build(
    export: Path,
    out: Path,
    *,
    metadata: Path | None,
    without_metadata: bool,
    schema: Path | None,
    splits: str,
    events: str,
    engine: str,
    jobs: int,
    document_seconds: float,
    force: bool,
    restart: bool,
    output: OutputOptions,
    **options: Any,
) -> None:
    """Build the corpus folder from a brat export."""
    settings = BuildSettings(shares=parse_shares(splits), events=events == "relations", **options)
    watch = partial(track, quiet=output.quiet)
    if metadata and without_metadata:
        raise UsageError("--metadata and --no-metadata: give one of them")
    paths = {"metadata": metadata, "schema": schema}
    built = build_corpus(
        export,
        out,
        settings=settings,
        engine=Engine(engine, jobs, document_seconds),
        force=force,
        restart=restart,
        watch=watch,
        remark=output.say,
        without_metadata=without_metadata,
        **paths,
    )
    _print_built(built, output)
    _warn_of_metadata(built, output)
    _warn_of_versions(built, export, output)
    for leak in built.summary.plan.leaks:
        if leak.groups_across:
            output.say(
                f"Warning: {leak.documents_across} documents ({leak.kind}) lie in several parts; see report.html"
            )
    _warn_without_pairs(built, output)
    listed, rejects = f"in {out}/rejects.jsonl", len(built.summary.staging.rejects)
    finish(output, rejects=rejects, listed=listed, next_command=_find_next_command(built, out))


def _warn_of_metadata(built: Built, output: OutputOptions) -> None:
    counts = built.summary.staging.warnings
    rows, documents = counts[ROW_WITHOUT_DOCUMENT], counts[DOCUMENT_WITHOUT_ROW]
    if rows or documents:
        output.say(f"Warning: {rows} rows of metadata.csv name no document, {documents} documents have no row in it")


def _warn_of_versions(built: Built, export: Path, output: OutputOptions) -> None:
    """Warn where several annotators' versions of a text became so many documents."""
    profiles = built.summary.staging.profiles
    folders = find_version_folders((profile.doc_id, profile.text_hash) for profile in profiles)
    if folders:
        output.say(
            f"Warning: the same texts lie below {', '.join(folders)}; where these are versions of several annotators, "
            f"build one of them, such as {export / ('gold' if 'gold' in folders else folders[0])}"
        )


def _warn_without_pairs(built: Built, output: OutputOptions) -> None:
    """Say what the gold relations were lost to where the training part, or every part, is without a pair."""
    counts = built.manifest.counts
    if not any(own.pairs for own in counts.values()):
        where = "no candidate pairs, so there is nothing to train on or to score"
    elif counts["train"].documents and not counts["train"].pairs:
        where = "no candidate pairs in the training part, so there is nothing to train on"
    else:
        return
    ends = dict(built.summary.accounts["relations"])
    total = ends.pop("kept")
    named = ", ".join(f"{count} {end}" for end, count in ends.items() if count)
    output.say(f"Warning: {where}. Where the {total} relations ended: {named}; see report.html")


def _find_next_command(built: Built, out: Path) -> str:
    """Return what to run on the corpus; nothing where it holds nothing to run on."""
    counts = built.manifest.counts
    if counts["train"].documents:
        return f"relext train {out} --out model" if counts["train"].pairs else ""
    return f"relext eval model {out}" if any(own.pairs for own in counts.values()) else ""


def _print_built(built: Built, output: OutputOptions) -> None:
    summary = built.summary
    if output.json:
        emit_json("corpus/build", {"path": str(built.path), **summary.to_json()})
        return
    columns = ["part", "documents", "sentences", "mentions", "relations", "pairs", "labelled"]
    counts = built.manifest.counts
    rows = [[part, *(getattr(own, name) for name in own.__slots__)] for part, own in counts.items()]
    print_table("Parts", columns, rows)
    for name in ("mentions", "relations", "derived relations"):
        if name == "derived relations" and not summary.accounts[name]["kept"]:
            continue
        print_table(f"Where the {name} ended", ["place or cause", name], list(summary.accounts[name].items()))
    if summary.reject_codes:
        print_table("Rejected", ["code", "lines or files"], list(summary.reject_codes.items()))
    for label, count in summary.plan.outside.most_common(5):
        output.detail(f"{count} of {label[0]}({label[1]}, {label[2]}) lie outside the schema, kept")
    print_line(f"{built.path / 'report.html'}")
