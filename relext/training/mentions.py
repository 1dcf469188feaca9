"""Train the finder of mentions on the gold mentions of a built corpus.

In: a corpus folder's training and validation parts, and the settings of the relation model. Out: `MentionFinder` with
an encoder of its own, the weights of its best epoch by strict F1 on validation: type and all characters.

What a kind of finder can't hold is counted in the record: for taggers the mentions of one type that share a word, for
the classifier of spans those that are too long for it.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from corpus_tools.assembly import Corpus, CorpusDocument
from corpus_tools.sentences import Mention
from relext.config import AUTO, Config
from relext.data import TaggedDocument, make_tagged_batch, plan_batches
from relext.errors import NothingToLearn
from relext.evaluation import Scores
from relext.finding import find_mentions, join_fragments, lay_out, name_overlap
from relext.model import (
    LoadedEncoder,
    Machine,
    MentionFinder,
    MentionNetwork,
    Overlap,
    place_encoder,
    probe_machine,
)
from relext.training.finder_validation import (
    first_threshold,
    found_spans,
    gold_spans,
    score_finder,
    score_spans,
    tune_threshold,
)
from relext.training.freezing import keep_frozen_states
from relext.training.optimization import make_optimizer, make_schedule
from relext.training.preparation import load_named_encoder
from relext.training.rehearsal import Rehearsal, choose_rehearsal, is_past, replace_mentions, spread_evenly

Track = Callable[[Sequence[Any], str], Iterator[Any]]
_EPOCH_STRIDE = 1_000_003  # keeps the dropout seeds of (seed, epoch) apart


@dataclass(frozen=True, slots=True)
class FinderEpoch:
    """Hold what one epoch did; `loss` is the mean a sentence, `threshold` the one with the best validation F1."""

    epoch: int
    loss: float
    validation_f1: float | None
    threshold: float
    seconds: float
    is_best: bool


def train_finder(
    corpus: Corpus,
    config: Config,
    *,
    track: Track = lambda items, _: iter(items),
    report: Callable[[FinderEpoch], None] = lambda _: None,
) -> MentionFinder:
    """Train a finder and keep the epoch that is best on the validation part; see `rehearse_finder`."""
    return rehearse_finder(corpus, config, track=track, report=report)[0]


def rehearse_finder(
    corpus: Corpus,
    config: Config,
    *,
    track: Track = lambda items, _: iter(items),
    report: Callable[[FinderEpoch], None] = lambda _: None,
) -> tuple[MentionFinder, tuple[CorpusDocument, ...]]:
    """Train a finder; return it, and a share of the training documents with found mentions, see `rehearsal`.

    Raises
    ------
    NothingToLearn
        Where the training part has no mention.
    EncoderError, HostileModel
        Where the encoder can't be had, or must not be loaded.
    """
    documents, held_out = list(corpus.documents("train")), list(corpus.documents("validation"))
    mentions = [mention for document in documents for mention in mentions_of(document)]
    if not mentions:
        raise NothingToLearn(f"{corpus.path}: the training part holds no mention to learn from")
    machine = probe_machine(config.training)
    loaded = load_named_encoder(documents, config)
    finder = make_finder(loaded, documents, config=config, machine=machine)
    laid = [tagged for each in documents if (tagged := lay_out(finder, each.segments)) is not None]
    part = keep_frozen_states(laid, loaded.module, size=loaded.size, pad_id=loaded.tokenizer.pad_id)
    optimizer = make_optimizer(finder.network, config.training, is_pretrained=loaded.is_pretrained)
    rehearsed = list(spread_evenly(documents, config.mentions.found_share))
    rehearsals: list[Rehearsal] = []

    def rehearse(epoch: FinderEpoch) -> None:
        if rehearsed and not is_past(rehearsals, epoch.validation_f1):
            rehearsals.append(find_in_training(replace(finder, threshold=epoch.threshold), rehearsed))
        report(epoch)

    epochs = fit_finder(finder, part, held_out, optimizer=optimizer, track=track, report=rehearse)
    finder = replace(finder, threshold=next(each.threshold for each in reversed(epochs) if each.is_best))
    scores = score_finder(finder, held_out)
    counts = {"mentions": len(mentions), **count_mentions(documents, part, config)}
    finder = replace(finder, record={"corpus_hash": corpus.hash, **counts, **describe_finder(finder, scores, epochs)})
    if not rehearsals:
        return finder, ()
    chosen = choose_rehearsal(rehearsals, validation_f1=scores.f1)
    return finder, tuple(replace_mentions(*each) for each in zip(rehearsed, chosen.found, strict=True))


def find_in_training(finder: MentionFinder, documents: Sequence[CorpusDocument]) -> Rehearsal:
    """Return what a finder in training finds in some of its own documents."""
    found = tuple(find_mentions(finder, (document.segments for document in documents)))
    return Rehearsal(found, score_spans(gold_spans(documents), found_spans(found)).f1 or 0.0)


def mentions_of(document: CorpusDocument) -> Iterator[Mention]:
    """Yield the mentions that stand in a document's segments."""
    for segment in document.segments:
        yield from segment.mentions


def make_finder(
    loaded: LoadedEncoder, documents: Sequence[CorpusDocument], *, config: Config, machine: Machine
) -> MentionFinder:
    """Return a finder for the types and assertions of the documents, its weights above the encoder random."""
    types = sorted({mention.type for document in documents for mention in mentions_of(document)})
    assertions = sorted({mention.assertion for document in documents for mention in mentions_of(document)})
    torch.manual_seed(config.training.seed)
    network = MentionNetwork(
        loaded.module, encoder_size=loaded.size, types=len(types), assertions=len(assertions), config=config
    )
    frozen, table = config.training.freeze_layers, config.training.freeze_embeddings
    loaded.module.freeze(0 if frozen == AUTO else frozen, table=table is True)  # boundaries are learnt in there too
    place_encoder(loaded.module, machine)
    return MentionFinder(
        network=network.to(machine.device),
        tokenizer=loaded.tokenizer,
        types=tuple(types),
        assertions=tuple(assertions),
        config=config,
        encoder_config=loaded.config,
        overlaps=find_overlaps(documents),
        threshold=first_threshold(config),
    )


def find_overlaps(documents: Sequence[CorpusDocument]) -> frozenset[Overlap]:
    """Return how the gold mentions of a segment overlap, the fragments of a discontinuous one taken as one span."""
    shapes = (
        [
            (mention.type, mention.extent, len(join_fragments(segment.text, mention.fragments)) > 1)
            for mention in segment.mentions
        ]
        for document in documents
        for segment in document.segments
    )
    found: set[Overlap] = set()
    for row in shapes:
        for n, one in enumerate(row):
            found.update(name_overlap(one, other) for other in row[n + 1 :] if other[1].start < one[1].end)
    return frozenset(found)


def count_mentions(
    documents: Sequence[CorpusDocument], part: Sequence[TaggedDocument], config: Config
) -> dict[str, int]:
    """Return how many gold mentions are discontinuous, and how many the kind of finder can't hold."""
    discontinuous = sum(len(key[3]) > 1 for key in gold_spans(documents))
    return {"discontinuous": discontinuous, "left_out": count_left_out(part, config)}


def describe_finder(finder: MentionFinder, scores: Scores, epochs: Sequence[FinderEpoch]) -> dict[str, object]:
    """Return what the record says of a trained finder: its kind, what it reached, and what it took."""
    return {
        "finder": finder.config.mentions.finder,
        "threshold": finder.threshold,
        "validation": asdict(scores),
        "epochs": [asdict(each) for each in epochs],
        "seconds": sum(each.seconds for each in epochs),
    }


def count_left_out(part: Sequence[TaggedDocument], config: Config) -> int:
    """Return how many gold mentions the kind of finder can't hold."""
    if config.mentions.finder == "tagger":
        return sum(document.crowded for document in part)
    longest = config.mentions.max_mention_words
    return sum(int((d.mentions[:, 1] - d.mentions[:, 0] > longest).sum()) for d in part)


def fit_finder(
    finder: MentionFinder,
    part: Sequence[TaggedDocument],
    held_out: Sequence[CorpusDocument],
    *,
    optimizer: Optimizer,
    track: Track,
    report: Callable[[FinderEpoch], None],
) -> list[FinderEpoch]:
    """Train until patience or epochs run out, and leave the network with the weights of its best epoch."""
    settings, limits = finder.config.training, finder.config.mentions
    schedule = make_schedule(optimizer, settings, steps=len(_plan_epoch(finder, part, 0)) * limits.mention_epochs)
    epochs: list[FinderEpoch] = []
    best: dict[str, torch.Tensor] = {}
    for epoch in range(limits.mention_epochs):
        started = time.monotonic()
        finder.network.train()
        torch.manual_seed(settings.seed * _EPOCH_STRIDE + epoch)
        losses = [
            _take_step(finder, [part[n] for n in group], optimizer, schedule)
            for group in track(_plan_epoch(finder, part, epoch), f"mentions, epoch {epoch + 1}")
        ]
        threshold, f1 = tune_threshold(finder, held_out)
        is_best = f1 is None or f1 > max((each.validation_f1 or 0.0 for each in epochs), default=-1.0)
        if is_best:
            best = {name: value.detach().clone() for name, value in finder.network.state_dict().items()}
        seconds = time.monotonic() - started
        epochs.append(FinderEpoch(epoch + 1, float(np.mean(losses)), f1, threshold, seconds, is_best))
        report(epochs[-1])
        if _is_over(epochs, finder.config):
            break
    finder.network.load_state_dict(best)
    return epochs


def _is_over(epochs: Sequence[FinderEpoch], config: Config) -> bool:
    """Say whether patience has run out, or the minutes would before another epoch ends."""
    since_best = len(epochs) - max(each.epoch for each in epochs if each.is_best)
    next_end = sum(each.seconds for each in epochs) * (1 + 1 / len(epochs)) / 60
    is_late = 0 < config.training.max_minutes < next_end
    return is_late or since_best >= config.mentions.mention_patience


def _plan_epoch(finder: MentionFinder, part: Sequence[TaggedDocument], epoch: int) -> list[list[int]]:
    """Return an epoch's batches, each a list of positions in the training part."""
    generator = np.random.default_rng([finder.config.training.seed, epoch])
    batch_tokens = finder.config.mentions.mention_batch_tokens
    return plan_batches([document.tokens for document in part], batch_tokens=batch_tokens, generator=generator)


def _take_step(
    finder: MentionFinder, documents: Sequence[TaggedDocument], optimizer: Optimizer, schedule: LRScheduler
) -> float:
    """Learn from one batch and return its loss."""
    batch = make_tagged_batch(documents, pad_id=finder.tokenizer.pad_id).to(finder.device)
    optimizer.zero_grad(set_to_none=True)
    loss = finder.network.loss(batch, assertion_weight=finder.config.mentions.assertion_weight)
    loss.backward()  # type: ignore[no-untyped-call]
    nn.utils.clip_grad_norm_(finder.network.parameters(), finder.config.training.gradient_norm)
    optimizer.step()
    schedule.step()
    return float(loss.detach())
