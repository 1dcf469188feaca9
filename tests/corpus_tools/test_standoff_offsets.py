"""Offsets that other tools count otherwise: without the byte-order mark, in UTF-16 units, with CRLF as one."""

import pytest

from corpus_tools.standoff import AlignedDocument, align_document, parse_document
from corpus_tools.standoff.offsets import OtherCounting, recount

CRLF = "one\r\ntwo\r\nsix"
LF_LINES = "T1\tX 0 3\tone\nT2\tX 4 7\ttwo\nT3\tX 8 11\tsix\nR1\tx Arg1:T1 Arg2:T2\n"


def align(text: str, ann: str, **settings: object) -> AlignedDocument:
    return align_document(parse_document(text, ann, doc_id="a"), **settings)  # type: ignore[arg-type]


def spelled(aligned: AlignedDocument) -> list[str]:
    document = aligned.document
    assert [document.spelled(textbound) for textbound in document.textbounds] == [t.text for t in document.textbounds]
    return [textbound.text for textbound in document.textbounds]


@pytest.mark.parametrize(
    ("text", "counting", "pairs"),
    [
        ("\ufeffab", "bom", [(0, 1), (2, 3)]),
        ("ab", "bom", [(0, 0), (2, 2)]),
        # The second line starts at 4 with CRLF as one, at 5 as the text stands; the third at 8 and at 10.
        (CRLF, "lf", [(0, 0), (3, 3), (4, 5), (7, 8), (8, 10), (11, 13)]),
        # One emoji is two UTF-16 units.
        ("a\U0001f600b\U0001f600c", "utf-16", [(0, 0), (1, 1), (3, 2), (4, 3), (6, 4), (7, 5)]),
    ],
)
def test_offsets_are_recounted(text: str, counting: OtherCounting, pairs: list[tuple[int, int]]) -> None:
    to_source = recount(text, counting)
    assert [(offset, to_source(offset)) for offset, _ in pairs] == pairs


@pytest.mark.parametrize("ann", ["T1\tX 0 4\t\ufeffone\nT2\tX 5 8\ttwo\n", "T1\tX 1 4\tone\nT2\tX 5 8\ttwo\n"])
def test_counted_byte_order_mark_needs_no_repair(ann: str) -> None:
    aligned = align("\ufeffone two", ann)
    assert (aligned.repairs, aligned.rejects, aligned.warnings) == ((), (), ())


def test_uncounted_byte_order_mark_is_found_and_recorded() -> None:
    aligned = align("\ufeffone two", "T1\tX 0 3\tone\nT2\tX 4 7\ttwo\n")
    assert spelled(aligned) == ["one", "two"]
    assert [repair.shift for repair in aligned.repairs] == [1, 1]
    assert [warning.code for warning in aligned.warnings] == ["OFFSETS-BOM"]


def test_utf16_units_are_found_and_recorded() -> None:
    # Six emoji are twelve units: the shift of -6 is beyond the window.
    aligned = align("\U0001f600" * 6 + " one", "T1\tX 13 16\tone\n")
    assert spelled(aligned) == ["one"]
    assert [repair.shift for repair in aligned.repairs] == [-6]
    assert [warning.code for warning in aligned.warnings] == ["OFFSETS-UTF-16"]


def test_code_points_after_emoji_are_right_as_they_stand() -> None:
    aligned = align("\U0001f600\U0001f600 one", "T1\tX 3 6\tone\n")
    assert (aligned.repairs, aligned.rejects) == ((), ())


def test_windows_line_ends_that_are_counted_need_no_repair() -> None:
    aligned = align(CRLF, "T1\tX 5 8\ttwo\nT2\tX 10 13\tsix\n")
    assert (aligned.repairs, aligned.rejects) == ((), ())


def test_windows_line_ends_counted_as_one_are_rejected_with_a_hint() -> None:
    aligned = align(CRLF, LF_LINES)
    # T1 stands before the first line end and is right either way; R1 depends on T2.
    assert [(r.code, r.annotation_id) for r in aligned.rejects] == [
        ("TXT-OFFSETS", "T2"),
        ("TXT-OFFSETS", "T3"),
        ("BRAT-DEPENDS", "R1"),
    ]
    assert "--offsets lf" in aligned.rejects[0].message


def test_windows_line_ends_counted_as_one_are_converted_on_request() -> None:
    aligned = align(CRLF, LF_LINES, offsets="lf")
    assert spelled(aligned) == ["one", "two", "six"]
    assert [(repair.annotation_id, repair.shift) for repair in aligned.repairs] == [("T2", 1), ("T3", 2)]
    assert aligned.rejects == ()


def test_counting_that_fits_only_some_mentions_explains_nothing() -> None:
    aligned = align(CRLF, LF_LINES + "T4\tX 4 7\tten\n")
    assert [repair.shift for repair in aligned.repairs] == [1, 2]
    assert [(r.code, r.annotation_id) for r in aligned.rejects] == [("BRAT-T-SPAN-MISMATCH", "T4")]


def test_offsets_can_be_taken_as_they_stand() -> None:
    aligned = align("\ufeff\ufeffone", "T1\tX 0 3\tone\n", offsets="source", window=1)
    assert [r.code for r in aligned.rejects] == ["BRAT-T-SPAN-MISMATCH"]
