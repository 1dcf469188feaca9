"""Mistakes in the order of the model's certainty, and the probabilities that order them."""

from dataclasses import replace

import pytest

from relext.evaluation import find_outcomes, list_mistakes, weigh_outcomes
from relext.evaluation.mistakes import MISTAKES_KEPT, WeighedOutcome, at_temperature_1, sum_probabilities
from relext.explanation import read_chains
from relext.model import TrainedModel, Tuning
from relext.prediction import predict_documents
from tests.relext.literal_documents import make_document
from tests.relext.test_explanation import EXAMPLE, example_model
from tests.relext.test_prediction import INVERSE, decided
from tests.relext.tiny_models import tiny_model

FAR = make_document(
    "Codeine was given. Nausea came.",
    "T1  Drug 0 7  Codeine",
    "T2  Sign 19 25  Nausea",
    "R1  causes Arg1:T1 Arg2:T2",
    doc_id="far",
)


def weighed(model: TrainedModel, *documents) -> list[WeighedOutcome]:
    outcomes = [
        outcome
        for document, predicted in zip(documents, predict_documents(model, documents), strict=True)
        for outcome in find_outcomes(
            document, predicted.relations, reaches=model.scheme.label_document(document).reaches
        )
    ]
    return weigh_outcomes(model, documents, outcomes, symmetric=())


def test_a_missed_relation_has_the_probability_that_the_model_gave_it() -> None:
    model = example_model("softmax")  # treats, twice; R2 is missed, and "treats" invented between T1 and T3
    rows = {(each.outcome.verdict, each.outcome.label): each for each in weighed(model, EXAMPLE)}
    total = 1 + 2.718282 + 4.481689  # exp of 0, 1 and 1.5
    assert rows["fn", "causes"].probability == pytest.approx(2.718282 / total, rel=1e-5)
    assert rows["fp", "treats"].probability == pytest.approx(4.481689 / total, rel=1e-5)


def test_a_temperature_moves_the_probability_but_not_the_one_beside_it() -> None:
    model = replace(example_model("softmax"), tuning=Tuning(2.0))
    each = next(each for each in weighed(model, EXAMPLE) if each.outcome.label == "causes")
    assert each.probability == pytest.approx(1.648721 / (1 + 1.648721 + 2.117000), rel=1e-5)  # exp of halves
    assert each.uncalibrated == pytest.approx(2.718282 / 8.199971, rel=1e-5)


def test_only_what_is_stated_counts_for_calibration() -> None:
    model = replace(example_model("softmax"), tuning=Tuning(2.0))
    found = at_temperature_1(weighed(model, EXAMPLE))
    assert sorted(each.verdict for each in found) == ["fp", "tp"]  # "causes", which is missed, has a probability too
    assert [each.probability for each in found] == pytest.approx([4.481689 / 8.199971] * 2, rel=1e-5)


def test_a_relation_that_no_pair_can_state_has_none_and_comes_last() -> None:
    model = example_model("softmax")
    found = list_mistakes(model, [EXAMPLE, FAR], weighed(model, EXAMPLE, FAR))
    assert [(each.outcome.doc_id, each.outcome.verdict) for each in found] == [
        ("note", "fp"),
        ("note", "fn"),
        ("far", "fn"),
    ]
    assert (found[2].probability, found[2].explanation) == (None, None)


def test_the_surest_mistakes_come_first_and_bring_their_words() -> None:
    model = example_model("softmax")
    outcomes = [each for each in weighed(model, EXAMPLE) if each.outcome.verdict == "fp"]
    unsure = WeighedOutcome(outcomes[0].outcome, 0.2, 0.2)
    found = list_mistakes(model, [EXAMPLE], [unsure, *outcomes])
    assert [each.probability for each in found] == [outcomes[0].probability, 0.2]
    assert found[0].words[:2] == ("Codeine", "settled")
    assert len(found[0].words) == len(found[0].explanation.words)


def test_no_more_than_fifty_of_each_kind_are_kept() -> None:
    model = example_model("softmax")
    (invented,) = [each for each in weighed(model, EXAMPLE) if each.outcome.verdict == "fp"]
    assert len(list_mistakes(model, [EXAMPLE], [invented] * (MISTAKES_KEPT + 1))) == MISTAKES_KEPT


def test_the_labels_that_state_a_relation_share_its_probability() -> None:
    model = decided(tiny_model([INVERSE]), 1)
    (reading,) = read_chains(model, [INVERSE])
    found = sum_probabilities(reading.windowed, reading.marginals, model.scheme, ())
    assert set(found) == {("causes", "T7", "T1", ""), ("treats", "T7", "T1", "")}
    assert found["causes", "T7", "T1", ""] == pytest.approx(float(reading.marginals[0, 1]))


def test_the_order_of_arguments_does_not_matter_where_a_label_has_no_direction() -> None:
    model = decided(tiny_model([INVERSE]), 1)
    (reading,) = read_chains(model, [INVERSE])
    found = sum_probabilities(reading.windowed, reading.marginals, model.scheme, {"treats"})
    assert ("treats", "T1", "T7", "") in found
