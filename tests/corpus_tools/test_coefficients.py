"""Coefficients against hand counts, scikit-learn, statsmodels and krippendorff; null where these give NaN."""

import warnings

import krippendorff
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, f1_score
from statsmodels.stats.inter_rater import fleiss_kappa

from corpus_tools.agreement import alpha_values, cohen_values, f1_values, fleiss_values, resample_sums
from corpus_tools.agreement.coefficients import (
    NO_RESAMPLES,
    NOTHING_TO_COMPARE,
    ONE_DOCUMENT,
    RARELY_DEFINED,
    SINGLE_CATEGORY,
    Statistic,
    estimate,
    expected_agreement,
    make_figure,
)

RATINGS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30)
GROUPS = st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=1, max_size=15)
GAPPY = st.lists(st.lists(st.integers(-1, 2), min_size=4, max_size=4), min_size=1, max_size=15)


def test_f1_counts_matches_of_both() -> None:
    # 3 matched of 4 and 5 marked: 2 * 3 / 9
    assert f1_values(np.array(3), np.array(4), np.array(5)) == pytest.approx(6 / 9)


def test_f1_of_nothing_is_undefined_and_of_no_match_zero() -> None:
    assert np.isnan(f1_values(np.array(0), np.array(0), np.array(0)))
    assert f1_values(np.array(0), np.array(2), np.array(0)) == 0.0


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30))
def test_f1_equals_scikit_learn(marks: list[tuple[bool, bool]]) -> None:
    first, second = np.array(marks).T
    assume(first.any() or second.any())
    ours = f1_values((first & second).sum(), first.sum(), second.sum())
    assert ours == pytest.approx(f1_score(first, second))


def cohen(first: np.ndarray, second: np.ndarray) -> float:
    margins = [np.bincount(side, minlength=4) for side in (first, second)]
    return float(cohen_values((first == second).sum(), *margins))


@given(RATINGS)
def test_cohens_kappa_equals_scikit_learn_and_is_nan_where_that_is(ratings: list[tuple[int, int]]) -> None:
    first, second = np.array(ratings).T
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = cohen_kappa_score(first, second)
    assert cohen(first, second) == pytest.approx(expected, nan_ok=True)


def test_cohens_kappa_by_hand() -> None:
    # 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: po = .7, pe = .5 * .6 + .5 * .4 = .5, kappa = .4
    yes_no = np.array([25, 25]), np.array([30, 20])
    assert cohen_values(np.array(35), *yes_no) == pytest.approx(0.4)
    assert expected_agreement(*yes_no) == pytest.approx(0.5)


def test_identical_ratings_give_exactly_one() -> None:
    margins = np.array([3, 7, 11])
    assert float(cohen_values(np.array(21), margins, margins)) == 1.0
    assert float(fleiss_values(np.array(7 * 6), np.array([6, 15]), raters=3)) == 1.0
    assert float(alpha_values(np.array(21), np.array([6, 15]))) == 1.0


def counts_of(ratings: np.ndarray) -> np.ndarray:
    return np.array([np.bincount(row[row >= 0], minlength=4) for row in ratings])


@given(GROUPS)
def test_fleiss_kappa_equals_statsmodels_and_is_nan_where_that_is(ratings: list[list[int]]) -> None:
    counts = counts_of(np.array(ratings))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = fleiss_kappa(counts)
    ours = fleiss_values((counts * (counts - 1)).sum(), counts.sum(axis=0), raters=4)
    assert float(ours) == pytest.approx(expected, nan_ok=True, abs=1e-12)


@given(GAPPY)
def test_krippendorffs_alpha_equals_krippendorff_with_gaps(ratings: list[list[int]]) -> None:
    counts = counts_of(np.array(ratings))
    pairable = counts[counts.sum(axis=1) >= 2]
    sizes = pairable.sum(axis=1)
    ours = alpha_values(((pairable * (pairable - 1)).sum(axis=1) / (sizes - 1)).sum(), pairable.sum(axis=0))
    assert float(ours) == pytest.approx(krippendorff_or_nan(np.array(ratings)), nan_ok=True, abs=1e-12)


def krippendorff_or_nan(ratings: np.ndarray) -> float:
    """Return the package's value, NaN where it has none or raises."""
    values = np.where(ratings < 0, np.nan, ratings.astype(float)).T
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return float(krippendorff.alpha(values, level_of_measurement="nominal"))
        except (ValueError, AssertionError, ZeroDivisionError):
            return float("nan")


def test_resampled_sums_weight_whole_documents() -> None:
    sums = resample_sums(np.array([[1, 10], [2, 20], [4, 40]]), samples=200, seed=3)
    assert sums.shape == (200, 2)
    assert (sums[:, 1] == 10 * sums[:, 0]).all()
    assert set(np.unique(sums[:, 0])) <= {a + b + c for a in (1, 2, 4) for b in (1, 2, 4) for c in (1, 2, 4)}


def test_the_same_seed_draws_the_same_whatever_the_columns() -> None:
    counts = np.arange(14.0).reshape(7, 2)
    both = resample_sums(counts, samples=50, seed=5)
    assert (resample_sums(counts[:, 1:], samples=50, seed=5) == both[:, 1:]).all()
    assert not (resample_sums(counts, samples=50, seed=6) == both).all()


def test_resamples_drawn_in_blocks_are_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("corpus_tools.agreement.coefficients._BLOCK_CELLS", 70)  # blocks of 10 resamples
    sums = resample_sums(np.arange(7.0)[:, None], samples=25, seed=5)
    assert sums.shape == (25, 1)
    assert not (sums[:10] == sums[10:20]).all()


def test_large_counts_are_added_exactly() -> None:
    large = np.array([[2.0**40 + 1], [2.0**40 + 1]])
    assert (resample_sums(large, samples=5, seed=1) == 2.0**41 + 2).all()


def test_an_estimate_has_its_value_and_an_interval_around_it() -> None:
    counts = np.column_stack([np.arange(40) % 3, np.full(40, 2), np.full(40, 2)])
    statistic = Statistic(counts, lambda sums: f1_values(sums[..., 0], sums[..., 1], sums[..., 2]), 160)
    figure = estimate([statistic], samples=500, seed=1)[0]
    assert figure.value == pytest.approx(39 / 80)  # 14 documents of 0, 13 of 1, 13 of 2: 39 of 80 and 80
    assert figure.interval is not None
    assert figure.interval[0] < 39 / 80 < figure.interval[1]


@pytest.mark.parametrize(
    ("value", "resampled", "units", "documents", "reason", "interval_reason"),
    [
        (np.nan, [], 0, 3, NOTHING_TO_COMPARE, "the value is undefined"),
        (np.nan, [], 9, 3, SINGLE_CATEGORY, "the value is undefined"),
        (0.5, [0.5], 9, 1, None, ONE_DOCUMENT),
        (0.5, [], 9, 3, None, NO_RESAMPLES),
        (0.5, [np.nan, np.nan, 1.0], 9, 3, None, RARELY_DEFINED),
    ],
)
def test_what_is_undefined_says_why(
    value: float, resampled: list[float], units: int, documents: int, reason: str | None, interval_reason: str
) -> None:
    figure = make_figure(value, np.array(resampled), units=units, documents=documents)
    assert (figure.reason, figure.interval, figure.interval_reason) == (reason, None, interval_reason)


def test_defined_in_half_of_the_resamples_is_enough() -> None:
    figure = make_figure(0.5, np.array([np.nan, 0.25]), units=9, documents=3)
    assert (figure.value, figure.interval) == (0.5, (0.25, 0.25))


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 6), st.integers(0, 99))
def test_a_figure_that_never_varies_has_an_interval_of_no_width(documents: int, seed: int) -> None:
    statistic = Statistic(np.ones((documents + 1, 1)), lambda sums: sums[..., 0], 1)
    figure = estimate([statistic], samples=20, seed=seed)[0]
    assert figure.interval == (documents + 1, documents + 1)
