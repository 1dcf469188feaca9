"""Predictions: source ids, directions, composite labels, order, documents without a pair."""

import pytest
import torch

from relext.data import learn_labels
from relext.model import TrainedModel
from relext.prediction import predict_documents
from tests.relext.literal_documents import make_document
from tests.relext.tiny_models import SCHEMA, crowded_document, tiny_document, tiny_model

INVERSE = make_document(
    "Pain after aspirin.",
    "T1  Sign 0 4  Pain",
    "T7  Drug 11 18  aspirin",
    "R1  causes Arg1:T7 Arg2:T1",
    "R2  treats Arg1:T7 Arg2:T1",
    doc_id="inverse",
)


def decided(model: TrainedModel, label: int) -> TrainedModel:
    """Make a model give one label to every pair that may have it."""
    torch.nn.init.zeros_(model.network.emission[3].weight)
    with torch.no_grad():
        model.network.emission[3].bias.copy_(
            torch.nn.functional.one_hot(torch.tensor(label), 3)[: len(model.scheme.labels)] * 9.0
        )
    return model


def test_relations_come_in_the_sources_own_ids_and_direction() -> None:
    model = decided(tiny_model([INVERSE]), 1)
    (document,) = predict_documents(model, [INVERSE])
    assert model.scheme.labels[1] == "causes⁻¹+treats⁻¹"
    assert [(r.type, r.arg1, r.arg2) for r in document.relations] == [("causes", "T7", "T1"), ("treats", "T7", "T1")]


def test_a_relations_probability_is_the_sum_over_the_labels_that_state_it() -> None:
    both = make_document(
        "Pain after aspirin.", "T1  Sign 0 4  Pain", "T2  Drug 11 18  aspirin", "R1  causes Arg1:T2 Arg2:T1"
    )
    model = decided(tiny_model([INVERSE, both]), 2)
    assert model.scheme.labels == ("NO_RELATION", "causes⁻¹", "causes⁻¹+treats⁻¹")
    (document,) = predict_documents(model, [both])
    causes, treats = document.relations
    assert 1 >= causes.probability > treats.probability == pytest.approx(document.confidences[0])


def test_every_pair_comes_with_its_label_and_confidence() -> None:
    model = tiny_model()
    (document,) = predict_documents(model, [crowded_document(6)])
    assert len(document.pairs) == len(document.confidences) == 6
    assert {pair.label for pair in document.pairs} <= set(model.scheme.labels)
    assert all(0 < confidence <= 1 for confidence in document.confidences)


def test_documents_come_back_in_order_those_without_a_pair_empty() -> None:
    documents = [tiny_document(3), make_document("He slept well.", doc_id="empty"), tiny_document(1)]
    found = list(predict_documents(tiny_model(), documents))
    assert [document.doc_id for document in found] == ["note-03", "empty", "note-01"]
    assert (found[1].pairs, found[1].relations) == ((), ())


def test_windows_without_a_pair_never_reach_the_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the encoder ran")

    monkeypatch.setattr("relext.model.encoder.Encoder.forward", refuse)
    assert len(list(predict_documents(tiny_model(), [make_document("He slept well.")]))) == 1


def test_company_changes_no_prediction() -> None:
    model, documents = tiny_model(), [tiny_document(0), crowded_document(14), tiny_document(1)]
    together = list(predict_documents(model, documents))
    alone = [next(predict_documents(model, [document])) for document in documents]
    assert [d.relations for d in together] == [
        tuple(type(r)(r.type, r.arg1, r.arg2, pytest.approx(r.probability, abs=1e-5)) for r in d.relations)
        for d in alone
    ]


def test_many_documents_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relext.prediction.DOCUMENTS_AT_ONCE", 2)
    read = []

    def documents():
        for number in range(6):
            read.append(number)
            yield tiny_document(number)

    stream = predict_documents(tiny_model(), documents())
    assert next(stream).doc_id == "note-00"
    assert read == [0, 1]
    assert len(list(stream)) == 5


def test_the_bias_turns_pairs_away() -> None:
    model = decided(tiny_model(), 1)
    model.network.no_relation_bias.fill_(50.0)
    (document,) = predict_documents(model, [tiny_document(0)])
    assert document.relations == ()
    assert learn_labels([tiny_document(0)], SCHEMA).labels[0] == document.pairs[0].label
