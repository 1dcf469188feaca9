"""The command line `corpus`: one row a command, in the order of the pipeline; each command has a module of its own."""

from typing import NoReturn

import click

from corpus_tools import __version__
from corpus_tools.rendering.command import LazyGroup, run_group

COMMANDS = {
    "schema": ("corpus_tools.cli.schema:schema", "Derive, check and show the annotation schema; write brat's files."),
    "import": ("corpus_tools.cli.import_:import_transcriptions", "Plan a round of annotation from a CSV."),
    "validate": ("corpus_tools.cli.validate:validate", "Account for every line of a brat project."),
    "agreement": ("corpus_tools.cli.agreement:agreement", "Measure how far annotators agree, relations included."),
    "accept-rate": ("corpus_tools.cli.accept_rate:accept_rate", "Tell what became of a model's suggestions."),
    "adjudicate": ("corpus_tools.cli.adjudicate:adjudicate", "Decide what annotators disagree on; gold is the result."),
    "build": ("corpus_tools.cli.build:build", "Build the corpus folder from a brat export."),
    "convert": ("corpus_tools.cli.convert:convert", "Convert annotations between brat and other formats."),
    "verify": ("corpus_tools.cli.verify:verify", "Recompute the hashes of a corpus folder."),
    "statistics": ("corpus_tools.cli.statistics:statistics", "Count words, samples, labels and vocabulary."),
}


@click.group(
    cls=LazyGroup,
    rows=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: corpus validate annotations/pilot && corpus build annotations/pilot/gold --out corpus",
)
@click.version_option(__version__, prog_name="corpus")
def corpus() -> None:
    """Turn brat annotations of clinical text into an adjudicated relation corpus."""


def main() -> NoReturn:
    """Run `corpus`."""
    run_group(corpus, name="corpus")


__all__ = ["COMMANDS", "corpus", "main"]
