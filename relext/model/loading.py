"""Encoders found, checked and loaded: from a folder, a hub name, or made anew with random weights.

In: a folder, a hub name, `minilm`, `small`, `scratch` or `auto`. Out: `LoadedEncoder`: the module, its tokenizer, and
the configuration from which a model folder can make it anew.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError, safe_open
from torch import nn
from transformers import AutoConfig, AutoModel, AutoTokenizer, logging

from relext.config import AUTO, ScratchConfig
from relext.data import SubwordTokenizer
from relext.errors import EncoderError, HostileModel
from relext.model.encoder import Encoder, encoder_limit, encoder_size
from relext.model.sources import (
    EncoderConfig,
    count_layers,
    find_encoder,
    is_for_sentences,
    validate_encoder_config,
    validate_encoder_folder,
)
from relext.model.tokenizer import train_tokenizer

_PRIVATE_KEYS = ("_name_or_path", "architectures", "transformers_version", "dtype", "torch_dtype")
MAX_PARAMETERS = 1 << 31


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
    is_for_sentences : bool
        Whether it was tuned for sentence vectors.
    """

    module: Encoder
    tokenizer: SubwordTokenizer
    config: EncoderConfig
    is_pretrained: bool
    is_for_sentences: bool = False

    @property
    def size(self) -> int:
        """Return the size of the encoder's vectors."""
        return encoder_size(self.config)

    @property
    def limit(self) -> int:
        """Return the most tokens of a window."""
        return encoder_limit(self.config)


def load_encoder(
    name: str, *, texts: Iterable[str], scratch: ScratchConfig, seed: int, layers: int | str = AUTO
) -> LoadedEncoder:
    """Load the encoder that a name stands for; only `scratch` reads the texts, which it trains its tokenizer on.

    Parameters
    ----------
    layers : int, "all" or "auto"
        How many of a pretrained encoder's layers are used, see `count_layers`; `scratch` says itself how many it has.

    Raises
    ------
    EncoderError
        Where there is no such folder or name, no network to fetch it over, or not so many layers.
    HostileModel
        Where the folder names code, an unknown kind of model, or holds pickled weights only.
    """
    folder = find_encoder(name)
    return make_scratch_encoder(texts, scratch, seed=seed) if folder is None else read_encoder(folder, layers=layers)


def read_encoder(folder: Path, *, layers: int | str = AUTO) -> LoadedEncoder:
    """Load a pretrained encoder from a local folder.

    Raises
    ------
    EncoderError, HostileModel
        See `load_encoder`.
    """
    validate_encoder_folder(folder)
    for_sentences = is_for_sentences(folder)
    _quieten()
    try:
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
        _without_attention_dropout(config)
        there = config.num_hidden_layers
        _keep_lowest(config, count_layers(layers, there, is_for_sentences=for_sentences, source=str(folder)))
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
    return LoadedEncoder(
        Encoder(_without_pooler(model)),
        SubwordTokenizer(backend, *ids),
        _clean_config(config.to_dict()),
        is_pretrained=True,
        is_for_sentences=for_sentences,
    )


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


def _special_ids(tokenizer: Any) -> tuple[int, int, int, int | None]:
    start = tokenizer.cls_token_id if tokenizer.cls_token_id is not None else tokenizer.bos_token_id
    end = tokenizer.sep_token_id if tokenizer.sep_token_id is not None else tokenizer.eos_token_id
    pad = tokenizer.pad_token_id
    if start is None or end is None or pad is None:
        raise ValueError("the tokenizer has no tokens to open, close and fill a window")
    mask = tokenizer.mask_token_id
    return int(start), int(end), int(pad), None if mask is None else int(mask)


def _without_attention_dropout(config: Any) -> None:
    """Switch off dropout on attention weights: it costs a fifth of a step and keeps fused kernels from being used."""
    for name in ("attention_probs_dropout_prob", "attention_dropout"):
        if getattr(config, name, None):
            setattr(config, name, 0.0)


def _keep_lowest(config: Any, layers: int) -> None:
    """Let an encoder that is made or filled by a configuration have its lowest layers alone."""
    config.num_hidden_layers = layers
    if getattr(config, "layer_types", None):
        config.layer_types = config.layer_types[:layers]  # one entry a layer


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
