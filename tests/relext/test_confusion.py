"""What was taken for what, counted by hand."""

from dataclasses import replace

from relext.evaluation import count_confusions
from tests.relext.test_report import FOUND, MISSED

INVENTED = replace(FOUND, verdict="fp", reach="")


def test_found_relations_stand_on_the_diagonal() -> None:
    found = count_confusions([FOUND, replace(FOUND, label="causes", arg1="T8")])
    assert (found.gold, found.predicted, found.rows) == (("causes", "treats"), ("causes", "treats"), ((1, 0), (0, 1)))


def test_a_missed_and_an_invented_relation_of_one_pair_are_one_confusion() -> None:
    other = replace(INVENTED, doc_id="b", label="causes", arg1="T5", arg2="T4")
    found = count_confusions([MISSED, other])
    assert (found.gold, found.predicted, found.rows) == (("treats",), ("causes",), ((1,),))


def test_the_same_label_the_other_way_round_is_turned() -> None:
    found = count_confusions([MISSED, replace(INVENTED, doc_id="b", arg1="T5", arg2="T4")])
    assert (found.gold, found.predicted) == (("treats",), ("treats turned",))


def test_what_has_no_counterpart_meets_no_relation() -> None:
    found = count_confusions([MISSED, INVENTED])
    assert found.gold == ("treats", "no relation")
    assert found.predicted == ("treats", "no relation")
    assert found.rows == ((0, 1), (1, 0))


def test_without_outcomes_there_is_nothing_to_confuse() -> None:
    assert count_confusions([]).rows == ()
