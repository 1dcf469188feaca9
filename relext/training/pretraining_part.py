"""What a pretraining run reads: documents as token ids, and the batches of any step from its number.

In: documents as sentences, and a tokenizer. Out: steps, each a list of `MaskedBlocks` whose gradients add up.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from relext.data import SubwordTokenizer
from relext.training.masking import Frame, Integers, MaskedBlocks, mask_blocks, pack_blocks
from relext.training.pretrain_settings import STATIC, PretrainConfig
from relext.training.texts import Sentences

_HELD_OUT = 1 << 32  # the draw of the held-out masks: no epoch has this number


@dataclass(frozen=True, slots=True)
class PretrainingPart:
    """Hold the documents to learn from, and make the batches of any step.

    Attributes
    ----------
    vocabulary : int, tokens
    """

    documents: tuple[Integers, ...]
    frame: Frame
    vocabulary: int
    config: PretrainConfig

    @property
    def epoch_steps(self) -> int:
        """Return the number of steps of an epoch."""
        stream = sum(map(len, self.documents)) + len(self.documents) - 1  # an end token between two documents
        blocks = -(-stream // (self.config.block_tokens - 2))
        return -(-blocks // self._step_blocks)

    @property
    def _step_blocks(self) -> int:
        return self.config.batch_blocks * self.config.accumulation

    def make_epoch(self, epoch: int) -> MaskedBlocks:
        """Return the blocks of an epoch: documents in a new order and new masks, or the first epoch's where static."""
        drawn = 0 if self.config.masking == STATIC else epoch
        generator = np.random.default_rng([self.config.seed, drawn])
        documents = [self.documents[n] for n in generator.permutation(len(self.documents))]
        blocks = pack_blocks(documents, block_tokens=self.config.block_tokens, frame=self.frame)
        generator.shuffle(blocks)
        return self.mask(blocks, generator)

    def mask(self, blocks: Integers, generator: np.random.Generator) -> MaskedBlocks:
        """Hide tokens as the settings say."""
        share = self.config.mask_share
        return mask_blocks(blocks, share=share, vocabulary=self.vocabulary, frame=self.frame, generator=generator)

    def steps(self, start: int = 0) -> Iterator[list[MaskedBlocks]]:
        """Yield the batches of each step from `start` on, without end; steps count on through the epochs."""
        first, place = divmod(start, self.epoch_steps)
        for epoch in itertools.count(first):
            masked = self.make_epoch(epoch)
            for step in range(place, self.epoch_steps):
                whole = masked.rows(step * self._step_blocks, (step + 1) * self._step_blocks)
                cuts = range(0, len(whole), self.config.batch_blocks)
                yield [whole.rows(cut, cut + self.config.batch_blocks) for cut in cuts]
            place = 0


def make_frame(tokenizer: SubwordTokenizer) -> Frame:
    """Return the ids of a tokenizer's tokens that are no text."""
    assert tokenizer.mask_id is not None  # one that we train has it
    return Frame(tokenizer.start_id, tokenizer.pad_id, tokenizer.end_id, tokenizer.mask_id)


def tokenize_documents(documents: Sequence[Sentences], tokenizer: SubwordTokenizer) -> tuple[Integers, ...]:
    """Return each document as one row of token ids, tokenized sentence by sentence as the relation model does it."""
    found = []
    for sentences in documents:
        encodings = tokenizer.tokenizer.encode_batch(list(sentences), add_special_tokens=False)
        found.append(np.fromiter(itertools.chain.from_iterable(each.ids for each in encodings), dtype=np.int32))
    return tuple(found)


def make_held_out(documents: Sequence[Integers], part: PretrainingPart) -> MaskedBlocks:
    """Return the documents kept aside, masked once for all evaluations of a run."""
    blocks = pack_blocks(documents, block_tokens=part.config.block_tokens, frame=part.frame)
    return part.mask(blocks, np.random.default_rng([part.config.seed, _HELD_OUT]))
