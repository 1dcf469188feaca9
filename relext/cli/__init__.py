"""The command line `relext`: one row a command, in the order of the pipeline; each command has a module of its own."""

from typing import NoReturn

import click

from corpus_tools.rendering import LazyGroup, run_group
from relext import __version__

COMMANDS = {
    "pretrain": ("relext.cli.pretrain:pretrain", "Pretrain a small encoder on folders of texts."),
    "train": ("relext.cli.train:train", "Train a relation extractor on a built corpus."),
    "eval": ("relext.cli.eval:evaluate", "Evaluate a model on a built corpus, all gold relations counted."),
    "compare": ("relext.cli.compare:compare", "Compare systems on a built corpus under one protocol."),
    "predict": ("relext.cli.predict:predict", "Print the relations of documents as JSON, one a line."),
    "explain": ("relext.cli.explain:explain", "Show why a pair of mentions got its label."),
    "annotate": ("relext.cli.annotate:annotate", "Pre-annotate documents and write them as a brat project."),
    "queue": ("relext.cli.queue:queue", "Order documents by what their annotation should teach the model."),
    "serve": ("relext.cli.serve:serve", "Answer brat's own requests for the mentions of a text, on this machine."),
    "graph": ("relext.cli.graph:graph", "Draw a knowledge map of annotated or predicted documents."),
}


@click.group(
    cls=LazyGroup,
    rows=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Example: relext train corpus --out model && relext eval model corpus",
)
@click.version_option(__version__, prog_name="relext")
def relext() -> None:
    """Extract relations between the mentions of clinical text."""


def main() -> NoReturn:
    """Run `relext`."""
    run_group(relext, name="relext")


__all__ = ["COMMANDS", "main", "relext"]
