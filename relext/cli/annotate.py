"""`relext annotate`: pre-annotate documents and write them as a brat project."""

from dataclasses import replace
from pathlib import Path

import click

from corpus_tools.rendering import (
    OutputOptions,
    common_options,
    emit_json,
    finish,
    force_option,
    print_table,
    track,
)
from corpus_tools.standoff import Reject
from corpus_tools.storage import check_output
from relext.cli.options import concepts_option, read_model_concepts
from relext.loop import STANDARD_INPUT, AnnotationSummary, annotate_texts, load_annotator, read_texts

EPILOG = """Examples:

    relext annotate model notes --out annotations/round-2

    relext annotate model transcriptions.csv --out annotations/round-2 --threshold 0.5

    cat note.txt | relext annotate model - --out note
"""


@click.command(epilog=EPILOG)
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("texts", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder for the brat project.")
@click.option("--threshold", default=0.0, show_default=True, type=click.FloatRange(0, 1), help="Least probability.")
@click.option("--merge", is_flag=True, help="Keep every line of people, relations too, and add the model's below.")
@concepts_option
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or cuda:N.")
@force_option
@common_options
def annotate(
    *,
    model: Path,
    texts: Path,
    out: Path,
    threshold: float,
    merge: bool,
    concepts: Path | None,
    device: str,
    force: bool,
    output: OutputOptions,
) -> None:
    """Pre-annotate TEXTS with MODEL: a folder of .txt, with .ann or without, a CSV of transcriptions, or - for stdin.

    Mentions that people marked are kept and relations added; without mentions the model's own finder looks for them.
    """
    check_output(out, force=force, inputs=() if texts == STANDARD_INPUT else (texts, model))
    annotator = load_annotator(model, device=device, threshold=threshold, merge=merge)
    annotator = replace(annotator, concepts=read_model_concepts(concepts, annotator.model))
    skipped: list[Reject] = []
    documents = track(read_texts(texts, on_skip=skipped.append), "annotating", quiet=output.quiet)
    summary = annotate_texts(annotator, documents, out, force=force, skipped=skipped)
    show_summary(summary, out, output)
    finish(output, rejects=summary.rejects.total(), next_command=f"corpus validate {out}")


def show_summary(summary: AnnotationSummary, out: Path, output: OutputOptions) -> None:
    """Print what was written and what was not."""
    if summary.dropped_relations:
        output.say(f"{summary.dropped_relations} relations of people were left out; --merge keeps them")
    if summary.without_mentions:
        output.say(f"{summary.without_mentions} documents have no mention, so no relation either")
    for code, count in sorted(summary.rejects.items()):
        output.say(f"rejected: {code} {count}")
    if output.json:
        emit_json("relext/annotation", {"out": str(out), **summary.to_json()})
        return
    counts = {name.replace("_", " "): count for name, count in summary.to_json().items() if isinstance(count, int)}
    print_table(f"Annotated into {out}", ("what", "count"), [[name, count] for name, count in counts.items()])
