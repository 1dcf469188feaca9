"""Where a review stands, and what each annotator can learn from it.

In: a `Review`. Out: `ReviewStatus` (items by kind and stage, decisions, what fell, who agreed with the reviewer) and
`Feedback`, for each annotator what was changed and why, by kind.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from corpus_tools.adjudication.decisions import STAGE, STAGES, Row
from corpus_tools.adjudication.merge import ACCEPTED, CARRIED, DECIDED, UNDECIDED, WAITS, Item, Settlement
from corpus_tools.adjudication.review import Review, list_stale


@dataclass(frozen=True, slots=True)
class ReviewStatus:
    """Hold the counts of a review.

    Attributes
    ----------
    documents : dict of str to int
        "settled" (nothing open), "open", "alone" (annotated by fewer than two), "text-differs".
    outcomes : dict of str to int
        Questions by outcome; "accepted" are those that all annotators answered alike.
    kinds : dict of str to dict
        For each kind its questions by outcome: open, waiting, decided.
    stages : dict of str to int
        Open items by the stage that they have reached; `stage_rows` counts how often each stage was logged, and
        `decided_at` the decisions by the stage at which they were made.
    choices : dict of str to int
    stale : int
        Decisions whose evidence changed: they are kept in the log, are not in gold, and are asked again.
    dropped : dict of str to int
        Annotations that fell with what they refer to, by layer.
    agreement : dict of str to (int, int)
        For each annotator, decided items where gold is what he or she wrote, and all decided items asked of them.
    """

    documents: dict[str, int]
    outcomes: dict[str, int]
    kinds: dict[str, dict[str, int]]
    stages: dict[str, int]
    stage_rows: dict[str, int]
    decided_at: dict[str, int]
    choices: dict[str, int]
    stale: int
    dropped: dict[str, int]
    agreement: dict[str, tuple[int, int]]

    @property
    def open(self) -> int:
        """Return how many items are to be decided, those that wait included."""
        return self.outcomes[UNDECIDED] + self.outcomes[WAITS]

    def to_json(self) -> dict[str, object]:
        """Return the counts as JSON can hold them."""
        record: dict[str, object] = {name: getattr(self, name) for name in self.__slots__ if name != "agreement"}
        record["agreement"] = {
            name: {"agreed": agreed, "decided": total, "share": agreed / total if total else None}
            for name, (agreed, total) in self.agreement.items()
        }
        return record


def summarize_review(review: Review) -> ReviewStatus:
    """Count a review."""
    settlements = review.settlements.values()
    items = [item for settlement in settlements for item in settlement.items]
    standing = review.log.standing
    open_documents = sum(bool(settlement.items_of(UNDECIDED, WAITS)) for settlement in settlements)
    decided = [row for item in items if item.outcome == DECIDED and (row := standing.decision(item.id))]
    kinds: dict[str, Counter[str]] = {}
    for item in items:
        if item.outcome in (UNDECIDED, WAITS, DECIDED):
            kinds.setdefault(item.kind, Counter())[item.outcome] += 1
    stages = Counter(standing.stage(item.id) for item in items if item.outcome == UNDECIDED)
    stage_rows = Counter(row.stage for row in review.log.rows if row.action == STAGE)
    decided_at = Counter(row.stage or STAGES[0] for row in decided)
    return ReviewStatus(
        documents={
            "settled": len(settlements) - open_documents,
            "open": open_documents,
            "alone": len(review.alone),
            "text-differs": len(review.differing),
        },
        outcomes=_count(Counter(item.outcome for item in items), (ACCEPTED, CARRIED, DECIDED, UNDECIDED, WAITS)),
        kinds={kind: _count(kinds[kind], (UNDECIDED, WAITS, DECIDED)) for kind in sorted(kinds)},
        stages=_count(stages, STAGES),
        stage_rows=_count(stage_rows, STAGES[1:]),
        decided_at=_count(decided_at, STAGES),
        choices=dict(sorted(Counter(row.choice for row in decided).items())),
        stale=len(list_stale(review)),
        dropped=dict(sorted(Counter(each.layer for s in settlements for each in s.dropped).items())),
        agreement=_measure_agreement(review),
    )


def _count(counts: Counter[str], names: tuple[str, ...]) -> dict[str, int]:
    return {name: counts[name] for name in names}


def _measure_agreement(review: Review) -> dict[str, tuple[int, int]]:
    agreed, total = Counter[str](), Counter[str]()
    for _, item, _ in _list_decided(review):
        for version in item.versions:
            total[version.annotator] += 1
            agreed[version.annotator] += _is_gold(item, version.annotator)
    return {name: (agreed[name], total[name]) for name in review.project.annotators}


def _list_decided(review: Review) -> Iterator[tuple[Settlement, Item, Row]]:
    for settlement in review.settlements.values():
        for item in settlement.items_of(DECIDED):
            row = review.log.standing.decision(item.id)
            if row is not None:
                yield settlement, item, row


def _is_gold(item: Item, annotator: str) -> bool:
    """Say whether gold is exactly what an annotator wrote there."""
    written = next(version.contents for version in item.versions if version.annotator == annotator)
    return {content.key for content in written} == {content.key for content in item.gold}


@dataclass(frozen=True, slots=True)
class Change:
    """Hold an item where the reviewer decided otherwise than an annotator.

    Attributes
    ----------
    settlement : Settlement
        The document, in which the contents can be put into words.
    reason : str
        The note of the decision, else the last stage's reason.
    """

    settlement: Settlement
    item: Item
    choice: str
    reason: str


@dataclass(frozen=True, slots=True)
class Feedback:
    """Hold what one annotator can learn: decided and kept items by kind, and each change."""

    annotator: str
    kinds: dict[str, tuple[int, int]]
    changes: tuple[Change, ...]


def give_feedback(review: Review) -> list[Feedback]:
    """Return for each annotator what the reviewer changed, and why."""
    feedback = []
    for name in review.project.annotators:
        kept, total = Counter[str](), Counter[str]()
        changes: list[Change] = []
        for settlement, item, row in _list_decided(review):
            if name not in {version.annotator for version in item.versions}:
                continue
            total[item.kind] += 1
            if _is_gold(item, name):
                kept[item.kind] += 1
            else:
                changes.append(Change(settlement, item, row.choice, row.note or _find_reason(review, item)))
        kinds = {kind: (total[kind], kept[kind]) for kind in sorted(total)}
        feedback.append(Feedback(name, kinds, tuple(changes)))
    return feedback


def _find_reason(review: Review, item: Item) -> str:
    remarks = review.log.standing.remarks.get(item.id, [])
    return remarks[-1].note if remarks else ""
