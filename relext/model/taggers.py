"""One tagger a type: a CRF over the tags of a sentence's words, whose transitions are a type's own.

In: the states of a batch's words. Out: the loss of its gold tags, or the most probable mentions. Taggers of different
types know nothing of each other, so their mentions may nest and overlap; those of one type can't.

References
----------
Lample et al., Neural architectures for named entity recognition, NAACL 2016.
"""

import torch
from torch import Tensor, nn

from relext.data import BEGIN, END, INSIDE, OUTSIDE, SINGLE, TAGS, TaggedBatch
from relext.model.crf import LinkedCRF
from relext.model.network import FORBIDDEN
from relext.model.spans import TypedSpans

_OUTSIDE_BIAS = 3.0  # most words are outside of most types, and need not be taught so at the start
_FOLLOWERS = {
    OUTSIDE: (OUTSIDE, BEGIN, SINGLE),
    BEGIN: (INSIDE, END),
    INSIDE: (INSIDE, END),
    END: (OUTSIDE, BEGIN, SINGLE),
    SINGLE: (OUTSIDE, BEGIN, SINGLE),
}


class Taggers(nn.Module):
    """Tag the words of sentences, a type at a time.

    Parameters
    ----------
    size : int
        Size of a word's state.
    types : int
        How many there are.
    """

    def __init__(self, size: int, *, types: int) -> None:
        super().__init__()
        self.types = types
        self.tagger = nn.Linear(size, types * TAGS)
        with torch.no_grad():
            self.tagger.bias.view(types, TAGS)[:, OUTSIDE] = _OUTSIDE_BIAS
        self.crf = make_tag_crf(types)

    def forward(self, states: Tensor, batch: TaggedBatch) -> Tensor:
        """Return the emissions, shape (sentences * types, longest, tags)."""
        tags: Tensor = self.tagger(states).index_select(0, batch.grid.flatten())  # (S * T, K * 5)
        rows, width = batch.grid.shape
        return tags.view(rows, width, self.types, TAGS).transpose(1, 2).reshape(-1, width, TAGS)

    def loss(self, states: Tensor, batch: TaggedBatch) -> Tensor:
        """Return the summed negative log-likelihood of the gold tags, shape ()."""
        rows, width = batch.grid.shape
        tags = batch.tags.index_select(0, batch.grid.flatten()).view(rows, width, self.types)  # (S, T, K)
        gold = tags.transpose(1, 2).reshape(-1, width)  # (S * K, T)
        return -self.crf.log_likelihood(self(states, batch), gold, **self._chains(batch)).sum()

    def _chains(self, batch: TaggedBatch) -> dict[str, Tensor]:
        """Return mask and links of a batch's chains, one a sentence and type; the link is the type."""
        mask = batch.mask.repeat_interleave(self.types, dim=0)  # (S * K, T)
        kinds = torch.arange(self.types, device=mask.device).repeat(len(batch.mask))
        return {"mask": mask, "links": kinds.unsqueeze(1).expand(mask.shape)}

    @torch.no_grad()
    def find(self, states: Tensor, batch: TaggedBatch) -> TypedSpans:
        """Return the mentions of the most probable tags; each is as probable as its least probable tag."""
        emissions, chains = self(states, batch), self._chains(batch)
        path = self.crf.decode(emissions, **chains)  # (S * K, T)
        marginals = self.crf.marginals(emissions, **chains).gather(2, path.unsqueeze(2)).squeeze(2)  # (S * K, T)
        rows, firsts = torch.where((path == BEGIN) | (path == SINGLE))
        lasts = torch.where((path == END) | (path == SINGLE))[1]  # as many as firsts, in the same order
        spans = batch.grid[rows // self.types].gather(1, torch.stack([firsts, lasts], dim=1))  # (M, 2)
        inside = torch.arange(path.shape[1], device=path.device)
        outside = (inside < firsts.unsqueeze(1)) | (inside > lasts.unsqueeze(1))  # (M, T)
        probabilities = marginals[rows].masked_fill(outside, 1.0).amin(1)
        return TypedSpans(spans + torch.tensor([0, 1], device=spans.device), rows % self.types, probabilities)


def make_tag_crf(types: int) -> LinkedCRF:
    """Return a CRF over tags whose forbidden transitions start, and stay, at a score that no path takes."""
    crf = LinkedCRF(TAGS, links=types)
    with torch.no_grad():
        crf.transitions.fill_(FORBIDDEN)
        for tag, followers in _FOLLOWERS.items():
            crf.transitions[:, tag, list(followers)] = 0.0
        crf.start[[INSIDE, END]] = FORBIDDEN
        crf.end[[BEGIN, INSIDE]] = FORBIDDEN
    return crf
