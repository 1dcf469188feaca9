"""A bag-of-features linear model: what relation extraction was before networks, and what a network has to beat.

In: documents and their candidate pairs. Out: `LinearModel`, whose logistic regression gives each pair a probability a
label; labels that its types can't have get none. How strongly it is held back (`C`) and how much NO_RELATION is
favoured are chosen on validation F1, as the network's bias is.

Examples
--------
>>> describe_words(["No", "Pain"], "between")
{'between=no': 1.0, 'between=pain': 1.0}
"""

import math
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from corpus_tools.assembly import CorpusDocument
from corpus_tools.sentences import CandidatePair, Mention, tokenize_words
from corpus_tools.standoff import Span
from relext.data import LabelScheme
from relext.errors import NothingToLearn
from relext.evaluation import count_document, score_counts
from relext.prediction import PredictedRelation
from relext.training import BIASES

STRENGTHS = (0.03, 0.3, 3.0)  # of C: the larger, the closer to the training part
_STEPS = 300  # of the solver, at most
_NEAR = 3  # words before the first and after the second mention

Features = dict[str, float]
# The two mentions of each pair, and the probability of each label, shape (pairs, labels).
WeighedPairs = tuple[list[tuple[Mention, Mention]], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class LinearModel:
    """Hold a vectorizer, a classifier over its columns, the scheme whose labels it gives, and NO_RELATION's bias."""

    vectorizer: Any
    classifier: Any
    scheme: LabelScheme
    bias: float = 0.0

    def predict(self, document: CorpusDocument) -> list[PredictedRelation]:
        """Return the relations of a document, each with the probability of its pair's label."""
        return self.decide(self.weigh(document))

    def weigh(self, document: CorpusDocument) -> WeighedPairs:
        """Return the two mentions of each pair, and the probability of each label before the bias.

        What a pair's types forbid has probability 0.
        """
        pairs = self.scheme.label_document(document).pairs
        ends, shares = [find_ends(document, pair) for pair in pairs], np.zeros((len(pairs), len(self.scheme.labels)))
        if pairs:
            matrix = self.vectorizer.transform(describe_pairs(document, pairs))
            shares[:, self.classifier.classes_] = self.classifier.predict_proba(matrix)
        types = np.array([[self.scheme.type_id(mention.type) for mention in both] for both in ends], dtype=np.int64)
        first, second = types.reshape(-1, 2).T
        return ends, np.where(self.scheme.permitted()[first, second], shares, 0.0)

    def decide(self, weighed: WeighedPairs) -> list[PredictedRelation]:
        """Return the relations of the labels that are likeliest under the bias."""
        ends, shares = weighed
        biased = shares * np.where(np.arange(shares.shape[1]) == 0, math.exp(self.bias), 1.0)
        biased /= np.maximum(biased.sum(1, keepdims=True), np.finfo(np.float64).tiny)
        return [
            PredictedRelation(*relation, float(share))
            for (first, second), label, share in zip(ends, biased.argmax(1), biased.max(1), strict=True)
            for relation in self.scheme.unfold(int(label), first.id, second.id)
        ]


def fit_linear(
    documents: Sequence[CorpusDocument], held_out: Sequence[CorpusDocument], scheme: LabelScheme
) -> tuple[LinearModel, float | None]:
    """Fit the model on training pairs; return it with its F1 on validation, None where there is no gold to score.

    Raises
    ------
    NothingToLearn
        Where all training pairs bear the same label.
    """
    features, labels = list[Features](), list[int]()
    for document in documents:
        pairs = scheme.label_document(document).pairs
        features += describe_pairs(document, pairs)
        labels += [max(0, scheme.label_id(pair.label)) for pair in pairs]
    if len(set(labels)) < 2:
        raise NothingToLearn("the training pairs all bear the same label; a linear model needs two")
    vectorizer = DictVectorizer()
    matrix = vectorizer.fit_transform(features)
    scored: list[tuple[float | None, LinearModel]] = []
    for strength in STRENGTHS:
        model = LinearModel(vectorizer, _fit_classifier(matrix, labels, strength), scheme)
        scored += score_biases(model, held_out)
    f1, best = max(scored, key=lambda row: (-1.0 if row[0] is None else row[0], -abs(row[1].bias)))
    return best, f1


def _fit_classifier(matrix: Any, labels: Sequence[int], strength: float) -> Any:
    classifier = LogisticRegression(C=strength, max_iter=_STEPS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a few hundred steps are enough to rank labels
        return classifier.fit(matrix, labels)


def score_biases(model: LinearModel, documents: Iterable[CorpusDocument]) -> list[tuple[float | None, LinearModel]]:
    """Return the micro F1 of a model under each bias, None where there is no gold relation and none is predicted.

    A bias is added to the logarithm of NO_RELATION's probability.
    """
    weighed = [(document, model.weigh(document)) for document in documents]
    scored: list[tuple[float | None, LinearModel]] = []
    for biased in (replace(model, bias=bias) for bias in BIASES):
        counts = np.zeros(3, dtype=np.int64)
        for document, pairs in weighed:
            found = biased.decide(pairs)
            counts += count_document(document.relations, found, symmetric=model.scheme.symmetric)
        scored.append((score_counts(*counts.tolist()).f1, biased))
    return scored


def describe_pairs(document: CorpusDocument, pairs: Sequence[CandidatePair]) -> list[Features]:
    """Return the features of each pair: words by place, types, assertions, and how far its mentions are apart."""
    words = {n: _read_words(document, n) for p in pairs for n in (p.segment, p.segment + p.distance)}
    return [_describe_pair(document, pair, words) for pair in pairs]


def _read_words(document: CorpusDocument, segment: int) -> list[tuple[Span, str]]:
    text = document.segments[segment].text
    return [(span, text[span.start : span.end]) for span in tokenize_words(text)]


def _describe_pair(
    document: CorpusDocument, pair: CandidatePair, words: Mapping[int, Sequence[tuple[Span, str]]]
) -> Features:
    first, second = find_ends(document, pair)
    near, far = words[pair.segment], words[pair.segment + pair.distance]
    after_first = [word for span, word in near if span.start >= first.end]
    before_second = [word for span, word in far if span.end <= second.start]
    between = (
        [word for span, word in near if span.start >= first.end and span.end <= second.start]
        if pair.distance == 0
        else after_first + before_second
    )
    types = f"{first.type}>{second.type}"
    nested = document.segments[pair.segment].mentions
    return {
        **describe_words([word for span, word in near if span.end <= first.start][-_NEAR:], "before"),
        **describe_words([first.text], "first"),
        **describe_words(between, "between"),
        **describe_words(between, f"{types} between"),
        **describe_words([second.text], "second"),
        **describe_words([word for span, word in far if span.start >= second.end][:_NEAR], "after"),
        f"types={types}": 1.0,
        f"assertions={first.assertion}>{second.assertion}": 1.0,
        f"words between={min(len(between), 63).bit_length()}": 1.0,
        f"{types} mentions between={min(_count_between(pair, len(nested)), 7)}": 1.0,
        f"sentences apart={pair.distance}": 1.0,
    }


def _count_between(pair: CandidatePair, mentions: int) -> int:
    """Return how many mentions stand between those of a pair, given how many its first segment has."""
    return pair.second - pair.first - 1 if pair.distance == 0 else mentions - pair.first - 1 + pair.second


def describe_words(words: Iterable[str], place: str) -> Features:
    """Return one feature a word in lower case, named by where it stands."""
    return {f"{place}={word.lower()}": 1.0 for word in words}


def find_ends(document: CorpusDocument, pair: CandidatePair) -> tuple[Mention, Mention]:
    """Return the two mentions of a pair."""
    first = document.segments[pair.segment].mentions[pair.first]
    return first, document.segments[pair.segment + pair.distance].mentions[pair.second]
