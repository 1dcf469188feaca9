"""What a model may say: its labels, the types it knows, and which pairs of types can have which label.

In: the schema of a corpus and the gold of its training part. Out: `LabelScheme`, which the model folder keeps.

Our own schema is law, widened by what training gold holds. A foreign `annotation.conf` only advises (63 % of the gold
of DDI-2013 breaks the file beside it), so there the pairs of types with training gold decide.

Examples
--------
>>> scheme = LabelScheme(("NO_RELATION", "treats⁻¹"), ("Drug", "Symptom"), ("present",), {("Symptom", "Drug"): (1,)})
>>> scheme.allows("Symptom", "Drug"), scheme.allows("Drug", "Symptom")
(True, False)
>>> scheme.unfold(1, "T1", "T2")
(('treats', 'T2', 'T1'),)
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from corpus_tools.assembly import CorpusDocument
from corpus_tools.errors import InputError
from corpus_tools.sentences import (
    CANDIDATE,
    GoldRelation,
    LabelledPairs,
    Segment,
    enumerate_pairs,
    format_label,
    label_pairs,
    parse_label,
)
from corpus_tools.standoff import INVERSE, NO_RELATION, Schema, suggest_name
from relext.config import AUTO
from relext.errors import LabelMismatch, NothingToLearn

TRUSTED_ORIGIN = "toml"  # the origin of a schema that decides; any other advises
MIN_CROSS_SHARE = 0.02  # of training gold: below it, pairs across sentences cost more precision than they win recall
_DECIDED_HERE = {CANDIDATE, "pair-not-allowed", "cross-sentence", "duplicate"}  # reaches that the model's table changes

TypePair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class LabelScheme:
    """Hold the labels in the order of the network's outputs, NO_RELATION first.

    Attributes
    ----------
    labels : tuple of str
        NO_RELATION, then the directed and composite labels of training gold, sorted.
    types, assertions : tuple of str
        In the order of the network's embeddings, which keep a place before the first for what is unknown.
    allowed : mapping of (first type, second type) to positions in `labels`
        NO_RELATION, always allowed, is not listed.
    symmetric : frozenset of str
        Relation labels without a direction.
    relations : tuple of str
        Every relation label that the training corpus's schema or gold knows, learnt or not.
    """

    labels: tuple[str, ...]
    types: tuple[str, ...]
    assertions: tuple[str, ...]
    allowed: Mapping[TypePair, tuple[int, ...]]
    symmetric: frozenset[str] = frozenset()
    relations: tuple[str, ...] = ()
    max_sentence_distance: int = 0
    _ids: Mapping[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ids", {label: n for n, label in enumerate(self.labels)})

    def allows(self, first_type: str, second_type: str) -> bool:
        """Say whether two mentions of these types, in text order, make a candidate pair."""
        return (first_type, second_type) in self.allowed

    def label_id(self, label: str) -> int:
        """Return the position of a pair's label; -1 for one that training gold never showed."""
        return self._ids.get(label, -1)

    def type_id(self, name: str) -> int:
        """Return the embedding's row of a type, 0 for one unknown."""
        return self.types.index(name) + 1 if name in self.types else 0

    def assertion_id(self, name: str) -> int:
        """Return the embedding's row of an assertion, 0 for one unknown."""
        return self.assertions.index(name) + 1 if name in self.assertions else 0

    def count_unknown(self, types: Iterable[str]) -> dict[str, int]:
        """Return how often each type occurs of which training saw no mention, so that no pair with it is read."""
        counts = Counter(types)
        return {name: counts[name] for name in sorted(counts.keys() - set(self.types))}

    def unfold(self, label: int, first: str, second: str) -> tuple[tuple[str, str, str], ...]:
        """Return the relations (type, arg1, arg2) that a predicted label states between two mentions."""
        return tuple(
            (name.removesuffix(INVERSE), *((second, first) if name.endswith(INVERSE) else (first, second)))
            for name in sorted(parse_label(self.labels[label]))
        )

    def permitted(self) -> NDArray[np.bool_]:
        """Return which label two types can have, shape (types + 1, types + 1, labels)."""
        table = np.zeros((len(self.types) + 1, len(self.types) + 1, len(self.labels)), dtype=bool)
        table[:, :, 0] = True
        for (first, second), labels in self.allowed.items():
            table[self.type_id(first), self.type_id(second), list(labels)] = True
        return table

    def label_document(self, document: CorpusDocument) -> LabelledPairs:
        """Enumerate a document's candidate pairs under this scheme and put its gold on them."""
        return label_gold(
            document,
            allows=self.allows,
            symmetric=self.symmetric,
            max_sentence_distance=self.max_sentence_distance,
        )

    def to_json(self) -> dict[str, object]:
        """Return the scheme as JSON values."""
        return {
            "labels": list(self.labels),
            "types": list(self.types),
            "assertions": list(self.assertions),
            "allowed": [[*types, [self.labels[n] for n in labels]] for types, labels in sorted(self.allowed.items())],
            "symmetric": sorted(self.symmetric),
            "relations": list(self.relations),
            "max_sentence_distance": self.max_sentence_distance,
        }

    @classmethod
    def from_json(cls, record: Any) -> Self:
        """Return the scheme that `to_json` made a record of.

        Raises
        ------
        InputError
            Where the record holds anything else.
        """
        try:
            labels = tuple(map(_text, record["labels"]))
            places = {label: n for n, label in enumerate(labels)}
            allowed = {
                (_text(first), _text(second)): tuple(places[label] for label in names)
                for first, second, names in record["allowed"]
            }
            scheme = cls(
                labels=labels,
                types=tuple(map(_text, record["types"])),
                assertions=tuple(map(_text, record["assertions"])),
                allowed=allowed,
                symmetric=frozenset(map(_text, record["symmetric"])),
                relations=tuple(map(_text, record["relations"])),
                max_sentence_distance=int(record["max_sentence_distance"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"the model's labels can't be read ({error.__class__.__name__})") from error
        if labels[:1] != (NO_RELATION,) or len(places) != len(labels):
            raise InputError("the model's labels can't be read: NO_RELATION must come first, and no label twice")
        return scheme


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("expected a string")
    return value


def label_gold(
    document: CorpusDocument, *, allows: Any, symmetric: frozenset[str], max_sentence_distance: int
) -> LabelledPairs:
    """Enumerate a document's pairs under a table of type pairs and put its gold on them.

    A reach that the corpus decided for another reason than its table of pairs stays as it is.
    """
    pairs = enumerate_pairs(document.segments, allows, max_sentence_distance=max_sentence_distance)
    relations = [replace(r, reach="") if r.reach in _DECIDED_HERE else r for r in document.relations]
    return label_pairs(
        pairs,
        document.segments,
        relations=relations,
        is_symmetric=symmetric.__contains__,
        max_sentence_distance=max_sentence_distance,
    )


def learn_labels(
    documents: Sequence[CorpusDocument], schema: Schema, *, max_sentence_distance: int | str = AUTO
) -> LabelScheme:
    """Learn from the training part what may be said of which pair of types.

    Raises
    ------
    NothingToLearn
        Where no relation joins two mentions that are as near as pairs are read.
    """
    symmetric = frozenset(label for label in schema.labels if schema.is_symmetric(label))
    distance = max_sentence_distance
    if not isinstance(distance, int):
        distance = int(share_across_sentences(documents) >= MIN_CROSS_SHARE)
    seen = _observe_labels(documents, symmetric=symmetric, max_sentence_distance=distance)
    if not seen:
        raise NothingToLearn(_say_nothing_to_learn(documents, distance))
    labels = (NO_RELATION, *sorted({label for _, label in seen}))
    types = sorted({mention.type for document in documents for mention in document.mentions})
    return LabelScheme(
        labels=labels,
        types=tuple(types),
        assertions=tuple(sorted({m.assertion for document in documents for m in document.mentions})),
        allowed=_allow_labels(labels, seen, schema=schema, types=types),
        symmetric=symmetric,
        relations=tuple(sorted({*schema.labels, *(r.type for d in documents for r in d.relations)})),
        max_sentence_distance=distance,
    )


def _say_nothing_to_learn(documents: Iterable[CorpusDocument], distance: int) -> str:
    """Say why no label was seen: relations stand further apart than pairs are read, or there is none."""
    further = [each for each in count_distances(documents).elements() if each > distance]
    if not further:
        return "the training part holds no relation between two mentions of one sentence to learn from"
    return (
        f"the training part holds no relation to learn from: the mentions of {len(further)} stand {min(further)} or "
        f"more sentences apart, and pairs are read up to {distance}; set [model] max_sentence_distance to "
        f"{min(further)} or more (relext train --config)"
    )


def share_across_sentences(documents: Iterable[CorpusDocument]) -> float:
    """Return which share of the relations that two mentions of segments have joins neighbouring segments."""
    counts = count_distances(documents)
    return counts[1] / max(1, counts.total())


def count_distances(documents: Iterable[CorpusDocument]) -> Counter[int]:
    """Count the relations that two mentions of segments have by how many sentences these stand apart."""
    counts: Counter[int] = Counter()
    for document in documents:
        places = {m.id: segment.index for segment in document.segments for m in segment.mentions}
        ends = [(places.get(relation.arg1), places.get(relation.arg2)) for relation in document.relations]
        counts.update(abs(one - other) for one, other in ends if one is not None and other is not None)
    return counts


def _observe_labels(
    documents: Iterable[CorpusDocument], *, symmetric: frozenset[str], max_sentence_distance: int
) -> Counter[tuple[TypePair, str]]:
    """Count each label, composite ones included, by the types of its pair."""
    seen: Counter[tuple[TypePair, str]] = Counter()
    for document in documents:
        between = _types_of_gold(document.segments, document.relations)
        labelled = label_gold(
            document,
            allows=lambda first, second, between=between: (first, second) in between,
            symmetric=symmetric,
            max_sentence_distance=max_sentence_distance,
        )
        for pair in labelled.pairs:
            if pair.label != NO_RELATION:
                first = document.segments[pair.segment].mentions[pair.first]
                second = document.segments[pair.segment + pair.distance].mentions[pair.second]
                seen[(first.type, second.type), pair.label] += 1
    return seen


def _types_of_gold(segments: Iterable[Segment], relations: Iterable[GoldRelation]) -> set[TypePair]:
    """Return the pairs of types that a document's gold joins, in both orders."""
    types = {mention.id: mention.type for segment in segments for mention in segment.mentions}
    joined = {(types.get(relation.arg1, ""), types.get(relation.arg2, "")) for relation in relations}
    return joined | {(second, first) for first, second in joined}


def _allow_labels(
    labels: Sequence[str], seen: Iterable[tuple[TypePair, str]], *, schema: Schema, types: Sequence[str]
) -> dict[TypePair, tuple[int, ...]]:
    """Return the labels of each pair of types: training gold's, and the schema's where it decides."""
    allowed: dict[TypePair, set[str]] = {}
    for pair, label in seen:
        allowed.setdefault(pair, set()).add(label)
    if schema.origin == TRUSTED_ORIGIN:
        for pair in ((first, second) for first in types for second in types):
            known = {format_label([label]) for label in schema.directed_labels(*pair)} & set(labels)
            if known:
                allowed.setdefault(pair, set()).update(known)
    places = {label: n for n, label in enumerate(labels)}
    return {pair: tuple(sorted(places[label] for label in names)) for pair, names in sorted(allowed.items())}


def describe_unknown_types(scheme: LabelScheme, counts: Mapping[str, int], *, limit: int = 12) -> str:
    """Return a sentence that names types unknown to a model, each with its count and the nearest known one.

    Examples
    --------
    >>> scheme = LabelScheme(("NO_RELATION",), ("Drug", "Sign"), ("present",), {})
    >>> describe_unknown_types(scheme, scheme.count_unknown(["DRUG", "Sign", "DRUG"]))
    'Training saw no mention of these types, so none is related: DRUG (2; did you mean Drug?)'
    """
    known = frozenset(scheme.types)
    named = [f"{name} ({count}{suggest_name(name, known)})" for name, count in counts.items()]
    more = f" and {len(named) - limit} more" if len(named) > limit else ""
    listed = ", ".join(named[:limit]) + more
    return f"Training saw no mention of these types, so none is related: {listed}"


def describe_unread_pairs(documents: Iterable[CorpusDocument], scheme: LabelScheme, *, widest: int) -> str:
    """Say which relations stand further apart than a model reads pairs, though the corpus has pairs so far.

    Parameters
    ----------
    widest : int, sentences
        How far the corpus's pairs reach.

    Returns
    -------
    str
        Empty where the model reads as far, or passes over nothing but neighbouring sentences without relations.
    """
    counts = count_distances(documents)
    unread = sum(count for apart, count in counts.items() if scheme.max_sentence_distance < apart <= widest)
    if widest <= scheme.max_sentence_distance or (widest == 1 and not unread):
        return ""
    return (
        f"The corpus has pairs up to {widest} sentences apart, the model reads them up to "
        f"{scheme.max_sentence_distance}: {unread} of {counts.total()} relations of the training part are out of its "
        "reach; [model] max_sentence_distance sets how far it reads (relext train --config)"
    )


def validate_labels(scheme: LabelScheme, schema: Schema) -> None:
    """Refuse a corpus whose schema has relation labels that the model's training corpus did not have.

    A label that the model's schema knows but training gold never showed is no mismatch: its relations are missed.

    Raises
    ------
    LabelMismatch
        With the labels that only one of the two has.
    """
    unknown = sorted(set(schema.labels) - set(scheme.relations))
    if unknown:
        missing = sorted(set(scheme.relations) - set(schema.labels))
        raise LabelMismatch(
            f"the corpus has relation labels that the model was not trained on: {', '.join(unknown)}"
            f"; only the model has: {', '.join(missing) or 'none'}; train a model on this corpus's labels"
        )
