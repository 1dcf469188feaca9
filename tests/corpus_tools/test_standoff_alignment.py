"""Alignment: text equals the characters at its fragments, is repaired so with the shift, or is rejected."""

import pytest

from corpus_tools.standoff import AlignedDocument, Span, align_document, format_annotations, parse_document

#       0123456789012345678901234567890
TEXT = "take aspirin, then the aspirin."


def align(ann: str, text: str = TEXT, **settings: object) -> AlignedDocument:
    return align_document(parse_document(text, ann, doc_id="a"), **settings)  # type: ignore[arg-type]


def codes(aligned: AlignedDocument) -> list[tuple[str, str]]:
    return [(reject.code, reject.annotation_id) for reject in aligned.rejects]


def repairs(aligned: AlignedDocument) -> list[tuple[int, str]]:
    return [(repair.shift, repair.reason) for repair in aligned.repairs]


def test_fitting_document_stays_the_same_object() -> None:
    read = parse_document(TEXT, "T1\tDrug 5 12\taspirin\n", doc_id="a")
    aligned = align_document(read)
    assert aligned.document is read.document
    assert (aligned.repairs, aligned.rejects) == ((), ())


@pytest.mark.parametrize(("start", "shift"), [(4, 1), (3, 2), (2, 3), (6, -1), (8, -3), (24, -1), (20, 3)])
def test_small_shift_is_repaired_and_reported(start: int, shift: int) -> None:
    aligned = align(f"T1\tDrug {start} {start + 7}\taspirin\n")
    assert repairs(aligned) == [(shift, "shifted")]
    assert aligned.document.spelled(aligned.document.textbounds[0]) == "aspirin"
    start += shift
    assert format_annotations(aligned.document) == f"T1\tDrug {start} {start + 7}\taspirin\n"


def test_shift_beyond_the_window_is_rejected_with_lengths_and_code_points() -> None:
    aligned = align("T1\tDrug 1 8\taspirin\n")
    assert codes(aligned) == [("BRAT-T-SPAN-MISMATCH", "T1")]
    # "ake asp": its first character is the mention's too, the second is not.
    assert aligned.rejects[0].message == (
        "its text has 7 characters, its offsets span 7; they differ at character 1: U+0073, in the text U+006B"
    )
    assert repairs(align("T1\tDrug 1 8\taspirin\n", window=4)) == [(4, "shifted")]
    assert codes(align("T1\tDrug 4 11\taspirin\n", window=0)) == [("BRAT-T-SPAN-MISMATCH", "T1")]


def test_texts_of_a_mismatch_are_quoted_on_request() -> None:
    aligned = align("T1\tDrug 0 4\tgive\n", show_text=True)
    assert aligned.rejects[0].message.endswith("'give' against 'take'")


def test_two_equally_small_shifts_explain_nothing() -> None:
    assert codes(align("T1\tX 2 3\ta\n", text="xa a x")) == [("BRAT-T-SPAN-MISMATCH", "T1")]
    # At distance 1 only the left one fits; the right one, at distance 2, does not count.
    assert repairs(align("T1\tX 2 3\ta\n", text="xa  a")) == [(-1, "shifted")]


@pytest.mark.parametrize(("start", "end"), [(24, 99), (31, 32), (99, 106)])
def test_span_beyond_the_text_is_rejected(start: int, end: int) -> None:
    assert codes(align(f"T1\tDrug {start} {end}\taspirin.\n")) == [("BRAT-T-OFFSET", "T1")]


def test_shift_never_leaves_the_text() -> None:
    assert codes(align("T1\tX 0 2\tzz\n", text="ab")) == [("BRAT-T-SPAN-MISMATCH", "T1")]
    assert repairs(align("T1\tX 1 3\tab\n", text="abc")) == [(-1, "shifted")]


@pytest.mark.parametrize(
    ("text", "line", "stays"),
    [
        ("left knee", "T1\tX 0 4;5 9\tleft knee", True),
        ("left knee", "T1\tX 5 9;0 4\tknee left", True),
        ("left knee", "T1\tX 5 9;0 4\tleft knee", True),
        ("a\tb", "T1\tX 0 3\ta\tb", True),
        ("8 mg ", "T1\tX 0 4\t8 mg\t ", True),
        ("pain\r\n", "T1\tX 0 5\tpain\r", True),
        ("R-x and warfarin", "T1\tX 0 2;8 16\tR-warfarin", False),
        ("pre-op", "T1\tX 0 3;4 6\tpre-op", False),
        ("p53 gene", "T1\tX 0 3\tp53 ", False),
        ("HNO3\xa0", "T1\tX 0 5\tHNO3", False),
        ("left  knee", "T1\tX 0 10\tleft knee", False),
    ],
)
def test_white_space_and_hyphens_between_fragments_are_no_mismatch(text: str, line: str, stays: bool) -> None:
    aligned = align(line + "\n", text=text)
    assert aligned.rejects == ()
    assert repairs(aligned) == ([] if stays else [(0, "white space")])
    assert (format_annotations(aligned.document) == line + "\n") is stays
    mention = aligned.document.textbounds[0]
    assert stays or mention.text == aligned.document.spelled(mention)


@pytest.mark.parametrize("text", ["a\tb", "\ta", "a\t", "\t"])
def test_tab_inside_a_mention_is_its_own(text: str) -> None:
    aligned = align(f"T1\tX 0 {len(text)}\t{text}\n", text=text)
    assert [textbound.text for textbound in aligned.document.textbounds] == [text]


def test_empty_text_before_another_column_is_no_text() -> None:
    assert codes(align("T1\tX 5 12\t\t1\n")) == [("BRAT-T-TEXT", "T1")]


def test_shift_does_not_wrap_around_the_beginning() -> None:
    # Two to the left of 0 would be -2, the `a` before the last character; the true one stands three to the right.
    aligned = align("T1\tX 0 1\ta\n", text="xyzab")
    assert repairs(aligned) == [(3, "shifted")]
    assert aligned.document.textbounds[0].fragments == (Span(3, 4),)


def test_fragments_are_shifted_together_and_measured_together() -> None:
    # left 4-8 and knee 19-23, stated one to the left; one wrong letter more is a mismatch of 9 against 9 characters.
    text = "the left and right knee"
    aligned = align("T1\tX 3 7;18 22\tleft knee\n", text=text)
    assert (repairs(aligned), codes(aligned)) == ([(1, "shifted")], [])
    message = align("T1\tX 3 7;18 22\tleft hand\n", text=text).rejects[0].message
    assert message.startswith("its text has 9 characters, its offsets span 9;")


def test_shift_is_added_to_what_another_way_to_count_moved() -> None:
    # One character beyond U+FFFF counts two: stated 4-8 is 3-7, and `pain` stands at 2-6.
    aligned = align("T1\tX 4 8\tpain\n", text="\U0001f600 pain now", offsets="utf-16")
    assert repairs(aligned) == [(-2, "shifted")]


def test_repair_before_a_line_break_is_no_range_over_it() -> None:
    aligned = align("T1\tX 0 4\tpain\n", text="-pain\nnext line")
    assert (repairs(aligned), aligned.warnings) == ([(1, "shifted")], ())


def test_repaired_mention_is_written_in_text_order() -> None:
    aligned = align("T1\tX 5 10;0 4\tknee left\n", text="left  knee")
    assert format_annotations(aligned.document) == "T1\tX 0 4;5 10\tleft  knee\n"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_span_across_a_line_break_becomes_fragments(end: str) -> None:
    text = f"left{end}knee"
    aligned = align(f"T1\tX 0 {len(text)}\tleft knee\n", text=text)
    assert aligned.document.textbounds[0].fragments == (Span(0, 4), Span(len(text) - 4, len(text)))
    assert aligned.document.textbounds[0].text == "left knee"
    assert [warning.code for warning in aligned.warnings] == ["BRAT-T-NEWLINE"]


def test_text_cut_off_where_the_line_broke_is_completed() -> None:
    aligned = align("T1\tX 0 9\tleft\nknee\n", text="left\nknee")
    assert codes(aligned) == [("BRAT-FREE-TEXT", "")]
    assert repairs(aligned) == [(0, "text cut off at a line break")]
    assert aligned.document.textbounds[0].text == "left knee"


@pytest.mark.parametrize("text", ["so: ab\rcd\nef", "so: ab\ncd\ref"])
def test_text_is_cut_off_at_the_first_break_of_either_kind(text: str) -> None:
    aligned = align("T1\tX 4 12\tab\n", text=text)
    assert repairs(aligned) == [(0, "text cut off at a line break")]
    assert codes(align("T1\tX 4 12\tab cd\n", text=text)) == [("BRAT-T-SPAN-MISMATCH", "T1")]


def test_mention_of_white_space_alone_must_fit_exactly() -> None:
    assert align("T1\tX 1 2\t \n", text="a b").rejects == ()
    assert codes(align("T1\tX 1 2\t \n", text="a\xa0b")) == [("BRAT-T-SPAN-MISMATCH", "T1")]


@pytest.mark.parametrize("composed", ["é", "e\u0301"])
def test_code_points_are_compared_unnormalised(composed: str) -> None:
    other = {"é": "e\u0301", "e\u0301": "é"}[composed]
    assert align(f"T1\tX 0 {len(composed)}\t{composed}\n", text=composed).rejects == ()
    assert codes(align(f"T1\tX 0 {len(composed)}\t{other}\n", text=composed)) == [("BRAT-T-SPAN-MISMATCH", "T1")]


def test_what_depends_on_a_mismatch_falls_with_it() -> None:
    ann = (
        "T1\tDrug 0 4\tgive\nT2\tDrug 5 12\taspirin\nE1\tUse:T1\nR1\tx Arg1:E1 Arg2:T2\nA1\tNegated R1\n"
        "#1\tAnnotatorNotes T1\tx\nN1\tReference T1 M:1\tx\n*\tEquiv T1 T2\nA2\tNegated T2\n"
    )
    aligned = align(ann)
    assert [code for code, _ in codes(aligned)] == ["BRAT-T-SPAN-MISMATCH"] + 6 * ["BRAT-DEPENDS"]
    assert [line.number for line in aligned.document.lines if line.annotation] == [2, 9]
    assert format_annotations(aligned.document) == ann


def test_warnings_of_a_rejected_line_go_with_it() -> None:
    aligned = align("T1\tX 5 12;0 4\tgive that\n")
    assert (codes(aligned), aligned.warnings) == ([("BRAT-T-SPAN-MISMATCH", "T1")], ())


def test_byte_order_mark_before_a_repaired_line_is_kept() -> None:
    aligned = align("\ufeffT1\tDrug 4 11\taspirin\r\n")
    assert format_annotations(aligned.document) == "\ufeffT1\tDrug 5 12\taspirin\r\n"


@pytest.mark.parametrize(
    ("text", "line", "written"),
    [
        ("p53 gene", "T1\tX 0 3\tp53 \tsure", "T1\tX 0 3\tp53\tsure"),
        ("a\t b", "T1\tX 0 4\ta\tb", "T1\tX 0 4\ta\t b"),
    ],
)
def test_further_columns_survive_a_repair_unless_they_are_the_mention(text: str, line: str, written: str) -> None:
    assert format_annotations(align(line + "\n", text=text).document) == written + "\n"


@pytest.mark.timeout(20)  # each of the ranges squeezed and spelled in turn takes minutes
def test_many_mentions_that_claim_a_whole_long_text_are_rejected_in_time() -> None:
    text = "pain " * 40_000
    ann = "".join(f"T{n}\tX {n} {len(text) - n}\tpainful\n" for n in range(2000))
    assert {reject.code for reject in align(ann, text=text).rejects} == {"BRAT-T-SPAN-MISMATCH"}


def test_forty_thousand_mentions_are_aligned() -> None:
    ann = "".join(f"T{n}\tX {n % 5 + 5} {n % 5 + 6}\t{TEXT[n % 5 + 5]}\n" for n in range(40_000))
    assert len(align(ann).document.textbounds) == 40_000  # more than 2 ** 15
