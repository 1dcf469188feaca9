"""What a model got wrong, the surest mistakes first, each with what the pair read of its words.

In: outcomes, and the model that they are of. Out: `WeighedOutcome`s, with the probability that the model gives to a
relation whether it states it or not, and `Mistake`s for people to look at.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from torch import Tensor

from corpus_tools.assembly import CorpusDocument
from corpus_tools.sentences import Mention
from relext.data import ConceptTable, LabelScheme, WindowedDocument
from relext.evaluation.metrics import RelationKey, relation_key
from relext.evaluation.outcomes import Outcome, Verdict
from relext.explanation import ChainReading, PairExplanation, explain_reading, read_chains
from relext.model import TrainedModel

MISTAKES_KEPT = 50

Probabilities = Mapping[RelationKey, float]


@dataclass(frozen=True, slots=True)
class WeighedOutcome:
    """Hold an outcome with the relation's probability at the model's temperature and at temperature 1.

    A relation that the model does not state has one too; None where no candidate pair can state it.
    """

    outcome: Outcome
    probability: float | None
    uncalibrated: float | None


@dataclass(frozen=True, slots=True)
class Mistake:
    """Hold a relation that was missed or invented.

    Attributes
    ----------
    arg1, arg2 : Mention or None
        None for one that no segment holds.
    probability : float or None
        That the model gives to the relation: the higher for an invented one and the lower for a missed one, the surer
        the mistake. None where no candidate pair can state it.
    explanation : PairExplanation or None
        Of its pair, where there is one.
    words : tuple of str
        What stands in the source at the words of the explanation: shown only where asked for.
    """

    outcome: Outcome
    arg1: Mention | None
    arg2: Mention | None
    probability: float | None = None
    explanation: PairExplanation | None = None
    words: tuple[str, ...] = ()


def weigh_outcomes(
    model: TrainedModel,
    documents: Sequence[CorpusDocument],
    outcomes: Iterable[Outcome],
    *,
    symmetric: Collection[str],
    concepts: ConceptTable | None = None,
) -> list[WeighedOutcome]:
    """Return the outcomes, document by document, with the probability that the model gives to each.

    Parameters
    ----------
    symmetric : collection of str
        Labels without a direction.
    concepts : ConceptTable or None
        Those that the outcomes were predicted with.
    """
    by_document = _group(outcomes)
    concerned = [document for document in documents if document.doc_id in by_document]
    weighed: list[WeighedOutcome] = []
    for document, reading in zip(concerned, read_chains(model, concerned, concepts=concepts), strict=True):
        chosen = _state(reading, model.scheme, symmetric, "marginals")
        raw = _state(reading, model.scheme, symmetric, "uncalibrated")
        for outcome in by_document[document.doc_id]:
            key = relation_key(outcome.label, outcome.arg1, outcome.arg2, is_symmetric=outcome.label in symmetric)
            weighed.append(WeighedOutcome(outcome, chosen.get(key), raw.get(key)))
    return weighed


def _group(outcomes: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    groups: defaultdict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        groups[outcome.doc_id].append(outcome)
    return dict(groups)


def _state(reading: ChainReading | None, scheme: LabelScheme, symmetric: Collection[str], name: str) -> Probabilities:
    if reading is None:
        return {}
    return sum_probabilities(reading.windowed, getattr(reading, name), scheme, symmetric)


def sum_probabilities(
    windowed: WindowedDocument, marginals: Tensor, scheme: LabelScheme, symmetric: Collection[str]
) -> dict[RelationKey, float]:
    """Return the probability of every relation that a pair's label can state, summed over the labels that do.

    Parameters
    ----------
    marginals : Tensor, shape (pairs, labels)
    """
    found: defaultdict[RelationKey, float] = defaultdict(float)
    for ends, shares in zip(windowed.mention_ids, marginals.double().tolist(), strict=True):
        for label, share in enumerate(shares):
            for name, arg1, arg2 in scheme.unfold(label, *ends):
                found[relation_key(name, arg1, arg2, is_symmetric=name in symmetric)] += share
    return {key: min(1.0, share) for key, share in found.items()}


def at_temperature_1(weighed: Iterable[WeighedOutcome]) -> list[Outcome]:
    """Return the relations that the model states, with their probabilities at temperature 1; no missed one is."""
    return [
        replace(each.outcome, probability=each.uncalibrated) for each in weighed if each.outcome.probability is not None
    ]


def list_mistakes(
    model: TrainedModel,
    documents: Sequence[CorpusDocument],
    weighed: Sequence[WeighedOutcome],
    *,
    concepts: ConceptTable | None = None,
) -> list[Mistake]:
    """Return what was invented, then what was missed, each at most `MISTAKES_KEPT` times, the surest first.

    A missed relation that no candidate pair can state comes last: the model never judged it.
    """
    invented = sorted(_with_verdict(weighed, "fp"), key=lambda each: -(each.probability or 0.0))
    missed = sorted(
        _with_verdict(weighed, "fn"), key=lambda each: 2.0 if each.probability is None else each.probability
    )
    kept = invented[:MISTAKES_KEPT] + missed[:MISTAKES_KEPT]
    texts = {document.doc_id: document.text for document in documents}
    mentions = {(document.doc_id, mention.id): mention for document in documents for mention in document.mentions}
    explained = dict(_explain(model, documents, (each.outcome for each in kept), concepts))
    found = []
    for each in kept:
        doc_id, explanation = each.outcome.doc_id, explained.get(_pair_of(each.outcome))
        arg1, arg2 = mentions.get((doc_id, each.outcome.arg1)), mentions.get((doc_id, each.outcome.arg2))
        spans = [word.span for word in explanation.words] if explanation else []
        words = tuple(texts[doc_id][span.start : span.end] for span in spans)
        found.append(Mistake(each.outcome, arg1, arg2, each.probability, explanation, words))
    return found


def _with_verdict(weighed: Iterable[WeighedOutcome], verdict: Verdict) -> list[WeighedOutcome]:
    return [each for each in weighed if each.outcome.verdict == verdict]


def _pair_of(outcome: Outcome) -> tuple[str, frozenset[str]]:
    return outcome.doc_id, frozenset((outcome.arg1, outcome.arg2))


def _explain(
    model: TrainedModel,
    documents: Sequence[CorpusDocument],
    outcomes: Iterable[Outcome],
    concepts: ConceptTable | None,
) -> Iterator[tuple[tuple[str, frozenset[str]], PairExplanation]]:
    """Yield (pair, explanation) for the pairs of some outcomes; a relation without a pair gets none."""
    asked = {_pair_of(outcome) for outcome in outcomes}
    concerned = [document for document in documents if document.doc_id in {doc_id for doc_id, _ in asked}]
    for document, reading in zip(concerned, read_chains(model, concerned, concepts=concepts), strict=True):
        for number, ends in enumerate(reading.windowed.mention_ids if reading else ()):
            pair = (document.doc_id, frozenset(ends))
            if reading is not None and pair in asked:
                yield pair, explain_reading(model, document, reading, number)
