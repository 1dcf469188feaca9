"""What the validation part decides, against hand-counted gold."""

import torch

from relext.data import WindowedDocument, learn_labels
from relext.model import TrainedModel
from relext.training.validation import BIASES, ValidationPart, gold_keys
from tests.relext.literal_documents import make_document
from tests.relext.tiny_models import SCHEMA, tiny_document, tiny_model, windowed

CPU = torch.device("cpu")
CROSSING = make_document(
    "The aspirin was given. Pain stopped.",
    "T1  Drug 4 11  aspirin",
    "T2  Sign 23 27  Pain",
    "R1  treats Arg1:T1 Arg2:T2",
    doc_id="crossing",
)


def part_of(model: TrainedModel, *documents) -> ValidationPart:
    ready: list[WindowedDocument] = [windowed(model, d) for d in documents if model.scheme.label_document(d).pairs]
    return ValidationPart(tuple(ready), gold_keys(documents, model.scheme), model.scheme, model.tokenizer.pad_id)


def decided(model: TrainedModel, *scores: float) -> TrainedModel:
    """Make a model give every pair the same emissions."""
    torch.nn.init.zeros_(model.network.emission[3].weight)
    with torch.no_grad():
        model.network.emission[3].bias.copy_(torch.tensor(scores))
    return model


def test_gold_that_no_pair_reaches_lowers_recall_and_the_ceiling() -> None:
    model = decided(tiny_model([tiny_document(0)]), 0.0, 9.0)
    part = part_of(model, tiny_document(0), tiny_document(2), CROSSING)
    assert part.score(model.network, CPU) == 2 * 2 / (2 + 3)  # 2 found of 2 predicted and of 3 gold
    assert part.ceiling == 2 / 3


def test_the_bias_is_the_one_with_the_best_f1_and_small_among_equals() -> None:
    model = decided(tiny_model([tiny_document(0)]), 1.1, 0.0)
    part = part_of(model, tiny_document(0))
    assert part.score(model.network, CPU) == 0.0
    assert part.tune_bias(model.network, CPU) == -1.25  # the first step of a quarter below -1.1
    assert -1.25 in BIASES


def test_without_gold_nothing_is_tuned_or_scored() -> None:
    model = tiny_model()
    part = part_of(model, make_document("He slept well."))
    assert (part.score(model.network, CPU), part.tune_bias(model.network, CPU), part.ceiling) == (None, 0.0, None)


def test_the_same_relation_written_twice_is_one() -> None:
    twice = make_document(
        "Pain after aspirin.",
        "T1  Sign 0 4  Pain",
        "T2  Drug 11 18  aspirin",
        "R1  causes Arg1:T2 Arg2:T1",
        "R2  causes Arg1:T2 Arg2:T1",
    )
    assert len(gold_keys([twice], learn_labels([twice], SCHEMA))) == 1
