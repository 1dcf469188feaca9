"""What each annotator wrote, layer by layer, with every reference moved onto what became gold in its place.

In: a settlement in the making. Out: the `Entry`s of one layer. What refers to something that was decided away falls
here, and is noted as `Dropped`; what refers to something undecided gets a key that says so.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from corpus_tools.adjudication.conflicts import Entry
from corpus_tools.adjudication.content import (
    ARGUMENT,
    ATTRIBUTE,
    EQUIVALENCE,
    EVENT,
    FILLER,
    MENTION,
    NORMALIZATION,
    NOTE,
    OWNER,
    RELATION,
    TRIGGER,
    Content,
    mark_content,
    relation_content,
)
from corpus_tools.adjudication.stacking import Place, list_mentions, rank_events
from corpus_tools.standoff import Argument, Attribute, Document, Event, Normalization, Note, Relation

EQUIV = "Equiv"
"""The one `*` label whose groups are unordered and grow together where they share a member."""

UNSETTLED = "undecided:"
"""What stands before an item's id in a reference to what is not decided."""

GONE = ""
"""The reference to what was decided away."""


@dataclass(frozen=True, slots=True)
class AnnotatedDocument:
    """Hold one text with what each of its annotators wrote, by annotator, sorted."""

    doc_id: str
    text: str
    text_hash: str
    versions: Mapping[str, Document]

    @property
    def annotators(self) -> tuple[str, ...]:
        """Return who annotated the document."""
        return tuple(self.versions)


@dataclass(frozen=True, slots=True)
class Dropped:
    """Hold an annotation that fell since what it refers to was decided away, or since its ends became one."""

    annotator: str
    id: str
    layer: str
    label: str
    reason: str


@dataclass(frozen=True, slots=True)
class Placing:
    """Hold what became gold so far, and what stands there for each annotation of each annotator.

    Attributes
    ----------
    places : dict of Place to str
        A key of `gold`, or one that starts with UNSETTLED, or GONE.
    """

    document: AnnotatedDocument
    is_symmetric: Callable[[str], bool]
    places: dict[Place, str]
    gold: dict[str, Content]
    dropped: list[Dropped]

    def drop(self, place: Place, layer: str, label: str, reason: str) -> None:
        """Note that an annotation falls."""
        self.dropped.append(Dropped(*place, layer, label, reason))


def find_unsettled(content: Content) -> tuple[str, ...]:
    """Return the ids of the undecided items that a content refers to."""
    return tuple(sorted({key.removeprefix(UNSETTLED) for key in content.targets if key.startswith(UNSETTLED)}))


def list_entries(placing: Placing, layer: str) -> Iterable[Entry]:
    """Return what the annotators wrote in a layer, once those before it are settled."""
    return _SOURCES[layer](placing)


def _list_mentions(placing: Placing) -> Iterator[Entry]:
    for (annotator, bound_id), content in list_mentions(placing.document.versions).items():
        yield Entry(annotator, bound_id, content)


def _list_events(placing: Placing) -> Iterator[Entry]:
    ranks = rank_events(placing.document.versions)
    for annotator, document in placing.document.versions.items():
        for event in document.events:
            trigger = placing.places[annotator, event.trigger]
            if trigger == GONE:
                placing.places[annotator, event.id] = GONE
                placing.drop((annotator, event.id), EVENT, event.type, "its trigger was decided away")
                continue
            rank = ranks.get((annotator, event.id), 0)
            label = _follow_trigger(placing, document, event, trigger)
            content = Content(EVENT, label, arguments=(Argument(TRIGGER, trigger),), rank=rank)
            yield Entry(annotator, event.id, content)


def _follow_trigger(placing: Placing, document: Document, event: Event, trigger: str) -> str:
    """Return the type of an event: that of its trigger in gold, where the annotator gave both the same."""
    bound, settled = document.resolve(event.id), placing.gold.get(trigger)
    return settled.label if settled is not None and bound is not None and bound.type == event.type else event.type


def _list_arguments(placing: Placing) -> Iterator[Entry]:
    for annotator, document in placing.document.versions.items():
        for event in document.events:
            owner = placing.places[annotator, event.id]
            for argument in event.arguments if owner != GONE else ():
                filler = placing.places.get((annotator, argument.target), GONE)
                if filler == GONE:
                    placing.drop((annotator, event.id), ARGUMENT, argument.role, "its filler was decided away")
                else:
                    ends = (Argument(OWNER, owner), Argument(FILLER, filler))
                    yield Entry(annotator, "", Content(ARGUMENT, argument.role, arguments=ends))


def _list_relations(placing: Placing) -> Iterator[Entry]:
    for annotator, document in placing.document.versions.items():
        for relation in document.relations:
            keys = [placing.places.get((annotator, each.target), GONE) for each in relation.arguments]
            reason = "an end of it was decided away" if GONE in keys else ""
            if not reason and _is_collapsed(relation, keys):
                reason = "its ends became one mention"
            if reason:
                placing.places[annotator, relation.id] = GONE
                placing.drop((annotator, relation.id), RELATION, relation.type, reason)
            else:
                yield Entry(annotator, relation.id, relation_content(relation, keys, is_symmetric=placing.is_symmetric))


def _is_collapsed(relation: Relation, keys: Sequence[str]) -> bool:
    """Say whether ends that were several became one mention; undecided ones may wait for one and the same item."""
    ids = {argument.target for argument in relation.arguments}
    return len(set(keys)) < len(ids) and not any(key.startswith(UNSETTLED) for key in keys)


def _list_equivalences(placing: Placing) -> Iterator[Entry]:
    for annotator, document in placing.document.versions.items():
        groups: list[tuple[str, list[str]]] = []
        for equivalence in document.equivalences:
            members = dict.fromkeys(placing.places.get((annotator, member), GONE) for member in equivalence.members)
            kept = [key for key in members if key != GONE]
            if len(kept) < 2:
                reason = "fewer than two of its members are left"
                placing.drop((annotator, "*"), EQUIVALENCE, equivalence.type, reason)
            elif equivalence.type == EQUIV:
                groups.append((EQUIV, _absorb(groups, kept)))
            else:
                groups.append((equivalence.type, kept))
        for label, keys in groups:
            yield Entry(annotator, "", Content(EQUIVALENCE, label, arguments=tuple(Argument("", key) for key in keys)))


def _absorb(groups: list[tuple[str, list[str]]], members: Sequence[str]) -> list[str]:
    """Take the Equiv groups that share a member out of the list and return them joined with the members, sorted."""
    joined = set(members)
    for group in [group for group in groups if group[0] == EQUIV and joined & set(group[1])]:
        joined |= set(group[1])
        groups.remove(group)
    return sorted(joined)


def _list_attributes(placing: Placing) -> Iterator[Entry]:
    return _list_marks(placing, ATTRIBUTE, lambda document: document.attributes)


def _list_normalizations(placing: Placing) -> Iterator[Entry]:
    return _list_marks(placing, NORMALIZATION, lambda document: document.normalizations)


def _list_notes(placing: Placing) -> Iterator[Entry]:
    return _list_marks(placing, NOTE, lambda document: document.notes)


def _list_marks(
    placing: Placing, layer: str, marks_of: Callable[[Document], Iterable[Attribute | Normalization | Note]]
) -> Iterator[Entry]:
    """Yield the lines that hang on something that has its place, but for those that have theirs already."""
    for annotator, document in placing.document.versions.items():
        for mark in marks_of(document):
            holder = placing.places.get((annotator, mark.target))
            if holder is None or (annotator, mark.id) in placing.places:
                continue
            content = mark_content(mark, holder)
            if holder == GONE:
                placing.places[annotator, mark.id] = GONE
                placing.drop((annotator, mark.id), layer, content.label, "what it hangs on was decided away")
            else:
                yield Entry(annotator, mark.id, content)


_SOURCES: dict[str, Callable[[Placing], Iterator[Entry]]] = {
    MENTION: _list_mentions,
    EVENT: _list_events,
    ARGUMENT: _list_arguments,
    RELATION: _list_relations,
    EQUIVALENCE: _list_equivalences,
    ATTRIBUTE: _list_attributes,
    NORMALIZATION: _list_normalizations,
    NOTE: _list_notes,
}
