"""What to annotate next: documents in the order of what their annotation should teach the model, for its cost.

In: documents and what a model says of them. Out: `Choice`s, the most worth first, in batches.

Each candidate pair is wrong with probability 1 - p, where p is the CRF's marginal probability of the label predicted
for it; a mention that the model found, with 1 less its own. The sum over a document is its expected number of wrong
annotations, and is shared out to features: of a pair, its pattern (type, label, type); of a mention, its type; of
either, the document's specialties. The value of a document d beside the chosen ones S is then

    value(d | S) = sum over features f of sqrt(n_f(S) + u_f(d)) - sqrt(n_f(S)), divided by cost(d)

with u_f(d) what falls to a feature in d and n_f(S) the sum of u_f over S. The root makes the second document of a kind
worth less than the first, so that uncertainty and diversity are one figure. The cost is the number of annotations to
be expected: one a document, one a mention, and one a relation by its probability. The document of most value is chosen,
again and again; since values only fall, a heap of old values finds it without asking all of them anew.

References
----------
Lewis and Gale, A sequential algorithm for training text classifiers, SIGIR 1994 (uncertainty).
Lin and Bilmes, A class of submodular functions for document summarization, ACL 2011 (the root, the cost, the heap).

Examples
--------
>>> same = [JudgedDocument(name, {("treats",): 1.0}, cost=1.0) for name in ("a", "b")]
>>> other = JudgedDocument("c", {("causes",): 0.5}, cost=1.0)
>>> [choice.doc_id for choice in choose_documents([*same, other], batch=2)]
['a', 'c', 'b']
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt

from corpus_tools.assembly import CorpusDocument
from corpus_tools.sentences import CandidatePair
from corpus_tools.standoff import NO_RELATION
from relext.prediction import PredictedDocument

Feature = tuple[str, ...]

SPECIALTY, MENTION = "specialty", "mention"  # what a feature that is no pattern begins with


@dataclass(frozen=True, slots=True)
class JudgedDocument:
    """Hold what a model is unsure of in a document.

    Attributes
    ----------
    unsure : mapping of feature to float
        The expected number of wrong annotations that fall to it.
    cost : float, annotations
    pairs, mentions : int
    """

    doc_id: str
    unsure: Mapping[Feature, float]
    cost: float
    pairs: int = 0
    mentions: int = 0
    specialties: tuple[str, ...] = ()

    @property
    def expected_errors(self) -> float:
        """Return the expected number of wrong annotations, specialties not counted again."""
        return sum(share for feature, share in self.unsure.items() if feature[0] != SPECIALTY)


@dataclass(frozen=True, slots=True)
class Choice:
    """Hold a document's place in the queue.

    Attributes
    ----------
    rank, batch : int, counted from 1
    value : float
        Beside the documents before it.
    patterns : tuple of str
        What it adds most for, the most first.
    """

    rank: int
    batch: int
    doc_id: str
    value: float
    judged: JudgedDocument
    patterns: tuple[str, ...]


def judge_document(
    document: CorpusDocument, prediction: PredictedDocument, *, found: Mapping[str, float] | None = None
) -> JudgedDocument:
    """Return what a model is unsure of in a document.

    Parameters
    ----------
    found : mapping of mention id to probability, optional
        The mentions that the model found itself; any other was marked by people and is taken for right.
    """
    unsure: defaultdict[Feature, float] = defaultdict(float)
    relations = 0.0
    for pair, probability in zip(prediction.pairs, prediction.confidences, strict=True):
        unsure[_find_pattern(document, pair)] += 1 - probability
        relations += 1 - probability if pair.label == NO_RELATION else probability
    types = {mention.id: mention.type for mention in document.mentions}
    for mention_id, probability in (found or {}).items():
        unsure[MENTION, types[mention_id]] += 1 - probability
    total = sum(unsure.values())
    for specialty in document.specialties:
        unsure[SPECIALTY, specialty] += total / len(document.specialties)
    return JudgedDocument(
        doc_id=document.doc_id,
        unsure=dict(unsure),
        cost=1 + len(document.mentions) + relations,
        pairs=len(prediction.pairs),
        mentions=len(document.mentions),
        specialties=document.specialties,
    )


def _find_pattern(document: CorpusDocument, pair: CandidatePair) -> Feature:
    first = document.segments[pair.segment].mentions[pair.first]
    second = document.segments[pair.segment + pair.distance].mentions[pair.second]
    return (first.type, pair.label, second.type)


def choose_documents(documents: Iterable[JudgedDocument], *, batch: int, limit: int | None = None) -> list[Choice]:
    """Order documents by their value beside those chosen before; of equal ones the first by id comes first.

    Parameters
    ----------
    batch : int, documents
        How many make a batch, after which a model should be trained anew.
    limit : int, optional
        How many to choose; all by default.
    """
    waiting = sorted(documents, key=lambda document: document.doc_id)
    covered: defaultdict[Feature, float] = defaultdict(float)
    # (negative value, place, size of the queue when the value was true)
    heap = [(-measure_value(document, covered), place, 0) for place, document in enumerate(waiting)]
    heapq.heapify(heap)
    chosen: list[Choice] = []
    while heap and (limit is None or len(chosen) < limit):
        negative, place, size = heapq.heappop(heap)
        document = waiting[place]
        if size < len(chosen):
            heapq.heappush(heap, (-measure_value(document, covered), place, len(chosen)))
            continue
        rank = len(chosen) + 1
        patterns = _rank_patterns(document, covered)
        chosen.append(Choice(rank, 1 + (rank - 1) // batch, document.doc_id, -negative, document, patterns))
        for feature, share in document.unsure.items():
            covered[feature] += share
    return chosen


def measure_value(document: JudgedDocument, covered: Mapping[Feature, float]) -> float:
    """Return the value of a document where `covered` holds what the chosen ones add up to, a feature."""
    return sum(_gain(share, covered.get(feature, 0.0)) for feature, share in document.unsure.items()) / document.cost


def _gain(share: float, before: float) -> float:
    return sqrt(before + share) - sqrt(before)


def _rank_patterns(document: JudgedDocument, covered: Mapping[Feature, float], *, count: int = 3) -> tuple[str, ...]:
    gains = [(-_gain(share, covered.get(feature, 0.0)), feature) for feature, share in document.unsure.items()]
    return tuple(" ".join(feature) for gain, feature in sorted(gains) if gain < 0 and feature[0] != SPECIALTY)[:count]
