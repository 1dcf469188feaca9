"""F1 between annotators from matched rows: in all, a label, a document, and any group of documents.

In: the matches of each pair of annotators. Out: `LayerCounts`, summed over pairs on request, and `Score`s with their
counts and intervals. F1 = 2 * matched / (marked by the first + marked by the second); where a mode ignores types, the
matched items of a label are counted on each side and averaged (Hripcsak and Rothschild 2005).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from corpus_tools.agreement.arrays import Bools, Ints
from corpus_tools.agreement.coefficients import Figure, Floats, Statistic, estimate, f1_values
from corpus_tools.agreement.comparing import Selection
from corpus_tools.agreement.tables import Layer

_COLUMNS = 4  # matched of the first, matched of the second, marked by the first, marked by the second


@dataclass(frozen=True, slots=True)
class LayerCounts:
    """Hold the counts of one layer in one mode.

    Attributes
    ----------
    labels : tuple of str
    counts : array, shape (documents, labels, 4)
        Matched by the first, matched by the second, marked by the first, marked by the second.
    """

    labels: tuple[str, ...]
    counts: Ints

    def plus(self, other: "LayerCounts") -> "LayerCounts":
        """Return the sum with the counts of another pair of annotators."""
        return LayerCounts(self.labels, self.counts + other.counts)

    def of(self, documents: Bools) -> "LayerCounts":
        """Return the counts of some documents."""
        return LayerCounts(self.labels, self.counts[documents])


@dataclass(frozen=True, slots=True)
class Score:
    """Hold an F1 with its counts; over several pairs of annotators `first` and `second` are sums."""

    f1: Figure
    matched: float
    first: int
    second: int


@dataclass(frozen=True, slots=True)
class LayerScores:
    """Hold the scores of one layer in one mode: in all and by label."""

    total: Score
    labels: dict[str, Score]


def count_layer(
    layer: Layer,
    *,
    matched: tuple[Ints, Ints],
    selection: Selection,
    label_codes: Ints,
    names: Sequence[str],
    documents: int,
) -> LayerCounts:
    """Count the matched and the marked rows of two annotators by document and label.

    Parameters
    ----------
    label_codes : array, shape (labels,), sorted
        The codes of the labels to count.
    """
    shape = documents, len(label_codes)
    columns = [
        np.bincount(
            layer.document[rows] * shape[1] + np.searchsorted(label_codes, layer.label[rows]),
            minlength=shape[0] * shape[1],
        ).reshape(shape)
        for rows in (*matched, selection.first, selection.second)
    ]
    return LayerCounts(tuple(names[code] for code in label_codes.tolist()), np.stack(columns, axis=2))


def score_layers(
    layers: Mapping[tuple[str, str], LayerCounts], *, samples: int, seed: int
) -> dict[tuple[str, str], LayerScores]:
    """Return the scores of several layers and modes over the same documents, with intervals from the same draws."""
    tables = [_with_total(layer.counts) for layer in layers.values()]
    statistics = [_f1_statistic(table[:, column]) for table in tables for column in range(table.shape[1])]
    figures = iter(estimate(statistics, samples=samples, seed=seed))
    scores = {}
    for (key, layer), table in zip(layers.items(), tables, strict=True):
        total, *by_label = [_make_score(next(figures), column) for column in table.sum(axis=0).tolist()]
        scores[key] = LayerScores(total, dict(zip(layer.labels, by_label, strict=True)))
    return scores


def score_documents(layer: LayerCounts) -> Floats:
    """Return F1, matched, first and second of each document, NaN where F1 is undefined.

    Returns
    -------
    array, shape (documents, 4)
    """
    sums = layer.counts.sum(axis=1)
    f1 = f1_values((sums[:, 0] + sums[:, 1]) / 2, sums[:, 2], sums[:, 3])
    return np.column_stack([f1, (sums[:, 0] + sums[:, 1]) / 2, sums[:, 2:]])


def _with_total(counts: Ints) -> Ints:
    """Put the sum over labels before the labels: shape (documents, 1 + labels, 4)."""
    return np.concatenate([counts.sum(axis=1, keepdims=True), counts], axis=1)


def _f1_statistic(counts: Ints) -> Statistic:
    return Statistic(counts.astype(np.float64), _f1_of_sums, float(counts[:, 2:].sum()))


def _f1_of_sums(sums: Floats) -> Floats:
    return f1_values((sums[..., 0] + sums[..., 1]) / 2, sums[..., 2], sums[..., 3])


def _make_score(figure: Figure, sums: Sequence[int]) -> Score:
    matched_first, matched_second, first, second = sums
    matched = (matched_first + matched_second) / 2
    return Score(figure, int(matched) if matched.is_integer() else matched, first, second)
