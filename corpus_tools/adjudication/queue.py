"""The queue: what is to be decided, in an order, and which conflicts are the same one over again.

In: the `Settlement`s of a project. Out: `QueuedItem`s by document (mentions first, then in text order) or by value: how
many relations hang on the item, and how uncertain a model is there. The model's probabilities come from a file.

A row of that file is one JSON object: `doc_id`, `probability`, and either `mention` or both `arg1` and `arg2`, each
`[start, end]` in characters of the text.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus_tools.adjudication.content import ATTRIBUTE, LAYERS, MENTION, NORMALIZATION, NOTE, Content
from corpus_tools.adjudication.gold import spell
from corpus_tools.adjudication.merge import UNDECIDED, WAITS, Item, Settlement
from corpus_tools.errors import InputError
from corpus_tools.standoff import Span
from corpus_tools.storage import format_json, hash_text, parse_json, read_text

BY_DOCUMENT, BY_VALUE = "document", "value"
ORDERS = (BY_DOCUMENT, BY_VALUE)

MAX_PROBABILITY_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class Probability:
    """Hold what a model gives a mention (one span) or a relation (two)."""

    spans: tuple[Span, ...]
    value: float

    @property
    def uncertainty(self) -> float:
        """Return 1 where the model is undecided, 0 where it is sure, linear between."""
        return 1 - abs(2 * self.value - 1)


Probabilities = Mapping[str, Sequence[Probability]]


@dataclass(frozen=True, slots=True)
class QueuedItem:
    """Hold an item with what its place in the queue depends on.

    Attributes
    ----------
    spans : tuple of Span
        Where it stands, in text order.
    uncertainty : float, 0 to 1
    """

    item: Item
    spans: tuple[Span, ...]
    uncertainty: float = 0.0

    @property
    def value(self) -> float:
        """Return how much hangs on deciding it: relations and event arguments, and the model's uncertainty."""
        return self.item.hanging + self.uncertainty


def queue_items(
    settlements: Iterable[Settlement], *, order: str = BY_DOCUMENT, probabilities: Probabilities | None = None
) -> list[QueuedItem]:
    """Return the open items in an order, and behind them those that wait for one of them."""
    queued = [
        queue_item(settlement, item, (probabilities or {}).get(item.doc_id, ()))
        for settlement in settlements
        for item in settlement.items_of(UNDECIDED, WAITS)
    ]
    return sort_queue(queued, order=order)


def sort_queue(queued: Iterable[QueuedItem], *, order: str) -> list[QueuedItem]:
    """Return items in an order, those that wait behind the others."""
    if order == BY_VALUE:
        return sorted(queued, key=lambda each: (each.item.outcome == WAITS, -each.value, *_text_order(each)))
    return sorted(queued, key=lambda each: (each.item.outcome == WAITS, *_text_order(each)))


def _text_order(queued: QueuedItem) -> tuple[str, int, tuple[Span, ...], str]:
    return queued.item.doc_id, LAYERS.index(queued.item.layer), queued.spans, queued.item.id


def queue_item(settlement: Settlement, item: Item, probabilities: Sequence[Probability] = ()) -> QueuedItem:
    """Return an item with its place in the text and the model's uncertainty there."""
    spans = find_spans(settlement, item)
    touches_all = item.layer != MENTION
    nearby = (each for each in probabilities if _is_near(each, spans, touches_all=touches_all))
    return QueuedItem(item, spans, max((each.uncertainty for each in nearby), default=0.0))


def _is_near(probability: Probability, spans: Sequence[Span], *, touches_all: bool) -> bool:
    touched = [any(one.overlaps(other) for other in spans) for one in probability.spans]
    return all(touched) if touches_all else any(touched)


def find_spans(settlement: Settlement, item: Item) -> tuple[Span, ...]:
    """Return the characters that an item is about, those of the undecided items that it waits for included."""
    waited = {each.id: each for each in settlement.items if each.id in item.waits_for}
    versions = [version for each in (item, *waited.values()) for version in each.versions]
    contents = [*item.gold, *(content for version in versions for content in version.contents)]
    return tuple(sorted({span for content in contents for span in resolve_spans(settlement, content)}))


def resolve_spans(settlement: Settlement, content: Content) -> tuple[Span, ...]:
    """Return the fragments of a mention, or of all the mentions in gold that a content refers to."""
    referred = (settlement.gold[key] for key in content.targets if key in settlement.gold)
    return content.fragments + tuple(span for each in referred for span in resolve_spans(settlement, each))


def sign_conflict(settlement: Settlement, item: Item) -> str:
    """Return a name that two items share when they are the same conflict in other places.

    The same annotators wrote the same: for mentions type and words, for relations label and the type and words of both
    ends, for what hangs on something its value and the type of that thing. Letter case does not count.
    """
    versions = {
        version.annotator: sorted(format_json(_describe(settlement, each), indent=None) for each in version.contents)
        for version in item.versions
    }
    return hash_text(format_json({"kind": item.kind, "versions": versions}, indent=None))


def _describe(settlement: Settlement, content: Content) -> list[object]:
    described: list[object] = [content.layer, content.label, content.value, content.text]
    if content.fragments:
        described.append(spell(settlement.document.text, content.fragments).casefold())
    for argument in content.arguments:
        target = settlement.gold.get(argument.target)
        if target is None:
            described.append([argument.role, argument.target])
        elif content.layer in (ATTRIBUTE, NORMALIZATION, NOTE):
            described.append(target.label)
        else:
            described.append([argument.role, _describe(settlement, target)])
    return described


def read_probabilities(path: Path) -> dict[str, list[Probability]]:
    """Read a model's probabilities, by document.

    Raises
    ------
    InputError
        Where a line is no such row; the message names it.
    """
    found: dict[str, list[Probability]] = {}
    for number, line in enumerate(read_text(path, max_bytes=MAX_PROBABILITY_BYTES).split("\n"), start=1):
        if line.strip():
            doc_id, probability = _parse_probability(line, source=f"{path}:{number}")
            found.setdefault(doc_id, []).append(probability)
    return found


def _parse_probability(line: str, *, source: str) -> tuple[str, Probability]:
    record = parse_json(line, source=source)
    if not isinstance(record, dict) or not isinstance(record.get("doc_id"), str):
        raise InputError(f"{source}: expected an object with doc_id")
    value = record.get("probability")
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise InputError(f"{source}: expected a probability from 0 to 1")
    names = ("mention",) if "mention" in record else ("arg1", "arg2")
    spans = tuple(_parse_span(record.get(name), source) for name in names)
    return record["doc_id"], Probability(spans, float(value))


def _parse_span(pair: object, source: str) -> Span:
    if not (isinstance(pair, list) and len(pair) == 2 and all(type(offset) is int for offset in pair)):
        raise InputError(f"{source}: expected mention, or arg1 and arg2, each [start, end]")
    return Span(pair[0], pair[1])
