"""The plan of a corpus: what is kept, how the schema widens, why there may be no corpus."""

from collections import Counter

import pytest

from corpus_tools.assembly import BuildSettings, Metadata, parse_shares, plan_corpus
from corpus_tools.assembly.shards import Profile
from corpus_tools.assembly.widening import find_outside, widen_schema
from corpus_tools.errors import InputError
from corpus_tools.rounds import sign_text
from corpus_tools.standoff import NO_RELATION, EntityType, RelationType, Schema, TypedLabel
from corpus_tools.storage import hash_text

TREATS: TypedLabel = ("treats", "Medication", "Symptom")
CAUSES: TypedLabel = ("causes", "Medication", "Symptom")
ADVICE = Schema(
    (EntityType("Medication"), EntityType("Symptom")),
    (RelationType("treats", frozenset({("Medication", "Symptom")})),),
    origin="annotation.conf",
)


def make_profile(
    doc_id: str, *gold: TypedLabel, equivalences: tuple[str, ...] = (), specialties: tuple[str, ...] = ()
) -> Profile:
    """Return the profile of a document with that gold and a text of its own."""
    return Profile(
        doc_id,
        text_hash=hash_text(doc_id),
        source_hash="",
        signature=sign_text(f"text of {doc_id}"),
        metadata=Metadata(specialties),
        has_annotations=True,
        mention_types=Counter(name for typed in gold for name in typed[1:]),
        gold=Counter(gold),
        labels=Counter(typed[0] for typed in gold),
        equivalence_labels=equivalences,
        read_relations=len(gold),
    )


def test_the_gold_of_the_training_part_widens_the_schema_and_that_of_the_test_part_does_not() -> None:
    profiles = [make_profile("a", CAUSES), make_profile("b", ("indicates", "Finding", "Symptom"))]
    schema = widen_schema(ADVICE, profiles, {"a": "train", "b": "test"})
    assert schema.labels == ("treats", "causes")
    assert schema.allows(*CAUSES)
    assert schema.mention_types == ("Medication", "Symptom")


def test_without_a_training_part_all_gold_widens() -> None:
    profiles = [make_profile("a", CAUSES), make_profile("b", TREATS)]
    assert widen_schema(None, profiles, {"a": "test", "b": "test"}).labels == ("causes", "treats")


def test_what_was_left_out_widens_nothing() -> None:
    profiles = [make_profile("a", CAUSES), make_profile("b", TREATS)]
    assert widen_schema(None, profiles, {"b": "train"}).labels == ("treats",)


def test_labels_of_groups_are_symmetric_unless_the_advice_knows_them() -> None:
    same: TypedLabel = ("treats", "Symptom", "Symptom")
    profile = make_profile("a", ("Equiv", "Symptom", "Finding"), same, equivalences=("Equiv", "treats"))
    schema = widen_schema(ADVICE, [profile], {"a": "train"})
    assert schema.is_symmetric("Equiv")
    assert schema.allows("Equiv", "Finding", "Symptom")
    assert not schema.is_symmetric("treats")


def test_without_advice_the_schema_says_that_it_was_observed() -> None:
    assert widen_schema(None, [make_profile("a", TREATS)], {"a": "train"}).origin == "observed"


def test_gold_outside_the_advice_is_counted_by_label_and_types() -> None:
    profiles = [make_profile("a", CAUSES, CAUSES, TREATS), make_profile("b", CAUSES)]
    assert find_outside(ADVICE, profiles) == {CAUSES: 3}
    assert find_outside(None, profiles) == {}


def test_strata_are_the_specialties_where_there_are_any() -> None:
    profiles = [
        make_profile(f"{n:02}", TREATS, specialties=("Urology",) if n < 10 else ("Surgery",)) for n in range(20)
    ]
    settings = BuildSettings(min_samples=1, shares=parse_shares("50:0:50"))
    parts = plan_corpus(profiles, None, settings).parts
    assert sum(parts[f"{number:02}"] == "test" for number in range(10)) == 5


def test_relation_labels_are_the_strata_elsewhere() -> None:
    profiles = [make_profile(f"{n:02}", TREATS if n < 16 else CAUSES) for n in range(20)]
    parts = plan_corpus(profiles, None, BuildSettings(shares=parse_shares("50:0:50"))).parts
    assert sum(parts[f"{number:02}"] == "test" for number in range(16, 20)) == 2


def test_gold_that_says_no_relation_is_refused_with_a_way_out() -> None:
    profiles = [make_profile("a", TREATS, (NO_RELATION, "Symptom", "Symptom"))]
    with pytest.raises(InputError, match=r"1 relations are named NO_RELATION.*--rename relation:NO_RELATION="):
        plan_corpus(profiles, None, BuildSettings())


def test_a_plan_without_a_document_says_which_number_would_keep_some() -> None:
    profiles = [make_profile("a", TREATS, specialties=("Urology",)), make_profile("b", TREATS, specialties=("ENT",))]
    with pytest.raises(
        InputError, match="the largest of 2 specialties has 1 samples, expected 50; pass --min-samples 1"
    ):
        plan_corpus(profiles, None, BuildSettings())
