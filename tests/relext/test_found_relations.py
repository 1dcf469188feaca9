"""Relations between found mentions: scores and causes, counted by hand on one sentence."""

import pytest

from corpus_tools.standoff import Span
from relext.evaluation.found_relations import (
    BOUNDARY,
    LABEL,
    MENTION,
    NO_PAIR,
    RELATION,
    TYPE,
    RelationEvaluation,
    evaluate_relations,
    find_fault,
)
from relext.evaluation.pairing import share_characters
from relext.prediction import PredictedRelation
from tests.relext.literal_documents import make_document

TEXT = "Oral aspirin relieved severe chest pain and fever."
#       0    5       13       22     29    35       44
DRUG, PAIN, FEVER = "T1  Drug 5 12  aspirin", "T2  Sign 29 39  chest pain", "T3  Sign 44 49  fever"
TREATS = "R1  treats Arg1:T1 Arg2:T2"
GOLD = (DRUG, PAIN, FEVER, TREATS)


def compared(
    found: tuple[str, ...], *relations: tuple[str, str, str], gold: tuple[str, ...] = GOLD, reach: str = "candidate"
) -> RelationEvaluation:
    document = make_document(TEXT, *gold)
    return evaluate_relations(
        [document],
        [make_document(TEXT, *found)],
        {"note": [PredictedRelation(*relation, probability=0.9) for relation in relations]},
        reaches={"note": {relation.id: reach for relation in document.relations}},
        symmetric={"near"},
        seed=1,
    )


def causes(result: RelationEvaluation) -> tuple[list[str], list[str]]:
    """Return the causes that occurred, of misses and of inventions."""
    missed, invented = ([name for name, count in side.items() if count] for side in (result.missed, result.invented))
    return missed, invented


def test_both_spans_types_and_label_make_a_strict_match() -> None:
    result = compared((DRUG, PAIN), ("treats", "T1", "T2"))
    assert (result.strict.f1, result.relaxed.f1) == (1.0, 1.0)
    assert causes(result) == ([], [])


@pytest.mark.parametrize(
    ("found", "relations", "missed", "invented", "relaxed"),
    [
        ((PAIN, FEVER), [], [MENTION], [], 0),
        (("T1  Drug 0 12  Oral aspirin", PAIN), [("treats", "T1", "T2")], [BOUNDARY], [BOUNDARY], 1),
        (("T1  Sign 5 12  aspirin", PAIN), [("treats", "T1", "T2")], [TYPE], [TYPE], 0),
        ((DRUG, PAIN), [], [RELATION], [], 0),
        ((DRUG, PAIN), [("causes", "T1", "T2")], [LABEL], [LABEL], 0),
        ((DRUG, PAIN), [("treats", "T2", "T1")], [LABEL], [LABEL], 0),
        ((DRUG, PAIN, FEVER), [("treats", "T1", "T2"), ("treats", "T1", "T3")], [], [RELATION], 1),
        ((DRUG, PAIN, "T4  Sign 22 28  severe"), [("treats", "T1", "T4")], [RELATION], [MENTION], 0),
    ],
)
def test_each_error_has_one_cause(
    found: tuple[str, ...], relations: list[tuple[str, str, str]], missed: list[str], invented: list[str], relaxed: int
) -> None:
    result = compared(found, *relations)
    assert causes(result) == (missed, invented)
    assert result.relaxed.tp == relaxed


def test_each_miss_and_each_invention_beside_what_was_right_has_a_cause() -> None:
    gold = (*GOLD, "R2  treats Arg1:T1 Arg2:T3", "R3  near Arg1:T2 Arg2:T3")
    predicted = [("treats", "T1", "T2"), ("causes", "T1", "T3"), ("causes", "T2", "T3")]
    result = compared((DRUG, PAIN, FEVER), *predicted, gold=gold)
    assert (result.strict.tp, result.strict.fp, result.strict.fn) == (1, 2, 2)
    assert (result.missed[LABEL], result.invented[LABEL]) == (2, 2)


def test_causes_add_up_to_what_went_wrong() -> None:
    result = compared((PAIN, FEVER), ("treats", "T2", "T3"))
    assert sum(result.missed.values()) == result.strict.fn == 1
    assert sum(result.invented.values()) == result.strict.fp == 1


def test_what_no_pair_can_state_is_told_apart() -> None:
    assert causes(compared((DRUG, PAIN), reach="cross-sentence")) == ([NO_PAIR], [])


def test_an_n_ary_relation_is_never_found() -> None:
    result = compared((DRUG, PAIN), ("treats", "T1", "T2"), reach="n-ary")
    assert (result.strict.tp, result.strict.fn, result.relaxed.tp) == (0, 1, 0)


def test_a_symmetric_label_has_no_direction() -> None:
    result = compared((PAIN, FEVER), ("near", "T3", "T2"), gold=(PAIN, FEVER, "R1  near Arg1:T2 Arg2:T3"))
    assert (result.strict.f1, result.relaxed.f1) == (1.0, 1.0)


def test_twins_of_a_mention_make_one_relation() -> None:
    gold = (DRUG, PAIN, "T4  Sign 29 39  chest pain", TREATS, "R2  treats Arg1:T1 Arg2:T4")
    result = compared((DRUG, PAIN), ("treats", "T1", "T2"), gold=gold)
    assert (result.strict.tp, result.strict.fn) == (1, 0)


def test_labels_are_scored_each_for_itself() -> None:
    result = compared((DRUG, PAIN), ("causes", "T1", "T2"))
    assert {name: strict.f1 for name, (strict, _) in result.labels.items()} == {"causes": 0.0, "treats": 0.0}
    assert (result.labels["causes"][0].fp, result.labels["treats"][0].fn) == (1, 1)


def test_documents_without_relations_count_in_the_interval() -> None:
    result = compared((DRUG, PAIN), gold=(DRUG, PAIN))
    assert result.counts.tolist() == [[0, 0, 0]]
    assert result.strict.f1 is None


def test_an_argument_that_the_source_lost_has_no_characters_to_look_for() -> None:
    assert find_fault([("Drug", ())], [("Sign", (Span(0, 4),))]) == ""
    assert find_fault([("Drug", ()), ("Drug", (Span(5, 9),))], [("Sign", (Span(0, 4),))]) == MENTION


def test_labels_come_in_the_order_of_their_names() -> None:
    gold = [f"R{n}  {label} Arg1:T1 Arg2:T2" for n, label in enumerate(("zeta", "beta", "alpha"), start=1)]
    predicted = [(label, "T1", "T2") for label in ("yes", "gamma", "treats")]
    assert list(compared((DRUG, PAIN), *predicted, gold=(DRUG, PAIN, *gold)).labels) == [
        "alpha", "beta", "gamma", "treats", "yes", "zeta"]  # fmt: skip


def test_spans_that_touch_share_no_character() -> None:
    left, right = (Span(0, 5),), (Span(5, 9),)
    assert not share_characters(left, right) and not share_characters(right, left)
    assert share_characters(left, (Span(4, 9),)) and share_characters((Span(4, 9),), left)
