"""What became of suggestions as one self-contained page, with acceptance drawn against the model's probability.

In: `Acceptance`. Out: HTML, and a folder with the page, Markdown and JSON.
"""

from pathlib import Path

from markupsafe import Markup

from corpus_tools.adjudication import Acceptance, Bin
from corpus_tools.rendering import Section, html_table, join_html, new_figure, paragraph, render_page, svg_figure
from corpus_tools.reports.acceptance import (
    ACCEPTANCE_SCHEMA,
    describe_acceptance,
    format_acceptance_markdown,
    format_acceptance_record,
    tabulate_acceptance,
)
from corpus_tools.storage import format_json, new_folder, write_text

_READ = (
    "An annotator who judges for themselves keeps about as many suggestions as a calibrated model says are right: the "
    "dashed line. Points well above it at the left are suggestions that were kept although the model doubted them."
)


def render_acceptance_report(acceptance: Acceptance) -> str:
    """Return the report as one self-contained page."""
    rates, probabilities, anchoring = (
        html_table(table.columns, table.rows) for table in tabulate_acceptance(acceptance)
    )
    drawn = join_html([paragraph(_READ), _draw_bins(acceptance), probabilities])
    sections = [
        Section("What became of the suggestions", rates),
        Section("By probability", drawn),
        Section("Anchoring", anchoring),
    ]
    return render_page("What became of the suggestions", sections, lead=describe_acceptance(acceptance))


def _draw_bins(acceptance: Acceptance) -> Markup:
    """Return acceptance against mean probability, a point a bin with its interval, a line a layer."""
    figure, axes = new_figure()
    axes.plot([0, 1], [0, 1], linestyle="--", color="#56606e", label="as the model says")
    for marker, layer in zip("os", dict.fromkeys(each.layer for each in acceptance.bins), strict=False):
        bins = [each for each in acceptance.bins if each.layer == layer and each.suggested]
        means = [each.mean_probability or 0.0 for each in bins]
        values = [each.acceptance.value or 0.0 for each in bins]
        axes.errorbar(means, values, yerr=_spread(bins), marker=marker, capsize=3, label=layer)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("mean probability of a bin")
    axes.set_ylabel("kept unchanged")
    axes.legend(fontsize=8)
    return svg_figure(figure, alt="share of suggestions kept unchanged by the model's probability, with 95 % intervals")


def _spread(bins: list[Bin]) -> list[list[float]]:
    """Return how far each interval reaches below and above its value, 0 where there is none."""
    reaches = [(each.acceptance.value or 0.0, each.acceptance.interval) for each in bins]
    below = [max(0.0, value - interval[0]) if interval else 0.0 for value, interval in reaches]
    above = [max(0.0, interval[1] - value) if interval else 0.0 for value, interval in reaches]
    return [below, above]


def write_acceptance(acceptance: Acceptance, folder: Path, *, force: bool = False) -> None:
    """Write accept-rate.json, accept-rate.md and accept-rate.html into a new folder.

    Raises
    ------
    OutputExists
        Where the folder is there already and `force` is off.
    """
    record = {"schema": ACCEPTANCE_SCHEMA, "schema_version": 1, **format_acceptance_record(acceptance)}
    with new_folder(folder, force=force) as scratch:
        write_text(scratch / "accept-rate.json", format_json(record))
        write_text(scratch / "accept-rate.md", format_acceptance_markdown(acceptance))
        write_text(scratch / "accept-rate.html", render_acceptance_report(acceptance))
