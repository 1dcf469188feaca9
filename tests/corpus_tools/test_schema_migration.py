"""Renaming through a project: only the lines that a rule names change, the copy is whole or absent."""

import os

import pytest

from corpus_tools.errors import OutputExists, Refused, UsageError
from corpus_tools.standoff import (
    Rename,
    format_annotations,
    migrate_document,
    migrate_project,
    parse_document,
    parse_rename,
)

TEXT = "aspirin eased the pain"
ANN = (
    "T1\tDrug 0 7\taspirin\r\n"
    "T2\tComplaint 18 22\tpain\n"
    "R1\teased-by Arg1:T2 Arg2:T1\t\n"
    "A1\tStatus T2 gone\n"
    "A2\tOther T2 gone\n"
    "a line of its own\n"
    "#1\tAnnotatorNotes T1\tDrug"
)


def migrate(*rules):
    """Return the `.ann` after the rules, and their counts."""
    document, hits = migrate_document(parse_document(TEXT, ANN, doc_id="d").document, [parse_rename(r) for r in rules])
    return format_annotations(document), dict(hits)


def write_project(root):
    """Write a project of one document with a metadata file."""
    (root / "a").mkdir(parents=True)
    (root / "a" / "one.txt").write_bytes(TEXT.encode())
    (root / "a" / "one.ann").write_bytes(ANN.encode())
    (root / "metadata.csv").write_text("doc_id\na/one\n")
    return root


def test_a_type_is_renamed_and_every_other_byte_stays():
    after, hits = migrate("type:Drug=Medication")
    assert after == ANN.replace("T1\tDrug", "T1\tMedication", 1)
    assert hits == {"type:Drug=Medication": 1}


def test_a_relation_may_change_its_direction():
    after, hits = migrate("relation:eased-by=treats^-1")
    assert "R1\ttreats Arg1:T1 Arg2:T2\n" in after
    assert hits == {"relation:eased-by=treats⁻¹": 1}


def test_roles_attributes_and_the_values_of_one_attribute():
    after, _ = migrate("role:Arg2=Agent", "attribute:Status=Assertion", "value:Status.gone=absent")
    assert "R1\teased-by Arg1:T2 Agent:T1\n" in after
    assert "A1\tAssertion T2 absent\nA2\tOther T2 gone\n" in after


def test_names_may_be_exchanged_in_one_go():
    after, _ = migrate("type:Drug=Complaint", "type:Complaint=Drug")
    assert after.startswith("T1\tComplaint 0 7\taspirin\r\nT2\tDrug 18 22")


def test_an_event_is_renamed_with_its_trigger():
    ann = "T1\tGiving 0 1\ta\nT2\tDrug 2 3\tb\nE1\tGiving:T1 Of:T2\n"
    document = parse_document("a b", ann, doc_id="d").document
    migrated, hits = migrate_document(document, [Rename("type", "Giving", "Dosing"), Rename("role", "Of", "What")])
    assert [line.raw for line in migrated.lines] == [
        "T1\tDosing 0 1\ta\n",
        "T2\tDrug 2 3\tb\n",
        "E1\tDosing:T1 What:T2\n",
    ]
    assert hits["type:Giving=Dosing"] == 2


@pytest.mark.parametrize(
    ("rules", "arguments"),
    [
        (["role:Theme=Patient"], "Patient:T1 Patient2:T2 Theme-2:T3"),
        (["role:Theme=Patient", "role:Theme2=Other"], "Patient:T1 Other:T2 Theme-2:T3"),
        (["role:Theme2=Other"], "Theme:T1 Other:T2 Theme-2:T3"),
    ],
)
def test_a_numbered_role_of_an_event_keeps_its_number_unless_a_rule_names_it(rules, arguments):
    ann = "T1\tA 0 1\ta\nT2\tA 2 3\tb\nT3\tA 4 5\tc\nE1\tA:T1 Theme:T1 Theme2:T2 Theme-2:T3\n"
    document = parse_document("a b c", ann, doc_id="d").document
    migrated, hits = migrate_document(document, [parse_rename(rule) for rule in rules])
    assert migrated.lines[3].raw == f"E1\tA:T1 {arguments}\n"
    assert hits == dict.fromkeys(rules, 1)


def test_the_number_of_a_relations_role_is_part_of_its_name():
    assert migrate("role:Arg=Role") == (ANN, {})


@pytest.mark.parametrize(
    "rule",
    [
        "Drug=Medication",
        "type:Drug",
        "label:a=b",
        "type:a=b c",
        "type:=b",
        "value:gone=absent",
        "type:a=",
        "type:a=<b>",
    ],
)
def test_a_faulty_rule_says_what_is_expected(rule):
    with pytest.raises(UsageError):
        parse_rename(rule)


def test_a_project_is_copied_and_the_source_untouched(tmp_path):
    source = write_project(tmp_path / "source")
    report = migrate_project(source, tmp_path / "out", [parse_rename("type:Drug=Medication")])
    assert (report.documents, report.changed_documents) == (1, 1)
    assert report.renamed == {"type:Drug=Medication": 1}
    assert [(reject.code, reject.line) for reject in report.rejects] == [("BRAT-FREE-TEXT", 6)]
    assert (source / "a" / "one.ann").read_bytes() == ANN.encode()
    assert (tmp_path / "out" / "a" / "one.ann").read_bytes() == ANN.replace("T1\tDrug", "T1\tMedication", 1).encode()
    assert (tmp_path / "out" / "metadata.csv").read_text() == "doc_id\na/one\n"


def test_a_rule_that_meets_nothing_is_counted_as_such(tmp_path):
    source = write_project(tmp_path / "source")
    report = migrate_project(source, tmp_path / "out", [parse_rename("type:Ghost=Spirit")])
    assert (report.changed_documents, report.renamed) == (0, {"type:Ghost=Spirit": 0})


def test_a_project_is_replaced_only_when_asked(tmp_path):
    source, rules = write_project(tmp_path / "source"), [parse_rename("type:Drug=Medication")]
    with pytest.raises(Refused):
        migrate_project(source, source, rules, force=True)
    migrate_project(source, source, rules, in_place=True)
    assert (source / "a" / "one.ann").read_bytes().startswith(b"T1\tMedication")


def test_in_place_would_lose_links_and_is_refused(tmp_path):
    source = write_project(tmp_path / "source")
    (source / "link.ann").symlink_to(source / "a" / "one.ann")
    os.mkfifo(source / "pipe")
    rules = [parse_rename("type:Drug=Medication")]
    with pytest.raises(Refused, match=r"links or special files \(2\)"):
        migrate_project(source, source, rules, in_place=True)
    assert (source / "a" / "one.ann").read_bytes() == ANN.encode()
    assert set(migrate_project(source, tmp_path / "out", rules).skipped) == {"link.ann", "pipe"}


def test_an_output_that_is_there_or_inside_the_source_is_refused(tmp_path):
    source, rules = write_project(tmp_path / "source"), [parse_rename("type:Drug=Medication")]
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old").write_text("")
    with pytest.raises(OutputExists):
        migrate_project(source, tmp_path / "out", rules)
    with pytest.raises(Refused):
        migrate_project(source, source / "out", rules)


def test_rules_that_contradict_each_other_are_refused(tmp_path):
    rules = [parse_rename("type:Drug=A"), parse_rename("type:Drug=B")]
    with pytest.raises(UsageError, match="two rules rename 'Drug'"):
        migrate_project(write_project(tmp_path / "source"), tmp_path / "out", rules)


def test_real_documents_keep_every_byte_but_the_label(shared_data, tmp_path):
    source = shared_data / "ddi2013"
    report = migrate_project(source, tmp_path / "out", [parse_rename("relation:MECHANISM=works-by")])
    before = b"".join(path.read_bytes() for path in sorted(source.rglob("*.ann")))
    after = b"".join(path.read_bytes() for path in sorted((tmp_path / "out").rglob("*.ann")))
    assert report.renamed["relation:MECHANISM=works-by"] == before.count(b"\tMECHANISM ")
    assert after == before.replace(b"\tMECHANISM ", b"\tworks-by ")
