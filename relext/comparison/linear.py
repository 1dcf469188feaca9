"""A bag-of-features linear model: what relation extraction was before networks, and what a network has to beat.

In: documents and their candidate pairs. Out: `LinearModel`, whose logistic regression gives each pair a probability a
label; labels that its types can't have get none. How strongly it is held back (`C`) is chosen on validation F1.

Examples
--------
>>> describe_words(["No", "Pain"], "between")
{'between=no': 1.0, 'between=pain': 1.0}
"""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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

STRENGTHS = (0.03, 0.3, 3.0)  # of C: the larger, the closer to the training part
_STEPS = 300  # of the solver, at most
_NEAR = 3  # words before the first and after the second mention

Features = dict[str, float]


@dataclass(frozen=True, slots=True)
class LinearModel:
    """Hold a vectorizer, a classifier over its columns, and the scheme whose labels it gives."""

    vectorizer: Any
    classifier: Any
    scheme: LabelScheme

    def predict(self, document: CorpusDocument) -> list[PredictedRelation]:
        """Return the relations of a document, each with the probability of its pair's label."""
        pairs = self.scheme.label_document(document).pairs
        if not pairs:
            return []
        ends = [find_ends(document, pair) for pair in pairs]
        shares = self._weigh(describe_pairs(document, pairs), ends)
        return [
            PredictedRelation(*relation, share)
            for (first, second), label, share in zip(ends, shares.argmax(1), shares.max(1).tolist(), strict=True)
            for relation in self.scheme.unfold(int(label), first.id, second.id)
        ]

    def _weigh(self, features: Sequence[Features], ends: Sequence[tuple[Mention, Mention]]) -> NDArray[np.float64]:
        """Return the probability of each label, shape (pairs, labels); 0 where the pair's types forbid it."""
        shares = np.zeros((len(features), len(self.scheme.labels)))
        shares[:, self.classifier.classes_] = self.classifier.predict_proba(self.vectorizer.transform(features))
        types = np.array([[self.scheme.type_id(mention.type) for mention in both] for both in ends])
        return np.where(self.scheme.permitted()[types[:, 0], types[:, 1]], shares, 0.0)


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
    models = [LinearModel(vectorizer, _fit_classifier(matrix, labels, c), scheme) for c in STRENGTHS]
    scored = [(score_model(model, held_out), -n, model) for n, model in enumerate(models)]
    f1, _, best = max(scored, key=lambda row: (-1.0 if row[0] is None else row[0], row[1]))
    return best, f1


def _fit_classifier(matrix: Any, labels: Sequence[int], strength: float) -> Any:
    classifier = LogisticRegression(C=strength, max_iter=_STEPS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a few hundred steps are enough to rank labels
        return classifier.fit(matrix, labels)


def score_model(model: LinearModel, documents: Iterable[CorpusDocument]) -> float | None:
    """Return micro F1 against all gold relations; None where there is none and none is predicted."""
    counts = np.zeros(3, dtype=np.int64)
    for document in documents:
        counts += count_document(document.relations, model.predict(document), symmetric=model.scheme.symmetric)
    return score_counts(*counts.tolist()).f1


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
