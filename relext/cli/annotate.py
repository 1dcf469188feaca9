"""`relext annotate`: pre-annotate documents and write them as a brat project."""

from functools import partial
from pathlib import Path

import click

from corpus_tools.errors import UsageError
from corpus_tools.execution import ENGINES, SECONDS_A_UNIT, Engine
from corpus_tools.rendering import (
    OutputOptions,
    common_options,
    emit_json,
    finish,
    force_option,
    print_table,
    seed_option,
    track,
)
from corpus_tools.standoff import Reject
from corpus_tools.storage import check_output
from relext.cli.options import concepts_option, precision_option
from relext.loop import STANDARD_INPUT, AnnotationSummary, AnnotatorSettings, annotate_texts, list_texts
from relext.loop.queue import pick_texts, read_queue

EPILOG = """\b
Examples:
  relext annotate model notes --out annotations/round-2
  relext annotate model transcriptions.csv --out annotations/round-2 --threshold 0.5 --workers 4
  relext annotate model transcriptions.csv --queue queue/queue.jsonl --first 20 --out annotations/round-2
  cat note.txt | relext annotate model - --out note

A run that was stopped goes on after its last finished shard when the same command is given again.
"""


@click.command(epilog=EPILOG)
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("texts", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for the brat project.")
@click.option("--threshold", default=0.0, show_default=True, type=click.FloatRange(0, 1), help="Least probability.")
@precision_option
@concepts_option
@click.option("--merge", is_flag=True, help="Keep every line of people, relations too, and add the model's below.")
@click.option("--queue", type=click.Path(path_type=Path), help="A queue.jsonl: annotate its documents alone.")
@click.option("--first", type=click.IntRange(1), help="Of the queue, so many documents.")
@click.option(
    "--unaided",
    default=0.0,
    show_default=True,
    type=click.FloatRange(0, 1, max_open=True),
    help="Share of the documents, drawn by lot, that get no suggestions, to be compared with those that do.",
)
@seed_option
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or cuda:N.")
@click.option(
    "--engine", default="processes", show_default=True, type=click.Choice(ENGINES), help="What runs the work."
)
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 256),
    help="Processes, each with the model; the output is the same.",
)
@click.option("--threads", default=1, show_default=True, type=click.IntRange(1, 1024), help="Threads of each process.")
@click.option(
    "--document-seconds",
    default=SECONDS_A_UNIT,
    show_default=True,
    help="Time of one document before its worker is given up, with --workers 2 or more; a second more for each 20 kB.",
)
@click.option("--restart", is_flag=True, help="Drop what a stopped run left and start anew.")
@force_option
@common_options
def annotate(
    *,
    model: Path,
    texts: Path,
    out: Path,
    queue: Path | None,
    first: int | None,
    engine: str,
    workers: int,
    document_seconds: float,
    force: bool,
    restart: bool,
    output: OutputOptions,
    **settings: object,
) -> None:
    """Pre-annotate TEXTS with MODEL: a folder of .txt, with .ann or without, a CSV of transcriptions, or - for stdin.

    Mentions that people marked are kept and relations added; without mentions the model's own finder looks for them.
    """
    if first is not None and queue is None:
        raise UsageError(f"--first {first}: takes the first documents of a queue; give --queue too")
    check_output(out, force=force, inputs=() if texts == STANDARD_INPUT else (texts, model))
    skipped: list[Reject] = []
    sources = list_texts(texts, on_skip=skipped.append)
    summary = annotate_texts(
        AnnotatorSettings(model, **settings),  # type: ignore[arg-type]
        pick_texts(sources, read_queue(queue, first=first)) if queue else sources,
        out,
        engine=Engine(engine, workers, document_seconds),
        skipped=skipped,
        force=force,
        restart=restart,
        watch=partial(track, description="shards", quiet=output.quiet),
        remark=output.say,
    )
    show_summary(summary, out, output)
    listed = f"in {out}/rejects.jsonl"
    finish(output, rejects=summary.rejects.total(), listed=listed, next_command=f"corpus validate {out}")


def show_summary(summary: AnnotationSummary, out: Path, output: OutputOptions) -> None:
    """Print what was written and what was not."""
    if summary.dropped_relations:
        output.say(f"{summary.dropped_relations} relations of people were left out; --merge keeps them")
    for code, count in sorted(summary.rejects.items()):
        output.say(f"rejected: {code} {count}")
    if output.json:
        emit_json("relext/annotation", {"out": str(out), **summary.to_json()})
        return
    counts = {name.replace("_", " "): count for name, count in summary.to_json().items() if isinstance(count, int)}
    print_table(f"Annotated into {out}", ("what", "count"), [[name, count] for name, count in counts.items()])
