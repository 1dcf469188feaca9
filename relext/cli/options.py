"""Options that several commands of `relext` share.

Examples
--------
>>> precision_option(click.command()(lambda precision_target: None)).params[0].name
'precision_target'
"""

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def precision_option(command: Command) -> Command:
    """Add `--precision-target`."""
    return click.option(
        "--precision-target",
        type=click.FloatRange(0, 1),
        help="Keep relations at the thresholds a label that reached this precision on the validation part.",
    )(command)
