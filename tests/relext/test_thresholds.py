"""Operating points counted by hand, and the thresholds that a wanted precision picks from them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_tools.errors import InputError
from relext.evaluation import find_operating_points
from relext.model import OperatingPoint, Tuning
from relext.prediction import PredictedDocument, PredictedRelation, keep_precise, predict_documents
from tests.relext.test_prediction import decided
from tests.relext.tiny_models import tiny_document, tiny_model


def points(*rows: tuple[float, bool], least_kept: int = 1) -> list[tuple[float, int, int]]:
    found = find_operating_points(*map(np.array, zip(*rows, strict=True)), least_kept=least_kept)
    return [(point.threshold, point.kept, point.right) for point in found]


def test_only_points_that_no_other_beats_are_kept() -> None:
    # From the top: 1 of 1, 2 of 2, 2 of 3, 3 of 4; the first is beaten by the second, the third by the fourth.
    assert points((0.6, True), (0.9, True), (0.8, True), (0.7, False)) == [(0.8, 2, 2), (0.0, 4, 3)]


def test_equal_probabilities_stand_or_fall_together() -> None:
    assert points((0.5, True), (0.5, False), (0.4, False)) == [(0.5, 2, 1), (0.0, 3, 1)]


def test_a_precision_that_all_reach_drops_none() -> None:
    assert points((0.9, True), (0.8, True), (0.7, True)) == [(0.0, 3, 3)]


def test_points_that_rest_on_too_few_are_left_out() -> None:
    assert points((0.9, True), (0.5, False), least_kept=2) == [(0.0, 2, 1)]
    assert find_operating_points(np.array([]), np.array([], dtype=bool)) == ()


def test_a_point_may_keep_one_prediction_unless_more_are_asked_for() -> None:
    probabilities, correct = np.array([0.9, 0.5]), np.array([True, False])
    assert [point.kept for point in find_operating_points(probabilities, correct)] == [1, 2]
    assert [point.kept for point in find_operating_points(probabilities, correct, least_kept=2)] == [2]


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30))
def test_a_point_says_what_its_threshold_does(rows: list[tuple[float, bool]]) -> None:
    found = points(*rows)
    for threshold, kept, right in found:
        above = [is_right for probability, is_right in rows if probability >= threshold]
        assert len(above) >= kept  # equal but for what the sixth decimal hides
        assert right <= kept
    assert [kept for _, kept, _ in found] == sorted(kept for _, kept, _ in found)
    assert [right / kept for _, kept, right in found] == sorted((r / k for _, k, r in found), reverse=True)


TUNING = Tuning(
    1.5, {"treats": (OperatingPoint(0.9, 6, 6), OperatingPoint(0.4, 10, 8)), "causes": (OperatingPoint(0.7, 8, 4),)}
)


def test_a_wanted_precision_picks_the_threshold_that_keeps_most() -> None:
    assert TUNING.thresholds(0.8) == {"treats": 0.4, "causes": None}
    assert TUNING.thresholds(0.81) == {"treats": 0.9, "causes": None}
    assert TUNING.thresholds(0.5) == {"treats": 0.4, "causes": 0.7}


def test_a_threshold_that_rests_on_four_relations_is_not_trusted() -> None:
    assert Tuning(1.0, {"treats": (OperatingPoint(0.9, 4, 4),)}).thresholds(0.5) == {"treats": None}


def test_relations_below_their_labels_threshold_go_and_so_do_labels_without_one() -> None:
    rows = (("treats", 0.4), ("treats", 0.39), ("causes", 1.0), ("never-seen", 1.0))
    found = tuple(PredictedRelation(label, "T1", "T2", probability) for label, probability in rows)
    kept = keep_precise(PredictedDocument("note", found), TUNING.thresholds(0.8))
    assert kept.relations == found[:1]


def test_a_model_asked_for_a_precision_states_only_what_reaches_it() -> None:
    model = replace(decided(tiny_model(), 1), tuning=Tuning(1.0, {"causes": (OperatingPoint(0.5, 9, 8),)}))
    states = [
        [relation.type for relation in next(predict_documents(each, [tiny_document(0)])).relations]
        for each in (model, replace(model, precision_target=0.8), replace(model, precision_target=0.9))
    ]
    assert states == [["causes"], ["causes"], []]


def test_a_tuning_is_read_back_as_it_was_written() -> None:
    assert Tuning.from_json(TUNING.to_json()) == TUNING
    assert Tuning.from_json(None) == Tuning()


@pytest.mark.parametrize(
    "record",
    [[], {"temperature": "warm", "points": {}}, {"temperature": 0, "points": {}}, {"temperature": 1},
     {"temperature": float("nan"), "points": {}}, {"temperature": 1, "points": {"x": [[0.5, 0, 0]]}},
     {"temperature": 1, "points": {"x": [[0.5]]}}, {"temperature": 1, "points": [1]}],
)  # fmt: skip
def test_what_is_no_tuning_is_refused(record: object) -> None:
    with pytest.raises(InputError, match="tuning can't be read"):
        Tuning.from_json(record)
