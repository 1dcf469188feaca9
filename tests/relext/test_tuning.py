"""The temperature that validation chooses, against networks whose emissions are written by hand."""

import math

import pytest

from relext.model import Tuning
from relext.training.tuning import fit_temperature, judge_relations, search_minimum, tune_probabilities
from tests.relext.literal_documents import make_document
from tests.relext.test_validation import CPU, decided, part_of
from tests.relext.tiny_models import tiny_document, tiny_model


@pytest.mark.parametrize("lowest", [-1.9, 0.0, 2.9])
def test_the_valley_is_found(lowest: float) -> None:
    assert search_minimum(lambda x: abs(x - lowest), low=-2, high=3) == pytest.approx(lowest, abs=0.01)


def test_the_temperature_makes_the_share_of_right_labels_the_probability() -> None:
    # Documents 0 and 2 have "treats", 1 and 3 "causes", 5 "causes": "causes" holds 3 of 5 and has an emission of 4.
    model = decided(tiny_model(), -1e4, 4.0, 0.0)
    assert model.scheme.labels == ("NO_RELATION", "causes", "treats")
    part = part_of(model, *(tiny_document(n) for n in (0, 1, 2, 3, 5)))
    # sigmoid(4 / T) = 3/5, so T = 4 / ln(3/2) = 9.9
    found = fit_temperature(model.network, part, part.emit(model.network, CPU))
    assert found == pytest.approx(4 / math.log(1.5), rel=0.02)


@pytest.mark.parametrize("numbers", [(1, 3), (0, 2)])  # "causes" is said of all: all right, or all wrong
def test_where_all_are_right_or_all_wrong_nothing_is_fitted(numbers: tuple[int, ...]) -> None:
    model = decided(tiny_model(), -1e4, 4.0, 0.0)
    part = part_of(model, *(tiny_document(n) for n in numbers))
    assert fit_temperature(model.network, part, part.emit(model.network, CPU)) == 1.0


def test_probabilities_move_and_relations_stay() -> None:
    model = decided(tiny_model(), 0.0, 3.0, 1.0)
    part = part_of(model, *(tiny_document(n) for n in range(4)))
    emitted = part.emit(model.network, CPU)
    sharp, flat = (judge_relations(model.network, part, emitted, temperature=t) for t in (1.0, 4.0))
    assert [(r.type, r.arg1, is_gold) for r, is_gold in sharp] == [(r.type, r.arg1, is_gold) for r, is_gold in flat]
    assert all(a.probability > b.probability for (a, _), (b, _) in zip(sharp, flat, strict=True))


def test_the_record_says_how_far_probabilities_were_off() -> None:
    model = decided(tiny_model(), -1e4, 4.0, -1e4)
    part = part_of(model, *(tiny_document(n) for n in range(1, 10)))  # "causes" is said of all and right 5 of 9 times
    tuning, judged = tune_probabilities(model.network, part, CPU)
    record = judged["calibration"]
    assert record["predicted"] == 9
    assert record["error_before"] == pytest.approx(1 - 5 / 9, abs=0.01)
    (point,) = tuning.points["causes"]
    assert (point.kept, point.right) == (9, 5)
    scores = judged["validation_labels"]
    assert scores["causes"] == {"precision": 5 / 9, "recall": 1.0, "f1": pytest.approx(10 / 14), "gold": 5}
    assert scores["treats"] == {"precision": None, "recall": 0.0, "f1": 0.0, "gold": 4}


def test_without_gold_nothing_is_tuned() -> None:
    model = tiny_model()
    tuning, judged = tune_probabilities(model.network, part_of(model, make_document("He slept well.")), CPU)
    assert tuning == Tuning()
    assert (judged["calibration"]["error_before"], judged["calibration"]["error_after"]) == (None, None)
    assert judged["validation_labels"] == {}
