"""Packing and masking: nothing of a document is lost, the frame is never hidden, the shares are 80, 10 and 10."""

import numpy as np
import pytest

from relext.training.masking import Frame, mask_blocks, pack_blocks

FRAME = Frame(start_id=0, pad_id=1, end_id=2, mask_id=4)


def masked(blocks: np.ndarray, *, share: float = 0.15, seed: int = 1):  # type: ignore[no-untyped-def]
    return mask_blocks(blocks, share=share, vocabulary=1000, frame=FRAME, generator=np.random.default_rng(seed))


def test_a_document_longer_than_a_block_goes_on_in_the_next() -> None:
    blocks = pack_blocks([np.arange(10, 17)], block_tokens=5, frame=FRAME)
    assert blocks.tolist() == [[0, 10, 11, 12, 2], [0, 13, 14, 15, 2], [0, 16, 2, 1, 1]]


def test_documents_that_share_a_block_are_parted_by_the_end_token() -> None:
    blocks = pack_blocks([np.array([10, 11]), np.array([12])], block_tokens=8, frame=FRAME)
    assert blocks.tolist() == [[0, 10, 11, 2, 12, 2, 1, 1]]


@pytest.mark.parametrize("block_tokens", [3, 4, 7, 64])
def test_every_token_is_packed_once_and_in_order(block_tokens: int) -> None:
    documents = [np.arange(100, 109), np.arange(200, 201), np.arange(300, 317)]
    blocks = pack_blocks(documents, block_tokens=block_tokens, frame=FRAME)
    assert blocks[blocks >= 100].tolist() == np.concatenate(documents).tolist()
    assert (blocks == FRAME.pad_id)[:-1].sum() == 0  # padding in the last block alone


def test_no_document_makes_no_block() -> None:
    assert pack_blocks([], block_tokens=8, frame=FRAME).shape == (0, 8)


def test_the_frame_is_never_chosen() -> None:
    blocks = pack_blocks([np.arange(10, 30)] * 9, block_tokens=16, frame=FRAME)
    everything = masked(blocks, share=1.0)
    assert everything.is_chosen.tolist() == (blocks >= 10).tolist()


def test_chosen_tokens_are_hidden_replaced_or_left_as_8_to_1_to_1() -> None:
    blocks = np.full((400, 250), 10, dtype=np.int32)  # 100,000 tokens of one kind
    found = masked(blocks)
    hidden, left = (found.token_ids == FRAME.mask_id)[found.is_chosen], (found.token_ids == 10)[found.is_chosen]
    assert found.is_chosen.mean() == pytest.approx(0.15, abs=0.005)
    assert hidden.mean() == pytest.approx(0.80, abs=0.01)
    assert left.mean() == pytest.approx(0.10, abs=0.01)  # and 1 of 1,000 replacements is the token itself


def test_what_was_not_chosen_is_read_as_it_stands_and_targets_are_the_text() -> None:
    blocks = pack_blocks([np.arange(10, 900)], block_tokens=32, frame=FRAME)
    found = masked(blocks)
    assert (found.token_ids == blocks)[~found.is_chosen].all()
    assert found.targets.tolist() == blocks.tolist()


def test_masks_follow_from_the_generator() -> None:
    blocks = pack_blocks([np.arange(10, 900)], block_tokens=32, frame=FRAME)
    assert masked(blocks, seed=1).token_ids.tolist() == masked(blocks, seed=1).token_ids.tolist()
    assert masked(blocks, seed=1).token_ids.tolist() != masked(blocks, seed=2).token_ids.tolist()
