"""What is written for brat: the four files, their round trip, and what brat can't store."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_tools.errors import OutputExists, SchemaError
from corpus_tools.standoff import (
    BRAT_FILES,
    AttributeType,
    EntityType,
    EventRole,
    EventType,
    Overlap,
    RelationType,
    Schema,
    format_annotation_conf,
    format_kb_shortcuts,
    format_tools_conf,
    format_visual_conf,
    offer_brat_files,
    parse_annotation_conf,
    read_annotation_conf,
    read_schema,
    write_brat_files,
)

TYPES = ("Drug", "Rash", "Dose")
PAIRS = st.frozensets(st.tuples(st.sampled_from(TYPES), st.sampled_from(TYPES)), min_size=1)


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    """Draw a schema with symmetric, transitive and event parts."""
    labels = draw(st.lists(st.sampled_from(["treats", "causes"]), unique=True))
    relations = tuple(RelationType(name, draw(PAIRS), draw(st.booleans()), draw(st.booleans())) for name in labels)
    fillers = frozenset(draw(st.sets(st.sampled_from(TYPES), min_size=1)))
    limits = draw(st.sampled_from([(1, 1), (0, 1), (0, None), (1, None), (3, 3), (2, 4)]))
    events = (EventType("Giving", (EventRole("Of", fillers, *limits),)),)
    overlaps = (Overlap(draw(PAIRS), "contain"),)
    attributes = (AttributeType("Assertion", fillers, ("absent", "possible")), AttributeType("Sure", fillers))
    return Schema(tuple(EntityType(name) for name in TYPES), relations, attributes, events, overlaps)


def test_annotation_conf_is_what_brat_reads():
    schema = Schema(
        (EntityType("Drug"), EntityType("Rash")),
        (
            RelationType("treats", frozenset({("Drug", "Rash")})),
            RelationType("with", frozenset({("Drug", "Rash")}), symmetric=True),
        ),
        (AttributeType("Assertion", frozenset({"Rash"}), ("absent", "possible")),),
    )
    assert format_annotation_conf(schema) == (
        "# Written from the schema; change that, not this.\n\n"
        "[entities]\nDrug\nRash\n\n"
        "[relations]\ntreats\tArg1:Drug, Arg2:Rash\n"
        "with\tArg1:Drug, Arg2:Rash, <REL-TYPE>:symmetric\nwith\tArg1:Rash, Arg2:Drug, <REL-TYPE>:symmetric\n\n"
        "[events]\n\n"
        "[attributes]\nAssertion\tArg:Rash, Value:absent|possible\n"
    )


@given(schemas())
def test_annotation_conf_reads_back_into_the_same_schema(schema):
    again = parse_annotation_conf(format_annotation_conf(schema))
    assert [overlap.kind for overlap in again.overlaps] == ["contain"] * len(again.overlaps)
    joined = frozenset(pair for overlap in again.overlaps for pair in overlap.pairs)
    assert joined == schema.overlaps[0].pairs
    assert (again.entities, again.relations) == (schema.entities, schema.relations)
    assert (again.attributes, again.events) == (schema.attributes, schema.events)


def test_a_hierarchy_reads_back():
    entities = "[entities]\n!Thing\n Drug\n  Brand\n Dose\n"
    schema = parse_annotation_conf(entities + "[relations]\nhas\tArg1:Drug, Arg2:Dose\n[events]\nE\n F\tOf+:Thing\n")
    assert parse_annotation_conf(format_annotation_conf(schema)) == schema


def test_the_shipped_schema_reads_back(project):
    schema = read_schema(project / "guidelines" / "schema.toml")
    again = parse_annotation_conf(format_annotation_conf(schema))
    assert again == schema
    assert again.hash == schema.hash


@pytest.mark.parametrize("corpus", ["lct", "ddi2013"])
def test_real_configurations_read_back(shared_data, corpus):
    schema = read_annotation_conf(shared_data / corpus / "annotation.conf")
    assert parse_annotation_conf(format_annotation_conf(schema)) == schema


def test_the_shipped_brat_files_are_what_the_schema_gives(project):
    schema = read_schema(project / "guidelines" / "schema.toml")
    texts = [(project / "annotations" / name).read_text() for name in BRAT_FILES]
    writers = (format_annotation_conf, format_visual_conf, format_kb_shortcuts, format_tools_conf)
    assert texts == [writer(schema) for writer in writers]


@pytest.mark.parametrize("name", ["a b", "é", "a.b", "r⁻¹"])
def test_a_name_that_brat_would_change_is_refused(name):
    with pytest.raises(SchemaError, match="can't be written for brat"):
        format_annotation_conf(Schema((EntityType(name),), ()))


def test_a_value_that_ends_a_field_is_refused():
    schema = Schema((EntityType("A"),), (), (AttributeType("Sure", frozenset({"A"}), ("low,high",)),))
    with pytest.raises(SchemaError, match="value 'low,high' of Sure"):
        format_annotation_conf(schema)


def test_visual_conf_gives_every_type_and_label_a_colour():
    schema = Schema((EntityType("Drug", color="#aabbcc", abbreviation="Rx"), EntityType("Rash")), ())
    text = format_visual_conf(schema)
    assert "Drug | Drug | Rx\n" in text
    assert "Drug\tbgColor:#aabbcc\n" in text
    assert "Rash\tbgColor:#" in text


@pytest.mark.parametrize("color", ["red, fgColor:blue", "#12", "url(x)"])
def test_a_colour_that_could_add_a_field_is_refused(color):
    with pytest.raises(SchemaError, match="expected #rrggbb or a word"):
        format_visual_conf(Schema((EntityType("Drug", color=color),), ()))


def test_shortcuts_are_one_letter_each_and_never_twice():
    entities = tuple(EntityType(name) for name in ("Drug", "Dose", "Disease"))
    lines = format_kb_shortcuts(Schema((*entities, EntityType("Sign", key="D")), ())).splitlines()[1:]
    shortcuts = dict(line.split("\t") for line in lines)
    assert shortcuts == {"D": "Sign", "R": "Drug", "O": "Dose", "I": "Disease"}


def test_shortcuts_end_with_the_alphabet():
    schema = Schema(tuple(EntityType(f"Type{n}") for n in range(40)), ())
    assert len(format_kb_shortcuts(schema).splitlines()) == 1 + 26


def test_tools_conf_names_no_outside_site_and_a_tagger_on_request():
    schema = Schema((EntityType("Drug"),), ())
    assert "http" not in format_tools_conf(schema)
    assert "<URL>:http://127.0.0.1:8047/" in format_tools_conf(schema, tagger_url="http://127.0.0.1:8047/")
    with pytest.raises(SchemaError, match="is no URL"):
        format_tools_conf(schema, tagger_url="http://x, tool:evil")


def test_files_are_replaced_only_when_forced(tmp_path):
    write_brat_files(Schema((EntityType("Drug"),), ()), tmp_path / "new")
    other = Schema((EntityType("Dose"),), ())
    with pytest.raises(OutputExists, match=r"annotation\.conf"):
        write_brat_files(other, tmp_path / "new")
    write_brat_files(other, tmp_path / "new", force=True)
    assert read_annotation_conf(tmp_path / "new" / "annotation.conf") == other


def test_beside_annotations_what_brat_can_not_store_is_told_and_the_files_left_out(tmp_path):
    said = []
    offer_brat_files(Schema((EntityType("Lab.Test"),), ()), tmp_path, remark=said.append)
    assert (list(tmp_path.iterdir()), "'Lab.Test'" in said[0]) == ([], True)
    offer_brat_files(Schema((EntityType("Dose"),), ()), tmp_path, remark=said.append)
    offer_brat_files(Schema((EntityType("Drug"),), ()), tmp_path, remark=said.append)
    assert (len(said), "Drug" in (tmp_path / "annotation.conf").read_text()) == (1, True)
