"""Train a relation network on a built corpus.

In: a corpus folder's training and validation parts, and settings. Out: `TrainedModel`, the weights of its best epoch by
validation F1, and the record of the run. A run into a folder leaves a checkpoint after each epoch beside it, and goes
on from there when it is given again.
"""

import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from corpus_tools.assembly import Corpus, CorpusDocument, read_corpus
from corpus_tools.storage import check_output, hash_text, lock
from relext import __version__
from relext.config import ALL, Config
from relext.data import ConceptTable, LabelScheme, WindowedDocument, learn_labels, window_document
from relext.errors import NothingToLearn, SettingError
from relext.evaluation import fit_majority, format_majority
from relext.model import (
    Encoder,
    LoadedEncoder,
    Machine,
    MentionFinder,
    RelationNetwork,
    TrainedModel,
    add_markers,
    find_markers,
    load_encoder,
    place_encoder,
    probe_machine,
    write_model,
)
from relext.training.averaging import start_average
from relext.training.checkpoints import remove_checkpoints
from relext.training.freezing import keep_frozen_states
from relext.training.loop import Checkpoints, EpochReport, Track, TrainingPart, TrainingRun, fit
from relext.training.mentions import FinderEpoch, rehearse_finder
from relext.training.optimization import make_optimizer, make_schedule
from relext.training.tuning import tune_probabilities
from relext.training.validation import ValidationPart, gold_keys

CHECKPOINTS = ".checkpoints"  # what the folder of checkpoints has behind the model's name


def _in_silence(items: Sequence[Any], _: str) -> Iterator[Any]:
    return iter(items)


def train_to_folder(
    corpus: Path,
    out: Path,
    config: Config,
    *,
    mentions: bool = False,
    concepts: ConceptTable | None = None,
    force: bool = False,
    restart: bool = False,
    track: Track = _in_silence,
    report: Callable[[EpochReport], None] = lambda _: None,
    report_finder: Callable[[FinderEpoch], None] = lambda _: None,
) -> TrainedModel:
    """Train on a corpus folder and write the model folder; see `train_model`.

    Checkpoints lie in `<out>.checkpoints` until the model is written.

    Parameters
    ----------
    mentions : bool
        Train a finder of mentions first, see `train_finder`; the model's record says what it reached. Relations are
        then learnt from gold mentions and, where asked, in a share of the documents from found ones, see
        `rehearse_finder`.
    concepts : ConceptTable, optional
        What a linker knows of the mentions.
    restart : bool
        Begin anew, whatever checkpoints there are.

    Raises
    ------
    OutputExists, Refused, UsageError
        Where the output can't be written, before any work is done.
    OutputBusy
        Where another run trains into this output.
    """
    check_output(out, force=force, inputs=(corpus,))
    opened, checkpoints = read_corpus(corpus), out.with_name(out.name + CHECKPOINTS)
    out.parent.mkdir(parents=True, exist_ok=True)
    with lock(out.with_name(f".{checkpoints.name}.lock")):
        if restart:
            remove_checkpoints(checkpoints)
        finder: MentionFinder | None = None
        rehearsed: tuple[CorpusDocument, ...] = ()
        if mentions:
            finder, rehearsed = rehearse_finder(opened, config, track=track, report=report_finder)
        model = train_model(
            opened, config, rehearsed=rehearsed, concepts=concepts, track=track, report=report, checkpoints=checkpoints
        )
        if finder is not None:
            model = replace(model, record={**model.record, "mentions": finder.record})
        write_model(out, model, finder=finder, force=force)
        remove_checkpoints(checkpoints)
    return model


def train_model(
    corpus: Corpus,
    config: Config,
    *,
    rehearsed: Sequence[CorpusDocument] = (),
    concepts: ConceptTable | None = None,
    track: Track = _in_silence,
    report: Callable[[EpochReport], None] = lambda _: None,
    checkpoints: Path | None = None,
) -> TrainedModel:
    """Train on a corpus's training part and keep the epoch that is best on its validation part.

    Parameters
    ----------
    rehearsed : sequence of CorpusDocument
        Training documents with found mentions, learnt from beside those with gold.
    concepts : ConceptTable, optional
        What a linker knows of the mentions; the model keeps no concept, only that it reads them.
    track : callable of (items, description)
        Yields the items, showing progress as it likes.
    report : callable of EpochReport
        Called after each epoch.
    checkpoints : Path, optional
        Folder of this run's checkpoints; none are written without it.

    Raises
    ------
    NothingToLearn
        Where the training part has no document, candidate pair or relation.
    EncoderError, HostileModel
        Where the encoder can't be had, or must not be loaded.
    UsageError
        Where the checkpoints are of a run with other settings, corpus or version.
    """
    documents, held_out = list(corpus.documents("train")), list(corpus.documents("validation"))
    if not documents:
        raise NothingToLearn(f"{corpus.path}: the training part is empty; build it with --splits 70:15:15")
    machine = probe_machine(config.training)
    scheme = learn_labels(documents, corpus.schema, max_sentence_distance=config.model.max_sentence_distance)
    seed = config.training.seed
    loaded = load_encoder(config.model.encoder, texts=(d.text for d in documents), scratch=config.scratch, seed=seed)
    loaded = add_markers(loaded, scheme, config.model)
    config = settle_config(config, loaded).overridden(concepts=concepts is not None)
    run = prepare_run(
        documents,
        held_out,
        scheme=scheme,
        loaded=loaded,
        config=config,
        machine=machine,
        rehearsed=rehearsed,
        concepts=concepts,
    )
    identity = {
        "settings": config.to_json(),
        "corpus": corpus.hash,
        "version": __version__,
        "rehearsed": len(rehearsed),
    }
    kept = Checkpoints(checkpoints, identity) if checkpoints else None
    reports = fit(run, track=track, report=report, checkpoints=kept)
    tuning, judged = tune_probabilities(run.network, run.validation, machine.device)
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
            **judged,
            "counts": {
                "train": count_part(documents, run.part.documents),
                "validation": count_part(held_out, run.validation.documents),
            },
        },
        tuning=tuning,
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
    rehearsed: Sequence[CorpusDocument] = (),
    concepts: ConceptTable | None = None,
) -> TrainingRun:
    """Cut both parts into windows and put a network with random weights above the encoder."""
    network, pad_id = make_network(loaded, scheme, config, machine), loaded.tokenizer.pad_id
    watched = documents[: config.training.curve_documents]
    cut = partial(window_all, scheme=scheme, loaded=loaded, config=config, concepts=concepts)
    learnt, kept, curve = (
        keep_frozen_states(cut(part), loaded.module, size=loaded.size, pad_id=pad_id)
        for part in ((*documents, *rehearsed), held_out, watched)
    )
    part = TrainingPart(learnt, pad_id)
    validation = ValidationPart(kept, gold_keys(held_out, scheme), scheme, pad_id)
    watching = ValidationPart(curve, gold_keys(watched, scheme), scheme, pad_id)
    steps = len(part.steps(config.training, 0)) * config.training.epochs
    optimizer = make_optimizer(network, config.training, is_pretrained=loaded.is_pretrained)
    schedule = make_schedule(optimizer, config.training, steps=steps)
    return TrainingRun(
        network,
        part,
        validation,
        optimizer,
        schedule,
        config.training,
        machine,
        curve=watching if watched else None,
        average=start_average(network, config.training.average),
    )


def window_all(
    documents: Sequence[CorpusDocument],
    scheme: LabelScheme,
    loaded: LoadedEncoder,
    config: Config,
    *,
    concepts: ConceptTable | None = None,
) -> tuple[WindowedDocument, ...]:
    """Cut documents into windows, leaving out those without a candidate pair."""
    markers = find_markers(config.model, scheme, loaded.config)
    found = (
        window_document(
            document,
            scheme,
            loaded.tokenizer,
            window_tokens=config.model.window_tokens,
            context_tokens=config.model.context_tokens,
            markers=markers,
            concepts=concepts,
        )
        for document in documents
    )
    return tuple(document for document in found if document is not None)


def make_network(loaded: LoadedEncoder, scheme: LabelScheme, config: Config, machine: Machine) -> RelationNetwork:
    """Put a network with random weights above an encoder and place both on the machine."""
    torch.manual_seed(config.training.seed)
    freeze_encoder(loaded.module, config)
    network = RelationNetwork(loaded.module, encoder_size=loaded.size, scheme=scheme, config=config.model)
    place_encoder(loaded.module, device=machine.device, precision=machine.precision)
    return network.to(machine.device)


def freeze_encoder(encoder: Encoder, config: Config) -> None:
    """Freeze the layers that the settings name.

    Raises
    ------
    SettingError
        Where nothing would be left that could learn what markers mean.
    EncoderError
        Where the encoder has no such layers.
    """
    if config.training.freeze_layers == ALL and config.model.marking != "none":
        raise SettingError(f"freeze_layers = all: marking = {config.model.marking} would never be learnt; freeze fewer")
    encoder.freeze(config.training.freeze_layers)


def count_part(documents: Sequence[CorpusDocument], windowed: Sequence[WindowedDocument]) -> dict[str, int]:
    """Return how many documents a part has, their gold relations, and their candidate pairs under the model."""
    return {
        "documents": len(documents),
        "relations": sum(len(document.relations) for document in documents),
        "pairs": sum(len(document.pairs) for document in windowed),
    }


def describe_run(run: TrainingRun, reports: Sequence[EpochReport]) -> dict[str, object]:
    """Return the record of a run: what it reached and what it took."""
    # Kilobytes on Linux, bytes on macOS.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return {
        "relext": __version__,
        "torch": str(torch.__version__),
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
