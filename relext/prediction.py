"""From a model and documents to relations between their given mentions, each with its probability.

In: `TrainedModel`, documents with gold or found mentions. Out: `PredictedDocument`, relations in the source's own
mention ids. Windows without candidate pairs are never read; a document without any comes back empty.

Examples
--------
>>> PredictedRelation("treats", "T1", "T2", 0.91).type
'treats'
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import torch
from torch import Tensor

from corpus_tools.assembly import CorpusDocument
from corpus_tools.sentences import CandidatePair, parse_label
from relext.config import known_number
from relext.data import Batch, Chains, ConceptTable, LabelScheme, WindowedDocument, iterate_batches, window_document
from relext.model import RelationNetwork, Thresholds, TrainedModel, find_markers

DOCUMENTS_AT_ONCE = 256  # read ahead, so that windows of like length meet; memory stays flat however many follow
BATCH_TOKENS = 8192


@dataclass(frozen=True, slots=True)
class PredictedRelation:
    """Hold a relation with its probability: the marginals of its pair, summed over the labels that state it."""

    type: str
    arg1: str
    arg2: str
    probability: float


@dataclass(frozen=True, slots=True)
class PredictedDocument:
    """Hold what a model says of a document.

    Attributes
    ----------
    relations : tuple of PredictedRelation
        In the order of the pairs; those below the thresholds for a wanted precision left out.
    pairs : tuple of CandidatePair
        Every candidate pair with its predicted label.
    confidences : tuple of float
        The probability of each pair's predicted label.
    """

    doc_id: str
    relations: tuple[PredictedRelation, ...] = ()
    pairs: tuple[CandidatePair, ...] = ()
    confidences: tuple[float, ...] = ()


def predict_documents(
    model: TrainedModel,
    documents: Iterable[CorpusDocument],
    *,
    batch_tokens: int = BATCH_TOKENS,
    concepts: ConceptTable | None = None,
) -> Iterator[PredictedDocument]:
    """Yield the predictions for documents, in their order.

    Parameters
    ----------
    concepts : ConceptTable or None
        What a linker knows of the mentions; read by a model that was trained with concepts.
    """
    waiting = iter(documents)
    while chunk := list(islice(waiting, DOCUMENTS_AT_ONCE)):
        windowed = [window_for(model, document, concepts=concepts) for document in chunk]
        ready = [document for document in windowed if document is not None]
        found = dict(
            zip((d.doc_id for d in ready), predict_windowed(model, ready, batch_tokens=batch_tokens), strict=True)
        )
        for document in chunk:
            yield found.get(document.doc_id, PredictedDocument(document.doc_id))


def window_for(
    model: TrainedModel, document: CorpusDocument, *, concepts: ConceptTable | None = None
) -> WindowedDocument | None:
    """Cut a document into windows as the model was trained on; None where it has no candidate pair."""
    settings = model.config.model
    return window_document(
        document,
        model.scheme,
        model.tokenizer,
        window_tokens=settings.window_tokens,
        window_sentences=known_number(settings.window_sentences),
        context_tokens=settings.context_tokens,
        markers=find_markers(settings, model.scheme, model.encoder_config),
        concepts=concepts,
    )


def predict_windowed(
    model: TrainedModel, documents: Sequence[WindowedDocument], *, batch_tokens: int = BATCH_TOKENS
) -> list[PredictedDocument]:
    """Return the predictions for documents that have candidate pairs, in their order."""
    model.network.eval()
    thresholds = model.thresholds
    predicted: dict[int, PredictedDocument] = {}
    for places, batch in iterate_batches(documents, pad_id=model.tokenizer.pad_id, batch_tokens=batch_tokens):
        labels, marginals = decode_batch(model.network, batch.to(model.device), temperature=model.tuning.temperature)
        for place, row, shares in zip(places, labels.cpu(), marginals.cpu(), strict=True):
            found = describe_chain(documents[place], row, shares, model.scheme)
            predicted[place] = found if thresholds is None else keep_precise(found, thresholds)
    return [predicted[place] for place in range(len(documents))]


@torch.no_grad()
def decode_batch(network: RelationNetwork, batch: Batch, *, temperature: float = 1.0) -> tuple[Tensor, Tensor]:
    """Return the best labels, shape (documents, pairs), and the marginals, shape (documents, pairs, labels)."""
    return decode_scores(network, network(batch).scores, batch.chains, temperature=temperature)


@torch.no_grad()
def decode_scores(
    network: RelationNetwork, scores: Tensor, chains: Chains, *, temperature: float = 1.0
) -> tuple[Tensor, Tensor]:
    """Return the best labels and the marginals of emissions, shape (documents, pairs, labels), the bias not in them."""
    biased, run = network.biased(scores), {"mask": chains.mask, "links": chains.links}
    return network.decoder.decode(biased, **run), network.decoder.marginals(biased, **run, temperature=temperature)


def describe_chain(
    document: WindowedDocument, labels: Tensor, marginals: Tensor, scheme: LabelScheme
) -> PredictedDocument:
    """Name what the labels of one document's chain say.

    Parameters
    ----------
    labels : LongTensor, shape (at least the document's pairs,)
    marginals : Tensor, shape (at least the document's pairs, labels)
    """
    count = len(document.candidates)
    chosen, shares = labels[:count].tolist(), marginals[:count].double()
    confidences = shares.gather(1, labels[:count, None]).squeeze(1).clamp(max=1).tolist()
    relations = [
        PredictedRelation(*relation, probability=probability)
        for n in range(count)
        if chosen[n]
        for relation, probability in _name_relations(document.mention_ids[n], chosen[n], shares[n], scheme)
    ]
    pairs = [replace(pair, label=scheme.labels[label]) for pair, label in zip(document.candidates, chosen, strict=True)]
    return PredictedDocument(document.doc_id, tuple(relations), tuple(pairs), tuple(confidences))


def _name_relations(
    ends: tuple[str, str], label: int, shares: Tensor, scheme: LabelScheme
) -> Iterator[tuple[tuple[str, str, str], float]]:
    """Yield each relation of a label with the summed probability of all labels that state it."""
    parts = [parse_label(name) for name in scheme.labels]
    for part, relation in zip(sorted(parts[label]), scheme.unfold(label, *ends), strict=True):
        stating = [n for n, names in enumerate(parts) if part in names]
        yield relation, min(1.0, float(shares[stating].sum()))


def keep_precise(document: PredictedDocument, thresholds: Thresholds) -> PredictedDocument:
    """Return a document with the relations at or above the threshold of their label, none where it has no threshold."""
    least = {relation.type: thresholds.get(relation.type) for relation in document.relations}
    kept = (relation for relation in document.relations if _reaches(relation.probability, least[relation.type]))
    return replace(document, relations=tuple(kept))


def _reaches(probability: float, threshold: float | None) -> bool:
    return threshold is not None and probability >= threshold
