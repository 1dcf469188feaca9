"""The report of an evaluation: one record for programs, Markdown for a pull request, a page for people.

In: an `Assessment`. Out: `evaluation.json`, `evaluation.md` and `report.html`, none of them with clinical text unless
asked for.

Examples
--------
>>> format_interval((0.5, 0.75))
'0.500 to 0.750'
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from corpus_tools.rendering import (
    Cell,
    Section,
    escape_markdown,
    format_cell,
    format_markdown_table,
    heat_map,
    html_table,
    join_html,
    new_figure,
    paragraph,
    render_page,
    svg_figure,
)
from corpus_tools.storage import format_json, write_text
from relext.evaluation.assessment import Assessment
from relext.evaluation.browser import browse_mistakes
from relext.evaluation.calibration import Calibration
from relext.evaluation.confusion import Confusion
from relext.evaluation.found_record import list_found_tables
from relext.evaluation.measure import mean_f1
from relext.evaluation.metrics import Scores
from relext.evaluation.record import SCHEMA, build_record

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SCORE_COLUMNS = ("precision", "recall", "F1", "gold", "found", "invented")

Table = tuple[str, Sequence[str], list[list[Cell]]]  # heading, columns, rows


def describe_protocol(assessment: Assessment) -> str:
    """Return the protocol as one line."""
    protocol, target = assessment.protocol, assessment.protocol.precision_target
    asked = "" if target is None else f"; predictions at the thresholds for a precision of {target:g} on validation"
    return (
        f"{len(assessment.model.doc_ids)} documents of the part {protocol.split}, {protocol.mentions} mentions, "
        f"encoder {protocol.encoder}, model {protocol.model}, corpus {protocol.corpus_hash[:12]}, "
        f"seed {protocol.seed}; all gold relations count, reachable or not{asked}"
    )


def list_remarks(assessment: Assessment) -> list[str]:
    """Return what a reader of the figures must know besides, one sentence each."""
    remarks = []
    if assessment.unknown_labels:
        named = ", ".join(f"{label} ({count})" for label, count in assessment.unknown_labels.items())
        remarks.append(f"The model never learnt these labels, whose gold relations count as missed: {named}.")
    if assessment.unknown_types:
        named = ", ".join(f"{name} ({count})" for name, count in assessment.unknown_types.items())
        remarks.append(f"Training saw no mention of these types, whose gold relations count as missed: {named}.")
    if assessment.overlap.others is not None:
        others = assessment.overlap.others
        figure = "undefined" if others.f1 is None else f"{others.f1:.3f}"
        count = len(assessment.overlap.doc_ids)
        remarks.append(
            f"Of the documents {count} {'has' if count == 1 else 'have'} a text that the model was trained on; "
            f"without {'it' if count == 1 else 'them'} micro F1 is {figure} over {others.gold} gold relations."
        )
    if assessment.model.micro.f1 is None:
        remarks.append(f"Micro F1 is undefined: {assessment.model.micro.reason}.")
    return remarks


def tabulate_scores(name: str, groups: Mapping[str, Scores]) -> tuple[Sequence[str], list[list[Cell]]]:
    """Return columns and rows of scores, one row a group."""
    rows: list[list[Cell]] = [[group, *_score_cells(scores)] for group, scores in groups.items()]
    return (name, *SCORE_COLUMNS), rows


def _average_rows(micro: Scores, groups: Mapping[str, Scores]) -> list[list[Cell]]:
    """Return the rows below a breakdown: all relations together, and the mean over the groups that have gold."""
    macro: list[Cell] = ["macro", None, None, mean_f1(groups.values()), None, None, None]
    return [["micro", *_score_cells(micro)], macro]


def _score_cells(scores: Scores) -> list[Cell]:
    return [scores.precision, scores.recall, scores.f1, scores.gold, scores.tp, scores.fp]


def tabulate_summary(assessment: Assessment) -> tuple[Sequence[str], list[list[Cell]]]:
    """Return columns and rows of the summary: the model, and the baseline below it."""
    systems = {"model": assessment.model, "majority label": assessment.majority}
    rows: list[list[Cell]] = [
        [
            name,
            each.micro.precision,
            each.micro.recall,
            each.micro.f1,
            format_interval(each.micro.interval),
            each.macro_f1,
        ]
        for name, each in systems.items()
    ]
    return ("system", "precision", "recall", "F1", "95 % interval", "macro F1"), rows


def format_interval(interval: tuple[float, float] | None) -> str:
    """Format an interval, an en dash where there is none."""
    return "–" if interval is None else f"{interval[0]:.3f} to {interval[1]:.3f}"


def list_breakdowns(assessment: Assessment) -> list[Table]:
    """Return every table after the summary that the page and the Markdown share."""
    model = assessment.model
    groups = (
        ("By label", "label", model.labels),
        ("By pair of types", "category", model.categories),
        ("By specialty", "specialty", model.specialties),
        ("By distance in sentences", "distance", model.distances),
    )
    tables: list[Table] = []
    for heading, name, scores in groups:
        if scores:
            columns, rows = tabulate_scores(name, scores)
            tables.append((heading, columns, [*rows, *_average_rows(model.micro, scores)]))
    reaches: list[list[Cell]] = [[reach, gold, found] for reach, (gold, found) in model.reaches.items()]
    tables.append(("Gold relations by reach", ("reach", "gold", "found"), reaches))
    speed = assessment.throughput
    counted = {"documents": speed.documents, "pairs": speed.pairs, "tokens": speed.tokens}
    rates: list[list[Cell]] = [[name, count, speed.a_second(count)] for name, count in counted.items()]
    tables.append(("Throughput", ("what", "read", "a second"), rates))
    found = assessment.end_to_end
    return [*(list_found_tables(found, model.micro) if found else ()), *tables]


def list_sentences(assessment: Assessment) -> list[str]:
    """Return what is said in words below the summary: ceiling, difference to the baseline, calibration, remarks."""
    micro, ceiling, calibration = assessment.model.micro, assessment.model.ceiling, assessment.model.calibration
    sentences = [f"Found {micro.tp} of {micro.gold} gold relations, invented {micro.fp}."]
    if ceiling.value is not None:
        sentences.append(
            f"Candidate pairs reach {ceiling.part} of {ceiling.whole} gold relations: "
            f"recall can't exceed {ceiling.value:.3f}."
        )
    sentences.append(
        f"Difference to the majority label by type pair: p = {assessment.p_value:.4f} "
        "(paired approximate randomisation over documents, two-sided)."
    )
    if calibration.error is not None:
        before = assessment.uncalibrated.error
        raw = "" if before is None else f", {before:.3f} without its temperature {assessment.temperature:.2f}"
        sentences.append(f"Expected calibration error of the predicted relations: {calibration.error:.3f}{raw}.")
    if (frames := assessment.frames) is not None:
        sentences.append(
            f"Frames (events, relations of several arguments) with all arguments right and no other: {frames.tp} of "
            f"{frames.gold}, {frames.fp} others predicted (F1 {format_cell(frames.f1)})."
        )
    return sentences + list_remarks(assessment)


def format_markdown(assessment: Assessment) -> str:
    """Format the figures as Markdown."""
    protocol = escape_markdown(describe_protocol(assessment))
    parts = ["# Evaluation", f"{protocol}.", format_markdown_table(*tabulate_summary(assessment))]
    parts.append("\n".join(f"- {escape_markdown(sentence)}" for sentence in list_sentences(assessment)))
    for heading, columns, rows in list_breakdowns(assessment):
        parts += [f"## {escape_markdown(heading)}", format_markdown_table(columns, rows)]
    return "\n\n".join(parts) + "\n"


def format_page(assessment: Assessment, *, show_text: bool = False) -> str:
    """Format the figures as a page that needs nothing beside it."""
    summary = join_html(
        [html_table(*tabulate_summary(assessment)), *(paragraph(text) for text in list_sentences(assessment))]
    )
    sections = [Section("Summary", summary)]
    sections += [Section(heading, html_table(columns, rows)) for heading, columns, rows in list_breakdowns(assessment)]
    sections.append(Section("Gold against predicted labels", _confusion_html(assessment.model.confusion)))
    sections.append(Section("Calibration", _calibration_html(assessment)))
    sections.append(Section("Mistakes", browse_mistakes(assessment.mistakes, show_text=show_text)))
    return render_page("Evaluation", sections, lead=describe_protocol(assessment) + ".")


def _confusion_html(confusion: Confusion) -> Markup:
    if not confusion.rows:
        return paragraph("There is no relation to compare.")
    caption = "Rows: gold. Columns: predicted between the same two mentions. Shaded by the share of the row."
    return heat_map(confusion.rows, confusion.gold, confusion.predicted, caption=caption)


def _calibration_html(assessment: Assessment) -> Markup:
    curves = {"model": assessment.model.calibration}
    if assessment.uncalibrated.bins:
        curves = {"at temperature 1": assessment.uncalibrated, "as the model says": assessment.model.calibration}
    if not assessment.model.calibration.bins:
        return paragraph("Nothing was predicted, so there is nothing to calibrate.")
    tables = [_bins_html(name, calibration) for name, calibration in curves.items()]
    alt = "Reliability plot: the tables below hold its points"
    return join_html([svg_figure(_draw_reliability(curves), alt=alt), *tables])


def _draw_reliability(curves: Mapping[str, Calibration]) -> "Figure":
    figure, axes = new_figure(width=4.6, height=4.2)
    axes.plot([0, 1], [0, 1], linestyle=":", color="#777777", label="perfectly calibrated")
    for marker, (name, calibration) in zip("so", curves.items(), strict=False):
        means = [each.confidence for each in calibration.bins]
        axes.plot(means, [each.accuracy for each in calibration.bins], marker=marker, label=name)
    axes.set_xlabel("mean probability of a bin")
    axes.set_ylabel("share of it that is gold")
    axes.set_xlim(0, 1.02)
    axes.set_ylim(0, 1.02)
    axes.legend(loc="lower right", frameon=False)
    return figure


def _bins_html(name: str, calibration: Calibration) -> Markup:
    rows: list[list[Cell]] = [[each.count, each.confidence, each.accuracy] for each in calibration.bins]
    return html_table(("predicted relations", "mean probability", "share that is gold"), rows, caption=name)


def write_report(assessment: Assessment, folder: Path, *, show_text: bool = False) -> None:
    """Write `evaluation.json`, `evaluation.md` and `report.html` into a folder."""
    record = {"schema": SCHEMA, "schema_version": 1, **build_record(assessment, show_text=show_text)}
    write_text(folder / "evaluation.json", format_json(record))
    write_text(folder / "evaluation.md", format_markdown(assessment))
    write_text(folder / "report.html", format_page(assessment, show_text=show_text))
