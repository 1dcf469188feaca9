"""One run: a system trained with one seed on the documents of a study, and scored.

In: `Run`. Out: `RunResult`. All systems are scored by the same code, against the same gold relations and over the same
candidate pairs, those of the study's shared settings.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

import corpus_tools
import relext
from corpus_tools.assembly import CorpusDocument
from corpus_tools.storage import format_json, hash_file, hash_folder, hash_text
from relext.comparison.fitting import Predict, Watch, fit_system
from relext.comparison.linear import STRENGTHS
from relext.comparison.memory import read_peak_memory, reset_peak_memory
from relext.comparison.results import DocumentResult, EpochResult, RunResult, hash_identity
from relext.comparison.selection import Selection
from relext.comparison.systems import System
from relext.comparison.views import Relations
from relext.config import Config
from relext.data import LabelScheme
from relext.evaluation import Evaluation, evaluate_outcomes, find_outcomes, gold_key, predicted_key
from relext.training import BIASES

# A prediction that is over sooner is made again, and the fastest counts: a second measures the machine's moods.
ENOUGH_SECONDS, MOST_REPEATS = 4.0, 3


@dataclass(frozen=True, slots=True)
class Run:
    """Hold one system, its settings with their seed, and what it is trained and scored on.

    Attributes
    ----------
    source : str
        The source of its training documents; empty for all.
    selection : Selection
        Training and validation documents.
    part : str
        The part that it is scored on.
    evaluated : tuple of CorpusDocument
        The documents drawn of that part, whatever their source.
    scheme : LabelScheme
        Of the study: which pairs all systems are compared over, and which gold relations these reach.
    """

    system: System
    seed: int
    source: str
    config: Config
    selection: Selection
    part: str
    evaluated: tuple[CorpusDocument, ...]
    scheme: LabelScheme

    def identify(self) -> dict[str, object]:
        """Return all that could change the run's figures, the machine aside; a system's name is no part of it."""
        is_network = self.system.kind == "network"
        settings: dict[str, object] = {
            "network": list_switched_on(self.config),
            "linear": {"C": STRENGTHS, "bias": BIASES},
        }
        return {
            "version": relext.__version__,
            "corpus": self.selection.hash,
            "part": self.part,
            "kind": self.system.kind,
            "view": self.system.view,
            "distance": self.scheme.max_sentence_distance,
            "settings": settings.get(self.system.kind),
            "encoder": identify_encoder(self.config.model.encoder) if is_network else None,
        }

    @property
    def key(self) -> str:
        """Return the hash of the identity: systems whose settings are the same share one result."""
        return hash_identity(self.identify())


def list_switched_on(config: Config) -> dict[str, object]:
    """Return the settings that are not off, 0 or "none": a switch that a later version adds, off, changes no key."""
    tables = [getattr(config, table.name) for table in fields(config)]
    rows = [(each.name, getattr(table, each.name), each.metadata["off"]) for table in tables for each in fields(table)]
    return {name: value for name, value, off in rows if value and value not in ("none", off)}


def identify_encoder(name: str) -> str:
    """Return the name of an encoder, or a hash of its files where it is a local folder."""
    return hash_text(format_json(hash_folder(Path(name)))) if Path(name).is_dir() else name


def execute_run(run: Run, watch: Watch) -> RunResult:
    """Train a system and score it.

    Raises
    ------
    NothingToLearn, EncoderError, HostileModel, UsageError
        As `train_model` does.
    """
    reset_peak_memory()
    fitted = fit_system(run.system, run.config, run.selection, scheme=run.scheme, watch=watch)
    relations, seconds = time_predictions(fitted.predict, run.evaluated)
    marks = [mark_pairs(each, relations[each.doc_id], run.scheme) for each in run.evaluated]
    evaluation, record = _evaluate(run, relations), fitted.record
    return RunResult(
        documents=tuple(
            DocumentResult(doc_id, tp, fp, fn, pairs)
            for doc_id, (tp, fp, fn), pairs in zip(evaluation.doc_ids, evaluation.counts.tolist(), marks, strict=True)
        ),
        labels={label: (scores.tp, scores.fp, scores.fn) for label, scores in evaluation.labels.items()},
        ceiling=evaluation.ceiling.value,
        calibration_error=evaluation.calibration.error,
        validation_f1=record["validation_f1"],
        epochs=tuple(_parse_epoch(each) for each in record.get("epochs", ())),
        train_seconds=record["seconds"],
        train_pairs_per_second=count_pairs(run.selection.parts["train"], run.scheme) / record["epoch_seconds"],
        predict_seconds=seconds,
        predict_pairs_per_second=sum(map(len, marks)) / seconds if seconds > 0 else None,
        peak_memory_bytes=read_peak_memory(),
        machine={name: record[name] for name in ("device", "precision", "threads") if name in record},
        code=hash_code(),
    )


def count_pairs(documents: Sequence[CorpusDocument], scheme: LabelScheme) -> int:
    """Return how many candidate pairs documents have: the measure of speed, whatever a system makes of them."""
    return sum(len(scheme.label_document(document).pairs) for document in documents)


def time_predictions(predict: Predict, documents: Sequence[CorpusDocument]) -> tuple[Mapping[str, Relations], float]:
    """Return the relations of each document and the seconds of the fastest of a few predictions."""
    spent: list[float] = []
    relations: Mapping[str, Relations] = {}
    while len(spent) < MOST_REPEATS and sum(spent) < ENOUGH_SECONDS:
        started = time.perf_counter()
        relations = predict(documents)
        spent.append(time.perf_counter() - started)
    return relations, min(spent)


def mark_pairs(document: CorpusDocument, relations: Relations, scheme: LabelScheme) -> str:
    """Return a "1" for each candidate pair that gold and prediction give the same relations, else a "0"."""
    gold = {gold_key(each, scheme.symmetric) for each in document.relations}
    wrong = gold ^ {predicted_key(each, scheme.symmetric) for each in relations}
    ends = {frozenset(key[1:3]) for key in wrong}
    marks = []
    for pair in scheme.label_document(document).pairs:
        first = document.segments[pair.segment].mentions[pair.first].id
        second = document.segments[pair.segment + pair.distance].mentions[pair.second].id
        marks.append("0" if frozenset((first, second)) in ends else "1")
    return "".join(marks)


def _evaluate(run: Run, relations: Mapping[str, Relations]) -> Evaluation:
    outcomes = [
        outcome
        for document in run.evaluated
        for outcome in find_outcomes(
            document,
            relations[document.doc_id],
            reaches=run.scheme.label_document(document).reaches,
            symmetric=run.scheme.symmetric,
        )
    ]
    return evaluate_outcomes(outcomes, [document.doc_id for document in run.evaluated], seed=run.seed)


def _parse_epoch(record: Mapping[str, Any]) -> EpochResult:
    names = EpochResult.__dataclass_fields__
    return EpochResult(**{"train_f1": None, **{name: value for name, value in record.items() if name in names}})


@cache
def hash_code() -> str:
    """Return a hash of the source of both packages."""
    folders = (Path(package.__file__).parent for package in (corpus_tools, relext) if package.__file__)
    files = sorted(path for folder in folders for path in folder.rglob("*.py"))
    return hash_text("\n".join(hash_file(path) for path in files))[:16]
