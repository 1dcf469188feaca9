"""What the validation part decides: which epoch is best, and how much NO_RELATION is favoured.

In: a network and the validation documents. Out: micro F1 over positive labels against all gold relations of the
documents, reachable or not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from corpus_tools.assembly import CorpusDocument
from relext.data import Batch, LabelScheme, WindowedDocument, iterate_batches
from relext.evaluation import RelationKey, gold_key, predicted_key, score_counts
from relext.model import RelationNetwork
from relext.prediction import PredictedRelation

BIASES = tuple(step / 4 for step in range(-16, 17))  # of NO_RELATION, -4 to 4, the same for every system of a study
BATCH_TOKENS = 8192
MOST_SCORES = 1 << 22  # emissions that are decoded at once, 16 MB

Key = tuple[str, RelationKey]
Emitted = tuple[list[int], Batch, Tensor]  # positions of the documents, their batch, their emissions


@dataclass(frozen=True, slots=True)
class ValidationPart:
    """Hold the documents that can be predicted on and the gold of all."""

    documents: tuple[WindowedDocument, ...]
    gold: frozenset[Key]
    scheme: LabelScheme
    pad_id: int

    @property
    def ceiling(self) -> float | None:
        """Return the share of gold relations that a candidate pair can state; None where there is no gold."""
        known = [[max(0, label) for label in document.labels.tolist()] for document in self.documents]
        found = self._keys(known) & self.gold
        return len(found) / len(self.gold) if self.gold else None

    def score(self, network: RelationNetwork, device: torch.device) -> float | None:
        """Return the micro F1 of a network as it stands; None where there is no gold."""
        if not self.gold:
            return None
        return self._f1(self._decode(network, self.emit(network, device), bias=float(network.no_relation_bias)))

    def tune_bias(self, network: RelationNetwork, device: torch.device) -> float:
        """Return the NO_RELATION bias with the best micro F1, the smallest among equals; 0 where there is no gold."""
        if not self.gold:
            return 0.0
        decoded = self._decode_biased(network, self.emit(network, device), BIASES)
        scores = {bias: self._f1(labels) for bias, labels in zip(BIASES, decoded, strict=True)}
        return max(BIASES, key=lambda bias: (scores[bias], -abs(bias)))

    @torch.no_grad()
    def emit(self, network: RelationNetwork, device: torch.device) -> list[Emitted]:
        """Return the emissions of all documents, batch by batch."""
        network.eval()
        batches = iterate_batches(self.documents, pad_id=self.pad_id, batch_tokens=BATCH_TOKENS)
        moved = ((places, batch.to(device)) for places, batch in batches)
        return [(places, batch, network(batch).scores) for places, batch in moved]

    def _decode(self, network: RelationNetwork, emitted: Sequence[Emitted], *, bias: float) -> list[list[int]]:
        """Return each document's label sequence."""
        return self._decode_biased(network, emitted, (bias,))[0]

    def _decode_biased(
        self, network: RelationNetwork, emitted: Sequence[Emitted], biases: Sequence[float]
    ) -> list[list[list[int]]]:
        """Return each document's label sequence for each bias; chains are decoded for several biases side by side."""
        found: list[dict[int, list[int]]] = [{} for _ in biases]
        for places, batch, scores in emitted:
            at_once = max(1, MOST_SCORES // scores.numel())
            for start in range(0, len(biases), at_once):
                some = biases[start : start + at_once]
                for labels, rows in zip(found[start:], self._decode_batch(network, batch, scores, some), strict=False):
                    labels.update(zip(places, rows, strict=True))
        return [
            [labels[place][: len(document.pairs)] for place, document in enumerate(self.documents)] for labels in found
        ]

    def _decode_batch(
        self, network: RelationNetwork, batch: Batch, scores: Tensor, biases: Sequence[float]
    ) -> list[list[list[int]]]:
        """Return the label sequences of a batch's chains for each bias."""
        chains, count = batch.chains, len(biases)
        added = torch.tensor(biases, device=scores.device).view(-1, 1, 1, 1)
        kept = scores[..., 1:].expand(count, -1, -1, -1)
        shifted = torch.cat([scores[..., :1] + added, kept], dim=-1)  # (n, B, T, L)
        mask, links = chains.mask.repeat(count, 1), chains.links.repeat(count, 1)
        rows = network.decoder.decode(shifted.flatten(0, 1), mask=mask, links=links)
        decoded: list[list[list[int]]] = rows.view(count, *chains.mask.shape).tolist()
        return decoded

    def is_gold(self, doc_id: str, relation: PredictedRelation) -> bool:
        """Say whether a document's predicted relation is a gold one."""
        return (doc_id, predicted_key(relation, self.scheme.symmetric)) in self.gold

    def _keys(self, labels: Sequence[Sequence[int]]) -> set[Key]:
        return {
            (document.doc_id, predicted_key(PredictedRelation(*relation, probability=1.0), self.scheme.symmetric))
            for document, row in zip(self.documents, labels, strict=True)
            for ends, label in zip(document.mention_ids, row, strict=True)
            if label
            for relation in self.scheme.unfold(label, *ends)
        }

    def _f1(self, labels: Sequence[Sequence[int]]) -> float:
        predicted = self._keys(labels)
        found = len(predicted & self.gold)
        return score_counts(found, len(predicted) - found, len(self.gold) - found).f1 or 0.0


def gold_keys(documents: Sequence[CorpusDocument], scheme: LabelScheme) -> frozenset[Key]:
    """Return every gold relation of the documents, the same one written twice once."""
    return frozenset(
        (document.doc_id, gold_key(each, scheme.symmetric)) for document in documents for each in document.relations
    )
