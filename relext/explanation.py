"""Why a pair of mentions got its label: what was read of which word, and what the chain of pairs made of it.

In: a trained model and documents with mentions. Out: `ChainReading`s, the numbers of a document's whole chain, and
`PairExplanation`s, what they say of one pair. Neither holds text: words are given by their characters in the source.

A sequence of labels y over the pairs 1 to n scores start(y1) + sum of emission_t(yt) + sum of transition(link_t,
yt-1, yt) + end(yn). The path is the sequence with the best score; a marginal is the share that a label has at its pair
in exp(score / temperature) over all sequences.

Examples
--------
>>> ReadWord(Span(0, 7), (0.25, 0.75)).weight
0.5
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import torch
from torch import Tensor

from corpus_tools.assembly import CorpusDocument
from corpus_tools.errors import InputError
from corpus_tools.sentences import CandidatePair, clean_text
from corpus_tools.standoff import Span, suggest_name
from relext.data import Batch, ConceptTable, LabelScheme, WindowedDocument, find_word_spans, iterate_batches
from relext.model import LinkedCRF, TrainedModel
from relext.prediction import BATCH_TOKENS, decode_scores, window_for

DOCUMENTS_AT_ONCE = 64
LINK_NAMES = ("same first mention", "new first mention", "new sentence")
FIRST_OF_ALL, ANY_LINK = "start of the chain", "any link"

Scores = dict[str, float]  # by label


@dataclass(frozen=True, slots=True)
class ChainReading:
    """Hold what a network computed for the pairs of one document, in their order.

    Attributes
    ----------
    emissions : Tensor, shape (pairs, labels)
        The NO_RELATION bias in them.
    path : LongTensor, shape (pairs,)
    marginals, uncalibrated : Tensor, shape (pairs, labels)
        At the model's temperature, and at temperature 1.
    word_weights : Tensor, shape (pairs, heads, longest sentence)
    """

    windowed: WindowedDocument
    emissions: Tensor
    path: Tensor
    marginals: Tensor
    uncalibrated: Tensor
    word_weights: Tensor


@dataclass(frozen=True, slots=True)
class ReadWord:
    """Hold a word by its characters in the source text, and how much of it each head of the attention read."""

    span: Span
    weights: tuple[float, ...]

    @property
    def weight(self) -> float:
        """Return the mean over the heads."""
        return sum(self.weights) / len(self.weights)


@dataclass(frozen=True, slots=True)
class Step:
    """Hold one pair on the best path.

    Attributes
    ----------
    first, second : str
        Ids of its mentions, in text order.
    link : str
        Of `LINK_NAMES` the kind of link to the pair before, or `FIRST_OF_ALL`.
    emission, transition : float
        What the label adds to the score of the path: by itself, and behind the label before it.
    """

    first: str
    second: str
    link: str
    label: str
    emission: float
    transition: float


@dataclass(frozen=True, slots=True)
class PairExplanation:
    """Hold what there is to say of one pair; labels that its types can't have are left out.

    Attributes
    ----------
    label : str
        Of the best path.
    alone : str
        The label with the best emission: what the pair would get without its neighbours.
    emissions, marginals, uncalibrated : dict of label to float
    path : tuple of Step
        The pairs of its sentence.
    place : int
        Position of this pair in `path`.
    transitions : mapping of kind of link to {label before: {label: score}}
        `FIRST_OF_ALL` has the scores of the first label instead, {"": {label: score}}; empty where labels are
        decided one by one.
    words : tuple of ReadWord
        All words of the pair's sentences; none where the model has no word attention.
    """

    doc_id: str
    first: str
    second: str
    label: str
    alone: str
    temperature: float
    emissions: Scores
    marginals: Scores
    uncalibrated: Scores
    path: tuple[Step, ...]
    place: int
    transitions: Mapping[str, Mapping[str, Scores]]
    words: tuple[ReadWord, ...]


def explain_pair(
    model: TrainedModel, document: CorpusDocument, first: str, second: str, *, concepts: ConceptTable | None = None
) -> PairExplanation:
    """Explain the label of one pair of a document, its mentions given by their ids in either order.

    Parameters
    ----------
    concepts : ConceptTable or None
        As for `relext.prediction.predict_documents`.

    Raises
    ------
    InputError
        Where one of the mentions does not exist, or the two are no candidate pair, with the cause.
    """
    validate_mentions(document, (first, second))
    if first == second:
        raise InputError(f"{document.doc_id}: a pair needs two mentions; {first} is named twice")
    (reading,) = read_chains(model, [document], concepts=concepts)
    ends = {frozenset(ids): n for n, ids in enumerate(reading.windowed.mention_ids)} if reading else {}
    number = ends.get(frozenset((first, second)))
    if reading is None or number is None:
        cause = _find_cause(model, document, first, second)
        raise InputError(f"{document.doc_id}: {first} and {second} are no candidate pair: {cause}")
    return explain_reading(model, document, reading, number)


def _find_cause(model: TrainedModel, document: CorpusDocument, first: str, second: str) -> str:
    """Say why no candidate pair joins two mentions: the first cause that holds."""
    scheme = model.scheme
    placed = {mention.id: (segment, mention) for segment in document.segments for mention in segment.mentions}
    for name in (first, second):
        if name not in placed:
            return f"cleaning left no character of {name}"
        if placed[name][0].over_long:
            return f"{name} lies in a sentence that is over-long, of more than {model.max_words} words"
        if scheme.count_unknown([placed[name][1].type]):
            unknown = placed[name][1].type
            hint = suggest_name(unknown, frozenset(scheme.types))
            return f"training saw no mention of the type {unknown}, as {name} is{hint}"
    ends = sorted((placed[first], placed[second]), key=lambda end: (end[0].index, end[0].mentions.index(end[1])))
    distance = ends[1][0].index - ends[0][0].index
    if distance > scheme.max_sentence_distance:
        return f"they stand {distance} sentences apart, and the model reads pairs up to {scheme.max_sentence_distance}"
    types = [mention.type for _, mention in ends]
    return f"training related no {types[0]} to a {types[1]} after it"


def validate_mentions(document: CorpusDocument, ids: Iterable[str]) -> None:
    """Refuse ids that no mention of the document has.

    Raises
    ------
    InputError
        Naming the first of them, and some that exist.
    """
    known = [mention.id for mention in document.mentions]
    for each in ids:
        if each not in known:
            named = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
            raise InputError(f"{document.doc_id}: has no mention {str(each)[:40]}; it has {named or 'none'}")


def read_chains(
    model: TrainedModel,
    documents: Iterable[CorpusDocument],
    *,
    concepts: ConceptTable | None = None,
    batch_tokens: int = BATCH_TOKENS,
) -> Iterator[ChainReading | None]:
    """Yield what the network computes for each document, in their order; None for one without a candidate pair."""
    model.network.eval()
    waiting = iter(documents)
    while chunk := list(islice(waiting, DOCUMENTS_AT_ONCE)):
        windowed = [window_for(model, document, concepts=concepts) for document in chunk]
        ready = [document for document in windowed if document is not None]
        found: dict[int, ChainReading] = {}
        for places, batch in iterate_batches(ready, pad_id=model.tokenizer.pad_id, batch_tokens=batch_tokens):
            found.update(zip(places, _read_batch(model, batch.to(model.device)), strict=True))
        numbers = iter(range(len(ready)))
        yield from (None if document is None else found[next(numbers)] for document in windowed)


@torch.no_grad()
def _read_batch(model: TrainedModel, batch: Batch) -> Iterator[ChainReading]:
    emitted = model.network(batch)
    scores, temperature = emitted.scores, model.tuning.temperature
    path, marginals = decode_scores(model.network, scores, batch.chains, temperature=temperature)
    _, uncalibrated = decode_scores(model.network, scores, batch.chains)
    chains = [value.cpu() for value in (model.network.biased(scores), path, marginals, uncalibrated)]
    sizes = [len(document.pairs) for document in batch.documents]
    weights = emitted.word_weights.cpu().split(sizes)
    for n, (document, size) in enumerate(zip(batch.documents, sizes, strict=True)):
        emissions, labels, shares, raw = (value[n, :size] for value in chains)
        yield ChainReading(document, emissions, labels, shares, raw, weights[n])


def explain_reading(
    model: TrainedModel, document: CorpusDocument, reading: ChainReading, number: int
) -> PairExplanation:
    """Explain the label of one pair of a document that was read, the pair given by its position in the chain."""
    scheme, windowed = model.scheme, reading.windowed
    pair = windowed.candidates[number]
    permitted = _permitted_labels(scheme, windowed, number)
    alone = max(permitted, key=lambda label: float(reading.emissions[number, label]))
    steps = [n for n, other in enumerate(windowed.candidates) if other.segment == pair.segment]
    return PairExplanation(
        doc_id=document.doc_id,
        first=windowed.mention_ids[number][0],
        second=windowed.mention_ids[number][1],
        label=scheme.labels[int(reading.path[number])],
        alone=scheme.labels[alone],
        temperature=model.tuning.temperature,
        emissions=_by_label(reading.emissions[number], permitted, scheme),
        marginals=_by_label(reading.marginals[number], permitted, scheme),
        uncalibrated=_by_label(reading.uncalibrated[number], permitted, scheme),
        path=tuple(_describe_step(model, reading, n) for n in steps),
        place=steps.index(number),
        transitions=list_transitions(model),
        words=tuple(_list_words(document, pair, reading.word_weights[number])),
    )


def _permitted_labels(scheme: LabelScheme, windowed: WindowedDocument, number: int) -> list[int]:
    types = windowed.mentions[windowed.pairs[number, :2], 2]
    return [int(label) for label in scheme.permitted()[types[0], types[1]].nonzero()[0]]


def _by_label(scores: Tensor, labels: Iterable[int], scheme: LabelScheme) -> Scores:
    return {scheme.labels[label]: float(scores[label]) for label in labels}


def _describe_step(model: TrainedModel, reading: ChainReading, n: int) -> Step:
    windowed, label = reading.windowed, int(reading.path[n])
    link = FIRST_OF_ALL if n == 0 else LINK_NAMES[int(windowed.links[n])]
    return Step(
        first=windowed.mention_ids[n][0],
        second=windowed.mention_ids[n][1],
        link=link,
        label=model.scheme.labels[label],
        emission=float(reading.emissions[n, label]),
        transition=_score_transition(model, reading, n),
    )


def _score_transition(model: TrainedModel, reading: ChainReading, n: int) -> float:
    """Return what the step to a pair adds to the path's score; 0 where labels are decided one by one."""
    crf, path = model.network.decoder, reading.path
    if not isinstance(crf, LinkedCRF):
        return 0.0
    if n == 0:
        return float(crf.start.detach()[path[0]])
    link = min(int(reading.windowed.links[n]), len(crf.transitions) - 1)
    return float(crf.transitions.detach()[link, path[n - 1], path[n]])


def list_transitions(model: TrainedModel) -> dict[str, dict[str, Scores]]:
    """Return the scores of all transitions by kind of link; nothing where labels are decided one by one."""
    crf, labels = model.network.decoder, model.scheme.labels
    if not isinstance(crf, LinkedCRF):
        return {}
    names = LINK_NAMES if len(crf.transitions) == len(LINK_NAMES) else (ANY_LINK,)
    found = {FIRST_OF_ALL: {"": dict(zip(labels, crf.start.tolist(), strict=True))}}
    for name, rows in zip(names, crf.transitions.tolist(), strict=True):
        found[name] = {label: dict(zip(labels, row, strict=True)) for label, row in zip(labels, rows, strict=True)}
    return found


def _list_words(document: CorpusDocument, pair: CandidatePair, weights: Tensor) -> Iterator[ReadWord]:
    """Yield the words of the pair's sentences with their weights, shape (heads, at least as many words)."""
    offsets = clean_text(document.text).offsets
    spans: list[Span] = []
    for segment in document.segments[pair.segment : pair.segment + pair.distance + 1]:
        clean = offsets.to_clean(Span(segment.source_start, segment.source_end))
        start = clean.start if clean else 0
        spans += [offsets.to_source(span.shifted(start)) for span in find_word_spans(segment.text)]
    columns = weights.T.tolist()
    yield from (ReadWord(span, tuple(column)) for span, column in zip(spans, columns, strict=False))
