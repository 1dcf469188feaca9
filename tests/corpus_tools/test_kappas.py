"""Coefficients over ratings: figures beside them counted by hand; units that are only counted equal units listed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_tools.agreement.kappas import Kappa, Question, confusion, measure_kappas
from corpus_tools.agreement.universes import Ratings

QUESTION = Question("type", "fragments that all marked", "", ("a", "b", "c"), {})


def ratings(*units: tuple[int, ...], silent: dict[int, int] | None = None, documents: int = 1) -> Ratings:
    """Return units of one document, and others of category 0 that are only counted, by how many rated them."""
    raters = len(units[0])
    counted = np.zeros((documents, raters + 1), np.int64)
    for number, count in (silent or {}).items():
        counted[0, number] = count
    categories = np.array(units, np.int64).reshape(-1, raters)
    return Ratings(np.zeros(len(units), np.int64), categories, counted, 0, ("A", "B"))


def measure(rated: Ratings, coefficient: str) -> Kappa:
    present = np.ones(len(rated.silent), bool)
    return measure_kappas([(QUESTION, rated)], coefficients=[coefficient], documents=present, samples=0, seed=1)[0]


def test_fleiss_kappa_stands_beside_its_agreement_and_chance() -> None:
    found = measure(ratings((0, 0, 0), (0, 0, 1)), "fleiss")
    # ordered pairs that agree: 6 and 2 of 6 each, so 8/12; A 5 times, B once: (25 + 1) / 36
    assert (found.n, found.observed, found.expected) == (2, pytest.approx(8 / 12), pytest.approx(26 / 36))
    assert found.figure.value == pytest.approx((8 / 12 - 26 / 36) / (1 - 26 / 36))
    assert found.prevalence == {"A": [pytest.approx(5 / 6)], "B": [pytest.approx(1 / 6)]}


def test_alpha_stands_beside_its_agreement_and_chance() -> None:
    found = measure(ratings((0, 0, 0), (0, 0, 1), (1, 1, -1)), "alpha")
    # values in agreement: 3 of 3, 2 * 1 / 2 of 3, 2 of 2: 6 of 8
    # A 5 times, B 3 times: (5 * 4 + 3 * 2) / (8 * 7)
    assert (found.n, found.observed, found.expected) == (3, pytest.approx(6 / 8), pytest.approx(26 / 56))
    assert found.figure.value == pytest.approx(1 - (1 - 6 / 8) / (1 - 26 / 56))
    assert found.prevalence == {"A": [pytest.approx(5 / 8)], "B": [pytest.approx(3 / 8)]}


UNITS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=6)


@given(UNITS, st.integers(0, 5), st.sampled_from(["fleiss", "alpha"]))
def test_units_that_are_only_counted_weigh_as_if_they_were_listed(
    units: list[tuple[int, ...]], count: int, coefficient: str
) -> None:
    counted = measure(ratings(*units, silent={3: count}), coefficient)
    listed = measure(ratings(*units, *[(0, 0, 0)] * count), coefficient)
    assert (counted.n, counted.observed, counted.expected, counted.prevalence) == (
        listed.n,
        listed.observed,
        listed.expected,
        listed.prevalence,
    )
    assert counted.figure == listed.figure


@given(UNITS, st.integers(0, 5))
def test_a_unit_of_two_raters_weighs_as_two_of_three(units: list[tuple[int, ...]], count: int) -> None:
    counted = measure(ratings(*units, silent={2: count, 1: 4}), "alpha")  # one rater alone can't agree
    listed = measure(ratings(*units, *[(0, 0, -1)] * count), "alpha")
    assert counted.figure == listed.figure
    assert (counted.n, counted.observed, counted.expected) == (listed.n, listed.observed, listed.expected)


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 1)), min_size=1, max_size=6), st.integers(0, 5))
def test_two_raters_are_measured_the_same_way(units: list[tuple[int, int]], count: int) -> None:
    counted, listed = ratings(*units, silent={2: count}), ratings(*units, *[(0, 0)] * count)
    assert confusion(counted).tolist() == confusion(listed).tolist()
    one, other = measure(counted, "cohen"), measure(listed, "cohen")
    assert (one.n, one.observed, one.expected, one.figure) == (other.n, other.observed, other.expected, other.figure)


def test_the_confusion_counts_what_nobody_listed() -> None:
    found = confusion(ratings((0, 1), (1, 1), silent={2: 7}))
    assert found.tolist() == [[7, 1], [0, 1]]


def test_without_units_there_is_no_agreement_and_no_chance() -> None:
    empty = Ratings(np.zeros(0, np.int64), np.zeros((0, 3), np.int64), np.zeros((1, 4), np.int64), 0, ("A",))
    for coefficient in ("fleiss", "alpha"):
        found = measure(empty, coefficient)
        assert (found.n, found.observed, found.expected, found.figure.reason) == (0, None, None, "nothing to compare")
