"""One model on one part of one corpus: its predictions, the baseline's, and under which protocol they were made.

In: a trained model and an opened corpus. Out: an `Assessment`, from which `report` writes JSON, Markdown and a page.

Every document's gold mentions are given to the model; with a finder, the figures from the text alone stand beside. A
relation label that the model never learnt is a miss, and named. Documents whose text the model was trained on are found
by its hash, and the figures without them stand beside.
"""

import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from corpus_tools.assembly import Corpus, CorpusDocument
from corpus_tools.errors import InputError
from corpus_tools.storage import hash_text
from relext.data import ConceptTable, LabelScheme
from relext.errors import LabelMismatch
from relext.evaluation.baseline import parse_majority, predict_majority
from relext.evaluation.calibration import Calibration
from relext.evaluation.end_to_end import EndToEnd, assess_end_to_end
from relext.evaluation.frames import score_frames
from relext.evaluation.measure import Evaluation, calibrate_outcomes, evaluate_outcomes
from relext.evaluation.metrics import Scores, score_counts
from relext.evaluation.mistakes import Mistake, at_temperature_1, list_mistakes, weigh_outcomes
from relext.evaluation.outcomes import Outcome, count_outcomes, find_outcomes
from relext.evaluation.significance import randomisation_test
from relext.model import MentionFinder, TrainedModel
from relext.prediction import PredictedDocument, PredictedRelation, predict_documents, window_for


@dataclass(frozen=True, slots=True)
class Protocol:
    """Say under which conditions the figures were measured.

    Attributes
    ----------
    precision_target : float or None
        The precision for which the model's thresholds a label were asked; None where every prediction counts.
    """

    model: str
    encoder: str
    device: str
    split: str
    corpus_hash: str
    seed: int
    mentions: str = "gold"
    precision_target: float | None = None


@dataclass(frozen=True, slots=True)
class Throughput:
    """Hold what was read in how many seconds, from segmented documents to relations."""

    documents: int
    pairs: int
    tokens: int
    seconds: float

    def a_second(self, count: int) -> float | None:
        """Return a count divided by the seconds, None where no time was measured."""
        return count / self.seconds if self.seconds > 0 else None


@dataclass(frozen=True, slots=True)
class Overlap:
    """Hold the documents that the model was trained on, and the micro scores of the others; None where none overlap."""

    doc_ids: tuple[str, ...]
    others: Scores | None


@dataclass(frozen=True, slots=True)
class Assessment:
    """Hold all that is reported of one model on one part of one corpus.

    Attributes
    ----------
    majority : Evaluation
        Of the baseline, the commonest label of each pair of types in training.
    p_value : float
        Of the difference in micro F1 between model and baseline.
    unknown_labels : dict of str to int
        Gold relations whose label the model never learnt; they count as missed.
    unknown_types : dict of str to int
        Mentions of types that training never saw; none of their relations can be found.
    mistakes : tuple of Mistake
        Invented relations and missed ones, the surest mistakes first, `MISTAKES_KEPT` of each at most.
    uncalibrated : Calibration
        Of the same predictions at temperature 1; `model.calibration` is that of the model's own temperature.
    end_to_end : EndToEnd or None
        The figures from the text alone, where a finder was given.
    frames : Scores or None
        Events scored whole, where the corpus was built with `--events relations`.
    """

    protocol: Protocol
    model: Evaluation
    majority: Evaluation
    p_value: float
    throughput: Throughput
    overlap: Overlap
    unknown_labels: dict[str, int]
    mistakes: tuple[Mistake, ...]
    end_to_end: EndToEnd | None = None
    uncalibrated: Calibration = field(default_factory=lambda: Calibration((), None))
    temperature: float = 1.0
    frames: Scores | None = None
    unknown_types: dict[str, int] = field(default_factory=dict)


def assess_model(
    model: TrainedModel,
    corpus: Corpus,
    *,
    name: str,
    split: str = "test",
    seed: int = 13,
    finder: MentionFinder | None = None,
    concepts: ConceptTable | None = None,
) -> Assessment:
    """Evaluate a model on one part of a corpus, gold mentions given, and with a finder also from the text alone.

    Parameters
    ----------
    name : str
        What the report calls the model.
    concepts : ConceptTable or None
        What a linker knows of the mentions; found ones are looked up by their characters.

    Raises
    ------
    InputError
        Where the part holds no document.
    LabelMismatch
        Where the corpus has relation labels and the model knows none of them.
    """
    documents = list(corpus.documents(split))
    if not documents:
        raise InputError(f"{corpus.path}: its part {split} holds no document; choose another --split")
    validate_overlap(model.scheme, corpus, documents)
    symmetric = find_symmetric(corpus, model.scheme)
    predicted, throughput = time_predictions(model, documents, concepts=concepts)
    relations = {doc_id: each.relations for doc_id, each in predicted.items()}
    ours = _outcomes(documents, relations, model.scheme, symmetric)
    evaluation = evaluate_outcomes(ours, [document.doc_id for document in documents], seed=seed)
    majority = assess_majority(model, documents, predicted, symmetric=symmetric, seed=seed)
    doubts = weigh_outcomes(model, documents, ours, symmetric=symmetric, concepts=concepts)
    end_to_end = (
        assess_end_to_end(model, finder, documents, symmetric=symmetric, seed=seed, concepts=concepts)
        if finder
        else None
    )
    return Assessment(
        protocol=describe_protocol(model, corpus, name=name, split=split, seed=seed, has_finder=finder is not None),
        model=evaluation,
        majority=majority,
        p_value=randomisation_test(evaluation.counts, majority.counts, seed=seed),
        throughput=throughput,
        overlap=find_overlap(documents, ours, trained_on=model.document_hashes),
        unknown_labels=count_unknown_labels(documents, model.scheme),
        mistakes=tuple(list_mistakes(model, documents, doubts, concepts=concepts)),
        uncalibrated=calibrate_outcomes(at_temperature_1(doubts)),
        temperature=model.tuning.temperature,
        frames=score_frames(documents, relations),
        end_to_end=end_to_end,
        unknown_types=model.scheme.count_unknown(mention.type for each in documents for mention in each.mentions),
    )


def time_predictions(
    model: TrainedModel, documents: Sequence[CorpusDocument], *, concepts: ConceptTable | None
) -> tuple[dict[str, PredictedDocument], Throughput]:
    """Return the predictions by document id, and how fast they were made."""
    started = time.perf_counter()
    predicted = {each.doc_id: each for each in predict_documents(model, documents, concepts=concepts)}
    seconds = time.perf_counter() - started
    return predicted, _measure_throughput(model, documents, predicted.values(), seconds=seconds)


def assess_majority(
    model: TrainedModel,
    documents: Sequence[CorpusDocument],
    predicted: Mapping[str, PredictedDocument],
    *,
    symmetric: Collection[str],
    seed: int,
) -> Evaluation:
    """Evaluate the baseline over the same candidate pairs: the commonest label of each pair of types in training."""
    table = parse_majority(model.record.get("majority", []))
    baseline = {d.doc_id: predict_majority(d, predicted[d.doc_id].pairs, table) for d in documents}
    theirs = _outcomes(documents, baseline, model.scheme, symmetric)
    return evaluate_outcomes(theirs, [document.doc_id for document in documents], seed=seed)


def describe_protocol(
    model: TrainedModel, corpus: Corpus, *, name: str, split: str, seed: int, has_finder: bool
) -> Protocol:
    """Return under which conditions a model is evaluated."""
    return Protocol(
        model=name,
        encoder=describe_encoder(model),
        device=str(model.device),
        split=split,
        corpus_hash=corpus.hash,
        seed=seed,
        mentions="gold and found" if has_finder else "gold",
        precision_target=model.precision_target,
    )


def validate_overlap(scheme: LabelScheme, corpus: Corpus, documents: Iterable[CorpusDocument]) -> None:
    """Refuse a corpus that has relation labels of which the model knows none.

    Raises
    ------
    LabelMismatch
        With both lists of labels.
    """
    theirs = {*corpus.schema.labels, *(relation.type for each in documents for relation in each.relations)}
    if theirs and theirs.isdisjoint(scheme.relations):
        raise LabelMismatch(
            f"{corpus.path}: the model knows none of its relation labels; the corpus has {_listed(theirs)}"
            f", the model {_listed(scheme.relations)}; train a model on this corpus's labels"
        )


def _listed(labels: Iterable[str], limit: int = 12) -> str:
    ordered = sorted(labels)
    return ", ".join(ordered[:limit]) + (f" and {len(ordered) - limit} more" if len(ordered) > limit else "")


def find_symmetric(corpus: Corpus, scheme: LabelScheme) -> frozenset[str]:
    """Return the labels that model or corpus hold for symmetric: an observed schema can't know."""
    return scheme.symmetric | {label for label in corpus.schema.labels if corpus.schema.is_symmetric(label)}


def count_unknown_labels(documents: Iterable[CorpusDocument], scheme: LabelScheme) -> dict[str, int]:
    """Return how many gold relations there are of each label that the model can't predict."""
    learnt = {label for n in range(len(scheme.labels)) for label, _, _ in scheme.unfold(n, "", "")}
    gold = Counter(relation.type for document in documents for relation in document.relations)
    return {label: gold[label] for label in sorted(gold) if label not in learnt}


def _outcomes(
    documents: Iterable[CorpusDocument],
    relations: Mapping[str, Sequence[PredictedRelation]],
    scheme: LabelScheme,
    symmetric: Collection[str],
) -> list[Outcome]:
    return [
        outcome
        for document in documents
        for outcome in find_outcomes(
            document,
            relations[document.doc_id],
            reaches=scheme.label_document(document).reaches,
            symmetric=symmetric,
        )
    ]


def describe_encoder(model: TrainedModel) -> str:
    """Return the name that the encoder was asked for by, without a path, and its shape."""
    config = model.encoder_config
    layers, size = config.get("num_hidden_layers", "?"), config.get("hidden_size", "?")
    return f"{Path(model.config.model.encoder).name} ({config['model_type']}, {layers} layers of {size})"


def _measure_throughput(
    model: TrainedModel,
    documents: Sequence[CorpusDocument],
    predicted: Iterable[PredictedDocument],
    *,
    seconds: float,
) -> Throughput:
    windowed = (window_for(model, document) for document in documents)
    return Throughput(
        documents=len(documents),
        pairs=sum(len(each.pairs) for each in predicted),
        tokens=sum(each.tokens for each in windowed if each is not None),
        seconds=seconds,
    )


def find_overlap(
    documents: Iterable[CorpusDocument], outcomes: Iterable[Outcome], *, trained_on: Collection[str]
) -> Overlap:
    """Return the documents whose text stands in the training part too, and the scores of the others.

    Parameters
    ----------
    trained_on : collection of str
        SHA-256 of each training text.
    """
    seen = {document.doc_id for document in documents if hash_text(document.text) in trained_on}
    if not seen:
        return Overlap((), None)
    others = score_counts(*count_outcomes(outcome for outcome in outcomes if outcome.doc_id not in seen))
    return Overlap(tuple(sorted(seen)), others)
