"""The network on tiny random encoders: shapes, masks, padding, any number of pairs, every switch."""

from dataclasses import replace

import pytest
import torch

from corpus_tools.assembly import CorpusDocument
from relext.data import make_batch
from relext.model import TrainedModel
from relext.model.network import FORBIDDEN, mean_between, mean_by
from tests.relext.literal_documents import make_document
from tests.relext.tiny_models import STEADY, crowded_document, tiny_document, tiny_model, windowed


@pytest.fixture(scope="module")
def model() -> TrainedModel:
    return tiny_model()


def emissions(model: TrainedModel, *documents: CorpusDocument) -> torch.Tensor:
    batch = make_batch([windowed(model, document) for document in documents], pad_id=model.tokenizer.pad_id)
    with torch.no_grad():
        return model.network(batch).scores


def test_emissions_have_a_score_for_each_label_of_each_pair(model: TrainedModel) -> None:
    scores = emissions(model, crowded_document(6), tiny_document(0))
    # drug0 sign1 drug2 sign3 drug4 sign5: a drug before a sign 3 + 2 + 1 times; signs before drugs are not allowed
    assert scores.shape == (2, 6, 3)


def test_padding_and_company_change_nothing(model: TrainedModel) -> None:
    alone = emissions(model, tiny_document(0))
    together = emissions(model, crowded_document(12), tiny_document(0), tiny_document(7))
    torch.testing.assert_close(together[1, :1], alone[0], rtol=1e-4, atol=1e-5)
    assert together[1, 1:].eq(0).all()


@pytest.mark.parametrize("mentions", [2, 3, 60])
def test_a_sentence_may_have_any_number_of_pairs(model: TrainedModel, mentions: int) -> None:
    scores = emissions(model, crowded_document(mentions))
    assert scores.isfinite().all()
    assert scores.shape[1] == len(windowed(model, crowded_document(mentions)).pairs)


def test_labels_that_the_types_forbid_are_masked() -> None:
    documents = [tiny_document(0), tiny_document(1)]
    model = tiny_model(documents)
    model.network.permitted[1, 2, 1] = False
    assert emissions(model, tiny_document(0))[0, 0, 1] == FORBIDDEN


SWITCHES = [
    {"recurrence": "lstm"},
    {"recurrence": "none"},
    {"attention": "learnt"},
    {"attention": "none"},
    {"sentence_level": False},
    {"decoder": "crf"},
    {"decoder": "softmax"},
    {"pooling": "mean"},
    {"heads": 4},
]


@pytest.mark.parametrize("switch", SWITCHES, ids=str)
def test_every_switch_learns_from_the_same_batch(switch: dict[str, object]) -> None:
    model = tiny_model(config=STEADY.overridden(**switch))
    batch = make_batch([windowed(model, tiny_document(n)) for n in range(3)], pad_id=model.tokenizer.pad_id)
    loss = model.network.train().loss(batch)
    loss.backward()
    idle = [name for name, parameter in model.network.named_parameters() if parameter.grad is None]
    assert loss.isfinite()
    assert idle == []


def test_one_batch_overfits() -> None:
    torch.manual_seed(0)
    model = tiny_model()
    batch = make_batch([windowed(model, tiny_document(n)) for n in range(8)], pad_id=model.tokenizer.pad_id)
    optimizer = torch.optim.AdamW(model.network.parameters(), lr=1e-2)
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = model.network.train().loss(batch)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.05 < losses[0]


def test_the_bias_moves_no_relation_alone(model: TrainedModel) -> None:
    scores = torch.zeros(1, 2, 3)
    model.network.no_relation_bias.fill_(1.5)
    biased = model.network.biased(scores)
    model.network.no_relation_bias.fill_(0.0)
    assert biased[0, 0].tolist() == [1.5, 0.0, 0.0]


def test_means_by_owner_and_between_positions() -> None:
    values = torch.tensor([[1.0], [3.0], [5.0], [7.0]])
    assert mean_by(torch.tensor([1, 0, 1, 1]), values, count=2).tolist() == [[3.0], [pytest.approx(13 / 3)]]
    starts, ends = torch.tensor([0, 1, 2, 3]), torch.tensor([2, 4, 2, 1])
    assert mean_between(values, starts, ends).flatten().tolist() == [2.0, 5.0, 0.0, 0.0]


def test_pairs_of_neighbouring_sentences_read_both(model: TrainedModel) -> None:
    wide = replace(model, scheme=replace(model.scheme, max_sentence_distance=1))
    document = make_document(
        "The aspirin was given. His pain stopped.", "T1  Drug 4 11  aspirin", "T2  Sign 27 31  pain"
    )
    batch = make_batch([windowed(wide, document)], pad_id=model.tokenizer.pad_id)
    assert batch.pairs[0, 2:4].tolist() == [0, 9]  # 5 words, then 4
    assert model.network(batch).scores.isfinite().all()
