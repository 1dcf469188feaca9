"""Columns: the plain way in gives what the strict reader gives, or steps aside."""

from itertools import islice
from pathlib import Path

import pytest

from corpus_tools.standoff import (
    Span,
    align_document,
    document_columns,
    find_documents,
    parse_document,
    parse_plain_columns,
    read_columns,
    read_document,
)

TEXT = "aspirin helps severe pain"
PLAIN = (
    "T1\tDrug 0 7\taspirin\nR1\ttreats Arg1:T1 Arg2:T2\nT2\tSymptom 21 25\tpain\n"
    "A1\tNegated T2\nA2\tCertainty R1 high\n"
)


def test_plain_lines_become_columns_in_file_order() -> None:
    columns = parse_plain_columns(TEXT, PLAIN)
    assert columns is not None
    assert (columns.textbound_ids, columns.starts, columns.ends) == (["T1", "T2"], [0, 21], [7, 25])
    assert (columns.relation_types, columns.arg1, columns.arg2) == (["treats"], [0], [1])
    assert (columns.attribute_names, columns.attribute_values) == (["Negated", "Certainty"], [None, "high"])
    assert columns.attribute_holders == [1, 2]  # the node of T2, and that of R1 behind two textbounds


def test_plain_columns_equal_those_of_the_strict_reader() -> None:
    aligned = align_document(parse_document(TEXT, PLAIN, doc_id="d"))
    assert parse_plain_columns(TEXT, PLAIN) == document_columns(aligned.document)


@pytest.mark.parametrize(
    "ann",
    [
        "T1\tDrug 0 7\tasprin\n",  # another text
        "T1\tDrug 0 7 \taspirin\n",  # a blank too many
        "T1\tDrug 00 7\taspirin\n",
        "T1\tDrug 0 +7\taspirin\n",
        "T1\tDrug 0 \u0667\taspirin\n",
        "T1\tDrug 0 3;3 7\taspirin\n",
        "T1\tDrug 21 99\tpain\n",  # beyond the end
        "T1\tDrug 0 7\taspirin\textra\n",
        "T1\tDrug 0 7\taspirin\r\n",
        "\ufeffT1\tDrug 0 7\taspirin\n",
        "T1\tDrug 0 7\taspirin\n\n",
        "T1\tDrug 0 7\taspirin\nT1\tDrug 0 7\taspirin\n",
        "T1\tDrug 0 7\taspirin\nR1\ttreats Arg1:T1 Arg2:T9\n",
        "T1\tDrug 0 7\taspirin\nR1\ttreats Arg1:T1 Arg2:T1\n",
        "T1\tDrug 0 7\taspirin\nR1\ttreats Agent:T1 Theme:T1\n",
        "T1\tDrug 0 7\taspirin\nE1\tDrug:T1\n",
        "T1\tDrug 0 7\taspirin\n#1\tAnnotatorNotes T1\tsure\n",
        "T1\tDrug 0 7\taspirin\nA1\tNegated T1\nA1\tNegated T1\n",
        "T1\tDr/ug 0 7\taspirin\n",
    ],
)
def test_whatever_is_not_plain_is_left_to_the_strict_reader(ann: str) -> None:
    assert parse_plain_columns(TEXT, ann) is None


def test_an_empty_ann_is_plain() -> None:
    assert parse_plain_columns(TEXT, "") == document_columns(parse_document(TEXT, "", doc_id="d").document)


def test_events_resolve_to_triggers_and_discontinuous_fragments_are_sorted() -> None:
    ann = (
        "T1\tDrug 0 7\taspirin\nT2\tSymptom 21 25;14 20\tpain severe\nE1\tSymptom:T2 Cause:T1\n"
        "R1\ttreats Arg1:T1 Arg2:E1\nA1\tNegated E1\n"
    )
    columns = document_columns(align_document(parse_document(TEXT, ann, doc_id="d")).document)
    assert columns.discontinuous == {1: (Span(14, 20), Span(21, 25))}
    assert (columns.arg1, columns.arg2, columns.triggers) == ([0], [1], [1])
    assert (columns.argument_owners, columns.argument_roles, columns.argument_fillers) == ([0], ["Cause"], [0])
    assert columns.attribute_holders == [2]


def test_relations_of_other_than_two_arguments_stand_apart_and_what_hangs_on_them_is_counted() -> None:
    ann = "T1\tDrug 0 7\taspirin\nR1\tpart Arg1:T1 Whole:T1 Arg3:T1\nA1\tNegated R1\n"
    columns = document_columns(align_document(parse_document(TEXT, ann, doc_id="d")).document)
    assert (columns.relation_ids, columns.attribute_ids, columns.left_out) == ([], [], 1)
    assert columns.n_ary == [("part", ((0, "Arg1"), (0, "Whole"), (0, "Arg3")))]


def test_a_missing_text_is_none_and_a_missing_ann_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.ann").write_text(PLAIN)
    (tmp_path / "b.txt").write_text(TEXT)
    without_text, without_ann = map(read_columns, find_documents(tmp_path))
    assert (without_text.text, bool(without_text.rejects)) == (None, True)
    assert (without_ann.text, without_ann.has_annotations) == (TEXT, False)


@pytest.mark.parametrize("corpus", ["cancermine/annotator-2", "ddi2013", "lct", "maccrobat2020", "quirks"])
def test_both_ways_agree_on_real_documents(shared_data: Path, corpus: str) -> None:
    for files in islice(find_documents(shared_data / corpus), 250):
        aligned = align_document(read_document(files))
        read = read_columns(files)
        assert read.columns == document_columns(aligned.document)
        assert read.rejects == aligned.rejects
        assert read.text in (aligned.document.text, None)
