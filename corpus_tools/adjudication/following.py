"""Decisions read off a third brat folder: what the reviewer's own annotations say about every item.

In: a `Review` and the reviewer's document. Out: decisions such that gold becomes exactly that document: open items are
decided as it has them, what it adds is added, and what it lacks of an agreement is taken out.
"""

from collections.abc import Mapping, Sequence

from corpus_tools.adjudication.content import ARGUMENT, EVENT, LAYERS, MENTION, RELATION, Content
from corpus_tools.adjudication.deciding import Choice, add_content, decide_item
from corpus_tools.adjudication.decisions import BOTH, EDIT, NEITHER, TAKE, Row
from corpus_tools.adjudication.layers import AnnotatedDocument
from corpus_tools.adjudication.merge import UNDECIDED, WAITS, Item, settle_document
from corpus_tools.adjudication.review import Review
from corpus_tools.errors import InputError
from corpus_tools.standoff import Document

THIRD = "third"


def follow_document(review: Review, third: Document, *, note: str = "") -> list[Row]:
    """Decide a document as a third folder has it.

    Parameters
    ----------
    third : Document
        The reviewer's annotations of a document of the project.

    Returns
    -------
    list of Row
        What was decided; nothing where gold says the same already.

    Raises
    ------
    InputError
        Where its text is not the one that was annotated.
    """
    settled = review.settlements[third.doc_id].document
    if third.text_hash != settled.text_hash:
        raise InputError(
            f"{third.doc_id}: its text is not the annotators' ({third.text_hash[:8]}, not {settled.text_hash[:8]})"
        )
    own = AnnotatedDocument(third.doc_id, third.text, third.text_hash, {THIRD: third})
    wanted = settle_document(own, {}, is_symmetric=review.project.schema.is_symmetric).gold
    rows: list[Row] = []
    for layer in LAYERS:
        rows += _follow_layer(review, third.doc_id, layer, wanted, note=note)
    return rows


def _follow_layer(review: Review, doc_id: str, layer: str, wanted: Mapping[str, Content], *, note: str) -> list[Row]:
    rows: list[Row] = []
    while unsettled := _find_unsettled(review, doc_id, layer, wanted):
        for item, contents in _share_out(review, doc_id, unsettled, wanted):
            rows += decide_item(review, item.id, _name_choice(item, contents), note=note)
    gold = review.settlements[doc_id].gold
    for content in [each for each in wanted.values() if each.layer == layer and each.key not in gold]:
        rows.append(add_content(review, doc_id, content, note=note))
    return rows


def _find_unsettled(review: Review, doc_id: str, layer: str, wanted: Mapping[str, Content]) -> list[Item]:
    """Return the items of a layer that are open, or that put something into gold that is not wanted."""
    return [
        item
        for item in review.settlements[doc_id].items
        if item.layer == layer
        and item.outcome != WAITS
        and (item.outcome == UNDECIDED or any(content.key not in wanted for content in item.gold))
    ]


def _share_out(
    review: Review, doc_id: str, items: Sequence[Item], wanted: Mapping[str, Content]
) -> list[tuple[Item, list[Content]]]:
    """Give each item what is wanted of its versions; what else is wanted goes to the open item that it is likest to."""
    layer, unsettled = items[0].layer, {item.id for item in items}
    settled = [item for item in review.settlements[doc_id].items if item.id not in unsettled]
    taken = {content.key for item in settled for content in item.gold}
    shares: dict[str, list[Content]] = {}
    for item in items:
        written = {content.key for version in item.versions for content in version.contents}
        shares[item.id] = [wanted[key] for key in sorted(written - taken) if key in wanted]
        taken |= {content.key for content in shares[item.id]}
    for content in wanted.values():
        if content.layer == layer and content.key not in taken:
            likest = max(items, key=lambda item: _liken(content, item))
            if _liken(content, likest):
                shares[likest.id].append(content)
    return [(item, shares[item.id]) for item in items]


def _liken(content: Content, item: Item) -> int:
    """Return how much a content has in common with what annotators wrote: characters, or what both refer to."""
    return max((_count_common(content, each) for version in item.versions for each in version.contents), default=0)


def _count_common(one: Content, other: Content) -> int:
    if one.layer == MENTION:
        pairs = ((left, right) for left in one.fragments for right in other.fragments)
        return sum(max(0, min(left.end, right.end) - max(left.start, right.start)) for left, right in pairs)
    same_place = set(one.targets) == set(other.targets)
    return int(same_place and (one.layer in (RELATION, EVENT, ARGUMENT) or one.label == other.label))


def _name_choice(item: Item, contents: Sequence[Content]) -> Choice:
    """Return the plainest choice that puts some contents into gold."""
    keys = {content.key for content in contents}
    if not keys:
        return Choice(NEITHER)
    for version in item.versions:
        if keys == {content.key for content in version.contents}:
            return Choice(TAKE, (version.annotator,))
    if keys == {content.key for version in item.versions for content in version.contents}:
        return Choice(BOTH)
    return Choice(EDIT, contents=tuple(contents))
