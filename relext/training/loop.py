"""The loop: epochs of steps, the best epoch kept, a checkpoint after each.

In: `TrainingRun`, and how far it has come. Out: the network with its best epoch's weights, and one report an epoch.
The same seed on the same machine gives the same losses, interrupted or not: batches come from (seed, epoch), and so
does dropout, whatever happened before an epoch.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from corpus_tools.errors import UsageError
from relext.config import TrainConfig, most_epochs
from relext.data import Batch, WindowedDocument, make_batch, plan_batches
from relext.errors import HostileModel
from relext.model import Machine, RelationNetwork
from relext.training.averaging import WeightAverage, copy_weights
from relext.training.checkpoints import (
    Checkpoint,
    collect_tensors,
    read_last_checkpoint,
    restore_tensors,
    write_checkpoint,
)
from relext.training.hiding import TokenDropout
from relext.training.optimization import move_schedule
from relext.training.processes import ALONE, Processes
from relext.training.validation import ValidationPart

Track = Callable[[Sequence[Any], str], Iterator[Any]]
_EPOCH_STRIDE, _PROCESS_STRIDE = 1_000_003, 15_485_863_003  # keep the dropout seeds of (seed, epoch, process) apart
_BEST, _MEAN = "best.", "mean."  # before the names of the best epoch's weights in a checkpoint, and of their mean


@dataclass(frozen=True, slots=True)
class EpochReport:
    """Hold what one epoch did; `loss` is the mean negative log-likelihood a pair, `seconds` without validation.

    `train_f1` is that of the documents of the training curve, None where no curve was asked for.
    """

    epoch: int
    loss: float
    validation_f1: float | None
    seconds: float
    validation_seconds: float
    pairs_per_second: float
    is_best: bool
    train_f1: float | None = None


@dataclass(frozen=True, slots=True)
class TrainingPart:
    """Hold the documents to learn from, and which of their subwords are hidden, None for none."""

    documents: tuple[WindowedDocument, ...]
    pad_id: int
    token_dropout: TokenDropout | None = None

    def make_batch(self, documents: Sequence[WindowedDocument]) -> Batch:
        """Return documents as one batch to learn from."""
        batch = make_batch(documents, pad_id=self.pad_id)
        return batch if self.token_dropout is None else self.token_dropout.hide(batch)

    def steps(self, settings: TrainConfig, epoch: int) -> list[list[list[int]]]:
        """Return an epoch's steps: each a list of batches, each a list of positions in `documents`."""
        generator = np.random.default_rng([settings.seed, epoch])
        lengths = [document.tokens for document in self.documents]
        batches = plan_batches(lengths, batch_tokens=settings.batch_tokens, generator=generator)
        return [batches[n : n + settings.accumulation] for n in range(0, len(batches), settings.accumulation)]


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """Hold what an epoch needs: a network, its documents, its optimizer, and where it computes.

    `curve` holds training documents that are scored like those of validation, None for no training curve; `average` is
    the mean of the weights that is scored and kept in their place, None where the weights are; `processes` says with
    whom a step is shared; `resting` holds the same documents for epochs in which the encoder rests, read by it before.
    """

    network: RelationNetwork
    part: TrainingPart
    validation: ValidationPart
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LambdaLR
    settings: TrainConfig
    machine: Machine
    curve: ValidationPart | None = None
    average: WeightAverage | None = None
    processes: Processes = ALONE
    resting: tuple[WindowedDocument, ...] = ()

    def judged(self) -> AbstractContextManager[None]:
        """Let the network have the weights that are scored and kept, for as long as it lasts."""
        return nullcontext() if self.average is None else self.average.standing_in(self.network)


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """Hold where a run leaves its checkpoints, and what must be the same in a run that goes on from one."""

    folder: Path
    identity: Mapping[str, object]


def fit(
    run: TrainingRun,
    *,
    track: Track,
    report: Callable[[EpochReport], None],
    checkpoints: Checkpoints | None = None,
) -> list[EpochReport]:
    """Train until epochs, patience or minutes run out; leave the best epoch's weights and the bias tuned to them.

    A run that finds a checkpoint of its own goes on from there.

    Raises
    ------
    UsageError, HostileModel
        Where the checkpoints are of another run, have changed, or are not the ones that the main process goes on from.
    """
    reports, best = _resume(run, checkpoints) if checkpoints else ([], _copy_weights(run.network))
    _check_all_resumed(run.processes, len(reports))
    while not run.processes.agree(is_over(reports, run.settings)):
        started = time.monotonic()
        loss, pairs = run_epoch(run, len(reports), track=track)
        seconds = time.monotonic() - started
        with run.judged():
            reports.append(_score_epoch(run, reports, loss=loss, pairs=pairs, seconds=seconds))
            best = _copy_weights(run.network) if reports[-1].is_best else best
        report(reports[-1])
        if checkpoints and run.processes.is_main:
            _save(run, reports, best, checkpoints)
    run.network.load_state_dict(best)
    run.network.no_relation_bias.fill_(run.validation.tune_bias(run.network, run.machine.device))
    return reports


def _score_epoch(
    run: TrainingRun, reports: Sequence[EpochReport], *, loss: float, pairs: int, seconds: float
) -> EpochReport:
    started = time.monotonic()
    f1 = run.validation.score(run.network, run.machine.device)
    validated = time.monotonic()
    before = max((each.validation_f1 or 0.0 for each in reports), default=-1.0)
    return EpochReport(
        epoch=len(reports) + 1,
        loss=loss,
        validation_f1=f1,
        seconds=seconds,
        validation_seconds=validated - started,
        pairs_per_second=pairs / seconds,
        is_best=bool(run.processes.agree(f1 is None or f1 > before)),
        train_f1=run.curve.score(run.network, run.machine.device) if run.curve else None,
    )


def run_epoch(run: TrainingRun, epoch: int, *, track: Track) -> tuple[float, int]:
    """Run all steps of one epoch; return the mean loss a pair and how many pairs were read."""
    run.network.train()
    is_resting = epoch < run.settings.frozen_epochs
    run.network.encoder.rest(is_resting)
    documents = run.resting if is_resting and run.resting else run.part.documents
    torch.manual_seed(run.settings.seed * _EPOCH_STRIDE + epoch + run.processes.index * _PROCESS_STRIDE)
    total, pairs = torch.zeros((), device=run.machine.device), 0
    for step in track(run.part.steps(run.settings, epoch), f"epoch {epoch + 1}"):
        loss, count = run_step(run, [[documents[n] for n in batch] for batch in step])
        total += loss
        pairs += count
    return float(run.processes.add(total)) / max(1, pairs), pairs


def run_step(run: TrainingRun, batches: Sequence[Sequence[WindowedDocument]]) -> tuple[torch.Tensor, int]:
    """Take one step on the mean loss a pair of some batches; return the summed loss and the number of pairs.

    The gradients of k batches add up before the step, each divided by the pairs of all k, so that k batches of b
    documents give the step of one batch of k * b. So do those of several processes, each of which reads its share of
    every batch: the loss is that of its share, the pairs are those of all.
    """
    count = sum(len(document.pairs) for batch in batches for document in batch)
    total = torch.zeros((), device=run.machine.device)
    run.optimizer.zero_grad(set_to_none=True)
    for documents in filter(None, map(run.processes.share, batches)):
        lowered, loss = find_loss(run, documents)
        torch.autograd.backward(lowered / count)
        total += loss.detach()
    run.processes.add_gradients(run.network)
    nn.utils.clip_grad_norm_(run.network.parameters(), run.settings.gradient_norm)
    run.optimizer.step()
    if run.average is not None:
        run.average.update(run.network, step=run.schedule.last_epoch)
    run.schedule.step()
    return total, count


def find_loss(run: TrainingRun, documents: Sequence[WindowedDocument]) -> tuple[Tensor, Tensor]:
    """Return what a step on documents lowers, and their summed loss; the same where readings need not agree."""
    weight, device = run.settings.consistency, run.machine.device
    if isinstance(weight, str):  # auto: where the encoder need not be run again, a second reading costs little
        weight = 0.0 if run.network.encoder.learns else 1.0
    if not weight:
        loss = run.network.loss(run.part.make_batch(documents).to(device))
        return loss, loss
    return run.network.consistent_loss(run.part.make_batch([*documents, *documents]).to(device), weight=weight)


def is_over(reports: Sequence[EpochReport], settings: TrainConfig) -> bool:
    """Say whether epochs, patience or time have run out; an epoch that would end past the limit does not begin."""
    if not reports:
        return False
    since_best = len(reports) - max(each.epoch for each in reports if each.is_best)
    minutes = sum(each.seconds + each.validation_seconds for each in reports) / 60
    is_late = settings.max_minutes > 0 and minutes * (1 + 1 / len(reports)) > settings.max_minutes
    return len(reports) >= most_epochs(settings) or since_best >= settings.patience or is_late


def _copy_weights(network: RelationNetwork) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in network.state_dict().items()}


def _save(
    run: TrainingRun, reports: Sequence[EpochReport], best: Mapping[str, Tensor], checkpoints: Checkpoints
) -> None:
    progress = {"reports": [asdict(each) for each in reports]}
    tensors = _tensors_of(run, best)
    write_checkpoint(checkpoints.folder, Checkpoint(len(reports), tensors, checkpoints.identity, progress))


def _resume(run: TrainingRun, checkpoints: Checkpoints) -> tuple[list[EpochReport], dict[str, Tensor]]:
    """Put the run where its last checkpoint stands; return its reports and the best epoch's weights."""
    best = _copy_weights(run.network)
    found = read_last_checkpoint(checkpoints.folder, _tensors_of(run, best), identity=checkpoints.identity)
    if found is None:
        return [], best
    restore_tensors(run.network, run.optimizer, found.tensors)
    if run.average is not None:
        copy_weights({name: found.tensors[_MEAN + name] for name in run.average.weights}, run.average.weights)
    reports = _parse_reports(found.progress, folder=checkpoints.folder)
    move_schedule(run.schedule, steps=sum(len(run.part.steps(run.settings, epoch)) for epoch in range(len(reports))))
    return reports, {name: found.tensors[_BEST + name].to(run.machine.device) for name in best}


def _check_all_resumed(processes: Processes, epochs: int) -> None:
    """Check that every process stands where the main one does: they would wait for each other for ever."""
    leading = int(processes.agree(epochs))
    if epochs != leading:
        raise UsageError(
            f"process {processes.index} found a checkpoint of {epochs} epochs, the main one of {leading}; "
            "keep the output where all of them can read it"
        )


def _parse_reports(progress: Mapping[str, Any], *, folder: Path) -> list[EpochReport]:
    try:
        return [EpochReport(**each) for each in progress["reports"]]
    except (KeyError, TypeError) as error:
        raise HostileModel(f"{folder}: tells of no epochs; --restart begins anew") from error


def _tensors_of(run: TrainingRun, best: Mapping[str, Tensor]) -> dict[str, Tensor]:
    mean = run.average.weights if run.average is not None else {}
    return {
        **collect_tensors(run.network, run.optimizer),
        **{_BEST + name: value for name, value in best.items()},
        **{_MEAN + name: value for name, value in mean.items()},
    }
