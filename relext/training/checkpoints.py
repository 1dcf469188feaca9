"""Checkpoints of a run: safetensors and JSON, each folder whole or absent, its manifest written last.

::

    encoder.checkpoints/
      step-00000200/
        state.safetensors   weights and the optimizer's state
        state.json          how far the run has come
        manifest.json       written last: the hashes of both; a folder without it does not count

In: `Checkpoint`. Out: the last one that was written completely, or None. Nothing is pickled.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn
from torch.optim import Optimizer

from corpus_tools.errors import InputError, UsageError
from corpus_tools.storage import format_json, hash_bytes, new_folder, parse_json, read_json, write_bytes
from relext.errors import HostileModel
from relext.model import format_weights, parse_weights

STATE, RECORD, MANIFEST = "state.safetensors", "state.json", "manifest.json"
FORMAT_VERSION = 1
_FOLDERS = "step-" + "[0-9]" * 8


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Hold the state of a run after a step: tensors by name, and JSON values, no text.

    Attributes
    ----------
    identity : mapping
        What must be the same in a run that goes on from here: settings, version, a hash of the texts.
    progress : mapping
        How far the run has come.
    """

    step: int
    tensors: Mapping[str, Tensor]
    identity: Mapping[str, object]
    progress: Mapping[str, Any]


def write_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint, then remove those before it.

    Raises
    ------
    ResourceExhausted
        Where the disk is full; the checkpoint before is as it was.
    """
    record = {"identity": checkpoint.identity, "progress": checkpoint.progress}
    files = {STATE: format_weights(checkpoint.tensors), RECORD: format_json(record).encode("utf-8")}
    hashes = {name: hash_bytes(content) for name, content in files.items()}
    manifest = {"schema": "relext/checkpoint", "schema_version": FORMAT_VERSION, "files": hashes}
    target = folder / f"step-{checkpoint.step:08d}"
    with new_folder(target, force=True) as scratch:
        for name, content in files.items():
            write_bytes(scratch / name, content)
        write_bytes(scratch / MANIFEST, format_json(manifest).encode("utf-8"))
    for older in sorted(folder.glob(_FOLDERS)):
        if older != target:
            shutil.rmtree(older)


def read_last_checkpoint(
    folder: Path, expected: Mapping[str, Tensor], *, identity: Mapping[str, object]
) -> Checkpoint | None:
    """Return the complete checkpoint of the highest step.

    Parameters
    ----------
    expected : mapping of name to Tensor
        What its tensors must be like: the same names, shapes and types of number.

    Raises
    ------
    UsageError
        Where it is of a run with another identity.
    HostileModel
        Where a file has changed since it was written, or is not what was expected.
    """
    complete = [path for path in sorted(folder.glob(_FOLDERS)) if (path / MANIFEST).is_file()]
    if folder.is_symlink() or any(path.is_symlink() for path in complete):
        raise HostileModel(f"{folder}: is or holds a link; --restart begins anew")
    if not complete:
        return None
    last = complete[-1]
    manifest = read_json(last / MANIFEST)
    files = manifest.get("files") if isinstance(manifest, Mapping) else None
    if not isinstance(files, Mapping):
        raise HostileModel(f"{last / MANIFEST}: names no files; --restart begins anew")
    contents = {name: _read_checked(last / name, files.get(name)) for name in (STATE, RECORD)}
    record = _parse_record(contents[RECORD], source=last / RECORD)
    others = [key for key, value in identity.items() if record["identity"].get(key) != value]
    if others:
        raise UsageError(f"{folder}: holds a run with other {' and '.join(others)}; go on with its own, or --restart")
    tensors = parse_weights(contents[STATE], expected, source=str(last / STATE))
    return Checkpoint(int(last.name.removeprefix("step-")), tensors, record["identity"], record["progress"])


def _parse_record(content: bytes, *, source: Path) -> dict[str, dict[str, Any]]:
    try:
        record = parse_json(content.decode("utf-8"), source=str(source))
    except (InputError, UnicodeDecodeError) as error:
        raise HostileModel(f"{source}: can't be read; --restart begins anew") from error
    tables = [record.get(key) for key in ("identity", "progress")] if isinstance(record, dict) else [None]
    if not isinstance(record, dict) or not all(isinstance(table, dict) for table in tables):
        raise HostileModel(f"{source}: is no record of a run; --restart begins anew")
    return record


def _read_checked(path: Path, expected: object) -> bytes:
    content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
    if hash_bytes(content) != expected:
        raise HostileModel(f"{path}: has changed since it was written, or is gone; --restart begins anew")
    return content


def remove_checkpoints(folder: Path) -> None:
    """Remove the checkpoints of a run, unfinished ones too, and their folder where nothing else is in it.

    Of a link, the link alone is removed.
    """
    if folder.is_symlink():
        folder.unlink()
    for path in (
        *folder.glob(_FOLDERS),
        *folder.glob(f".{_FOLDERS}.*"),
    ):  # the latter were left by a run that was killed
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def collect_tensors(model: nn.Module, optimizer: Optimizer) -> dict[str, Tensor]:
    """Return a model's weights and its optimizer's state; a state that no step has made yet is zero.

    Known are optimizers of Adam's kind, which keep `step`, `exp_avg` and `exp_avg_sq` for each parameter.
    """
    tensors: dict[str, Tensor] = {f"model.{name}": parameter for name, parameter in model.named_parameters()}
    for name, parameter in model.named_parameters():
        state = optimizer.state.get(parameter) or _empty_state(parameter)
        tensors.update({f"optimizer.{name}.{key}": value for key, value in state.items()})
    return tensors


def _empty_state(parameter: Tensor) -> dict[str, Tensor]:
    moments = {key: parameter.detach().new_zeros(parameter.shape) for key in ("exp_avg", "exp_avg_sq")}
    return {"step": parameter.detach().new_zeros(()), **moments}


def restore_tensors(model: nn.Module, optimizer: Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Put the tensors of `collect_tensors` back where they were."""
    for name, parameter in model.named_parameters():
        parameter.data.copy_(tensors[f"model.{name}"])
        state = {key: tensors[f"optimizer.{name}.{key}"].to(parameter.device) for key in _empty_state(parameter)}
        optimizer.state[parameter] = state
