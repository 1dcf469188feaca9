"""The head for hidden tokens: against Hugging Face's own model, with padding, and its output tied to its input."""

import numpy as np
import pytest
import torch
from torch import Tensor
from transformers import RobertaConfig, RobertaForMaskedLM

from relext.model import LoadedEncoder, load_encoder
from relext.training.masked_model import MaskedLanguageModel, set_dropout
from relext.training.masking import Frame, MaskedBlocks, mask_blocks, pack_blocks
from tests.relext.tiny_pretraining import TEXTS, TINY

FRAME = Frame(start_id=0, pad_id=1, end_id=2, mask_id=4)


@pytest.fixture
def loaded() -> LoadedEncoder:
    return load_encoder("scratch", texts=TEXTS, scratch=TINY.scratch, seed=1)


@pytest.fixture
def model(loaded: LoadedEncoder) -> MaskedLanguageModel:
    size, vocabulary = loaded.size, loaded.config["vocab_size"]
    return MaskedLanguageModel(loaded.module, size=size, vocabulary=vocabulary, pad_id=1).eval()


def batch_of(tokens: int, *, block_tokens: int) -> MaskedBlocks:
    blocks = pack_blocks([np.arange(5, 5 + tokens)], block_tokens=block_tokens, frame=FRAME)
    return mask_blocks(blocks, share=0.5, vocabulary=300, frame=FRAME, generator=np.random.default_rng(1))


def theirs(model: MaskedLanguageModel, loaded: LoadedEncoder) -> RobertaForMaskedLM:
    """Return Hugging Face's model with the same weights."""
    other = RobertaForMaskedLM(RobertaConfig(**loaded.config)).eval()
    missing, unexpected = other.load_state_dict(dict(model.named_weights()), strict=False)
    assert unexpected == [] and set(missing) == {"lm_head.decoder.weight", "lm_head.decoder.bias"}  # both are tied
    return other


@torch.no_grad()
def test_the_loss_is_that_of_hugging_face(model: MaskedLanguageModel, loaded: LoadedEncoder) -> None:
    batch = batch_of(50, block_tokens=16)
    targets = torch.from_numpy(np.where(batch.is_chosen, batch.targets, -100)).long()  # -100: not to predict
    token_ids = torch.from_numpy(batch.token_ids).long()
    expected: Tensor = theirs(model, loaded)(token_ids, (token_ids != 1).long(), labels=targets).loss
    assert float(model.loss(batch)) / batch.is_chosen.sum() == pytest.approx(float(expected), rel=1e-5)


@torch.no_grad()
def test_padding_changes_nothing(model: MaskedLanguageModel) -> None:
    batch = batch_of(10, block_tokens=12)
    fill = np.full((1, 9), FRAME.pad_id, dtype=np.int32)
    never = np.zeros((1, 9), dtype=bool)
    wider = MaskedBlocks(
        np.hstack([batch.token_ids, fill]), np.hstack([batch.targets, fill]), np.hstack([batch.is_chosen, never])
    )
    assert float(model.loss(wider)) == pytest.approx(float(model.loss(batch)), rel=1e-5)


def test_the_output_layer_is_the_table_of_word_embeddings(model: MaskedLanguageModel, loaded: LoadedEncoder) -> None:
    names = [name for name, weight in model.named_weights().items() if loaded.config["vocab_size"] in weight.shape]
    assert sorted(names) == ["lm_head.bias", "roberta.embeddings.word_embeddings.weight"]
    assert model.embeddings is loaded.module.model.embeddings.word_embeddings.weight  # type: ignore[union-attr]


@torch.no_grad()
def test_a_batch_without_a_chosen_token_costs_nothing(model: MaskedLanguageModel) -> None:
    batch = batch_of(10, block_tokens=12)
    nothing = MaskedBlocks(batch.targets, batch.targets, np.zeros_like(batch.is_chosen))
    assert float(model.loss(nothing)) == 0.0


def test_dropout_on_attention_weights_stays_off(model: MaskedLanguageModel) -> None:
    set_dropout(model, 0.4)
    shares = {name: module.p for name, module in model.named_modules() if isinstance(module, torch.nn.Dropout)}
    assert {p for name, p in shares.items() if "attention.self" in name} == {0.0}
    assert {p for name, p in shares.items() if "attention.self" not in name} == {0.4}
