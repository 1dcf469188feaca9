"""An encoder that guesses hidden tokens: RoBERTa's head for masked tokens above any encoder.

In: `MaskedBlocks`. Out: their loss. The output layer is the table of word embeddings itself (Press and Wolf 2017), and
only chosen tokens pass through it, which spares six sevenths of the widest matrix product.
"""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from relext.model import Encoder
from relext.training.masking import MaskedBlocks


class MaskedLanguageModel(nn.Module):
    """Say of each chosen token what stood there.

    Parameters
    ----------
    size : int
        Size of the encoder's vectors.
    vocabulary : int, tokens
    """

    def __init__(self, encoder: Encoder, *, size: int, vocabulary: int, pad_id: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.pad_id = pad_id
        self.dense = nn.Linear(size, size)
        self.layer_norm = nn.LayerNorm(size, eps=1e-12)  # as in the encoder that `RobertaConfig` describes
        self.bias = nn.Parameter(torch.zeros(vocabulary))
        nn.init.normal_(self.dense.weight, std=0.02)
        nn.init.zeros_(self.dense.bias)

    @property
    def embeddings(self) -> Tensor:
        """Return the table of word embeddings, shape (vocabulary, E)."""
        table: Tensor = self.encoder.model.get_input_embeddings().weight  # type: ignore[operator]
        return table

    def forward(self, token_ids: Tensor, chosen: Tensor) -> Tensor:
        """Score every token of the vocabulary at the chosen places.

        Parameters
        ----------
        token_ids : Tensor of int, shape (blocks, tokens)
        chosen : Tensor of int, shape (chosen,)
            Places in the flattened blocks.

        Returns
        -------
        Tensor, shape (chosen, vocabulary)
        """
        states = self.encoder(token_ids, token_ids != self.pad_id)  # (B, T, E)
        states = states.flatten(0, 1)[chosen]  # (C, E)
        with torch.autocast(states.device.type, dtype=torch.bfloat16, enabled=self.encoder.precision == torch.bfloat16):
            states = self.layer_norm(nn.functional.gelu(self.dense(states)))
            logits: Tensor = nn.functional.linear(states, self.embeddings, self.bias)
        return logits.float()

    def loss(self, batch: MaskedBlocks) -> Tensor:
        """Return the summed negative log-likelihood of the chosen tokens."""
        device = self.bias.device
        chosen = torch.from_numpy(np.flatnonzero(batch.is_chosen)).to(device)
        targets = torch.from_numpy(batch.targets[batch.is_chosen]).to(device).long()
        logits = self(torch.from_numpy(batch.token_ids).to(device).long(), chosen)
        return nn.functional.cross_entropy(logits, targets, reduction="sum")

    def named_weights(self) -> Mapping[str, Tensor]:
        """Return the weights under the names that Hugging Face's `RobertaForMaskedLM` knows them by."""
        prefixes = {"encoder.model.": "roberta.", "": "lm_head."}
        return {
            next(new + name.removeprefix(old) for old, new in prefixes.items() if name.startswith(old)): weight
            for name, weight in self.named_parameters()
        }


def set_dropout(model: nn.Module, share: float) -> None:
    """Set the share of every dropout that is on; those switched off, on attention weights, stay off."""
    for module in model.modules():
        if isinstance(module, nn.Dropout) and module.p > 0:
            module.p = share
