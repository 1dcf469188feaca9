"""The model folder: safetensors and JSON, complete or absent, and refused where it could run code.

::

    model/
      model.safetensors   all weights, the encoder's too
      model.json          labels, schema, settings, longest sentence, training record, tuning, hashes of its texts
      encoder.json        configuration of the encoder
      tokenizer.json      its tokenizer
      mentions/           the same four files of the finder of mentions, where one was trained
      README.md           the model card
      manifest.json       written last: versions, and the hash of every file above

In: `TrainedModel`. Out: the folder, and the same model read back on any machine, offline.

Examples
--------
>>> read_model(Path("no-such-folder"))
Traceback (most recent call last):
corpus_tools.errors.InputError: no-such-folder: there is no such model folder; `relext train` makes one
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer

from corpus_tools.errors import InputError
from corpus_tools.sentences import MAX_WORDS
from corpus_tools.standoff import Schema
from corpus_tools.storage import format_json, hash_bytes, hash_text, new_folder, parse_json, read_json, write_bytes
from relext import __version__
from relext.config import AUTO, Config, TrainConfig
from relext.data import LabelScheme, SubwordTokenizer
from relext.errors import HostileModel, SettingError
from relext.model.card import format_card
from relext.model.encoder import encoder_size, place_encoder
from relext.model.finder_files import FINDER_FILES, FINDER_SETTINGS, format_finder, parse_finder
from relext.model.loading import make_encoder, validate_tokenizer
from relext.model.machine import probe_machine
from relext.model.mentions import MentionFinder
from relext.model.network import RelationNetwork
from relext.model.sources import EncoderConfig, validate_encoder_config
from relext.model.trained import TrainedModel
from relext.model.tuning import Tuning
from relext.model.weights import count_weights, format_weights, parse_weights

FORMAT_VERSION = 1
CARD = "README.md"
WEIGHTS, SETTINGS, ENCODER, TOKENIZER, MANIFEST = (
    "model.safetensors",
    "model.json",
    "encoder.json",
    "tokenizer.json",
    "manifest.json",
)
MAX_BYTES = 8 << 30
# Endings of files that run code when they are loaded: they have no business here, whatever they hold.
_HOSTILE_SUFFIXES = frozenset(
    {".bin", ".ckpt", ".dill", ".dll", ".h5", ".joblib", ".msgpack", ".npy", ".npz"}
    | {".pickle", ".pkl", ".pt", ".pth", ".py", ".pyc", ".so"}
)


def write_model(target: Path, model: TrainedModel, *, finder: MentionFinder | None = None, force: bool = False) -> None:
    """Write a model folder, whole or not at all; a finder of mentions goes into its folder `mentions`.

    Raises
    ------
    OutputExists, OutputBusy, ResourceExhausted
        See `corpus_tools.storage.new_folder`.
    """
    files = {
        WEIGHTS: format_weights(model.network.state_dict()),
        SETTINGS: format_json(_describe(model)).encode("utf-8"),
        ENCODER: format_json(model.encoder_config).encode("utf-8"),
        TOKENIZER: model.tokenizer.tokenizer.to_str(pretty=False).encode("utf-8"),
        CARD: format_card(model).encode("utf-8"),
        **(format_finder(finder) if finder is not None else {}),
    }
    manifest = {
        "schema": "relext/model",
        "schema_version": FORMAT_VERSION,
        "versions": {"relext": __version__, "torch": str(torch.__version__)},
        "files": {name: hash_bytes(content) for name, content in files.items()},
    }
    with new_folder(target, force=force) as folder:
        for name, content in files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            write_bytes(folder / name, content)
        write_bytes(folder / MANIFEST, format_json(manifest).encode("utf-8"))


def _describe(model: TrainedModel) -> dict[str, object]:
    ids = model.tokenizer
    return {
        "settings": model.config.to_json(),
        "labels": model.scheme.to_json(),
        "schema": model.schema.to_json(),
        "special_ids": {"start": ids.start_id, "end": ids.end_id, "pad": ids.pad_id},
        "record": dict(model.record),
        "tuning": model.tuning.to_json(),
        "max_words": model.max_words,
        "document_hashes": sorted(model.document_hashes),
    }


def read_model(folder: Path, *, device: str = AUTO, precision: str = AUTO, threads: int | str = AUTO) -> TrainedModel:
    """Read a model folder; nothing outside it is opened, and nothing in it is executed.

    Raises
    ------
    InputError
        Where there is no such folder, or it is not complete.
    HostileModel
        Where a file is a pickle, a link, changed since it was written, or not what the network expects.
    """
    files = read_files(folder, (WEIGHTS, SETTINGS, ENCODER, TOKENIZER))
    record = _parse(files[SETTINGS], source=str(folder / SETTINGS))
    encoder_record = _parse(files[ENCODER], source=str(folder / ENCODER))
    encoder_config = validate_encoder_config(encoder_record, source=str(folder / ENCODER))
    config, scheme, schema, tokenizer = _parse_settings(record, files[TOKENIZER], source=str(folder / SETTINGS))
    weights = count_weights(files[WEIGHTS], source=str(folder / WEIGHTS))
    network = _make_network(encoder_config, scheme, config, weights=weights, source=str(folder / ENCODER))
    validate_tokenizer(tokenizer, network.encoder, source=str(folder / TOKENIZER))
    network.load_state_dict(parse_weights(files[WEIGHTS], network.state_dict(), source=str(folder / WEIGHTS)))
    history, hashes = _parse_history(record, source=str(folder / SETTINGS))
    machine = probe_machine(TrainConfig(device=device, precision=precision, threads=threads))
    place_encoder(network.encoder, machine)
    return TrainedModel(
        network=network.to(machine.device).eval(),
        tokenizer=tokenizer,
        scheme=scheme,
        schema=schema,
        config=config,
        encoder_config=encoder_config,
        record=history,
        document_hashes=hashes,
        tuning=Tuning.from_json(record.get("tuning")),
        max_words=_parse_max_words(record, source=str(folder / SETTINGS)),
    )


def read_finder(
    folder: Path, *, device: str = AUTO, precision: str = AUTO, threads: int | str = AUTO
) -> MentionFinder | None:
    """Read the finder of mentions that a model folder holds; None where it was trained without one.

    Raises
    ------
    InputError, HostileModel
        See `read_model`.
    """
    if not (folder / FINDER_SETTINGS).exists():
        return None
    finder = parse_finder(read_files(folder, FINDER_FILES), source=folder)
    machine = probe_machine(TrainConfig(device=device, precision=precision, threads=threads))
    place_encoder(finder.network.encoder, machine)
    finder.network.to(machine.device).eval()
    return finder


def read_files(folder: Path, names: Sequence[str]) -> dict[str, bytes]:
    """Return files that the manifest vouches for, after a look at all that lies in the folder.

    Raises
    ------
    InputError
        Where the folder or a file is missing.
    HostileModel
        Where the folder holds what could run code, a link, or a file that has changed since it was written.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such model folder; `relext train` makes one")
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in _HOSTILE_SUFFIXES:
            raise HostileModel(f"{path}: files of this kind can run code, and no model of ours holds one; remove it")
        if path.is_symlink():
            raise HostileModel(f"{path}: is a link; a model folder holds its own files")
    if not (folder / MANIFEST).is_file():
        raise InputError(f"{folder}: holds no {MANIFEST}, so it is no model folder, or one whose writing did not end")
    manifest = read_json(folder / MANIFEST)
    if isinstance(manifest, Mapping) and manifest.get("schema") == "corpus/manifest":
        raise InputError(f"{folder}: is a built corpus, where a model folder is needed; were the two exchanged?")
    hashes = manifest.get("files") if isinstance(manifest, Mapping) else None
    if (
        not isinstance(manifest, Mapping)
        or manifest.get("schema_version") != FORMAT_VERSION
        or not isinstance(hashes, Mapping)
    ):
        raise InputError(f"{folder / MANIFEST}: is not of version {FORMAT_VERSION}; train the model anew")
    return {name: _read_file(folder / name, hashes.get(name)) for name in names}


def _read_file(path: Path, expected: object) -> bytes:
    if not path.is_file():
        raise InputError(f"{path}: is missing from the model folder")
    if path.stat().st_size > MAX_BYTES:
        raise HostileModel(f"{path}: {path.stat().st_size} bytes, at most {MAX_BYTES} are read")
    content = path.read_bytes()
    if hash_bytes(content) != expected:
        raise HostileModel(f"{path}: has changed since the model was written (its hash differs from the manifest's)")
    return content


def _parse(content: bytes, *, source: str) -> Any:
    try:
        return parse_json(content.decode("utf-8"), source=source)
    except UnicodeDecodeError as error:
        raise InputError(f"{source}: is not UTF-8") from error


def _parse_settings(
    record: Any, tokenizer: bytes, *, source: str
) -> tuple[Config, LabelScheme, Schema, SubwordTokenizer]:
    try:
        ids = record["special_ids"]
        backend = Tokenizer.from_str(tokenizer.decode("utf-8"))
        subwords = SubwordTokenizer(backend, start_id=int(ids["start"]), end_id=int(ids["end"]), pad_id=int(ids["pad"]))
        scheme = LabelScheme.from_json(record["labels"])
        return Config.from_json(record["settings"]), scheme, Schema.from_json(record["schema"]), subwords
    except SettingError as error:
        raise InputError(f"{source}: settings of another version: {error}") from error
    except InputError:
        raise
    except Exception as error:  # the tokenizer library raises bare Exception
        raise InputError(f"{source}: can't be read as a model ({error.__class__.__name__})") from error


def _make_network(
    encoder_config: EncoderConfig, scheme: LabelScheme, config: Config, *, weights: int, source: str
) -> RelationNetwork:
    encoder = make_encoder(encoder_config, source=source, max_parameters=weights)
    try:
        return RelationNetwork(encoder, encoder_size=encoder_size(encoder_config), scheme=scheme, config=config.model)
    except SettingError as error:
        raise InputError(f"{source}: settings that make no network: {error}") from error


def _parse_history(record: Any, *, source: str) -> tuple[dict[str, object], frozenset[str]]:
    """Return the record of the training and the hashes of its texts."""
    history, hashes = record.get("record") or {}, record.get("document_hashes") or []
    if not isinstance(history, dict) or not isinstance(hashes, list) or not all(isinstance(h, str) for h in hashes):
        raise InputError(f"{source}: has no record of a training; train the model anew")
    return history, frozenset(hashes)


def _parse_max_words(record: Any, *, source: str) -> int:
    """Return the longest sentence that gives pairs; a model from before it was kept has the default."""
    found = record.get("max_words", MAX_WORDS)
    if type(found) is not int or found < 1:
        raise InputError(f"{source}: max_words is no number from 1; train the model anew")
    return found


def model_hash(folder: Path) -> str:
    """Return the SHA-256 of a model's manifest, which names every other file by its own."""
    return hash_text((folder / MANIFEST).read_text("utf-8"))


def name_model(folder: Path) -> str:
    """Return what notes and reports call a model: its folder's name and the beginning of its hash."""
    return f"{folder.resolve().name}@{model_hash(folder)[:8]}"
