"""The tables of an agreement, for the terminal, for Markdown and for the page.

In: `Agreement`. Out: `Tabulation`s in the order to read them: F1 before the kappas, worst documents before the others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from corpus_tools.agreement import KINDS, Agreement, Figure, Kappa, Score
from corpus_tools.rendering import Cell

ALL_PAIRS = "all pairs"


@dataclass(frozen=True, slots=True)
class Tabulation:
    """Hold a table that can be printed anywhere; the note is what all of its rows have in common."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    @property
    def heading(self) -> str:
        """Return the title with the note."""
        return f"{self.title}: {self.note}" if self.note else self.title


def tabulate_agreement(agreement: Agreement) -> tuple[Tabulation, ...]:
    """Return the tables of an agreement in the order to read them; those without a row are left out."""
    tables = (
        _tabulate_scores(agreement),
        *_tabulate_labels(agreement),
        *_tabulate_kappas(agreement),
        _tabulate_reach(agreement),
        _tabulate_kinds(agreement),
        _tabulate_coverage(agreement),
        _tabulate_differing_texts(agreement),
        _tabulate_groups(agreement, "specialty"),
        _tabulate_groups(agreement, "round"),
        _tabulate_groups(agreement, "aid"),
        _tabulate_gaps(agreement),
    )
    return tuple(table for table in tables if table.rows)


def _tabulate_scores(agreement: Agreement) -> Tabulation:
    pairs = [(f"{pair.first} – {pair.second}", pair.scores) for pair in agreement.pairs]
    everyone = [(ALL_PAIRS, agreement.scores)] if len(pairs) > 1 else []
    rows = [
        (name, layer, mode, *_score_cells(scores[layer, mode].total))
        for layer, mode in used_layers(agreement)
        for name, scores in (*pairs, *everyone)
    ]
    return _fold("F1", ("annotators", "layer", "mode", *_SCORE_COLUMNS), rows)


_FOLDED = ("annotators", "measure", "type")
_SCORE_COLUMNS = ("F1", "95 % interval", "matched", "first", "second")


def _score_cells(score: Score) -> tuple[Cell, ...]:
    return score.f1.value, _format_interval(score.f1), score.matched, score.first, score.second


def _format_interval(figure: Figure) -> str | None:
    if figure.interval is None:
        return None
    dash = " to " if figure.interval[0] < 0 else "–"
    return f"{figure.interval[0]:.3f}{dash}{figure.interval[1]:.3f}"


def used_layers(agreement: Agreement) -> list[tuple[str, str]]:
    """Return the layers that anyone used, entities and relations always, each with its modes."""
    return [
        (layer, mode)
        for (layer, mode), scores in agreement.scores.items()
        if layer in ("entities", "relations") or scores.total.first + scores.total.second
    ]


def _fold(title: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]], *, note: str = "") -> Tabulation:
    """Return a table whose text columns that say the same in every row stand in the note instead."""
    kept = [
        index for index, column in enumerate(columns) if column not in _FOLDED or len({row[index] for row in rows}) > 1
    ]
    said = (
        [str(rows[0][index]) for index in range(len(columns)) if index not in kept and rows[0][index]] if rows else []
    )
    return Tabulation(
        title,
        tuple(columns[index] for index in kept),
        tuple(tuple(row[index] for index in kept) for row in rows),
        "; ".join([note, *said] if note else said),
    )


def _tabulate_labels(agreement: Agreement) -> Iterator[Tabulation]:
    """Yield one table a mode."""
    used = used_layers(agreement)
    for mode in agreement.settings.modes:
        rows = [
            (layer, label, *_score_cells(score))
            for layer in dict.fromkeys(layer for layer, _ in used)
            for label, score in agreement.scores[layer, mode].labels.items()
        ]
        yield Tabulation(f"F1 by label, {mode}, over all pairs", ("layer", "label", *_SCORE_COLUMNS), tuple(rows))


def _tabulate_kappas(agreement: Agreement) -> Iterator[Tabulation]:
    """Yield one table a universe, those without a unit left out, those of words last."""
    kappas = [kappa for kappa in _all_kappas(agreement) if kappa.n]
    kappas.sort(key=lambda kappa: kappa.question.unit == "word")
    for universe in dict.fromkeys(kappa.question.universe for kappa in kappas):
        rows = [_kappa_cells(kappa) for kappa in kappas if kappa.question.universe == universe]
        columns = ("type", "annotators", "measure", "value", "95 % interval", "n", "observed", "expected")
        unit = next(kappa.question.unit for kappa in kappas if kappa.question.universe == universe)
        yield _fold(f"Chance-corrected, {unit}s", columns, rows, note=universe)


def _all_kappas(agreement: Agreement) -> Iterator[Kappa]:
    for pair in agreement.pairs:
        yield from pair.kappas
    yield from agreement.group_kappas


def _kappa_cells(kappa: Kappa) -> tuple[Cell, ...]:
    question, figure = kappa.question, kappa.figure
    names = " – ".join(question.annotators) if len(question.annotators) == 2 else "all"
    measure = {"cohen": "Cohen's κ", "fleiss": "Fleiss' κ", "alpha": "Krippendorff's α"}[kappa.coefficient]
    values = figure.value, _format_interval(figure), kappa.n, kappa.observed, kappa.expected
    return question.category, names, measure, *values


def _tabulate_reach(agreement: Agreement) -> Tabulation:
    """Return how much of what each annotator marked the universes of types and relations cover."""
    rows: dict[tuple[Cell, ...], None] = {}
    for kappa in _all_kappas(agreement):
        for name, (covered, everything) in kappa.question.coverage.items():
            others = " – ".join(kappa.question.annotators) if len(kappa.question.annotators) == 2 else "all"
            if everything:
                share = covered / everything
                unit, incomplete = f"{kappa.question.unit}s of {kappa.n:,}", kappa.question.incomplete
                rows[others, unit, name, covered, everything, share, incomplete] = None
    columns = ("annotators", "universe", "marked by", "covered", "marked", "share", "incomplete")
    return _fold("What these universes cover", columns, list(rows))


def _tabulate_kinds(agreement: Agreement) -> Tabulation:
    counts = {kind: [0] * len(agreement.pairs) for kind in KINDS}
    for column, pair in enumerate(agreement.pairs):
        for finding in pair.findings:
            counts[finding.kind][column] += len(finding.first)
    rows: list[tuple[Cell, ...]] = [
        (kind, *counts[kind], meaning) for kind, meaning in KINDS.items() if any(counts[kind])
    ]
    names = (f"{pair.first} – {pair.second}" for pair in agreement.pairs)
    return Tabulation("Kinds of disagreement", ("kind", *names, "meaning"), tuple(rows))


def _tabulate_coverage(agreement: Agreement) -> Tabulation:
    rows = [
        (row.first, row.second, row.compared, row.text_differs, row.only_first, row.only_second)
        for row in agreement.project.coverage
    ]
    columns = ("first", "second", "compared", "text differs", "only first", "only second")
    return Tabulation("Documents by pair of annotators", columns, tuple(rows))


def _tabulate_differing_texts(agreement: Agreement) -> Tabulation:
    rows = [(row.doc_id, name, digest) for row in agreement.project.text_differs for name, digest in row.hashes.items()]
    return Tabulation("Refused: the text differs", ("document", "annotator", "SHA-256 of the text"), tuple(rows))


def _tabulate_groups(agreement: Agreement, kind: str) -> Tabulation:
    rows = [
        (name, agreement.group_sizes[kind][name], layer, mode, *_score_cells(scores[layer, mode].total))
        for name, scores in agreement.groups.get(kind, {}).items()
        for layer, mode in used_layers(agreement)
    ]
    title = f"F1 by {kind}, over all pairs"
    return Tabulation(title, (kind, "documents", "layer", "mode", *_SCORE_COLUMNS), tuple(rows))


def _tabulate_gaps(agreement: Agreement) -> Tabulation:
    rows = [
        (layer, mode, gap.value, _format_interval(gap))
        for (layer, mode), gap in agreement.gaps.items()
        if (layer, mode) in used_layers(agreement)
    ]
    note = "the same suggestions make annotators alike; take the F1 of unaided documents for their agreement"
    title = "F1 of pre-annotated documents less that of unaided ones"
    return Tabulation(title, ("layer", "mode", "difference", "95 % interval"), tuple(rows), note if rows else "")


def tabulate_documents(agreement: Agreement) -> Tabulation:
    """Return one row a document, the worst first: most disagreements, then lowest F1 of relations, then of entities."""
    keys = [key for key in used_layers(agreement) if key[1] == agreement.settings.modes[0]]
    counts = agreement.disagreements_by_document.tolist()
    columns = {key: agreement.by_document[key][:, 0].tolist() for key in keys}
    f1 = {key: [None if value != value else value for value in values] for key, values in columns.items()}

    def badness(row: int) -> tuple[float, ...]:
        values = [f1[key][row] for key in reversed(keys)]
        return (-counts[row], *(1.0 if value is None else value for value in values), row)

    order = sorted(range(len(counts)), key=badness)
    doc_ids = agreement.project.doc_ids
    rows = tuple((doc_ids[row], counts[row], *(f1[key][row] for key in keys)) for row in order)
    heads = (f"F1 {layer} {mode}" for layer, mode in keys)
    return Tabulation("Worst documents first", ("document", "disagreements", *heads), rows)
