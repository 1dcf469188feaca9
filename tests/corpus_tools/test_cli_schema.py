"""`corpus schema` through its runner: output, JSON, exit codes."""

import json

import pytest
from click.testing import CliRunner

from corpus_tools.cli.schema import schema
from corpus_tools.errors import CorpusError
from corpus_tools.standoff import read_annotation_conf, read_schema


def invoke(*arguments):
    """Run a command and return its result."""
    return CliRunner().invoke(schema, [str(argument) for argument in arguments])


@pytest.fixture
def shipped(project):
    """Return the path of the shipped schema."""
    return project / "guidelines" / "schema.toml"


@pytest.mark.parametrize("command", ["derive", "check", "show", "brat", "migrate"])
def test_every_command_has_help_with_an_example(command):
    result = invoke(command, "--help")
    assert result.exit_code == 0
    assert f"Example: corpus schema {command}" in result.output


def test_check_passes_on_the_shipped_schema(shipped):
    result = invoke("check", shipped)
    assert result.exit_code == 0
    assert result.stdout.startswith("0 problems in 7 types, 5 labels, 1 attributes")
    assert "Next: corpus schema brat" in result.stderr


def test_check_exits_with_3_and_names_the_problem(tmp_path):
    (tmp_path / "annotation.conf").write_text("[entities]\nA\n[relations]\nr\tArg1:A, Arg2:Ghost\n")
    result = invoke("check", tmp_path / "annotation.conf", "--json")
    assert result.exit_code == 3
    assert json.loads(result.stdout)["problems"] == ["relation r names types that are not defined: 'Ghost'"]


def test_check_compares_with_the_network(shipped, shared_data, tmp_path):
    assert invoke("check", shipped, "--network", shared_data / "umls").exit_code == 0
    changed = tmp_path / "schema.toml"
    text = shipped.read_text().replace(
        'arg1 = ["Medication"]\narg2 = ["Symptom"]', 'arg1 = ["Anatomy"]\narg2 = ["Symptom"]'
    )
    changed.write_text(text)
    result = invoke("check", changed, "--network", shared_data / "umls")
    assert result.exit_code == 3
    assert "relation treats differs from the network" in result.stdout


def test_a_faulty_schema_raises_the_error_of_the_tree(tmp_path):
    (tmp_path / "schema.toml").write_text("schema_version = 1\ncolour = 2\n")
    result = invoke("check", tmp_path / "schema.toml")
    assert isinstance(result.exception, CorpusError)
    assert result.exception.exit_code == 3
    assert "schema.toml:2: unknown key 'colour'" in str(result.exception)


def test_show_prints_tables_and_reasons_on_request(shipped):
    result = invoke("show", shipped)
    assert "Symptom" in result.stdout and "T184" in result.stdout and "extension" in result.stdout
    assert "low potassium" not in result.stdout
    assert "low potassium" in invoke("show", shipped, "-v").stdout


def test_show_prints_one_json_object(shipped):
    shown = json.loads(invoke("show", shipped, "--json").stdout)
    assert (shown["schema"], shown["schema_version"]) == ("corpus/schema-show", 1)
    assert shown["hash"] == read_schema(shipped).hash


def test_derive_prints_the_schema_that_is_shipped(shipped, shared_data):
    result = invoke("derive", shipped, "--network", shared_data / "umls")
    assert result.exit_code == 0
    assert result.stdout == shipped.read_text()
    assert "Derived pairs that changed: none" in result.stderr


def test_derive_writes_and_reports_what_changed(shipped, shared_data, tmp_path):
    stale = tmp_path / "stale.toml"
    stale.write_text(shipped.read_text().replace('T125 = "Hormone"', 'T129 = "Immunologic Factor"'))
    result = invoke("derive", stale, "--network", shared_data / "umls", "--out", tmp_path / "new.toml", "--json")
    assert json.loads(result.stdout)["differences"] == {
        "indicates": {"added": [["Medication", "Diagnosis"]], "removed": []}
    }
    assert read_schema(tmp_path / "new.toml").allows("indicates", "Medication", "Diagnosis")


def test_brat_writes_four_files(shipped, tmp_path):
    result = invoke("brat", shipped, "--out", tmp_path / "round")
    assert result.exit_code == 0
    names = sorted(path.name for path in (tmp_path / "round").iterdir())
    assert names == ["annotation.conf", "kb_shortcuts.conf", "tools.conf", "visual.conf"]
    assert read_annotation_conf(tmp_path / "round" / "annotation.conf") == read_schema(shipped)


def test_migrate_reports_and_exits_with_4_over_lines_that_it_could_not_read(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "d.txt").write_text("ibuprofen")
    (tmp_path / "in" / "d.ann").write_text("T1\tDrug 0 9\tibuprofen\nT2 broken\n")
    result = invoke("migrate", tmp_path / "in", "--rename", "type:Drug=Medication", "--out", tmp_path / "out", "--json")
    assert result.exit_code == 4
    assert "1 rejected, listed above (exit code 4)" in result.stderr
    report = json.loads(result.stdout)
    assert report["renamed"] == {"type:Drug=Medication": 1}
    assert [(reject["file"], reject["line"]) for reject in report["rejects"]] == [("d.ann", 2)]
    assert (tmp_path / "out" / "d.ann").read_text() == "T1\tMedication 0 9\tibuprofen\nT2 broken\n"


def test_migrate_warns_of_what_a_rule_merges_misses_and_leaves(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "d.txt").write_text("ibuprofen")
    (tmp_path / "in" / "d.ann").write_text("T1\tDrug 0 9\tibuprofen\nT2\tMedication 0 9\tibuprofen\n")
    (tmp_path / "in" / "annotation.conf").write_text("[entities]\n<broken\n")
    rules = ["--rename", "type:Drug=Medication", "--rename", "type:Ghost=Spirit"]
    result = invoke("migrate", tmp_path / "in", *rules, "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert "type:Drug=Medication: the new name was in use" in result.stderr
    assert "type:Ghost=Spirit: no annotation has the old name" in result.stderr
    assert "out/annotation.conf: " in result.stderr and "corpus schema brat SCHEMA --out" in result.stderr


def test_migrate_wants_either_an_output_or_in_place(tmp_path):
    for extra in ([], ["--out", tmp_path / "out", "--in-place"]):
        result = invoke("migrate", tmp_path, "--rename", "type:A=B", *extra)
        assert result.exit_code == 2
        assert "either --out or --in-place" in result.output
