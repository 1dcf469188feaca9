"""Batches: documents of like length meet, positions move, nothing recurrent is padded."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from relext.data import WindowedDocument, make_batch, plan_batches
from relext.data.batches import PAIRS_A_ROW, pack_order
from relext.data.labels import learn_labels
from relext.model import TrainedModel
from tests.relext.tiny_models import SCHEMA, crowded_document, tiny_document, tiny_model, windowed


@pytest.fixture(scope="module")
def model() -> TrainedModel:
    return tiny_model()


@pytest.fixture(scope="module")
def documents(model: TrainedModel) -> list[WindowedDocument]:
    return [windowed(model, document) for document in (tiny_document(0), crowded_document(9), tiny_document(3))]


@given(st.lists(st.integers(1, 90), min_size=1, max_size=40), st.integers(0, 99))
def test_batches_hold_every_document_once_within_the_budget(lengths: list[int], seed: int) -> None:
    batches = plan_batches(lengths, batch_tokens=64, generator=np.random.default_rng(seed))
    assert sorted(n for batch in batches for n in batch) == list(range(len(lengths)))
    assert all(len(b) == 1 or max(lengths[n] for n in b) * len(b) <= 64 for b in batches)


def test_without_chance_documents_of_like_length_meet() -> None:
    assert plan_batches([5, 20, 6, 19], batch_tokens=40) == [[1, 3], [2, 0]]


def test_the_same_seed_gives_the_same_batches() -> None:
    lengths = list(range(1, 60))
    one, same, other = (plan_batches(lengths, batch_tokens=99, generator=np.random.default_rng(n)) for n in (1, 1, 2))
    assert one == same != other


def test_an_empty_part_has_no_batches() -> None:
    assert plan_batches([], batch_tokens=64) == []


def test_packing_goes_step_by_step_longest_first() -> None:
    order, sizes = pack_order([1, 3, 2])  # items 0 | 1 2 3 | 4 5
    assert order.tolist() == [1, 4, 0, 2, 5, 3]
    assert sizes.tolist() == [3, 2, 1]


def test_positions_of_each_document_survive_the_joining(model: TrainedModel, documents: list[WindowedDocument]) -> None:
    batch = make_batch(documents, pad_id=model.tokenizer.pad_id)
    tokens = torch.cat([group.token_ids.flatten() for group in batch.windows])
    found = tokens[batch.word_tokens].tolist()
    assert found == [d.windows[window].token_ids[start] for d in documents for window, start, _, _ in d.words]


def test_every_token_of_every_word_is_pooled(model: TrainedModel, documents: list[WindowedDocument]) -> None:
    batch = make_batch(documents, pad_id=model.tokenizer.pad_id)
    tokens = torch.cat([group.token_ids.flatten() for group in batch.windows])
    expected = [
        token
        for d in documents
        for window, start, end, _ in d.words
        for token in d.windows[window].token_ids[start:end]
    ]
    assert tokens[batch.pooled_tokens].tolist() == expected
    assert batch.pooled_words.unique().tolist() == list(range(len(batch.word_tokens)))


def test_rows_give_each_pair_the_words_of_its_sentence(model: TrainedModel, documents: list[WindowedDocument]) -> None:
    batch = make_batch(documents, pad_id=model.tokenizer.pad_id)
    rows = batch.rows
    for pair in range(batch.pair_count):
        row, place = divmod(int(rows.slots[pair]), PAIRS_A_ROW)
        start, end = batch.pairs[pair, 2:4].tolist()
        assert rows.pairs[row, place] == pair
        assert rows.words[row][rows.mask[row]].tolist() == list(range(start, end))


def test_chains_keep_each_documents_pairs_in_order(model: TrainedModel, documents: list[WindowedDocument]) -> None:
    chains = make_batch(documents, pad_id=model.tokenizer.pad_id).chains
    lengths = [len(document.pairs) for document in documents]
    assert chains.mask.sum(1).tolist() == lengths
    assert chains.labels[chains.mask].tolist() == [label for d in documents for label in d.labels.clip(min=0)]
    assert chains.links.flatten()[chains.cells].tolist() == [link for d in documents for link in d.links]


def test_windows_of_unlike_length_are_encoded_apart(model: TrainedModel) -> None:
    long, short = windowed(model, crowded_document(10)), windowed(model, tiny_document(0))
    batch = make_batch([long, short], pad_id=model.tokenizer.pad_id)
    assert len(batch.windows) > 1
    assert all(group.mask.float().mean() > 0.7 for group in batch.windows)


def test_a_label_that_training_never_showed_becomes_no_relation(model: TrainedModel) -> None:
    scheme = learn_labels([tiny_document(0)], SCHEMA)  # knows treats alone
    unknown = windowed(tiny_model([tiny_document(0)]), tiny_document(1))
    assert scheme.label_id("causes") == -1 == unknown.labels[0]
    assert make_batch([unknown], pad_id=model.tokenizer.pad_id).chains.labels.tolist() == [[0]]
