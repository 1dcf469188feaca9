"""The report of an agreement: tables for the terminal and for Markdown, and a self-contained page with heat maps.

In: `Agreement`. Out: `Tabulation`s, Markdown, HTML; `write_agreement` puts all forms into a folder. F1 stands before
the kappas, worst documents before the others, and no clinical text but in the rows of disagreements on request.
"""

import json
from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from corpus_tools.agreement import (
    Agreement,
    Confusion,
    LayerScores,
)
from corpus_tools.rendering import (
    Section,
    escape_markdown,
    format_markdown_table,
    heat_map,
    html_table,
    join_html,
    paragraph,
    render_page,
)
from corpus_tools.reports.agreement_record import format_agreement_record, list_disagreements
from corpus_tools.reports.agreement_tables import Tabulation, tabulate_agreement, tabulate_documents, used_layers
from corpus_tools.storage import format_json, new_folder, write_text

SCHEMA = "corpus/agreement"
_SHOWN_DOCUMENTS = 50  # on the page; agreement.json has them all
_SHOWN_CATEGORIES = 16
_LEAD = (
    "F1 between annotators is 2 × matched / (marked by the first + marked by the second). It comes first: a kappa is a "
    "choice of universe, and the same two annotators get another kappa from another universe. Intervals are 95 % "
    "percentiles of a bootstrap over documents. An en dash is an undefined figure; agreement.json says why."
)


def format_agreement_markdown(agreement: Agreement) -> str:
    """Return the report as Markdown."""
    documents = tabulate_documents(agreement)
    shown = Tabulation(documents.title, documents.columns, documents.rows[:_SHOWN_DOCUMENTS])
    parts = [f"# Agreement\n\n{escape_markdown(_format_lead(agreement))}\n\n{_LEAD}"]
    for table in (*tabulate_agreement(agreement), shown):
        parts.append(f"## {escape_markdown(table.heading)}\n\n{format_markdown_table(table.columns, table.rows)}")
    return "\n\n".join(parts) + "\n"


def _format_lead(agreement: Agreement) -> str:
    project = agreement.project
    refused = f", {len(project.text_differs):,} with a text that differs" if project.text_differs else ""
    rejected = f"; {len(project.rejects):,} lines were rejected and are not compared" if project.rejects else ""
    labels = f" Only {', '.join(agreement.settings.labels)}." if agreement.settings.labels else ""
    return (
        f"{len(project.annotators)} annotators, {len(set(project.doc_ids)):,} documents compared{refused}{rejected}."
        f"{labels} {agreement.settings.samples:,} resamples, seed {agreement.settings.seed}."
    )


def render_agreement_report(agreement: Agreement, *, target: float | None = None) -> str:
    """Return the report as one self-contained HTML page.

    Parameters
    ----------
    target : float, optional
        The F1 to reach, drawn into the trend over rounds.
    """
    by_title: dict[str, list[Markup]] = {}
    for table in tabulate_agreement(agreement):
        by_title.setdefault(table.title, []).append(_show_table(table))
    first, *others = (Section(title, join_html(tables)) for title, tables in by_title.items())
    sections = [first]
    if len(agreement.groups.get("round", {})) > 1:
        sections.append(Section("Trend over rounds", _show_trend(agreement, target)))
    if len(agreement.pairs) > 1:
        sections.append(Section("F1 of each pair of annotators", _show_pairs(agreement)))
    sections.append(Section("Confusion", _show_confusions(agreement)))
    sections.append(Section("Worst documents first", _show_documents(tabulate_documents(agreement))))
    sections += others
    return render_page("Agreement", sections, lead=f"{_format_lead(agreement)} {_LEAD}")


def _show_table(table: Tabulation) -> Markup:
    body = html_table(table.columns, table.rows)
    return join_html([paragraph(table.note[0].upper() + table.note[1:] + "."), body]) if table.note else body


def _show_documents(documents: Tabulation) -> Markup:
    shown = documents.rows[:_SHOWN_DOCUMENTS]
    count = f"{len(shown):,} of {len(documents.rows):,} documents; agreement.json has them all."
    return join_html([paragraph(count), html_table(documents.columns, shown)])


def _show_pairs(agreement: Agreement) -> Markup:
    """Return a heat map of annotators by annotators for each layer and mode."""
    names = agreement.project.annotators
    maps = []
    for layer, mode in used_layers(agreement):
        f1 = {(pair.first, pair.second): pair.scores[layer, mode].total.f1.value for pair in agreement.pairs}
        matrix = [[_look_up(f1, one, other) for other in names] for one in names]
        maps.append(_heat_of_shares(matrix, names, caption=f"F1, {layer}, {mode}"))
    return join_html(maps)


def _look_up(f1: dict[tuple[str, str], float | None], one: str, other: str) -> float | None:
    return f1.get((one, other), f1.get((other, one)))


def _heat_of_shares(matrix: Sequence[Sequence[float | None]], names: Sequence[str], *, caption: str) -> Markup:
    head = Markup("").join(Markup("<th scope=col>{}</th>").format(name) for name in names)
    rows = [
        Markup("<tr><th scope=row>{}</th>{}</tr>").format(name, Markup("").join(map(_share_cell, row)))
        for name, row in zip(names, matrix, strict=True)
    ]
    shell = Markup(
        "<div class=scroll><table class=heat><caption>{}</caption>"
        "<thead><tr><th></th>{}</tr></thead><tbody>{}</tbody></table></div>"
    )
    return shell.format(caption, head, Markup("\n").join(rows))


def _share_cell(share: float | None) -> Markup:
    if share is None:
        return Markup("<td class=n>–</td>")
    return Markup('<td class="n h{}">{:.3f}</td>').format(round(share * 9), share)


def _show_confusions(agreement: Agreement) -> Markup:
    maps = [
        _show_confusion(confusion, f"{confusion.name}: {pair.first} (rows), {pair.second} (columns)")
        for pair in agreement.pairs
        for confusion in pair.confusions
        if confusion.matrix.any()
    ]
    return join_html(maps) if maps else paragraph("There are no categories to confuse.")


def _show_confusion(confusion: Confusion, caption: str) -> Markup:
    """Return the heat map of the categories used most, in the order of their names."""
    use = confusion.matrix.sum(axis=0) + confusion.matrix.sum(axis=1)
    used = [category for category in use.argsort(kind="stable")[::-1].tolist() if use[category]]
    kept = sorted(used[:_SHOWN_CATEGORIES])
    names = [confusion.categories[category] for category in kept]
    left_out = len(used) - len(kept)
    note = f"; {left_out} rarer categories are in agreement.json" if left_out else ""
    return heat_map(confusion.matrix[kept][:, kept].tolist(), names, names, caption=caption + note)


def _show_trend(agreement: Agreement, target: float | None) -> Markup:
    """Return a figure of F1 over rounds for each layer, a line a pair of annotators."""
    from corpus_tools.rendering import new_figure, svg_figure

    rounds = list(agreement.groups["round"])
    mode = agreement.settings.modes[0]
    figures = []
    for layer in ("entities", "relations"):
        figure, axes = new_figure()
        for marker, pair in zip("os^Dvx*P" * len(agreement.pairs), agreement.pairs, strict=False):
            values = [_value_or_gap(pair.rounds[name][layer, mode]) for name in rounds]
            axes.plot(rounds, values, marker=marker, label=f"{pair.first} – {pair.second}".replace("$", r"\$"))
        if target is not None:
            axes.axhline(target, linestyle="--", color="#56606e", label=f"target {target:g}")
        axes.set_ylim(0, 1)
        axes.set_ylabel(f"F1, {layer}, {mode}")
        axes.legend(fontsize=8)
        figures.append(svg_figure(figure, alt=f"F1 of {layer} over {len(rounds)} rounds, a line a pair of annotators"))
    return join_html(figures)


def _value_or_gap(scores: LayerScores) -> float:
    return float("nan") if scores.total.f1.value is None else scores.total.f1.value


def write_agreement(agreement: Agreement, folder: Path, *, force: bool = False, target: float | None = None) -> None:
    """Write agreement.json, agreement.md, agreement.html and disagreements.jsonl into a new folder.

    Raises
    ------
    OutputExists
        Where the folder is there already and `force` is off.
    """
    with new_folder(folder, force=force) as scratch:
        write_text(
            scratch / "agreement.json",
            format_json({"schema": SCHEMA, "schema_version": 1, **format_agreement_record(agreement)}),
        )
        write_text(scratch / "agreement.md", format_agreement_markdown(agreement))
        write_text(scratch / "agreement.html", render_agreement_report(agreement, target=target))
        rows = (json.dumps(row, ensure_ascii=False, allow_nan=False) for row in list_disagreements(agreement))
        write_text(scratch / "disagreements.jsonl", "".join(row + "\n" for row in rows))
