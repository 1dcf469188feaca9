"""What every command shares: options, one line for an error, the exit code, the next command to run.

A command is options -> one library call -> output. The group loads a command's module when the command is named, so
that `corpus --help` imports neither pandas nor torch.

Examples
--------
>>> OutputOptions(json=True).json
True
"""

import functools
import importlib
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, TypeVar

import click

from corpus_tools.errors import (
    EXIT_DONE,
    EXIT_INTERNAL,
    EXIT_INTERRUPTED,
    EXIT_REJECTS,
    EXIT_RESOURCE,
    EXIT_USAGE,
    CorpusError,
)
from corpus_tools.rendering.terminal import print_message

Command = TypeVar("Command", bound=Callable[..., Any])

_TERMINATED = 128 + signal.SIGTERM


@dataclass(frozen=True, slots=True)
class OutputOptions:
    """Hold how a command prints: one JSON object, fewer messages, or more."""

    json: bool = False
    quiet: bool = False
    verbose: bool = False

    def say(self, text: str) -> None:
        """Print a message to stderr unless `--quiet` was given."""
        if not self.quiet:
            print_message(text)

    def detail(self, text: str) -> None:
        """Print a message to stderr where `--verbose` was given."""
        if self.verbose and not self.quiet:
            print_message(text)


class LazyGroup(click.Group):
    """Hold commands by "module:attribute" and import each when it is asked for."""

    def __init__(self, *args: Any, rows: Mapping[str, tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = dict(rows)

    def list_commands(self, context: click.Context) -> list[str]:
        """Return the commands in the order of the pipeline."""
        return list(self.rows)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """Import the command's module and return the command."""
        if name not in self.rows:
            return None
        module, attribute = self.rows[name][0].split(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Add the nearest command's name where the one given does not exist."""
        import difflib

        if args and args[0] not in self.rows and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], self.rows, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            context.fail(f"No such command {args[0]!r}.{hint}")
        return super().resolve_command(context, args)

    def invoke(self, context: click.Context) -> Any:
        """Run the command; a reader that has read enough, as `| head -1` has, is no fault."""
        try:
            return super().invoke(context)
        except BrokenPipeError:
            raise click.exceptions.Exit(EXIT_DONE) from None

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in self.rows.items()])


def common_options(command: Command) -> Command:
    """Add `--json`, `-q` and `-v`, which reach the command as one `output: OutputOptions`."""

    @functools.wraps(command)
    def with_output(*args: Any, as_json: bool, quiet: bool, verbose: bool, **kwargs: Any) -> Any:
        return command(*args, output=OutputOptions(as_json, quiet, verbose), **kwargs)

    options = (
        click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout."),
        click.option("-q", "--quiet", is_flag=True, help="Print no messages and no progress."),
        click.option("-v", "--verbose", is_flag=True, help="Print more messages, and tracebacks of internal errors."),
    )
    return functools.reduce(lambda wrapped, option: option(wrapped), reversed(options), with_output)  # type: ignore[return-value]


def seed_option(command: Command) -> Command:
    """Add `--seed`."""
    return click.option("--seed", default=13, show_default=True, help="Seed of all that is left to chance.")(command)


def jobs_option(command: Command) -> Command:
    """Add `--jobs`."""
    return click.option(
        "--jobs",
        default=1,
        show_default=True,
        type=click.IntRange(1, 256),
        help="Worker processes; the output is the same.",
    )(command)


def force_option(command: Command) -> Command:
    """Add `--force`."""
    return click.option("--force", is_flag=True, help="Replace an output that is there already.")(command)


def show_text_option(command: Command) -> Command:
    """Add `--show-text`."""
    return click.option("--show-text", is_flag=True, help="Show clinical text in messages and reports.")(command)


def finish(output: OutputOptions, *, rejects: int = 0, listed: str = "", next_command: str = "") -> None:
    """Name the next command on stderr, and exit with 4 where input was rejected.

    Parameters
    ----------
    listed : str
        Where the rejects are listed: "above", "in corpus/rejects.jsonl"; empty where they are not.
    """
    if next_command:
        output.say(f"Next: {next_command}")
    if rejects:
        place = f", listed {listed}" if listed else ""
        output.say(f"{rejects} rejected{place} (exit code {EXIT_REJECTS})")
        raise click.exceptions.Exit(EXIT_REJECTS)


def run_group(group: click.Group, *, name: str) -> NoReturn:
    """Run a command group and exit with the code that its end calls for."""
    _open_closed_streams()
    signal.signal(signal.SIGTERM, _stop_on_term)
    try:
        code = group.main(prog_name=name, standalone_mode=False)
        _exit(code if isinstance(code, int) else 0)
    except click.exceptions.Abort:
        _exit(_interrupted())
    except click.ClickException as error:
        print_message(_usage_line(error, name))
        _exit(error.exit_code)
    except CorpusError as error:
        print_message(f"{name}: {error}")
        _exit(error.exit_code)
    except KeyboardInterrupt:
        _exit(_interrupted())
    except SystemExit as ended:
        if ended.code == _TERMINATED:
            _interrupted()
        raise
    except BrokenPipeError:
        _exit(0)
    except OSError as error:
        print_message(f"{name}: {error.filename or 'input or output'}: {os.strerror(error.errno or 0)}")
        _exit(EXIT_RESOURCE if error.filename is None else EXIT_USAGE)
    except MemoryError:
        print_message(f"{name}: out of memory; use a smaller input or fewer --jobs")
        _exit(EXIT_RESOURCE)
    except Exception as error:
        # The message of an error that nobody foresaw may quote clinical text: only its kind and place are shown.
        print_message(_internal_line(error, name))
        _exit(EXIT_INTERNAL)


def _open_closed_streams() -> None:
    """Give a process that was started without one of its streams (`>&-`) one that leads nowhere.

    It takes the free descriptor too, which the next file that is opened would have got.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 (open for the whole run)


def _stop_on_term(number: int, frame: FrameType | None) -> None:
    # Unwinding runs the clean-up of scratch folders; the handler goes first so that a second signal ends at once.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    raise SystemExit(_TERMINATED)


def _interrupted() -> int:
    print_message("Interrupted; nothing half-written was left. Run the same command again to go on.")
    return EXIT_INTERRUPTED


def _usage_line(error: click.ClickException, name: str) -> str:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else name
    return f"{path}: {error.format_message()} (see {path} --help)"


def _internal_line(error: Exception, name: str) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{'/'.join(frame.filename.split('/')[-2:])}:{frame.lineno}"
    return f"{name}: internal error {error.__class__.__name__} at {place}; please report it with this line"


def _exit(code: int) -> NoReturn:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has gone, as `| head -1` goes: send what is left nowhere, or Python complains at shutdown.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)
