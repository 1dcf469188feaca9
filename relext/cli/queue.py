"""`relext queue`: order unlabelled documents by what their annotation should teach the model."""

from pathlib import Path

import click

from corpus_tools.rendering import OutputOptions, common_options, emit_json, finish, force_option, print_table, track
from corpus_tools.rounds import read_annotated_hashes
from corpus_tools.storage import check_output
from relext.loop import STANDARD_INPUT, list_remarks, list_texts, load_annotator
from relext.loop.queue import Queue, describe_choice, queue_texts, write_queue

EPILOG = """Examples:

    relext queue model transcriptions.csv --annotated annotations --out queue

    relext annotate model transcriptions.csv --queue queue/queue.jsonl --first 20 --out annotations/round-2
"""
SHOWN = ("rank", "batch", "doc_id", "specialty", "value", "expected_errors", "expected_annotations", "patterns")
ROWS = 20


@click.command(epilog=EPILOG)
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("texts", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--out", type=click.Path(path_type=Path), help="Folder for queue.csv and queue.jsonl.")
@click.option("--annotated", type=click.Path(path_type=Path), help="Folder of rounds whose texts are left out.")
@click.option("--batch", default=20, show_default=True, type=click.IntRange(1), help="Documents between two trainings.")
@click.option("--limit", type=click.IntRange(1), help="Most documents to choose [default: all].")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or cuda:N.")
@force_option
@common_options
def queue(
    *,
    model: Path,
    texts: Path,
    out: Path | None,
    annotated: Path | None,
    batch: int,
    limit: int | None,
    device: str,
    force: bool,
    output: OutputOptions,
) -> None:
    """Order TEXTS by what their annotation should teach MODEL, for its cost: uncertain and unlike each other first.

    TEXTS are a folder of .txt, with .ann or without, a CSV of transcriptions, or - for stdin.
    """
    if out:
        check_output(out, force=force, inputs=() if texts == STANDARD_INPUT else (texts, model))
    sources = track(list_texts(texts), "reading", quiet=output.quiet)
    known = read_annotated_hashes(annotated) if annotated else ()
    annotator = load_annotator(model, device=device)
    found = queue_texts(annotator, sources, batch=batch, limit=limit, annotated=known)
    if out:
        write_queue(found, out, force=force)
    for remark in list_remarks(
        annotator.model,
        over_long=found.over_long_mentions,
        unknown_types=found.unknown_types,
        without_mentions=found.without_mentions,
    ):
        output.say(remark)
    _show(found, output)
    source = f"{texts} --queue {out}/queue.jsonl --first {batch}" if out else str(texts)
    listed = f"in {out}/rejects.jsonl" if out else "with --out"
    next_command = f"relext annotate {model} {source} --out round"
    finish(output, rejects=len(found.rejects), listed=listed, next_command=next_command)


def _show(found: Queue, output: OutputOptions) -> None:
    if found.known:
        output.say(f"{found.known} documents are left out: trained on, annotated already, or the same text again")
    if output.json:
        emit_json("relext/queue", found.to_json())
        return
    rows = [describe_choice(choice) for choice in found.choices[:ROWS]]
    print_table("What to annotate next", SHOWN, [[row[name] for name in SHOWN] for row in rows])  # type: ignore[misc]
    if len(found.choices) > ROWS:
        output.say(f"{len(found.choices) - ROWS} more; --out writes all of them")
