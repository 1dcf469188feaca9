"""What became of suggestions as tables for the terminal and Markdown, and as what JSON can hold.

In: `Acceptance`. Out: `Tabulation`s, Markdown, a record of a stable schema. No clinical text: suggestions are counted.
"""

from dataclasses import asdict

from corpus_tools.adjudication import CHANGES, Acceptance, Anchoring, Bin, Rate
from corpus_tools.agreement import Figure
from corpus_tools.rendering import Cell, escape_markdown, format_markdown_table
from corpus_tools.reports.agreement_tables import Tabulation

ACCEPTANCE_SCHEMA = "corpus/accept-rate"
_LEAD = (
    "A suggestion is kept where the annotator left it as it was, changed where they left it otherwise, deleted where "
    "nothing stands for it any more. Acceptance is kept / suggested. Intervals are 95 % percentiles of a bootstrap "
    "over documents."
)


def format_acceptance_record(acceptance: Acceptance) -> dict[str, object]:
    """Return the whole measurement as a record; undefined is null with a reason."""
    review, settings = acceptance.review, acceptance.settings
    return {
        "documents": {
            "compared": len(review.doc_ids),
            "not_annotated": list(review.not_annotated),
            "text_differs": list(review.text_differs),
            "unaided": review.unaided,
        },
        "rejects": dict(sorted(review.rejects.items())),
        "settings": asdict(settings),
        "rates": [asdict(rate) for rate in acceptance.rates],
        "bins": [asdict(each) for each in acceptance.bins],
        "anchoring": [asdict(each) for each in acceptance.anchoring],
    }


def tabulate_acceptance(acceptance: Acceptance) -> tuple[Tabulation, ...]:
    """Return the tables in the order to read them."""
    changes = [change for change in CHANGES if any(change in rate.changes for rate in acceptance.rates)]
    columns = ("layer", "type", "suggested", "kept", "changed", "deleted", "added", "acceptance", "95 % interval")
    rates = tuple(
        (*_rate_cells(rate), *(rate.changes.get(change, 0) for change in changes)) for rate in acceptance.rates
    )
    probabilities = ("layer", "probability", "suggested", "kept", "acceptance", "95 % interval")
    excess = ("mean probability", "excess", "95 % interval of it")
    return (
        Tabulation("What became of the suggestions", (*columns, *(f"{change} changed" for change in changes)), rates),
        Tabulation("By probability", (*probabilities, *excess), tuple(map(_bin_cells, acceptance.bins))),
        Tabulation("Anchoring", ("layer", "anchoring", "why"), tuple(map(_anchoring_cells, acceptance.anchoring))),
    )


def _rate_cells(rate: Rate) -> tuple[Cell, ...]:
    counts = (rate.suggested, rate.kept, rate.changed, rate.deleted, rate.added)
    return (rate.layer, rate.name or "all", *counts, rate.acceptance.value, _interval(rate.acceptance))


def _bin_cells(bin_: Bin) -> tuple[Cell, ...]:
    return (
        *(bin_.layer, f"{bin_.low:.2f}–{bin_.high:.2f}", bin_.suggested, bin_.kept),
        *(bin_.acceptance.value, _interval(bin_.acceptance), bin_.mean_probability),
        *(bin_.excess.value, _interval(bin_.excess)),
    )


def _interval(figure: Figure) -> str | None:
    return f"{figure.interval[0]:.3f} to {figure.interval[1]:.3f}" if figure.interval else None


def _anchoring_cells(anchoring: Anchoring) -> tuple[Cell, ...]:
    return anchoring.layer, anchoring.verdict, anchoring.reason


def describe_acceptance(acceptance: Acceptance) -> str:
    """Return what was compared, and what the words mean."""
    review = acceptance.review
    left_out = f"{len(review.not_annotated)} not annotated, {len(review.text_differs)} with another text"
    left_out += f", {review.unaided} left unaided" * (review.unaided > 0)
    return f"{len(review.doc_ids)} documents compared ({left_out}). {_LEAD}"


def format_acceptance_markdown(acceptance: Acceptance) -> str:
    """Return the report as Markdown."""
    parts = [f"# What became of the suggestions\n\n{describe_acceptance(acceptance)}"]
    for table in tabulate_acceptance(acceptance):
        parts.append(f"## {escape_markdown(table.heading)}\n\n{format_markdown_table(table.columns, table.rows)}")
    return "\n\n".join(parts) + "\n"
