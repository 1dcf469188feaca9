"""What a masked language model reads: whole documents packed into blocks, and the tokens hidden in them.

In: documents as token ids. Out: `MaskedBlocks`, made from a numpy generator and nothing else, so that an epoch can be
made again from its number.

Examples
--------
>>> frame = Frame(start_id=0, pad_id=1, end_id=2, mask_id=4)
>>> pack_blocks([np.array([7, 8, 9]), np.array([7])], block_tokens=5, frame=frame).tolist()
[[0, 7, 8, 9, 2], [0, 2, 7, 2, 1]]
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int32]

HIDDEN, REPLACED = 0.8, 0.1  # shares of the chosen tokens (Devlin et al. 2019); the rest stays as it is


@dataclass(frozen=True, slots=True)
class Frame:
    """Hold the ids of the tokens that are no text."""

    start_id: int
    pad_id: int
    end_id: int
    mask_id: int

    @property
    def ids(self) -> tuple[int, int, int, int]:
        """Return them all."""
        return self.start_id, self.pad_id, self.end_id, self.mask_id


@dataclass(frozen=True, slots=True)
class MaskedBlocks:
    """Hold blocks with some of their tokens hidden.

    Attributes
    ----------
    token_ids : array of int, shape (blocks, tokens)
        What the model reads.
    targets : array of int, shape (blocks, tokens)
        The tokens that stood there.
    is_chosen : array of bool, shape (blocks, tokens)
        Where the model has to say which token stood there.
    """

    token_ids: Integers
    targets: Integers
    is_chosen: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.token_ids)

    def rows(self, start: int, end: int) -> "MaskedBlocks":
        """Return the blocks of a half-open range."""
        return MaskedBlocks(self.token_ids[start:end], self.targets[start:end], self.is_chosen[start:end])


def pack_blocks(documents: Sequence[Integers], *, block_tokens: int, frame: Frame) -> Integers:
    """Join documents, each closed by the end token, and cut them into framed blocks; nothing is left out.

    Liu et al. 2019 (RoBERTa) call this FULL-SENTENCES: a block goes on across the end of a document.

    Parameters
    ----------
    block_tokens : int
        Tokens of a block, its start and end token included, at least 3.

    Returns
    -------
    array of int, shape (blocks, block_tokens)
        Only the last block may hold padding.
    """
    closed = [np.append(document, frame.end_id) for document in documents]
    stream = np.concatenate(closed)[:-1] if closed else np.zeros(0)  # the last document is closed by its block
    inner = block_tokens - 2
    blocks = np.full((-(-len(stream) // inner), block_tokens), frame.pad_id, dtype=np.int32)
    blocks[:, 0] = frame.start_id
    for block, start in zip(blocks, range(0, len(stream), inner), strict=True):
        piece = stream[start : start + inner]
        block[1 : len(piece) + 1] = piece
        block[len(piece) + 1] = frame.end_id
    return blocks


def mask_blocks(
    blocks: Integers, *, share: float, vocabulary: int, frame: Frame, generator: np.random.Generator
) -> MaskedBlocks:
    """Choose a share of the tokens; hide 80 % of them, replace 10 % by random tokens, leave 10 % (Devlin et al. 2019).

    Parameters
    ----------
    share : float
        Probability with which a token of the text is chosen; the frame never is.
    vocabulary : int, tokens
        A replacement may be any id below it.
    """
    is_text = ~np.isin(blocks, frame.ids)
    is_chosen = (generator.random(blocks.shape) < share) & is_text
    fate = generator.random(blocks.shape)
    replacements = generator.integers(0, vocabulary, blocks.shape, dtype=np.int32)
    token_ids = np.where(is_chosen & (fate < HIDDEN), np.int32(frame.mask_id), blocks)
    is_replaced = is_chosen & (fate >= HIDDEN) & (fate < HIDDEN + REPLACED)
    return MaskedBlocks(np.where(is_replaced, replacements, token_ids), blocks, is_chosen)
