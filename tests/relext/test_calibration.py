"""Reliability bins and the expected calibration error, counted by hand."""

import numpy as np
import pytest

from relext.evaluation import measure_calibration


def test_error_is_the_mean_gap_between_confidence_and_accuracy() -> None:
    probabilities = np.array([0.9, 0.6, 0.7, 0.8])
    correct = np.array([True, False, True, True])
    found = measure_calibration(probabilities, correct, bins=2)
    # Sorted: .6 .7 | .8 .9; confidence .65 and .85, accuracy .5 and 1; (.15 * 2 + .15 * 2) / 4
    assert [each.count for each in found.bins] == [2, 2]
    assert [each.accuracy for each in found.bins] == [0.5, 1.0]
    assert found.error == pytest.approx(0.15)


def test_a_probability_that_tells_the_truth_has_no_error() -> None:
    found = measure_calibration(np.array([0.5, 0.5]), np.array([True, False]), bins=1)
    assert found.error == 0.0


def test_fewer_predictions_than_bins_make_fewer_bins() -> None:
    found = measure_calibration(np.array([0.3, 0.9]), np.array([False, True]), bins=10)
    assert [(each.confidence, each.accuracy) for each in found.bins] == [(0.3, 0.0), (0.9, 1.0)]


def test_without_predictions_there_is_no_error() -> None:
    found = measure_calibration(np.array([]), np.array([], dtype=bool))
    assert (found.bins, found.error) == ((), None)
