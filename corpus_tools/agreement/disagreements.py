"""Where two annotators differ, each difference under the kind of question that it raises.

In: `Tables`, the keys of modes exact and span, and which rows overlap. Out: `Finding`s: for each kind the rows of the
first and of the second annotator, -1 where one has none. Whatever is matched exactly is no finding, but for relations
that agree and still need a second look (`symmetric-order`, `stacked-relations`).

Each leftover is explained once, by the first kind that fits, in the order of `KINDS`.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from corpus_tools.agreement.arrays import Bools, Ints, densify, is_among, pack
from corpus_tools.agreement.assignment import Edges
from corpus_tools.agreement.comparing import (
    Keys,
    Matches,
    Selection,
    match_edges,
    match_rows,
    overlapping_textbounds,
    sorted_by_label,
    symmetric_codes,
)
from corpus_tools.agreement.tables import Tables

NOBODY = -1

KINDS = {
    "type": "same characters, another type",
    "boundary": "same type, other characters that overlap",
    "boundary-and-type": "another type on other characters that overlap",
    "stacked-mention": "one annotator put more mentions on the same characters",
    "missing-mention": "one annotator marked nothing there",
    "direction": "same label between the same ends, the other way round",
    "label": "another label between the same ends",
    "label-and-direction": "another label between the same ends, the other way round",
    "relation-boundary": "the relation is agreed, its ends differ by a boundary",
    "relation-end-type": "the relation is agreed, the type of an end is not",
    "second-relation": "both related the pair, one of them once more",
    "missing-relation": "both marked the two ends, one related them",
    "missing-end": "one annotator related mentions that the other did not mark alike",
    "symmetric-order": "agreed: a symmetric label, its ends written in the other order",
    "stacked-relations": "agreed, but hanging otherwise on mentions stacked on the same characters",
    "attribute-value": "same attribute, another value",
    "missing-attribute": "one annotator gave no such attribute",
    "attribute-holder": "the attribute's holder is not marked alike",
    "event-type": "same trigger, another event",
    "event-trigger": "same event, its trigger differs by a boundary",
    "missing-event": "one annotator marked no such event",
    "argument-role": "same event and filler, another role",
    "argument-filler": "same event and role, another filler",
    "missing-argument": "one annotator gave the event no such argument",
    "argument-event": "the argument's event is not marked alike",
}
AGREED = ("symmetric-order", "stacked-relations")


@dataclass(frozen=True, slots=True)
class Finding:
    """Hold the rows of one kind of difference in one layer, -1 where an annotator has none."""

    kind: str
    layer: str
    first: Ints
    second: Ints

    def documents(self, tables: Tables) -> Ints:
        """Return the document of each row."""
        document = tables.layers[self.layer].document
        rows = np.where(self.first != NOBODY, self.first, self.second)
        result: Ints = document[rows]
        return result


@dataclass(frozen=True, slots=True)
class Compared:
    """Hold what finding differences between two annotators takes.

    Attributes
    ----------
    selections : dict of str to Selection
        What is compared, by layer.
    matches : dict
        The matches of mode exact, by layer.
    overlaps : dict of str to Edges
        The candidates of mode overlap, by layer.
    everything : Selection
        All textbounds of both in the compared documents, whatever their label.
    """

    tables: Tables
    exact: Keys
    span: Keys
    selections: dict[str, Selection]
    matches: Matches
    overlaps: dict[str, Edges]
    everything: Selection


def find_disagreements(compared: Compared, *, is_symmetric: Callable[[str], bool]) -> list[Finding]:
    """Return every difference between two annotators under its kind; kinds without a row are left out."""
    findings = [
        *_find_in_mentions(compared),
        *_find_in_relations(compared, symmetric_codes(compared.tables, is_symmetric)),
        *_find_in_attributes(compared),
        *_find_in_events(compared),
        *_find_in_arguments(compared),
    ]
    return [finding for finding in findings if len(finding.first)]


@dataclass(frozen=True, slots=True)
class _Sieve:
    """Hold what is left of one layer, and the findings taken out of it so far."""

    layer: str
    rest: Selection
    findings: tuple[Finding, ...] = ()

    def take(self, kind: str, matched: tuple[Ints, Ints]) -> "_Sieve":
        """Return the sieve without the matched rows, which are of a kind."""
        return _Sieve(self.layer, self.rest.without(matched), (*self.findings, Finding(kind, self.layer, *matched)))

    def take_alone(self, kind: str, is_of_kind: Bools) -> "_Sieve":
        """Return the sieve without the rows of either annotator for which a mask over the layer's rows holds."""
        first, second = self.rest.first[is_of_kind[self.rest.first]], self.rest.second[is_of_kind[self.rest.second]]
        rows = np.append(first, np.full(len(second), NOBODY)), np.append(np.full(len(first), NOBODY), second)
        return _Sieve(
            self.layer, self.rest.without((first, second)), (*self.findings, Finding(kind, self.layer, *rows))
        )

    def take_rest(self, kind: str) -> tuple[Finding, ...]:
        """Return all findings, what is left being of a kind."""
        size = max(int(self.rest.first.max(initial=-1)), int(self.rest.second.max(initial=-1))) + 1
        return self.take_alone(kind, np.ones(size, np.bool_)).findings


def _sieve(compared: Compared, layer: str) -> _Sieve:
    rest = compared.selections[layer].without(compared.matches[layer])
    return _Sieve(layer, sorted_by_label(rest, compared.tables.layers[layer].label))


def _find_in_mentions(compared: Compared) -> tuple[Finding, ...]:
    textbounds, sieve = compared.tables.textbounds, _sieve(compared, "entities")
    sieve = sieve.take("type", match_rows(compared.span.entities, sieve.rest))
    same_type = pack(textbounds.document, textbounds.label)
    order = np.lexsort((compared.exact.entities, textbounds.ends, textbounds.starts, textbounds.document))
    for kind, groups in (("boundary", same_type), ("boundary-and-type", textbounds.document)):
        edges = overlapping_textbounds(textbounds, sieve.rest, groups=groups)
        sieve = sieve.take(kind, _match_by_place(edges, sieve.rest, order))
    sieve = sieve.take_alone("stacked-mention", _is_with_other(compared.span.entities, compared.everything))
    return sieve.take_rest("missing-mention")


def _match_by_place(edges: Edges, rest: Selection, order: Ints) -> tuple[Ints, Ints]:
    """Return the rows of a best matching; which of equally good ones is decided by `order`, not by that of lines."""
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    ranked = Edges(rank[edges.first], rank[edges.second], edges.shared, edges.distance)
    ranked = ranked.take(np.lexsort((ranked.second, ranked.first)))
    first, second = match_edges(ranked, Selection(rank[rest.first], rank[rest.second]))
    return order[first], order[second]


def _is_with_other(keys: Ints, rows: Selection) -> Bools:
    """Say of each row whether both annotators have its key."""
    size = int(keys.max(initial=-1)) + 1
    has = np.zeros((2, size), bool)
    has[0, keys[rows.first]] = True
    has[1, keys[rows.second]] = True
    result: Bools = np.logical_and(has[0], has[1])[keys]
    return result


def _find_in_relations(compared: Compared, symmetric: Ints) -> list[Finding]:
    relations, sieve = compared.tables.relations, _sieve(compared, "relations")
    straight, swapped = _pack_ends(compared)
    labelled = relations.label * (2 * len(straight) + 1)  # ends have at most twice as many keys as there are relations
    sieve = sieve.take("direction", _match_crosswise(labelled + straight, labelled + swapped, sieve.rest))
    sieve = sieve.take("label", match_rows(straight, sieve.rest))
    first, second = _match_crosswise(straight, swapped, sieve.rest)
    is_directed = ~is_among(relations.label[first], symmetric) & ~is_among(relations.label[second], symmetric)
    sieve = sieve.take("label", (first[~is_directed], second[~is_directed]))
    sieve = sieve.take("label-and-direction", (first[is_directed], second[is_directed]))
    sieve = sieve.take("relation-boundary", match_edges(compared.overlaps["relations"], sieve.rest))
    sieve = sieve.take("relation-end-type", match_rows(compared.span.relations, sieve.rest))
    spans = compared.span.entities[relations.arg1], compared.span.entities[relations.arg2]
    either_way = pack(np.minimum(*spans), np.maximum(*spans))
    everything = compared.selections["relations"]
    known = _is_with_other(compared.exact.entities, compared.everything)
    sieve = sieve.take_alone("second-relation", _is_with_other(densify(either_way), everything))
    sieve = sieve.take_alone("missing-relation", known[relations.arg1] & known[relations.arg2])
    return [
        *sieve.take_rest("missing-end"),
        *_find_symmetric_orders(compared, straight, symmetric),
        *_find_stacked(compared),
    ]


def _pack_ends(compared: Compared) -> tuple[Ints, Ints]:
    """Return comparable keys of every relation's ends in their order, and the other way round."""
    relations = compared.tables.relations
    end1, end2 = compared.exact.entities[relations.arg1], compared.exact.entities[relations.arg2]
    both = densify(pack(np.concatenate([end1, end2]), np.concatenate([end2, end1])))
    return both[: len(end1)], both[len(end1) :]


def _match_crosswise(keys: Ints, swapped: Ints, selection: Selection) -> tuple[Ints, Ints]:
    """Match the first's keys with the second's swapped ones."""
    size = len(keys)
    both = densify(np.concatenate([keys, swapped]))
    first, second = match_rows(both, Selection(selection.first, selection.second + size))
    return first, second - size


def _find_symmetric_orders(compared: Compared, straight: Ints, symmetric: Ints) -> list[Finding]:
    first, second = compared.matches["relations"]
    is_symmetric = is_among(compared.tables.relations.label[first], symmetric)
    reordered = is_symmetric & (straight[first] != straight[second])
    return [Finding("symmetric-order", "relations", first[reordered], second[reordered])]


def _find_stacked(compared: Compared) -> list[Finding]:
    """Find matched relations that hang otherwise on mentions of one type on the same characters."""
    first, second = compared.matches["relations"]
    bundles = [_bundles(compared, rows) for rows in (first, second)]
    keys = compared.exact.entities
    relations = compared.tables.relations
    differing = {key for key in set(bundles[0]) & set(bundles[1]) if bundles[0][key] != bundles[1][key]}
    ends = zip(keys[relations.arg1[first]].tolist(), keys[relations.arg2[first]].tolist(), strict=True)
    rows = np.array([arg1 in differing or arg2 in differing for arg1, arg2 in ends], bool) if differing else slice(0)
    return [Finding("stacked-relations", "relations", first[rows], second[rows])]


def _bundles(compared: Compared, rows: Ints) -> dict[int, Counter[frozenset[tuple[int, int, int]]]]:
    """Return for each key of stacked mentions the sets of relations that hang on its mentions."""
    relations, keys = compared.tables.relations, compared.exact.entities
    ends = np.concatenate([relations.arg1[rows], relations.arg2[rows]])
    others = np.concatenate([relations.arg2[rows], relations.arg1[rows]])
    side = np.repeat([0, 1], len(rows))
    mentions = np.concatenate([compared.everything.first, compared.everything.second])
    annotator = compared.tables.textbounds.annotator
    stacked = pack(annotator[mentions], keys[mentions])
    _, place, copies = np.unique(stacked, return_inverse=True, return_counts=True)
    is_stacked = np.zeros(len(keys), bool)
    is_stacked[mentions] = copies[place] > 1
    wanted = is_stacked[ends]
    labels = np.tile(relations.label[rows], 2)[wanted].tolist()
    hanging: dict[tuple[int, int], set[tuple[int, int, int]]] = {}
    cells = zip(ends[wanted].tolist(), labels, side[wanted].tolist(), keys[others[wanted]].tolist(), strict=True)
    for mention, label, role, other in cells:
        hanging.setdefault((int(keys[mention]), mention), set()).add((label, role, other))
    bundles: dict[int, Counter[frozenset[tuple[int, int, int]]]] = {}
    for (key, _), bundle in hanging.items():
        bundles.setdefault(key, Counter())[frozenset(bundle)] += 1
    return bundles


def _find_in_attributes(compared: Compared) -> tuple[Finding, ...]:
    attributes, sieve = compared.tables.attributes, _sieve(compared, "attributes")
    holder = compared.exact.nodes[attributes.holder]
    sieve = sieve.take("attribute-value", match_rows(pack(holder, attributes.label), sieve.rest))
    sieve = sieve.take_alone("missing-attribute", _are_nodes_shared(compared)[attributes.holder])
    return sieve.take_rest("attribute-holder")


def _are_nodes_shared(compared: Compared) -> Bools:
    """Say of each node whether both annotators have it."""
    tables = compared.tables
    owners = np.concatenate([tables.textbounds.annotator, tables.events.annotator, tables.relations.annotator])
    pair = _annotators(compared)
    rows = Selection(np.flatnonzero(owners == pair[0]), np.flatnonzero(owners == pair[1]))
    return _is_with_other(compared.exact.nodes, rows)


def _annotators(compared: Compared) -> tuple[int, int]:
    annotator, rows = compared.tables.textbounds.annotator, compared.everything
    first, second = (int(annotator[side[0]]) if len(side) else NOBODY for side in (rows.first, rows.second))
    return first, second


def _find_in_events(compared: Compared) -> tuple[Finding, ...]:
    events, sieve = compared.tables.events, _sieve(compared, "events")
    sieve = sieve.take("event-type", match_rows(compared.span.entities[events.trigger], sieve.rest))
    sieve = sieve.take("event-trigger", match_edges(compared.overlaps["events"], sieve.rest))
    return sieve.take_rest("missing-event")


def _find_in_arguments(compared: Compared) -> tuple[Finding, ...]:
    arguments, sieve = compared.tables.arguments, _sieve(compared, "arguments")
    event, filler = compared.exact.events[arguments.owner], compared.exact.nodes[arguments.filler]
    sieve = sieve.take("argument-role", match_rows(pack(event, filler), sieve.rest))
    sieve = sieve.take("argument-filler", match_rows(pack(event, arguments.label), sieve.rest))
    first_event = len(compared.tables.textbounds.label)
    sieve = sieve.take_alone("missing-argument", _are_nodes_shared(compared)[arguments.owner + first_event])
    return sieve.take_rest("argument-event")
