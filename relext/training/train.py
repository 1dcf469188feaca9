"""Train a relation network on a built corpus.

In: a corpus folder's training and validation parts, and settings. Out: `TrainedModel`, the weights of its best epoch by
validation F1, and the record of the run. A run into a folder leaves a checkpoint after each epoch beside it, and goes
on from there when it is given again.
"""

import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from corpus_tools.assembly import Corpus, CorpusDocument, read_corpus
from corpus_tools.storage import check_output, hash_text, lock
from relext import __version__
from relext.config import Config
from relext.data import ConceptTable, LabelScheme, WindowedDocument, describe_unread_pairs, learn_labels
from relext.errors import NothingToLearn, SettingError
from relext.evaluation import fit_majority, format_majority
from relext.model import MentionFinder, TrainedModel, write_model
from relext.training.checkpoints import remove_checkpoints
from relext.training.loop import Checkpoints, EpochReport, Track, TrainingRun, fit
from relext.training.mentions import FinderEpoch, rehearse_finder
from relext.training.preparation import load_marked_encoder, prepare_run, settle_config
from relext.training.processes import ALONE, Processes, probe_together
from relext.training.tuning import tune_probabilities

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
    processes: Processes = ALONE,
    track: Track = _in_silence,
    report: Callable[[EpochReport], None] = lambda _: None,
    report_finder: Callable[[FinderEpoch], None] = lambda _: None,
    remark: Callable[[str], None] = lambda _: None,
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
    processes : Processes
        Who trains along; the main process alone writes, and trains the finder.

    Raises
    ------
    SettingError
        Where several processes would have to learn from the mentions that one of them found.
    OutputExists, Refused, UsageError
        Where the output can't be written, before any work is done.
    OutputBusy
        Where another run trains into this output.
    """
    if mentions and config.mentions.found_share and processes.count > 1:
        raise SettingError(
            "found_share: found mentions are learnt from in one process; launch no others, or set it to 0"
        )
    check_output(out, force=force, inputs=(corpus,))
    opened, checkpoints = read_corpus(corpus), out.with_name(out.name + CHECKPOINTS)
    out.parent.mkdir(parents=True, exist_ok=True)
    with lock(out.with_name(f".{checkpoints.name}.lock")) if processes.is_main else nullcontext():
        if restart and processes.is_main:
            remove_checkpoints(checkpoints)
        finder: MentionFinder | None = None
        rehearsed: tuple[CorpusDocument, ...] = ()
        if mentions and processes.is_main:
            finder, rehearsed = rehearse_finder(opened, config, track=track, report=report_finder)
        processes.wait()
        model = train_model(
            opened,
            config,
            rehearsed=rehearsed,
            concepts=concepts,
            processes=processes,
            track=track,
            report=report,
            remark=remark,
            checkpoints=checkpoints,
        )
        if finder is not None:
            model = replace(model, record={**model.record, "mentions": finder.record})
        if processes.is_main:
            write_model(out, model, finder=finder, force=force)
            remove_checkpoints(checkpoints)
    return model


def train_model(
    corpus: Corpus,
    config: Config,
    *,
    rehearsed: Sequence[CorpusDocument] = (),
    concepts: ConceptTable | None = None,
    processes: Processes = ALONE,
    track: Track = _in_silence,
    report: Callable[[EpochReport], None] = lambda _: None,
    remark: Callable[[str], None] = lambda _: None,
    checkpoints: Path | None = None,
) -> TrainedModel:
    """Train on a corpus's training part and keep the epoch that is best on its validation part.

    Parameters
    ----------
    rehearsed : sequence of CorpusDocument
        Training documents with found mentions, learnt from beside those with gold.
    concepts : ConceptTable, optional
        What a linker knows of the mentions; the model keeps no concept, only that it reads them.
    processes : Processes
        Who trains along; every one returns the same model.
    track : callable of (items, description)
        Yields the items, showing progress as it likes.
    report : callable of EpochReport
        Called after each epoch.
    remark : callable of str
        Told what is worth a message, such as relations that the model can't reach.
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
    machine = probe_together(config.training, processes)
    scheme = learn_labels(documents, corpus.schema, max_sentence_distance=config.model.max_sentence_distance)
    if unread := describe_unread_pairs(documents, scheme, widest=corpus.max_sentence_distance):
        remark(unread)
    loaded = load_marked_encoder(documents, scheme, config)
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
        processes=processes,
    )
    kept = Checkpoints(checkpoints, identify_run(corpus, config, rehearsed)) if checkpoints else None
    reports = fit(run, track=track, report=report, checkpoints=kept)
    tuning, judged = tune_probabilities(run.network, run.validation, machine.device)
    counts = {
        "train": count_part(documents, run.part.documents),
        "validation": count_part(held_out, run.validation.documents),
    }
    return TrainedModel(
        network=run.network,
        tokenizer=loaded.tokenizer,
        scheme=scheme,
        schema=corpus.schema,
        config=config,
        encoder_config=loaded.config,
        record={**describe_corpus(corpus, documents, scheme), **describe_run(run, reports), **judged, "counts": counts},
        tuning=tuning,
        max_words=corpus.max_words,
        document_hashes=frozenset(hash_text(document.text) for document in (*documents, *held_out)),
    )


def identify_run(corpus: Corpus, config: Config, rehearsed: Sequence[CorpusDocument]) -> dict[str, object]:
    """Return what must be the same where a run goes on from its checkpoints."""
    return {
        "settings": config.to_json(),
        "corpus": corpus.hash,
        "version": __version__,
        "rehearsed": len(rehearsed),
    }


def describe_corpus(corpus: Corpus, documents: Sequence[CorpusDocument], scheme: LabelScheme) -> dict[str, object]:
    """Return what the record says of the training part: which one it was, and its commonest labels, as a baseline."""
    return {"corpus_hash": corpus.hash, "majority": format_majority(fit_majority(documents, scheme))}


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
