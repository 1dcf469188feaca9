"""Faults 1 to 11: the bytes of texts, through `corpus validate` and `corpus build`."""

import csv
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.faults.commands import ANN, TEXT, build, run, validate, write_note


def test_fault_01_crlf_that_offsets_count_matches_and_stays(tmp_path: Path) -> None:
    text, ann = "Aspirin\r\nhelps pain\r\n", "T1\tDrug 0 7\tAspirin\r\nT2\tSymptom 15 19\tpain\r\n"
    root = write_note(tmp_path / "in", ann, text=text)
    ended = validate(root, "--fix", tmp_path / "copy")
    assert (ended.code, ended.rejects, ended.warnings) == (0, {}, {})
    assert (tmp_path / "copy/note.txt").read_bytes() == text.encode()
    assert (tmp_path / "copy/note.ann").read_bytes() == ann.encode()


def test_fault_02_crlf_that_offsets_count_as_one_is_rejected_with_a_hint(tmp_path: Path) -> None:
    # With LF alone Aspirin stands at 0-7 and pain at 17-21; five CR stand before pain.
    root = write_note(
        tmp_path, "T1\tDrug 0 7\tAspirin\nT2\tSymptom 17 21\tpain\n", text="Aspirin\r\nhelps\r\n\r\n\r\n\r\npain"
    )
    ended = validate(root)
    assert (ended.code, ended.rejects) == (4, {"TXT-OFFSETS": 1})
    assert "--offsets lf" in ended.record["rejects"][0]["message"]
    assert validate(root, "--offsets", "lf").code == 0


@pytest.mark.parametrize(("start", "warnings"), [(0, {"OFFSETS-BOM": 1}), (1, {})])
def test_fault_03_byte_order_mark_counts_or_not_and_it_is_recorded(
    tmp_path: Path, start: int, warnings: dict[str, int]
) -> None:
    ended = validate(write_note(tmp_path, f"T1\tDrug {start} {start + 7}\tAspirin\n", text="\ufeff" + TEXT))
    assert (ended.code, ended.warnings) == (0, warnings)


def test_fault_03_byte_order_mark_that_explains_nothing_is_no_excuse(tmp_path: Path) -> None:
    ended = validate(write_note(tmp_path, "T1\tDrug 9 16\tAspirin\n", text="\ufeff" + TEXT))
    assert (ended.code, ended.rejects) == (4, {"BRAT-T-SPAN-MISMATCH": 1})


def test_fault_04_byte_order_mark_of_an_ann_hides_no_line(tmp_path: Path) -> None:
    ended = validate(write_note(tmp_path, "\ufeff" + ANN))
    assert (ended.code, ended.warnings) == (0, {"ANN-BOM": 1})
    assert ended.record["lines"]["T"]["kept"] == 2


def test_fault_05_windows_1252_is_rejected_with_its_byte(tmp_path: Path) -> None:
    ended = validate(write_note(tmp_path, "T1\tDrug 5 12\tAspirin\n", text=b"caf\xe9 Aspirin"))
    assert (ended.code, ended.rejects) == (4, {"TXT-ENCODING": 2})  # the text and its one line
    assert "not UTF-8 at byte 3" in ended.record["rejects"][0]["message"]


@pytest.mark.parametrize(
    "content",
    [TEXT.encode("utf-16"), TEXT.encode("utf-16-be"), TEXT.encode("utf-16-le"), b"\x7fELF" + bytes(range(128))],
)
def test_fault_06_utf16_and_programs_are_no_texts(tmp_path: Path, content: bytes) -> None:
    root = write_note(write_note(tmp_path, text=content), name="sound")
    ended = validate(root)
    assert (ended.code, ended.rejects) == (4, {"TXT-ENCODING": 4})
    assert ended.record["documents"]["rejected"] == 1


@pytest.mark.parametrize(("start", "warnings"), [(2, {}), (3, {"OFFSETS-UTF-16": 1})])
def test_fault_07_characters_beyond_16_bits_count_once_and_other_counts_are_found(
    tmp_path: Path, start: int, warnings: dict[str, int]
) -> None:
    ann = f"T1\tDrug {start} {start + 7}\tAspirin\nT2\tSymptom {start + 14} {start + 18}\tpain\n"
    ended = validate(write_note(tmp_path, ann, text="\U0001f600 " + TEXT))
    assert (ended.code, ended.rejects, ended.warnings) == (0, {}, warnings)


@pytest.mark.parametrize(("written", "code"), [("cafe\u0301", 0), ("caf\u00e9", 4)])
def test_fault_08_composed_and_decomposed_letters_are_not_the_same(tmp_path: Path, written: str, code: int) -> None:
    assert validate(write_note(tmp_path, f"T1\tDrug 0 5\t{written}\n", text="cafe\u0301 x")).code == code


def test_fault_09_other_separators_end_no_line_and_come_through(tmp_path: Path) -> None:
    mention = "a\u2028b\x85c\x0bd\x0ce\x1cf\x1dg"  # 13 characters
    text = f"{mention} pain"
    ann = f"T1\tDrug 0 13\t{mention}\n#1\tAnnotatorNotes T1\tx\u2028y\x85z\x0b\x0c\x1c\nT2\tSymptom 14 18\tpain\n"
    root = write_note(tmp_path / "in", ann + "R1\ttreats Arg1:T1 Arg2:T2\n", text=text)
    ended = validate(root, "--fix", tmp_path / "copy")
    assert (ended.code, ended.record["lines"]["#"]["kept"]) == (0, 1)
    assert (tmp_path / "copy/note.ann").read_bytes() == (root / "note.ann").read_bytes()
    assert build(root, tmp_path / "corpus").code == 0
    assert pq.read_table(tmp_path / "corpus/documents/train.parquet")["text"].to_pylist() == [text]


def test_fault_10_nul_is_kept_in_a_text_and_escaped_where_it_is_shown(tmp_path: Path) -> None:
    text = "a\0b for pain"
    ann = "T1\tDrug 0 3\ta\0b\nT2\tSymptom 8 12\tpain\nR1\ttreats Arg1:T1 Arg2:T2\n"
    root = write_note(tmp_path / "in", ann, text=text)
    assert build(root, tmp_path / "corpus", "--bigbio").code == 0
    shown = run("statistics", tmp_path / "corpus", "--show-text", "--out", tmp_path / "page").out
    exported = [path.read_bytes() for path in tmp_path.rglob("*.json*")]
    assert not any(b"\0" in content for content in (shown.encode(), *exported))
    assert b"\0" not in (tmp_path / "page/report.html").read_bytes()


@pytest.mark.parametrize(
    ("line", "code"),
    [("T1\0\tDrug 0 7\tAspirin", "BRAT-SYNTAX"), ("T1\tDr\0ug 0 7\tAspirin", "BRAT-LABEL")],
)
def test_fault_10_nul_in_an_id_or_label_is_rejected(tmp_path: Path, line: str, code: str) -> None:
    assert validate(write_note(tmp_path, f"{line}\n")).rejects == {code: 1}


def test_fault_11_hidden_and_turning_characters_are_kept_and_shown_as_escapes(tmp_path: Path) -> None:
    mention = "as\u202epi\u200brin"
    root = write_note(tmp_path / "a/anna", f"T1\tDrug 0 9\t{mention}\n", text=f"{mention} now")
    write_note(tmp_path / "a/ben", "", text=f"{mention} now")
    assert validate(root).code == 0
    ended = run("statistics", root, "--show-text", "--out", tmp_path / "report")
    page = (tmp_path / "report/report.html").read_text("utf-8")
    assert not {"\u202e", "\u200b"} & set(ended.out + page)
    assert "as\\u202epi\\u200brin" in page
    sheet = tmp_path / "queue.csv"
    assert run("adjudicate", "queue", tmp_path / "a", "--out", sheet, "--show-text").code == 0
    assert any(
        mention in cell for row in csv.reader(sheet.read_text("utf-8").splitlines(keepends=True)) for cell in row
    )
