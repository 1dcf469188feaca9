"""Renaming through a project: only the lines that a rule names change, the copy is whole or absent."""

import os
import re

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


@pytest.mark.parametrize(
    ("rules", "merged"),
    [
        (["type:Drug=Complaint"], ["type:Drug=Complaint"]),  # in use
        (["type:Drug=Thing", "type:Complaint=Thing"], ["type:Drug=Thing", "type:Complaint=Thing"]),
        (["value:Status.gone=x", "type:Drug=Complaint", "type:Complaint=Drug"], []),  # two change places
        (["relation:eased-by=Drug"], []),  # a type's name
        (["type:Ghost=Drug"], []),  # there is none
    ],
)
def test_two_names_that_become_one_are_told(tmp_path, rules, merged):
    source = write_project(tmp_path / "source")
    report = migrate_project(source, tmp_path / "out", [parse_rename(rule) for rule in rules])
    assert list(report.merged) == merged


def test_brats_files_in_the_project_are_renamed_with_it(tmp_path):
    source = write_project(tmp_path / "source")
    (source / "annotation.conf").write_text(
        "# Drug is ours\n[entities]\nComplaint\n!Thing\n Drug\n"
        "[relations]\neased-by\tArg1:Complaint, Arg2:Drug|Thing\n"
        "<OVERLAP>\tArg1:Drug, Arg2:Complaint, <OVL-TYPE>:contain\n[events]\nDosing\tOf+:Drug, To?:Complaint\n"
        "[attributes]\nStatus\tArg:Drug|eased-by, Value:gone|there, <DEFAULT>:gone\n"
    )
    (source / "visual.conf").write_text(
        "[labels]\nDrug | Drug | Dr\nComplaint | Beschwerde\n[drawing]\nDrug\tbgColor:#ffffff\n"
    )
    (source / "kb_shortcuts.conf").write_text("D\tDrug\nE\teased-by\n")
    rules = ["type:Drug=Medical-Drug", "type:Complaint=Symptom", "relation:eased-by=treats^-1"]
    rules += ["role:Of=What", "value:Status.gone=absent"]
    report = migrate_project(source, tmp_path / "out", [parse_rename(rule) for rule in rules])
    assert (report.configuration, report.left) == (("annotation.conf", "kb_shortcuts.conf", "visual.conf"), {})
    assert (tmp_path / "out" / "annotation.conf").read_text() == (
        "# Drug is ours\n[entities]\nSymptom\n!Thing\n Medical-Drug\n"
        "[relations]\ntreats\tArg1:Medical-Drug|Thing, Arg2:Symptom\n"
        "<OVERLAP>\tArg1:Medical-Drug, Arg2:Symptom, <OVL-TYPE>:contain\n"
        "[events]\nDosing\tWhat+:Medical-Drug, To?:Symptom\n"
        "[attributes]\nStatus\tArg:Medical-Drug|treats, Value:absent|there, <DEFAULT>:absent\n"
    )
    assert (tmp_path / "out" / "visual.conf").read_text() == (
        "[labels]\nMedical-Drug | Medical Drug\nSymptom | Beschwerde\n[drawing]\nMedical-Drug\tbgColor:#ffffff\n"
    )
    assert (tmp_path / "out" / "kb_shortcuts.conf").read_text() == "D\tMedical-Drug\nE\ttreats\n"


def test_a_type_that_becomes_another_one_is_defined_once(tmp_path):
    source = write_project(tmp_path / "source")
    (source / "annotation.conf").write_text("[entities]\nDrug\nComplaint\n[relations]\n")
    migrate_project(source, tmp_path / "out", [parse_rename("type:Drug=Complaint")])
    assert (tmp_path / "out" / "annotation.conf").read_text() == "[entities]\nComplaint\n[relations]\n"


@pytest.mark.parametrize(
    ("conf", "reason"),
    [
        ("[entities]\nDrug\n[relations]\n<D>=Drug\nr\tArg1:<D>, Arg2:<D>\n", "as in a macro"),
        ("[entities]\nDrug\tbroken\n", "is no argument"),
        ("[attributes]\nStatus\tArg:<ANY>\nOther\tArg:<ANY>\n", r"two lines of \[attributes\] would be Other"),
        ("[entities]\nMedication\nDrug\n Brand\n", r"two lines of \[entities\] would be Medication"),
        ("[entities]\nDrug\xff\n", "no UTF-8"),
    ],
)
def test_configuration_that_can_not_be_renamed_is_left_and_named(tmp_path, conf, reason):
    source = write_project(tmp_path / "source")
    (source / "annotation.conf").write_bytes(conf.encode("latin-1"))
    rules = [parse_rename("type:Drug=Medication"), parse_rename("attribute:Status=Other")]
    report = migrate_project(source, tmp_path / "out", rules)
    assert report.configuration == () and re.search(reason, report.left["annotation.conf"])
    assert (tmp_path / "out" / "annotation.conf").read_bytes() == conf.encode("latin-1")


def test_schema_that_does_not_know_the_new_names_is_told(tmp_path):
    source = write_project(tmp_path / "all" / "round-1")
    (tmp_path / "all" / "annotation.conf").write_text("[entities]\nDrug\nComplaint\n")
    report = migrate_project(source, source, [parse_rename("type:Drug=Medication")], in_place=True)
    assert report.left == {"": "the schema above the project does not know Medication"}
    (source / "schema.toml").write_text('schema_version = 1\n[[entity]]\nname = "Medication"\n')
    report = migrate_project(source, source, [parse_rename("type:Medication=Remedy")], in_place=True)
    assert list(report.left) == ["schema.toml"]


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
