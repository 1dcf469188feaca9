"""Any Hugging Face encoder: found, checked, loaded, and run in the numbers that the machine is fast in.

In: a folder, a hub name, `minilm`, `scratch` or `auto`. Out: `LoadedEncoder`, a module that maps token ids to vectors,
its tokenizer, and the configuration from which a model folder can make it anew.

Examples
--------
>>> encoder_limit({"model_type": "roberta", "max_position_embeddings": 514, "pad_token_id": 1})
512
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, AutoTokenizer, logging

from relext.config import ALL, ScratchConfig
from relext.data import SubwordTokenizer, WindowGroup
from relext.errors import EncoderError, HostileModel
from relext.model.machine import Machine
from relext.model.plain_attention import FAR_BELOW, PLAIN, Levitated
from relext.model.sources import EncoderConfig, find_encoder, validate_encoder_config, validate_encoder_folder
from relext.model.tokenizer import train_tokenizer

_PRIVATE_KEYS = ("_name_or_path", "architectures", "transformers_version", "dtype", "torch_dtype")
MAX_PARAMETERS = 1 << 31
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
        self, token_ids: Tensor, mask: Tensor, *, positions: Tensor | None = None, levitated: Levitated | None = None
    ) -> Tensor:
        """Return the vectors of tokens and levitated markers, shape (windows, places, E).

        Parameters
        ----------
        token_ids : LongTensor, shape (windows, places)
        mask : BoolTensor, shape (windows, places)
        positions : LongTensor, shape (windows, places), or None
            None where each token stands at its own place.
        levitated : Levitated or None
        """
        further: dict[str, Any] = {}
        if positions is not None:
            further["position_ids"] = positions + self.position_offset
        if levitated is not None:
            further["levitated"] = levitated
        with torch.autocast(token_ids.device.type, dtype=torch.bfloat16, enabled=self.precision == torch.bfloat16):
            states: Tensor = self.model(
                input_ids=token_ids, attention_mask=self._spread_mask(mask, levitated), **further
            ).last_hidden_state
        return states

    def read(self, group: WindowGroup) -> Tensor:
        """Return the vectors of a group of windows, shape (windows, places, E)."""
        if group.states is not None:
            return self._finish(group)
        states: Tensor = self(group.token_ids, group.mask, positions=group.positions, levitated=_find_levitated(group))
        return states

    def freeze(self, layers: int | str) -> None:
        """Keep the embeddings and so many lower layers as they are, or everything; without dropout from now on.

        Raises
        ------
        EncoderError
            Where the encoder has fewer layers, or shares them, so that some alone can't be kept.
        """
        self.is_frozen = layers == ALL
        self.frozen_layers = layers if isinstance(layers, int) else 0
        if self.frozen_layers > len(self._layers):
            kind = self.model.config.model_type  # type: ignore[union-attr]
            raise EncoderError(
                f"freeze_layers = {layers}: an encoder of kind {kind} with {len(self._layers)} layers that can be kept"
                " one by one; give at most that, or all"
            )
        for module in self._frozen_modules:
            module.requires_grad_(False)
        self.train(self.training)

    def train(self, mode: bool = True) -> Self:
        """Set the mode; what is frozen stays in evaluation."""
        super().train(mode)
        for module in self._frozen_modules:
            module.eval()
        return self

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
        if self.is_frozen:
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


@dataclass(frozen=True, slots=True)
class LoadedEncoder:
    """Hold an encoder with what it takes to make it anew.

    Attributes
    ----------
    config : dict
        What `make_encoder` reads; it names no path.
    size : int
        Size of its vectors.
    limit : int, tokens
        Most tokens of a window, frame included.
    is_pretrained : bool
    """

    module: Encoder
    tokenizer: SubwordTokenizer
    config: EncoderConfig
    is_pretrained: bool

    @property
    def size(self) -> int:
        """Return the size of the encoder's vectors."""
        return encoder_size(self.config)

    @property
    def limit(self) -> int:
        """Return the most tokens of a window."""
        return encoder_limit(self.config)


def load_encoder(name: str, *, texts: Iterable[str], scratch: ScratchConfig, seed: int) -> LoadedEncoder:
    """Load the encoder that a name stands for; only `scratch` reads the texts, which it trains its tokenizer on.

    Raises
    ------
    EncoderError
        Where there is no such folder or name, or no network to fetch it over.
    HostileModel
        Where the folder names code, an unknown kind of model, or holds pickled weights only.
    """
    folder = find_encoder(name)
    return make_scratch_encoder(texts, scratch, seed=seed) if folder is None else read_encoder(folder)


def read_encoder(folder: Path) -> LoadedEncoder:
    """Load a pretrained encoder from a local folder.

    Raises
    ------
    EncoderError, HostileModel
        See `load_encoder`.
    """
    validate_encoder_folder(folder)
    _quieten()
    try:
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
        _without_attention_dropout(config)
        _validate_size(config, _count_stored(folder), source=str(folder / "config.json"))
        model = AutoModel.from_pretrained(
            folder,
            config=config,
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
            dtype=torch.float32,
        )
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
        backend, ids = tokenizer.backend_tokenizer, _special_ids(tokenizer)
    except (
        OSError,
        ValueError,
        KeyError,
        AttributeError,
        RuntimeError,
        SafetensorError,
        StrictDataclassError,
    ) as error:
        raise EncoderError(f"{folder}: can't be loaded as an encoder ({error.__class__.__name__})") from error
    backend.no_padding()
    backend.no_truncation()
    record = _clean_config(config.to_dict())
    return LoadedEncoder(Encoder(_without_pooler(model)), SubwordTokenizer(backend, *ids), record, is_pretrained=True)


def _count_stored(folder: Path) -> int:
    """Return how many weights a folder's files can hold, of a byte or more each; a torn file raises SafetensorError."""
    files = sorted(folder.glob("*.safetensors"))
    for path in files:
        with safe_open(path, framework="pt") as opened:
            opened.keys()
    return sum(path.stat().st_size for path in files)


def make_encoder(
    config: EncoderConfig, *, source: str = "encoder.json", max_parameters: int = MAX_PARAMETERS
) -> Encoder:
    """Make an encoder of a configuration, its weights random.

    Parameters
    ----------
    max_parameters : int
        Most weights that it may have: as many as there are to fill it with.

    Raises
    ------
    HostileModel
        See `validate_encoder_config`; and where it would be larger than `max_parameters`.
    """
    record = validate_encoder_config(config, source=source)
    _quieten()
    try:
        settings = AutoConfig.for_model(**_clean_config(record))
        _without_attention_dropout(settings)
        _validate_size(settings, max_parameters, source=source)
        model = AutoModel.from_config(settings, trust_remote_code=False)  # type: ignore[no-untyped-call]
        return Encoder(_without_pooler(model))
    except (ValueError, TypeError, KeyError, AttributeError, RuntimeError, StrictDataclassError) as error:
        raise HostileModel(f"{source}: no encoder can be made of it ({error.__class__.__name__})") from error


def _validate_size(settings: Any, max_parameters: int, *, source: str) -> None:
    """Refuse an encoder that its weights can't fill, before it takes any memory."""
    with torch.device("meta"):
        model = AutoModel.from_config(settings, trust_remote_code=False)  # type: ignore[no-untyped-call]
    count = sum(parameter.numel() for parameter in model.parameters())
    if count > max_parameters:
        raise HostileModel(f"{source}: asks for {count} weights, {max_parameters} can be there; nothing was loaded")


def make_scratch_encoder(texts: Iterable[str], scratch: ScratchConfig, *, seed: int) -> LoadedEncoder:
    """Make a small RoBERTa with random weights and a tokenizer of its own."""
    tokenizer = train_tokenizer(texts, vocabulary=scratch.vocabulary)
    config = {
        "model_type": "roberta",
        "vocab_size": tokenizer.tokenizer.get_vocab_size(),
        "hidden_size": scratch.hidden,
        "num_hidden_layers": scratch.layers,
        "num_attention_heads": scratch.encoder_heads,
        "intermediate_size": 4 * scratch.hidden,
        "max_position_embeddings": 514,
        "type_vocab_size": 1,
        "pad_token_id": tokenizer.pad_id,
        "bos_token_id": tokenizer.start_id,
        "eos_token_id": tokenizer.end_id,
    }
    torch.manual_seed(seed)
    return LoadedEncoder(make_encoder(config), tokenizer, config, is_pretrained=False)


def validate_tokenizer(tokenizer: SubwordTokenizer, encoder: Encoder, *, source: str) -> None:
    """Refuse a tokenizer that names tokens which the encoder has no vector for.

    Raises
    ------
    HostileModel
    """
    highest = max([*tokenizer.tokenizer.get_vocab().values(), tokenizer.start_id, tokenizer.end_id, tokenizer.pad_id])
    model: Any = encoder.model
    known = int(model.get_input_embeddings().num_embeddings)
    if highest >= known:
        raise HostileModel(f"{source}: names token {highest}, the encoder knows {known}; nothing was loaded")


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


def _special_ids(tokenizer: Any) -> tuple[int, int, int]:
    start = tokenizer.cls_token_id if tokenizer.cls_token_id is not None else tokenizer.bos_token_id
    end = tokenizer.sep_token_id if tokenizer.sep_token_id is not None else tokenizer.eos_token_id
    pad = tokenizer.pad_token_id
    if start is None or end is None or pad is None:
        raise ValueError("the tokenizer has no tokens to open, close and fill a window")
    return int(start), int(end), int(pad)


def _without_attention_dropout(config: Any) -> None:
    """Switch off dropout on attention weights: it costs a fifth of a step and keeps fused kernels from being used."""
    for name in ("attention_probs_dropout_prob", "attention_dropout"):
        if getattr(config, name, None):
            setattr(config, name, 0.0)


def _without_pooler(model: Any) -> nn.Module:
    """Drop the layer over the first token, which nothing here reads."""
    if getattr(model, "pooler", None) is not None:
        model.pooler = None
    module: nn.Module = model
    return module


def _clean_config(record: Mapping[str, Any]) -> EncoderConfig:
    """Return a configuration without paths, versions and absent values."""
    return {key: value for key, value in sorted(record.items()) if key not in _PRIVATE_KEYS and value is not None}


def _quieten() -> None:
    """Keep the library's remarks and progress bars off stderr, where ours are."""
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
