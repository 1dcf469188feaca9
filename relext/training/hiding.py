"""Token dropout: in training the mask token takes the place of some of a text's subwords, others at every reading.

In: a batch, before it goes to the device. Out: the same batch with subwords hidden. What is left has to be enough to
tell the relation by, so that a network learns a small corpus less by heart. Only text is hidden: never the tokens that
frame a window, never markers; and nothing where frozen layers have been run beforehand, since they have read the text.

References
----------
Iyyer et al., Deep unordered composition rivals syntactic methods for text classification, ACL 2015 (word dropout).
Devlin et al., BERT, NAACL 2019 (the mask token, which an encoder knows from its pretraining).
"""

from dataclasses import dataclass, replace

import torch

from relext.data import Batch, SubwordTokenizer, WindowGroup


@dataclass(frozen=True, slots=True)
class TokenDropout:
    """Hold how subwords are hidden.

    Attributes
    ----------
    share : float
        Probability that a subword is hidden.
    mask_id : int
        What stands in its place.
    frame_ids : tuple of int
        Ids that are never hidden.
    first_marker : int
        Ids from here on are markers, which are never hidden either.
    """

    share: float
    mask_id: int
    frame_ids: tuple[int, ...]
    first_marker: int

    def hide(self, batch: Batch) -> Batch:
        """Return a batch with some of the subwords of its windows and copies hidden, by torch's generator."""
        windows, copies = (tuple(map(self._hide, groups)) for groups in (batch.windows, batch.copies))
        return replace(batch, windows=windows, copies=copies)

    def _hide(self, group: WindowGroup) -> WindowGroup:
        if group.states is not None:
            return group
        ids = group.token_ids
        is_text = ~torch.isin(ids, ids.new_tensor(self.frame_ids)) & (ids < self.first_marker)
        is_hidden = is_text & (torch.rand(ids.shape) < self.share)
        return replace(group, token_ids=ids.masked_fill(is_hidden, self.mask_id))


def make_token_dropout(share: float, tokenizer: SubwordTokenizer, *, first_marker: int) -> TokenDropout | None:
    """Return how subwords are hidden; None where the share is 0 or the tokenizer has no mask token."""
    if not share or tokenizer.mask_id is None:
        return None
    frame_ids = (tokenizer.start_id, tokenizer.end_id, tokenizer.pad_id)
    return TokenDropout(share, tokenizer.mask_id, frame_ids, first_marker)
