"""Checkpoints: the last complete one counts, a changed one is refused, nothing is pickled."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from corpus_tools.errors import UsageError
from relext.errors import HostileModel
from relext.training.checkpoints import (
    Checkpoint,
    collect_tensors,
    read_last_checkpoint,
    remove_checkpoints,
    restore_tensors,
    write_checkpoint,
)

WEIGHT = {"weight": torch.tensor([1.0, 2.0])}
OURS = {"texts": "a hash", "version": "1"}


def write(folder: Path, step: int) -> Path:
    write_checkpoint(folder, Checkpoint(step, {"weight": torch.tensor([1.0, float(step)])}, OURS, {"seen": step}))
    return folder / f"step-{step:08}"


def trained(steps: int) -> tuple[nn.Module, torch.optim.AdamW]:
    torch.manual_seed(1)
    model = nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    for _ in range(steps):
        take_step(model, optimizer)
    return model, optimizer


def take_step(model: nn.Module, optimizer: torch.optim.AdamW) -> None:
    loss: Tensor = model(torch.ones(1, 3)).pow(2).sum()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    optimizer.zero_grad()


def test_the_last_checkpoint_is_read_and_those_before_are_gone(tmp_path: Path) -> None:
    write(tmp_path, 2)
    write(tmp_path, 10)
    found = read_last_checkpoint(tmp_path, WEIGHT, identity=OURS)
    assert found is not None and (found.step, found.progress["seen"], found.tensors["weight"][1]) == (10, 10, 10.0)
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000010"]


def test_without_a_checkpoint_there_is_none(tmp_path: Path) -> None:
    assert read_last_checkpoint(tmp_path / "absent", WEIGHT, identity=OURS) is None


def test_a_checkpoint_whose_writing_did_not_end_does_not_count(tmp_path: Path) -> None:
    write(tmp_path, 2)
    half = tmp_path / "step-00000010"
    half.mkdir()
    (half / "state.safetensors").write_bytes(b"cut")
    found = read_last_checkpoint(tmp_path, WEIGHT, identity=OURS)
    assert found is not None and found.step == 2


@pytest.mark.parametrize("name", ["state.safetensors", "state.json"])
def test_a_changed_or_missing_file_is_refused(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, 2) / name
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(HostileModel, match=f"{name}: has changed since it was written.*--restart"):
        read_last_checkpoint(tmp_path, WEIGHT, identity=OURS)
    path.unlink()
    with pytest.raises(HostileModel, match="or is gone"):
        read_last_checkpoint(tmp_path, WEIGHT, identity=OURS)


@pytest.mark.parametrize("content", ["[]", '{"files": 3}'])
def test_a_manifest_that_names_no_files_is_refused(tmp_path: Path, content: str) -> None:
    (write(tmp_path, 2) / "manifest.json").write_text(content)
    with pytest.raises(HostileModel, match="names no files"):
        read_last_checkpoint(tmp_path, WEIGHT, identity=OURS)


def test_tensors_of_another_shape_are_refused(tmp_path: Path) -> None:
    write(tmp_path, 2)
    with pytest.raises(HostileModel, match="weight is not F32 of shape"):
        read_last_checkpoint(tmp_path, {"weight": torch.zeros(3)}, identity=OURS)


def test_a_run_of_another_kind_is_told_apart_before_its_tensors_are_read(tmp_path: Path) -> None:
    write(tmp_path, 2)
    with pytest.raises(UsageError, match="a run with other texts; go on with its own, or --restart"):
        read_last_checkpoint(tmp_path, {}, identity={**OURS, "texts": "another hash"})


def test_a_restored_optimizer_goes_on_to_the_bit(tmp_path: Path) -> None:
    model, optimizer = trained(3)
    write_checkpoint(tmp_path, Checkpoint(3, collect_tensors(model, optimizer), OURS, {}))
    other, fresh = trained(0)
    found = read_last_checkpoint(tmp_path, collect_tensors(other, fresh), identity=OURS)
    assert found is not None
    restore_tensors(other, fresh, found.tensors)
    take_step(model, optimizer)
    take_step(other, fresh)
    assert torch.equal(next(other.parameters()), next(model.parameters()))


def test_removal_takes_what_a_killed_run_left_half_written(tmp_path: Path) -> None:
    (tmp_path / "run/.step-00000003.41.new").mkdir(parents=True)
    (tmp_path / "run/.step-00000003.41.new/state.json").write_text("{")
    (tmp_path / "run/.step-00000003.lock").write_text("pid 41")
    remove_checkpoints(tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_removal_leaves_what_is_not_ours(tmp_path: Path) -> None:
    write(tmp_path / "run", 2)
    (tmp_path / "run" / "notes.md").write_text("mine")
    remove_checkpoints(tmp_path / "run")
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["notes.md"]
    (tmp_path / "run" / "notes.md").unlink()
    remove_checkpoints(tmp_path / "run")
    assert not (tmp_path / "run").exists()
