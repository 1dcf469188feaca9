"""`corpus adjudicate`: the queue of disagreements, the reviewer's page, decisions from files, the state of a review."""

import functools
import getpass
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from corpus_tools.adjudication import (
    FOLDER_NAME,
    GOLD_NAME,
    ORDERS,
    Application,
    QueuedItem,
    Review,
    apply_folder,
    apply_sheet,
    export_sides,
    find_project,
    format_sheet,
    give_feedback,
    open_review,
    queue_items,
    read_probabilities,
    read_review,
    summarize_review,
    write_gold,
)
from corpus_tools.cli.adjudicate_output import (
    feedback_record,
    format_feedback,
    print_application,
    print_feedback,
    print_queue,
    print_status,
)
from corpus_tools.rendering import (
    OutputOptions,
    common_options,
    emit_json,
    finish,
    force_option,
    print_line,
    seed_option,
    show_text_option,
    track,
)
from corpus_tools.standoff import Reject
from corpus_tools.storage import write_text

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEW = click.Path(path_type=Path)


@click.group(epilog="Example: corpus adjudicate serve annotations/pilot")
def adjudicate() -> None:
    """Decide what annotators disagree on; gold is the replay of the decisions.

    PROJECT holds one folder an annotator. Decisions are appended to PROJECT/adjudication/decisions.jsonl.
    """


def _project_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add PROJECT, `--annotators`, `--log`, `--reviewer` and the common options."""
    options = (
        click.argument("project", type=_FOLDER),
        click.option("--annotators", default="", help="Names, joined by commas [default: all but gold and source]."),
        click.option("--log", "folder", type=_NEW, help=f"Folder of the log [default: PROJECT/{FOLDER_NAME}]."),
        click.option("--reviewer", default="", help="Who decides, for the log [default: your user name]."),
        common_options,
    )
    return functools.reduce(lambda wrapped, option: option(wrapped), reversed(options), command)


def _order_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--order` and `--probabilities`."""
    order = click.option(
        "--order",
        default=ORDERS[0],
        show_default=True,
        type=click.Choice(ORDERS),
        help="By document, or by value: relations that hang on an item, and a model's uncertainty.",
    )
    probabilities = click.option(
        "--probabilities",
        type=_FILE,
        help="JSON Lines of a model: doc_id, probability, and mention or arg1 and arg2 as [start, end].",
    )
    return order(probabilities(command))


@contextmanager
def _opened(
    project: Path, annotators: str, folder: Path | None, reviewer: str, output: OutputOptions, staged: bool = False
) -> Iterator[Review]:
    """Open a review for writing and say what was wrong with its files."""
    names = tuple(name.strip() for name in annotators.split(",") if name.strip())
    with open_review(
        find_project(project, annotators=names),
        folder or project / FOLDER_NAME,
        who=reviewer or _user_name(),
        clock=lambda: datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        staged=staged,
        track=lambda doc_ids: track(doc_ids, "Reading", quiet=output.quiet),
    ) as review:
        _say_problems(review, output)
        yield review


def _read(project: Path, annotators: str, folder: Path | None, output: OutputOptions) -> Review:
    names = tuple(name.strip() for name in annotators.split(",") if name.strip())
    found = find_project(project, annotators=names)
    review = read_review(
        found, folder or project / FOLDER_NAME, track=lambda doc_ids: track(doc_ids, "Reading", quiet=output.quiet)
    )
    _say_problems(review, output)
    return review


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        return "reviewer"


def _say_problems(review: Review, output: OutputOptions) -> None:
    if review.log.warning:
        output.say(review.log.warning)
    for doc_id, differs in review.differing.items():
        hashes = ", ".join(f"{name} {digest[:12]}" for name, digest in differs.hashes.items())
        output.say(f"{doc_id}: TEXT-DIFFERS, left out ({hashes})")
    if review.alone:
        output.say(f"{len(review.alone)} documents are annotated by fewer than two: nothing in them to adjudicate")
    for annotator, reject in _list_rejects(review):
        output.detail(f"{annotator}/{reject.file}:{reject.line}: {reject.code} {reject.annotation_id}")


def _list_rejects(review: Review) -> list[tuple[str, Reject]]:
    return [*review.project.skipped, *(row for rows in review.rejects.values() for row in rows)]


def _finish(review: Review, output: OutputOptions, *, refused: int = 0, next_command: str) -> None:
    """End with what was rejected: lines and files, documents whose texts differ, decisions of a sheet."""
    rejects = len(_list_rejects(review)) + len(review.differing) + refused
    finish(output, rejects=rejects, listed="above or with -v", next_command=next_command)


@adjudicate.command(epilog="Example: corpus adjudicate queue annotations/pilot --order value --out queue.csv")
@_order_options
@click.option("--out", "target", type=_NEW, help="Write the open items to this .csv or .jsonl, to be filled in.")
@force_option
@show_text_option
@_project_options
def queue(
    project: Path,
    order: str,
    probabilities: Path | None,
    target: Path | None,
    force: bool,
    show_text: bool,
    output: OutputOptions,
    **where: Any,
) -> None:
    """Make the queue: full agreement is accepted and logged, the rest is one item a conflict."""
    rows = read_probabilities(probabilities) if probabilities else None
    with _opened(project, output=output, **where) as review:
        queued = queue_items(review.settlements.values(), order=order, probabilities=rows)
        if target is not None:
            _write_sheet(review, queued, target, force=force, show_text=show_text)
        print_queue(review, queued, output, show_text=show_text)
        _finish(review, output, next_command=f"corpus adjudicate serve {_quote(project)}")


def _write_sheet(review: Review, queued: list[QueuedItem], target: Path, *, force: bool, show_text: bool) -> None:
    if target.suffix not in (".csv", ".jsonl"):
        raise click.UsageError("--out must end in .csv or .jsonl")
    if target.exists() and not force:
        raise click.UsageError(f"{target} is there already; pass --force to replace it")
    write_text(target, format_sheet(review, queued, suffix=target.suffix, show_text=show_text))


@adjudicate.command(epilog="Example: corpus adjudicate serve annotations/pilot --blind --order value")
@_order_options
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address; any other is refused.")
@click.option("--port", default=8765, show_default=True, type=click.IntRange(0, 65535), help="0 for any free one.")
@click.option("--blind", is_flag=True, help="Hide the annotators' names and shuffle the sides, by --seed.")
@click.option("--staged", is_flag=True, help="Let no item be decided before its annotators have discussed it.")
@seed_option
@_project_options
def serve(
    project: Path,
    order: str,
    probabilities: Path | None,
    host: str,
    port: int,
    blind: bool,
    staged: bool,
    seed: int,
    output: OutputOptions,
    **where: Any,
) -> None:
    """Serve the reviewer's page on this machine alone; the address with its token is printed."""
    from corpus_tools.adjudication.page import PageSettings, check_host, serve_page

    check_host(host)
    rows = read_probabilities(probabilities) if probabilities else {}
    settings = PageSettings(order=order, blind=blind, seed=seed, probabilities=rows)
    with _opened(project, output=output, staged=staged, **where) as review:
        try:
            serve_page(review, settings, host=host, port=port, announce=lambda url: _announce(url, output))
        finally:
            finish(output, next_command=f"corpus adjudicate apply {_quote(project)}")


def _announce(url: str, output: OutputOptions) -> None:
    if output.json:
        emit_json("corpus/adjudicate-serve", {"url": url})
    else:
        print_line(f"Open {url}")
    output.say("Every decision is on the disk before the page says so. Stop with Ctrl-C.")


_SHEET_HELP = (
    "A .csv or .jsonl of `queue --out` that somebody filled in: `choice` is an annotator's name, both, neither or "
    'edit; for edit, `chosen` is a mention as "Type start end" or annotations as JSON. The version of who marked '
    "nothing is empty."
)


@adjudicate.command(epilog="Example: corpus adjudicate apply annotations/round-1 --decisions queue.csv --force")
@click.option("--decisions", "sheet", type=_FILE, help=_SHEET_HELP)
@click.option("--from", "third", type=_FOLDER, help="A brat folder with the reviewer's own annotations.")
@click.option("--out", "target", type=_NEW, help=f"Folder of gold, or of the export [default: PROJECT/{GOLD_NAME}].")
@click.option("--partial", is_flag=True, help="Write documents with open items too, without what is open.")
@click.option("--single", is_flag=True, help="Write what one annotator alone annotated too, as it is.")
@click.option("--export", "export", type=click.Choice(["brat"]), help="Write both sides for brat's comparison view.")
@force_option
@_project_options
def apply(
    project: Path,
    sheet: Path | None,
    third: Path | None,
    target: Path | None,
    partial: bool,
    single: bool,
    export: str | None,
    force: bool,
    output: OutputOptions,
    **where: Any,
) -> None:
    """Write gold from the log, after taking in decisions from a file or a third brat folder."""
    if export and target is None:
        raise click.UsageError("--export needs --out")
    if export and single:
        raise click.UsageError("--export writes what is to be decided, --single what is not; give one of them")
    with _opened(project, output=output, **where) as review:
        if export and target is not None:
            _export(review, target, force=force, output=output)
            return
        applied = _apply(review, sheet, third)
        report = write_gold(review, target or project / GOLD_NAME, force=force, partial=partial, single=single)
        print_application(review, applied, report, output)
        if report.written:
            next_command = f"corpus build {_quote(report.folder)} --out corpus"
        else:
            output.say("Gold is empty: every document has open items. Decide them, or see --partial.")
            next_command = f"corpus adjudicate serve {_quote(project)}"
        _finish(review, output, refused=len(applied.refused), next_command=next_command)


def _apply(review: Review, sheet: Path | None, third: Path | None) -> Application:
    if sheet is not None and third is not None:
        raise click.UsageError("give --decisions or --from, not both")
    if sheet is not None:
        return apply_sheet(review, sheet)
    return apply_folder(review, third) if third is not None else Application(0, 0, 0, ())


def _export(review: Review, target: Path, *, force: bool, output: OutputOptions) -> None:
    documents = export_sides(review, target, force=force, remark=output.say)
    first, second, *_ = review.project.annotators
    if output.json:
        emit_json("corpus/adjudicate-export", {"folder": str(target), "documents": documents})
    else:
        print_line(f"{documents} documents with open items in {target}")
        print_line(f"In brat: diff.xhtml?diff=/{target.name}/{first}/#/{target.name}/{second}/DOCUMENT")
    finish(output, next_command="decide in a third folder, then: corpus adjudicate apply PROJECT --from FOLDER")


@adjudicate.command(epilog="Example: corpus adjudicate status annotations/pilot --json")
@_project_options
def status(project: Path, annotators: str, folder: Path | None, reviewer: str, output: OutputOptions) -> None:
    """Show where the review stands: items by kind and stage, what is stale, who agreed with the reviewer."""
    review = _read(project, annotators, folder, output)
    summary = summarize_review(review)
    if output.json:
        emit_json("corpus/adjudicate-status", summary.to_json())
    else:
        print_status(summary)
    command = "serve" if summary.open else "apply"
    _finish(review, output, next_command=f"corpus adjudicate {command} {_quote(project)}")


@adjudicate.command(epilog="Example: corpus adjudicate feedback annotations/pilot --out feedback.md --show-text")
@click.option("--out", "target", type=_NEW, help="Write the feedback as Markdown.")
@force_option
@show_text_option
@_project_options
def feedback(
    project: Path,
    annotators: str,
    folder: Path | None,
    reviewer: str,
    target: Path | None,
    force: bool,
    show_text: bool,
    output: OutputOptions,
) -> None:
    """Show each annotator what the reviewer changed, and why, by kind."""
    if target is not None and target.exists() and not force:
        raise click.UsageError(f"{target} is there already; pass --force to replace it")
    review = _read(project, annotators, folder, output)
    given = give_feedback(review)
    if target is not None:
        write_text(target, "\n".join(format_feedback(each, show_text=show_text) for each in given))
    if output.json:
        payload = [feedback_record(each, show_text=show_text) for each in given]
        emit_json("corpus/adjudicate-feedback", {"annotators": payload})
    else:
        print_feedback(given, show_text=show_text)
    finish(output, next_command=f"corpus adjudicate apply {_quote(project)}")


def _quote(path: Path) -> str:
    return shlex.quote(str(path))
