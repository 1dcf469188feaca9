"""A document settled: what all wrote alike is gold, what was decided is gold, the rest are items.

In: what each annotator wrote of one text, and the decisions. Out: a `Settlement`. Mentions come first; whatever refers
to one is looked at once that one is settled, with its ends moved onto what became gold in their place. So a relation
waits for an undecided mention, follows a mention whose boundary was decided, and falls with one that was decided away.

The result depends on the evidence and the decisions alone: not on ids, not on the order of lines or of annotators.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from corpus_tools.adjudication.conflicts import WAITING, Cluster, cluster_entries, name_kind
from corpus_tools.adjudication.content import EQUIVALENCE, EVENT, LAYERS, MENTION, NOTE, RELATION, Content
from corpus_tools.adjudication.decisions import ADD, Row, Version
from corpus_tools.adjudication.layers import (
    GONE,
    UNSETTLED,
    AnnotatedDocument,
    Dropped,
    Placing,
    find_unsettled,
    list_entries,
)
from corpus_tools.adjudication.stacking import Place
from corpus_tools.standoff import Document, Event, Relation
from corpus_tools.storage import format_json, hash_text

ACCEPTED, CARRIED, DECIDED, UNDECIDED, WAITS = "accepted", "carried", "decided", "open", "waiting"
OUTCOMES = (ACCEPTED, CARRIED, DECIDED, UNDECIDED, WAITS)

_ID_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Item:
    """Hold one question about a document.

    Attributes
    ----------
    id : str
        A hash of the evidence: the text, and what each annotator wrote there. Other evidence is another item.
    kind : str
        One of `conflicts.KINDS`, or the layer where all wrote alike.
    versions : tuple of Version
        What each witness wrote, nothing included.
    outcome : str
        ACCEPTED (all witnesses wrote alike), CARRIED (its one witness's, with what it hangs on), DECIDED, UNDECIDED
        (open), or WAITS (for the items `waits_for`).
    gold : tuple of Content
        What of it is in gold.
    hanging : int
        How many relations and event arguments of all annotators refer to it.
    """

    id: str
    doc_id: str
    layer: str
    kind: str
    versions: tuple[Version, ...]
    outcome: str
    gold: tuple[Content, ...] = ()
    waits_for: tuple[str, ...] = ()
    hanging: int = 0


@dataclass(frozen=True, slots=True)
class Settlement:
    """Hold what became of a document's annotations.

    Attributes
    ----------
    gold : dict of str to Content
        By key, each after those that it refers to.
    applied : frozenset of str
        The items whose decisions are in gold; other decisions of the document are stale.
    """

    document: AnnotatedDocument
    items: tuple[Item, ...]
    gold: Mapping[str, Content]
    dropped: tuple[Dropped, ...]
    applied: frozenset[str]

    def items_of(self, *outcomes: str) -> tuple[Item, ...]:
        """Return the items with one of some outcomes."""
        return tuple(item for item in self.items if item.outcome in outcomes)


@dataclass(frozen=True, slots=True)
class _Work:
    """Hold a settlement in the making."""

    placing: Placing
    decisions: Mapping[str, Row]
    hanging: Mapping[Place, int]
    items: list[Item]

    @property
    def document(self) -> AnnotatedDocument:
        """Return what is being settled."""
        return self.placing.document


def settle_document(
    document: AnnotatedDocument, decisions: Mapping[str, Row], *, is_symmetric: Callable[[str], bool]
) -> Settlement:
    """Settle a document.

    Parameters
    ----------
    decisions : dict of str to Row
        The standing decisions by item; those of other documents, or on other evidence, do nothing here.
    """
    placing = Placing(document, is_symmetric, {}, {}, [])
    work = _Work(placing, decisions, _count_hanging(document.versions), [])
    additions = [row for row in decisions.values() if row.choice == ADD and row.doc_id == document.doc_id]
    applied: set[str] = set()
    for layer in LAYERS:
        _settle_layer(work, layer)
        applied.update(_add_contents(placing, layer, additions))
    applied.update(item.id for item in work.items if item.outcome == DECIDED)
    return Settlement(document, tuple(work.items), placing.gold, tuple(placing.dropped), frozenset(applied))


def addition_id(document: AnnotatedDocument, content: Content) -> str:
    """Return the id of the decision that adds to gold what no annotator wrote."""
    return _hash_evidence(document, content.layer, {"added": [content.key]})


def _count_hanging(versions: Mapping[str, Document]) -> dict[Place, int]:
    hanging: dict[Place, int] = {}
    for annotator, document in versions.items():
        owners: tuple[Relation | Event, ...] = (*document.relations, *document.events)
        for argument in (argument for owner in owners for argument in owner.arguments):
            bound = document.resolve(argument.target)
            place = annotator, bound.id if bound is not None else argument.target
            hanging[place] = hanging.get(place, 0) + 1
    return hanging


def _settle_layer(work: _Work, layer: str) -> None:
    entries = list(list_entries(work.placing, layer))
    while entries:
        witnesses = partial(_find_witnesses, holders=_list_holders(work), everyone=work.document.annotators)
        waiting = [entry for entry in entries if find_unsettled(entry.content)]
        ready = [entry for entry in entries if not find_unsettled(entry.content)]
        for cluster in cluster_entries(ready, witnesses=witnesses):
            _settle_cluster(work, cluster)
        for cluster in cluster_entries(waiting, witnesses=witnesses):
            _defer_cluster(work, cluster)
        entries = list(list_entries(work.placing, layer)) if layer == NOTE else []  # there are notes on notes


def _list_holders(work: _Work) -> dict[str, set[str]]:
    """Return for each key which annotators have something in its place."""
    holders: dict[str, set[str]] = {}
    for (annotator, _), key in work.placing.places.items():
        holders.setdefault(key, set()).add(annotator)
    return holders


def _find_witnesses(content: Content, *, holders: Mapping[str, set[str]], everyone: Sequence[str]) -> Sequence[str]:
    """Return who could have written a content: what hangs on one thing, those who have that thing; else everyone."""
    if content.layer in (MENTION, EVENT, RELATION, EQUIVALENCE):
        return everyone
    return sorted(holders.get(content.holder, ()))


def _settle_cluster(work: _Work, cluster: Cluster) -> None:
    item = _make_item(work, cluster)
    decision = work.decisions.get(item.id)
    if decision is not None and _is_applicable(work.placing, decision):
        item = replace(item, outcome=DECIDED, gold=decision.chosen)
    elif cluster.is_agreed:
        item = replace(item, outcome=CARRIED if len(cluster.versions) == 1 else ACCEPTED, gold=cluster.contents)
    work.items.append(item)
    work.placing.gold.update({content.key: content for content in item.gold})
    for entry in cluster.entries:
        if entry.id:
            key = UNSETTLED + item.id if item.outcome == UNDECIDED else _find_successor(entry.content, item.gold)
            work.placing.places[entry.annotator, entry.id] = key


def _defer_cluster(work: _Work, cluster: Cluster) -> None:
    item = _make_item(work, cluster)
    waits_for = tuple(sorted({each for content in cluster.contents for each in find_unsettled(content)}))
    work.items.append(replace(item, kind=WAITING + item.layer, outcome=WAITS, waits_for=waits_for))
    for entry in cluster.entries:
        if entry.id:
            work.placing.places[entry.annotator, entry.id] = UNSETTLED + item.id


def _make_item(work: _Work, cluster: Cluster) -> Item:
    versions = tuple(Version(name, contents) for name, contents in cluster.versions.items())
    layer = cluster.contents[0].layer
    evidence = {each.annotator: [content.key for content in each.contents] for each in versions}
    return Item(
        _hash_evidence(work.document, layer, evidence),
        work.document.doc_id,
        layer,
        name_kind(cluster, is_symmetric=work.placing.is_symmetric),
        versions,
        UNDECIDED,
        hanging=sum(work.hanging.get((entry.annotator, entry.id), 0) for entry in cluster.entries),
    )


def _hash_evidence(document: AnnotatedDocument, layer: str, evidence: object) -> str:
    record = {"doc_id": document.doc_id, "text": document.text_hash, "layer": layer, "evidence": evidence}
    return hash_text(format_json(record, indent=None))[:_ID_DIGITS]


def _is_applicable(placing: Placing, decision: Row) -> bool:
    """Say whether what was chosen fits this text, and refers to gold alone."""
    length = len(placing.document.text)
    return all(
        all(span.end <= length for span in content.fragments) and all(key in placing.gold for key in content.targets)
        for content in decision.chosen
    )


def _find_successor(content: Content, gold: Sequence[Content]) -> str:
    """Return what stands for a content in gold: itself, else what shares most characters, else the first."""
    if not gold:
        return GONE
    if any(each.key == content.key for each in gold):
        return content.key
    return max(gold, key=lambda each: (_count_shared(content, each), each.label == content.label)).key


def _count_shared(one: Content, other: Content) -> int:
    pairs = ((left, right) for left in one.fragments for right in other.fragments)
    return sum(max(0, min(left.end, right.end) - max(left.start, right.start)) for left, right in pairs)


def _add_contents(placing: Placing, layer: str, additions: Sequence[Row]) -> Iterator[str]:
    for row in sorted(additions, key=lambda each: each.sequence):
        fits = all(content.layer == layer for content in row.chosen) and _is_applicable(placing, row)
        if row.chosen and fits and addition_id(placing.document, row.chosen[0]) == row.item:
            placing.gold.update({content.key: content for content in row.chosen})
            yield row.item
