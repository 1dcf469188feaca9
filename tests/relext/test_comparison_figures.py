"""Means, intervals and paired tests of a study, against numbers counted by hand and other libraries."""

from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import binomtest, permutation_test

from relext.comparison import SYSTEMS, StudySettings
from relext.comparison.figures import Spread, SystemFigures, combine_p_values, compare_results, macro_f1
from relext.comparison.paired import bootstrap_difference
from relext.comparison.pictures import _styles, average_curve, average_progress
from relext.comparison.results import DocumentResult, EpochResult, RunResult
from relext.comparison.tables import best_within, format_p, format_spread, tabulate_speed
from relext.evaluation import f1_of_counts, mcnemar_test, randomisation_test, score_counts


def result(*documents: tuple[int, int, int, str], labels: dict[str, tuple[int, int, int]] | None = None) -> RunResult:
    return RunResult(
        documents=tuple(DocumentResult(f"note-{n}", *each) for n, each in enumerate(documents)),
        labels=labels or {},
        ceiling=1.0,
        calibration_error=None,
        validation_f1=None,
        epochs=(),
        train_seconds=1.0,
        train_pairs_per_second=1.0,
        predict_seconds=1.0,
        predict_pairs_per_second=1.0,
        peak_memory_bytes=1,
        machine={},
        code="",
    )


def measured(name: str, *, speed: float | None) -> SystemFigures:
    """Return figures of which only the training speed is of interest."""
    none, fast = Spread(()), Spread(() if speed is None else (speed,))
    spreads = dict.fromkeys(("precision", "recall", "f1", "macro_f1", "train_seconds", "peak_memory"), none)
    return SystemFigures(
        SYSTEMS[name], {}, score_counts(0, 0, 0), **spreads, train_speed=fast, predict_speed=none, best_epochs=(),
        difference=None,
    )  # fmt: skip


def test_a_spread_has_the_sample_deviation() -> None:
    values = Spread((0.5, 0.7, 0.9))
    assert (values.mean, values.deviation) == (pytest.approx(0.7), pytest.approx(0.2))  # ((.04 + 0 + .04) / 2) ** .5
    assert (Spread((0.5,)).deviation, Spread(()).mean) == (None, None)
    assert (format_spread(Spread((0.5,))), format_spread(Spread(()))) == ("0.500", "–")


def test_a_difference_adds_the_counts_of_the_seeds_that_both_have() -> None:
    ours = {1: result((2, 0, 0, "11"), (1, 1, 1, "10")), 2: result((1, 0, 1, "10"), (2, 0, 0, "11"))}
    theirs = {1: result((1, 0, 1, "10"), (0, 0, 2, "00")), 3: result((0, 0, 2, "00"), (0, 0, 2, "00"))}
    difference = compare_results(ours, theirs, seed=1)
    assert difference is not None
    assert difference.seeds == (1,)
    # Seed 1: 2 * 3 / (6 + 1 + 1) = .75 against 2 * 1 / (2 + 0 + 3) = .4.
    assert difference.f1 == pytest.approx(0.35)
    # Right alone: ours the second pair of the first note and the first of the second; theirs none: 2 * .5 ** 2.
    assert difference.mcnemar == (pytest.approx(0.5),)
    assert compare_results(ours, {9: theirs[1]}, seed=1) is None


def test_one_run_without_a_seed_stands_for_every_seed_of_the_other() -> None:
    seeds = {1: result((2, 0, 0, "11")), 2: result((0, 0, 2, "00"))}
    difference = compare_results({1: result((1, 0, 1, "10"))}, seeds, seed=1, is_single=True)
    assert difference is not None
    assert difference.seeds == (1, 2)
    assert difference.f1 == pytest.approx(2 / 3 - 4 / 6)  # 2 * 2 / (4 + 2) against 2 * 2 / (4 + 2)
    assert compare_results({}, seeds, seed=1, is_single=True) is None


def test_randomisation_agrees_with_every_swap_and_with_scipy() -> None:
    first = np.array([[3, 0, 1], [2, 1, 0], [4, 1, 1], [1, 0, 2], [5, 0, 0]])
    second = np.array([[2, 1, 2], [2, 1, 1], [1, 2, 4], [1, 1, 2], [4, 1, 1]])

    def statistic(chosen: np.ndarray, other: np.ndarray, axis: int = 0) -> np.ndarray:
        # Counts ride in one number a document, since scipy swaps scalars: tp + 100 fp + 10,000 fn.
        def score(packed: np.ndarray) -> np.ndarray:
            total = packed.sum(axis=axis)
            return f1_of_counts(np.stack([total % 100, total // 100 % 100, total // 10_000], axis=-1))

        return score(chosen) - score(other)

    packed = [counts @ np.array([1, 100, 10_000]) for counts in (first, second)]
    expected = permutation_test(packed, statistic, permutation_type="samples", vectorized=True)
    observed = abs(float(expected.statistic))
    swaps = [np.where(np.array(swap)[:, None], second, first) for swap in product([False, True], repeat=5)]
    moved = [abs(float(f1_of_counts(s.sum(0)) - f1_of_counts((first + second - s).sum(0)))) for s in swaps]
    exact = sum(value >= observed - 1e-12 for value in moved) / 32
    assert expected.pvalue == pytest.approx(exact)
    assert randomisation_test(first, second, seed=1, samples=20_000) == pytest.approx(exact, abs=0.01)


def test_mcnemar_is_a_binomial_test_of_the_pairs_that_differ() -> None:
    first = np.array([True] * 9 + [False] * 3 + [True] * 5)
    second = np.array([False] * 9 + [True] * 3 + [True] * 5)
    assert mcnemar_test(first, second) == pytest.approx(binomtest(3, 12).pvalue)


def test_the_interval_of_a_difference_pairs_documents() -> None:
    # The second finds one relation fewer in each note: 2 * 1 / (2 + 0 + 1) below 1 however notes are drawn.
    first, second = np.array([[[2, 0, 0]] * 6]), np.array([[[1, 0, 1]] * 6])
    low, high = bootstrap_difference(first, second, seed=3, samples=50) or (0, 0)
    assert low == high == pytest.approx(1 - 2 / 3)
    noisy = np.array([[[5, 0, 0], [0, 5, 5]]])
    assert bootstrap_difference(noisy, noisy, seed=3, samples=50) == (0.0, 0.0)


def test_the_interval_of_a_difference_draws_seeds_too() -> None:
    steady, moody = np.array([[[1, 0, 1]] * 4] * 2), np.array([[[2, 0, 0]] * 4, [[0, 0, 2]] * 4])
    low, high = bootstrap_difference(moody, steady, seed=3, samples=200) or (0, 0)
    assert low == pytest.approx(0 - 2 / 3)  # the seed that finds nothing, drawn twice
    assert high == pytest.approx(1 - 2 / 3)


@pytest.mark.parametrize("shape", [(0, 3, 3), (2, 0, 3), (1, 3, 3)])
def test_without_anything_to_find_there_is_no_interval(shape: tuple[int, ...]) -> None:
    nothing = np.zeros(shape, dtype=np.int64)
    assert bootstrap_difference(nothing, nothing, seed=1, samples=20) is None


def test_macro_f1_is_over_the_labels_of_gold() -> None:
    # treats 2 / (2 + 0 + 0) = 1, causes 0 / 2 = 0; near is invented only.
    found = result(labels={"treats": (1, 0, 0), "causes": (0, 0, 2), "near": (0, 3, 0)})
    assert macro_f1(found) == 0.5
    assert macro_f1(result()) is None


def test_p_values_of_seeds_are_named_by_median_and_largest() -> None:
    assert combine_p_values([0.01, 0.2, 0.03]) == (0.03, 0.2)
    assert combine_p_values([]) is None
    assert (format_p(0.00001), format_p(0.25)) == ("< 0.0001", "0.2500")


def test_speed_is_set_beside_the_reference() -> None:
    figures = [measured("ours", speed=90.0), measured("softmax", speed=10.0), measured("majority", speed=None)]
    study = SimpleNamespace(settings=StudySettings())
    table = tabulate_speed(study, figures)  # type: ignore[arg-type]
    assert table.columns[4] == "times ours"
    assert [row[4] for row in table.rows] == [1.0, pytest.approx(1 / 9), None]


def epoch(number: int, f1: float | None, seconds: float = 10.0) -> EpochResult:
    return EpochResult(number, 0.1, None, f1, seconds, 1.0, False)


def test_what_was_reached_in_time_counts_whole_epochs() -> None:
    epochs = [epoch(1, 0.2), epoch(2, 0.5), epoch(3, 0.4), epoch(4, 0.9)]
    assert [best_within(epochs, seconds) for seconds in (9, 10, 30, 40)] == [None, 0.2, 0.5, 0.9]
    assert best_within([epoch(1, None)], 10) is None


def test_a_seed_that_stopped_keeps_its_best() -> None:
    seconds, scores = average_progress([[epoch(1, 0.2), epoch(2, 0.4)], [epoch(1, 0.6, seconds=30)]])
    assert seconds == [20, 30]  # (10 + 30) / 2, then 10 more
    assert scores == [pytest.approx(0.4), pytest.approx(0.5)]  # (.2 + .6) / 2, (.4 + .6) / 2
    assert average_curve([]) == average_curve([[None]]) == []


def test_every_system_has_a_style_of_its_own() -> None:
    styles = [tuple(style.values()) for style in _styles()]
    assert len(styles) == len(set(styles)) >= len(SYSTEMS)
