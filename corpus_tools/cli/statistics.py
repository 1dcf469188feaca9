"""`corpus statistics`."""

from pathlib import Path

import click

from corpus_tools.assembly import measure_statistics
from corpus_tools.rendering import (
    OutputOptions,
    common_options,
    emit_json,
    finish,
    force_option,
    print_line,
    seed_option,
    show_text_option,
)
from corpus_tools.reports import print_statistics, write_statistics
from corpus_tools.storage import check_output

_NEXT = {
    "transcriptions": "corpus import {} --out annotations/round-1",
    "brat": "corpus build {} --out corpus",
    "corpus": "relext train {} --out model",
}


@click.command(epilog="Example: corpus statistics transcriptions.csv --out statistics")
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), help="Folder for report.html and statistics.json.")
@click.option("--min-samples", default=50, show_default=True, help="Listings that a specialty of a CSV needs.")
@click.option("--paper", is_flag=True, help="Compare with the paper's figures a CSV that does not look like MTSamples.")
@show_text_option
@seed_option
@force_option
@common_options
def statistics(
    source: Path,
    out: Path | None,
    min_samples: int,
    paper: bool,
    show_text: bool,
    seed: int,
    force: bool,
    output: OutputOptions,
) -> None:
    """Count words, samples, labels and vocabulary of a CSV, a brat export or a corpus folder.

    MTSamples (40 specialties in about 5,000 rows) is set beside the figures that the model's paper gives of it.
    """
    if out:
        check_output(out, force=force, inputs=[source])
    measured = measure_statistics(source, min_samples=min_samples, seed=seed, paper=paper)
    if out:
        write_statistics(out, measured, show_text=show_text, force=force)
    if output.json:
        emit_json("corpus/statistics", measured.to_json(show_text=show_text))
    else:
        print_statistics(measured)
    if out and not output.json:
        print_line(str(out / "report.html"))
    for code, count in sorted(measured.rejects.items()):
        output.say(f"rejected: {code} {count}")
    next_command = _NEXT[measured.source].format(source)
    finish(output, rejects=sum(measured.rejects.values()), listed="above", next_command=next_command)
