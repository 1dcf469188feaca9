"""brat_parser beside our reader: the same on plain lines, and why it is never given a whole file.

The differences are pinned down so that a new version of brat_parser shows here first.
"""

import contextlib
import io
from pathlib import Path
from typing import Any

import brat_parser
import pytest

from corpus_tools.standoff import Relation, TextBound, find_documents, parse_document, read_document


def parse_whole(ann: str) -> Any:
    with contextlib.redirect_stdout(io.StringIO()):  # it prints the id before it raises
        return brat_parser.parse_string(ann)


def ours(ann: str) -> dict[str, Any]:
    return {
        each.id: each for each in parse_document("x" * 99, ann, doc_id="a").document.annotations if hasattr(each, "id")
    }


def test_note_lines_are_glued_to_the_mention_before() -> None:
    ann = "T1\tDrug 0 7\taspirin\nN1\tReference T1 MESH:D1\tAspirin\nT2\tDrug 8 9\tx\n"
    assert parse_whole(ann).entities[0].text == "aspirin\nN1 Reference T1 MESH:D1 Aspirin"
    assert ours(ann)["T1"].text == "aspirin"


@pytest.mark.parametrize("line", ["*\tEquiv T1 T2", "M1\tNegated T1"])
def test_group_and_modification_lines_are_glued_too(line: str) -> None:
    ann = f"T1\tDrug 0 7\taspirin\n{line}\n"
    assert parse_whole(ann).entities[0].text != "aspirin"
    assert ours(ann)["T1"].text == "aspirin"


def test_nothing_is_found_after_a_byte_order_mark() -> None:
    ann = "\ufeffT1\tDrug 0 7\taspirin\n"
    assert parse_whole(ann).entities == []
    assert list(ours(ann)) == ["T1"]


def test_both_lines_with_one_id_are_returned_and_the_last_wins_in_a_table() -> None:
    ann = "T1\tDrug 0 7\taspirin\nT1\tDrug 8 9\tx\n"
    assert [entity.text for entity in parse_whole(ann).entities] == ["aspirin", "x"]
    assert {entity.id: entity for entity in parse_whole(ann).entities}["T1"].text == "x"
    assert ours(ann)["T1"].text == "aspirin"


def test_foreign_role_stays_part_of_the_id() -> None:
    ann = "T1\tDrug 0 7\taspirin\nR1\tx Drug:T1 Arg2:T1\n"
    assert parse_whole(ann).relations[0].subj == "Drug:T1"
    assert ours(ann)["R1"].arg1 == "T1"


def test_relation_of_three_arguments_raises() -> None:
    ann = "T1\tDrug 0 7\taspirin\nR1\tx A:T1 B:T1 C:T1\n"
    with pytest.raises(ValueError, match="too many values"):
        parse_whole(ann)
    assert len(ours(ann)["R1"].arguments) == 3


def test_outer_blanks_of_a_text_are_lost() -> None:
    ann = "T1\tDrug 0 8\taspirin \n"
    assert parse_whole(ann).entities[0].text == "aspirin"
    assert ours(ann)["T1"].text == "aspirin "


@pytest.mark.parametrize("offsets", ["1_0 17", "+0 7", "٠ ٧"])
def test_numbers_that_are_no_offsets_are_taken(offsets: str) -> None:
    ann = f"T1\tDrug {offsets}\taspirin\n"
    assert len(parse_whole(ann).entities) == 1
    assert ours(ann) == {}


def test_line_is_read_the_same_where_both_read_it(shared_data: Path) -> None:
    compared = 0
    for files in find_documents(shared_data / "ddi2013"):
        document = read_document(files).document
        whole = parse_whole("".join(line.raw for line in document.lines))
        theirs = {each.id: each for each in (*whole.entities, *whole.relations)}
        for each in (*document.textbounds, *document.relations):
            compared += 1
            assert plain(each) == foreign(theirs[each.id])
    assert compared > 17_000


def plain(annotation: TextBound | Relation) -> tuple[object, ...]:
    if isinstance(annotation, Relation):
        return annotation.id, annotation.type, annotation.arg1, annotation.arg2
    spans = tuple((span.start, span.end) for span in annotation.fragments)
    return annotation.id, annotation.type, spans, annotation.text.strip()


def foreign(annotation: Any) -> tuple[object, ...]:
    if isinstance(annotation, brat_parser.Relation):
        return annotation.id, annotation.type, annotation.subj, annotation.obj
    return annotation.id, annotation.type, annotation.span, annotation.text.strip()


def test_whole_files_of_a_real_corpus_raise_or_lose_lines(shared_data: Path) -> None:
    raised = 0
    for files in find_documents(shared_data / "maccrobat2020"):
        document = read_document(files).document
        try:
            parse_whole("".join(line.raw for line in document.lines))
        except ValueError:
            raised += 1
        assert document.textbounds
    assert raised == 200  # of 200: its `*` lines, glued to the relation before, make it more than three words
