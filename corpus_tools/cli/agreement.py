"""`corpus agreement`: how far annotators agree, relations included."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from corpus_tools.agreement import (
    MODES,
    TEXT_DIFFERS,
    Survey,
    SurveyOptions,
    check_names,
    collect_figures,
    parse_gate,
    survey_agreement,
    validate_gates,
)
from corpus_tools.errors import OutputExists
from corpus_tools.rendering import (
    OutputOptions,
    common_options,
    emit_json,
    finish,
    force_option,
    jobs_option,
    print_table,
    seed_option,
    show_text_option,
    track,
)
from corpus_tools.reports import (
    SCHEMA,
    format_agreement_markdown,
    format_agreement_record,
    tabulate_agreement,
    write_agreement,
)
from corpus_tools.storage import check_output, write_text

_SHOWN_LINES = 20


@click.command(
    epilog="Example: corpus agreement annotations/pilot --mode exact --mode overlap --out report "
    "--fail-under relations.exact=0.6"
)
@click.argument("project", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--mode",
    "modes",
    multiple=True,
    default=("exact", "overlap"),
    show_default=True,
    type=click.Choice(MODES),
    help="What counts as the same mention; may be given several times.",
)
@click.option("--labels", default="", help="Compare only these types and labels: A,B.")
@click.option("--annotators", default="", help="Compare only these folders: A,B. Names gold or source to include them.")
@click.option("--rounds", is_flag=True, help="PROJECT holds a folder a round, each with its annotators.")
@click.option("--target", type=click.FloatRange(0, 1), help="The F1 to reach, drawn into the trend over rounds.")
@click.option("--metadata", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="CSV with specialties.")
@click.option("--out", type=click.Path(path_type=Path), help="Write JSON, Markdown, HTML and JSONL into this folder.")
@click.option("--markdown", type=click.Path(dir_okay=False, path_type=Path), help="Write the report as Markdown.")
@click.option("--fail-under", "gates", multiple=True, help="Exit with 6 where metric=value is missed.")
@click.option("--anonymize", is_flag=True, help="Call the annotators A, B, ... in an order drawn by the seed.")
@click.option("--bootstrap", default=1000, show_default=True, type=click.IntRange(0, 100_000), help="Resamples.")
@seed_option
@jobs_option
@force_option
@show_text_option
@common_options
def agreement(project: Path, output: OutputOptions, **given: Any) -> None:
    """Measure how far the annotators of PROJECT agree: a folder each, the same relative path is the same document.

    Folders named gold and source are left out unless --annotators names them. Exits with 3 where no document is
    shared, 4 where lines were rejected, 6 where a --fail-under is missed.
    """
    gates = [parse_gate(gate) for gate in given["gates"]]
    check_names(gates, given["modes"])
    _check_outputs(project, given)
    survey = survey_agreement(
        project,
        _read_options(given),
        **_read_metadata(given["metadata"]),
        track=lambda doc_ids: track(doc_ids, "Reading", total=len(doc_ids), quiet=output.quiet),
    )
    _write_outputs(survey, given)
    _print_survey(survey, output)
    validate_gates(collect_figures(survey.agreement), gates)
    rejects = len(survey.agreement.project.rejects)
    finish(output, rejects=rejects, listed="above", next_command=f"corpus adjudicate queue {shlex.quote(str(project))}")


def _read_options(given: Mapping[str, Any]) -> SurveyOptions:
    return SurveyOptions(
        modes=tuple(dict.fromkeys(given["modes"])),
        labels=_split(given["labels"]),
        annotators=_split(given["annotators"]),
        rounds=given["rounds"],
        anonymize=given["anonymize"],
        keep_texts=given["show_text"],
        samples=given["bootstrap"],
        seed=given["seed"],
        jobs=given["jobs"],
    )


def _split(names: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name.strip() for name in names.split(",") if name.strip()))


def _read_metadata(path: Path | None) -> dict[str, dict[str, Any]]:
    """Return the specialties of each document, and its aid where one is stated."""
    if path is None:
        return {}
    from corpus_tools.assembly import read_metadata, split_provenance

    rows = read_metadata(path)
    aids = {doc_id: split_provenance(row.provenance)[1] for doc_id, row in rows.items()}
    specialties = {doc_id: row.specialties for doc_id, row in rows.items()}
    return {"specialties": specialties, "aids": {doc_id: aid for doc_id, aid in aids.items() if aid}}


def _check_outputs(project: Path, given: Mapping[str, Any]) -> None:
    """Refuse, before any work is done, an output that can't be written."""
    if given["out"] is not None:
        check_output(given["out"], force=given["force"], inputs=[project])
    if given["markdown"] is not None and given["markdown"].exists() and not given["force"]:
        raise OutputExists(f"{given['markdown']}: is there already; pass --force to replace it")


def _write_outputs(survey: Survey, given: Mapping[str, Any]) -> None:
    if given["markdown"] is not None:
        write_text(given["markdown"], format_agreement_markdown(survey.agreement))
    if given["out"] is not None:
        write_agreement(survey.agreement, given["out"], force=given["force"], target=given["target"])


def _print_survey(survey: Survey, output: OutputOptions) -> None:
    agreement = survey.agreement
    for name in survey.left_out:
        output.say(f"Left out: {name}; name it with --annotators to compare it")
    for remark in survey.remarks:
        output.say(remark)
    for row in agreement.project.text_differs:
        hashes = ", ".join(f"{name} {digest[:12]}" for name, digest in row.hashes.items())
        output.say(f"{row.doc_id}: {TEXT_DIFFERS}, compared only between equal texts: {hashes}")
    for annotator, reject in agreement.project.rejects[: None if output.verbose else _SHOWN_LINES]:
        output.say(f"{annotator}/{reject.file}:{reject.line}: {reject.code} {reject.annotation_id} {reject.message}")
    if output.json:
        emit_json(SCHEMA, format_agreement_record(agreement))
        return
    for table in tabulate_agreement(agreement):
        print_table(table.heading, table.columns, table.rows)
