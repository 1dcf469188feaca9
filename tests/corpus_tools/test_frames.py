"""Relations that share a head as brat events, and the same relations read back from them."""

import json
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from corpus_tools.assembly import collect_relations
from corpus_tools.cli import corpus
from corpus_tools.conversion.frames import Framed, frame_documents
from corpus_tools.errors import UsageError
from corpus_tools.standoff import Document, align_document, format_annotations, parse_document, validate_folder

TEXT = "aspirin ibuprofen pain fever rash"
#       0       8         18   23    29
MENTIONS = (
    *("T1\tDrug 0 7\taspirin", "T2\tDrug 8 17\tibuprofen", "T3\tSign 18 22\tpain"),
    *("T4\tSign 23 28\tfever", "T5\tSign 29 33\trash"),
)


def note(*lines: str, doc_id: str = "note") -> Document:
    return align_document(parse_document(TEXT, "".join(f"{line}\n" for line in lines), doc_id=doc_id)).document


def framed(*lines: str) -> Framed:
    return frame_documents([note(*MENTIONS, *lines)])


def below_mentions(result: Framed) -> list[str]:
    """Return the lines below the mentions, TABs as blanks."""
    (document,) = result.documents
    lines = format_annotations(document).replace("\t", " ").split("\n")[:-1]
    return [line for line in lines if not line.startswith("T")]


def relations(document: Document) -> Counter[tuple[str, str, str]]:
    return Counter(
        (each.type, each.arg1, each.arg2) for each in collect_relations(document, events=True, equivalences=False)
    )


def test_relations_of_one_head_are_arguments_of_one_event() -> None:
    result = framed("R1\ttreats Arg1:T1 Arg2:T3", "R2\ttreats Arg1:T1 Arg2:T4", "R3\tcauses Arg1:T1 Arg2:T5")
    # T2 is of the head's type, so it is an event too, without arguments
    assert below_mentions(result) == ["E1 Drug:T1 treats:T3 treats2:T4 causes:T5", "E2 Drug:T2"]
    assert (result.frames, result.arguments, result.unframed) == (1, 3, 0)


def test_a_relation_alone_on_its_head_stays() -> None:
    result = framed("R1\ttreats Arg1:T1 Arg2:T3", "R2\ttreats Arg1:T2 Arg2:T3")
    assert below_mentions(result) == ["R1 treats Arg1:T1 Arg2:T3", "R2 treats Arg1:T2 Arg2:T3"]
    assert (result.frames, result.unframed) == (0, 2)


def test_what_was_said_of_a_head_is_said_of_its_event() -> None:
    result = framed(
        *("R1\ttreats Arg1:T1 Arg2:T3", "R2\ttreats Arg1:T1 Arg2:T4", "R3\twith Arg1:T3 Arg2:T1"),
        *("A1\tAssertion T1 absent", "N1\tReference T1 RxNorm:1191\taspirin", "#1\tAnnotatorNotes T3\tsure?"),
    )
    assert below_mentions(result) == [
        *("R3 with Arg1:T3 Arg2:E1", "A1 Assertion E1 absent", "N1 Reference E1 RxNorm:1191 aspirin"),
        *("#1 AnnotatorNotes T3 sure?", "E1 Drug:T1 treats:T3 treats2:T4", "E2 Drug:T2"),
    ]


def test_the_note_of_a_relation_goes_to_its_frame_and_says_of_what_it_speaks() -> None:
    note_line = "#1\tAnnotatorNotes R2\tprobability 0.900; model m@1"
    result = framed("R1\ttreats Arg1:T1 Arg2:T3", "R2\tcauses Arg1:T1 Arg2:T4", note_line)
    assert below_mentions(result)[0] == "#1 AnnotatorNotes E1 causes T4: probability 0.900; model m@1"


@pytest.mark.parametrize(
    "line",
    ["R3\tstage2 Arg1:T1 Arg2:T5", "R3\tcauses Arg1:T1 Arg2:T5\nA1\tNegation R3", "R3\tall Arg1:T1 Arg2:T2 Arg3:T5"],
)
def test_what_an_argument_cant_hold_stays_a_relation(line: str) -> None:
    result = framed("R1\ttreats Arg1:T1 Arg2:T3", "R2\ttreats Arg1:T1 Arg2:T4", line)
    assert result.unframed == 1
    assert any(each.startswith("R3") for each in below_mentions(result))


def test_an_event_that_is_there_gets_the_further_arguments() -> None:
    result = framed("E7\tDrug:T1 treats:T3", "R1\ttreats Arg1:E7 Arg2:T4", "R2\tcauses Arg1:T1 Arg2:T5")
    assert below_mentions(result) == ["E7 Drug:T1 treats:T3 treats2:T4 causes:T5"]


def test_a_head_that_triggers_several_events_is_left_alone() -> None:
    lines = (
        "E1\tDrug:T1 treats:T3",
        "E2\tDrug:T1 treats:T4",
        "R1\tcauses Arg1:T1 Arg2:T5",
        "R2\tcauses Arg1:T1 Arg2:T4",
    )
    assert framed(*lines).unframed == 2


def test_types_that_head_in_one_document_are_events_in_all() -> None:
    one = note(*MENTIONS, "R1\ttreats Arg1:T1 Arg2:T3", "R2\ttreats Arg1:T1 Arg2:T4")
    other = note("T9\tDrug 0 7\taspirin", doc_id="other")
    documents = frame_documents([one, other]).documents
    assert format_annotations(documents[1]).endswith("E1\tDrug:T9\n")


PAIRS = st.tuples(st.sampled_from(["treats", "causes"]), st.integers(1, 5), st.integers(1, 5)).filter(
    lambda r: r[1] != r[2]
)


@given(st.lists(PAIRS, max_size=8, unique=True))
def test_frames_read_back_are_the_relations_that_they_were(found: list[tuple[str, int, int]]) -> None:
    lines = [f"R{n}\t{label} Arg1:T{one} Arg2:T{other}" for n, (label, one, other) in enumerate(found, start=1)]
    original = note(*MENTIONS, *lines)
    (document,) = frame_documents([original]).documents
    again = align_document(parse_document(TEXT, format_annotations(document), doc_id="note"))
    assert again.rejects == ()
    assert relations(again.document) == relations(original)


def test_the_command_writes_a_project_that_validates_without_a_remark(project: Path, tmp_path: Path) -> None:
    source = project / "annotations" / "pilot" / "gold"
    arguments = ["convert", str(source), "--from", "brat", "--frames", "--out", str(tmp_path / "out"), "--json"]
    result = CliRunner().invoke(corpus, arguments)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["frames"] > 100
    report = validate_folder(tmp_path / "out")
    assert (report.rejects, report.warnings, report.schema) == ((), (), "annotation.conf")
    assert report.lines["E"].kept > 0
    assert f"Next: corpus validate {tmp_path / 'out'}\n" in result.stderr
    validated = CliRunner().invoke(corpus, ["validate", str(tmp_path / "out")])
    assert f"Next: corpus build {tmp_path / 'out'} --events relations --out corpus\n" in validated.stderr


def test_frames_under_names_that_brat_can_not_store_are_written_without_its_configuration(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("Aspirin helps pain.")
    lines = "T1\tDrug 0 7\tAspirin\nT2\tLab.Test 14 18\tpain\nR1\ttreats Arg1:T1 Arg2:T2\n"
    (tmp_path / "in" / "a.ann").write_text(lines)
    arguments = ["convert", str(tmp_path / "in"), "--from", "brat", "--frames", "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(corpus, arguments)
    assert "'Lab.Test' can't be written for brat" in result.stderr
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.ann", "a.txt"]


def test_frames_are_refused_for_other_formats(tmp_path: Path, project: Path) -> None:
    source = str(project / "annotations" / "pilot" / "gold")
    arguments = ["convert", source, "--from", "brat", "--to", "spert", "--frames", "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(corpus, arguments)
    assert isinstance(result.exception, UsageError)
    assert "frames are events of brat; use --to brat" in str(result.exception)
