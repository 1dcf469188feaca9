"""The page of `corpus statistics`: the figures of a corpus, and of MTSamples beside the paper's.

In: `Statistics`. Out: one self-contained page; it holds text of documents only where that is asked for.
"""

from collections import Counter
from pathlib import Path

from markupsafe import Markup

from corpus_tools.assembly import Comparison, RowSplit, Statistics, StopWords, rank
from corpus_tools.rendering import Section, heat_map, html_table, join_html, paragraph, render_page
from corpus_tools.reports.sections import (
    SHOWN_ROWS,
    Rows,
    format_share,
    show_bars,
    show_categories,
    show_lengths,
    show_mentions,
    sum_inner,
    sum_outer,
)
from corpus_tools.sentences import find_dangerous_stop_words
from corpus_tools.storage import format_json, new_folder, write_text

_SOURCES = {
    "transcriptions": "a CSV of transcriptions, each distinct text counted once",
    "brat": "a brat export",
    "corpus": "a corpus folder",
}


def write_statistics(folder: Path, statistics: Statistics, *, show_text: bool = False, force: bool = False) -> None:
    """Write `report.html` and `statistics.json`, whole or not at all.

    Raises
    ------
    OutputExists, OutputBusy, ResourceExhausted, UsageError
        As `new_folder`.
    """
    with new_folder(folder, force=force) as scratch:
        write_text(scratch / "report.html", render_statistics_report(statistics, show_text=show_text))
        write_text(scratch / "statistics.json", format_json(statistics.to_json(show_text=show_text)))


def render_statistics_report(statistics: Statistics, *, show_text: bool = False) -> str:
    """Return the page; a section stands only where the source has something to show in it."""
    figures = statistics.figures
    sections = {
        "The paper's figures": _show_paper(statistics.paper) if statistics.paper else None,
        "What a split by row leaks": _show_row_split(statistics.row_split) if statistics.row_split else None,
        "Lengths and vocabulary": show_lengths(figures),
        "Specialties": _show_specialties(statistics) if figures.specialty_documents else None,
        "Missing values": _show_missing(statistics) if statistics.missing else None,
        "Mentions and assertions": show_mentions(figures) if figures.mentions else None,
        "Relations": _show_relations(figures.relations) if figures.relations else None,
        "Pair categories": show_categories(figures) if figures.categories else None,
        "What stop words destroy": _show_stop_words(statistics.stop_words),
        "Before and after preprocessing": _show_examples(statistics, show_text=show_text),
    }
    shown = [Section(heading, body) for heading, body in sections.items() if body is not None]
    return render_page("Statistics", shown, lead=_format_lead(statistics, show_text=show_text))


def _format_lead(statistics: Statistics, *, show_text: bool) -> str:
    figures = statistics.figures
    text = "" if show_text else " This page holds no text of a document."
    return (
        f"{figures.document_words.total():,} documents of {_SOURCES[statistics.source]}, {figures.words.total():,} "
        f"words and signs, {len(figures.specialty_documents):,} specialties.{text}"
    )


def _show_paper(paper: tuple[Comparison, ...]) -> Markup:
    rows: Rows = [
        [
            each.figure,
            f"{each.paper:,.10g}",
            f"{each.ours:,.10g}",
            each.reading.population,
            each.reading.rule,
            each.finding,
        ]
        for each in paper
    ]
    lead = (
        "The paper says neither what it took for a report nor for a word or a sentence, so each of its numbers is set "
        "beside the nearest that any counting rule gives: reports counted by listing, by distinct text, or once for "
        "each of a text's specialties; words and sentences cut in the ways that common tools cut them."
    )
    columns = ["figure", "paper", "nearest", "counted over", "by", "finding"]
    return join_html([paragraph(lead), html_table(columns, rows)])


def _show_row_split(split: RowSplit) -> Markup:
    rows: Rows = [
        ["its own text", split.test_rows_seen, format_share(split.test_rows_seen, split.test_rows)],
        [
            "its own text or a near-duplicate",
            split.test_rows_alike,
            format_share(split.test_rows_alike, split.test_rows),
        ],
    ]
    lead = (
        f"The {split.rows:,} rows split 70:15:15 at random, as if no two listed the same text: of the "
        f"{split.test_rows:,} test rows, so many have in the training part what the table names. Near-duplicate: "
        "estimated Jaccard similarity of word trigrams at least 0.8. A corpus made by corpus build has neither, "
        "since it keeps such texts in one part."
    )
    return join_html([paragraph(lead), html_table(["has in training", "test rows", "share"], rows)])


def _show_specialties(statistics: Statistics) -> Markup:
    figures = statistics.figures
    listings = {each.specialty: each for each in statistics.specialties}
    rows: Rows = []
    for name, documents in rank(figures.specialty_documents):
        own = listings.get(name)
        extra = [own.listings, "yes" if own.qualifies else "no"] if own else []
        rows.append([name, documents, figures.specialty_words[name], figures.specialty_words[name] / documents, *extra])
    columns = ["specialty", "texts", "words", "words a text", *(["listings", "enough samples"] if listings else [])]
    samples = Counter({name: own.listings for name, own in listings.items()}) or figures.specialty_documents
    return join_html(
        [
            html_table(columns, rows),
            show_bars(samples, "samples by specialty", "listings" if listings else "documents"),
            show_bars(figures.specialty_words, "words by specialty", "words"),
        ]
    )


def _show_missing(statistics: Statistics) -> Markup:
    rows: Rows = [
        [column, missing, format_share(missing, statistics.listings)] for column, missing in statistics.missing
    ]
    return join_html(
        [
            html_table(["column", "rows without a value", "share"], rows),
            show_bars(Counter(dict(statistics.missing)), "missing values by column", "rows without a value"),
        ]
    )


def _show_relations(relations: Counter[tuple[str, str]]) -> Markup:
    labels = sum_outer(relations)
    parts = [show_bars(labels, "relations by label", "relations")]
    reaches = [name for name, _ in rank(sum_inner(relations)) if name]
    if reaches:
        names = [name for name, _ in rank(labels)][:SHOWN_ROWS]
        matrix = [[relations[name, reach] for reach in reaches] for name in names]
        parts.append(heat_map(matrix, names, reaches, caption="relations by label and where each ended"))
    return join_html(parts)


def _show_stop_words(stop_words: StopWords) -> Markup:
    held = find_dangerous_stop_words()
    rows: Rows = [
        [kind, stop_words.destroyed.get(kind, 0), len(words), ", ".join(words)] for kind, words in held.items()
    ]
    lead = (
        f"Dropping English stop words, the third step of the paper's preprocessing, takes {stop_words.removed:,} of "
        f"{stop_words.tokens:,} tokens ({format_share(stop_words.removed, stop_words.tokens)}). Among them are words "
        "without which a clinical sentence says something else; the list is scikit-learn's."
    )
    return join_html([paragraph(lead), html_table(["kind", "dropped here", "on the list", "which"], rows)])


def _show_examples(statistics: Statistics, *, show_text: bool) -> Markup:
    columns = ["specialty", *statistics.examples[0].counts] if statistics.examples else ["specialty"]
    rows: Rows = [[each.specialty or "–", *each.counts.values()] for each in statistics.examples]
    lead = "One document a specialty, the first by name: what each step leaves of it."
    parts = [paragraph(lead), html_table(columns, rows)]
    if show_text:
        for each in statistics.examples:
            steps: Rows = [list(step) for step in each.steps]
            parts.append(
                html_table(["step", "its first characters after it"], steps, caption=each.specialty or each.doc_id)
            )
    return join_html(parts)
