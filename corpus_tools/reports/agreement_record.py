"""An agreement as what JSON can hold: `agreement.json`, and one row a disagreement for `disagreements.jsonl`.

In: `Agreement`. Out: dictionaries of a stable schema. Undefined is null with a reason. No clinical text but on request.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from corpus_tools.agreement import (
    AGREED,
    KINDS,
    LAYERS,
    NOTHING_TO_COMPARE,
    TEXT_DIFFERS,
    Agreement,
    Confusion,
    Coverage,
    Figure,
    Kappa,
    LayerScores,
    PairAgreement,
    Project,
    Score,
    Tables,
)

Record = dict[str, Any]
Scores = Mapping[tuple[str, str], LayerScores]


def format_agreement_record(agreement: Agreement) -> Record:
    """Return the whole agreement as a record."""
    project, settings = agreement.project, agreement.settings
    return {
        "annotators": list(project.annotators),
        "modes": list(settings.modes),
        "labels": list(settings.labels) or None,
        "unknown_labels": list(agreement.unknown_labels),
        "bootstrap": {"samples": settings.samples, "seed": settings.seed, "interval": 0.95, "unit": "document"},
        "documents": _record_documents(project),
        "coverage": [_record_coverage(row) for row in project.coverage],
        "rejects": dict(sorted(Counter(reject.code for _, reject in project.rejects).items())),
        "not_compared": {"duplicate_relations": project.tables.duplicates, "unresolved": project.tables.left_out},
        "f1": _record_layers(agreement.scores),
        "mean_pairwise_f1": _record_means(agreement),
        "pairs": [_record_pair(pair) for pair in agreement.pairs],
        "group": [_record_kappa(kappa) for kappa in agreement.group_kappas],
        "specialties": _record_groups(agreement, "specialty"),
        "rounds": _record_groups(agreement, "round"),
        "aid": {"groups": _record_groups(agreement, "aid"), "difference": _record_gaps(agreement)},
        "by_document": list(_record_each_document(agreement)),
        "disagreements": _record_kinds(agreement.pairs),
    }


def _record_documents(project: Project) -> Record:
    return {
        "compared": len(project.doc_ids),
        "annotated": project.annotated,
        "without_ann": project.not_annotated,
        "text_differs": [
            {"doc_id": row.doc_id, "code": TEXT_DIFFERS, "sha256": row.hashes} for row in project.text_differs
        ],
    }


def _record_coverage(row: Coverage) -> Record:
    return {
        "annotators": [row.first, row.second],
        "compared": row.compared,
        "text_differs": row.text_differs,
        "only_first": row.only_first,
        "only_second": row.only_second,
    }


def _record_layers(scores: Scores) -> Record:
    by_layer: Record = {layer: {} for layer in LAYERS}
    for (layer, mode), found in scores.items():
        labels = {label: _record_score(score) for label, score in found.labels.items()}
        by_layer.setdefault(layer, {})[mode] = {**_record_score(found.total), "labels": labels}
    return by_layer


def _record_score(score: Score) -> Record:
    counts = {"matched": score.matched, "first": score.first, "second": score.second}
    return {"f1": score.f1.value, **_record_reasons(score.f1), **counts}


def _record_reasons(figure: Figure) -> Record:
    return {
        "reason": figure.reason,
        "interval": list(figure.interval) if figure.interval else None,
        "interval_reason": figure.interval_reason,
    }


def _record_means(agreement: Agreement) -> Record:
    """Return the mean over the pairs for which F1 is defined, null where there is none."""
    means: Record = {layer: {} for layer in LAYERS}
    for layer, mode in agreement.scores:
        values = [pair.scores[layer, mode].total.f1.value for pair in agreement.pairs]
        defined = [value for value in values if value is not None]
        means.setdefault(layer, {})[mode] = {
            "f1": sum(defined) / len(defined) if defined else None,
            "reason": None if defined else "undefined for every pair",
            "pairs": len(defined),
        }
    return means


def _record_pair(pair: PairAgreement) -> Record:
    return {
        "annotators": [pair.first, pair.second],
        "documents": pair.documents,
        "f1": _record_layers(pair.scores),
        "kappas": [_record_kappa(kappa) for kappa in pair.kappas],
        "confusion": {confusion.name: _record_confusion(confusion) for confusion in pair.confusions},
        "disagreements": {finding.kind: len(finding.first) for finding in pair.findings},
    }


def _record_kappa(kappa: Kappa) -> Record:
    coverage = {
        name: {"covered": covered, "all": everything, "share": covered / everything if everything else None}
        for name, (covered, everything) in kappa.question.coverage.items()
    }
    return {
        "coefficient": kappa.coefficient,
        "unit": kappa.question.unit,
        "type": kappa.question.category or None,
        "universe": kappa.question.universe,
        "annotators": list(kappa.question.annotators),
        "value": kappa.figure.value,
        **_record_reasons(kappa.figure),
        "n": kappa.n,
        "observed": kappa.observed,
        "expected": kappa.expected,
        "prevalence": kappa.prevalence,
        "coverage": coverage,
        "incomplete": kappa.question.incomplete,
    }


def _record_confusion(confusion: Confusion) -> Record:
    return {"categories": list(confusion.categories), "matrix": confusion.matrix.tolist()}


def _record_gaps(agreement: Agreement) -> Record:
    """Return F1 on pre-annotated documents less F1 on unaided ones; no layer where there are not both."""
    by_layer: Record = {}
    for (layer, mode), gap in agreement.gaps.items():
        by_layer.setdefault(layer, {})[mode] = {"difference": gap.value, **_record_reasons(gap)}
    return by_layer


def _record_groups(agreement: Agreement, kind: str) -> list[Record]:
    sizes = agreement.group_sizes.get(kind, {})
    return [
        {
            "name": name,
            "documents": sizes[name],
            "f1": _record_layers(scores),
            "pairs": [
                {"annotators": [pair.first, pair.second], "f1": _record_layers(pair.rounds[name])}
                for pair in agreement.pairs
                if kind == "round"
            ],
        }
        for name, scores in agreement.groups.get(kind, {}).items()
    ]


def _record_each_document(agreement: Agreement) -> Iterator[Record]:
    """Yield the documents in the order of their ids; layers in which nobody marked anything are left out."""
    columns = {key: found.tolist() for key, found in agreement.by_document.items() if found[:, 2:].any()}
    for row, doc_id in enumerate(agreement.project.doc_ids):
        figures: Record = {}
        for (layer, mode), values in columns.items():
            f1, matched, first, second = values[row]
            is_defined = first + second > 0
            figures.setdefault(layer, {})[mode] = {
                "f1": f1 if is_defined else None,
                "reason": None if is_defined else NOTHING_TO_COMPARE,
                "matched": int(matched) if matched.is_integer() else matched,
                "first": int(first),
                "second": int(second),
            }
        yield {"doc_id": doc_id, "disagreements": int(agreement.disagreements_by_document[row]), "f1": figures}


def _record_kinds(pairs: Iterable[PairAgreement]) -> list[Record]:
    counts = Counter[str]()
    for pair in pairs:
        counts.update({finding.kind: len(finding.first) for finding in pair.findings})
    return [
        {"kind": kind, "count": counts[kind], "is_agreed": kind in AGREED, "meaning": meaning}
        for kind, meaning in KINDS.items()
    ]


def list_disagreements(agreement: Agreement) -> Iterator[Record]:
    """Yield one record a disagreement, documents in the order of their ids.

    The characters of a mention are in it only where the project was read with its texts.
    """
    project = agreement.project
    rows = []
    for number, pair in enumerate(agreement.pairs):
        for finding in pair.findings:
            documents = finding.documents(project.tables).tolist()
            cells = zip(documents, finding.first.tolist(), finding.second.tolist(), strict=True)
            rows += [(document, number, finding.layer, finding.kind, one, other) for document, one, other in cells]
    owner = project.tables.textbounds.fragment_owner
    begin = np.searchsorted(owner, np.arange(len(project.tables.textbounds.label) + 1)).tolist()
    describe = _Describer(project, begin)
    for (document, number), group in groupby(sorted(rows), key=lambda row: row[:2]):
        pair = agreement.pairs[number]
        for _, _, layer, kind, one, other in group:
            yield {
                "doc_id": project.doc_ids[document],
                "annotators": [pair.first, pair.second],
                "layer": layer,
                "kind": kind,
                "is_agreed": kind in AGREED,
                "first": describe.annotation(layer, one),
                "second": describe.annotation(layer, other),
            }


@dataclass(frozen=True, slots=True)
class _Describer:
    """Turn rows of the tables into records; `begin` says where the fragments of each textbound begin."""

    project: Project
    begin: list[int]

    @property
    def tables(self) -> Tables:
        return self.project.tables

    def annotation(self, layer: str, row: int) -> Record | None:
        """Return an annotation of any layer, None for row -1."""
        if row < 0:
            return None
        describe = {
            "entities": self._mention,
            "relations": self._relation,
            "events": self._event,
            "arguments": self._argument,
            "attributes": self._attribute,
        }
        return describe[layer](row)

    def _name(self, code: int) -> str:
        return self.tables.names[code]

    def _mention(self, row: int) -> Record:
        textbounds = self.tables.textbounds
        pieces = slice(self.begin[row], self.begin[row + 1])
        starts, ends = textbounds.fragment_starts[pieces].tolist(), textbounds.fragment_ends[pieces].tolist()
        spans = [list(span) for span in zip(starts, ends, strict=True)]
        record = {"id": self._name(textbounds.identity[row]), "type": self._name(textbounds.label[row]), "spans": spans}
        if self.project.contents:
            text = self.project.contents[textbounds.document[row]]
            record["text"] = " ".join(text[start:end] for start, end in spans)
        return record

    def _relation(self, row: int) -> Record:
        relations = self.tables.relations
        ends = {"arg1": self._mention(relations.arg1[row]), "arg2": self._mention(relations.arg2[row])}
        return {"id": self._name(relations.identity[row]), "label": self._name(relations.label[row]), **ends}

    def _event(self, row: int) -> Record:
        events = self.tables.events
        trigger = self._mention(events.trigger[row])
        return {"id": self._name(events.identity[row]), "type": self._name(events.label[row]), "trigger": trigger}

    def _argument(self, row: int) -> Record:
        arguments = self.tables.arguments
        event, filler = self._event(arguments.owner[row]), self._node(arguments.filler[row])
        return {"role": self._name(arguments.label[row]), "event": event, "filler": filler}

    def _attribute(self, row: int) -> Record:
        attributes = self.tables.attributes
        return {
            "id": self._name(attributes.identity[row]),
            "name": self._name(attributes.label[row]),
            "value": self._name(attributes.value[row]) or None,
            "holder": self._node(attributes.holder[row]),
        }

    def _node(self, node: int) -> Record:
        textbounds, events = len(self.tables.textbounds.label), len(self.tables.events.label)
        if node < textbounds:
            return self._mention(node)
        return (
            self._event(node - textbounds) if node < textbounds + events else self._relation(node - textbounds - events)
        )
