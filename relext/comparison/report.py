"""The report of a study: one record for programs, Markdown for a pull request, a page for people.

In: a `Study`, complete or not. Out: `comparison.json`, `comparison.md` and `report.html`, none of them with clinical
text.
"""

from collections.abc import Sequence
from pathlib import Path

from corpus_tools.rendering import (
    Section,
    escape_markdown,
    format_markdown_table,
    html_table,
    join_html,
    paragraph,
    render_page,
)
from corpus_tools.storage import format_json, write_text
from relext.comparison.figures import SystemFigures, measure_study
from relext.comparison.pictures import draw_curves, draw_speed, draw_training_time
from relext.comparison.record import SCHEMA, build_record, list_machines
from relext.comparison.study import Study, refresh_study
from relext.comparison.tables import list_tables


def describe_study(study: Study) -> list[str]:
    """Return the protocol, one sentence each."""
    parts, settings = study.selection.parts, study.settings.study
    gold = sum(len(document.relations) for document in study.evaluated)
    sentences = [
        f"Trained on {len(parts['train'])} documents, epochs chosen on {len(parts['validation'])} of validation, "
        f"scored on {len(study.evaluated)} documents of the part {settings.evaluated_part} with {gold} gold relations, "
        f"reachable or not; gold mentions; corpus {study.corpus_hash[:12]}; "
        f"encoder {Path(study.settings.model.encoder).name}."
    ]
    if settings.evaluated_part == "validation":
        sentences.append(
            "The part that systems are scored on also chose their epochs: figures compare systems, they do not say how "
            "good one is on new text."
        )
    if gold == 0:
        sentences.append(
            "There is no gold relation to find, so recall and F1 are undefined where nothing was invented."
        )
    machines = list_machines(study)
    sentences.append(f"Trained on: {'; '.join(machines)}." if machines else "No network has been trained yet.")
    if len(machines) > 1:
        sentences.append(
            "These machines differ: seconds, speeds and memory of systems trained on different ones don't compare."
        )
    if len({result.code for result in study.results if result}) > 1:
        sentences.append("Results come from more than one state of the program's source; see codes in comparison.json.")
    if study.strangers:
        sentences.append(
            "Results in the study folder of other settings, another corpus or another version, which stand in no "
            f"figure: {study.strangers}."
        )
    return sentences


def format_markdown(study: Study, figures: Sequence[SystemFigures]) -> str:
    """Format the figures as Markdown."""
    parts = ["# Comparison", *map(escape_markdown, describe_study(study))]
    for table in list_tables(study, figures):
        parts += [f"## {escape_markdown(table.heading)}", *([escape_markdown(table.note)] if table.note else [])]
        parts.append(format_markdown_table(table.columns, table.rows))
    return "\n\n".join(parts) + "\n"


def format_page(study: Study, figures: Sequence[SystemFigures]) -> str:
    """Format the figures as a page that needs nothing beside it."""
    lead, *remarks = describe_study(study)
    sections = [Section("Protocol", join_html(map(paragraph, remarks)))]
    for table in list_tables(study, figures):
        notes = [paragraph(table.note)] if table.note else []
        sections.append(Section(table.heading, join_html([*notes, html_table(table.columns, table.rows)])))
    sections[2:2] = _list_pictures(study, figures)
    return render_page("Comparison", sections, lead=lead)


def _list_pictures(study: Study, figures: Sequence[SystemFigures]) -> list[Section]:
    """Return the pictures of systems that were scored, below the table of their scores."""
    if not figures:
        return []
    curves = draw_curves(figures)
    return [
        Section("F1 over training time", draw_training_time(figures, reference=study.settings.study.reference)),
        Section("F1 over prediction speed", draw_speed(figures)),
        *([Section("Training curves", curves)] if curves else []),
    ]


def write_comparison(study: Study, folder: Path) -> Study:
    """Write the three reports into the study folder, each replaced whole, and return what they hold.

    Results that another process leaves meanwhile are taken in, so that the last report that is written holds all.
    """
    folder.mkdir(parents=True, exist_ok=True)
    while True:
        figures = measure_study(study)
        record = {"schema": SCHEMA, "schema_version": 1, **build_record(study, figures)}
        write_text(folder / "comparison.json", format_json(record))
        write_text(folder / "comparison.md", format_markdown(study, figures))
        write_text(folder / "report.html", format_page(study, figures))
        newer = refresh_study(study, folder)
        if len(newer.missing) == len(study.missing):
            return study
        study = newer
