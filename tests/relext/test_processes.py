"""Several processes take the step of one: the same losses and weights, and the main one alone writes and prints."""

import json
import multiprocessing
import os
import socket
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from corpus_tools.errors import UsageError
from relext.errors import SettingError
from relext.model import read_model
from relext.training import train_to_folder
from relext.training.loop import EpochReport
from relext.training.processes import Processes, join_processes
from tests.relext.tiny_models import STEADY, tiny_corpus

PLAIN = STEADY.overridden(epochs=3, average=0.9, accumulation=2)


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


class Stopped(Exception):
    """The end of a run that somebody stops."""


def stop_in_second_epoch(report: EpochReport) -> None:
    if report.epoch == 2:
        raise Stopped


def train_as(index: int, port: int, folder: Path) -> None:
    """Train as one of two processes, as a launcher starts them, stopped once; leave the losses in a file."""
    place = {"RANK": str(index), "LOCAL_RANK": str(index), "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}
    meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "GLOO_SOCKET_IFNAME": socket.if_nameindex()[0][1]}
    os.environ.update(place | meeting | {"OMP_NUM_THREADS": "1"})
    with join_processes("cpu") as processes:
        where = folder / "corpus", folder / "shared", PLAIN
        with pytest.raises(Stopped):
            train_to_folder(*where, processes=processes, report=stop_in_second_epoch)
        model = train_to_folder(*where, processes=processes)
    losses = [each["loss"] for each in model.record["epochs"]]
    (folder / f"losses-{processes.index}.json").write_text(json.dumps(losses))


@pytest.fixture
def no_dropout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be dropped, in the encoder either: two processes draw other numbers than one."""
    monkeypatch.setattr(nn.Dropout, "forward", lambda _, values: values)


def test_two_processes_train_as_one_does_stopped_or_not(tmp_path: Path, no_dropout: None) -> None:
    corpus = tiny_corpus(tmp_path / "corpus").path
    alone = train_to_folder(corpus, tmp_path / "alone", PLAIN)
    context, port = multiprocessing.get_context("fork"), free_port()
    both = [context.Process(target=train_as, args=(index, port, tmp_path), daemon=True) for index in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert [each.exitcode for each in both] == [0, 0]
    losses = [json.loads((tmp_path / f"losses-{index}.json").read_text()) for index in range(2)]
    assert losses[0] == losses[1] == pytest.approx([each["loss"] for each in alone.record["epochs"]], rel=1e-5)
    shared = read_model(tmp_path / "shared", device="cpu", precision="fp32", threads=1)
    for name, value in alone.network.state_dict().items():
        torch.testing.assert_close(shared.network.state_dict()[name], value, rtol=1e-5, atol=1e-5, msg=name)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"alone", "corpus", "shared", "losses-0.json", "losses-1.json"}  # no checkpoint, no lock


def test_a_process_without_the_main_ones_checkpoint_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Processes, "agree", lambda self, value: 2.0)
    with pytest.raises(UsageError, match="found a checkpoint of 0 epochs, the main one of 2"):
        train_to_folder(tiny_corpus(tmp_path / "corpus").path, tmp_path / "out", PLAIN)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_each_document_of_a_step_is_read_by_one_process(count: int) -> None:
    documents = ["a", "b", "c"]
    shares = [Processes(index, count).share(documents) for index in range(count)]
    assert sorted(document for share in shares for document in share) == documents
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_without_a_launcher_a_process_is_alone() -> None:
    for environment in ({}, {"WORLD_SIZE": ""}, {"WORLD_SIZE": "1", "RANK": "0"}):
        with join_processes("cpu", environment) as processes:
            assert (processes, processes.is_main) == (Processes(), True)


def test_several_processes_on_one_named_device_are_refused() -> None:
    with pytest.raises(SettingError, match="device = cuda:1: several processes take a device each"):
        join_processes("cuda:1", {"WORLD_SIZE": "2"}).__enter__()


def test_several_processes_without_accelerate_name_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(UsageError, match=r"pip install 'clinical-relations\[gpu\]'"):
        join_processes("auto", {"WORLD_SIZE": "2"}).__enter__()


def test_found_mentions_are_learnt_from_in_one_process_alone(tmp_path: Path) -> None:
    config = PLAIN.overridden(found_share=0.5)
    with pytest.raises(SettingError, match="found_share: found mentions are learnt from in one process"):
        train_to_folder(tmp_path, tmp_path / "out", config, mentions=True, processes=Processes(1, 2, "cpu"))
