"""Train a system of any kind, and give it back as one function from documents to relations.

In: a system, its settings and documents. Out: `Fitted`. Networks go through `train_model`, whatever their switches.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from corpus_tools.assembly import CorpusDocument
from relext.comparison.linear import fit_linear
from relext.comparison.selection import Selection
from relext.comparison.systems import System
from relext.comparison.views import Relations, open_view
from relext.config import Config
from relext.data import LabelScheme
from relext.evaluation import fit_majority, predict_majority
from relext.prediction import predict_documents
from relext.training import EpochReport, train_model

Track = Callable[[Sequence[Any], str], Iterator[Any]]
Predict = Callable[[Sequence[CorpusDocument]], Mapping[str, Relations]]


@dataclass(frozen=True, slots=True)
class Watch:
    """Hold who is told how training goes on, and where its checkpoints lie, None for none."""

    track: Track = lambda items, _: iter(items)
    report: Callable[[EpochReport], None] = lambda _: None
    checkpoints: Path | None = None


@dataclass(frozen=True, slots=True)
class Fitted:
    """Hold what was trained, as a function to relations by document id, and the record of its training.

    The record names at least `seconds`, `epoch_seconds` (median, of one pass) and `validation_f1`.
    """

    predict: Predict
    record: Mapping[str, Any]


def fit_system(system: System, config: Config, selection: Selection, *, scheme: LabelScheme, watch: Watch) -> Fitted:
    """Train a system on the training part of a selection; the validation part chooses its epoch and its settings.

    Parameters
    ----------
    scheme : LabelScheme
        Over whose candidate pairs baselines learn, and views rewrite; a network learns its own from what it reads.

    Raises
    ------
    NothingToLearn, EncoderError, HostileModel, UsageError
        As `train_model` does.
    """
    if system.kind == "network":
        return _fit_network(system, config, selection, scheme=scheme, watch=watch)
    started = time.perf_counter()
    fit = _fit_linear if system.kind == "linear" else _fit_majority
    predict, f1 = fit(selection, scheme)
    seconds = time.perf_counter() - started
    return Fitted(predict, {"seconds": seconds, "epoch_seconds": seconds, "validation_f1": f1})


def _fit_network(system: System, config: Config, selection: Selection, *, scheme: LabelScheme, watch: Watch) -> Fitted:
    view = open_view(system.view, scheme)
    if system.view != "source":
        selection = selection.changed(system.view, lambda _, found: list(map(view.change, found)), schema=view.schema)
    model = train_model(selection, config, track=watch.track, report=watch.report, checkpoints=watch.checkpoints)

    def predict(documents: Sequence[CorpusDocument]) -> dict[str, Relations]:
        predicted = predict_documents(model, map(view.change, documents))
        pairs = zip(documents, predicted, strict=True)
        return {document.doc_id: view.restore(document, each.relations) for document, each in pairs}

    epochs: Any = model.record["epochs"]
    return Fitted(predict, {**model.record, "epoch_seconds": median(each["seconds"] for each in epochs)})


def _fit_linear(selection: Selection, scheme: LabelScheme) -> tuple[Predict, float | None]:
    model, f1 = fit_linear(selection.parts["train"], selection.parts["validation"], scheme)
    return lambda documents: {document.doc_id: model.predict(document) for document in documents}, f1


def _fit_majority(selection: Selection, scheme: LabelScheme) -> tuple[Predict, float | None]:
    table = fit_majority(selection.parts["train"], scheme)

    def predict(documents: Sequence[CorpusDocument]) -> dict[str, Relations]:
        labelled = ((document, scheme.label_document(document).pairs) for document in documents)
        return {document.doc_id: predict_majority(document, pairs, table) for document, pairs in labelled}

    return predict, None
