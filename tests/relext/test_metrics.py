"""When two relations are the same, and the scores of sets of them."""

import pytest

from corpus_tools.sentences import GoldRelation
from relext.evaluation import count_document, gold_key, relation_key, score_counts
from relext.prediction import PredictedRelation


def gold(label: str, arg1: str, arg2: str, reach: str = "candidate", id: str = "R1") -> GoldRelation:
    return GoldRelation(id, label, arg1, arg2, reach)


def found(label: str, arg1: str, arg2: str) -> PredictedRelation:
    return PredictedRelation(label, arg1, arg2, 0.9)


def test_direction_counts_unless_the_label_is_symmetric() -> None:
    expected = [gold("treats", "T1", "T2"), gold("near", "T2", "T1")]
    predicted = [found("treats", "T2", "T1"), found("near", "T1", "T2")]
    assert count_document(expected, predicted, symmetric={"near"}) == (1, 1, 1)
    assert count_document(expected, predicted) == (0, 2, 2)


def test_label_counts() -> None:
    assert count_document([gold("treats", "T1", "T2")], [found("causes", "T1", "T2")]) == (0, 1, 1)


def test_a_relation_written_twice_counts_once() -> None:
    twice = [gold("treats", "T1", "T2"), gold("treats", "T1", "T2", "duplicate", "R2")]
    assert count_document(twice, [found("treats", "T1", "T2")]) == (1, 0, 0)


@pytest.mark.parametrize("reach", ["cross-sentence", "filtered", "over-long", "pair-not-allowed"])
def test_gold_that_no_candidate_reaches_is_a_miss(reach: str) -> None:
    assert count_document([gold("treats", "T1", "T2", reach)], []) == (0, 0, 1)


def test_an_nary_relation_equals_no_predicted_pair() -> None:
    assert count_document([gold("doses", "T1", "T2", "n-ary")], [found("doses", "T1", "T2")]) == (0, 1, 1)


def test_a_relation_of_a_mention_to_itself_counts() -> None:
    assert count_document([gold("near", "T1", "T1", "self")], []) == (0, 0, 1)


def test_two_labels_on_one_pair_are_two_relations() -> None:
    expected = [gold("treats", "T1", "T2"), gold("causes", "T1", "T2")]
    assert count_document(expected, [found("causes", "T1", "T2")]) == (1, 0, 1)


def test_keys_of_gold_and_prediction_agree() -> None:
    assert gold_key(gold("near", "T2", "T1"), {"near"}) == relation_key("near", "T1", "T2", is_symmetric=True)


def test_scores_of_counts() -> None:
    scores = score_counts(3, 1, 2)
    assert (scores.precision, scores.recall, scores.f1) == (0.75, 0.6, pytest.approx(6 / 9))
    assert (scores.gold, scores.reason) == (5, "")


@pytest.mark.parametrize(
    ("counts", "undefined", "reason"),
    [
        ((0, 0, 0), ["precision", "recall", "f1"], "no gold relation and none predicted"),
        ((0, 0, 4), ["precision"], "none predicted"),
        ((0, 4, 0), ["recall"], "no gold relation"),
    ],
)
def test_an_undefined_score_is_none_with_its_reason(
    counts: tuple[int, int, int], undefined: list[str], reason: str
) -> None:
    scores = score_counts(*counts)
    assert [name for name in ("precision", "recall", "f1") if getattr(scores, name) is None] == undefined
    assert scores.reason == reason
