"""Intervals and paired tests over documents, against counts made by hand."""

import numpy as np
import pytest

from relext.evaluation import bootstrap_interval, mcnemar_test, randomisation_test, significance
from relext.evaluation.significance import f1_of_counts


def test_f1_is_counted_over_the_last_axis() -> None:
    counts = np.array([[[1, 1, 0], [0, 0, 0]], [[2, 0, 0], [0, 3, 1]]])
    scores = f1_of_counts(counts)
    assert scores[0, 0] == pytest.approx(2 / 3)  # 2 * 1 / (2 * 1 + 1 + 0)
    assert np.isnan(scores[0, 1])
    assert scores[1].tolist() == [1.0, 0.0]


def test_equal_documents_leave_no_interval_to_speak_of() -> None:
    counts = np.array([[3, 1, 0]] * 5)
    low, high = bootstrap_interval(counts, seed=1) or (0, 0)
    assert low == high == pytest.approx(6 / 7)


def test_interval_holds_the_score_and_is_the_same_for_the_same_seed() -> None:
    counts = np.array([[4, 0, 1], [0, 2, 2], [3, 1, 0], [1, 1, 1]])
    first, second = bootstrap_interval(counts, seed=7), bootstrap_interval(counts, seed=7)
    assert first == second
    assert first is not None
    assert first[0] < 16 / 24 < first[1]  # tp 8, fp 4, fn 4


def test_interval_leaves_two_and_a_half_percent_on_each_side() -> None:
    # 50 of 100 documents hold one relation that is found, 50 one that is missed: the found ones among 100 drawn are
    # binomial(100, 1/2), whose 2.5 % and 97.5 % points are 40 and 60. F1 = 2 tp / (tp + 100).
    counts = np.array([[1, 0, 0]] * 50 + [[0, 0, 1]] * 50)
    low, high = bootstrap_interval(counts, seed=2, samples=20_000) or (0, 0)
    assert (low, high) == (pytest.approx(80 / 140), pytest.approx(120 / 160))


@pytest.mark.parametrize("counts", [np.zeros((0, 3), dtype=int), np.zeros((4, 3), dtype=int)])
def test_without_anything_to_find_there_is_no_interval(counts: np.ndarray) -> None:
    assert bootstrap_interval(counts, seed=1) is None


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = np.array([[4, 0, 1], [0, 2, 2], [3, 1, 0]])
    whole = bootstrap_interval(counts, seed=3), randomisation_test(counts, counts[::-1], seed=3, samples=500)
    monkeypatch.setattr(significance, "LARGEST_DRAW", 10)
    assert (bootstrap_interval(counts, seed=3), randomisation_test(counts, counts[::-1], seed=3, samples=500)) == whole


def test_a_system_does_not_differ_from_itself() -> None:
    counts = np.array([[4, 0, 1], [0, 2, 2]])
    assert randomisation_test(counts, counts, seed=1, samples=200) == 1.0


def test_ten_documents_all_better_differ_significantly() -> None:
    good, bad = np.array([[5, 0, 0]] * 10), np.array([[1, 4, 4]] * 10)
    # Only all swapped or none swapped is as extreme: 2 of 1024 assignments.
    assert 0 < randomisation_test(good, bad, seed=1, samples=4000) < 0.01


def test_mcnemar_counts_only_what_one_system_alone_has_right() -> None:
    first = np.array([True] * 6 + [True, False])
    second = np.array([False] * 6 + [True, False])
    assert mcnemar_test(first, second) == pytest.approx(2 * 0.5**6)
    assert mcnemar_test(first, first) == 1.0
