"""The items of two annotators matched, layer by layer, in one of the four modes.

In: `Tables` and two annotators. Out: for each layer the rows matched one to one. Relations, events, their arguments and
attributes are matched on their own, over ends that could stand for each other, never through the entities' matching.

Modes: `exact` (type and fragments), `overlap` (type, any shared character), `span` (fragments only), `id` (type and id,
where annotators share mentions). Relations: label and both ends in the mode, direction included unless symmetric.
Events: type and trigger. Arguments: event, role and filler. Attributes: holder, name and value.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from corpus_tools.agreement.arrays import Bools, Ints, connect, densify, distinct, first_rows, is_among, pack
from corpus_tools.agreement.assignment import Edges
from corpus_tools.agreement.matching import (
    Spans,
    choose_edges,
    join_keys,
    match_keys,
    merge_edges,
    overlap_edges,
)
from corpus_tools.agreement.tables import Layer, Tables, Textbounds

MODES = ("exact", "overlap", "span", "id")
LAYERS = ("entities", "relations", "events", "arguments", "attributes")

Matches = dict[str, tuple[Ints, Ints]]


@dataclass(frozen=True, slots=True)
class Keys:
    """Hold what makes two annotations the same, a key a row, for each layer, and for nodes of any kind."""

    entities: Ints
    relations: Ints
    events: Ints
    arguments: Ints
    attributes: Ints
    nodes: Ints


@dataclass(frozen=True, slots=True)
class Selection:
    """Hold rows of one layer, of the first and of the second of two annotators."""

    first: Ints
    second: Ints

    def without(self, matched: tuple[Ints, Ints]) -> "Selection":
        """Return the rows that were not matched."""
        return Selection(
            *(rows[~is_among(rows, gone)] for rows, gone in zip((self.first, self.second), matched, strict=True))
        )


def layer_keys(tables: Tables, *, mode: str, is_symmetric: Callable[[str], bool]) -> Keys:
    """Return the keys of every annotation in a mode where being the same is an equivalence: exact, span or id."""
    entities = densify(_textbound_keys(tables.textbounds, mode))
    relations = _relation_keys(tables, entities, symmetric_codes(tables, is_symmetric))
    events = densify(pack(tables.events.label, entities[tables.events.trigger]))
    nodes = np.concatenate([entities, events + len(entities), relations + len(entities) + len(events)])
    arguments = pack(tables.arguments.label, events[tables.arguments.owner], nodes[tables.arguments.filler])
    attributes = pack(tables.attributes.label, tables.attributes.value, nodes[tables.attributes.holder])
    return Keys(entities, relations, events, densify(arguments), densify(attributes), nodes)


def _textbound_keys(textbounds: Textbounds, mode: str) -> Ints:
    if mode == "id":
        return pack(textbounds.document, textbounds.label, textbounds.identity)
    place = textbounds.document, textbounds.starts, textbounds.ends, textbounds.shape
    return pack(*place, textbounds.label) if mode == "exact" else pack(*place)


def symmetric_codes(tables: Tables, is_symmetric: Callable[[str], bool]) -> Ints:
    """Return the codes of the relation labels that hold in both directions."""
    labels = distinct(tables.relations.label).tolist()
    return np.array([code for code in labels if is_symmetric(tables.names[code])], np.int64)


def _relation_keys(tables: Tables, entities: Ints, symmetric: Ints) -> Ints:
    relations = tables.relations
    end1, end2 = entities[relations.arg1], entities[relations.arg2]
    swap = is_among(relations.label, symmetric) & (end1 > end2)
    return densify(pack(relations.label, np.where(swap, end2, end1), np.where(swap, end1, end2)))


def select_rows(layer: Layer, *, pair: tuple[int, int], documents: Bools, labels: Bools) -> Selection:
    """Return the rows of two annotators in some documents and with some labels.

    Parameters
    ----------
    documents : array, shape (documents,)
        Whether a document is compared.
    labels : array, shape (names,)
        Whether a code is among the labels compared.
    """
    counted = documents[layer.document] & labels[layer.label]
    first, second = (np.flatnonzero(counted & (layer.annotator == annotator)) for annotator in pair)
    return Selection(first, second)


def match_by_keys(tables: Tables, keys: Keys, selections: dict[str, Selection]) -> Matches:
    """Match rows with equal keys one to one, a layer at a time; among like rows those of one label first."""
    matches = {}
    for name, layer in tables.layers.items():
        selection, layer_key = selections[name], getattr(keys, name)
        rows = match_rows(pack(layer_key, layer.label), selection)
        others = match_rows(layer_key, sorted_by_label(selection.without(rows), layer.label))
        matches[name] = np.concatenate([rows[0], others[0]]), np.concatenate([rows[1], others[1]])
    return matches


def match_rows(keys: Ints, selection: Selection) -> tuple[Ints, Ints]:
    """Return the selected rows with equal keys, matched one to one."""
    first, second = match_keys(keys[selection.first], keys[selection.second])
    return selection.first[first], selection.second[second]


def sorted_by_label(selection: Selection, label: Ints) -> Selection:
    """Order rows by label, so that which of several is matched does not depend on the order of lines."""
    first, second = (rows[np.argsort(label[rows], kind="stable")] for rows in (selection.first, selection.second))
    return Selection(first, second)


def match_overlaps(candidates: dict[str, Edges], selections: dict[str, Selection]) -> Matches:
    """Match rows by shared characters.

    Parameters
    ----------
    candidates : dict of str to Edges
        Which rows could stand for each other, from `overlapping_layers`.
    selections : dict of str to Selection
        What is counted, by layer.
    """
    return {name: match_edges(edges, selections[name]) for name, edges in candidates.items()}


def match_edges(edges: Edges, selection: Selection) -> tuple[Ints, Ints]:
    """Return the rows of a best matching along the edges between selected rows."""
    if not len(edges):
        return edges.first, edges.second
    counted = edges.take(is_among(edges.first, selection.first) & is_among(edges.second, selection.second))
    best = counted.take(choose_edges(counted))
    return best.first, best.second


def overlapping_layers(
    tables: Tables, everything: Selection, *, is_symmetric: Callable[[str], bool]
) -> dict[str, Edges]:
    """Return for each layer the pairs of rows that could stand for each other in overlap mode."""
    textbounds, events = tables.textbounds, tables.events
    entities = overlapping_textbounds(textbounds, everything, groups=pack(textbounds.document, textbounds.label))
    related = _relation_edges(tables, entities, symmetric_codes(tables, is_symmetric))
    triggered, _ = _join_on(entities, _Owned(events.trigger, events.label))
    first_event, first_relation = len(textbounds.label), len(textbounds.label) + len(events.label)
    nodes = _join_edges(entities, _shift(triggered, first_event), _shift(related, first_relation))
    arguments, attributes = tables.arguments, tables.attributes
    argued, _ = _join_on(triggered, _Owned(arguments.owner, arguments.label))
    held, _ = _join_on(nodes, _Owned(attributes.holder, pack(attributes.label, attributes.value)))
    return {
        "entities": entities,
        "relations": related,
        "events": merge_edges(triggered),
        "arguments": merge_edges(_keep_linked(argued, nodes, arguments.filler, arguments.filler)),
        "attributes": merge_edges(held),
    }


def overlapping_textbounds(textbounds: Textbounds, rows: Selection, *, groups: Ints) -> Edges:
    """Return the pairs of textbounds of one group that share a character in some of their fragments.

    Parameters
    ----------
    groups : array, shape (textbounds,)
        Rows of different groups, such as document and type, never meet.
    """
    line = densify(groups) * (int(textbounds.ends.max(initial=0)) + 1)
    hull = Spans(textbounds.starts + line, textbounds.ends + line)
    if textbounds.is_contiguous:
        found = overlap_edges(_spans_of(hull, rows.first), _spans_of(hull, rows.second))
        return Edges(rows.first[found.first], rows.second[found.second], found.shared, found.distance)
    owner = textbounds.fragment_owner
    pieces = Spans(textbounds.fragment_starts + line[owner], textbounds.fragment_ends + line[owner])
    first, second = np.flatnonzero(is_among(owner, rows.first)), np.flatnonzero(is_among(owner, rows.second))
    found = overlap_edges(_spans_of(pieces, first), _spans_of(pieces, second))
    return _sum_fragments(owner[first[found.first]], owner[second[found.second]], found.shared, hull)


def _spans_of(spans: Spans, rows: Ints) -> Spans:
    return Spans(spans.starts[rows], spans.ends[rows])


def _sum_fragments(first: Ints, second: Ints, shared: Ints, hull: Spans) -> Edges:
    """Add up what the fragments of two textbounds share; the distance is that of their hulls."""
    kept, group = first_rows(pack(first, second))
    total = np.bincount(group, weights=shared, minlength=len(kept)).astype(np.int64)
    first, second = first[kept], second[kept]
    distance = np.abs(hull.starts[first] - hull.starts[second]) + np.abs(hull.ends[first] - hull.ends[second])
    return Edges(first, second, total, distance)


@dataclass(frozen=True, slots=True)
class _Owned:
    """Hold items that hang on others: the owner of each, and the code in which two must agree."""

    owner: Ints
    code: Ints


def _join_on(edges: Edges, items: _Owned, others: _Owned | None = None) -> tuple[Edges, Ints]:
    """Return the pairs of items with equal codes whose owners are the ends of an edge, and that edge's row."""
    others = others or items
    edge_first, item_first = join_keys(edges.first, items.owner)
    edge_second, item_second = join_keys(edges.second, others.owner)
    width = int(max(items.code.max(initial=0), others.code.max(initial=0))) + 1
    left, right = join_keys(edge_first * width + items.code[item_first], edge_second * width + others.code[item_second])
    rows = edge_first[left]
    return Edges(item_first[left], item_second[right], edges.shared[rows], edges.distance[rows]), rows


def _keep_linked(pairs: Edges, links: Edges, first_end: Ints, second_end: Ints) -> Edges:
    """Keep the pairs whose other ends are linked as well, adding what those share and how far they are apart."""
    width = int(max(links.second.max(initial=0), second_end.max(initial=0))) + 1
    known = links.first * width + links.second
    order = np.argsort(known)
    wanted = first_end[pairs.first] * width + second_end[pairs.second]
    place = np.searchsorted(known[order], wanted)
    found = np.zeros(len(wanted), bool)
    inside = place < len(known)
    found[inside] = known[order][place[inside]] == wanted[inside]
    link = order[place[found]]
    kept = pairs.take(found)
    return Edges(kept.first, kept.second, kept.shared + links.shared[link], kept.distance + links.distance[link])


def _relation_edges(tables: Tables, entities: Edges, symmetric: Ints) -> Edges:
    """Return the pairs of relations with one label whose ends overlap, crosswise too where the label is symmetric.

    Joined by arg1, the label, and the stretch of overlapping mentions in which arg2 lies: a mention with many relations
    does not meet all relations of its counterpart.
    """
    relations = tables.relations
    cluster = connect(entities.first, entities.second, size=len(tables.textbounds.label))
    straight = _Owned(relations.arg1, pack(relations.label, cluster[relations.arg2]))
    found = _keep_linked(_join_on(entities, straight)[0], entities, relations.arg2, relations.arg2)
    if not len(symmetric):
        return merge_edges(found)
    either = is_among(relations.label, symmetric)
    codes = np.concatenate([relations.label, relations.label]), np.concatenate([relations.arg2, relations.arg1])
    code, crosswise = np.split(pack(codes[0], cluster[codes[1]]), 2)
    pairs, _ = _join_on(entities, _Owned(relations.arg1, code), _Owned(relations.arg2, crosswise))
    pairs = pairs.take(either[pairs.first])
    return merge_edges(_join_edges(found, _keep_linked(pairs, entities, relations.arg2, relations.arg1)))


def _shift(edges: Edges, offset: int) -> Edges:
    return Edges(edges.first + offset, edges.second + offset, edges.shared, edges.distance)


def _join_edges(*parts: Edges) -> Edges:
    return Edges(
        np.concatenate([part.first for part in parts]),
        np.concatenate([part.second for part in parts]),
        np.concatenate([part.shared for part in parts]),
        np.concatenate([part.distance for part in parts]),
    )
