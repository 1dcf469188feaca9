"""`corpus accept-rate`: what became of a model's suggestions."""

from pathlib import Path

import click

from corpus_tools.adjudication import Acceptance, AcceptanceSettings, measure_acceptance, review_suggestions
from corpus_tools.errors import OutputExists
from corpus_tools.rendering import (
    OutputOptions,
    common_options,
    emit_json,
    finish,
    force_option,
    print_table,
    seed_option,
    track,
)
from corpus_tools.reports import (
    ACCEPTANCE_SCHEMA,
    format_acceptance_markdown,
    format_acceptance_record,
    tabulate_acceptance,
    write_acceptance,
)
from corpus_tools.standoff import find_schema, read_schema
from corpus_tools.storage import check_output, write_text

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("accept-rate", epilog="Example: corpus accept-rate round-2/suggested round-2/anna --markdown anna.md")
@click.argument("suggested", type=_FOLDER)
@click.argument("annotated", type=_FOLDER)
@click.option("--bins", default=5, show_default=True, type=click.IntRange(1, 100), help="Bins of probability.")
@click.option(
    "--low", default=0.5, show_default=True, type=click.FloatRange(0, 1), help="Below it a suggestion is weak."
)
@click.option("--bootstrap", default=1000, show_default=True, type=click.IntRange(0, 100_000), help="Resamples.")
@click.option("--schema", type=_FILE, help="Says which labels are symmetric [default: the one near SUGGESTED].")
@click.option("--out", type=click.Path(path_type=Path), help="Write JSON, Markdown and HTML into this folder.")
@click.option("--markdown", type=click.Path(dir_okay=False, path_type=Path), help="Write the report as Markdown.")
@seed_option
@force_option
@common_options
def accept_rate(
    *,
    suggested: Path,
    annotated: Path,
    bins: int,
    low: float,
    bootstrap: int,
    schema: Path | None,
    out: Path | None,
    markdown: Path | None,
    seed: int,
    force: bool,
    output: OutputOptions,
) -> None:
    """Compare SUGGESTED, a folder of `relext annotate`, with ANNOTATED, what an annotator made of it.

    Suggestions are kept, changed (boundary, type, attribute, label, direction) or deleted; what is new was added.
    """
    if markdown is not None and markdown.exists() and not force:
        raise OutputExists(f"{markdown}: is there already; pass --force to replace it")
    if out is not None:
        check_output(out, force=force, inputs=(suggested, annotated))
    rules = read_schema(schema) if schema else find_schema(suggested, remark=output.say)
    review = review_suggestions(
        suggested,
        annotated,
        is_symmetric=rules.is_symmetric if rules else lambda label: False,
        track=lambda doc_ids: track(doc_ids, "Comparing", total=len(doc_ids), quiet=output.quiet),
    )
    acceptance = measure_acceptance(review, AcceptanceSettings(bins, low, bootstrap, seed))
    if markdown is not None:
        write_text(markdown, format_acceptance_markdown(acceptance))
    if out is not None:
        write_acceptance(acceptance, out, force=force)
    _show(acceptance, output)
    finish(output, rejects=review.rejects.total(), listed="above")


def _show(acceptance: Acceptance, output: OutputOptions) -> None:
    review = acceptance.review
    for doc_ids, cause in ((review.not_annotated, "not annotated"), (review.text_differs, "with another text")):
        if doc_ids:
            output.say(f"{len(doc_ids)} documents {cause}, not compared: {', '.join(doc_ids[:5])}")
    if review.unaided:
        output.say(f"{review.unaided} documents were left unaided, not compared")
    for code, count in sorted(review.rejects.items()):
        output.say(f"rejected: {code} {count}")
    if output.json:
        emit_json(ACCEPTANCE_SCHEMA, format_acceptance_record(acceptance))
        return
    for table in tabulate_acceptance(acceptance):
        print_table(table.heading, table.columns, table.rows)
