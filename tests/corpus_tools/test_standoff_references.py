"""References: dangling ones are rejected, whatever hangs on a rejected annotation falls with it, circles end."""

import pytest

from corpus_tools.standoff import ReadDocument, parse_document

TEXT = "Aspirin helps pain."
MENTIONS = "T1\tDrug 0 7\tAspirin\nT2\tSymptom 14 18\tpain\n"


def read(ann: str) -> ReadDocument:
    return parse_document(TEXT, MENTIONS + ann, doc_id="a")


def codes(ann: str) -> list[tuple[str, str]]:
    return [(reject.code, reject.annotation_id) for reject in read(ann).rejects]


@pytest.mark.parametrize(
    "line",
    [
        "R1\ttreats Arg1:T1 Arg2:T9",
        "R1\ttreats Arg1:R2 Arg2:T1\nR2\ttreats Arg1:T1 Arg2:T2",
        "R1\ttreats Arg1:A1 Arg2:T1\nA1\tNegated T1",
        "E1\tUse:T9",
        "E1\tUse:E2\nE2\tUse:T1",
        "E1\tUse:T1 Site:T9",
        "E1\tUse:T1 Site:A1\nA1\tNegated T1",
        "A1\tNegated T9",
        "M1\tNegated E9",
        "N1\tReference T9 MESH:D1\tx",
        "#1\tAnnotatorNotes R9\tx",
    ],
)
def test_reference_that_leads_nowhere_is_rejected_alone(line: str) -> None:
    assert codes(line + "\n") == [("BRAT-REFERENCE", line[:2])]


def test_reference_to_a_line_that_was_rejected_says_so() -> None:
    assert codes("T3\tDrug 7 0\tx\nA1\tNegated T3\n") == [("BRAT-T-OFFSET", "T3"), ("BRAT-DEPENDS", "A1")]


def test_group_with_a_missing_member_is_rejected() -> None:
    assert codes("*\tEquiv T1 T9\n") == [("BRAT-REFERENCE", "")]


@pytest.mark.parametrize(
    "lines",
    [
        "R1\ttreats Arg1:T1 Arg2:T3\nT3\tSymptom 14 18\tpain",
        "R1\ttreats Arg1:E1 Arg2:T2\nE1\tUse:T1",
        "R1\tsame Arg1:T1 Arg2:T1",
        "A1\tNegated R1\nR1\ttreats Arg1:T1 Arg2:T2",
        "#1\tAnnotatorNotes #2\tx\n#2\tAnnotatorNotes A1\ty\nA1\tNegated T1",
        "N1\tReference E1 MESH:D1\tx\nE1\tUse:T1",
        "E1\tUse:T1 Site:E2\nE2\tUse:T2 Site:E1",
        "E1\tUse:T1 Site:E1",
        "*\tOVERLAP E1 T2\nE1\tUse:T1",
        "T3\tDrug 0 7\tAspirin",
    ],
)
def test_sound_reference_is_kept_wherever_its_target_stands(lines: str) -> None:
    assert codes(lines + "\n") == []


def test_what_hangs_on_a_rejected_annotation_falls_with_it() -> None:
    ann = "E1\tUse:T9\nE2\tUse:T1 Site:E1\nR1\ttreats Arg1:E2 Arg2:T2\nA1\tNegated R1\n#1\tAnnotatorNotes A1\tx\n"
    dependents = [("BRAT-DEPENDS", each) for each in ("E2", "R1", "A1", "#1")]
    assert codes(ann + "A2\tNegated T1\n") == [("BRAT-REFERENCE", "E1"), *dependents]


@pytest.mark.timeout(10)
def test_circle_of_events_falls_once() -> None:
    ann = "E1\tUse:T1 Site:E2\nE2\tUse:T2 Site:E3\nE3\tUse:T2 Site:E1 Site2:T9\n"
    assert codes(ann) == [("BRAT-DEPENDS", "E1"), ("BRAT-DEPENDS", "E2"), ("BRAT-REFERENCE", "E3")]


@pytest.mark.timeout(30)
def test_long_chain_of_events_needs_no_recursion() -> None:
    chain = "".join(f"E{n}\tUse:T1 Next:E{n + 1}\n" for n in range(1, 5001))
    assert len(codes(chain)) == 5000  # E5000 leads nowhere, and 4,999 events lead to it


@pytest.mark.parametrize(
    ("lines", "code", "annotation_id"),
    [
        ("R1\tx Arg1:T1 Arg2:T2\nR2\tx Arg1:T1 Arg2:T2\t", "BRAT-R-REPEATED", "R2"),
        ("R1\tx Arg1:T1", "BRAT-R-ARGUMENTS", "R1"),
        ("R1\tx A:T1 B:T2 C:T1", "BRAT-R-ARGUMENTS", "R1"),
        ("R1\tx T1 T2", "BRAT-R-ARGUMENTS", "R1"),
        ("A1\tDose T1 low\nA2\tDose T1 high", "BRAT-A-CONFLICT", "A2"),
        ("T3\tX 14 18;0 7\tpain Aspirin", "BRAT-T-UNSORTED", "T3"),
        ("T3\tX 0 3;3 7\tAsp irin", "BRAT-T-ADJACENT", "T3"),
    ],
)
def test_oddity_is_kept_with_a_warning(lines: str, code: str, annotation_id: str) -> None:
    document = read(lines + "\n")
    assert document.rejects == ()
    assert [(warning.code, warning.annotation_id) for warning in document.warnings] == [(code, annotation_id)]


@pytest.mark.parametrize(
    "lines",
    [
        "R1\tx Arg1:T1 Arg2:T2\nR2\tx Arg1:T2 Arg2:T1",
        "R1\tx Arg1:T1 Arg2:T2\nR2\ty Arg1:T1 Arg2:T2",
        "A1\tDose T1 low\nA2\tDose T1 low",
        "A1\tDose T1 low\nA2\tDose T2 high",
    ],
)
def test_like_annotations_that_say_different_things_are_not_warned_of(lines: str) -> None:
    assert read(lines + "\n").warnings == ()
