"""Chance-corrected agreement over ratings: Cohen's kappa of two, Fleiss' kappa and Krippendorff's alpha of more.

In: `Ratings`, with a name for their universe. Out: `Kappa`s with n, observed and expected agreement, prevalence and
coverage. All counts are summed by document first, so that intervals come from weighting documents.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import lcm

import numpy as np

from corpus_tools.agreement.arrays import Bools, Ints
from corpus_tools.agreement.coefficients import (
    Figure,
    Floats,
    Statistic,
    alpha_values,
    cohen_values,
    estimate,
    expected_agreement,
    fleiss_values,
)
from corpus_tools.agreement.universes import Ratings


@dataclass(frozen=True, slots=True)
class Question:
    """Hold what a coefficient is asked about.

    Attributes
    ----------
    unit : str
        "type", "relation" or "word".
    universe : str
        In words, what is counted.
    category : str
        The one type of a binary rating, else "".
    annotators : tuple of str
    coverage : dict of str to tuple of int
        Annotator -> annotations that the universe covers, and all of them.
    incomplete : int
        Units that some annotators rated but that the universe leaves out.
    """

    unit: str
    universe: str
    category: str
    annotators: tuple[str, ...]
    coverage: Mapping[str, tuple[int, int]]
    incomplete: int = 0


@dataclass(frozen=True, slots=True)
class Kappa:
    """Hold a coefficient with all that it takes to judge it.

    Attributes
    ----------
    coefficient : str
        "cohen", "fleiss" or "alpha".
    n : int
        Units.
    observed, expected : float or None
        Agreement, and that expected by chance; None without units.
    prevalence : dict of str to list of float
        Category -> share of each annotator's ratings.
    """

    coefficient: str
    question: Question
    figure: Figure
    n: int
    observed: float | None
    expected: float | None
    prevalence: dict[str, list[float]]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Hold a statistic with the sums that its observed and expected agreement come from."""

    coefficient: str
    question: Question
    statistic: Statistic
    n: int
    observed: float
    expected: float
    prevalence: dict[str, list[float]]


def measure_kappas(
    rated: Sequence[tuple[Question, Ratings]],
    *,
    coefficients: Sequence[str],
    documents: Bools,
    samples: int,
    seed: int,
) -> list[Kappa]:
    """Return the coefficients of several ratings over the same documents, with intervals from the same draws.

    Parameters
    ----------
    coefficients : sequence of str
        "cohen" takes ratings of two annotators, "fleiss" complete ratings, "alpha" any.
    documents : array, shape (documents,)
        Those that the annotators share, which are resampled.
    """
    asked = [_ASK[name](question, ratings) for question, ratings in rated for name in coefficients]
    statistics = [replace(item.statistic, counts=item.statistic.counts[documents]) for item in asked]
    figures = estimate(statistics, samples=samples, seed=seed)
    return [
        Kappa(
            item.coefficient,
            item.question,
            figure,
            item.n,
            item.observed if item.n else None,
            item.expected if item.n else None,
            item.prevalence,
        )
        for item, figure in zip(asked, figures, strict=True)
    ]


def confusion(ratings: Ratings) -> Ints:
    """Return how often the first of two annotators gave the row's category and the second the column's."""
    size = len(ratings.names)
    first, second = ratings.categories.T
    matrix = np.bincount(first * size + second, minlength=size * size).reshape(size, size)
    if size:
        matrix[ratings.silent_category, ratings.silent_category] += ratings.silent[:, 2].sum()
    return matrix


def _ask_cohen(question: Question, ratings: Ratings) -> _Asked:
    size, silent = len(ratings.names), ratings.silent[:, 2]
    first, second = (_count_categories(ratings, [rater], silent) for rater in (0, 1))
    agrees = ratings.categories[:, 0] == ratings.categories[:, 1]
    agreed = np.bincount(ratings.document[agrees], minlength=len(silent)) + silent
    counts = np.column_stack([agreed, first, second]).astype(np.float64)

    def coefficient(sums: Floats) -> Floats:
        return cohen_values(sums[..., 0], sums[..., 1 : 1 + size], sums[..., 1 + size :])

    agreed_sum, margins = float(counts[:, 0].sum()), counts[:, 1:].sum(axis=0).reshape(2, size)
    n = int(margins[0].sum())
    shares = (margins / max(n, 1)).T.tolist()
    return _Asked(
        "cohen",
        question,
        Statistic(counts, coefficient, n),
        n,
        agreed_sum / max(n, 1),
        float(expected_agreement(margins[0], margins[1])),
        dict(zip(ratings.names, shares, strict=True)),
    )


def _ask_fleiss(question: Question, ratings: Ratings) -> _Asked:
    raters = ratings.categories.shape[1]
    counts = _agreeing_counts(ratings, np.ones(raters + 1, np.int64))

    def coefficient(sums: Floats) -> Floats:
        return fleiss_values(sums[..., 0], sums[..., 1:], raters=raters)

    agreeing, totals = float(counts[:, 0].sum()), counts[:, 1:].sum(axis=0)
    values = max(float(totals.sum()), 1.0)
    return _Asked(
        "fleiss",
        question,
        Statistic(counts, coefficient, float(totals.sum())),
        _count_units(ratings),
        agreeing / (raters - 1) / values,
        float((totals**2).sum()) / values**2,
        _overall_shares(ratings, totals),
    )


def _ask_alpha(question: Question, ratings: Ratings) -> _Asked:
    raters = ratings.categories.shape[1]
    scale = lcm(*range(1, raters))  # m - 1 divides it: the sums stay integers, and exact
    counts = _agreeing_counts(ratings, np.array([0, 0, *(scale // (m - 1) for m in range(2, raters + 1))]))

    def coefficient(sums: Floats) -> Floats:
        return alpha_values(sums[..., 0] / scale, sums[..., 1:])

    agreeing, totals = float(counts[:, 0].sum()) / scale, counts[:, 1:].sum(axis=0)
    values = float(totals.sum())
    return _Asked(
        "alpha",
        question,
        Statistic(counts, coefficient, values),
        _count_units(ratings),
        agreeing / max(values, 1.0),
        float((totals * (totals - 1)).sum()) / max(values * (values - 1), 1.0),
        _overall_shares(ratings, totals),
    )


_ASK = {"cohen": _ask_cohen, "fleiss": _ask_fleiss, "alpha": _ask_alpha}


def _agreeing_counts(ratings: Ratings, factors: Ints) -> Floats:
    """Count pairs of raters that agree, and ratings in each category, by document.

    Parameters
    ----------
    factors : array, shape (raters + 1,)
        What an agreeing ordered pair weighs in a unit of so many raters.

    Returns
    -------
    array, shape (documents, 1 + categories)
    """
    categories, raters = ratings.categories, ratings.categories.shape[1]
    agreeing = np.zeros(len(categories), np.int64)
    for one, other in combinations(range(raters), 2):
        agreeing += 2 * ((categories[:, one] == categories[:, other]) & (categories[:, one] >= 0))
    weights = agreeing * factors[(categories >= 0).sum(axis=1)]
    sizes = np.arange(raters + 1)
    pairs = np.bincount(ratings.document, weights=weights, minlength=len(ratings.silent))
    pairs += ratings.silent @ (sizes * (sizes - 1) * factors)
    totals = _count_categories(ratings, range(raters), ratings.silent @ np.where(sizes >= 2, sizes, 0))
    return np.column_stack([pairs, totals]).astype(np.float64)


def _count_categories(ratings: Ratings, raters: Sequence[int], silent: Ints) -> Ints:
    """Count the ratings of some raters in each category, by document, with `silent` more of the silent category."""
    size = len(ratings.names)
    given = ratings.categories[:, raters]
    cells = (ratings.document[:, None] * size + given)[given >= 0]
    counts = np.bincount(cells, minlength=len(ratings.silent) * size).reshape(len(ratings.silent), size)
    if size:
        counts[:, ratings.silent_category] += silent
    return counts


def _count_units(ratings: Ratings) -> int:
    return len(ratings.document) + int(ratings.silent[:, 2:].sum())


def _overall_shares(ratings: Ratings, totals: Floats) -> dict[str, list[float]]:
    shares = (totals / max(float(totals.sum()), 1.0)).tolist()
    return {name: [share] for name, share in zip(ratings.names, shares, strict=True)}
