"""Token dropout: text is hidden at its share, frames, markers and what frozen layers read never are."""

from dataclasses import replace

import pytest
import torch

from relext.data import Batch, make_batch
from relext.model import TrainedModel
from relext.training.hiding import TokenDropout, make_token_dropout
from tests.relext.tiny_models import STEADY, crowded_document, tiny_model, tiny_run, windowed


def batch_of(model: TrainedModel, mentions: int = 12) -> Batch:
    return make_batch([windowed(model, crowded_document(mentions))], pad_id=model.tokenizer.pad_id)


def dropout_of(model: TrainedModel, share: float) -> TokenDropout:
    made = make_token_dropout(share, model.tokenizer, first_marker=10_000)
    assert made is not None
    return made


def all_ids(batch: Batch) -> torch.Tensor:
    return torch.cat([group.token_ids.flatten() for group in (*batch.windows, *batch.copies)])


def test_a_share_of_the_text_is_hidden_and_nothing_else_changes() -> None:
    model = tiny_model()
    dropout, batch = dropout_of(model, 0.3), batch_of(model, mentions=40)
    torch.manual_seed(0)
    before, after = all_ids(batch), all_ids(dropout.hide(batch))
    changed = before != after
    is_text = ~torch.isin(before, torch.tensor(dropout.frame_ids))
    assert after[changed].unique().tolist() == [dropout.mask_id]
    assert bool((changed <= is_text).all())
    assert 0.2 < changed.sum() / is_text.sum() < 0.4


def test_all_of_the_text_may_be_hidden_but_neither_frames_nor_padding() -> None:
    model = tiny_model()
    dropout = dropout_of(model, 1.0)
    ids = all_ids(dropout.hide(batch_of(model)))
    assert set(ids.tolist()) <= {dropout.mask_id, *dropout.frame_ids}
    assert model.tokenizer.start_id in ids.tolist()


@pytest.mark.parametrize("marking", ["levitated", "first", "pair"])
def test_markers_are_never_hidden(marking: str) -> None:
    run = tiny_run(STEADY.overridden(marking=marking, token_dropout=0.9))
    dropout = run.part.token_dropout
    assert dropout is not None
    torch.manual_seed(0)
    plain = make_batch(run.part.documents, pad_id=run.part.pad_id)
    hidden = run.part.make_batch(run.part.documents)
    before, after = all_ids(plain), all_ids(hidden)
    is_marker = before >= dropout.first_marker
    assert bool(is_marker.any())
    assert before[is_marker].tolist() == after[is_marker].tolist()
    assert bool((before != after).any())


def test_what_frozen_layers_have_read_is_left_as_it_is() -> None:
    run = tiny_run(STEADY.overridden(freeze_layers="all", token_dropout=0.9))
    plain = make_batch(run.part.documents, pad_id=run.part.pad_id)
    assert all_ids(run.part.make_batch(run.part.documents)).tolist() == all_ids(plain).tolist()


def test_other_subwords_are_hidden_at_every_reading_and_the_same_after_the_same_seed() -> None:
    model = tiny_model()
    dropout, batch = dropout_of(model, 0.5), batch_of(model)
    readings = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        readings.append(all_ids(dropout.hide(batch)).tolist())
    assert readings[0] == readings[1] != readings[2]


def test_nothing_is_hidden_without_a_share_or_a_mask_token() -> None:
    without_mask = replace(tiny_model().tokenizer, mask_id=None)
    assert make_token_dropout(0.5, without_mask, first_marker=9) is None
    assert tiny_run(STEADY).part.token_dropout is None
