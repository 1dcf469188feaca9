"""`relext compare`: several systems on one corpus under one protocol."""

import difflib
from pathlib import Path

import click

from corpus_tools.assembly import read_corpus
from corpus_tools.rendering import OutputOptions, common_options, emit_json, finish, print_line, print_table
from corpus_tools.storage import check_output
from relext.cli.training_output import report_epochs
from relext.comparison import (
    SCHEMA,
    SYSTEMS,
    Study,
    build_record,
    describe_study,
    list_tables,
    measure_study,
    open_study,
    read_study,
    run_study,
    write_comparison,
)

EXAMPLE = """\b
Examples:
  relext compare corpus --config study.toml --out study
  relext compare corpus --config study.toml --out study --only ours,softmax --seeds 13,14
  relext compare corpus --config study.toml --out study --collect

What is in the study folder already is not run again, a run that was stopped goes on after its last epoch, and several
processes may work on one folder. The report holds whatever is there.
"""


def _parse_seeds(context: click.Context, parameter: click.Parameter, text: str) -> tuple[int, ...]:
    """Return the whole numbers of a list with commas."""
    words = _split((text,))
    if not all(word.isascii() and word.isdigit() for word in words):
        raise click.BadParameter("expected whole numbers with commas between them, such as 13,14")
    return tuple(map(int, words))


def _parse_systems(context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the systems of lists with commas."""
    names = _split(texts)
    if unknown := [name for name in names if name not in SYSTEMS]:
        near = difflib.get_close_matches(unknown[0][:100], SYSTEMS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(SYSTEMS)}"
        raise click.BadParameter(f"{unknown[0][:60]!r} is no system; {hint}")
    return names


def _split(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.strip() for text in texts for word in text.split(",") if word.strip())


@click.command(epilog=EXAMPLE)
@click.argument("corpus", type=click.Path(path_type=Path))
@click.option("--config", "config_path", required=True, type=click.Path(path_type=Path), help="The study, in TOML.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Study folder: results and report.")
@click.option("--only", multiple=True, callback=_parse_systems, metavar="SYSTEM,…", help="Run these systems only.")
@click.option("--seeds", default="", callback=_parse_seeds, metavar="N,N", help="Run these seeds of the study only.")
@click.option("--collect", is_flag=True, help="Run nothing; write the report of what is there.")
@common_options
def compare(
    corpus: Path,
    config_path: Path,
    out: Path,
    only: tuple[str, ...],
    seeds: tuple[int, ...],
    collect: bool,
    output: OutputOptions,
) -> None:
    """Train and score the systems of a study on CORPUS, a folder that `corpus build` wrote."""
    check_output(out, force=True, inputs=(corpus,))
    settings, opened = read_study(config_path), read_corpus(corpus)
    if collect:
        study = open_study(opened, settings, out)
    else:
        watch = report_epochs(output)
        study = run_study(
            opened,
            settings,
            out,
            only=only,
            seeds=seeds,
            track=watch["track"],
            report=watch["report"],
            say=output.say,
        )
    study = write_comparison(study, out)
    show_study(study, output)
    finish(output, rejects=len(study.failures), listed="above", next_command=f"open {out}/report.html")


def show_study(study: Study, output: OutputOptions) -> None:
    """Print the figures: one JSON object, or the tables of the report."""
    figures = measure_study(study)
    if output.json:
        emit_json(SCHEMA, build_record(study, figures))
        return
    for table in list_tables(study, figures):
        print_table(table.heading, table.columns, table.rows)
    for sentence in describe_study(study):
        print_line(sentence)
