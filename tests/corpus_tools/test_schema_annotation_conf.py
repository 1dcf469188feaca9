"""A foreign `annotation.conf`: macros, words for all types, hierarchies, roles, cardinalities, hostile files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_tools.errors import SchemaError
from corpus_tools.standoff import EventRole, parse_annotation_conf, read_annotation_conf


def pairs(conf: str, label: str) -> set[tuple[str, str]]:
    """Return the pairs that a configuration allows for a label."""
    return set(next(r for r in parse_annotation_conf(conf).relations if r.name == label).pairs)


def test_alternatives_are_combined():
    conf = "[entities]\nA\nB\nC\n[relations]\nr\tArg1:A|B, Arg2:C\n"
    assert pairs(conf, "r") == {("A", "C"), ("B", "C")}


def test_a_macro_is_expanded_in_its_section():
    conf = "[entities]\nA\nB\n[relations]\n<BOTH>=A|B\nr\tArg1:<BOTH>, Arg2:<BOTH>\n"
    assert pairs(conf, "r") == {("A", "A"), ("A", "B"), ("B", "A"), ("B", "B")}


def test_a_macro_of_another_section_is_unknown():
    conf = "[entities]\n<BOTH>=A|B\nA\n[relations]\nr\tArg1:<BOTH>, Arg2:A\n"
    with pytest.raises(SchemaError, match=r"^annotation\.conf:5: '<BOTH>' is no macro"):
        parse_annotation_conf(conf)


def test_the_words_for_all_types():
    conf = "[entities]\nA\n[relations]\nr\tArg1:<ENTITY>, Arg2:<EVENT>\ns\tArg1:<ANY>, Arg2:A\n[events]\nE\n"
    assert pairs(conf, "r") == {("A", "E")}
    assert pairs(conf, "s") == {("A", "A"), ("E", "A")}


def test_children_are_allowed_where_the_parent_is():
    conf = "[entities]\nDrug\n Brand\n  Syrup\nDose\n[relations]\nhas\tArg1:Brand, Arg2:Dose\n"
    assert pairs(conf, "has") == {("Brand", "Dose"), ("Syrup", "Dose")}


def test_an_abstract_type_stands_for_its_children():
    conf = "[entities]\n!Thing\n\tDrug\n\tDose\n[relations]\nr\tArg1:Thing, Arg2:Drug\ns\tArg1:<ENTITY>, Arg2:Drug\n"
    schema = parse_annotation_conf(conf)
    assert schema.mention_types == ("Drug", "Dose")
    assert pairs(conf, "r") == pairs(conf, "s") == {("Drug", "Drug"), ("Dose", "Drug")}


def test_symmetric_labels_are_closed():
    conf = "[entities]\nA\nB\n[relations]\nr\tArg1:A, Arg2:B, <REL-TYPE>:symmetric\n"
    schema = parse_annotation_conf(conf)
    assert schema.is_symmetric("r")
    assert schema.directed_labels("B", "A") == ("r",)


def test_equiv_is_a_group_even_without_its_kind():
    schema = parse_annotation_conf("[entities]\nA\n[relations]\nEquiv\tArg1:A, Arg2:A\n")
    assert schema.relations[0].symmetric and schema.relations[0].transitive
    assert schema.labels == ()


def test_a_label_on_several_lines_is_their_union():
    conf = "[entities]\nA\nB\n[relations]\nr\tArg1:A, Arg2:B\nr\tArg1:B, Arg2:A\n"
    assert pairs(conf, "r") == {("A", "B"), ("B", "A")}


def test_other_roles_are_kept_in_order():
    schema = parse_annotation_conf("[entities]\nA\nB\n[relations]\nr\tSubject:A, Object:B\n")
    assert schema.relations[0].roles == ("Subject", "Object")
    assert schema.directed_labels("B", "A") == ("r⁻¹",)


def test_a_relation_of_three_arguments_joins_no_pair():
    assert pairs("[entities]\nA\n[relations]\nr\tX:A, Y:A, Z:A\n", "r") == set()


def test_a_child_label_inherits_its_parents_arguments():
    conf = "[entities]\nA\nB\n[relations]\n!r\tArg1:A, Arg2:B\n s\n t\t<INHERIT>\n"
    assert parse_annotation_conf(conf).labels == ("s", "t")
    assert pairs(conf, "s") == pairs(conf, "t") == {("A", "B")}


@pytest.mark.parametrize(
    ("suffix", "minimum", "maximum"),
    [("", 1, 1), ("?", 0, 1), ("*", 0, None), ("+", 1, None), ("{3}", 3, 3), ("{2-3}", 2, 3)],
)
def test_the_cardinality_of_an_event_role(suffix, minimum, maximum):
    schema = parse_annotation_conf(f"[entities]\nA\n[events]\nE\tTheme{suffix}:A, Site?:<ENTITY>\n")
    assert schema.events[0].roles[0] == EventRole("Theme", frozenset({"A"}), minimum, maximum)
    assert schema.events[0].roles[1] == EventRole("Site", frozenset({"A"}), 0, 1)


def test_overlap_lines_are_no_relations():
    conf = (
        "[entities]\nA\nB\n[relations]\n<OVERLAP>\tArg1:A, Arg2:B, <OVL-TYPE>:contain\nENTITY-NESTING\tArg1:A, Arg2:A\n"
    )
    schema = parse_annotation_conf(conf)
    assert schema.relations == ()
    assert [(set(o.pairs), o.kind) for o in schema.overlaps] == [({("A", "B")}, "contain"), ({("A", "A")}, "contain")]


def test_attributes_have_holders_values_and_default():
    conf = "[entities]\nA\n[attributes]\nNegated\tArg:<ENTITY>\nSure\tArg:A, Value:low|high, <DEFAULT>:low\n"
    negated, sure = parse_annotation_conf(conf).attributes
    assert (negated.holders, negated.values) == ({"A"}, ())
    assert (sure.values, sure.default) == (("low", "high"), "low")


def test_comments_separators_windows_lines_and_missing_sections():
    schema = parse_annotation_conf("# words\r\n[Entities]\r\n# more\r\nA\r\n-----\r\nB\r\n\r\n")
    assert schema.mention_types == ("A", "B")
    assert schema.relations == ()


def test_sections_are_found_in_any_case_and_under_their_alias():
    assert parse_annotation_conf("[SPANS]\nA\n").mention_types == ("A",)
    assert parse_annotation_conf("[ EVENTS ]\nE\n").mention_types == ("E",)


def test_unknown_sections_and_what_stands_before_the_first_are_left_out():
    assert parse_annotation_conf("stray words\n[entities]\nA\n[extras]\nB C:D\n").mention_types == ("A",)


def test_names_with_blanks_before_a_tab_are_stored_with_underscores():
    schema = parse_annotation_conf("[entities]\nA\n[events]\nGene expression|GE\tTheme:A\n")
    assert schema.mention_types == ("A", "Gene_expression")


def test_a_repeated_type_counts_once():
    assert parse_annotation_conf("[entities]\nA\nB\nA\n").mention_types == ("A", "B")


@pytest.mark.parametrize(
    ("conf", "part"),
    [
        ("", "holds none of the sections"),
        ("just words\n", "holds none of the sections"),
        ("[entities]\n" + "A\n" * 50_000, "50002 lines, at most 10000"),
        ("[entities]\n" + "".join(f"A{n}\n" for n in range(3_000)), "at most 2000 types"),
        ("[entities]\n" + "\n".join(" " * n + f"A{n}" for n in range(100)), "in 32 levels"),
        ("[entities]\n" + "A" * 70_000, "70000 characters"),
        ("[entities]\n<script>\n", "'<script>' is no macro"),
        ("[entities]\nA/B\n", "'A/B' is no usable name"),
        ("[entities]\nA\n[relations]\nr\tArg1\n", "annotation.conf:4: 'Arg1' is no argument"),
        ("[entities]\nA\n[relations]\nr\tArg1:A|, Arg2:A\n", "is no argument"),
        ("[entities]\n<ANY>=A\n", "<ANY> is reserved"),
        ("[events]\nE\t<INHERIT>\n", "without a line above"),
        ("[entities]\nA\n[events]\nE\tT{3-2}:A\n", "can't be repeated 3 to 2 times"),
        ("[entities]\nA\n[events]\nE\tT{0}:A\n", "can't be repeated"),
        ("[entities]\n<Y>=" + "<X>" * 20 + "\n<X>=" + "A" * 9_000 + "\nB\t<Y>\n", "macros expanded"),
    ],
)
def test_a_faulty_file_is_one_clear_line(conf, part):
    with pytest.raises(SchemaError, match=r"^annotation\.conf:?[^\n]{1,300}$") as caught:
        parse_annotation_conf(conf)
    assert part in str(caught.value)


def test_words_for_all_types_can_not_fill_the_memory():
    types = "".join(f"A{n}\n" for n in range(1_900))
    conf = f"[entities]\n{types}[relations]\nr\tArg1:<ANY>, Arg2:<ANY>\n"
    with pytest.raises(SchemaError, match="more than 200000 combinations"):
        parse_annotation_conf(conf)


@pytest.mark.timeout(60)  # a reader that backtracks takes hours
@pytest.mark.parametrize("filler", ["<A>=x" + " " * 60_000 + "y\n", " " * 60_000 + "-x\n", "[" * 60_000 + "\n"])
def test_long_lines_take_linear_time(filler):
    with pytest.raises(SchemaError):
        parse_annotation_conf("[entities]\n" + filler + "<undefined>\n")


@given(st.text(alphabet="[]<>|:,!#=-\t\n AB{}0?*+éentis", max_size=200))
def test_any_text_is_a_schema_or_a_schema_error(text):
    try:
        schema = parse_annotation_conf("[entities]\nA\n[relations]\n" + text)
    except SchemaError as error:
        assert "\n" not in str(error)
    else:
        assert schema.origin == "annotation.conf"


@given(st.binary(max_size=100))
def test_any_bytes_are_a_schema_or_a_schema_error(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("conf") / "annotation.conf"
    path.write_bytes(content)
    with pytest.raises(SchemaError):
        read_annotation_conf(path)


def test_the_real_configurations_are_read(shared_data):
    ddi = read_annotation_conf(shared_data / "ddi2013" / "annotation.conf")
    assert ddi.mention_types == ("DRUG", "BRAND", "GROUP", "DRUG_N")
    assert ddi.directed_labels("DRUG", "DRUG") == tuple(
        sorted(label + sign for label in ("ADVISE", "EFFECT", "INT", "MECHANISM") for sign in ("", "⁻¹"))
    )
    assert ddi.directed_labels("DRUG", "BRAND") == ()


def test_every_real_configuration_is_read(shared_data):
    schemas = {path.parent.name: read_annotation_conf(path) for path in shared_data.rglob("annotation.conf")}
    lct = schemas["lct"]
    assert (len(lct.entities), len(lct.events), len(lct.labels), len(lct.attributes)) == (26, 25, 13, 16)
    assert lct.allows("Treatment-For", "Drug", "Condition")
    assert not lct.allows("Treatment-For", "Condition-Name", "Condition")
