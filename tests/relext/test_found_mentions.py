"""Scores of found mentions, counted by hand on one sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_tools.assembly import CorpusDocument
from relext.evaluation.found_mentions import (
    DISCONTINUOUS,
    FLAT,
    NESTED,
    NESTED_IN_TYPE,
    MentionEvaluation,
    evaluate_mentions,
)
from relext.evaluation.pairing import match_most
from tests.relext.literal_documents import make_document

TEXT = "Severe chest pain or rash, no fever."
#       0      7     13      21    27 30
GOLD = (
    "T1  Sign 7 17  chest pain",
    "T2  Site 7 12  chest",
    "T3  Sign 21 25  rash",
    "T4  Sign 30 35  fever",
    "A1  Negation T4",
)


def compared(gold: tuple[str, ...], found: tuple[str, ...], *, text: str = TEXT) -> MentionEvaluation:
    return evaluate_mentions([make_document(text, *gold)], [make_document(text, *found)])


def test_found_as_gold_is_perfect() -> None:
    result = compared(GOLD, GOLD)
    assert (result.strict.f1, result.relaxed.f1) == (1.0, 1.0)
    assert {name: scores.f1 for name, scores in result.assertions.items()} == {"absent": 1.0, "present": 1.0}


def test_another_boundary_is_an_error_that_relaxed_scores_forgive() -> None:
    result = compared(GOLD, ("T1  Sign 0 17  Severe chest pain", *GOLD[1:]))
    # Strict: 3 found, 1 invented, 1 missed. Relaxed: all 4.
    assert (result.strict.tp, result.strict.fp, result.strict.fn) == (3, 1, 1)
    assert (result.relaxed.tp, result.relaxed.fp, result.relaxed.fn) == (4, 0, 0)
    assert result.types["Sign"][0].f1 == pytest.approx(2 / 3)
    assert result.types["Site"][0].f1 == 1.0


def test_another_type_is_an_error_for_both() -> None:
    result = compared(("T1  Sign 21 25  rash",), ("T1  Site 21 25  rash",))
    assert (result.relaxed.tp, result.relaxed.fp, result.relaxed.fn) == (0, 1, 1)
    assert list(result.types) == ["Sign", "Site"]


def test_two_found_halves_match_one_gold_mention_once() -> None:
    result = compared(("T1  Sign 7 17  chest pain",), ("T1  Sign 7 12  chest", "T2  Sign 13 17  pain"))
    assert (result.relaxed.tp, result.relaxed.fp, result.relaxed.fn) == (1, 1, 0)


def test_a_wrong_assertion_counts_only_among_assertions() -> None:
    result = compared(GOLD, GOLD[:4])
    assert result.strict.f1 == 1.0
    absent = result.assertions["absent"]
    assert (absent.tp, absent.fp, absent.fn, absent.f1) == (0, 0, 1, 0.0)
    assert result.assertions["present"].fp == 1


def test_one_assertion_is_no_table() -> None:
    assert compared(GOLD[:2], GOLD[:2]).assertions == {}


def test_shapes_state_their_recall() -> None:
    gold = (*GOLD[:4], "T5  Sign 13 17;30 35  pain fever")  # overlaps T1, T3 and T4, all of its type
    found = GOLD[1:4]
    shapes = compared(gold, found).shapes
    assert {name: (share.part, share.whole) for name, share in shapes.items()} == {
        FLAT: (0, 0),
        NESTED: (3, 5),
        NESTED_IN_TYPE: (2, 4),  # T1, T3, T4, T5 of which T3 and T4 were found
        DISCONTINUOUS: (0, 1),
    }
    assert shapes[FLAT].value is None


def test_a_mention_broken_at_a_line_end_is_not_discontinuous() -> None:
    text = "He has chest\npain today."
    result = compared(("T1  Sign 7 12;13 17  chest pain",), ("T1  Sign 7 17  chest pain",), text=text)
    assert result.strict.f1 == 1.0
    assert result.shapes[DISCONTINUOUS].whole == 0


def test_nothing_to_find_is_undefined() -> None:
    result = compared((), ())
    assert (result.strict.f1, result.strict.reason) == (None, "no gold relation and none predicted")


SPANS = [f"T{n}  Sign {start} {end}  {TEXT[start:end]}" for n, (start, end) in
         enumerate([(0, 6), (0, 12), (7, 12), (7, 17), (13, 17), (21, 25), (30, 35)], start=1)]  # fmt: skip


@given(st.sets(st.sampled_from(SPANS)), st.sets(st.sampled_from(SPANS)))
def test_relaxed_scores_are_never_below_strict_ones_and_sides_change_places(gold: set[str], found: set[str]) -> None:
    one, other = document(gold), document(found)
    there, back = evaluate_mentions([one], [other]), evaluate_mentions([other], [one])
    assert there.relaxed.tp >= there.strict.tp
    assert (there.relaxed.tp, there.relaxed.fp, there.relaxed.fn) == (
        back.relaxed.tp,
        back.relaxed.fn,
        back.relaxed.fp,
    )
    assert there.strict.f1 == back.strict.f1


def document(lines: set[str]) -> CorpusDocument:
    return make_document(TEXT, *sorted(lines))


def test_a_matching_has_most_pairs() -> None:
    assert match_most({0: [0, 1], 1: [0], 2: []}, 2) == {0: 1, 1: 0}
    assert match_most({}, 3) == {}


def test_assertions_come_in_the_order_of_their_names() -> None:
    values = ("possible", "absent", "family", "conditional", "present", "historical")
    mentions = [f"T{n}  Sign {7 + n} {8 + n}  {TEXT[7 + n]}" for n in range(1, 7) if TEXT[7 + n] != " "]
    stated = [
        f"A{n}  Assertion {line.split()[0]} {value}"
        for n, (line, value) in enumerate(zip(mentions, values, strict=False), 1)
    ]
    gold = (*mentions, *stated)
    assert list(compared(gold, gold).assertions) == sorted(values[: len(mentions)])
