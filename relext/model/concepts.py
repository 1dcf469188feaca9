"""The network's view of concepts: three hashed embeddings a mention, added up, now and then hidden in training.

In: the rows of `ConceptTable`. Out: one vector a mention; zeros where nothing is known, so that a model that learnt
with concepts also works without.
"""

import torch
from torch import Tensor, nn

from relext.data import CONCEPT_SIZES


class ConceptFeatures(nn.Module):
    """Embed what a linker said of mentions.

    Parameters
    ----------
    size : int
        Size of a mention's vector.
    dropout : float
        Share of the mentions whose concept is hidden in training.
    """

    def __init__(self, size: int, *, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        self.embeddings = nn.ModuleList(nn.Embedding(rows, size, padding_idx=0) for rows in CONCEPT_SIZES)
        for embedding in self.embeddings:
            nn.init.zeros_(embedding.weight)  # type: ignore[arg-type]  # what training never saw says nothing

    def forward(self, rows: Tensor) -> Tensor:
        """Return a vector a mention.

        Parameters
        ----------
        rows : LongTensor, shape (mentions, 3)
            Rows of concept, semantic type and group, 0 for what is not known.

        Returns
        -------
        Tensor, shape (mentions, size)
        """
        if self.training and self.dropout:
            rows = rows * (torch.rand(len(rows), 1, device=rows.device) >= self.dropout)
        vectors = [embedding(rows[:, n]) for n, embedding in enumerate(self.embeddings)]
        return torch.stack(vectors).sum(0)
