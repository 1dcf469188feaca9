"""The schema: which labels two mentions may have, its equality and hash, its record, what is observed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_tools.errors import SchemaError
from corpus_tools.standoff import (
    PAIR_CATEGORIES,
    AttributeType,
    EntityType,
    EventRole,
    EventType,
    Overlap,
    PairSource,
    RelationType,
    Schema,
    check_schema,
    observed_schema,
    pair_category,
    parse_document,
)

TREATS = RelationType("treats", frozenset({("Drug", "Rash"), ("Drug", "Pain")}))
WITH = RelationType("with", frozenset({("Drug", "Rash"), ("Rash", "Rash")}), symmetric=True)
SCHEMA = Schema((EntityType("Drug"), EntityType("Rash"), EntityType("Pain")), (TREATS, WITH))

NAMES = st.sampled_from(["Drug", "Rash", "Pain", "Dose"])
PAIRS = st.frozensets(st.tuples(NAMES, NAMES), max_size=6)


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    """Draw a schema over four types, each label with any pairs."""
    labels = draw(st.lists(st.sampled_from(["treats", "causes", "part-of"]), unique=True))
    relations = tuple(RelationType(name, draw(PAIRS), draw(st.booleans())) for name in labels)
    entities = tuple(EntityType(name) for name in ("Drug", "Rash", "Pain", "Dose"))
    attributes = (AttributeType("Assertion", draw(st.frozensets(NAMES)), ("absent", "possible")),)
    return Schema(entities, relations, attributes)


def test_allows_follows_the_direction():
    assert SCHEMA.allows("treats", "Drug", "Rash")
    assert not SCHEMA.allows("treats", "Rash", "Drug")
    assert not SCHEMA.allows("unknown", "Drug", "Rash")


def test_a_symmetric_label_is_allowed_both_ways_and_has_no_inverse():
    assert SCHEMA.allows("with", "Rash", "Drug")
    assert SCHEMA.directed_labels("Rash", "Drug") == ("treats⁻¹", "with")
    assert SCHEMA.directed_labels("Rash", "Rash") == ("with",)


def test_directed_labels_are_none_where_nothing_is_allowed():
    assert SCHEMA.directed_labels("Pain", "Rash") == ()
    assert SCHEMA.directed_labels("Pain", "Nowhere") == ()


@given(schemas(), NAMES, NAMES)
def test_directed_labels_agree_with_allows(schema, first, second):
    forward = {label for label in schema.labels if schema.allows(label, first, second)}
    backward = {label for label in schema.labels if schema.allows(label, second, first)}
    expected = forward | {f"{label}⁻¹" for label in backward if not schema.is_symmetric(label)}
    assert schema.directed_labels(first, second) == tuple(sorted(expected))


def test_a_symmetric_transitive_relation_is_no_label():
    equiv = RelationType("Equiv", frozenset({("Drug", "Drug")}), symmetric=True, transitive=True)
    assert Schema((EntityType("Drug"),), (equiv,)).directed_labels("Drug", "Drug") == ()


def test_widened_adds_a_pair_and_keeps_the_rest():
    wider = SCHEMA.widened([("treats", "Pain", "Rash")])
    assert wider.allows("treats", "Pain", "Rash") and wider.allows("treats", "Drug", "Pain")
    assert not SCHEMA.allows("treats", "Pain", "Rash")


def test_widened_closes_a_symmetric_label():
    assert SCHEMA.widened([("with", "Pain", "Drug")]).allows("with", "Drug", "Pain")


def test_widened_adds_unknown_labels_and_types():
    wider = SCHEMA.widened([("slows", "Herb", "Pain")])
    assert wider.labels == ("treats", "with", "slows")
    assert wider.mention_types == ("Drug", "Rash", "Pain", "Herb")


def test_widened_by_nothing_is_equal():
    assert SCHEMA.widened([]) == SCHEMA
    assert SCHEMA.widened([("treats", "Drug", "Rash")]).hash == SCHEMA.hash


@given(schemas())
def test_the_record_reads_back(schema):
    again = Schema.from_json(schema.to_json())
    assert again == schema
    assert again.hash == schema.hash


def test_the_record_keeps_what_is_written_only_for_people():
    source = PairSource(("Drug",), ("Rash", "Pain"), "extension", reason="notes say so")
    entity = EntityType("Drug", definition="What is given.", color="#ffffff", key="D", groups=("CHEM",))
    relation = RelationType("treats", source.pairs, sources=(source,), definition="Helps.")
    event = EventType("Dosing", (EventRole("Of", frozenset({"Drug"}), 1, None),))
    overlap = Overlap(frozenset({("Drug", "Rash")}), "contain")
    schema = Schema((entity,), (relation,), (), (event,), (overlap,), "toml", "Thanks")
    assert Schema.from_json(schema.to_json()).to_json() == schema.to_json()
    assert "notes say so" in str(schema.to_json())


def test_hash_ignores_documentation_and_origin():
    plain = Schema((EntityType("Drug"),), (), origin="toml")
    told = Schema((EntityType("Drug", definition="A drug.", color="red"),), (), origin="annotation.conf")
    assert plain == told
    assert plain.hash == told.hash


@pytest.mark.parametrize(
    "other",
    [
        Schema((EntityType("Drug"), EntityType("Rash")), (TREATS, WITH)),
        Schema(SCHEMA.entities, (TREATS,)),
        Schema(SCHEMA.entities, (RelationType("treats", TREATS.pairs, symmetric=True), WITH)),
        Schema(SCHEMA.entities, SCHEMA.relations, (AttributeType("Assertion", frozenset({"Drug"})),)),
    ],
)
def test_hash_differs_where_other_annotations_are_allowed(other):
    assert other.hash != SCHEMA.hash
    assert other != SCHEMA


@pytest.mark.parametrize(
    ("record", "part"),
    [
        (None, "expected a table"),
        ([], "expected a table"),
        ({}, "schema_version"),
        ({"schema_version": 2}, "expected 1"),
        ({"schema_version": True}, "schema_version"),
        ({"schema_version": 1, "entities": []}, "did you mean 'entity'"),
        ({"schema_version": 1, "origin": "elsewhere"}, "origin"),
        ({"schema_version": 1, "entity": [{"name": 3}]}, "entity[0].name: expected a string, found a number"),
        ({"schema_version": 1, "entity": [{"name": "a b"}]}, "no usable name"),
        ({"schema_version": 1, "entity": [{"name": "<script>"}]}, "no usable name"),
        ({"schema_version": 1, "entity": [{"name": "A"}, {"name": "A"}]}, "defined twice"),
        ({"schema_version": 1, "entity": [{"name": "A", "parent": "A"}]}, "not defined above it"),
        ({"schema_version": 1, "entity": [{"name": "A", "definition": "\ud800"}]}, "characters that UTF-8 can hold"),
        ({"schema_version": 1, "entity": [{"name": "A", "groups": ["\ud800"]}]}, "strings that UTF-8 can hold"),
        ({"schema_version": 1, "entity": [{"name": "A", "definition": "x" * 5_000}]}, "at most 4000"),
        ({"schema_version": 1, "entity": "A"}, "expected a list of tables"),
        ({"schema_version": 1, "relation": [{"name": "r", "symmetric": "yes"}]}, "true or false"),
        ({"schema_version": 1, "relation": [{"name": "r", "roles": ["One"]}]}, "expected two roles, found 1"),
        ({"schema_version": 1, "attribute": [{"name": "a", "values": [1]}]}, "attribute[0].values: expected strings"),
        ({"schema_version": 1, "attribute": [{"name": "a", "values": ["x"], "default": "y"}]}, "none of the values"),
        ({"schema_version": 1, "event": [{"name": "e", "role": [{"name": "r", "minimum": -1}]}]}, "from 0"),
        (
            {"schema_version": 1, "event": [{"name": "e", "role": [{"name": "r", "minimum": 3, "maximum": 2}]}]},
            "at least",
        ),
    ],
)
def test_a_hostile_record_is_refused_with_its_place(record, part):
    with pytest.raises(SchemaError, match=r"^[^\n]+$") as caught:
        Schema.from_json(record)
    assert part in str(caught.value)


def test_an_extension_needs_a_reason_and_a_derived_row_its_triples():
    pair = {"arg1": ["A"], "arg2": ["B"], "source": "extension"}
    with pytest.raises(SchemaError, match="needs a reason"):
        Schema.from_json({"schema_version": 1, "relation": [{"name": "r", "pair": [pair]}]})
    pair["source"] = "derived"
    with pytest.raises(SchemaError, match="triples"):
        Schema.from_json({"schema_version": 1, "relation": [{"name": "r", "pair": [pair]}]})


def test_observed_schema_allows_what_occurs():
    text = "aspirin helped the headache"
    ann = (
        "T1\tDrug 0 7\taspirin\nT2\tPain 19 27\theadache\nT3\tHelping 8 14\thelped\n"
        "E1\tHelping:T3 By:T1 By2:T2\nR1\ttreats Arg1:T1 Arg2:T2\nR2\tsays Arg1:E1 Arg2:T2\nA1\tAssertion T2 absent\n"
    )
    schema = observed_schema([parse_document(text, ann, doc_id="d").document])
    assert schema.mention_types == ("Drug", "Pain", "Helping")
    assert schema.allows("treats", "Drug", "Pain") and not schema.allows("treats", "Pain", "Drug")
    assert schema.allows("says", "Helping", "Pain")
    assert schema.events == (EventType("Helping", (EventRole("By", frozenset({"Drug", "Pain"}), 0, None),)),)
    assert schema.attributes == (AttributeType("Assertion", frozenset({"Pain"}), ("absent",)),)


def test_an_n_ary_relation_is_observed_without_pairs():
    ann = "T1\tA 0 1\ta\nT2\tA 2 3\tb\nT3\tA 4 5\tc\nR1\tjoins X:T1 Y:T2 Z:T3\n"
    schema = observed_schema([parse_document("a b c", ann, doc_id="d").document])
    assert schema.relations == (RelationType("joins", frozenset()),)


@pytest.mark.parametrize(
    ("first", "second", "category"),
    [
        ("Diagnosis", "Symptom", "Disease-Symptom"),
        ("Medication", "Diagnosis", "Disease-Drug"),
        ("Diagnosis", "Finding", "Disease-Item"),
        ("Procedure", "Diagnosis", "Disease-Method"),
        ("Medication", "Symptom", "Symptom-Drug"),
        ("Procedure", "Finding", "Item-Method"),
        ("Symptom", "Procedure", "other"),
        ("Intensity", "Medication", "other"),
        ("Diagnosis", "Diagnosis", "other"),
    ],
)
def test_pair_category_does_not_depend_on_the_order(first, second, category):
    assert pair_category(first, second) == pair_category(second, first) == category


def test_there_are_six_categories():
    assert len(set(PAIR_CATEGORIES)) == 6


@pytest.mark.parametrize(
    ("relation", "problem"),
    [
        (RelationType("r", frozenset()), "joins nothing"),
        (RelationType("r", frozenset({("Drug", "Ghost")})), "not defined: 'Ghost'"),
        (RelationType("a+b", frozenset({("Drug", "Rash")})), "stands for something else"),
        (RelationType("r⁻¹", frozenset({("Drug", "Rash")})), "stands for something else"),
        (RelationType("NO_RELATION", frozenset({("Drug", "Rash")})), "stands for something else"),
    ],
)
def test_check_schema_names_the_problem(relation, problem):
    (found,) = check_schema(Schema(SCHEMA.entities, (relation,)))
    assert problem in found


def test_check_schema_finds_an_extension_that_is_derived_already():
    rows = (
        PairSource(("Drug",), ("Rash",), "derived", ("T121 T184",)),
        PairSource(("Rash",), ("Drug",), "extension", reason="twice"),
    )
    relation = RelationType("with", frozenset({("Drug", "Rash")}), symmetric=True, sources=rows)
    assert check_schema(Schema(SCHEMA.entities, (relation,))) == [
        "relation with extends what is derived already: Rash-Drug"
    ]


def test_check_schema_finds_a_key_given_twice():
    schema = Schema((EntityType("Drug", key="d"), EntityType("Dose", key="D")), ())
    assert check_schema(schema) == ["key 'D' belongs to 2 types or labels"]
    assert check_schema(SCHEMA) == []
