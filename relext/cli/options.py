"""Options that several commands of `relext` share.

Examples
--------
>>> precision_option(click.command()(lambda precision_target: None)).params[0].name
'precision_target'
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from corpus_tools.errors import UsageError

if TYPE_CHECKING:
    from relext.data import ConceptTable
    from relext.model import TrainedModel

Command = TypeVar("Command", bound=Callable[..., Any])


def precision_option(command: Command) -> Command:
    """Add `--precision-target`."""
    return click.option(
        "--precision-target",
        type=click.FloatRange(0, 1),
        help="Keep relations at the thresholds a label that reached this precision on the validation part.",
    )(command)


concepts_option = click.option(
    "--concepts",
    type=click.Path(exists=True, path_type=Path),
    help="Concepts of mentions from your own linker: a TSV (doc_id, mention or start and end, concept, semantic_type, "
    "group), or a brat folder with N lines.",
)


def read_model_concepts(path: Path | None, model: "TrainedModel") -> "ConceptTable | None":
    """Read the concepts that a command was given; None without.

    Raises
    ------
    UsageError
        Where the model was trained without concepts and would not look at them.
    InputError
        See `relext.data.read_concepts`.
    """
    if path is None:
        return None
    if not model.config.model.concepts:
        raise UsageError("--concepts: the model was trained without; give relext train --concepts too")
    from relext.data import read_concepts  # here, so that a help text waits for no torch

    return read_concepts(path)
