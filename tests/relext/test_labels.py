"""What a model may say: learnt from training gold, with the schema's word where the schema decides."""

from dataclasses import replace

import pytest

from corpus_tools.standoff import RelationType, Schema
from relext.data import LabelScheme, describe_unread_pairs, learn_labels, validate_labels
from relext.errors import LabelMismatch, NothingToLearn
from tests.relext.literal_documents import make_document
from tests.relext.tiny_models import SCHEMA, tiny_document

TWO_SENTENCES = "Pain after aspirin. Fever stayed."


def two_sentences(*relations: str, doc_id: str = "note"):
    mentions = ("T1  Sign 0 4  Pain", "T2  Drug 11 18  aspirin", "T3  Sign 20 25  Fever")
    return make_document(TWO_SENTENCES, *mentions, *relations, doc_id=doc_id)


def test_labels_are_those_of_training_gold_with_their_direction() -> None:
    scheme = learn_labels([two_sentences("R1  causes Arg1:T2 Arg2:T1"), tiny_document(0)], SCHEMA)
    assert scheme.labels == ("NO_RELATION", "causes⁻¹", "treats")
    assert scheme.allowed[("Sign", "Drug")] == (1,)


def test_our_own_schema_allows_what_gold_never_showed_of_a_pair_of_types() -> None:
    documents = [two_sentences("R1  causes Arg1:T2 Arg2:T1"), tiny_document(0), tiny_document(1)]
    scheme = learn_labels(documents, SCHEMA)
    assert scheme.labels == ("NO_RELATION", "causes", "causes⁻¹", "treats")
    assert scheme.allowed[("Drug", "Sign")] == (1, 3)


def test_a_foreign_schema_only_advises() -> None:
    foreign = Schema(
        SCHEMA.entities, (RelationType("treats", frozenset({("Sign", "Sign")})),), origin="annotation.conf"
    )
    scheme = learn_labels([tiny_document(0)], foreign)
    assert scheme.allowed == {("Drug", "Sign"): (1,)}


def test_several_relations_on_one_pair_are_one_label_that_unfolds() -> None:
    scheme = learn_labels([two_sentences("R1  causes Arg1:T2 Arg2:T1", "R2  treats Arg1:T2 Arg2:T1")], SCHEMA)
    assert scheme.labels == ("NO_RELATION", "causes⁻¹+treats⁻¹")
    assert scheme.unfold(1, "T1", "T2") == (("causes", "T2", "T1"), ("treats", "T2", "T1"))


@pytest.mark.parametrize(("crossing", "distance"), [(1, 1), (0, 0)])
def test_pairs_reach_the_next_sentence_where_gold_does(crossing: int, distance: int) -> None:
    documents = [tiny_document(n) for n in range(10)]
    documents += [two_sentences("R1  treats Arg1:T2 Arg2:T3", doc_id=f"cross-{n}") for n in range(crossing)]
    assert learn_labels(documents, SCHEMA).max_sentence_distance == distance  # 1 of 11 is 9 %


def test_a_named_distance_is_kept() -> None:
    assert learn_labels([tiny_document(0)], SCHEMA, max_sentence_distance=2).max_sentence_distance == 2


def test_gold_beyond_the_distance_has_a_cause() -> None:
    document = two_sentences("R1  treats Arg1:T2 Arg2:T3")
    scheme = learn_labels([tiny_document(0)], SCHEMA, max_sentence_distance=0)
    assert scheme.label_document(document).reaches == {"R1": "cross-sentence"}


def test_a_reach_that_the_corpus_decided_stays() -> None:
    document = tiny_document(0)
    lost = replace(document, relations=(replace(document.relations[0], reach="filtered"),))
    assert learn_labels([document], SCHEMA).label_document(lost).reaches == {"R1": "filtered"}


def test_without_a_relation_there_is_nothing_to_learn() -> None:
    with pytest.raises(NothingToLearn, match="no relation"):
        learn_labels([two_sentences()], SCHEMA)


FAR = "Pain after aspirin. He slept. Fever stayed."


def far_apart(*relations: str, doc_id: str = "far"):
    mentions = ("T1  Sign 0 4  Pain", "T2  Drug 11 18  aspirin", "T3  Sign 30 35  Fever")
    return make_document(FAR, *mentions, *relations, doc_id=doc_id)


def test_relations_that_are_all_further_apart_than_pairs_name_the_setting() -> None:
    message = (
        "mentions of 1 stand 2 or more sentences apart, and pairs are read up to 0; "
        "set \\[model\\] max_sentence_distance to 2 or more"
    )
    with pytest.raises(NothingToLearn, match=message):
        learn_labels([far_apart("R1  treats Arg1:T2 Arg2:T3")], SCHEMA)
    assert learn_labels([far_apart("R1  treats Arg1:T2 Arg2:T3")], SCHEMA, max_sentence_distance=2).labels[1:]


@pytest.mark.parametrize(("widest", "unread"), [(0, None), (1, None), (2, 1), (3, 1)])
def test_relations_that_pairs_of_the_corpus_reach_and_the_model_not_are_told(widest: int, unread: int | None) -> None:
    documents = [tiny_document(0), far_apart("R1  causes Arg1:T2 Arg2:T1", "R2  treats Arg1:T2 Arg2:T3")]
    told = describe_unread_pairs(documents, learn_labels(documents, SCHEMA), widest=widest)
    assert told == "" if unread is None else f"up to {widest} sentences apart" in told
    assert unread is None or (f"{unread} of 3 relations" in told and "[model] max_sentence_distance" in told)


def test_neighbouring_sentences_that_the_model_passes_over_are_told_where_they_have_relations() -> None:
    near = [tiny_document(0)]
    scheme = learn_labels(near, SCHEMA)
    assert describe_unread_pairs(near, scheme, widest=1) == ""
    crossing = [*near, two_sentences("R1  treats Arg1:T2 Arg2:T3")]
    assert "1 of 2 relations" in describe_unread_pairs(crossing, scheme, widest=1)


def test_permitted_labels_by_type_leave_no_relation_to_all() -> None:
    scheme = learn_labels([tiny_document(0)], SCHEMA)
    table = scheme.permitted()
    assert table.shape == (3, 3, 2)  # unknown, Drug, Sign
    assert table[:, :, 0].all()
    assert table[:, :, 1].sum() == table[1, 2, 1] == 1


def test_json_and_back() -> None:
    scheme = learn_labels([tiny_document(0), two_sentences("R1  causes Arg1:T2 Arg2:T1")], SCHEMA)
    assert LabelScheme.from_json(scheme.to_json()) == scheme


@pytest.mark.parametrize("key", ["labels", "allowed", "types", "max_sentence_distance"])
def test_a_record_with_a_hole_is_refused(key: str) -> None:
    record = learn_labels([tiny_document(0)], SCHEMA).to_json()
    with pytest.raises(Exception, match="labels can't be read"):
        LabelScheme.from_json({**record, key: None})


def test_a_corpus_with_a_label_that_the_model_never_heard_of_is_refused() -> None:
    scheme = learn_labels([tiny_document(0)], SCHEMA)
    other = Schema(SCHEMA.entities, (RelationType("treats", frozenset()), RelationType("prevents", frozenset())))
    with pytest.raises(LabelMismatch, match=r"not trained on: prevents; only the model has: causes"):
        validate_labels(scheme, other)
    validate_labels(scheme, SCHEMA)  # `causes` was never shown, but the schema knows it
