"""Keeping to a schema: warnings with the nearest known name, or rejects where it is enforced."""

import pytest

from corpus_tools.standoff import AlignedDocument, Schema, align_document, parse_annotation_conf, parse_document
from corpus_tools.standoff.conformity import check_schema, enforce_schema, suggest

CONF = """[entities]
Medication
Symptom
[relations]
treats Arg1:Medication, Arg2:Symptom
[events]
Use Agent:Medication, Site*:Symptom
[attributes]
Negated Arg:<ENTITY>
Dose Arg:<ENTITY>, Value:low|high
"""
TEXT = "Aspirin helps pain."
MENTIONS = "T1\tMedication 0 7\tAspirin\nT2\tSymptom 14 18\tpain\n"


@pytest.fixture
def schema() -> Schema:
    return parse_annotation_conf(CONF)


def align(ann: str) -> AlignedDocument:
    return align_document(parse_document(TEXT, MENTIONS + ann, doc_id="a"))


@pytest.mark.parametrize(
    ("lines", "code", "hint"),
    [
        ("T3\tMedicaton 0 7\tAspirin", "SCHEMA-TYPE", "did you mean Medication?"),
        ("T3\tsymptom 14 18\tpain", "SCHEMA-TYPE", "did you mean Symptom?"),
        ("R1\tTREATS Arg1:T1 Arg2:T2", "SCHEMA-RELATION", "did you mean treats?"),
        ("R1\tzzz Arg1:T1 Arg2:T2", "SCHEMA-RELATION", "label zzz is not in the schema"),
        ("R1\ttreats Arg1:T2 Arg2:T1", "SCHEMA-PAIR", "the other direction is"),
        ("R1\ttreats Arg1:T1 Arg2:T1", "SCHEMA-PAIR", "from Medication to Medication"),
        ("E1\tUsed:T1", "SCHEMA-EVENT", "did you mean Use?"),
        ("E1\tUse:T1 Agents:T1", "SCHEMA-ROLE", "did you mean Agent?"),
        ("A1\tNegatd T1", "SCHEMA-ATTRIBUTE", "did you mean Negated?"),
        ("A1\tDose T1 hihg", "SCHEMA-VALUE", "did you mean high?"),
    ],
)
def test_what_the_schema_does_not_foresee_is_warned_of(schema: Schema, lines: str, code: str, hint: str) -> None:
    warnings = list(check_schema(align(lines + "\n").document, schema))
    assert [(warning.code, warning.line) for warning in warnings] == [(code, 3)]
    assert hint in warnings[0].message


@pytest.mark.parametrize(
    "lines",
    [
        "R1\ttreats Arg1:T1 Arg2:T2",
        "R1\ttreats Arg2:T2 Arg1:T1",
        "E1\tUse:T1 Agent:T1 Site:T2 Site2:T2",
        "A1\tNegated T1\nA2\tDose T2 high",
        "R1\ttreats A:T1 B:T2 C:T1",
    ],
)
def test_what_the_schema_foresees_is_not(schema: Schema, lines: str) -> None:
    assert list(check_schema(align(lines + "\n").document, schema)) == []


def test_enforced_schema_rejects_with_all_that_depends(schema: Schema) -> None:
    ann = "T3\tDrug 0 7\tAspirin\nR1\ttreats Arg1:T3 Arg2:T2\nR2\ttreats Arg1:T1 Arg2:T2\nA1\tNegated R1\n"
    aligned = enforce_schema(align(ann), schema)
    assert [(reject.code, reject.annotation_id) for reject in aligned.rejects] == [
        ("SCHEMA-TYPE", "T3"),
        ("SCHEMA-PAIR", "R1"),
        ("BRAT-DEPENDS", "A1"),
    ]
    assert [relation.id for relation in aligned.document.relations] == ["R2"]


def test_enforced_schema_leaves_a_sound_document_as_it_is(schema: Schema) -> None:
    aligned = align("R1\ttreats Arg1:T1 Arg2:T2\n")
    assert enforce_schema(aligned, schema) is aligned


def test_nothing_is_suggested_for_a_name_unlike_any() -> None:
    assert suggest("zzz", frozenset({"treats", "causes"})) == ""
