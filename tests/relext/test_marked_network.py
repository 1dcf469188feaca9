"""The dial of markings on tiny encoders: the text stays as it is, markers read what they should."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from relext.config import ModelConfig
from relext.data import Batch, WindowGroup, learn_labels, make_batch
from relext.errors import EncoderError, SettingError
from relext.model import TrainedModel, add_markers, network, read_model, write_model
from relext.model.loading import LoadedEncoder, make_encoder
from relext.prediction import predict_documents
from tests.relext.tiny_models import SCHEMA, STEADY, crowded_document, tiny_document, tiny_model, windowed

MARKINGS = ("levitated", "first", "pair")
USUAL = {"marking": "pair", "pair_vector": "markers", "sentence_level": False, "decoder": "softmax"}


def marked_model(marking: str, **settings: object) -> TrainedModel:
    return tiny_model(config=STEADY.overridden(marking=marking, **settings))


def batch_of(model: TrainedModel, numbers: Sequence[int]) -> Batch:
    return make_batch([windowed(model, tiny_document(n)) for n in numbers], pad_id=model.tokenizer.pad_id)


def read_crowd(model: TrainedModel, mentions: int) -> tuple[WindowGroup, torch.Tensor]:
    """Return the first rows of a crowded sentence and their vectors."""
    batch = make_batch([windowed(model, crowded_document(mentions))], pad_id=model.tokenizer.pad_id)
    group = (batch.copies or batch.windows)[0]
    with torch.no_grad():
        return group, model.network.encoder.read(group)


def test_levitated_markers_leave_the_states_of_the_text_as_they_are() -> None:
    model = marked_model("levitated")
    group, states = read_crowd(model, 8)
    assert group.token_ids.shape[1] == group.tokens + 40  # 4 + 3 + 2 + 1 pairs, four markers each
    with torch.no_grad():
        alone = model.network.encoder(group.token_ids[:, : group.tokens], group.mask[:, : group.tokens])
    torch.testing.assert_close(states[:, : group.tokens], alone, rtol=0, atol=1e-6)


@pytest.mark.parametrize("marking", ["levitated", "first"])
def test_levitated_markers_read_as_a_full_mask_would_have_them(marking: str) -> None:
    model = marked_model(marking, layers=2)
    group, states = read_crowd(model, 6)
    places = np.arange(group.token_ids.shape[1])
    cliques = (places - group.tokens) // group.clique  # negative in the text
    seen = (places < group.tokens) | ((places >= group.tokens) & (cliques[:, None] == cliques))
    keys = torch.where(torch.arange(len(places)) < group.tokens, group.mask, torch.tensor(True))
    mask = torch.where(torch.from_numpy(seen) & keys[:, None, :], 0.0, -1e9).unsqueeze(1)
    encoder = model.network.encoder
    encoder.model.set_attn_implementation("eager")
    with torch.no_grad():
        positions = group.positions + encoder.position_offset
        dense = encoder.model(input_ids=group.token_ids, attention_mask=mask, position_ids=positions).last_hidden_state
    torch.testing.assert_close(states[group.mask], dense[group.mask], rtol=1e-4, atol=1e-5)


def test_a_copy_reads_its_solid_markers() -> None:
    model = marked_model("pair")
    group, states = read_crowd(model, 4)
    is_marker = group.token_ids >= model.encoder_config["vocab_size"] - 12
    ids = torch.where(is_marker, group.token_ids.min(), group.token_ids)
    with torch.no_grad():
        other = model.network.encoder(ids, group.mask)
    assert is_marker.sum(1).tolist() == [4] * 3
    assert not torch.allclose(states[group.mask & ~is_marker], other[group.mask & ~is_marker], atol=1e-4)


@pytest.mark.parametrize("marking", MARKINGS)
def test_padding_and_company_change_nothing(marking: str) -> None:
    model = marked_model(marking)
    together = [windowed(model, each) for each in (crowded_document(12), tiny_document(0), tiny_document(7))]
    with torch.no_grad():
        alone = model.network(make_batch(together[1:2], pad_id=model.tokenizer.pad_id)).scores
        joined = model.network(make_batch(together, pad_id=model.tokenizer.pad_id)).scores
    torch.testing.assert_close(joined[1, :1], alone[0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("settings", [{"marking": each} for each in MARKINGS] + [USUAL], ids=str)
def test_one_batch_overfits_in_every_marking(settings: dict[str, object]) -> None:
    torch.manual_seed(0)
    model = tiny_model(config=STEADY.overridden(**settings))
    batch = batch_of(model, range(6))
    optimizer = torch.optim.AdamW(model.network.parameters(), lr=1e-2)
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        loss = model.network.train().loss(batch)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    idle = [name for name, parameter in model.network.named_parameters() if parameter.grad is None]
    assert losses[-1] < 0.1 * losses[0]
    assert idle == []


@pytest.mark.parametrize("settings", [{"marking": each} for each in MARKINGS] + [USUAL], ids=str)
def test_a_model_read_back_predicts_the_same(settings: dict[str, object], tmp_path: Path) -> None:
    model = tiny_model(config=STEADY.overridden(**settings))
    documents = [crowded_document(7), tiny_document(3)]
    write_model(tmp_path / "model", model)
    read = read_model(tmp_path / "model", device="cpu", precision="fp32", threads=1)
    assert list(predict_documents(read, documents)) == list(predict_documents(model, documents))


@pytest.mark.parametrize("marking", MARKINGS)
def test_a_sentence_of_1485_pairs_is_predicted(marking: str) -> None:
    model = marked_model(marking)
    (found,) = predict_documents(model, [crowded_document(108)])  # 54 drugs, 54 signs: 54 + 53 + ... + 1
    assert len(found.pairs) == 1485


def test_copies_that_are_read_again_for_the_backward_pass_give_the_same_gradients(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = marked_model("pair")
    grads = []
    for kept in (1 << 15, 0):
        monkeypatch.setattr(network, "KEPT_TOKENS", kept)
        model.network.zero_grad()
        model.network.loss(batch_of(model, range(3))).backward()
        grads.append([parameter.grad.clone() for parameter in model.network.parameters() if parameter.grad is not None])
    for ours, theirs in zip(*grads, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_the_usual_typed_marker_model_is_a_setting() -> None:
    """Each pair alone: its marked sentence through the encoder, its two opening markers, a two-layer classifier."""
    model = tiny_model(config=STEADY.overridden(**USUAL))
    document = windowed(model, crowded_document(4))
    with torch.no_grad():
        scores = model.network(make_batch([document], pad_id=model.tokenizer.pad_id)).scores[0]
        for n, copy in enumerate(document.copies):
            ids = torch.tensor([copy.token_ids])
            states = model.network.encoder.model(input_ids=ids).last_hidden_state[0]
            _, first, _, _, second, _ = document.markers[n].tolist()
            expected = model.network.emission(torch.cat([states[first], states[second]]))
            torch.testing.assert_close(scores[n], expected, rtol=1e-4, atol=1e-5)
    assert model.network.word_level is None


def test_markers_alone_need_a_marking() -> None:
    with pytest.raises(SettingError, match="pair_vector = markers: needs a marking"):
        marked_model("none", pair_vector="markers")


def test_markers_start_as_the_mean_of_what_they_say() -> None:
    model = marked_model("pair")
    table = model.network.encoder.model.get_input_embeddings().weight
    said = model.tokenizer.tokenizer.encode("start of first Drug", add_special_tokens=False).ids
    torch.testing.assert_close(table[model.encoder_config["vocab_size"] - 8], table[said].mean(0))  # after 4 of no type


@pytest.mark.parametrize(("marking", "is_refused"), [("levitated", True), ("first", True), ("pair", False)])
def test_an_encoder_that_takes_no_positions_can_only_have_copies_a_pair(marking: str, is_refused: bool) -> None:
    small = {"vocab_size": 400, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    record = {"model_type": "deberta", **small, "intermediate_size": 16}
    loaded = LoadedEncoder(make_encoder(record), tiny_model().tokenizer, record, is_pretrained=False)
    scheme = learn_labels([tiny_document(0)], SCHEMA)
    if is_refused:
        with pytest.raises(EncoderError, match="an encoder of kind deberta takes no positions"):
            add_markers(loaded, scheme, ModelConfig(marking=marking))
    else:
        assert add_markers(loaded, scheme, ModelConfig(marking=marking)).config["vocab_size"] == 412
