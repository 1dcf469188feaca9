"""Sections that the report of a build and that of statistics share: tables and plots of `Figures`.

In: figures of a corpus. Out: escaped HTML.

Examples
--------
>>> sum_outer(Counter({("treats", "candidate"): 2, ("treats", "self"): 1}))
Counter({'treats': 3})
"""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict

from markupsafe import Markup

from corpus_tools.assembly import Figures, measure_lengths, rank
from corpus_tools.rendering import Cell, bar_figure, heat_map, html_table, join_html, new_figure, paragraph, svg_figure
from corpus_tools.standoff import OTHER_CATEGORY, PAIR_CATEGORIES

Rows = list[list[Cell]]

SHOWN_ROWS = 40  # of a table that grows with the corpus; the JSON beside the page holds every row
_BARS = 40


def show_mentions(total: Figures) -> Markup:
    """Return the mentions by type, their shapes, and their assertions by type."""
    types = sum_outer(total.mentions)
    assertions = sorted({assertion for _, assertion in total.assertions})
    matrix = [[total.assertions[name, assertion] for assertion in assertions] for name, _ in rank(types)]
    names = [name for name, _ in rank(types)]
    shapes = ", ".join(f"{count:,} {shape}" for shape, count in sorted(total.shapes.items()))
    remark = f"Of these: {shapes}. Nested: all its characters are another's too; gaps are nobody's."
    return join_html(
        [
            show_bars(types, "mentions by type", "mentions"),
            paragraph(remark if shapes else "None is discontinuous, nested or on the span of another."),
            heat_map(matrix[:SHOWN_ROWS], names[:SHOWN_ROWS], assertions, caption="mentions by type and assertion"),
        ]
    )


def show_categories(total: Figures) -> Markup:
    """Return the relations by pair category and label."""
    labels = [label for label, _ in rank(sum_outer(total.relations))][:SHOWN_ROWS]
    names = [
        name for name in (*PAIR_CATEGORIES, OTHER_CATEGORY) if any(total.categories[name, each] for each in labels)
    ]
    matrix = [[total.categories[name, label] for label in labels] for name in names]
    lead = "The six categories of the paper, read from the types of the two mentions; every other pair is “other”."
    return join_html([paragraph(lead), heat_map(matrix, names, labels)])


def show_lengths(total: Figures) -> Markup:
    """Return the lengths of documents and sentences in words, and the size of the vocabulary."""
    rows: Rows = []
    for name, lengths in (("words a document", total.document_words), ("words a sentence", total.sentence_words)):
        rows.append([name, *asdict(measure_lengths(lengths)).values()])
    columns = ["", "count", "total", "mean", "median", "shortest", "longest"]
    plots = [
        show_histogram(total.document_words, "documents by length", "words a document"),
        show_histogram(total.sentence_words, "sentences by length", "words a sentence"),
    ]
    vocabulary = (
        f"{len(total.words):,} different words among {total.words.total():,}, in lower case, punctuation included."
    )
    return join_html([html_table(columns, rows), paragraph(vocabulary), *plots])


def show_bars(counts: Counter[str], caption: str, axis: str) -> Markup:
    """Return bars of the largest counts."""
    ranked = rank(counts)[:SHOWN_ROWS]
    figure = bar_figure([name for name, _ in ranked], [count for _, count in ranked], axis=axis)
    return svg_figure(figure, alt=caption, caption=caption)


def show_histogram(lengths: Counter[int], caption: str, axis: str) -> Markup:
    """Return a histogram of lengths given as length -> how often."""
    figure, axes = new_figure(height=2.8)
    # Whole numbers of words a bar, or some bars would hold one length more than others.
    step = max(1, math.ceil((max(lengths, default=0) + 1) / _BARS))
    edges = [step * bar for bar in range(_BARS + 1)]
    axes.hist(list(lengths.keys()), bins=edges, weights=list(lengths.values()))
    axes.set_xlabel(axis)
    return svg_figure(figure, alt=caption, caption=caption)


def sum_outer(counts: Counter[tuple[str, str]]) -> Counter[str]:
    """Return the counts by the first half of their keys."""
    return _sum_names((outer, count) for (outer, _), count in counts.items())


def sum_inner(counts: Counter[tuple[str, str]]) -> Counter[str]:
    """Return the counts by the second half of their keys."""
    return _sum_names((inner, count) for (_, inner), count in counts.items())


def _sum_names(counts: Iterable[tuple[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for name, count in counts:
        total[name] += count
    return total


def format_share(part: int, whole: int) -> str:
    """Return a share in percent, or a dash where there is no whole."""
    return f"{part / whole:.1%}" if whole else "–"


def format_number(value: float | None) -> str:
    """Return a number with four digits, or a dash where there is none."""
    return "–" if value is None else f"{value:,.4g}"
