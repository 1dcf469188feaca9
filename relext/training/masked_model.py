"""An encoder that guesses hidden tokens: BERT's and RoBERTa's head for masked tokens above any encoder.

In: `MaskedBlocks`. Out: their loss. The output layer is the table of word embeddings itself (Press and Wolf 2017), and
only chosen tokens pass through it, which spares six sevenths of the widest matrix product.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from relext.model import Encoder
from relext.training.masking import MaskedBlocks


@dataclass(frozen=True, slots=True)
class HeadNames:
    """Hold how Hugging Face names a model with its head for masked tokens: its class, and its weights by prefix."""

    model: str
    encoder: str
    dense: str
    layer_norm: str
    bias: str


_OF_ROBERTA = ("roberta.", "lm_head.dense.", "lm_head.layer_norm.", "lm_head.bias")
HEADS = {
    "roberta": HeadNames("RobertaForMaskedLM", *_OF_ROBERTA),
    "camembert": HeadNames("CamembertForMaskedLM", *_OF_ROBERTA),
    "xlm-roberta": HeadNames("XLMRobertaForMaskedLM", *_OF_ROBERTA),
    "bert": HeadNames(
        "BertForMaskedLM",
        "bert.",
        "cls.predictions.transform.dense.",
        "cls.predictions.transform.LayerNorm.",
        "cls.predictions.bias",
    ),
}  # kinds with this very head; of others the encoder alone is kept


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
        width = self.embeddings.shape[1]  # some encoders embed tokens in fewer numbers than their layers have
        self.dense = nn.Linear(size, width)
        self.layer_norm = nn.LayerNorm(width, eps=1e-12)  # as in the encoders that `RobertaConfig` describes
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
        """Return the weights under the names that Hugging Face knows them by, see `HEADS`."""
        model, names = self.encoder.model, self.head_names
        if names is None:
            return dict(model.named_parameters())
        body = {names.encoder + name: weight for name, weight in model.named_parameters()}
        return body | self._named_head(names)

    def fill_head(self, weights: Mapping[str, Tensor]) -> None:
        """Take over the head that an encoder's folder holds; it keeps its random weights where one is missing."""
        own = self._named_head(self.head_names) if self.head_names else {}
        if own and all(name in weights and weights[name].shape == each.shape for name, each in own.items()):
            for name, each in own.items():
                each.data.copy_(weights[name])

    @property
    def head_names(self) -> HeadNames | None:
        """Return the names that Hugging Face knows the head by, None where it has another one for such encoders."""
        return HEADS.get(self.encoder.model.config.model_type)  # type: ignore[union-attr,arg-type]

    def _named_head(self, names: HeadNames) -> dict[str, Tensor]:
        layers = {names.dense: self.dense, names.layer_norm: self.layer_norm}
        found: dict[str, Tensor] = {names.bias: self.bias}
        for prefix, layer in layers.items():
            found |= {prefix + name: weight for name, weight in layer.named_parameters()}
        return found


def set_dropout(model: nn.Module, share: float) -> None:
    """Set the share of every dropout that is on; those switched off, on attention weights, stay off."""
    for module in model.modules():
        if isinstance(module, nn.Dropout) and module.p > 0:
            module.p = share
