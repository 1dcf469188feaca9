"""Documents from `.txt` and `.ann`: every line accounted for, bytes kept, faults rejected one line at a time."""

from pathlib import Path

import pytest

from corpus_tools.errors import InputError, Refused
from corpus_tools.standoff import (
    Document,
    DocumentFiles,
    ReadDocument,
    format_annotations,
    parse_document,
    read_document,
    write_document,
)

TEXT = "Aspirin helps pain."
T1, T2 = "T1\tDrug 0 7\tAspirin\n", "T2\tSymptom 14 18\tpain\n"


def codes(read: ReadDocument) -> list[tuple[str, int]]:
    return [(reject.code, reject.line) for reject in read.rejects]


def read_bytes_of(folder: Path, *, txt: bytes | None, ann: bytes | None) -> ReadDocument:
    paths = {}
    for suffix, content in ((".txt", txt), (".ann", ann)):
        paths[suffix] = None if content is None else folder / f"a{suffix}"
        if content is not None:
            (folder / f"a{suffix}").write_bytes(content)
    return read_document(DocumentFiles("a", paths[".txt"], paths[".ann"]))


def test_lines_are_counted_by_their_first_character() -> None:
    ann = T1 + T2 + "R1\ttreats Arg1:T1 Arg2:T2\n\n# remark\nfree text\nM1\tNegated T2\n"
    read = parse_document(TEXT, ann, doc_id="a")
    counts = {kind: count for kind, count in read.read_lines.items() if count}
    assert counts == {"T": 2, "R": 1, "M": 1, "#": 1, "other": 2}
    assert codes(read) == [("BRAT-FREE-TEXT", 6)]


@pytest.mark.parametrize(
    "ann",
    [
        "",
        "\n",
        "\n\n",
        T1,
        T1[:-1],
        T1.replace("\n", "\r\n") + T2,
        "\ufeff" + T1,
        "\ufeff",
        T1 + "\ufeff" + T2,
        "T1\tDrug 0 7\tAs\rpi\u2028r\x0b\x0c\x1c\x85in\n",
        "T1 broken\nR1\tx Arg1:T9 Arg2:T1\n",
        "T1\tDrug 0 7\t\U0001f600 \ud800\n",
        "\r\n\r",
    ],
)
def test_what_is_written_is_what_was_read(ann: str) -> None:
    assert format_annotations(parse_document(TEXT, ann, doc_id="a").document) == ann


def test_line_separators_other_than_newline_stay_inside_a_mention() -> None:
    text = "a\u2028b\x85c\x0bd\x0ce\x1cf"
    read = parse_document(text, f"T1\tX 0 11\t{text}\n", doc_id="a")
    assert [textbound.text for textbound in read.document.textbounds] == [text]


def test_windows_line_ends_are_no_part_of_an_annotation() -> None:
    read = parse_document(TEXT, T1.replace("\n", "\r\n") + "A1\tNegated T1\r\n\r\n", doc_id="a")
    assert read.document.textbounds[0].text == "Aspirin"
    assert read.document.attributes[0].value is None
    assert read.rejects == ()


def test_byte_order_mark_before_a_line_is_warned_of_and_hides_nothing() -> None:
    read = parse_document(TEXT, "\ufeff" + T1 + T2, doc_id="a")
    assert [textbound.id for textbound in read.document.textbounds] == ["T1", "T2"]
    assert [(warning.code, warning.line) for warning in read.warnings] == [("ANN-BOM", 1)]
    assert read.document.ann_bom


def test_first_line_with_an_id_has_it() -> None:
    read = parse_document(TEXT, T1 + "T1\tDrug 14 18\tpain\n", doc_id="a")
    assert codes(read) == [("BRAT-DUPLICATE-ID", 2)]
    assert "line 1" in read.rejects[0].message
    assert read.document.textbounds[0].text == "Aspirin"


def test_rejected_line_does_not_take_its_id() -> None:
    read = parse_document(TEXT, "T1\tDrug 7 0\tAspirin\n" + T1, doc_id="a")
    assert codes(read) == [("BRAT-T-OFFSET", 1)]
    assert [textbound.id for textbound in read.document.textbounds] == ["T1"]


def test_bytes_that_are_not_utf8_cost_one_line_and_survive(tmp_path: Path) -> None:
    ann = T1.encode() + b"#1\tAnnotatorNotes T1\tna\xefve\n" + T2.encode()
    read = read_bytes_of(tmp_path, txt=TEXT.encode(), ann=ann)
    assert codes(read) == [("ANN-ENCODING", 2)]
    write_document(read.document, tmp_path / "copy")
    assert (tmp_path / "copy/a.ann").read_bytes() == ann


@pytest.mark.parametrize(
    ("txt", "place"),
    [
        (b"fi\xe8vre\n", "byte 2"),
        (TEXT.encode("utf-16"), "byte 0"),
        (TEXT.encode("utf-16-le"), "NUL"),
        (b"\x7fELF\x02\x01\x01" + b"\x00" * 9, "NUL"),
    ],
)
def test_text_that_is_not_utf8_rejects_the_document(tmp_path: Path, txt: bytes, place: str) -> None:
    read = read_bytes_of(tmp_path, txt=txt, ann=(T1 + "\n" + T2).encode())
    # The file, and the two lines that are not blank.
    assert codes(read) == [("TXT-ENCODING", 0), ("TXT-ENCODING", 1), ("TXT-ENCODING", 3)]
    assert place in read.rejects[0].message
    assert list(read.document.annotations) == []


def test_nul_inside_a_text_is_a_character(tmp_path: Path) -> None:
    read = read_bytes_of(tmp_path, txt=b"As\x00pirin helps pain.", ann=b"T1\tDrug 0 8\tAs\x00pirin\n")
    assert read.rejects == ()


def test_annotations_without_a_text_are_rejected_line_by_line(tmp_path: Path) -> None:
    read = read_bytes_of(tmp_path, txt=None, ann=T1.encode())
    assert codes(read) == [("TXT-MISSING", 0), ("TXT-MISSING", 1)]
    assert read.rejects[0].file == "a.txt"


def test_missing_annotations_are_not_empty_annotations(tmp_path: Path) -> None:
    assert not read_bytes_of(tmp_path, txt=TEXT.encode(), ann=None).document.has_annotations
    empty = read_bytes_of(tmp_path, txt=TEXT.encode(), ann=b"")
    assert empty.document.has_annotations
    assert (empty.rejects, sum(empty.read_lines.values())) == ((), 0)


def test_text_keeps_its_carriage_returns_and_its_byte_order_mark(tmp_path: Path) -> None:
    text = "\ufeffone\r\ntwo\r"
    assert read_bytes_of(tmp_path, txt=text.encode(), ann=None).document.text == text


def test_document_is_written_below_the_folder(tmp_path: Path) -> None:
    read = parse_document(TEXT, T1, doc_id="round-1/a.b")
    write_document(read.document, tmp_path)
    assert (tmp_path / "round-1/a.b.txt").read_bytes() == TEXT.encode()
    assert (tmp_path / "round-1/a.b.ann").read_bytes() == T1.encode()


def test_document_without_annotations_gets_no_ann(tmp_path: Path) -> None:
    write_document(Document("a", TEXT, has_annotations=False), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("doc_id", ["../a", "/etc/a", "a/../../b", "", ".", "a//b", "a\0b", "a/"])
def test_id_that_leads_elsewhere_is_refused(tmp_path: Path, doc_id: str) -> None:
    with pytest.raises(Refused):
        write_document(Document(doc_id, TEXT), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_lone_surrogate_in_a_text_can_not_be_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="character 1"):
        write_document(Document("a", "a\ud800"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_missing_text_columns_are_filled_on_request(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    (tmp_path / "a.ann").write_text("T1\tDrug 0 7\nT2\tSymptom 14 18\n")
    files = DocumentFiles("a", tmp_path / "a.txt", tmp_path / "a.ann")
    assert codes(read_document(files)) == [("BRAT-T-TEXT", 1), ("BRAT-T-TEXT", 2)]
    read = read_document(files, fill_texts=True)
    assert format_annotations(read.document) == T1 + T2
    assert [(repair.annotation_id, repair.shift) for repair in read.repairs] == [("T1", 0), ("T2", 0)]


def test_text_that_would_be_filled_in_is_quoted_on_request_only(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    (tmp_path / "a.ann").write_text("T1\tDrug 0 7\nT2\tSymptom 14 99\n")
    files = DocumentFiles("a", tmp_path / "a.txt", tmp_path / "a.ann")
    assert "Aspirin" not in read_document(files).rejects[0].message
    assert read_document(files, show_text=True).rejects[0].message.endswith("'Aspirin'")
