"""The files of a finder of mentions: safetensors and JSON, as in the model folder that holds them.

In: `MentionFinder`, or the bytes of its files after their hashes were compared. Out: the bytes, or the finder.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from corpus_tools.errors import InputError
from corpus_tools.storage import format_json, parse_json
from relext.config import Config
from relext.data import SubwordTokenizer
from relext.errors import SettingError
from relext.model.encoder import encoder_size
from relext.model.loading import make_encoder, validate_tokenizer
from relext.model.mentions import MentionFinder, MentionNetwork, Overlap
from relext.model.sources import validate_encoder_config
from relext.model.weights import count_weights, format_weights, parse_weights

FINDER_WEIGHTS = "mentions/model.safetensors"
FINDER_SETTINGS = "mentions/model.json"
FINDER_ENCODER = "mentions/encoder.json"
FINDER_TOKENIZER = "mentions/tokenizer.json"
FINDER_FILES = (FINDER_WEIGHTS, FINDER_SETTINGS, FINDER_ENCODER, FINDER_TOKENIZER)


def format_finder(finder: MentionFinder) -> dict[str, bytes]:
    """Return the content of each file by its name in the model folder."""
    ids = finder.tokenizer
    record = {
        "settings": finder.config.to_json(),
        "types": list(finder.types),
        "assertions": list(finder.assertions),
        "overlaps": sorted(map(list, finder.overlaps)),
        "threshold": finder.threshold,
        "special_ids": {"start": ids.start_id, "end": ids.end_id, "pad": ids.pad_id},
        "record": dict(finder.record),
    }
    return {
        FINDER_WEIGHTS: format_weights(finder.network.state_dict()),
        FINDER_SETTINGS: format_json(record).encode("utf-8"),
        FINDER_ENCODER: format_json(finder.encoder_config).encode("utf-8"),
        FINDER_TOKENIZER: ids.tokenizer.to_str(pretty=False).encode("utf-8"),
    }


def parse_finder(files: Mapping[str, bytes], *, source: Path) -> MentionFinder:
    """Return the finder that the files hold, on the processor.

    Raises
    ------
    InputError
        Where a record can't be read.
    HostileModel
        Where the weights are not what the network expects, or the encoder is of no known kind.
    """
    record = _parse_json(files[FINDER_SETTINGS], source=str(source / FINDER_SETTINGS))
    encoder_source = str(source / FINDER_ENCODER)
    encoder_config = validate_encoder_config(
        _parse_json(files[FINDER_ENCODER], source=encoder_source), source=encoder_source
    )
    settings = _parse_settings(record, files[FINDER_TOKENIZER], source=str(source / FINDER_SETTINGS))
    encoder = make_encoder(
        encoder_config,
        source=encoder_source,
        max_parameters=count_weights(files[FINDER_WEIGHTS], source=str(source / FINDER_WEIGHTS)),
    )
    validate_tokenizer(settings.tokenizer, encoder, source=str(source / FINDER_TOKENIZER))
    network = MentionNetwork(
        encoder,
        encoder_size=encoder_size(encoder_config),
        types=len(settings.types),
        assertions=len(settings.assertions),
        config=settings.config,
    )
    weights = parse_weights(files[FINDER_WEIGHTS], network.state_dict(), source=str(source / FINDER_WEIGHTS))
    network.load_state_dict(weights)
    return MentionFinder(
        network=network,
        tokenizer=settings.tokenizer,
        types=settings.types,
        assertions=settings.assertions,
        config=settings.config,
        encoder_config=encoder_config,
        overlaps=settings.overlaps,
        threshold=settings.threshold,
        record=record.get("record") or {},
    )


@dataclass(frozen=True, slots=True)
class _FinderSettings:
    config: Config
    tokenizer: SubwordTokenizer
    types: tuple[str, ...]
    assertions: tuple[str, ...]
    overlaps: frozenset[Overlap]
    threshold: float


def _parse_json(content: bytes, *, source: str) -> Any:
    try:
        return parse_json(content.decode("utf-8"), source=source)
    except UnicodeDecodeError as error:
        raise InputError(f"{source}: is not UTF-8") from error


def _parse_settings(record: Any, tokenizer: bytes, *, source: str) -> _FinderSettings:
    try:
        ids = record["special_ids"]
        backend = Tokenizer.from_str(tokenizer.decode("utf-8"))
        settings = _FinderSettings(
            config=Config.from_json(record["settings"]),
            tokenizer=SubwordTokenizer(backend, int(ids["start"]), int(ids["end"]), int(ids["pad"])),
            types=tuple(map(str, record["types"])),
            assertions=tuple(map(str, record["assertions"])),
            overlaps=frozenset((str(how), str(one), str(other)) for how, one, other in record["overlaps"]),
            threshold=float(record["threshold"]),
        )
    except SettingError as error:
        raise InputError(f"{source}: settings of another version: {error}") from error
    except Exception as error:  # the tokenizer library raises bare Exception
        raise InputError(f"{source}: can't be read as a finder ({error.__class__.__name__})") from error
    if not settings.types or not settings.assertions:
        raise InputError(f"{source}: names no types or no assertions; train the model anew")
    return settings
