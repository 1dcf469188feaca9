"""The statistics of a corpus as tables on the terminal.

In: `Statistics`. Out: lines on stdout.
"""

from collections import Counter
from dataclasses import asdict

from corpus_tools.assembly import Comparison, Figures, RowSplit, Statistics, StopWords, measure_lengths, rank
from corpus_tools.rendering import Cell, print_line, print_table

_SHOWN_ROWS = 45


def print_statistics(statistics: Statistics) -> None:
    """Print lengths, vocabulary, specialties, labels, and what the source alone has."""
    figures = statistics.figures
    _print_lengths(figures)
    _print_specialties(statistics)
    for title, counts in (("Mentions", figures.mentions), ("Relations", figures.relations)):
        _print_counts(title, Counter({name: _sum(counts, name) for name, _ in counts}))
    _print_counts("Assertions", _second(figures.assertions))
    _print_counts("Pair categories", Counter({name: _sum(figures.categories, name) for name, _ in figures.categories}))
    _print_stop_words(statistics.stop_words)
    if statistics.missing:
        print_table("Missing values", ["column", "rows without"], statistics.missing)
    if statistics.row_split:
        _print_row_split(statistics.row_split)
    if statistics.paper:
        _print_paper(statistics.paper)


def _print_lengths(figures: Figures) -> None:
    rows: list[list[Cell]] = []
    for name, lengths in (("words a document", figures.document_words), ("words a sentence", figures.sentence_words)):
        rows.append([name, *asdict(measure_lengths(lengths)).values()])
    print_table("Lengths", ["", "count", "total", "mean", "median", "shortest", "longest"], rows)
    print_line(f"Vocabulary: {len(figures.words):,} different words and signs in lower case")


def _print_specialties(statistics: Statistics) -> None:
    figures = statistics.figures
    if statistics.specialties:
        rows: list[list[Cell]] = [
            [each.specialty, each.listings, each.texts, figures.specialty_words[each.specialty], _mark(each.qualifies)]
            for each in statistics.specialties
        ]
        print_table("Specialties", ["specialty", "listings", "texts", "words", "enough samples"], rows)
    elif figures.specialty_documents:
        counted: list[list[Cell]] = [
            [name, count, figures.specialty_words[name]] for name, count in rank(figures.specialty_documents)
        ]
        print_table("Specialties", ["specialty", "documents", "words"], counted)


def _print_counts(title: str, counts: Counter[str]) -> None:
    if counts:
        print_table(title, ["", "count"], rank(counts)[:_SHOWN_ROWS])


def _print_stop_words(stop_words: StopWords) -> None:
    rows: list[list[Cell]] = [["tokens", stop_words.tokens], ["dropped as stop words", stop_words.removed]]
    rows += [[f"of these {kind} words", count] for kind, count in stop_words.destroyed.items()]
    print_table("What dropping stop words would destroy", ["", "count"], rows)


def _print_row_split(split: RowSplit) -> None:
    total = max(1, split.test_rows)
    print_line(
        f"A split of the {split.rows:,} rows at random would show {split.test_rows_seen:,} of {split.test_rows:,} test "
        f"rows ({split.test_rows_seen / total:.1%}) in training too, {split.test_rows_alike:,} "
        f"({split.test_rows_alike / total:.1%}) with near-duplicates; split by text, none."
    )


def _print_paper(paper: tuple[Comparison, ...]) -> None:
    rows: list[list[Cell]] = [
        [
            each.figure,
            f"{each.paper:,.10g}",
            f"{each.ours:,.10g}",
            "equal" if each.is_reproduced else f"{each.deviation:+.1%}",
            each.reading.population,
            each.reading.rule,
        ]
        for each in paper
    ]
    columns = ["figure", "paper", "nearest", "off by", "counted over", "by"]
    print_table("The paper's figures of MTSamples", columns, rows)


def _mark(holds: bool) -> str:
    return "yes" if holds else "no"


def _sum(counts: Counter[tuple[str, str]], name: str) -> int:
    return sum(count for (outer, _), count in counts.items() if outer == name)


def _second(counts: Counter[tuple[str, str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for (_, inner), count in counts.items():
        total[inner] += count
    return total
