"""Where pretraining begins: with random weights and a tokenizer of its own, or with an encoder that has learnt before.

In: settings and, for random weights, the texts. Out: `Start`. An encoder that goes on to learn the texts of one's own
field is what Gururangan et al. call domain-adaptive pretraining.

References
----------
Gururangan et al., Don't stop pretraining: adapt language models to domains and tasks, ACL 2020.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from safetensors import safe_open
from torch import Tensor

from corpus_tools.storage import hash_file, hash_text
from relext.errors import EncoderError, SettingError
from relext.model import LoadedEncoder, find_encoder, load_encoder, read_encoder, read_tokenizer_files
from relext.training.masked_model import HEADS
from relext.training.pretrain_settings import PretrainSettings


@dataclass(frozen=True, slots=True)
class Start:
    """Hold an encoder before its first step.

    Attributes
    ----------
    head : mapping of name to Tensor
        What the encoder's folder holds of a head for masked tokens, by Hugging Face's names.
    tokenizer_files : mapping of name to bytes
        The files of its tokenizer; none where that is made anew.
    hash : str
        SHA-256 over the files of its weights, empty where they are random.
    """

    loaded: LoadedEncoder
    head: Mapping[str, Tensor] = field(default_factory=dict)
    tokenizer_files: Mapping[str, bytes] = field(default_factory=dict)
    hash: str = ""


def find_start(texts: Iterable[str], settings: PretrainSettings) -> Start:
    """Make or load the encoder that the settings name; of one tuned for sentence vectors the layers that are used.

    Raises
    ------
    EncoderError, HostileModel
        Where it can't be loaded, or its tokenizer has no token that hides others.
    SettingError
        Where a block would be longer than what it reads at once.
    """
    config = settings.pretraining
    folder = find_encoder(config.encoder)
    if folder is None:
        start = Start(load_encoder(config.encoder, texts=texts, scratch=settings.scratch, seed=config.seed))
    else:
        loaded = read_encoder(folder)
        weights = "\n".join(map(hash_file, _weight_files(folder)))
        start = Start(loaded, _read_head(folder, loaded), read_tokenizer_files(folder), hash_text(weights))
    if start.loaded.tokenizer.mask_id is None:
        raise EncoderError(f"--encoder {config.encoder}: its tokenizer has no mask token")
    if config.block_tokens > start.loaded.limit:
        raise SettingError(f"block_tokens = {config.block_tokens}: the encoder reads {start.loaded.limit} at most")
    return start


def _read_head(folder: Path, loaded: LoadedEncoder) -> dict[str, Tensor]:
    names = HEADS.get(loaded.config["model_type"])
    if names is None:
        return {}
    found = {}
    for path in _weight_files(folder):
        with safe_open(path, framework="pt") as opened:  # the encoder's own weights, all but all of it, stay unread
            stored = opened.keys()
            wanted = [key for key in stored if key.startswith((names.dense, names.layer_norm, names.bias))]
            found.update({key: opened.get_tensor(key) for key in wanted})
    return found


def _weight_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.safetensors"))
