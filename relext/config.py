"""Every setting of the model and its training: default, meaning and range, from TOML and the command line.

In: a TOML file with the tables `[model]`, `[scratch]`, `[training]` and `[mentions]`, and overrides from the command
line. Out: `Config`, validated, frozen; `to_json` is what the model folder keeps.

Examples
--------
>>> Config.from_json({"model": {"heads": 4}}).model.heads
4
>>> ModelConfig(heads=3)
Traceback (most recent call last):
relext.errors.SettingError: heads = 3: expected one of 1, 2, 4, 8
"""

import dataclasses
import difflib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self, TypeVar, get_args, get_origin

from corpus_tools.storage import MAX_KEY_PARTS, find_deep_key, read_text
from relext.errors import SettingError

AUTO = "auto"
ALL = "all"
MAX_CONFIG_BYTES = 1 << 20
_TYPE_NAMES = {int: "a whole number", float: "a number", str: "a string", bool: "true or false"}


def setting(
    default: Any, text: str, *, choices: tuple[Any, ...] = (), low: float = 0, high: float = 1e9, off: object = None
) -> Any:
    """Declare a setting; strings are checked against `choices`, numbers against both, a list's items one by one.

    `off` is the value that switches it off, where that is not nothing.
    """
    return field(default=default, metadata={"help": text, "choices": choices, "low": low, "high": high, "off": off})


class Settings:
    """Check every field of a settings dataclass against what it declares."""

    __slots__ = ()

    def __post_init__(self) -> None:
        for each in fields(self):  # type: ignore[arg-type]
            value = getattr(self, each.name)
            if isinstance(value, list):
                object.__setattr__(self, each.name, tuple(value))  # TOML's and JSON's lists, made hashable
            problem = check_setting(each, getattr(self, each.name))
            if problem:
                raise SettingError(f"{each.name} = {_shown(value)}: {problem}")


def check_setting(declared: "dataclasses.Field[Any]", value: object) -> str:
    """Return what is wrong with a value, or an empty string."""
    if get_origin(declared.type) is not tuple:
        kinds = set(get_args(declared.type)) or {declared.type}
        return _check_value(value, kinds, declared.metadata)
    if not isinstance(value, tuple):
        return "expected a list"
    kind = get_args(declared.type)[0]
    return next(filter(None, (_check_value(item, {kind}, declared.metadata) for item in value)), "")


def _check_value(value: object, kinds: set[Any], rule: Mapping[str, Any]) -> str:
    if float in kinds:
        kinds.add(int)
    if type(value) not in kinds:
        return f"expected {' or '.join(_TYPE_NAMES[kind] for kind in _TYPE_NAMES if kind in kinds)}"
    if rule["choices"] and value not in rule["choices"] and (isinstance(value, str) or str not in kinds):
        near = difflib.get_close_matches(str(value)[:100], [str(choice) for choice in rule["choices"]], n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        number = next((f"{_TYPE_NAMES[kind]} or " for kind in (float, int, bool) if kind in kinds and str in kinds), "")
        return f"expected {number}one of {', '.join(map(str, rule['choices']))}{hint}"
    if isinstance(value, int | float) and not rule["low"] <= value <= rule["high"]:
        return f"expected {rule['low']:g} to {rule['high']:g}"
    return ""


@dataclass(frozen=True, slots=True)
class ModelConfig(Settings):
    """Hold the shape of the network, bottom to top."""

    encoder: str = setting(
        AUTO, "Folder or hub name of an encoder, minilm, small, scratch, or auto: roberta-base if at hand, else small"
    )
    encoder_layers: int | str = setting(
        AUTO, "Layers of the encoder, from the lowest, or all; auto: all, or two thirds if tuned for sentence vectors",
        choices=(AUTO, ALL), low=1, high=1024,
    )  # fmt: skip
    pooling: str = setting("mean", "Which subwords stand for a word", choices=("first", "mean"))
    window_tokens: int = setting(256, "Largest window of whole sentences, in subwords", low=16, high=8192)
    window_sentences: int | str = setting(
        AUTO, "Most sentences of a window, 0 for as many as fit; auto: 1 where the encoder is for sentences, else 0",
        choices=(AUTO,), high=8192,
    )  # fmt: skip
    context_tokens: int = setting(0, "Subwords of neighbouring sentences read along with a window", high=4096)
    marking: str = setting(
        "none", "How pairs are marked: not, by levitated markers, in a copy of the sentence a first mention, or a pair",
        choices=("none", "levitated", "first", "pair"),
    )  # fmt: skip
    pair_vector: str = setting(
        "levels", "What a pair is known by: all that the levels read, or the markers that open its mentions, alone",
        choices=("levels", "markers"),
    )  # fmt: skip
    recurrence: str = setting("gru", "Recurrent layer of both levels", choices=("gru", "lstm", "none"))
    word_hidden: int = setting(128, "Units of the word level, a direction", low=1, high=4096)
    attention: str = setting("pair", "What asks the words: the pair, one learnt query, or nobody",
                             choices=("pair", "learnt", "none"))  # fmt: skip
    heads: int = setting(1, "Heads of the word attention", choices=(1, 2, 4, 8))
    pooled_size: int | str = setting(
        AUTO, "Units pooled over words by their distances from both mentions; auto: 64 if the encoder is for sentences",
        choices=(AUTO,), high=4096,
    )  # fmt: skip
    pair_size: int = setting(256, "Size of a pair vector", low=8, high=4096)
    feature_size: int = setting(16, "Size of each embedded feature: types, assertions, distances", low=1, high=512)
    sentence_level: bool = setting(True, "Whether the pairs of a document are read in order")
    sentence_hidden: int = setting(128, "Units of the sentence level, a direction", low=1, high=4096)
    concepts: bool = setting(False, "Whether a linker's concepts of mentions are read; --concepts sets it")
    concept_dropout: float = setting(0.3, "Share of the mentions whose concept is hidden in training", high=1)
    token_dropout: float = setting(0.0, "Share of the subwords that the mask token hides in training", high=0.9)
    word_dropout: float = setting(0.3, "Dropout at the word level", high=0.9)
    sentence_dropout: float = setting(0.3, "Dropout at the sentence level", high=0.9)
    decoder: str = setting("linked-crf", "What decides the labels", choices=("linked-crf", "crf", "softmax"))
    max_sentence_distance: int | str = setting(
        AUTO, "How many sentences a pair may lie apart; auto: 1 where training gold shows it, else 0",
        choices=(AUTO,), high=8,
    )  # fmt: skip


def known_number(value: int | str) -> int:
    """Return the number of a setting that may be auto; 0, off, where an older model folder says nothing of it."""
    return value if isinstance(value, int) else 0


@dataclass(frozen=True, slots=True)
class ScratchConfig(Settings):
    """Hold the shape of the small RoBERTa with random weights that stands in where no pretrained encoder is at hand."""

    vocabulary: int = setting(6000, "Most tokens of its byte-level tokenizer", low=300, high=200_000)
    hidden: int = setting(192, "Size of its vectors", low=8, high=4096)
    layers: int = setting(4, "Number of its layers", low=1, high=48)
    encoder_heads: int = setting(4, "Heads of its attention", low=1, high=64)


@dataclass(frozen=True, slots=True)
class TrainConfig(Settings):
    """Hold how the network is trained."""

    epochs: int | str = setting(
        AUTO, "Most passes over the training part; auto: 30 with a frozen encoder, else 12",
        choices=(AUTO,), low=1, high=10_000,
    )  # fmt: skip
    patience: int = setting(10, "Epochs without a better validation F1 before training stops", low=1, high=10_000)
    batch_tokens: int = setting(1024, "Subwords of a batch, padding included", low=16, high=1 << 22)
    accumulation: int = setting(1, "Batches whose gradients make one step", low=1, high=1024)
    encoder_rate: float | str = setting(
        AUTO, "Learning rate of a pretrained encoder; auto: 1e-4 at 384 numbers a vector, less for a larger encoder",
        choices=(AUTO,), high=1,
    )  # fmt: skip
    scratch_rate: float = setting(5e-4, "Learning rate of an encoder with random weights", high=1)
    head_rate: float = setting(1e-3, "Learning rate of everything above the encoder", high=1)
    layer_decay: float = setting(
        1.0, "Factor of the rate from a layer of the encoder to the one below it; 1: all learn alike",
        low=0.01, high=1, off=1.0,
    )  # fmt: skip
    warmup: float = setting(0.1, "Share of the steps in which the rates rise from 0", high=1)
    freeze_layers: int | str = setting(
        AUTO, "Lower layers of the encoder not trained, with its embeddings; auto: all if tuned for sentence vectors",
        choices=(AUTO, ALL), high=1024,
    )  # fmt: skip
    freeze_embeddings: bool | str = setting(
        AUTO, "Whether the table of word embeddings stays as it is; auto: where it is pretrained and no marker learnt",
        choices=(AUTO,),
    )  # fmt: skip
    frozen_epochs: int = setting(
        0, "First epochs in which the encoder is left as it is, while what stands above it learns", high=10_000, off=0
    )
    weight_decay: float = setting(0.01, "Weight decay, on matrices only", high=1)
    consistency: float | str = setting(
        AUTO, "Weight of the difference between two readings under dropout; auto: 1 while the encoder learns nothing",
        choices=(AUTO,), high=100,
    )  # fmt: skip
    gradient_norm: float = setting(1.0, "Largest norm of the gradients of a step", low=1e-6)
    average: float = setting(
        0.999, "Decay of a running mean of the weights, which is scored and kept in their place; 0: none",
        high=0.99999,
    )  # fmt: skip
    seed: int = setting(13, "Seed of all that is left to chance", high=2**31)
    device: str = setting(AUTO, "Where to compute: auto, cpu, cuda or cuda:N")
    precision: str = setting(AUTO, "Numbers of the encoder", choices=(AUTO, "bf16", "fp32"))
    threads: int | str = setting(AUTO, "Threads of the processor", choices=(AUTO,), low=1, high=1024)
    compile: bool = setting(False, "Whether the encoder's layers are compiled before training, by torch.compile")
    curve_documents: int = setting(
        0, "Training documents whose F1 is measured after each epoch, for training curves; 0 for none", high=1e6
    )
    max_minutes: float = setting(0.0, "Minutes after which no further epoch begins; 0 is no limit", high=1e6)


def most_epochs(settings: TrainConfig) -> int:
    """Return how many epochs a run takes at most, once that is settled."""
    assert isinstance(settings.epochs, int)  # `settle_config` has decided
    return settings.epochs


@dataclass(frozen=True, slots=True)
class MentionConfig(Settings):
    """Hold how the finder of mentions is trained, beside what `TrainConfig` says for both."""

    finder: str = setting(
        "spans", "What finds: one tagger a type, or a classifier of spans, which holds nested mentions of one type",
        choices=("tagger", "spans"),
    )  # fmt: skip
    max_mention_words: int = setting(16, "Longest mention that the classifier of spans looks at", low=1, high=512)
    mention_epochs: int = setting(15, "Most passes of the finder over the training part", low=1, high=10_000)
    mention_patience: int = setting(5, "Epochs without a better validation F1 before it stops", low=1, high=10_000)
    mention_batch_tokens: int = setting(1024, "Subwords of its batches, padding included", low=16, high=1 << 22)
    found_share: float = setting(
        0.0, "Share of the training documents that relations read a second time, with found mentions for gold", high=1
    )
    assertion_weight: float = setting(3.0, "Weight of a mention's assertion beside its tags", high=1000)


class SettingTables:
    """Read and write a dataclass whose fields are tables of settings; no two of its tables share a key."""

    __slots__ = ()

    def to_json(self) -> dict[str, dict[str, object]]:
        """Return the settings as JSON values, by table."""
        return {table.name: dataclasses.asdict(getattr(self, table.name)) for table in fields(self)}  # type: ignore[arg-type]

    @classmethod
    def from_json(cls, record: object) -> Self:
        """Return the settings of a record; what it leaves out has its default.

        Raises
        ------
        SettingError
            Where a table or key is unknown or a value is not allowed.
        """
        if not isinstance(record, Mapping):
            raise SettingError("expected tables of settings")
        config: Any = cls()
        for name, values in record.items():
            check_key(name, {each.name for each in fields(config)})
            if not isinstance(values, Mapping):
                raise SettingError(f"{name}: expected a table")
            table = getattr(config, name)
            for key in values:
                check_key(key, _keys(table))
            config = replace(config, **{name: replace(table, **values)})
        settings: Self = config
        return settings

    def overridden(self, **values: object) -> Self:
        """Return the settings with some replaced by name, whatever their table; None leaves a setting as it is."""
        given = {name: value for name, value in values.items() if value is not None}
        config: Any = self
        tables = {table.name: getattr(config, table.name) for table in fields(config)}
        for key in given:
            check_key(key, {key for table in tables.values() for key in _keys(table)})
        settings: Self = replace(config, **{name: _replaced(table, given) for name, table in tables.items()})
        return settings


@dataclass(frozen=True, slots=True)
class Config(SettingTables):
    """Hold all settings of a training run."""

    model: ModelConfig = ModelConfig()
    scratch: ScratchConfig = ScratchConfig()
    training: TrainConfig = TrainConfig()
    mentions: MentionConfig = MentionConfig()


AnyTables = TypeVar("AnyTables", bound=SettingTables)


def _keys(table: Any) -> set[str]:
    return {each.name for each in fields(table)}


def _replaced(table: Any, given: Mapping[str, Any]) -> Any:
    return replace(table, **{key: value for key, value in given.items() if key in _keys(table)})


def check_key(key: object, known: set[str]) -> None:
    """Refuse a name that no setting has.

    Raises
    ------
    SettingError
        With the nearest name that exists.
    """
    if key not in known:
        near = difflib.get_close_matches(str(key)[:100], sorted(known), n=1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(known))}"
        raise SettingError(f"unknown key {_shown(key)}; {hint}")


def read_config(path: Path) -> Config:
    """Read the settings of a training run from TOML, as `read_settings` does."""
    return read_settings(path, Config)


def read_settings(path: Path, kind: type[AnyTables]) -> AnyTables:
    """Read settings from TOML; nothing in it is expanded or evaluated.

    Raises
    ------
    SettingError
        Naming file, line and key, where the file can't be read, a key is unknown, or a value is not allowed.
    """
    text = read_text(path, max_bytes=MAX_CONFIG_BYTES, error_type=SettingError)
    if deep := find_deep_key(text):
        raise SettingError(f"{path}:{deep}: a key of more than {MAX_KEY_PARTS} parts, which no setting has")
    try:
        record = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingError(f"{path}: not TOML: {error}") from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, a nest of thousands of lists
        raise SettingError(f"{path}: can't be read as TOML ({error.__class__.__name__})") from error
    return _parse_located(record, kind, text=text, path=path)


def _parse_located(record: Mapping[str, object], kind: type[AnyTables], *, text: str, path: Path) -> AnyTables:
    """Parse the settings one by one, so that a fault is known by its line."""
    config = kind()
    for table, values in record.items():
        rows = list(values.items()) if isinstance(values, Mapping) else [("", values)]
        for key, value in rows or [("", {})]:
            try:
                one = kind.from_json({table: {key: value} if key else value})
            except SettingError as error:
                place = _find_line(text, table, key if hasattr(config, table) else "")
                raise SettingError(f"{path}:{place}: [{_shown(table)}] {error}") from error
            if key:
                config = config.overridden(**{key: getattr(getattr(one, table), key)})
    return config


def _find_line(text: str, table: str, key: str) -> int:
    """Return the number of the line on which a key of a table is set, or the table's own, or 1."""
    found, current = 1, ""
    for number, line in enumerate(text.split("\n"), start=1):
        header = re.match(r"\s*\[\s*\"?([^\]\"]+?)\"?\s*\]", line)
        current = header[1] if header else current
        is_table = header is not None and current == table
        if is_table or re.match(rf"\s*\"?{re.escape(table)}\"?\s*[.=]", line):
            found = number
        if current == table and re.match(rf"\s*\"?{re.escape(key)}\"?\s*=", line) and key:
            return number
    return found


def _shown(value: object, limit: int = 60) -> str:
    text = value if isinstance(value, str) else repr(value)
    return ascii(text[:limit])[1:-1]
