"""`corpus import`: a CSV of transcriptions becomes a round that people can open in brat.

In: the CSV, the folder of the round, the schema and guidelines it will be annotated under. Out: `StartedRound`, and the
folder.
"""

from dataclasses import dataclass
from pathlib import Path

from corpus_tools.rounds.earlier import read_earlier_texts
from corpus_tools.rounds.plan import RoundPlan, check_annotated, plan_round, write_round
from corpus_tools.rounds.transcriptions import MIN_SAMPLES, CountBy, TranscriptionTable, read_transcriptions
from corpus_tools.standoff import Schema, read_schema
from corpus_tools.storage import check_output, format_json, hash_file, hash_folder, hash_text


@dataclass(frozen=True, slots=True)
class RoundSettings:
    """Hold how a round is drawn; see `plan_round` and `read_transcriptions` for the meaning of each."""

    annotators: tuple[str, ...]
    size: int = 100
    overlap: float = 0.3
    seed: int = 13
    min_samples: int = MIN_SAMPLES
    count_by: CountBy = "listing"


@dataclass(frozen=True, slots=True)
class StartedRound:
    """Hold what the CSV gave and what the round took of it."""

    table: TranscriptionTable
    plan: RoundPlan
    folder: Path


def start_round(
    source: Path, folder: Path, *, settings: RoundSettings, schema_path: Path | None, force: bool = False
) -> StartedRound:
    """Read the transcriptions, draw a round that repeats no document or patient of its sibling rounds, and write it.

    Parameters
    ----------
    schema_path : Path or None
        `schema.toml`; the guidelines are the Markdown pages beside it, and the hashes of both go into `round.json`.

    Raises
    ------
    InputError
        Where the CSV or an earlier round can't be read, or no document is left.
    SchemaError
        Where the schema can't be used.
    UsageError, OutputExists, Refused
        Where the settings or the output make no sense, or the folder has annotations.
    """
    check_output(folder, force=force, inputs=[source])
    check_annotated(folder)
    schema = read_schema(schema_path) if schema_path else None
    table = read_transcriptions(source, min_samples=settings.min_samples, count_by=settings.count_by)
    plan = plan_round(
        table.transcriptions,
        annotators=settings.annotators,
        size=settings.size,
        overlap=settings.overlap,
        seed=settings.seed,
        earlier=read_earlier_texts(_list_siblings(folder)),
    )
    hashes = {"transcriptions": hash_file(source), **_hash_protocol(schema, schema_path)}
    write_round(plan, folder, schema=schema, hashes=hashes, force=force)
    return StartedRound(table, plan, folder)


def describe_round(started: StartedRound) -> dict[str, object]:
    """Return what `corpus import --json` prints: counts, specialties, missing values, assignments."""
    assignments = started.plan.assignments
    return {
        "listings": started.table.listings,
        "documents": len(started.table.transcriptions) + len(started.table.left_out),
        "documents_left_out": len(started.table.left_out),
        "rows_without_text": len(started.table.without_text),
        "missing": dict(started.table.missing),
        "specialties": [
            {"name": count.specialty, "listings": count.listings, "texts": count.texts, "qualifies": count.qualifies}
            for count in started.table.specialties
        ],
        "already_annotated": started.plan.already_annotated,
        "near_duplicates": started.plan.near_duplicates,
        "drawn": len(assignments),
        "double": sum(len(assignment.annotators) > 1 for assignment in assignments),
        "identifiers": sum(len(assignment.identifiers) for assignment in assignments),
        "annotators": {
            name: sum(name in assignment.annotators for assignment in assignments) for name in started.plan.annotators
        },
    }


def _list_siblings(folder: Path) -> list[Path]:
    rounds = folder.absolute().parent
    siblings = sorted(path for path in rounds.iterdir() if path.is_dir()) if rounds.is_dir() else []
    return [path for path in siblings if path.name != folder.name and not path.name.startswith(".")]


def _hash_protocol(schema: Schema | None, schema_path: Path | None) -> dict[str, str]:
    if schema is None or schema_path is None:
        return {}
    pages = {name: value for name, value in hash_folder(schema_path.parent).items() if name.endswith(".md")}
    return {"schema": schema.hash, "guidelines": hash_text(format_json(pages))}
