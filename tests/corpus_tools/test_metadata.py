"""Metadata: columns by name, several values in a cell, faults named with their line."""

from pathlib import Path

import pytest

from corpus_tools.assembly.metadata import Metadata, check_rows, find_metadata, find_row, parse_metadata, read_metadata
from corpus_tools.errors import InputError


def test_specialties_and_patients_are_split_at_semicolons() -> None:
    rows = parse_metadata("doc_id,Specialty,kind,patient_id\na, Urology ;Surgery;Urology,note,P1;P2\n", source="m")
    assert rows == {"a": Metadata(("Urology", "Surgery"), ("P1", "P2"))}


def test_a_short_row_and_a_blank_line_are_no_fault() -> None:
    assert parse_metadata("doc_id,specialty\na\n\n", source="m") == {"a": Metadata()}


def test_cells_guarded_against_spreadsheets_are_unguarded() -> None:
    assert list(parse_metadata("doc_id,specialty\n'-note,'=Urology\n", source="m")) == ["-note"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "m:1: has no column doc_id"),
        ("name,specialty\n", "m:1: has no column doc_id"),
        ("doc_id\na\na\n", "m:3: names a again"),
        ("doc_id,provenance\na,guessed\n", "m:2: unknown provenance"),
        ('doc_id\n"a', "m:2: not CSV"),
    ],
)
def test_faults_name_their_line(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_metadata(text, source="m")


def test_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_bytes(b"doc_id\n\xff\n")
    with pytest.raises(InputError, match=r"metadata\.csv:2: not UTF-8 at byte 7"):
        read_metadata(tmp_path / "metadata.csv")


def test_a_byte_order_mark_is_no_part_of_the_header(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_bytes(b"\xef\xbb\xbfdoc_id\na\n")
    assert list(read_metadata(tmp_path / "metadata.csv")) == ["a"]


def test_metadata_is_found_in_the_export_or_above_it(tmp_path: Path) -> None:
    export = tmp_path / "gold"
    export.mkdir()
    assert find_metadata(export) is None
    (tmp_path / "metadata.csv").write_text("doc_id\n")
    assert find_metadata(export) == tmp_path / "metadata.csv"
    (export / "metadata.csv").write_text("doc_id\n")
    assert find_metadata(export) == export / "metadata.csv"


def test_a_row_is_found_by_the_id_without_its_leading_folders() -> None:
    rows = {"note": Metadata(("Urology",)), "b/note": Metadata(("Surgery",))}
    assert find_row(rows, "a/b/note") == rows["b/note"]
    assert find_row(rows, "a/note") == rows["note"]
    assert find_row(rows, "other") is None


def test_a_document_may_be_named_with_its_ending() -> None:
    rows = parse_metadata("doc_id,patient\nb/note.txt,p1\nlist.txt.txt,p2\n", source="metadata.csv")
    assert find_row(rows, "a/b/note") == Metadata(patients=("p1",))
    assert find_row(rows, "list.txt") == Metadata(patients=("p2",))


def test_what_rows_and_documents_do_not_know_of_each_other_is_counted() -> None:
    rows = parse_metadata("doc_id,patient\na,p1\nb,p2\ngone,p3\n", source="metadata.csv")
    assert check_rows(rows, ["a", "x/b"], source="metadata.csv") == {"META-NO-DOCUMENT": 1}
    assert check_rows(rows, ["a", "b", "gone", "c", "d"], source="metadata.csv") == {"META-NO-ROW": 2}
    assert check_rows({}, ["a"], source="metadata.csv") == {}


def test_rows_of_other_documents_alone_are_refused() -> None:
    rows = parse_metadata("doc_id,patient\nround-1-a,p1\n", source="metadata.csv")
    with pytest.raises(InputError, match=r"metadata.csv: none of its 1 rows names one of the 2 documents"):
        check_rows(rows, ["a", "b"], source="metadata.csv")
