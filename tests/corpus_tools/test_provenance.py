"""Which documents were annotated from suggestions: written, found, carried into gold and into the corpus."""

from pathlib import Path

import pytest

from corpus_tools.adjudication import find_project, read_review, write_gold
from corpus_tools.assembly import BuildSettings, join_provenance, open_part, split_provenance
from corpus_tools.assembly.metadata import parse_metadata
from corpus_tools.build import build_corpus
from corpus_tools.errors import InputError
from corpus_tools.standoff import (
    PRE_ANNOTATED,
    UNAIDED,
    AidRow,
    find_aid_files,
    format_aids,
    look_up_aid,
    read_aids,
)
from tests.corpus_tools.suggested_notes import MENTIONS, RELATIONS, write_note

ROWS = format_aids([AidRow("ward/a", model="m@1", mentions=2), AidRow("b", UNAIDED)])


def test_rows_are_read_back(tmp_path: Path) -> None:
    (tmp_path / "provenance.jsonl").write_text(ROWS)
    aids = read_aids(find_aid_files(tmp_path, tmp_path / "nowhere"))
    assert aids == {"ward/a": PRE_ANNOTATED, "b": UNAIDED}


def test_a_document_that_any_file_calls_pre_annotated_is_so(tmp_path: Path) -> None:
    for name, aid in (("one", PRE_ANNOTATED), ("other", UNAIDED)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "provenance.jsonl").write_text(format_aids([AidRow("a", aid)]))
    for order in (("one", "other"), ("other", "one")):
        assert read_aids(find_aid_files(*(tmp_path / name for name in order))) == {"a": PRE_ANNOTATED}


def test_a_document_is_looked_up_without_its_leading_folders_and_else_unaided() -> None:
    aids = {"ward/a": PRE_ANNOTATED}
    assert look_up_aid(aids, "gold/ward/a") == PRE_ANNOTATED
    assert look_up_aid(aids, "a") == UNAIDED


@pytest.mark.parametrize("line", ["[]", '{"doc_id": 1, "aid": "unaided"}', '{"doc_id": "a", "aid": "helped"}', "{"])
def test_a_faulty_line_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "provenance.jsonl"
    path.write_text(ROWS + line + "\n")
    with pytest.raises(InputError, match=r"provenance\.jsonl:3"):
        read_aids([path])


def test_a_link_is_no_provenance(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text(ROWS)
    (tmp_path / "provenance.jsonl").symlink_to(tmp_path / "victim")
    assert find_aid_files(tmp_path) == []


@pytest.mark.parametrize("aid", ["", PRE_ANNOTATED, UNAIDED])
def test_kind_and_aid_are_one_text_and_come_apart_again(aid: str) -> None:
    assert split_provenance(join_provenance("double", aid)) == ("double", aid)


@pytest.mark.parametrize(
    ("cell", "provenance"),
    [
        ("Double", "double"),
        ("pre-annotated", "unstated; pre-annotated"),
        ("unaided;adjudicated", "adjudicated; unaided"),
        ("", "unstated"),
    ],
)
def test_metadata_states_kind_and_aid(cell: str, provenance: str) -> None:
    assert parse_metadata(f"doc_id,provenance\na,{cell}\n", source="m")["a"].provenance == provenance


@pytest.mark.parametrize("cell", ["double;single", "unaided;pre-annotated", "double;unaided;unaided"])
def test_metadata_that_contradicts_itself_is_refused(cell: str) -> None:
    with pytest.raises(InputError, match="unknown provenance"):
        parse_metadata(f"doc_id,provenance\na,{cell}\n", source="m")


def build(root: Path) -> dict[str, str]:
    """Return the provenance of each document of a corpus built from a project's gold."""
    build_corpus(root / "gold", root.parent / "corpus", settings=BuildSettings(min_samples=1))
    parts = (open_part(root.parent / "corpus", part) for part in ("train", "validation", "test"))
    return {document.doc_id: document.provenance for part in parts for document in part}


def test_gold_and_the_corpus_carry_what_the_annotators_folders_say(tmp_path: Path) -> None:
    root = tmp_path / "round-2"
    for annotator in ("anna", "ben"):
        for name in ("a", "b"):
            write_note(root / annotator, name, *MENTIONS, *RELATIONS, text=f"Aspirin for chest pain and fever. {name}")
    (root / "anna" / "provenance.jsonl").write_text(format_aids([AidRow("a", model="m@1")]))
    (root / "metadata.csv").write_text("doc_id,provenance\na,adjudicated\n")
    review = read_review(find_project(root), root / "adjudication")
    write_gold(review, root / "gold")
    assert read_aids(find_aid_files(root / "gold")) == {"a": PRE_ANNOTATED, "b": UNAIDED}
    assert build(root) == {"a": "adjudicated; pre-annotated", "b": "unstated; unaided"}


def test_where_nobody_wrote_it_down_nothing_is_claimed(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_note(
            tmp_path / "round-1" / "gold", name, *MENTIONS, *RELATIONS, text=f"Aspirin for chest pain and fever. {name}"
        )
    assert set(build(tmp_path / "round-1").values()) == {"unstated"}
