"""`corpus import`: a CSV of transcriptions becomes a round that people can open in brat.

In: the CSV, the folder of the round, the schema and guidelines it will be annotated under. Out: `StartedRound`, and the
folder.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus_tools.rounds.plan import RoundPlan, plan_round, read_annotated_hashes, write_round
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
    """Read the transcriptions, draw a round that repeats no document of its sibling rounds, and write it.

    Parameters
    ----------
    schema_path : Path or None
        `schema.toml`; the guidelines are the Markdown pages beside it, and the hashes of both go into `round.json`.

    Raises
    ------
    InputError
        Where the CSV can't be read or no document is left.
    SchemaError
        Where the schema can't be used.
    UsageError, OutputExists, Refused
        Where the settings or the output make no sense.
    """
    check_output(folder, force=force, inputs=[source])
    schema = read_schema(schema_path) if schema_path else None
    table = read_transcriptions(source, min_samples=settings.min_samples, count_by=settings.count_by)
    plan = plan_round(
        table.transcriptions,
        annotators=settings.annotators,
        size=settings.size,
        overlap=settings.overlap,
        seed=settings.seed,
        annotated=_hashes_of_siblings(folder),
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


def _hashes_of_siblings(folder: Path) -> frozenset[str]:
    rounds = folder.absolute().parent
    siblings = sorted(path for path in rounds.iterdir() if path.is_dir()) if rounds.is_dir() else []
    others: Sequence[Path] = [path for path in siblings if path.name != folder.name and not path.name.startswith(".")]
    return frozenset[str]().union(*(read_annotated_hashes(path) for path in others))


def _hash_protocol(schema: Schema | None, schema_path: Path | None) -> dict[str, str]:
    if schema is None or schema_path is None:
        return {}
    pages = {name: value for name, value in hash_folder(schema_path.parent).items() if name.endswith(".md")}
    return {"schema": schema.hash, "guidelines": hash_text(format_json(pages))}
