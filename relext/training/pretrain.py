"""Pretrain an encoder on texts, from random weights or further: a masked language model, new masks every epoch.

In: a `TextPool` and settings. Out: `Pretrained`, the encoder with its tokenizer and loss curve. Every random draw
follows from the seed and the number of the epoch or step, so that a run resumed from a checkpoint goes on as if it had
never stopped: to the bit, on one processor.

References
----------
Devlin et al., BERT, NAACL 2019. Liu et al., RoBERTa, arXiv 1907.11692, 2019.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import AdamW

from relext import __version__
from relext.errors import HostileModel
from relext.model import LoadedEncoder, Machine, place_encoder, probe_machine
from relext.training.checkpoints import (
    Checkpoint,
    collect_tensors,
    read_last_checkpoint,
    restore_tensors,
    write_checkpoint,
)
from relext.training.masked_model import MaskedLanguageModel, set_dropout
from relext.training.masking import MaskedBlocks
from relext.training.optimization import rate_share
from relext.training.pretrain_settings import COUNTED, PretrainConfig, PretrainSettings
from relext.training.pretraining_part import PretrainingPart, make_frame, make_held_out, tokenize_documents
from relext.training.starts import Start, find_start
from relext.training.texts import Sentences, TextPool
from relext.training.word_vectors import count_word_vectors

BETAS, EPSILON = (0.9, 0.98), 1e-6  # Liu et al. 2019
EVALUATION_BLOCKS = 64
_STEPS_A_SEED = 1_000_003  # seeds of steps of different runs do not meet

Item = TypeVar("Item")
Track = Callable[[Iterable[Item], int], Iterator[Item]]


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Hold the losses at one step, mean negative log-likelihood a chosen token, in nats.

    Attributes
    ----------
    train_loss : float
        Over the steps since the point before.
    held_out_loss : float or None
        Over the documents kept aside, their masks the same at every point; None where there are none.
    """

    step: int
    train_loss: float
    held_out_loss: float | None


@dataclass(frozen=True, slots=True)
class Progress:
    """Hold how far a run has come, beside its weights.

    Attributes
    ----------
    loss, chosen : float, int
        Summed loss and number of the tokens predicted since the last point of the curve.
    seconds : float
        Spent in steps and evaluations, those before a resumption included.
    """

    step: int = 0
    loss: float = 0.0
    chosen: int = 0
    seconds: float = 0.0
    curve: tuple[CurvePoint, ...] = ()


@dataclass(frozen=True, slots=True)
class Pretrained:
    """Hold a pretrained encoder with its head for masked tokens, and how it came about.

    Attributes
    ----------
    counts : mapping
        Documents, sentences and tokens, to learn from and kept aside.
    """

    model: MaskedLanguageModel
    start: Start
    settings: PretrainSettings
    progress: Progress
    counts: Mapping[str, int]
    machine: Machine

    @property
    def loaded(self) -> LoadedEncoder:
        """Return the encoder, which the model has trained, and its tokenizer."""
        return self.start.loaded


@dataclass(frozen=True, slots=True)
class Run:
    """Hold what stays the same from step to step of a run."""

    model: MaskedLanguageModel
    optimizer: AdamW
    start: Start
    part: PretrainingPart
    held_out: MaskedBlocks
    machine: Machine

    @property
    def config(self) -> PretrainConfig:
        """Return the settings of the run."""
        return self.part.config


def pretrain(
    pool: TextPool,
    settings: PretrainSettings,
    *,
    checkpoints: Path | None = None,
    track: Track[Any] = lambda items, _: iter(items),
    report: Callable[[CurvePoint], None] = lambda _: None,
) -> Pretrained:
    """Pretrain an encoder, going on from the last checkpoint where there is one.

    Parameters
    ----------
    checkpoints : Path, optional
        Folder of this run's checkpoints; none are written without it.
    track : callable of (steps, their number)
        Yields the steps, showing progress as it likes.
    report : callable of CurvePoint
        Called at each new point of the loss curve.

    Raises
    ------
    UsageError
        Where the checkpoints are of a run with other settings, texts, version or weights to begin with.
    HostileModel
        Where a checkpoint is not what was written.
    EncoderError, SettingError
        See `find_start`.
    """
    learnt, kept = pool.split(settings.pretraining.held_out, seed=settings.pretraining.seed)
    run = _make_run(learnt, kept, settings)
    identity = {
        "settings": settings.to_record(),
        "texts": pool.hash,
        "version": __version__,
        "encoder": run.start.hash,
    }
    progress = Progress() if checkpoints is None else _resume(run, checkpoints, identity)
    for reached in _advance(run, progress, track=track, report=report):
        progress = reached
        if checkpoints is not None and progress.step % run.config.checkpoint_every == 0:
            tensors = collect_tensors(run.model, run.optimizer)
            write_checkpoint(checkpoints, Checkpoint(progress.step, tensors, identity, asdict(progress)))
    counts = _count(run, learnt, kept)
    return Pretrained(run.model.eval(), run.start, settings, progress, counts, run.machine)


def _make_run(learnt: Sequence[Sentences], kept: Sequence[Sentences], settings: PretrainSettings) -> Run:
    """Make tokenizer, encoder, head and optimizer as they are before the first step."""
    config = settings.pretraining
    machine = probe_machine(config.machine)
    texts = ("\n".join(sentences) for sentences in learnt)
    start = find_start(texts, settings)
    loaded = start.loaded
    vocabulary, frame = loaded.config["vocab_size"], make_frame(loaded.tokenizer)
    part = PretrainingPart(tokenize_documents(learnt, loaded.tokenizer), frame, vocabulary, config)
    held_out = make_held_out(tokenize_documents(kept, loaded.tokenizer), part)
    if config.is_first and config.embeddings == COUNTED:
        start_embeddings(loaded, part)
    place_encoder(loaded.module, machine)
    model = MaskedLanguageModel(loaded.module, size=loaded.size, vocabulary=vocabulary, pad_id=frame.pad_id)
    model.fill_head(start.head)
    set_dropout(model.to(machine.device), config.dropout)
    return Run(model, make_adamw(model, config), start, part, held_out, machine)


@torch.no_grad()
def start_embeddings(loaded: LoadedEncoder, part: PretrainingPart) -> None:
    """Put word vectors by counting into an encoder's table of embeddings; a token without one keeps its random row."""
    table: Tensor = loaded.module.model.get_input_embeddings().weight  # type: ignore[operator]
    vectors, is_known = count_word_vectors(
        part.documents, vocabulary=part.vocabulary, size=loaded.size, seed=part.config.seed
    )
    table[torch.from_numpy(is_known)] = torch.from_numpy(vectors[is_known])


def make_adamw(model: MaskedLanguageModel, config: PretrainConfig) -> AdamW:
    """Return AdamW with RoBERTa's moments; weights decay on matrices only.

    Encoder and head have rates of their own, which their groups keep under `highest`.
    """
    encoder, head = set(model.encoder.parameters()), set(model.parameters()) - set(model.encoder.parameters())
    groups = [
        {
            "params": [each for each in model.parameters() if each in part and (each.ndim > 1) == is_matrix],
            "weight_decay": config.weight_decay * is_matrix,
            "highest": rate,
        }
        for is_matrix in (True, False)
        for part, rate in zip((encoder, head), config.rates, strict=True)
    ]
    return AdamW(groups, lr=config.rates[0], betas=BETAS, eps=EPSILON, fused=True)


def _resume(run: Run, folder: Path, identity: Mapping[str, object]) -> Progress:
    """Put the run where its last checkpoint stands, and return how far it has come."""
    checkpoint = read_last_checkpoint(folder, collect_tensors(run.model, run.optimizer), identity=identity)
    if checkpoint is None:
        return Progress()
    restore_tensors(run.model, run.optimizer, checkpoint.tensors)
    try:
        curve = tuple(CurvePoint(**point) for point in checkpoint.progress["curve"])
    except (KeyError, TypeError) as error:
        raise HostileModel(f"{folder}: tells of no curve; --restart begins anew") from error
    return Progress(**{**checkpoint.progress, "curve": curve})


def _advance(
    run: Run, progress: Progress, *, track: Track[Any], report: Callable[[CurvePoint], None]
) -> Iterator[Progress]:
    """Take the steps that are left and yield the progress after each."""
    left = range(progress.step, run.config.steps)
    for step, batches in track(zip(left, run.part.steps(progress.step), strict=False), len(left)):
        started = time.monotonic()
        loss, chosen = take_step(run, step, batches)
        progress = replace(progress, step=step + 1, loss=progress.loss + loss, chosen=progress.chosen + chosen)
        is_last = step + 1 == run.config.steps
        if is_last or (step + 1) % run.config.evaluate_every == 0:
            point = CurvePoint(step + 1, progress.loss / max(1, progress.chosen), evaluate(run))
            report(point)
            progress = replace(progress, loss=0.0, chosen=0, curve=(*progress.curve, point))
        yield (progress := replace(progress, seconds=progress.seconds + time.monotonic() - started))


def take_step(run: Run, step: int, batches: Iterable[MaskedBlocks]) -> tuple[float, int]:
    """Take one optimiser step over some batches; return their summed loss and the number of tokens predicted."""
    config = run.config
    run.model.train()
    torch.manual_seed(config.seed * _STEPS_A_SEED + step)
    for group in run.optimizer.param_groups:
        group["lr"] = group["highest"] * rate_share(step, steps=config.steps, warmup=config.warmup_steps)
    batches = list(batches)
    chosen = sum(int(batch.is_chosen.sum()) for batch in batches)
    total = torch.zeros((), dtype=torch.float64, device=run.model.bias.device)
    run.optimizer.zero_grad(set_to_none=True)  # once a step: the gradients of its batches add up
    for batch in batches:
        loss = run.model.loss(batch)
        (loss / max(1, chosen)).backward()  # type: ignore[no-untyped-call]
        total += loss.detach()
    nn.utils.clip_grad_norm_(run.model.parameters(), config.gradient_norm)
    run.optimizer.step()
    return float(total), chosen


@torch.no_grad()
def evaluate(run: Run) -> float | None:
    """Return the mean loss a chosen token of the documents kept aside."""
    chosen = int(run.held_out.is_chosen.sum())
    if not chosen:
        return None
    run.model.eval()
    starts = range(0, len(run.held_out), EVALUATION_BLOCKS)
    losses: list[Tensor] = [run.model.loss(run.held_out.rows(start, start + EVALUATION_BLOCKS)) for start in starts]
    return float(sum(float(loss) for loss in losses)) / chosen


def _count(run: Run, learnt: Sequence[Sentences], kept: Sequence[Sentences]) -> dict[str, int]:
    is_frame = np.isin(run.held_out.targets, run.part.frame.ids)
    return {
        "documents": len(learnt) + len(kept),
        "documents_held_out": len(kept),
        "sentences": sum(map(len, (*learnt, *kept))),
        "tokens": sum(map(len, run.part.documents)),
        "tokens_held_out": int((~is_frame).sum()),
        "epoch_steps": run.part.epoch_steps,
    }
