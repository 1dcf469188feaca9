"""Frames scored whole: an event of the source counts as found where its head has exactly its arguments.

In: documents of a corpus built with `--events relations`, and the relations predicted for them. Out: `Scores`.

A gold frame is an event with its arguments: the trigger, and for each argument the role and the mention that fills it.
A predicted frame is a mention with all the relations predicted from it whose label is the role of an event of the
documents. The two are the same when trigger, roles and fillers are; two events of one trigger are two frames, of which
one predicted frame can equal one. A relation of other than two arguments is a gold frame that nothing can equal, since
no pair of mentions stands for it. What the arguments score one by one is in the figures of their labels.

Examples
--------
>>> relations = [GoldRelation("E1:1", "Theme", "T1", "T2"), GoldRelation("E1:2", "Agent", "T1", "T3")]
>>> head, arguments = frames_of(relations)["E1"]
>>> head, sorted(arguments)
('T1', [('Agent', 'T3'), ('Theme', 'T2')])
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping

from corpus_tools.assembly import CorpusDocument
from corpus_tools.sentences import GoldRelation
from relext.evaluation.metrics import N_ARY, Scores, score_counts
from relext.prediction import PredictedRelation

Frame = tuple[str, frozenset[tuple[str, str]]]  # the head, and (role, filler) of each argument


def score_frames(
    documents: Iterable[CorpusDocument], predicted: Mapping[str, Iterable[PredictedRelation]]
) -> Scores | None:
    """Return precision, recall and F1 over whole frames, None where the documents hold none.

    Parameters
    ----------
    predicted : mapping of document id to relations
    """
    kept = list(documents)
    roles = {relation.type for document in kept for relation in document.relations if _event_of(relation)}
    counts = Counter[str]()
    for document in kept:
        gold = Counter(frames_of(document.relations).values())
        found = Counter(_predicted_frames(predicted.get(document.doc_id, ()), roles))
        matched = (gold & found).total()
        beyond = sum(relation.reach == N_ARY for relation in document.relations)
        counts.update(tp=matched, fp=found.total() - matched, fn=gold.total() - matched + beyond)
    if not counts["tp"] + counts["fn"]:
        return None
    return score_counts(counts["tp"], counts["fp"], counts["fn"])


def frames_of(relations: Iterable[GoldRelation]) -> dict[str, Frame]:
    """Return the frame of each event among gold relations, by the event's id."""
    arguments: defaultdict[str, list[GoldRelation]] = defaultdict(list)
    for relation in relations:
        if event := _event_of(relation):
            arguments[event].append(relation)
    return {
        event: (own[0].arg1, frozenset((relation.type, relation.arg2) for relation in own))
        for event, own in arguments.items()
    }


def _event_of(relation: GoldRelation) -> str:
    """Return the id of the event that a relation is an argument of, or ""."""
    event, _, place = relation.id.partition(":")
    return event if place and event.startswith("E") else ""


def _predicted_frames(relations: Iterable[PredictedRelation], roles: Collection[str]) -> list[Frame]:
    arguments: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
    for relation in relations:
        if relation.type in roles:
            arguments[relation.arg1].add((relation.type, relation.arg2))
    return [(head, frozenset(own)) for head, own in arguments.items()]
