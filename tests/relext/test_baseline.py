"""The commonest label of each pair of types, fitted and predicted by hand."""

from typing import Any

import pytest

from corpus_tools.errors import InputError
from relext.evaluation import fit_majority, format_majority, parse_majority, predict_majority
from tests.relext.literal_documents import SCHEME, make_document

TEXT = "Aspirin for pain and fever. Rash after aspirin."
#       0       8   12       21    28         39
MENTIONS = (
    "T1  Drug 0 7  Aspirin",
    "T2  Sign 12 16  pain",
    "T3  Sign 21 26  fever",
    "T4  Sign 28 32  Rash",
    "T5  Drug 39 46  aspirin",
)


def test_the_commonest_label_stands() -> None:
    document = make_document(TEXT, *MENTIONS, "R1  treats Arg1:T1 Arg2:T2", "R2  treats Arg1:T1 Arg2:T3")
    # Drug-Sign: treats twice; Sign-Sign: one pair without a relation; Sign-Drug: one pair without a relation.
    assert fit_majority([document], SCHEME) == {
        ("Drug", "Sign"): "treats",
        ("Sign", "Drug"): "NO_RELATION",
        ("Sign", "Sign"): "NO_RELATION",
    }


def test_of_equally_common_labels_the_first_by_name_stands() -> None:
    document = make_document(TEXT, *MENTIONS, "R1  treats Arg1:T1 Arg2:T2")
    assert fit_majority([document], SCHEME)["Drug", "Sign"] == "NO_RELATION"


def test_the_table_predicts_every_pair_of_its_types() -> None:
    document = make_document(TEXT, *MENTIONS)
    pairs = SCHEME.label_document(document).pairs
    found = predict_majority(document, pairs, {("Drug", "Sign"): "treats", ("Sign", "Drug"): "treats⁻¹"})
    assert [(r.type, r.arg1, r.arg2) for r in found] == [
        ("treats", "T1", "T2"),
        ("treats", "T1", "T3"),
        ("treats", "T5", "T4"),
    ]


def test_the_table_is_sure_of_what_it_states() -> None:
    document = make_document(TEXT, *MENTIONS)
    found = predict_majority(document, SCHEME.label_document(document).pairs, {("Drug", "Sign"): "treats"})
    assert {relation.probability for relation in found} == {1.0}


def test_a_composite_label_is_unfolded() -> None:
    document = make_document(TEXT, *MENTIONS[:2])
    pairs = SCHEME.label_document(document).pairs
    found = predict_majority(document, pairs, {("Drug", "Sign"): "causes⁻¹+treats"})
    assert [(r.type, r.arg1, r.arg2) for r in found] == [("causes", "T2", "T1"), ("treats", "T1", "T2")]


def test_a_pair_of_types_that_training_never_showed_has_no_relation() -> None:
    document = make_document(TEXT, *MENTIONS)
    assert predict_majority(document, SCHEME.label_document(document).pairs, {}) == ()


def test_table_survives_json() -> None:
    table = {("Sign", "Drug"): "treats⁻¹", ("Drug", "Sign"): "treats"}
    assert parse_majority(format_majority(table)) == table


@pytest.mark.parametrize("record", [None, {}, [["a", "b"]], [["a", "b", 1]], "abc"])
def test_anything_else_is_refused(record: Any) -> None:
    with pytest.raises(InputError, match="majority table"):
        parse_majority(record)
