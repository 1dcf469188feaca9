"""The derivation from the UMLS Semantic Network, and the shipped schema against it."""

import pytest

from corpus_tools.errors import SchemaError
from corpus_tools.standoff import (
    ACKNOWLEDGEMENT,
    EntityType,
    PairSource,
    RelationType,
    Schema,
    SemanticRelation,
    SemanticType,
    check_schema,
    compare_derivation,
    derive_schema,
    format_schema,
    parse_network,
    read_network,
    read_schema,
)

SRDEF = """\
STY|T121|Pharmacologic Substance|A1.4|||||phsu||
STY|T047|Disease or Syndrome|B2.2|||||dsyn||
STY|T184|Sign or Symptom|A2.2|||||sosy||
RL|T166|associated_with|R|||||AW|associated_with|
RL|T139|functionally_related_to|R3|||||FR|functionally_related_to|
RL|T151|affects|R3.1|||||AF|affected_by|
RL|T154|treats|R3.1.2|||||TS|treated_by|
"""
SRSTRE1 = "T121|T154|T047|\nT121|T154|T184|\nT047|T166|T184|\nT184|T166|T047|\nT154|T186|T151|\n"


def network():
    """Return a network of three types."""
    return parse_network(SRDEF + "RL|T186|isa|H|||||IS|inverse_isa|\n", SRSTRE1)


def entity(name, *tuis):
    """Return a type with semantic types still unnamed."""
    return EntityType(name, semantic_types=tuple(SemanticType(tui, "") for tui in tuis))


def relation(name, tui, *sources, symmetric=False):
    """Return a label with sources."""
    pairs = frozenset(pair for source in sources for pair in source.pairs)
    return RelationType(name, pairs, symmetric, semantic_relation=SemanticRelation(tui, "", "", ""), sources=sources)


TYPES = (entity("Medication", "T121"), entity("Diagnosis", "T047"), entity("Symptom", "T184"))


def test_a_network_has_parents_from_tree_numbers():
    assert network().relation("T154") == SemanticRelation("T154", "treats", "affects", "treated_by")
    assert network().relation("T139").parent == "associated_with"
    assert network().relation("T166").parent == ""


def test_pairs_come_from_the_triples_of_the_types():
    schema = derive_schema(Schema(TYPES, (relation("treats", "T154"),)), network())
    assert schema.relations[0].pairs == {("Medication", "Diagnosis"), ("Medication", "Symptom")}
    assert schema.relations[0].sources[0] == PairSource(("Medication",), ("Diagnosis",), "derived", ("T121 T047",))
    assert schema.entities[0].semantic_types == (SemanticType("T121", "Pharmacologic Substance"),)
    assert schema.acknowledgement == ACKNOWLEDGEMENT


def test_both_directions_of_a_symmetric_relation_are_one_row():
    schema = derive_schema(Schema(TYPES, (relation("with", "T166", symmetric=True),)), network())
    assert schema.relations[0].sources == (
        PairSource(("Diagnosis",), ("Symptom",), "derived", ("T047 T184", "T184 T047")),
    )


def test_extensions_stay_unless_the_network_states_them():
    own = PairSource(("Diagnosis",), ("Symptom",), "extension", reason="notes say so")
    known = PairSource(("Medication",), ("Symptom",), "extension", reason="superfluous")
    schema = derive_schema(Schema(TYPES, (relation("treats", "T154", own, known),)), network())
    assert [row for row in schema.relations[0].sources if row.source == "extension"] == [own]
    assert schema.allows("treats", "Diagnosis", "Symptom")


def test_stale_derived_rows_go():
    stale = PairSource(("Symptom",), ("Medication",), "derived", ("T184 T121",))
    before = Schema(TYPES, (relation("treats", "T154", stale),))
    after = derive_schema(before, network())
    assert not after.allows("treats", "Symptom", "Medication")
    assert compare_derivation(before, after)["treats"]["removed"] == [("Symptom", "Medication")]


def test_a_label_without_a_network_relation_is_left_alone():
    own = RelationType("own", frozenset({("Symptom", "Symptom")}))
    assert derive_schema(Schema(TYPES, (own,)), network()).relations == (own,)


def test_unknown_identifiers_are_named():
    with pytest.raises(SchemaError, match="'T999' is no semantic type"):
        derive_schema(Schema((entity("Odd", "T999"),), ()), network())
    with pytest.raises(SchemaError, match="'T998' is no relation"):
        derive_schema(Schema(TYPES, (relation("odd", "T998"),)), network())


@pytest.mark.parametrize(
    ("srdef", "srstre1", "part"),
    [
        ("STY|T121|too|few\n", "", r"SRDEF:1: expected 11 fields"),
        (SRDEF, "T121|T154|T047|\nT121|T154\n", r"SRSTRE1:2: expected 4 fields"),
        (SRDEF, "T121|T154|T777|\n", r"SRSTRE1:1: names a type or relation"),
    ],
)
def test_a_faulty_network_names_file_and_line(srdef, srstre1, part):
    with pytest.raises(SchemaError, match=part):
        parse_network(srdef, srstre1)


def test_the_shipped_derived_rows_are_what_the_network_gives(project, shared_data):
    path = project / "guidelines" / "schema.toml"
    umls = read_network(shared_data / "umls" / "SRDEF", shared_data / "umls" / "SRSTRE1")
    shipped = read_schema(path)
    derived = derive_schema(shipped, umls)
    assert compare_derivation(shipped, derived) == {}
    assert format_schema(derived) == path.read_text()


def test_the_shipped_groups_are_those_of_the_semantic_types(project, shared_data):
    rows = [line.split("\t") for line in (shared_data / "umls" / "semantic_groups.tsv").read_text().splitlines()]
    group_of = {tui: group for group, tui, *_ in rows}
    for entity in read_schema(project / "guidelines" / "schema.toml").entities:
        assert entity.groups == tuple(sorted({group_of[semantic.tui] for semantic in entity.semantic_types}))


def test_the_shipped_schema_is_complete(project):
    schema = read_schema(project / "guidelines" / "schema.toml")
    assert check_schema(schema) == []
    assert set(schema.mention_types) == {
        *("Symptom", "Diagnosis", "Procedure", "Medication", "Anatomy", "Finding", "Intensity"),
    }
    assert schema.labels == ("treats", "causes", "indicates", "associated-with", "part-of")
    assert schema.attributes[0].values == (
        *("present", "absent", "possible", "conditional", "hypothetical", "family", "historical"),
    )
    assert schema.acknowledgement == "Courtesy of the U.S. National Library of Medicine"


def test_every_shipped_pair_has_a_source(project):
    for relation in read_schema(project / "guidelines" / "schema.toml").relations:
        assert {row.source for row in relation.rows} <= {"derived", "extension"}
        assert relation.definition and relation.semantic_relation.inverse


def test_the_shipped_schema_allows_the_protocol(project):
    schema = read_schema(project / "guidelines" / "schema.toml")
    states = ("Symptom", "Diagnosis", "Finding")
    assert all(schema.allows("treats", a, b) for a in ("Medication", "Procedure") for b in states)
    assert all(schema.allows("causes", a, b) for a in (*states, "Medication", "Procedure") for b in states)
    assert all(
        schema.allows("indicates", a, b) for a in ("Finding", "Symptom", "Procedure") for b in (*states, "Procedure")
    )
    assert schema.allows("indicates", "Diagnosis", "Procedure")
    assert all(schema.allows("associated-with", a, b) for a in states for b in states)
    assert all(schema.allows("part-of", a, "Anatomy") for a in (*states, "Anatomy"))
    assert schema.is_symmetric("associated-with") and not schema.is_symmetric("part-of")
