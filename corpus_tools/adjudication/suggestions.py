"""What became of a model's suggestions: the pre-annotated documents compared with what the annotator left.

In: a folder that `relext annotate` wrote and the folder that an annotator gave back. Out: one `Outcome` a suggestion (a
mention or relation with a suggestion's note): kept, changed or deleted; and one `Addition` an annotation that matches
nothing that was there.

Ids say little, since editors give new ones: mentions are matched by type and fragments, then by id where they overlap,
then by a best one-to-one matching of overlaps. A relation is matched through its mentions: one whose mention only
changed its boundary is kept.

Examples
--------
>>> Outcome("note", RELATIONS, "R1", "treats", 0.4, CHANGED, ("label",)).fate
'changed'
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from corpus_tools.agreement import Spans, choose_edges, overlap_edges
from corpus_tools.errors import InputError
from corpus_tools.standoff import (
    UNAIDED,
    AlignedDocument,
    Document,
    DocumentFiles,
    Relation,
    TextBound,
    align_document,
    find_aid_files,
    find_documents,
    find_suggestions,
    look_up_aid,
    read_aids,
    read_document,
)

MENTIONS, RELATIONS = "mentions", "relations"
LAYERS = (MENTIONS, RELATIONS)
KEPT, CHANGED, DELETED, ADDED = "kept", "changed", "deleted", "added"
BOUNDARY, TYPE, ATTRIBUTE, LABEL, DIRECTION = "boundary", "type", "attribute", "label", "direction"
CHANGES = (BOUNDARY, TYPE, ATTRIBUTE, LABEL, DIRECTION)

Ends = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Hold what became of one suggestion.

    Attributes
    ----------
    layer : str
        One of `LAYERS`.
    type : str
        The type or label that was suggested.
    fate : str
        KEPT, CHANGED or DELETED.
    changes : tuple of str
        What differs, from `CHANGES`, where it was changed.
    """

    doc_id: str
    layer: str
    annotation_id: str
    type: str
    probability: float
    fate: str
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Addition:
    """Hold an annotation of the annotator that no line of the pre-annotation stands for."""

    doc_id: str
    layer: str
    annotation_id: str
    type: str


@dataclass(frozen=True, slots=True)
class SuggestionReview:
    """Hold what became of all suggestions of a folder.

    Attributes
    ----------
    doc_ids : tuple of str
        The documents compared.
    not_annotated : tuple of str
        Documents without an `.ann` of the annotator: not the same as an empty one.
    text_differs : tuple of str
        Documents whose text is not the one that was pre-annotated; not compared.
    rejects : mapping of str to int
        Code -> lines or files that were not read, on both sides.
    unaided : int
        Documents without suggestions on purpose, as the folder's `provenance.jsonl` says; not compared.
    """

    doc_ids: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    additions: tuple[Addition, ...]
    not_annotated: tuple[str, ...] = ()
    text_differs: tuple[str, ...] = ()
    rejects: Counter[str] = field(default_factory=Counter)
    unaided: int = 0


def review_suggestions(
    suggested: Path,
    annotated: Path,
    *,
    is_symmetric: Callable[[str], bool] = lambda label: False,
    track: Callable[[Sequence[str]], Iterable[str]] = iter,
) -> SuggestionReview:
    """Compare a pre-annotated folder with the one that an annotator gave back, document by document.

    Parameters
    ----------
    is_symmetric : callable of str
        Whether a label holds in both directions, so that its direction can't be changed.

    Raises
    ------
    InputError
        Where no document can be compared, or none of them holds a suggestion; where a `provenance.jsonl` can't be read.
    """
    outcomes, additions, doc_ids = list[Outcome](), list[Addition](), list[str]()
    missing, differing, rejects = list[str](), list[str](), Counter[str]()
    ours, theirs = (
        {files.doc_id: files for files in find_documents(folder, on_skip=lambda skip: rejects.update([skip.code]))}
        for folder in (suggested, annotated)
    )
    unaided = _find_unaided(suggested, ours)
    for doc_id in track(sorted(ours.keys() - unaided)):
        before = _read(ours[doc_id], rejects)
        after = _read(theirs[doc_id], rejects) if doc_id in theirs else None
        if before.is_rejected:
            continue
        if after is None or after.is_rejected or not after.document.has_annotations:
            missing.append(doc_id)
        elif before.document.text != after.document.text:
            differing.append(doc_id)
        else:
            doc_ids.append(doc_id)
            found, added = compare_document(before.document, after.document, is_symmetric=is_symmetric)
            outcomes += found
            additions += added
    review = SuggestionReview(
        tuple(doc_ids), tuple(outcomes), tuple(additions), tuple(missing), tuple(differing), rejects, len(unaided)
    )
    _validate_review(review, suggested, annotated)
    return review


def _find_unaided(suggested: Path, doc_ids: Iterable[str]) -> set[str]:
    """Return the documents of which the folder's own provenance says that nothing was suggested on purpose."""
    files = find_aid_files(suggested)
    aids = read_aids(files)
    return {doc_id for doc_id in doc_ids if look_up_aid(aids, doc_id) == UNAIDED} if files else set()


def _read(files: DocumentFiles, rejects: Counter[str]) -> AlignedDocument:
    aligned = align_document(read_document(files))
    rejects.update(reject.code for reject in aligned.rejects)
    return aligned


def _validate_review(review: SuggestionReview, suggested: Path, annotated: Path) -> None:
    if not review.doc_ids:
        raise InputError(
            f"{suggested} and {annotated}: no document can be compared ({len(review.not_annotated)} not annotated, "
            f"{len(review.text_differs)} with another text); the same path below both is one document"
        )
    if not review.outcomes:
        raise InputError(
            f"{suggested}: no suggestion in {len(review.doc_ids)} documents; expected a folder that relext annotate "
            "wrote, with its notes of probability"
        )


def compare_document(
    before: Document, after: Document, *, is_symmetric: Callable[[str], bool] = lambda label: False
) -> tuple[list[Outcome], list[Addition]]:
    """Return what became of each suggestion of a document, in file order, and what was added."""
    suggestions = find_suggestions(before)
    mentions = match_mentions(before, after)
    relations = match_relations(before, after, mentions, is_symmetric=is_symmetric)
    outcomes = []
    for annotation in _list_annotations(before):
        if annotation.id not in suggestions:
            continue
        layer = MENTIONS if isinstance(annotation, TextBound) else RELATIONS
        partner = (mentions if layer == MENTIONS else relations).get(annotation.id)
        changes = _list_changes(before, after, annotation, partner, mentions, is_symmetric)
        fate = DELETED if partner is None else CHANGED if changes else KEPT
        probability = suggestions[annotation.id].probability
        outcomes.append(Outcome(before.doc_id, layer, annotation.id, annotation.type, probability, fate, changes))
    return outcomes, list(_list_additions(after, mentions, relations))


def _list_annotations(document: Document) -> Iterator[TextBound | Relation]:
    yield from document.textbounds
    yield from document.relations


def _list_changes(
    before: Document,
    after: Document,
    annotation: TextBound | Relation,
    partner: str | None,
    mentions: dict[str, str],
    is_symmetric: Callable[[str], bool],
) -> tuple[str, ...]:
    other = after.find(partner) if partner is not None else None
    if isinstance(annotation, TextBound) and isinstance(other, TextBound):
        is_changed = {
            BOUNDARY: annotation.sorted_fragments != other.sorted_fragments,
            TYPE: annotation.type != other.type,
            ATTRIBUTE: _attributes(before, annotation.id) != _attributes(after, other.id),
        }
    elif isinstance(annotation, Relation) and isinstance(other, Relation):
        ends = _mapped_ends(before, annotation, mentions)
        turned = ends != _own_ends(after, other) and not is_symmetric(other.type)
        is_changed = {LABEL: annotation.type != other.type, DIRECTION: turned}
    else:
        return ()
    return tuple(change for change, differs in is_changed.items() if differs)


def _attributes(document: Document, holder: str) -> Counter[tuple[str, str | None]]:
    return Counter((each.name, each.value) for each in document.attributes if each.target == holder)


def _list_additions(after: Document, mentions: dict[str, str], relations: dict[str, str]) -> Iterator[Addition]:
    matched = {*mentions.values(), *relations.values()}
    for annotation in _list_annotations(after):
        if annotation.id not in matched:
            layer = MENTIONS if isinstance(annotation, TextBound) else RELATIONS
            yield Addition(after.doc_id, layer, annotation.id, annotation.type)


def match_mentions(before: Document, after: Document) -> dict[str, str]:
    """Return the ids of the mentions before that have a partner after, with that partner's id, one to one."""
    matched: dict[str, str] = {}
    for key in (_place_and_type, _place):
        _match_equal(before.textbounds, after.textbounds, matched, key)
    taken = set(matched.values())
    for mention in before.textbounds:
        other = after.find(mention.id)
        is_free = mention.id not in matched and mention.id not in taken
        if is_free and isinstance(other, TextBound) and _overlap(mention, other):
            matched[mention.id] = other.id
    _match_overlapping(before.textbounds, after.textbounds, matched)
    return matched


def _place_and_type(mention: TextBound) -> object:
    return mention.type, mention.sorted_fragments


def _place(mention: TextBound) -> object:
    return mention.sorted_fragments


def _match_equal(
    before: Iterable[TextBound], after: Iterable[TextBound], matched: dict[str, str], key: Callable[[TextBound], object]
) -> None:
    """Add the mentions that are alike by a key, those with the same id first, the others in file order."""
    taken = set(matched.values())
    free: defaultdict[object, list[str]] = defaultdict(list)
    for mention in after:
        if mention.id not in taken:
            free[key(mention)].append(mention.id)
    waiting = [mention for mention in before if mention.id not in matched]
    for mention in sorted(waiting, key=lambda each: each.id not in free[key(each)]):
        partners = free[key(mention)]
        if partners:
            partner = mention.id if mention.id in partners else partners[0]
            partners.remove(partner)
            matched[mention.id] = partner


def _overlap(one: TextBound, other: TextBound) -> bool:
    return any(span.overlaps(piece) for span in one.fragments for piece in other.fragments)


def _match_overlapping(before: Iterable[TextBound], after: Iterable[TextBound], matched: dict[str, str]) -> None:
    """Add a best matching of the mentions that are left: most pairs, then most shared characters."""
    taken = set(matched.values())
    waiting = [mention for mention in before if mention.id not in matched]
    free = [mention for mention in after if mention.id not in taken]
    edges = overlap_edges(_extents(waiting), _extents(free))
    real = [_overlap(waiting[i], free[j]) for i, j in zip(edges.first.tolist(), edges.second.tolist(), strict=True)]
    edges = edges.take(np.array(real, np.bool_))
    best = edges.take(choose_edges(edges))
    for i, j in zip(best.first.tolist(), best.second.tolist(), strict=True):
        matched[waiting[i].id] = free[j].id


def _extents(mentions: Sequence[TextBound]) -> Spans:
    return Spans.of([mention.start for mention in mentions], [mention.end for mention in mentions])


def match_relations(
    before: Document, after: Document, mentions: dict[str, str], *, is_symmetric: Callable[[str], bool]
) -> dict[str, str]:
    """Return the ids of the relations before that have a partner after, with that partner's id, one to one.

    A partner joins the same two mentions. Where several do, the one that says the most of the same goes first: label
    and direction, label alone, direction alone, neither.
    """
    free: defaultdict[frozenset[str], list[Relation]] = defaultdict(list)
    for relation in after.relations:
        if relation.is_binary:
            free[frozenset(_own_ends(after, relation))].append(relation)
    candidates = []
    for relation in before.relations:
        ends = _mapped_ends(before, relation, mentions) if relation.is_binary else None
        for other in free[frozenset(ends)] if ends else ():
            turned = _own_ends(after, other) != ends and not is_symmetric(relation.type)
            rank = (relation.type != other.type, turned, relation.id != other.id)
            candidates.append((rank, relation.id, other.id))
    matched: dict[str, str] = {}
    taken: set[str] = set()
    for _, own, partner in sorted(candidates, key=lambda each: each[0]):
        if own not in matched and partner not in taken:
            matched[own] = partner
            taken.add(partner)
    return matched


def _own_ends(document: Document, relation: Relation) -> Ends:
    """Return the ids of the mentions that a relation joins, events resolved to their triggers."""
    ends = [document.resolve(target) for target in (relation.arg1, relation.arg2)]
    first, second = (end.id if end else target for end, target in zip(ends, _targets(relation), strict=True))
    return first, second


def _targets(relation: Relation) -> Ends:
    return relation.arg1, relation.arg2


def _mapped_ends(document: Document, relation: Relation, mentions: dict[str, str]) -> Ends | None:
    """Return the ids after of the mentions that a relation joined before; None where one of them is gone."""
    first, second = (mentions.get(end) for end in _own_ends(document, relation))
    return (first, second) if first is not None and second is not None else None
