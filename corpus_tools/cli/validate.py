"""`corpus validate`: account for every line of a brat project."""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import click

from corpus_tools.errors import InputError
from corpus_tools.rendering import (
    OutputOptions,
    common_options,
    emit_json,
    finish,
    print_line,
    print_table,
    show_text_option,
    track,
)
from corpus_tools.standoff import (
    AlignedDocument,
    ValidationReport,
    ValidationSettings,
    find_version_folders,
    validate_folder,
)

_SHOWN_REJECTS = 20


@click.command(epilog="Example: corpus validate annotations/pilot/gold --json")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--strict", is_flag=True, help="Stop with exit code 3 at the first reject.")
@click.option("--strict-schema", is_flag=True, help="Reject what the schema does not foresee, instead of warning.")
@click.option("--fix", type=click.Path(path_type=Path), help="Write a corrected copy of what is kept into this folder.")
@click.option("--window", default=3, show_default=True, type=click.IntRange(0, 100), help="Largest shift to repair.")
@click.option(
    "--offsets",
    default="auto",
    show_default=True,
    type=click.Choice(["auto", "source", "bom", "utf-16", "lf"]),
    help="How offsets count: as the text stands, without its byte-order mark, in UTF-16 units, or CRLF as one.",
)
@click.option("--follow-symlinks", is_flag=True, help="Follow links whose target lies inside FOLDER.")
@show_text_option
@common_options
def validate(folder: Path, output: OutputOptions, **settings: object) -> None:
    """Account for every line of the .ann files below FOLDER: kept, repaired or rejected with a code.

    Exits with 0 where all is kept, 4 where lines were rejected, 3 under --strict or where FOLDER holds no documents.
    """
    seen: list[tuple[str, str]] = []
    report = validate_folder(
        folder,
        ValidationSettings(**settings),  # type: ignore[arg-type]
        track=lambda documents: track(_note(documents, seen), "Validating", quiet=output.quiet),
    )
    if output.json:
        emit_json("corpus/validate", report.to_json())
    else:
        _print_report(report, is_verbose=output.verbose)
    if not report.documents["read"] and not report.rejects:
        raise InputError(f"{folder}: no .txt and no .ann below it; expected a brat project")
    listed = f"in {settings['fix']}/rejects.jsonl" if settings["fix"] else "above"
    finish(output, rejects=len(report.rejects), listed=listed, next_command=_next_command(folder, seen, report))


def _note(documents: Iterable[AlignedDocument], seen: list[tuple[str, str]]) -> Iterator[AlignedDocument]:
    """Pass documents on, and keep their ids and the hashes of their texts."""
    for aligned in documents:
        seen.append((aligned.document.doc_id, aligned.document.text_hash))
        yield aligned


def _next_command(folder: Path, seen: Sequence[tuple[str, str]], report: ValidationReport) -> str:
    if not seen:
        return ""
    name = shlex.quote(str(folder))
    if find_version_folders(seen):
        return f"corpus agreement {name}"
    has_events = "E" in report.lines and report.lines["E"].kept
    return f"corpus build {name}{' --events relations' if has_events else ''} --out corpus"


def _print_report(report: ValidationReport, *, is_verbose: bool) -> None:
    print_line(" · ".join(f"{count} documents {what}" for what, count in report.documents.items()))
    rows = [(kind, n.read, n.kept, n.repaired, n.rejected) for kind, n in report.lines.items()]
    print_table("Lines", ("kind", "read", "kept", "repaired", "rejected"), rows)
    for title, codes in (("Rejects", report.rejects_by_code), ("Warnings", report.warnings_by_code)):
        if codes:
            print_table(title, ("code", "count"), codes.items())
    shown = report.rejects if is_verbose else report.rejects[:_SHOWN_REJECTS]
    for reject in shown:
        print_line(f"{reject.file}:{reject.line}: {reject.code} {reject.annotation_id} {reject.message}")
    if len(shown) < len(report.rejects):
        print_line(f"… and {len(report.rejects) - len(shown)} more; -v or --json lists all")
