"""`corpus import`."""

from pathlib import Path

import click

from corpus_tools.rendering import (
    OutputOptions,
    common_options,
    emit_json,
    finish,
    force_option,
    print_line,
    print_table,
    seed_option,
)
from corpus_tools.rounds import MIN_SAMPLES, RoundSettings, StartedRound, describe_round, start_round

_EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)
_DEFAULT_SCHEMA = Path("guidelines/schema.toml")


@click.command(
    "import",
    epilog="Example: corpus import transcriptions.csv --out annotations/round-1 --annotators anna,ben --size 200",
)
@click.argument("source", type=_EXISTING)
@click.option("--out", "folder", required=True, type=click.Path(path_type=Path), help="Folder of the new round.")
@click.option("--annotators", default="annotator-a,annotator-b", show_default=True, help="Names, joined by commas.")
@click.option("--size", default=100, show_default=True, type=click.IntRange(1), help="Documents to draw.")
@click.option("--overlap", default=0.3, show_default=True, help="Share of the documents that every annotator gets.")
@click.option("--min-samples", default=MIN_SAMPLES, show_default=True, help="Least samples of a specialty.")
@click.option(
    "--count-by",
    default="listing",
    show_default=True,
    type=click.Choice(["listing", "text"]),
    help="Whether a sample is a row or a distinct text.",
)
@click.option("--schema", "schema_path", type=_EXISTING, help=f"Schema to annotate under [default: {_DEFAULT_SCHEMA}].")
@seed_option
@force_option
@common_options
def import_transcriptions(
    source: Path,
    folder: Path,
    annotators: str,
    schema_path: Path | None,
    force: bool,
    output: OutputOptions,
    **settings: object,
) -> None:
    """Plan a round of annotation from a CSV of transcriptions and write its brat folders."""
    names = tuple(name.strip() for name in annotators.split(","))
    schema_path = schema_path or (_DEFAULT_SCHEMA if _DEFAULT_SCHEMA.exists() else None)
    round_settings = RoundSettings(names, **settings)  # type: ignore[arg-type]
    started = start_round(source, folder, settings=round_settings, schema_path=schema_path, force=force)
    if output.json:
        emit_json("corpus/import", describe_round(started))
    else:
        _print_round(started)
    if schema_path is None:
        output.say("No schema was found, so no annotation.conf was written; pass --schema guidelines/schema.toml.")
    finish(output, next_command=f"open {folder} in brat, annotate, then: corpus validate {folder}")


def _print_round(started: StartedRound) -> None:
    rows = [
        (c.specialty, c.listings, c.texts, "kept" if c.qualifies else "left out") for c in started.table.specialties
    ]
    print_table("Specialties", ["specialty", "listings", "texts", "samples"], rows)
    print_table("Missing values", ["column", "rows without"], started.table.missing)
    figures = describe_round(started)
    print_line(
        f"{figures['listings']} listings, {figures['documents']} distinct texts, "
        f"{figures['documents_left_out']} left out; {figures['already_annotated']} in earlier rounds; "
        f"{figures['near_duplicates']} stand behind a like text or another one of their patient, here or there."
    )
    print_line(
        f"Drawn: {figures['drawn']}, of which {figures['double']} for every annotator; "
        f"likely identifiers: {figures['identifiers']} (identifiers.csv)."
    )
