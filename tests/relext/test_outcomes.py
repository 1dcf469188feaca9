"""What became of every gold and every predicted relation of a document."""

from collections.abc import Iterable

from relext.evaluation import Outcome, find_outcomes
from relext.evaluation.outcomes import NO_SEGMENT, count_by_document, count_outcomes, count_reaches
from relext.prediction import PredictedRelation
from tests.relext.literal_documents import SCHEME, make_document

TEXT = "Aspirin for pain. Fever and cough persist."
#       0       8   12    18    24  28
MENTIONS = ("T1  Drug 0 7  Aspirin", "T2  Sign 12 16  pain", "T3  Sign 18 23  Fever", "T4  Sign 28 33  cough")


def outcomes(relations: Iterable[str], *predicted: tuple[str, str, str, float]) -> list[Outcome]:
    document = make_document(TEXT, *MENTIONS, *relations, specialties=("cardiology",))
    found = [PredictedRelation(*each) for each in predicted]
    reaches = SCHEME.label_document(document).reaches
    return find_outcomes(document, found, reaches=reaches, symmetric=SCHEME.symmetric)


def test_found_missed_and_invented() -> None:
    relations = ("R1  treats Arg1:T1 Arg2:T2", "R2  near Arg1:T4 Arg2:T3")
    rows = outcomes(relations, ("treats", "T1", "T2", 0.9), ("near", "T2", "T3", 0.6))
    assert [(o.label, o.arg1, o.arg2, o.verdict, o.probability) for o in rows] == [
        ("near", "T2", "T3", "fp", 0.6),
        ("near", "T3", "T4", "fn", None),
        ("treats", "T1", "T2", "tp", 0.9),
    ]


def test_an_outcome_knows_distance_reach_category_and_specialty() -> None:
    (row,) = outcomes(["R1  treats Arg1:T1 Arg2:T3"])
    assert (row.distance, row.reach, row.verdict) == ("1", "cross-sentence", "fn")
    assert (row.category, row.specialties) == ("other", ("cardiology",))


def test_an_nary_and_a_self_relation_are_missed() -> None:
    rows = outcomes(["R1  doses A:T1 B:T2 C:T3", "R2  near Arg1:T2 Arg2:T2"], ("doses", "T1", "T2", 0.5))
    assert [(o.label, o.verdict, o.reach) for o in rows] == [
        ("doses", "fp", ""),
        ("doses", "fn", "n-ary"),
        ("near", "fn", "self"),
    ]


def test_a_repeated_relation_is_one_outcome_with_the_first_ones_reach() -> None:
    rows = outcomes(["R1  near Arg1:T3 Arg2:T4", "R2  near Arg1:T4 Arg2:T3"])
    assert [(o.arg1, o.arg2, o.reach) for o in rows] == [("T3", "T4", "candidate")]


def test_a_mention_in_no_segment_has_no_distance() -> None:
    (row,) = outcomes([], ("treats", "T1", "T9", 0.4))
    assert row.distance == NO_SEGMENT


def test_counts_a_document_include_documents_without_relations() -> None:
    rows = outcomes(["R1  treats Arg1:T1 Arg2:T2"], ("near", "T2", "T3", 0.6))
    assert count_outcomes(rows) == (0, 1, 1)
    assert count_by_document(rows, ["empty", "note"]).tolist() == [[0, 0, 0], [0, 1, 1]]


def test_reaches_count_gold_and_what_of_it_was_found() -> None:
    relations = ["R1  treats Arg1:T1 Arg2:T2", "R2  treats Arg1:T1 Arg2:T4", "R3  near Arg1:T3 Arg2:T4"]
    rows = outcomes(relations, ("treats", "T1", "T2", 0.9), ("near", "T1", "T2", 0.1))
    assert count_reaches(rows) == {"candidate": (2, 1), "cross-sentence": (1, 0)}
    assert list(count_reaches(rows)) == ["candidate", "cross-sentence"]
