"""What one run of one system left: counts a document, rightness a pair, its epochs, speed and memory.

In: figures of a run. Out: one JSON file named by the hash of all that could change them, read back only where both
hashes still fit. Two processes on one study folder share it: a run is locked while it works.

::

    study/
      results/<key>.json      one run, written when it is complete
      running/<key>/          its checkpoints until then
      comparison.json, comparison.md, report.html
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from corpus_tools.errors import InputError
from corpus_tools.storage import format_json, hash_text, lock, read_json, write_text

SCHEMA = "relext/comparison-result"
FORMAT_VERSION = 1
_MOST_BYTES = 1 << 28
_KEY_LENGTH = 32


@dataclass(frozen=True, slots=True)
class DocumentResult:
    """Hold what a system made of one document.

    Attributes
    ----------
    pairs : str
        A "1" for each candidate pair whose relations are just those of gold, else a "0", in the order of pairs.
    """

    doc_id: str
    tp: int
    fp: int
    fn: int
    pairs: str


@dataclass(frozen=True, slots=True)
class EpochResult:
    """Hold one epoch: seconds of training alone and with validation, and F1 where it was measured."""

    epoch: int
    loss: float
    train_f1: float | None
    validation_f1: float | None
    seconds: float
    validation_seconds: float
    is_best: bool


@dataclass(frozen=True, slots=True)
class RunResult:
    """Hold one run.

    Attributes
    ----------
    labels : mapping of label to (tp, fp, fn)
    train_pairs_per_second, predict_pairs_per_second : float or None
        None where no time could be measured.
    peak_memory_bytes : int
    calibration_error : float or None
        Of the predicted relations.
    machine : mapping
        Device, precision, threads.
    code : str
        Hash of the package's source, which is no part of the key: reports say where runs differ in it.
    """

    documents: tuple[DocumentResult, ...]
    labels: Mapping[str, tuple[int, int, int]]
    ceiling: float | None
    calibration_error: float | None
    validation_f1: float | None
    epochs: tuple[EpochResult, ...]
    train_seconds: float
    train_pairs_per_second: float | None
    predict_seconds: float
    predict_pairs_per_second: float | None
    peak_memory_bytes: int
    machine: Mapping[str, Any]
    code: str


def hash_identity(identity: Mapping[str, object]) -> str:
    """Return the key of a run: a hash of all that could change its figures."""
    return hash_text(format_json(identity))[:_KEY_LENGTH]


def result_path(folder: Path, key: str) -> Path:
    """Return where the result of a run lies."""
    return folder / "results" / f"{key}.json"


def list_keys(folder: Path) -> set[str]:
    """Return the keys of all results in a study folder."""
    return {path.stem for path in result_path(folder, "").parent.glob("[!.]*.json")}


def checkpoint_path(folder: Path, key: str) -> Path:
    """Return where a run keeps its checkpoints."""
    return folder / "running" / key


@contextmanager
def lock_result(folder: Path, key: str) -> Iterator[None]:
    """Hold a run, so that no other process begins it.

    Raises
    ------
    OutputBusy
        Where another process holds it.
    """
    path = result_path(folder, key)
    path.parent.mkdir(parents=True, exist_ok=True)
    with lock(path.with_name(f".{key}.lock")):
        yield


def write_result(folder: Path, key: str, identity: Mapping[str, object], result: RunResult) -> None:
    """Write a complete run, whole or not at all."""
    figures = asdict(result)
    record = {
        "schema": SCHEMA,
        "schema_version": FORMAT_VERSION,
        "identity": identity,
        "figures_hash": hash_text(format_json(figures)),
        "figures": figures,
    }
    write_text(result_path(folder, key), format_json(record))


def read_result(folder: Path, key: str) -> RunResult | None:
    """Return a run, None where it is not there yet.

    Raises
    ------
    InputError
        Where the file is not what the run wrote.
    """
    path = result_path(folder, key)
    if not path.is_file():
        return None
    record: Any = read_json(path, max_bytes=_MOST_BYTES)
    is_ours = isinstance(record, dict) and (record.get("schema"), record.get("schema_version")) == (
        SCHEMA,
        FORMAT_VERSION,
    )
    figures = record.get("figures") if is_ours else None
    if not isinstance(figures, dict) or record.get("figures_hash") != hash_text(format_json(figures)):
        raise InputError(
            f"{path}: has changed since it was written, or is of another version; remove it to run it anew"
        )
    if hash_identity(record.get("identity", {})) != key:
        raise InputError(f"{path}: is the result of another run than its name says; remove it to run it anew")
    return _parse_figures(figures, path)


def _parse_figures(figures: dict[str, Any], path: Path) -> RunResult:
    try:
        documents = tuple(DocumentResult(**each) for each in figures.pop("documents"))
        epochs = tuple(EpochResult(**each) for each in figures.pop("epochs"))
        labels = {label: (counts[0], counts[1], counts[2]) for label, counts in figures.pop("labels").items()}
        return RunResult(documents=documents, epochs=epochs, labels=labels, **figures)
    except (TypeError, KeyError, AttributeError, IndexError) as error:
        raise InputError(f"{path}: lacks a figure; remove it to run it anew") from error
