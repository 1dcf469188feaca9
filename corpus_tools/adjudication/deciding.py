"""What a reviewer does to an item: decide it, move it a stage further, note something, take a decision back.

In: a `Review` and what is wanted. Out: the rows that were logged; they are on the disk when these functions return, and
the documents are settled anew. Nothing is logged that would not become gold: what was decided meanwhile, waits for
another item, or refers to what is not gold is refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from corpus_tools.adjudication.content import MENTION, RELATION, Content, relation_content
from corpus_tools.adjudication.decisions import (
    ADD,
    BOTH,
    DECIDE,
    DISCUSSED,
    EDIT,
    ESCALATED,
    NEITHER,
    NOTE,
    OPEN,
    STAGE,
    TAKE,
    UNDO,
    Row,
    append_row,
    find_undoable,
    next_row,
)
from corpus_tools.adjudication.gold import make_gold, spell
from corpus_tools.adjudication.merge import UNDECIDED, WAITS, Item, addition_id
from corpus_tools.adjudication.review import Review, log_agreement, refresh_document, settle_again
from corpus_tools.adjudication.stacking import split_at_breaks
from corpus_tools.errors import InputError, ItemChanged, UsageError
from corpus_tools.standoff import Relation

ADDITION = "addition"
"""The kind of a decision that adds what no annotator wrote."""

MAX_NOTE_CHARACTERS = 4000

_STAGE_BEFORE = {DISCUSSED: OPEN, ESCALATED: DISCUSSED}


@dataclass(frozen=True, slots=True)
class Choice:
    """Hold what is chosen: TAKE with the annotators whose version it is, BOTH, NEITHER, or EDIT with contents."""

    name: str
    taken: tuple[str, ...] = ()
    contents: tuple[Content, ...] = ()


def decide_item(
    review: Review, item_id: str, choice: Choice, *, note: str = "", seen: int | None = None, identical: bool = False
) -> tuple[Row, ...]:
    """Decide an item, and with it all open items that are the same conflict if `identical` is set.

    Parameters
    ----------
    seen : int, optional
        The number of the last row about the item that whoever decides has seen; by default the last there is.

    Raises
    ------
    ItemChanged
        Where the item was decided since, or its evidence changed.
    UsageError
        Where it can't be decided now, or not so.
    InputError
        Where an edited content is none that gold could hold.
    """
    item = check_seen(review, item_id, seen)
    _check_decidable(review, item)
    if identical and choice.name == EDIT:
        raise UsageError("an edited decision is about one place: decide identical conflicts by take, both or neither")
    items = [item, *(_find_identical(review, item) if identical else ())]
    chosen = [resolve_choice(review, each, choice) for each in items]
    batch = f"batch-{len(review.log.rows) + 1}" if len(items) > 1 else ""
    taken = choice.taken if choice.name == TAKE else ()
    rows = []
    for each, contents in zip(items, chosen, strict=True):
        fields = {"item": each.id, "kind": each.kind, "versions": each.versions, "chosen": contents}
        fields |= {"choice": choice.name, "taken": taken, "note": note, "batch": batch}
        rows.append(_log(review, DECIDE, each.doc_id, stage=review.log.standing.stage(each.id), **fields))
    _settle_documents(review, {each.doc_id for each in items})
    return tuple(rows)


def check_seen(review: Review, item_id: str, seen: int | None) -> Item:
    """Return an item as it is now, its document read again where its files changed.

    Raises
    ------
    ItemChanged
        Where it is not there any more, or something was logged about it since `seen`.
    """
    doc_id = review.documents.get(item_id)
    if doc_id is not None:
        refresh_document(review, doc_id)
    item = review.find(item_id)
    if seen is not None and seen != review.seen(item_id):
        raise ItemChanged("this item was changed meanwhile, in another tab or by another person")
    return item


def _check_decidable(review: Review, item: Item) -> None:
    if item.outcome == WAITS:
        raise UsageError(f"it waits for {len(item.waits_for)} undecided items; decide those first")
    stage = review.log.standing.stage(item.id)
    if review.staged and stage == OPEN and item.outcome == UNDECIDED:
        raise UsageError("its annotators have not discussed it yet: put it to discussed, with the reason, first")


def _find_identical(review: Review, item: Item) -> Iterator[Item]:
    name = review.conflicts[item.doc_id].get(item.id)
    for doc_id in [doc_id for doc_id, names in review.conflicts.items() if name in names.values()]:
        refresh_document(review, doc_id)
        for other in review.settlements[doc_id].items_of(UNDECIDED):
            is_due = not review.staged or review.log.standing.stage(other.id) != OPEN
            if review.conflicts[doc_id][other.id] == name and other.id != item.id and is_due:
                yield other


def count_identical(review: Review, item: Item) -> int:
    """Return how many other open items are the same conflict."""
    name = review.conflicts.get(item.doc_id, {}).get(item.id)
    total = sum(other == name for names in review.conflicts.values() for other in names.values())
    return total - 1 if name is not None else 0


def resolve_choice(review: Review, item: Item, choice: Choice) -> tuple[Content, ...]:
    """Return what goes into gold.

    Raises
    ------
    UsageError
        Where a named annotator has no version of the item, or the choice is unknown.
    InputError
        Where an edited content is none that gold could hold.
    """
    versions = {version.annotator: version.contents for version in item.versions}
    if choice.name == NEITHER:
        return ()
    if choice.name == EDIT:
        return tuple(_check_content(review, item.doc_id, item.layer, content) for content in choice.contents)
    names = tuple(versions) if choice.name == BOTH else choice.taken
    if choice.name not in (TAKE, BOTH) or not names or not versions.keys() >= set(names):
        raise UsageError(f"expected take with one of {', '.join(versions)}, both, neither or edit")
    chosen = {content.key: content for name in names for content in versions[name]}
    return tuple(chosen[key] for key in sorted(chosen))


def _check_content(review: Review, doc_id: str, layer: str, content: Content) -> Content:
    """Return a content of a reviewer's own as gold holds it."""
    settlement = review.settlements[doc_id]
    text, length = settlement.document.text, len(settlement.document.text)
    if content.layer != layer:
        raise InputError(f"expected a {layer}, found a {content.layer}")
    if content.layer == MENTION:
        if any(span.end > length for span in content.fragments) or not spell(text, content.fragments).strip():
            raise InputError(f"a mention covers characters of the text, which has {length}, and not blanks alone")
        return Content(MENTION, content.label, split_at_breaks(text, content.fragments), rank=content.rank)
    if any(key not in settlement.gold for key in content.targets):
        raise InputError("it refers to something that is not gold, or not yet")
    if content.layer == RELATION:
        relation = Relation("", content.label, content.arguments)
        content = relation_content(relation, content.targets, is_symmetric=review.project.schema.is_symmetric)
    make_gold(settlement.document, [*settlement.gold.values(), content])
    return content


def add_content(review: Review, doc_id: str, content: Content, *, note: str = "") -> Row:
    """Add to a document's gold what no annotator wrote.

    Raises
    ------
    InputError
        Where gold could not hold it.
    """
    settlement = review.settlements[doc_id]
    content = _check_content(review, doc_id, content.layer, content)
    item = addition_id(settlement.document, content)
    fields = {"item": item, "kind": ADDITION, "choice": ADD, "chosen": (content,), "note": note}
    row = _log(review, DECIDE, doc_id, **fields)
    _settle_documents(review, {doc_id})
    return row


def undo_decision(review: Review, *, item_id: str = "") -> tuple[Row, ...]:
    """Take back the last decision, or an item's, with those that were made by the same key press.

    Returns
    -------
    tuple of Row
        What was taken back.

    Raises
    ------
    UsageError
        Where there is nothing to take back.
    """
    rows = find_undoable(review.log, item=item_id)
    if not rows:
        raise UsageError("there is no decision to take back")
    undoes = tuple(sorted(row.sequence for row in rows))
    _log(review, UNDO, rows[-1].doc_id, item=rows[-1].item, undoes=undoes)
    _settle_documents(review, {row.doc_id for row in rows})
    return rows


def put_stage(review: Review, item_id: str, stage: str, *, reason: str, seen: int | None = None) -> Row:
    """Put an open item to the next stage: from open to discussed, from there to escalated.

    Raises
    ------
    ItemChanged
        As for `decide_item`.
    UsageError
        Where the item is decided, the stage is not the next one, or no reason is given.
    """
    item = check_seen(review, item_id, seen)
    current = review.log.standing.stage(item_id)
    if item.outcome != UNDECIDED or _STAGE_BEFORE.get(stage) != current:
        raise UsageError(f"an {item.outcome} item at stage {current} can't be put to {stage}")
    if not reason.strip():
        raise UsageError(f"say why it is {stage}")
    return _log(review, STAGE, item.doc_id, item=item.id, kind=item.kind, stage=stage, note=reason)


def write_note(review: Review, item_id: str, text: str, *, seen: int | None = None) -> Row:
    """Log a note about an item.

    Raises
    ------
    ItemChanged
        As for `decide_item`.
    UsageError
        Where the note is empty.
    """
    item = check_seen(review, item_id, seen)
    if not text.strip():
        raise UsageError("an empty note says nothing")
    return _log(review, NOTE, item.doc_id, item=item.id, kind=item.kind, note=text)


def _log(review: Review, action: str, doc_id: str, **fields: object) -> Row:
    note = fields.get("note", "")
    if isinstance(note, str) and len(note) > MAX_NOTE_CHARACTERS:
        raise UsageError(f"a note of {len(note)} characters, at most {MAX_NOTE_CHARACTERS} are kept")
    row = next_row(review.log, time=review.clock(), who=review.who, action=action, doc_id=doc_id, **fields)
    append_row(review.log, row)
    return row


def _settle_documents(review: Review, doc_ids: set[str]) -> None:
    for doc_id in sorted(doc_ids & review.settlements.keys()):
        settle_again(review, review.settlements[doc_id].document)
        log_agreement(review, doc_id)
