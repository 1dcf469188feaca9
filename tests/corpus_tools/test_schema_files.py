"""`schema.toml`: strict reading with key and line, writing, finding."""

import os
from pathlib import Path

import pytest

from corpus_tools.errors import OutputExists, SchemaError
from corpus_tools.standoff import (
    EntityType,
    Schema,
    find_schema,
    format_schema,
    parse_schema,
    read_project,
    read_schema,
    write_schema,
)

TOML = """\
schema_version = 1

[[entity]]
name = "Drug"

[[entity]]
name = "Rash"

[[relation]]
name = "treats"

[[relation.pair]]
arg1 = ["Drug"]
arg2 = ["Rash"]

[[attribute]]
name = "Assertion"
holders = ["Rash"]
values = ["absent"]
"""


def test_parse_schema_reads_types_pairs_and_attributes():
    schema = parse_schema(TOML)
    assert schema.mention_types == ("Drug", "Rash")
    assert schema.directed_labels("Rash", "Drug") == ("treats⁻¹",)
    assert schema.attributes[0].values == ("absent",)


def test_a_child_is_allowed_where_its_parent_is():
    text = TOML + '[[overlap]]\nkind = "contain"\n'
    text = text.replace('name = "Rash"\n', 'name = "Rash"\n\n[[entity]]\nname = "Hives"\nparent = "Rash"\n', 1)
    schema = parse_schema(text)
    assert schema.allows("treats", "Drug", "Hives")
    assert schema.attributes[0].holders == {"Rash", "Hives"}


def test_an_abstract_parent_stands_for_its_children_only():
    text = TOML.replace(
        'name = "Rash"\n', 'name = "Rash"\nabstract = true\n\n[[entity]]\nname = "Hives"\nparent = "Rash"\n'
    )
    schema = parse_schema(text)
    assert schema.mention_types == ("Drug", "Hives")
    assert not schema.allows("treats", "Drug", "Rash")


def test_format_schema_reads_back():
    schema = parse_schema(TOML)
    assert parse_schema(format_schema(schema)).to_json() == schema.to_json()


def test_format_schema_escapes_what_toml_would_misread():
    text = 'quote " back \\ tab \t del \x7f astral \U0001f600 escape \x1b[2J \x9b bidi \u202e private \U000f0000'
    schema = Schema((EntityType("Drug", definition=text),), ())
    assert parse_schema(format_schema(schema)).entities[0].definition == text
    assert format_schema(schema).replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ('nmae = "x"', "unknown key 'nmae'; did you mean 'name'"),
        ('name = "x"\nname = "y"', "'name': the key is there already"),
        ("name = 7", "entity[2].name: expected a string, found a number"),
        ('name = "${HOME}"', "environment variables"),
        ('name = "a b"', "no usable name"),
        ('name = "Drug"', "'Drug' is defined twice"),
        ("name = ", "'name': "),
        ('name = "x"\nabstract = 1', "true or false"),
    ],
)
def test_a_fault_is_named_with_key_and_line(line, part):
    with pytest.raises(SchemaError, match=r"^schema\.toml:\d+: [^\n]+$") as caught:
        parse_schema(TOML + "[[entity]]\n" + line + "\n")
    assert part in str(caught.value)


def test_the_line_is_that_of_the_key():
    faulty = TOML.replace('arg2 = ["Rash"]', "arg2 = [1]")
    with pytest.raises(SchemaError, match=r"^schema\.toml:14: relation\[0\]\.pair\[0\]\.arg2: "):
        parse_schema(faulty)


@pytest.mark.timeout(60)  # a quadratic reader takes much longer
@pytest.mark.parametrize(
    "text",
    [
        "x = " + "[" * 50_000 + "]" * 50_000,
        "x = " + "{a=" * 50_000 + "1" + "}" * 50_000,
        ".".join("a" * 50_000) + " = 1",
        "[" + ".".join("a" * 50_000) + "]",
    ],
)
def test_deep_nesting_is_one_clear_line_at_once(text):
    with pytest.raises(SchemaError, match=r"^schema\.toml:2: [^\n]{1,200}$"):
        parse_schema("schema_version = 1\n" + text)


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"\xef\xbb\xbfschema_version = 1\n", "byte-order mark"),
        (b"schema_version = 1\n\x00", "binary"),
        ("schema_version = 1\n# é".encode("latin-1"), "is no UTF-8 at byte 21"),
        (b"#" * (1 << 20) + b"\n", "at most 1048576 are read"),
    ],
)
def test_a_file_that_is_no_text_is_refused(tmp_path, content, part):
    (tmp_path / "schema.toml").write_bytes(content)
    with pytest.raises(SchemaError, match=part):
        read_schema(tmp_path / "schema.toml")


def test_a_fifo_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "schema.toml")
    with pytest.raises(SchemaError, match="no regular file"):
        read_schema(tmp_path / "schema.toml")


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SchemaError, match=r"absent\.toml: can't be read \(No such file"):
        read_schema(tmp_path / "absent.toml")


def test_find_schema_prefers_toml_and_looks_two_levels_up(tmp_path):
    deep = tmp_path / "round" / "annotator"
    (deep / "week").mkdir(parents=True)
    (tmp_path / "annotation.conf").write_text("[entities]\nDrug\n")
    assert find_schema(deep).origin == "annotation.conf"
    assert find_schema(deep / "week") is None
    (tmp_path / "schema.toml").write_text(TOML)
    assert find_schema(deep).origin == "toml"


def test_reading_a_folder_without_a_schema_says_so(tmp_path):
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    with pytest.raises(SchemaError, match=r"neither schema\.toml nor annotation\.conf"):
        read_schema(tmp_path / "a" / "b" / "c")


def test_write_schema_replaces_only_when_forced(tmp_path):
    write_schema(parse_schema(TOML), tmp_path / "schema.toml")
    with pytest.raises(OutputExists):
        write_schema(parse_schema(TOML), tmp_path / "schema.toml")
    write_schema(parse_schema(TOML), tmp_path / "schema.toml", force=True)
    assert read_schema(tmp_path / "schema.toml") == parse_schema(TOML)


def test_most_gold_of_a_real_corpus_breaks_the_file_beside_it_and_widening_admits_it(shared_data):
    schema = find_schema(shared_data / "ddi2013" / "Train")
    documents = [aligned.document for aligned in read_project(shared_data / "ddi2013" / "Train")]
    triples = [(r.type, d.resolve(r.arg1).type, d.resolve(r.arg2).type) for d in documents for r in d.relations]
    outside = [triple for triple in triples if not schema.allows(*triple)]
    assert (len(outside), len(triples)) == (2539, 4021)  # 63 %
    assert all(schema.widened(outside).allows(*triple) for triple in triples)


def test_found_schema_that_is_faulty_only_advises(tmp_path: Path) -> None:
    (tmp_path / "annotation.conf").write_text("[entities]\nA B C\n")
    remarks: list[str] = []
    assert find_schema(tmp_path, remark=remarks.append) is None
    assert "going on without a schema" in remarks[0]
    with pytest.raises(SchemaError):
        find_schema(tmp_path)


def test_foreign_configuration_may_start_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "annotation.conf").write_bytes(b"\xef\xbb\xbf[entities]\nDrug\n")
    found = find_schema(tmp_path)
    assert found is not None and found.mention_types == ("Drug",)
