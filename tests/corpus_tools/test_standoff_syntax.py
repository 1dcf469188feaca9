"""One `.ann` line: what is taken, as what, and the code of what is not."""

import pytest

from corpus_tools.standoff import (
    Annotation,
    Argument,
    Attribute,
    Equivalence,
    Event,
    Normalization,
    Note,
    Relation,
    Span,
    TextBound,
    format_annotation,
)
from corpus_tools.standoff.syntax import Fault, fill_text, parse_line

ARGUMENTS = (Argument("Arg1", "T1"), Argument("Arg2", "T2"))


@pytest.mark.parametrize(
    ("line", "annotation"),
    [
        ("T1\tDrug 0 7\taspirin", TextBound("T1", "Drug", (Span(0, 7),), "aspirin")),
        ("T1\tPart 0 4;9 13\tleft knee", TextBound("T1", "Part", (Span(0, 4), Span(9, 13)), "left knee")),
        ("T1\tPart 9 13;0 4\tknee left", TextBound("T1", "Part", (Span(9, 13), Span(0, 4)), "knee left")),
        ("T1\tDose 0 4\t8 mg\t1\t", TextBound("T1", "Dose", (Span(0, 4),), "8 mg", "\t1\t")),
        ("T1\tDose 0 2\t\tx", TextBound("T1", "Dose", (Span(0, 2),), "", "\tx")),
        ("T1\tDrug 0 8\taspirin ", TextBound("T1", "Drug", (Span(0, 8),), "aspirin ")),
        ("T1\tDrug 0 8\t aspirin", TextBound("T1", "Drug", (Span(0, 8),), " aspirin")),
        ("T1\tDrug 0 7 \taspirin", TextBound("T1", "Drug", (Span(0, 7),), "aspirin")),
        ("T1\tGéne:x 0 7\ta\rb", TextBound("T1", "Géne:x", (Span(0, 7),), "a\rb")),
        ("T007\tDrug 00 07\taspirin", TextBound("T007", "Drug", (Span(0, 7),), "aspirin")),
        ("R1\ttreats Arg1:T1 Arg2:T2", Relation("R1", "treats", ARGUMENTS)),
        ("R1\ttreats Arg1:T1 Arg2:T2\t", Relation("R1", "treats", ARGUMENTS)),
        ("R1\ttreats Arg1:T1 Arg2:T2  ", Relation("R1", "treats", ARGUMENTS)),
        ("R1\ttreats Arg1:T1 Arg2:T2\tsure\t1", Relation("R1", "treats", ARGUMENTS)),
        ("R1\ttreats  Arg1:T1   Arg2:T2", Relation("R1", "treats", ARGUMENTS)),
        ("R1\ttreats Arg2:T2 Arg1:T1", Relation("R1", "treats", ARGUMENTS[::-1])),
        ("R1\ttreats T1 T2", Relation("R1", "treats", (Argument("", "T1"), Argument("", "T2")))),
        ("R1\tx Drug:T1 Arg2:E2", Relation("R1", "x", (Argument("Drug", "T1"), Argument("Arg2", "E2")))),
        ("R1\tx A:T1 B:T2 T3", Relation("R1", "x", (Argument("A", "T1"), Argument("B", "T2"), Argument("", "T3")))),
        ("R1\tx Arg1:T1", Relation("R1", "x", ARGUMENTS[:1])),
        ("E1\tUse:T1", Event("E1", "Use", "T1", ())),
        ("E1\tUse:T1 ", Event("E1", "Use", "T1", ())),
        ("E1\tUse:T1 Site:T2 Site2:E3 ", Event("E1", "Use", "T1", (Argument("Site", "T2"), Argument("Site2", "E3")))),
        ("A1\tNegated T1", Attribute("A1", "Negated", "T1")),
        ("A1\tNegated T1 ", Attribute("A1", "Negated", "T1")),
        ("A1\tTense R1 Past Ended", Attribute("A1", "Tense", "R1", "Past Ended")),
        ("A1\tDose T1 mg/kg\textra", Attribute("A1", "Dose", "T1", "mg/kg")),
        ("M1\tNegated E1", Attribute("M1", "Negated", "E1")),
        ("N1\tReference T1 MESH:D1\tAspirin", Normalization("N1", "Reference", "T1", "MESH", "D1", "Aspirin")),
        ("N1\tReference T1 MESH:D1", Normalization("N1", "Reference", "T1", "MESH", "D1", "")),
        ("N1\tReference T1 HPO:HP:01\tx\ty", Normalization("N1", "Reference", "T1", "HPO", "HP:01", "x\ty")),
        ("#1\tAnnotatorNotes R1\tsee T1\tand T2 ", Note("#1", "AnnotatorNotes", "R1", "see T1\tand T2 ")),
        ("#1\tAnnotatorNotes R1", Note("#1", "AnnotatorNotes", "R1", "")),
        ("#A1\tAnnotatorNotes A1\tx", Note("#A1", "AnnotatorNotes", "A1", "x")),
        ("R1\tCPR:4 Arg1:T1 Arg2:T2", Relation("R1", "CPR:4", (Argument("Arg1", "T1"), Argument("Arg2", "T2")))),
        ("R1\tCPR:4 Drug:T1 T2", Relation("R1", "CPR:4", (Argument("Drug", "T1"), Argument("", "T2")))),
        ("*\tEquiv T1 T2 T3", Equivalence("Equiv", ("T1", "T2", "T3"))),
        ("*\tOVERLAP E1 E2 ", Equivalence("OVERLAP", ("E1", "E2"))),
    ],
)
def test_line_is_taken(line: str, annotation: Annotation) -> None:
    assert parse_line(line) == annotation


@pytest.mark.parametrize("line", ["", " ", "\t", "\r", "# a remark", "#", "#\tx"])
def test_blank_line_and_comment_state_nothing(line: str) -> None:
    assert parse_line(line) is None


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("T1\tDrug 7 0\taspirin", "BRAT-T-OFFSET"),
        ("T1\tDrug 7 7\taspirin", "BRAT-T-OFFSET"),
        ("T1\tDrug -1 7\taspirin", "BRAT-T-OFFSET"),
        ("T1\tDrug 1_0 17\taspirin", "BRAT-T-OFFSET"),
        ("T1\tDrug 0 +7\taspirin", "BRAT-T-OFFSET"),
        ("T1\tDrug ٠ ٧\taspirin", "BRAT-T-OFFSET"),
        ("T1\tDrug ０ ７\taspirin", "BRAT-T-OFFSET"),
        ("T1\tDrug 0 7 9\taspirin", "BRAT-T-OFFSET"),
        ("T1\tDrug 0 7;\taspirin", "BRAT-T-OFFSET"),
        ("T1\tDrug 0\taspirin", "BRAT-T-OFFSET"),
        ("T1\tDrug\taspirin", "BRAT-T-OFFSET"),
        ("T1\tDrug 0 0x7\taspirin", "BRAT-T-OFFSET"),
        ("T1\tDrug 0 7;5 9\taspirin", "BRAT-T-OVERLAP"),
        ("T1\tDrug 0 7;0 7\taspirin", "BRAT-T-OVERLAP"),
        ("T1\tDrug 0 7", "BRAT-T-TEXT"),
        ("T1\tDrug 0 7\t", "BRAT-T-TEXT"),
        ("T1\tLab/Test 0 7\taspirin", "BRAT-LABEL"),
        ("T1\tLab test 0 7\taspirin", "BRAT-LABEL"),
        ("T1\t<script> 0 7\taspirin", "BRAT-LABEL"),
        ("T1\tDr\x00ug 0 7\taspirin", "BRAT-LABEL"),
        ("T1\tDr\x1bug 0 7\taspirin", "BRAT-LABEL"),
        ("T1\t" + "D" * 256 + " 0 7\taspirin", "BRAT-LABEL"),
        ("R1\ta/b Arg1:T1 Arg2:T2", "BRAT-LABEL"),
        ("T1 Drug 0 7 aspirin", "BRAT-SYNTAX"),
        ("T1\x00\tDrug 0 7\taspirin", "BRAT-SYNTAX"),
        ("T\tDrug 0 7\taspirin", "BRAT-SYNTAX"),
        ("T٣\tDrug 0 7\taspirin", "BRAT-SYNTAX"),
        ("Take two daily", "BRAT-SYNTAX"),
        ("R1\ttreats", "BRAT-SYNTAX"),
        ("R1\tArg1:T1 Arg2:T2", "BRAT-SYNTAX"),
        ("R1\ttreats Arg1:Drug:T1 Arg2:T2", "BRAT-SYNTAX"),
        ("R1\ttreats Arg1: Arg2:T2", "BRAT-SYNTAX"),
        ("E1\tUse", "BRAT-SYNTAX"),
        ("E1\tUse:", "BRAT-SYNTAX"),
        ("E1\tUse:T1 T2", "BRAT-SYNTAX"),
        ("A1\tNegated", "BRAT-SYNTAX"),
        ("N1\tReference T1 D001241\tAspirin", "BRAT-SYNTAX"),
        ("#1 AnnotatorNotes T1 x", "BRAT-SYNTAX"),
        ("*\tEquiv", "BRAT-SYNTAX"),
        ("* Equiv T1 T2", "BRAT-SYNTAX"),
        ("blood pressure", "BRAT-FREE-TEXT"),
        (" T1\tDrug 0 7\taspirin", "BRAT-FREE-TEXT"),
        ("X1\tDrug 0 7\taspirin", "BRAT-FREE-TEXT"),
        ("t1\tDrug 0 7\taspirin", "BRAT-FREE-TEXT"),
    ],
)
def test_line_is_refused_with_a_code(line: str, code: str) -> None:
    fault = parse_line(line)
    assert isinstance(fault, Fault)
    assert fault.code == code
    assert "aspirin" not in fault.message


def test_fault_names_the_id_where_there_is_one() -> None:
    fault = parse_line("T12\tDrug 5 3\tx")
    assert isinstance(fault, Fault)
    assert fault.annotation_id == "T12"


@pytest.mark.parametrize(
    "line",
    [
        "T1\tDrug 0 " + "9" * 5000 + "\tx",
        "T" + "1" * 5000 + "\tDrug 0 1\tx",
        "T1\t" + "D" * 10_000 + " 0 1\tx",
        "R1\tx" + " " * 100_000 + ":",
        "N1\tReference T1 M" + " " * 100_000 + ":x",
        "T1\tDrug " + "0 1;" * 20_000 + "\tx",
        "E1\tUse:T1" + " Site:T2" * 20_000 + " :",
    ],
)
@pytest.mark.timeout(10)  # a pattern that backtracks takes minutes
def test_hostile_line_is_refused_without_backtracking(line: str) -> None:
    assert isinstance(parse_line(line), Fault)


def test_line_beyond_the_limit_is_refused_unread() -> None:
    fault = parse_line("T1\tDrug 0 7\t" + "x" * (1 << 20))
    assert isinstance(fault, Fault)
    assert fault.code == "BRAT-LINE-LENGTH"


@pytest.mark.parametrize(
    "line",
    [
        "T1\tPart 9 13;0 4\tknee left\t1",
        "R1\ttreats Drug:T1 T2 C:T3",
        "E1\tUse:T1",
        "E1\tUse:T1 Site:T2",
        "A1\tNegated T1",
        "M1\tTense E1 Past Ended",
        "N1\tReference T1 MESH:D1\tAspirin",
        "#1\tAnnotatorNotes T1\tsee\tabove",
        "*\tEquiv T1 T2",
    ],
)
def test_formatting_is_the_mirror_of_parsing(line: str) -> None:
    annotation = parse_line(line)
    assert annotation is not None
    assert not isinstance(annotation, Fault)
    assert format_annotation(annotation) == line


@pytest.mark.parametrize(
    ("line", "filled"),
    [
        ("T1\tDrug 5 12", "T1\tDrug 5 12\taspirin"),
        ("T1\tDrug 5 12\t", "T1\tDrug 5 12\taspirin"),
        ("T1\tDrug 0 4;5 12", "T1\tDrug 0 4;5 12\ttake aspirin"),
        ("T1\tDrug 5 12\t\t1", None),
        ("T1\tDrug 5 12\taspirin", None),
        ("T1\tDrug 5 99", None),
        ("T1\tDrug 12 5", None),
        ("R1\ttreats", None),
    ],
)
def test_missing_text_is_filled_from_the_offsets(line: str, filled: str | None) -> None:
    assert fill_text(line, "take aspirin\n") == filled
