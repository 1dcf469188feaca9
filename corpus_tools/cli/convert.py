"""`corpus convert`."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import click

from corpus_tools.conversion import FORMATS, ConversionReport
from corpus_tools.conversion import convert as convert_annotations
from corpus_tools.rendering import (
    OutputOptions,
    common_options,
    emit_json,
    finish,
    force_option,
    print_line,
    print_table,
)

_SHOWN_NAMES = 5
_FORMAT = click.Choice(list(FORMATS))


EXAMPLE = """\b
Examples:
  corpus convert ddi-xml --from ddi --to brat --out annotations/ddi
  corpus convert annotations/pilot/gold --from brat --to brat --frames --out frames
"""


@click.command(epilog=EXAMPLE)
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option("--from", "from_format", required=True, type=_FORMAT, help="Format of the source.")
@click.option("--to", "to_format", default="brat", show_default=True, type=_FORMAT, help="Format to write.")
@click.option("--out", "folder", required=True, type=click.Path(path_type=Path), help="Folder to write.")
@click.option("--frames", is_flag=True, help="Write relations that share their first argument as events of brat.")
@force_option
@common_options
def convert(
    source: Path, *, from_format: str, to_format: str, folder: Path, frames: bool, force: bool, output: OutputOptions
) -> None:
    """Convert annotations between brat and other formats, counting what does not survive.

    A document whose name an earlier one has gets a number to its own (123-2), with a warning.

    SOURCE is a folder as --to writes it. Of spert (.json), bioc (.xml, .json) and pubtator (.pubtator) it may also be
    one file, of any ending, and of ddi one .xml.
    """
    report = convert_annotations(
        source,
        folder,
        from_format=from_format,
        to_format=to_format,
        frames=frames,
        force=force,
        remark=output.say,
    )
    if output.json:
        emit_json("corpus/convert", asdict(report))
    else:
        _print_report(report, frames=frames)
    if report.renamed:
        output.say(_describe_renamed(report.renamed))
    next_command = f"corpus validate {folder}" if to_format == "brat" else ""
    finish(output, rejects=report.rejects, listed="above", next_command=next_command)


def _print_report(report: ConversionReport, *, frames: bool) -> None:
    print_line(f"{report.documents} documents, {report.mentions} mentions, {report.relations} relations")
    if frames:
        print_line(f"{report.frames} frames of relations that share their head")
    losses = [("reading", *item) for item in report.losses_reading.items()]
    losses += [("writing", *item) for item in report.losses_writing.items()]
    if losses:
        print_table("Lost or changed", ["on", "kind", "count"], losses)


def _describe_renamed(renamed: Mapping[str, str]) -> str:
    shown = [f"{doc_id} (written as {name})" for name, doc_id in renamed.items()][:_SHOWN_NAMES]
    more = [f"{len(renamed) - len(shown)} more in --json"] if len(renamed) > len(shown) else []
    return f"Warning: names that an earlier document has: {', '.join([*shown, *more])}"
