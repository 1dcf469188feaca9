"""The tables of a study's report, shared by the terminal, the Markdown and the page.

In: a study and the figures of its systems. Out: headings, columns and rows of plain cells, not escaped.

Examples
--------
>>> format_spread(Spread((0.5, 0.7)))
'0.600 ± 0.141'
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from corpus_tools.rendering import Cell
from relext.comparison.figures import Spread, SystemFigures, add_counts, collect_results, combine_p_values
from relext.comparison.results import EpochResult, RunResult
from relext.comparison.selection import OTHER_SOURCE, find_source
from relext.comparison.study import Study, describe_run
from relext.evaluation import bootstrap_interval, format_interval, score_counts

ALL_SOURCES = "all"
LABELS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Table:
    """Hold one table of the report; `note` says how to read it."""

    heading: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""


def list_tables(study: Study, figures: Sequence[SystemFigures]) -> list[Table]:
    """Return the tables of a report in its order; those with nothing to say are left out."""
    tables = [
        tabulate_scores(figures),
        tabulate_systems(figures),
        tabulate_differences(study, figures),
        tabulate_labels(study, figures),
        tabulate_speed(study, figures),
        tabulate_equal_time(study, figures),
        tabulate_sources(study),
        tabulate_missing(study),
    ]
    return [table for table in tables if table.rows]


def format_spread(values: Spread) -> str:
    """Format mean and deviation, an en dash where there is none."""
    if values.mean is None:
        return "–"
    return f"{values.mean:.3f}" + ("" if values.deviation is None else f" ± {values.deviation:.3f}")


def tabulate_scores(figures: Iterable[SystemFigures]) -> Table:
    """Return precision, recall and F1 of each system over seeds."""
    rows: list[list[Cell]] = [
        [
            each.system.name,
            len(each.seeds),
            format_spread(each.precision),
            format_spread(each.recall),
            format_spread(each.f1),
            format_interval(each.pooled.interval),
            format_spread(each.macro_f1),
        ]
        for each in figures
    ]
    columns = ("system", "seeds", "precision", "recall", "micro F1", "95 % interval", "macro F1")
    note = "Mean ± sample deviation over seeds; the interval is a bootstrap over documents, counts added over seeds."
    return Table("Systems", columns, rows, note)


def tabulate_systems(figures: Iterable[SystemFigures]) -> Table:
    """Return what sets each system apart."""
    rows: list[list[Cell]] = [[each.system.name, each.system.text] for each in figures]
    return Table("What each system is", ("system", "what it is"), rows)


def tabulate_differences(study: Study, figures: Iterable[SystemFigures]) -> Table:
    """Return how each system differs from the reference."""
    rows: list[list[Cell]] = []
    for each in figures:
        if each.difference is not None:
            difference, mcnemar = each.difference, combine_p_values(each.difference.mcnemar)
            rows.append(
                [
                    each.system.name,
                    len(difference.seeds),
                    difference.f1,
                    format_interval(difference.interval),
                    format_p(difference.p_value),
                    "–" if mcnemar is None else format_p(mcnemar[0]),
                    "–" if mcnemar is None else format_p(mcnemar[1]),
                ]
            )
    columns = ("system", "seeds", "F1 difference", "95 % interval", "p", "McNemar p, median", "McNemar p, largest")
    note = (
        f"System minus {study.settings.study.reference}, over the seeds that both have, counts added over seeds, which "
        "need not be the difference of the means above. The interval draws documents "
        "and seeds. p: paired approximate randomisation over documents, two-sided. McNemar: exact, over candidate "
        "pairs, one p a seed. No p is corrected for the number of systems."
    )
    return Table(f"Against {study.settings.study.reference}", columns, rows, note)


def format_p(value: float) -> str:
    """Format a p value with four decimals."""
    return "< 0.0001" if value < 0.0001 else f"{value:.4f}"


def tabulate_labels(study: Study, figures: Iterable[SystemFigures]) -> Table:
    """Return the F1 of each system on the labels that gold has most often."""
    gold = Counter(relation.type for document in study.evaluated for relation in document.relations)
    labels = sorted(gold, key=lambda label: (-gold[label], label))[:LABELS_SHOWN]
    rows: list[list[Cell]] = [
        [each.system.name, *(_score_label(each.results.values(), label) for label in labels)] for each in figures
    ]
    columns = ("system", *(f"{label} ({gold[label]})" for label in labels))
    note = f"F1, counts added over seeds, on the labels with most gold relations, {LABELS_SHOWN} at most."
    return Table("By label", columns, rows if labels else [], note)


def _score_label(results: Iterable[RunResult], label: str) -> float | None:
    counts = [result.labels.get(label, (0, 0, 0)) for result in results]
    return score_counts(*(sum(column) for column in zip(*counts, strict=True))).f1


def tabulate_speed(study: Study, figures: Sequence[SystemFigures]) -> Table:
    """Return what each system costs, and how many times as fast as the reference it is."""
    reference = next((each for each in figures if each.system.name == study.settings.study.reference), None)
    rows: list[list[Cell]] = [
        [
            each.system.name,
            _rounded(each.train_seconds.mean),
            ", ".join(map(str, each.best_epochs)) or None,
            _rounded(each.train_speed.mean),
            _divide(each.train_speed, reference.train_speed) if reference else None,
            _rounded(each.predict_speed.mean),
            _divide(each.predict_speed, reference.predict_speed) if reference else None,
            _rounded(each.peak_memory.mean, 1 / 2**20),
        ]
        for each in figures
    ]
    times = f"times {study.settings.study.reference}"
    columns = (
        *("system", "training seconds", "best epoch", "training pairs/s", times),
        *("prediction pairs/s", times, "peak MiB"),
    )
    note = (
        "Means over seeds. Training seconds leave validation out; pairs are the candidate pairs of the study, from "
        "segmented documents to relations. Seconds depend on what else the machine does."
    )
    return Table("Speed and memory", columns, rows, note)


def _divide(speed: Spread, other: Spread) -> float | None:
    return speed.mean / other.mean if speed.mean is not None and other.mean else None


def _rounded(value: float | None, scale: float = 1.0) -> int | None:
    return None if value is None else round(value * scale)


def tabulate_equal_time(study: Study, figures: Sequence[SystemFigures]) -> Table:
    """Return the best validation F1 that each system had reached when the reference's training was over."""
    limits = [each.train_seconds.mean for each in figures if each.system.name == study.settings.study.reference]
    rows: list[list[Cell]] = []
    limit = limits[0] or 0.0 if limits else 0.0
    for each in figures if limits else ():
        if any(result.epochs for result in each.results.values()):
            reached = [best_within(result.epochs, limit) for result in each.results.values()]
            values = Spread(tuple(value for value in reached if value is not None))
            rows.append([each.system.name, format_spread(values), len(values.values), len(reached)])
    columns = ("system", "validation F1", "seeds with an epoch by then", "seeds")
    note = f"Best validation F1 within {limit:.0f} seconds of training, which the reference takes on average."
    return Table("At equal training time", columns, rows, note)


def best_within(epochs: Iterable[EpochResult], seconds: float) -> float | None:
    """Return the best validation F1 of the epochs that end within some seconds of training; None where none does."""
    spent, best = 0.0, None
    for each in epochs:
        spent += each.seconds
        if spent > seconds:
            break
        best = max(filter(None, (best, each.validation_f1)), default=each.validation_f1)
    return best


def tabulate_sources(study: Study) -> Table:
    """Return F1 on the documents of each source by the source that a system was trained on."""
    settings = study.settings.study
    names = [*settings.sources, OTHER_SOURCE]
    places = {name: [n for n, d in enumerate(study.evaluated) if find_source(d, settings) == name] for name in names}
    columns = [name for name in names if places[name]] if settings.sources else []
    rows: list[list[Cell]] = []
    for system in settings.cross_systems if columns else ():
        for source in ("", *settings.sources):
            results = collect_results(study, source).get(system, {})
            if results:
                counts = add_counts(results.values())
                rows.append([system, source or ALL_SOURCES, len(results)])
                for name in columns:
                    own = counts[places[name]]
                    f1, interval = (
                        score_counts(*own.sum(0).tolist()).f1,
                        bootstrap_interval(own, seed=settings.subset_seed),
                    )
                    rows[-1] += [f1, format_interval(interval)]
    heads = [head for name in columns for head in (f"F1 on {name}", f"interval on {name}")]
    note = "Micro F1, counts added over seeds, each system's epoch chosen on validation documents of its own source."
    return Table("Across sources", ("system", "trained on", "seeds", *heads), rows, note)


def tabulate_missing(study: Study) -> Table:
    """Return the runs without a result."""
    rows: list[list[Cell]] = [[describe_run(run), study.failures.get(run.key, "not run yet")] for run in study.missing]
    return Table("Runs without a result", ("run", "why"), rows)
