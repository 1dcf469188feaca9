"""Any Hugging Face encoder, run in the numbers that the machine is fast in, some or all of its layers frozen.

In: groups of windows. Out: the vectors of their tokens and levitated markers.

Examples
--------
>>> encoder_limit({"model_type": "roberta", "max_position_embeddings": 514, "pad_token_id": 1})
512
"""

from collections.abc import Sequence
from typing import Any, Self

import torch
from torch import Tensor, nn

from relext.config import ALL
from relext.data import WindowGroup
from relext.errors import EncoderError
from relext.model.machine import Machine
from relext.model.plain_attention import FAR_BELOW, PLAIN, Levitated
from relext.model.sources import EncoderConfig

# One mask serves all layers, and positions are given: what levitated markers need.
_ONE_MASK_TYPES = {"albert", "bert", "camembert", "distilbert", "electra", "ernie", "roberta", "xlm-roberta"}
_OFFSET_TYPES = {"roberta", "xlm-roberta", "camembert", "mpnet"}  # positions count from the padding's id + 1


class Encoder(nn.Module):
    """Run a Hugging Face model over windows, in bf16 where asked, and return its last hidden states."""

    def __init__(self, model: nn.Module, *, precision: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.model = model
        self.precision = precision
        settings: Any = model.config
        kind = settings.model_type
        self.has_one_mask = kind in _ONE_MASK_TYPES
        self.is_frozen = False
        self.frozen_layers = 0
        self.has_frozen_table = False
        self.is_resting = False
        self.position_offset = int(settings.pad_token_id or 0) + 1 if kind in _OFFSET_TYPES else 0
        # The few kinds with an attention of their own, DeBERTa for one, keep it.
        if getattr(model, "_supports_attention_backend", False):
            model.set_attn_implementation(PLAIN)  # type: ignore[operator]

    @property
    def size(self) -> int:
        """Return the size of its vectors."""
        config: Any = self.model.config
        return encoder_size(config.to_dict())

    def forward(
        self,
        token_ids: Tensor,
        mask: Tensor,
        *,
        positions: Tensor | None = None,
        levitated: Levitated | None = None,
        embedded: Tensor | None = None,
    ) -> Tensor:
        """Return the vectors of tokens and levitated markers, shape (windows, places, E).

        Parameters
        ----------
        token_ids : LongTensor, shape (windows, places)
        mask : BoolTensor, shape (windows, places)
        positions : LongTensor, shape (windows, places), or None
            None where each token stands at its own place.
        levitated : Levitated or None
        embedded : Tensor, shape (windows, places, size of the table), or None
            What the table of embeddings holds for the tokens, where it has been asked.
        """
        further: dict[str, Any] = {}
        if positions is not None:
            further["position_ids"] = positions + self.position_offset
        if levitated is not None:
            further["levitated"] = levitated
        with torch.autocast(token_ids.device.type, dtype=torch.bfloat16, enabled=self.precision == torch.bfloat16):
            states: Tensor = self.model(
                input_ids=token_ids if embedded is None else None,
                inputs_embeds=embedded,
                attention_mask=self._spread_mask(mask, levitated),
                **further,
            ).last_hidden_state
        return states

    def read_all(self, groups: Sequence[WindowGroup]) -> Tensor:
        """Return the vectors of the tokens of groups, flattened and joined, shape (tokens, E)."""
        read = zip(groups, self._embed(groups), strict=True)
        return torch.cat([self.read(group, embedded=embedded).flatten(0, 1) for group, embedded in read])

    def read(self, group: WindowGroup, *, embedded: Tensor | None = None) -> Tensor:
        """Return the vectors of a group of windows, shape (windows, places, E)."""
        if group.states is not None:
            return self._finish(group)
        states: Tensor = self(
            group.token_ids,
            group.mask,
            positions=group.positions,
            levitated=_find_levitated(group),
            embedded=embedded,
        )
        return states

    def _embed(self, groups: Sequence[WindowGroup]) -> Sequence[Tensor | None]:
        """Ask the table of embeddings once for several groups: each asking has a gradient as large as the table."""
        if not self.has_one_mask or len(groups) < 2 or any(group.states is not None for group in groups):
            return [None] * len(groups)
        model: Any = self.model
        embedded = model.get_input_embeddings()(torch.cat([group.token_ids.flatten() for group in groups]))
        pieces = embedded.split([group.token_ids.numel() for group in groups])
        return [piece.view(*group.token_ids.shape, -1) for group, piece in zip(groups, pieces, strict=True)]

    def freeze(self, layers: int | str, *, table: bool = False) -> None:
        """Keep the embeddings and so many lower layers as they are, or everything; without dropout from now on.

        Parameters
        ----------
        layers : int or "all"
        table : bool
            Whether the table of word embeddings is kept whatever else is trained.

        Raises
        ------
        EncoderError
            Where the encoder has fewer layers, or shares them, so that some alone can't be kept.
        """
        self.is_frozen = layers == ALL
        self.frozen_layers = layers if isinstance(layers, int) else 0
        self.has_frozen_table = table
        if self.frozen_layers > len(self._layers):
            kind = self.model.config.model_type  # type: ignore[union-attr]
            raise EncoderError(
                f"freeze_layers = {layers}: an encoder of kind {kind} with {len(self._layers)} layers that can be kept"
                " one by one; give at most that, or all"
            )
        self.rest(False)

    def rest(self, is_resting: bool) -> None:
        """Leave all layers as they are, without dropout, or let those learn again that are not frozen."""
        self.is_resting = is_resting
        self.requires_grad_(True)
        for module in self._kept_modules:
            module.requires_grad_(False)
        self.train(self.training)

    def train(self, mode: bool = True) -> Self:
        """Set the mode; what is frozen or rests stays in evaluation."""
        super().train(mode)
        for module in self._kept_modules:
            module.eval()
        return self

    @property
    def learns(self) -> bool:
        """Say whether any of its layers is trained now."""
        return not (self.is_frozen or self.is_resting)

    @property
    def can_begin(self) -> bool:
        """Say whether what frozen layers give can be kept, and read on from."""
        return self.is_frozen or (self.frozen_layers > 0 and self.has_one_mask)

    @torch.no_grad()
    def begin(self, group: WindowGroup) -> Tensor:
        """Return what the frozen layers give, shape (windows, places, E); all that `read` needs besides the masks."""
        if self.is_frozen:
            return self.read(group)
        found: list[Tensor] = []
        last = self._frozen_modules[-1]
        hook = last.register_forward_hook(lambda _, __, states: found.append(states))
        self.read(group)
        hook.remove()
        return found[0]

    def compile_layers(self) -> None:
        """Compile each layer that is trained, for shapes that vary; the whole where layers can't be run one by one."""
        for module in () if self.is_frozen else self._layers[self.frozen_layers :] if self._layers else (self.model,):
            module.compile(dynamic=True)

    def depths(self) -> dict[nn.Parameter, int]:
        """Return how many layers lie above the one that each weight belongs to; the embeddings lie below them all.

        Raises
        ------
        EncoderError
            Where the encoder's layers can't be told apart.
        """
        if not self._layers:
            kind = self.model.config.model_type  # type: ignore[union-attr]
            raise EncoderError(
                f"layer_decay: the layers of an encoder of kind {kind} can't be told apart; leave it at 1"
            )
        found = dict.fromkeys(self.model.parameters(), 0)  # what belongs to no layer stands above them
        embeddings: nn.Module = self.model.embeddings  # type: ignore[assignment]
        for depth, module in enumerate((*reversed(self._layers), embeddings)):
            found.update(dict.fromkeys(module.parameters(), depth))
        return found

    def _finish(self, group: WindowGroup) -> Tensor:
        """Read on from what the frozen layers gave."""
        states, levitated = group.states, _find_levitated(group)
        assert states is not None  # only such groups come here
        if group.is_read:
            return states
        mask = self._spread_mask(group.mask, levitated)
        with torch.autocast(states.device.type, dtype=torch.bfloat16, enabled=self.precision == torch.bfloat16):
            for layer in self._layers[self.frozen_layers :]:
                states = layer(states, mask, **({} if levitated is None else {"levitated": levitated}))
        return states

    @property
    def _layers(self) -> Sequence[nn.Module]:
        """Return the layers that can be run one by one; none for kinds that share or wrap them."""
        layers: Sequence[nn.Module] = getattr(getattr(self.model, "encoder", None), "layer", ())
        return layers

    @property
    def _kept_modules(self) -> Sequence[nn.Module]:
        """Return what does not learn now: what is frozen, or everything while the encoder rests."""
        if self.is_resting:
            return [self.model]
        model: Any = self.model
        return [*self._frozen_modules, *([model.get_input_embeddings()] if self.has_frozen_table else [])]

    @property
    def _frozen_modules(self) -> list[nn.Module]:
        if self.is_frozen:
            return [self.model]
        embeddings: nn.Module = self.model.embeddings  # type: ignore[assignment]
        return [embeddings, *self._layers[: self.frozen_layers]] if self.frozen_layers else []

    def _spread_mask(self, mask: Tensor, levitated: Levitated | None) -> Tensor:
        """Return a mask over the tokens as the attention adds it, made once for all layers."""
        if not self.has_one_mask:
            return mask.long()
        tokens = mask.shape[1] if levitated is None else levitated.tokens
        return torch.where(mask[:, None, None, :tokens], 0.0, FAR_BELOW).to(self.precision)  # (W, 1, 1, T)


def _find_levitated(group: WindowGroup) -> Levitated | None:
    return None if group.positions is None else Levitated(group.tokens, group.clique)


def encoder_size(config: EncoderConfig) -> int:
    """Return the size of an encoder's vectors; 0 where a configuration does not say."""
    return int(config.get("hidden_size") or config.get("dim") or 0)


def encoder_limit(config: EncoderConfig) -> int:
    """Return the most tokens that an encoder reads at once, frame included."""
    positions = int(config.get("max_position_embeddings") or 512)
    offset = int(config.get("pad_token_id") or 0) + 1 if config["model_type"] in _OFFSET_TYPES else 0
    return positions - offset


def place_encoder(encoder: Encoder, machine: Machine) -> None:
    """Put an encoder where it computes, set the numbers that it computes in, and compile it where asked.

    What shall be frozen is frozen before.
    """
    encoder.precision = machine.precision
    encoder.to(machine.device)
    if machine.compiles:
        encoder.compile_layers()
