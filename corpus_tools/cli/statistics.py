"""`corpus statistics`."""

from pathlib import Path

import click

from corpus_tools.assembly import measure_statistics
from corpus_tools.rendering import OutputOptions, common_options, emit_json, finish, seed_option
from corpus_tools.reports import print_statistics


@click.command(epilog="Example: corpus statistics transcriptions.csv")
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option("--min-samples", default=50, show_default=True, help="Listings that a specialty of a CSV needs.")
@seed_option
@common_options
def statistics(source: Path, min_samples: int, seed: int, output: OutputOptions) -> None:
    """Count words, samples, labels and vocabulary of a CSV, a brat export or a corpus folder."""
    measured = measure_statistics(source, min_samples=min_samples, seed=seed)
    if output.json:
        emit_json("corpus/statistics", measured.to_json())
    else:
        print_statistics(measured)
    next_commands = {
        "transcriptions": f"corpus import {source} --out annotations/round-1",
        "brat": f"corpus build {source} --out corpus",
        "corpus": f"relext train {source} --out model",
    }
    finish(output, next_command=next_commands[measured.source])
