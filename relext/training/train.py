"""Train a relation network on a built corpus.

In: a corpus folder's training and validation parts, and settings. Out: `TrainedModel`, the weights of its best epoch by
validation F1. The same seed on the same machine gives the same losses: batches come from (seed, epoch), and so does
dropout, whatever happened before an epoch.
"""

import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from corpus_tools.assembly import Corpus, CorpusDocument, read_corpus
from corpus_tools.storage import check_output, hash_text
from relext.config import Config, TrainConfig
from relext.data import LabelScheme, WindowedDocument, learn_labels, make_batch, plan_batches, window_document
from relext.errors import NothingToLearn
from relext.evaluation import fit_majority, format_majority
from relext.model import (
    LoadedEncoder,
    Machine,
    RelationNetwork,
    TrainedModel,
    load_encoder,
    place_encoder,
    probe_machine,
    write_model,
)
from relext.training.mentions import FinderEpoch, train_finder
from relext.training.optimization import make_optimizer, make_schedule
from relext.training.validation import ValidationPart, gold_keys

Track = Callable[[Sequence[Any], str], Iterator[Any]]
_EPOCH_STRIDE = 1_000_003  # keeps the dropout seeds of (seed, epoch) apart


@dataclass(frozen=True, slots=True)
class EpochReport:
    """Hold what one epoch did; `loss` is the mean negative log-likelihood a pair, `seconds` without validation."""

    epoch: int
    loss: float
    validation_f1: float | None
    seconds: float
    pairs_per_second: float
    is_best: bool


@dataclass(frozen=True, slots=True)
class TrainingPart:
    """Hold the documents to learn from."""

    documents: tuple[WindowedDocument, ...]
    pad_id: int

    def steps(self, settings: TrainConfig, epoch: int) -> list[list[list[int]]]:
        """Return an epoch's steps: each a list of batches, each a list of positions in `documents`."""
        generator = np.random.default_rng([settings.seed, epoch])
        lengths = [document.tokens for document in self.documents]
        batches = plan_batches(lengths, batch_tokens=settings.batch_tokens, generator=generator)
        return [batches[n : n + settings.accumulation] for n in range(0, len(batches), settings.accumulation)]


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """Hold what an epoch needs: a network, its documents, its optimizer, and where it computes."""

    network: RelationNetwork
    part: TrainingPart
    validation: ValidationPart
    optimizer: torch.optim.Optimizer
    schedule: torch.optim.lr_scheduler.LambdaLR
    settings: TrainConfig
    machine: Machine


def _in_silence(items: Sequence[Any], _: str) -> Iterator[Any]:
    return iter(items)


def train_to_folder(
    corpus: Path,
    out: Path,
    config: Config,
    *,
    mentions: bool = False,
    force: bool = False,
    track: Track = _in_silence,
    report: Callable[[EpochReport], None] = lambda _: None,
    report_finder: Callable[[FinderEpoch], None] = lambda _: None,
) -> TrainedModel:
    """Train on a corpus folder and write the model folder; see `train_model`.

    Parameters
    ----------
    mentions : bool
        Train a finder of mentions too, see `train_finder`; the model's record says what it reached.

    Raises
    ------
    OutputExists, Refused, UsageError
        Where the output can't be written, before any work is done.
    """
    check_output(out, force=force, inputs=(corpus,))
    opened = read_corpus(corpus)
    model, finder = train_model(opened, config, track=track, report=report), None
    if mentions:
        finder = train_finder(opened, config, track=track, report=report_finder)
        model = replace(model, record={**model.record, "mentions": finder.record})
    write_model(out, model, finder=finder, force=force)
    return model


def train_model(
    corpus: Corpus,
    config: Config,
    *,
    track: Track = _in_silence,
    report: Callable[[EpochReport], None] = lambda _: None,
) -> TrainedModel:
    """Train on a corpus's training part and keep the epoch that is best on its validation part.

    Parameters
    ----------
    track : callable of (items, description)
        Yields the items, showing progress as it likes.
    report : callable of EpochReport
        Called after each epoch.

    Raises
    ------
    NothingToLearn
        Where the training part has no document, candidate pair or relation.
    EncoderError, HostileModel
        Where the encoder can't be had, or must not be loaded.
    """
    documents, held_out = list(corpus.documents("train")), list(corpus.documents("validation"))
    if not documents:
        raise NothingToLearn(f"{corpus.path}: the training part is empty; build it with --splits 70:15:15")
    machine = probe_machine(config.training)
    scheme = learn_labels(documents, corpus.schema, max_sentence_distance=config.model.max_sentence_distance)
    seed = config.training.seed
    loaded = load_encoder(config.model.encoder, texts=(d.text for d in documents), scratch=config.scratch, seed=seed)
    config = settle_config(config, loaded)
    run = prepare_run(documents, held_out, scheme=scheme, loaded=loaded, config=config, machine=machine)
    reports = fit(run, track=track, report=report)
    return TrainedModel(
        network=run.network,
        tokenizer=loaded.tokenizer,
        scheme=scheme,
        schema=corpus.schema,
        config=config,
        encoder_config=loaded.config,
        record={
            "corpus_hash": corpus.hash,
            "majority": format_majority(fit_majority(documents, scheme)),
            **describe_run(run, reports),
        },
        document_hashes=frozenset(hash_text(document.text) for document in (*documents, *held_out)),
    )


def settle_config(config: Config, loaded: LoadedEncoder) -> Config:
    """Return the settings as the encoder bounds them; a local folder is kept by name, not by path."""
    size = min(config.model.window_tokens, loaded.limit)
    context = min(config.model.context_tokens, loaded.limit - size)
    return config.overridden(window_tokens=size, context_tokens=context, encoder=Path(config.model.encoder).name)


def prepare_run(
    documents: Sequence[CorpusDocument],
    held_out: Sequence[CorpusDocument],
    *,
    scheme: LabelScheme,
    loaded: LoadedEncoder,
    config: Config,
    machine: Machine,
) -> TrainingRun:
    """Cut both parts into windows and put a network with random weights above the encoder."""
    part = TrainingPart(window_all(documents, scheme, loaded, config), loaded.tokenizer.pad_id)
    validation = ValidationPart(
        documents=window_all(held_out, scheme, loaded, config),
        gold=gold_keys(held_out, scheme),
        scheme=scheme,
        pad_id=loaded.tokenizer.pad_id,
    )
    network = make_network(loaded, scheme, config, machine)
    steps = len(part.steps(config.training, 0)) * config.training.epochs
    optimizer = make_optimizer(network, config.training, is_pretrained=loaded.is_pretrained)
    schedule = make_schedule(optimizer, config.training, steps=steps)
    return TrainingRun(network, part, validation, optimizer, schedule, config.training, machine)


def window_all(
    documents: Sequence[CorpusDocument], scheme: LabelScheme, loaded: LoadedEncoder, config: Config
) -> tuple[WindowedDocument, ...]:
    """Cut documents into windows, leaving out those without a candidate pair."""
    found = (
        window_document(
            document,
            scheme,
            loaded.tokenizer,
            window_tokens=config.model.window_tokens,
            context_tokens=config.model.context_tokens,
        )
        for document in documents
    )
    return tuple(document for document in found if document is not None)


def make_network(loaded: LoadedEncoder, scheme: LabelScheme, config: Config, machine: Machine) -> RelationNetwork:
    """Put a network with random weights above an encoder and place both on the machine."""
    torch.manual_seed(config.training.seed)
    network = RelationNetwork(loaded.module, encoder_size=loaded.size, scheme=scheme, config=config.model)
    place_encoder(loaded.module, device=machine.device, precision=machine.precision)
    return network.to(machine.device)


def fit(run: TrainingRun, *, track: Track, report: Callable[[EpochReport], None]) -> list[EpochReport]:
    """Train until epochs, patience or minutes run out; leave the best epoch's weights and the bias tuned to them."""
    reports: list[EpochReport] = []
    best_f1, best = -1.0, run.network.state_dict()
    begun = time.monotonic()
    while not is_over(reports, run.settings, minutes=(time.monotonic() - begun) / 60):
        started = time.monotonic()
        loss, pairs = run_epoch(run, len(reports), track=track)
        seconds = time.monotonic() - started
        f1 = run.validation.score(run.network, run.machine.device)
        if is_best := f1 is None or f1 > best_f1:
            best_f1 = best_f1 if f1 is None else f1
            best = {name: value.detach().clone() for name, value in run.network.state_dict().items()}
        reports.append(EpochReport(len(reports) + 1, loss, f1, seconds, pairs / seconds, is_best))
        report(reports[-1])
    run.network.load_state_dict(best)
    run.network.no_relation_bias.fill_(run.validation.tune_bias(run.network, run.machine.device))
    return reports


def run_epoch(run: TrainingRun, epoch: int, *, track: Track) -> tuple[float, int]:
    """Run all steps of one epoch; return the mean loss a pair and how many pairs were read."""
    run.network.train()
    torch.manual_seed(run.settings.seed * _EPOCH_STRIDE + epoch)
    total, pairs = torch.zeros((), device=run.machine.device), 0
    for step in track(run.part.steps(run.settings, epoch), f"epoch {epoch + 1}"):
        loss, count = run_step(run, [[run.part.documents[n] for n in batch] for batch in step])
        total += loss
        pairs += count
    return float(total) / max(1, pairs), pairs


def run_step(run: TrainingRun, batches: Sequence[Sequence[WindowedDocument]]) -> tuple[torch.Tensor, int]:
    """Take one step on the mean loss a pair of some batches; return the summed loss and the number of pairs.

    The gradients of k batches add up before the step, each divided by the pairs of all k, so that k batches of b
    documents give the step of one batch of k * b.
    """
    count = sum(len(document.pairs) for batch in batches for document in batch)
    total = torch.zeros((), device=run.machine.device)
    run.optimizer.zero_grad(set_to_none=True)
    for documents in batches:
        loss = run.network.loss(make_batch(documents, pad_id=run.part.pad_id).to(run.machine.device))
        torch.autograd.backward(loss / count)
        total += loss.detach()
    nn.utils.clip_grad_norm_(run.network.parameters(), run.settings.gradient_norm)
    run.optimizer.step()
    run.schedule.step()
    return total, count


def is_over(reports: Sequence[EpochReport], settings: TrainConfig, *, minutes: float) -> bool:
    """Say whether epochs, patience or time have run out; an epoch that would end past the limit does not begin."""
    if not reports:
        return False
    since_best = len(reports) - max(each.epoch for each in reports if each.is_best)
    is_late = settings.max_minutes > 0 and minutes * (1 + 1 / len(reports)) > settings.max_minutes
    return len(reports) >= settings.epochs or since_best >= settings.patience or is_late


def describe_run(run: TrainingRun, reports: Sequence[EpochReport]) -> dict[str, object]:
    """Return the record of a run: what it reached and what it took."""
    # Kilobytes on Linux, bytes on macOS.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {
        "validation_f1": run.validation.score(run.network, run.machine.device),
        "validation_ceiling": run.validation.ceiling,
        "no_relation_bias": float(run.network.no_relation_bias),
        "epochs": [asdict(each) for each in reports],
        "seconds": sum(each.seconds for each in reports),
        "pairs_per_second": float(np.median([each.pairs_per_second for each in reports])),
        "peak_memory_bytes": peak,
        "device": run.machine.device.type,
        "precision": str(run.machine.precision).removeprefix("torch."),
        "threads": run.machine.threads,
    }
