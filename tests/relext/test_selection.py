"""The order of the queue, by values counted by hand: uncertain first, like documents apart, cheap ones before dear."""

from dataclasses import replace
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_tools.sentences import CandidatePair
from relext.loop import JudgedDocument, choose_documents, judge_document
from relext.loop.selection import measure_value
from relext.prediction import PredictedDocument
from tests.relext.literal_documents import make_document

NOTE = make_document(
    "Aspirin for pain, not fever.", "T1  Drug 0 7  Aspirin", "T2  Sign 12 16  pain", "T3  Sign 22 27  fever"
)
PAIRS = (CandidatePair(0, 0, 0, 1, "treats"), CandidatePair(0, 0, 0, 2))
PREDICTION = PredictedDocument("note", (), PAIRS, (0.75, 0.5))


def judged(doc_id: str, cost: float = 1.0, **unsure: float) -> JudgedDocument:
    return JudgedDocument(doc_id, {(name,): share for name, share in unsure.items()}, cost)


def test_what_a_model_is_unsure_of_falls_to_patterns_and_specialties() -> None:
    found = judge_document(replace(NOTE, specialties=("Surgery", "Urology")), PREDICTION)
    assert found.unsure == {
        ("Drug", "treats", "Sign"): 0.25,
        ("Drug", "NO_RELATION", "Sign"): 0.5,
        ("specialty", "Surgery"): 0.375,
        ("specialty", "Urology"): 0.375,
    }
    assert found.expected_errors == 0.75
    # The document, three mentions, and relations by their probability: 0.75 for the first pair, 0.5 for the second.
    assert found.cost == 1 + 3 + 0.75 + 0.5


def test_a_mention_that_the_model_found_may_be_wrong_too() -> None:
    found = judge_document(NOTE, PredictedDocument("note"), found={"T2": 0.9, "T3": 0.7})
    assert found.unsure == {("mention", "Sign"): pytest.approx(0.4)}


def test_a_document_without_a_doubt_is_worth_nothing_and_comes_last() -> None:
    choices = choose_documents([judged("a"), judged("b", x=0.1)], batch=1)
    assert [(choice.doc_id, choice.value) for choice in choices] == [("b", pytest.approx(sqrt(0.1))), ("a", 0.0)]


def test_the_second_of_a_kind_is_worth_less_than_the_first_of_another() -> None:
    choices = choose_documents([judged("a", x=1.0), judged("b", x=1.0), judged("c", y=0.36)], batch=2)
    # After a, b gains sqrt(2) - 1 = 0.414 and c still 0.6.
    assert [(choice.doc_id, choice.batch) for choice in choices] == [("a", 1), ("c", 1), ("b", 2)]
    assert [choice.value for choice in choices] == pytest.approx([1.0, 0.6, sqrt(2) - 1])


def test_of_two_equal_doubts_the_cheaper_document_comes_first() -> None:
    assert [c.doc_id for c in choose_documents([judged("dear", 4.0, x=1.0), judged("fair", 2.0, y=1.0)], batch=9)] == [
        "fair",
        "dear",
    ]


def test_the_patterns_named_are_those_that_add_most() -> None:
    (choice,) = choose_documents([JudgedDocument("a", {("A", "r", "B"): 0.1, ("mention", "C"): 0.4}, 1.0)], batch=1)
    assert choice.patterns == ("mention C", "A r B")


def test_a_limit_ends_the_queue() -> None:
    assert len(choose_documents([judged("a", x=1.0), judged("b", x=1.0)], batch=1, limit=1)) == 1


SOME = st.lists(
    st.dictionaries(st.sampled_from("xyz"), st.floats(0, 9), max_size=3).map(lambda u: {(k,): v for k, v in u.items()}),
    max_size=6,
)


@given(SOME)
def test_each_choice_is_the_best_of_those_left(unsures: list[dict[tuple[str, ...], float]]) -> None:
    documents = [JudgedDocument(str(n), unsure, 1.0 + n % 2) for n, unsure in enumerate(unsures)]
    covered: dict[tuple[str, ...], float] = {}
    left = {document.doc_id: document for document in documents}
    for choice in choose_documents(documents, batch=2):
        best = max(measure_value(document, covered) for document in left.values())
        assert choice.value == pytest.approx(best, abs=1e-9)
        for feature, share in left.pop(choice.doc_id).unsure.items():
            covered[feature] = covered.get(feature, 0.0) + share
    assert left == {}


@given(SOME)
def test_the_order_in_which_documents_come_changes_nothing(unsures: list[dict[tuple[str, ...], float]]) -> None:
    documents = [JudgedDocument(str(n), unsure, 1.0) for n, unsure in enumerate(unsures)]
    assert choose_documents(documents, batch=2) == choose_documents(documents[::-1], batch=2)
