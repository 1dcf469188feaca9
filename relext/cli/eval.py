"""`relext eval`: how good a model is on a built corpus, all gold relations counted."""

from pathlib import Path

import click

from corpus_tools.assembly import PARTS, read_corpus
from corpus_tools.rendering import (
    OutputOptions,
    common_options,
    emit_json,
    finish,
    force_option,
    print_line,
    print_table,
    seed_option,
    show_text_option,
)
from corpus_tools.storage import check_output, new_folder
from relext.cli.options import concepts_option, precision_option, read_model_concepts
from relext.data import describe_unknown_types
from relext.errors import MissingFinder
from relext.evaluation import (
    Assessment,
    assess_model,
    build_record,
    describe_protocol,
    list_main_tables,
    list_sentences,
    parse_gates,
    tabulate_scores,
    tabulate_summary,
    validate_gates,
    write_report,
)
from relext.model import MentionFinder, name_model, read_finder, read_model

EPILOG = """Example:

    relext eval model corpus --out evaluation --fail-under f1=0.7

    relext eval model corpus --mentions found

With --mentions found the mentions are looked for in the text alone, and the relations between them are scored strictly
(both spans, types, label) and by overlap, beside the figures with gold mentions.

The labels that the model never learnt count as missed and are named. Exit code 6: a figure with gold mentions fell
below --fail-under.
"""


@click.command("eval", epilog=EPILOG)
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("corpus", type=click.Path(path_type=Path))
@click.option("--split", type=click.Choice(PARTS), default="test", show_default=True, help="Part to evaluate on.")
@click.option(
    "--mentions",
    type=click.Choice(["gold", "found"]),
    default="gold",
    show_default=True,
    help="Where mentions come from.",
)
@concepts_option
@click.option("--out", type=click.Path(path_type=Path), help="Folder for report.html, evaluation.md, evaluation.json.")
@click.option(
    "--fail-under", multiple=True, metavar="NAME=VALUE", help="Exit with 6 below it: f1, precision, recall or macro_f1."
)
@precision_option
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or cuda:N.")
@seed_option
@force_option
@show_text_option
@common_options
def evaluate(
    *,
    model: Path,
    corpus: Path,
    split: str,
    mentions: str,
    concepts: Path | None,
    out: Path | None,
    fail_under: tuple[str, ...],
    precision_target: float | None,
    device: str,
    seed: int,
    force: bool,
    show_text: bool,
    output: OutputOptions,
) -> None:
    """Evaluate MODEL on one part of CORPUS: every gold relation counts, reachable or not."""
    gates = parse_gates(fail_under)
    if out is not None:
        check_output(out, force=force, inputs=(model, corpus))
    loaded = read_model(model, device=device).precise(precision_target)
    opened = read_corpus(corpus)
    if opened.max_words != loaded.max_words:
        output.say(
            f"{corpus} was built with --max-words {opened.max_words}, but the model cuts texts at {loaded.max_words} "
            f"words, as its own corpus was; build with --max-words {loaded.max_words} to see how it does on texts"
        )
    assessment = assess_model(
        loaded,
        opened,
        name=name_model(model),
        split=split,
        seed=seed,
        finder=find_finder(model, device=device) if mentions == "found" else None,
        concepts=read_model_concepts(concepts, loaded),
    )
    if assessment.unknown_types:
        output.say(describe_unknown_types(loaded.scheme, assessment.unknown_types))
    if out is not None:
        with new_folder(out, force=force) as folder:
            write_report(assessment, folder, show_text=show_text)
    show_assessment(assessment, output=output, show_text=show_text)
    validate_gates(assessment.model, gates)
    finish(
        output, next_command=f"relext annotate {model} TEXTS --out ROUND" if out is None else f"open {out}/report.html"
    )


def find_finder(model: Path, *, device: str) -> MentionFinder:
    """Return the finder of a model folder.

    Raises
    ------
    MissingFinder
        Where the model was trained without one.
    """
    finder = read_finder(model, device=device)
    if finder is None:
        raise MissingFinder(f"{model}: holds no finder of mentions; train it with relext train --mentions")
    return finder


def show_assessment(assessment: Assessment, *, output: OutputOptions, show_text: bool) -> None:
    """Print the figures: one JSON object, or the summary and the scores a label."""
    if output.json:
        emit_json("relext/evaluation", build_record(assessment, show_text=show_text))
        return
    print_table("Evaluation", *tabulate_summary(assessment))
    print_table("By label", *tabulate_scores("label", assessment.model.labels))
    if assessment.end_to_end:
        for heading, columns, rows in list_main_tables(assessment.end_to_end, assessment.model.micro):
            print_table(heading, columns, rows)
    for sentence in list_sentences(assessment):
        print_line(sentence)
    print_line(f"Protocol: {describe_protocol(assessment)}.")
