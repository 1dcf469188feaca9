"""Which annotations of several annotators raise one question, and what kind of question it is.

In: `Entry`s of one layer. Out: `Cluster`s: one for what every witness wrote alike, one for each conflict. What
differs is paired by `corpus_tools.agreement`'s maximum matching, annotator by annotator, the likest first.

Examples
--------
>>> one, other = (Content("mention", label, (Span(0, 7),)) for label in ("Drug", "Food"))
>>> clusters = cluster_entries([Entry("anna", "T1", one), Entry("ben", "T1", other)], witnesses=["anna", "ben"])
>>> name_kind(clusters[0], is_symmetric=lambda label: False)
'type'
"""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from corpus_tools.adjudication.content import (
    ARGUMENT,
    ATTRIBUTE,
    EQUIVALENCE,
    EVENT,
    MENTION,
    NORMALIZATION,
    NOTE,
    RELATION,
    Content,
)
from corpus_tools.agreement import Edges, Spans, choose_edges, overlap_edges
from corpus_tools.standoff import Span

WAITING = "waiting-"
"""What stands before the layer in the kind of a question that can't be asked until what it hangs on is decided."""

KINDS = {
    "missing-mention": "marked by one, not by the other",
    "boundary": "same type, other characters",
    "type": "same characters, another type",
    "boundary-and-type": "another type on other characters that overlap",
    "missing-event": "an event of one annotator",
    "event-type": "same trigger, another event",
    "event-argument": "an argument of an event",
    "missing-relation": "related by one, not by the other",
    "direction": "same label, the other way round",
    "label": "same ends, another label",
    "label-and-direction": "another label, the other way round",
    "equivalence": "a group of mentions that stand for one thing",
    "attribute": "an attribute or its value",
    "normalization": "a reference to a terminology",
    "note": "a note",
    WAITING + RELATION: "its ends are not decided yet",
    WAITING + EVENT: "its trigger is not decided yet",
    WAITING + ARGUMENT: "its event or its filler is not decided yet",
    WAITING + EQUIVALENCE: "its members are not decided yet",
    WAITING + ATTRIBUTE: "what it hangs on is not decided yet",
    WAITING + NORMALIZATION: "what it hangs on is not decided yet",
    WAITING + NOTE: "what it hangs on is not decided yet",
}

_Pairing = Callable[[Sequence[Content], Sequence[Content]], Iterator[tuple[int, int]]]


@dataclass(frozen=True, slots=True)
class Entry:
    """Hold that an annotator wrote a content under an id; "" where the line has none of its own."""

    annotator: str
    id: str
    content: Content


@dataclass(frozen=True, slots=True)
class Cluster:
    """Hold entries that raise one question, and what each annotator who was asked it wrote.

    Attributes
    ----------
    contents : tuple of Content
        The distinct ones, in the order of their keys.
    versions : dict of str to tuple of Content
        By witness: annotators who could have written it, all of the document or those who have what it hangs on.
    """

    entries: tuple[Entry, ...]
    contents: tuple[Content, ...]
    versions: dict[str, tuple[Content, ...]]

    @property
    def is_agreed(self) -> bool:
        """Say whether every witness wrote the same."""
        return all(version == self.contents for version in self.versions.values())


def cluster_entries(
    entries: Sequence[Entry], *, witnesses: Sequence[str] | Callable[[Content], Sequence[str]]
) -> list[Cluster]:
    """Group the entries of one layer into questions, in the order of their first contents.

    Parameters
    ----------
    witnesses : sequence of str, or callable
        Who could have written a content.
    """
    asked = witnesses if callable(witnesses) else lambda content: witnesses
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.content.key, []).append(entry)
    leftovers = {}
    for key, members in groups.items():
        if not {member.annotator for member in members}.issuperset(asked(members[0].content)):
            leftovers[key] = members
    joined = _join_leftovers(leftovers)
    clusters = [tuple(groups[key]) for key in groups if key not in leftovers]
    clusters += [tuple(entry for key in keys for entry in groups[key]) for keys in joined]
    made = [_make_cluster(rows, sorted({name for row in rows for name in asked(row.content)})) for rows in clusters]
    return sorted(made, key=lambda cluster: _reading_order(cluster.contents[0]))


def _make_cluster(entries: tuple[Entry, ...], witnesses: Sequence[str]) -> Cluster:
    distinct = {entry.content.key: entry.content for entry in entries}
    contents = tuple(distinct[key] for key in sorted(distinct))
    written = {(entry.annotator, entry.content.key) for entry in entries}
    versions = {name: tuple(each for each in contents if (name, each.key) in written) for name in witnesses}
    return Cluster(entries, contents, versions)


def _reading_order(content: Content) -> tuple[tuple[Span, ...], str]:
    return content.fragments, content.key


def _join_leftovers(leftovers: dict[str, list[Entry]]) -> list[list[str]]:
    """Return the keys of each conflict: those that some two annotators' pairing joins, and the others alone."""
    roots = {key: key for key in leftovers}

    def root(key: str) -> str:
        while roots[key] != key:
            key = roots[key]
        return key

    holders = {key: {member.annotator for member in members} for key, members in leftovers.items()}
    for first, second in combinations(sorted(set().union(*holders.values())), 2):
        one = sorted(key for key, names in holders.items() if first in names and second not in names)
        other = sorted(key for key, names in holders.items() if second in names and first not in names)
        for left, right in _pair_keys(leftovers, one, other):
            low, high = sorted((root(left), root(right)))
            roots[high] = low
    joined: dict[str, list[str]] = {}
    for key in sorted(leftovers):
        joined.setdefault(root(key), []).append(key)
    return list(joined.values())


def _pair_keys(leftovers: dict[str, list[Entry]], one: list[str], other: list[str]) -> Iterator[tuple[str, str]]:
    for pairing in _PAIRINGS[next(iter(leftovers.values()))[0].content.layer] if one and other else ():
        contents = [[leftovers[key][0].content for key in keys] for keys in (one, other)]
        pairs = [(one[i], other[j]) for i, j in pairing(*contents)]
        yield from pairs
        one = [key for key in one if key not in {left for left, _ in pairs}]
        other = [key for key in other if key not in {right for _, right in pairs}]


def _by(key: Callable[[Content], Hashable]) -> _Pairing:
    """Return the pairing of contents with equal keys: the n-th of a key with the n-th."""

    def pair(first: Sequence[Content], second: Sequence[Content]) -> Iterator[tuple[int, int]]:
        waiting: dict[Hashable, list[int]] = {}
        for j, content in enumerate(second):
            waiting.setdefault(key(content), []).append(j)
        for i, content in enumerate(first):
            if partners := waiting.get(key(content)):
                yield i, partners.pop(0)

    return pair


def _overlapping(*, same_label: bool) -> _Pairing:
    """Return the maximum matching of mentions that share characters."""

    def pair(first: Sequence[Content], second: Sequence[Content]) -> Iterator[tuple[int, int]]:
        spans, owners = zip(*(_list_fragments(contents) for contents in (first, second)), strict=True)
        found = overlap_edges(*spans)
        shared: dict[tuple[int, int], list[int]] = {}
        for row in range(len(found)):
            i, j = owners[0][found.first[row]], owners[1][found.second[row]]
            if not same_label or first[i].label == second[j].label:
                measures = shared.setdefault((i, j), [0, 0])
                measures[0] += int(found.shared[row])
                measures[1] += int(found.distance[row])
        if shared:
            columns = np.array([[i, j, *measures] for (i, j), measures in sorted(shared.items())], np.int64).T
            best = Edges(*columns).take(choose_edges(Edges(*columns)))
            yield from zip(best.first.tolist(), best.second.tolist(), strict=True)

    return pair


def _list_fragments(contents: Sequence[Content]) -> tuple[Spans, list[int]]:
    rows = [(span, owner) for owner, content in enumerate(contents) for span in content.fragments]
    spans = Spans.of([span.start for span, _ in rows], [span.end for span, _ in rows])
    return spans, [owner for _, owner in rows]


def _sharing_members(first: Sequence[Content], second: Sequence[Content]) -> Iterator[tuple[int, int]]:
    free = list(range(len(second)))
    for i, content in enumerate(first):
        found = next((j for j in free if set(second[j].targets) & set(content.targets)), None)
        if found is not None:
            free.remove(found)
            yield i, found


def _ends(content: Content) -> tuple[str, ...]:
    return tuple(sorted(content.targets))


_PAIRINGS: dict[str, tuple[_Pairing, ...]] = {
    MENTION: (_by(lambda c: c.fragments), _overlapping(same_label=True), _overlapping(same_label=False)),
    EVENT: (_by(lambda c: c.targets),),
    ARGUMENT: (_by(lambda c: c.targets), _by(lambda c: (c.holder, c.label))),
    RELATION: (_by(lambda c: (c.label, _ends(c))), _by(lambda c: c.targets), _by(_ends)),
    EQUIVALENCE: (_sharing_members,),
    ATTRIBUTE: (_by(lambda c: (c.holder, c.label)),),
    NORMALIZATION: (_by(lambda c: (c.holder, c.label)),),
    NOTE: (_by(lambda c: (c.holder, c.label)),),
}


def name_kind(cluster: Cluster, *, is_symmetric: Callable[[str], bool]) -> str:
    """Return the kind of question, one of `KINDS` (but for waiting ones), or the layer where nothing differs."""
    contents = cluster.contents
    layer = contents[0].layer
    labels = {content.label for content in contents}
    if cluster.is_agreed:
        return layer
    if layer == MENTION and len(contents) > 1:
        if len(labels) == 1:
            return "boundary"
        return "type" if len({content.fragments for content in contents}) == 1 else "boundary-and-type"
    if layer == EVENT and len(labels) > 1:
        return "event-type"
    if layer == RELATION and len(contents) > 1:
        if len(labels) == 1:
            return "direction"
        one_way = len({content.targets for content in contents}) == 1 or any(is_symmetric(label) for label in labels)
        return "label" if one_way else "label-and-direction"
    if layer == ARGUMENT:
        return "event-argument"
    return f"missing-{layer}" if layer in (MENTION, EVENT, RELATION) else layer
