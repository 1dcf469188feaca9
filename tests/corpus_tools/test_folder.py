"""The corpus folder: what is written is read back, the same rows give the same bytes, damage is named."""

import json
from dataclasses import replace
from pathlib import Path

import datasets
import pytest

from corpus_tools.assembly import Manifest, PartCounts, check_document, read_corpus, verify_corpus, write_corpus
from corpus_tools.errors import CorpusError, InputError, OutputExists, UsageError
from corpus_tools.sentences import CandidatePair, Mention
from corpus_tools.standoff import Span
from corpus_tools.storage import hash_folder
from tests.corpus_tools.corpus_documents import SCHEMA, make_document


def write_small(folder: Path) -> Path:
    """Write a corpus of one training document and return its folder."""
    write_corpus(folder, {"train": [make_document()]}, schema=SCHEMA)
    return folder


def test_documents_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    documents = [make_document(f"note-{number:03}") for number in range(130)]  # row groups of 64, 64 and 2
    corpus = write_corpus(tmp_path / "corpus", {"train": documents, "test": [make_document()]}, schema=SCHEMA)
    assert list(corpus.documents("train")) == documents
    assert list(corpus.documents("validation")) == []
    assert list(corpus.documents("test")) == [make_document()]
    assert corpus.schema == SCHEMA


def test_a_document_without_sentences_does_not_shift_those_of_the_next(tmp_path: Path) -> None:
    empty = replace(make_document("note-0"), mentions=(), relations=(), segments=(), pairs=(), lost_mentions={})
    corpus = write_corpus(tmp_path / "corpus", {"train": [empty, make_document()]}, schema=SCHEMA)
    assert list(corpus.documents("train")) == [empty, make_document()]


def test_the_manifest_counts_what_the_tables_hold(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", {"train": [make_document(), make_document("note-2")]}, schema=SCHEMA)
    # Twice: 1 document, 2 segments, 4 mentions, 2 relations, 2 pairs, 1 of them labelled.
    assert corpus.manifest.counts["train"] == PartCounts(2, 4, 8, 4, 4, 2)
    assert corpus.manifest.counts["test"] == PartCounts()


def test_a_corpus_knows_its_longest_sentence(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", {}, schema=SCHEMA, settings={"max_words": 40})
    assert (corpus.max_words, read_corpus(write_small(tmp_path / "plain")).max_words) == (40, 128)


@pytest.mark.parametrize("value", [0, "40", True])
def test_a_longest_sentence_that_is_none_is_refused(tmp_path: Path, value: object) -> None:
    corpus = write_corpus(tmp_path / "corpus", {}, schema=SCHEMA, settings={"max_words": value})
    with pytest.raises(InputError, match="max_words is no number from 1"):
        _ = corpus.max_words


def test_the_same_documents_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = write_small(tmp_path / "first"), write_small(tmp_path / "second")
    assert hash_folder(first) == hash_folder(second)
    assert read_corpus(first).hash == read_corpus(second).hash


@pytest.mark.parametrize(("table", "rows"), [("sentences", 2), ("documents", 1)])
def test_datasets_opens_the_folder_offline(tmp_path: Path, table: str, rows: int) -> None:
    folder = write_small(tmp_path / "corpus")
    loaded = datasets.load_dataset(str(folder), table, cache_dir=str(tmp_path / "cache"))
    assert list(loaded) == ["train"]  # a part without documents is not listed
    assert loaded["train"].num_rows == rows
    assert loaded["train"][0]["mentions"][0]["text"] == "Aspirin"


def test_a_row_of_sentences_shows_its_pattern_and_its_neighbours(tmp_path: Path) -> None:
    folder = write_small(tmp_path / "corpus")
    rows = datasets.load_dataset(str(folder), "sentences", cache_dir=str(tmp_path / "cache"))["train"]
    assert rows[0]["pattern"] == "[Medication] for [Symptom]."
    assert (rows[0]["previous"], rows[0]["next"]) == (None, "No rash.")
    assert (rows[1]["previous"], rows[1]["next"]) == ("Aspirin for pain.", None)
    assert rows[0]["pairs"][0] == {"first": 0, "distance": 0, "second": 1, "label": "treats"}


def test_a_mention_that_differs_from_the_source_is_never_written(tmp_path: Path) -> None:
    wrong = replace(make_document(), mentions=(Mention("T1", "Symptom", (), (Span(0, 4),), "Pain"),))
    with pytest.raises(CorpusError, match="note-1: T1 differs from the source text") as caught:
        write_corpus(tmp_path / "corpus", {"train": [wrong]}, schema=SCHEMA)
    assert caught.value.exit_code == 1
    assert not (tmp_path / "corpus").exists()


def test_an_output_that_is_there_is_kept_without_force(tmp_path: Path) -> None:
    folder = write_small(tmp_path / "corpus")
    before = hash_folder(folder)
    with pytest.raises(OutputExists):
        write_small(folder)
    assert hash_folder(folder) == before


def test_an_unknown_part_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="choose one of train, validation, test"):
        read_corpus(write_small(tmp_path / "corpus")).documents("dev")


def test_a_folder_that_is_no_corpus_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="corpus build EXPORT"):
        read_corpus(tmp_path / "missing")
    (tmp_path / "manifest.json").write_text('{"schema": "other"}')
    with pytest.raises(InputError, match="is no corpus manifest"):
        read_corpus(tmp_path)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("schema_version", 99, "version 99, expected 1"),
        ("outputs", [], "the field outputs is absent or of another type"),
        ("counts", {"train": {"birds": 1}}, "the field counts can't be read"),
        ("counts", {"train": 7}, "the field counts can't be read"),
    ],
)
def test_a_manifest_of_another_shape_is_refused(tmp_path: Path, field: str, value: object, message: str) -> None:
    record = json.loads((write_small(tmp_path / "corpus") / "manifest.json").read_text())
    with pytest.raises(InputError, match=message):
        Manifest.from_json({**record, field: value}, source="manifest.json")


def test_verify_finds_nothing_in_a_sound_corpus(tmp_path: Path) -> None:
    found = verify_corpus(write_small(tmp_path / "corpus"))
    # README.md, schema.json and two tables of three parts each.
    assert (found.files, found.documents, found.problems) == (8, 1, ())


def test_verify_names_each_file_that_changed_is_missing_or_is_new(tmp_path: Path) -> None:
    folder = write_small(tmp_path / "corpus")
    (folder / "README.md").write_text("changed")
    (folder / "documents" / "test.parquet").unlink()
    (folder / "notes.txt").write_text("new")
    assert verify_corpus(folder).problems == (
        "README.md: has changed since the corpus was built",
        "documents/test.parquet: is missing",
        "notes.txt: is not part of the corpus",
    )


def test_verify_finds_a_document_in_two_parts(tmp_path: Path) -> None:
    write_corpus(tmp_path / "corpus", {"train": [make_document()], "test": [make_document()]}, schema=SCHEMA)
    problems = verify_corpus(tmp_path / "corpus").problems
    assert set(problems) == {"note-1: stands in test and, or its text, in train too"}


def test_a_broken_table_is_an_input_error(tmp_path: Path) -> None:
    folder = write_small(tmp_path / "corpus")
    (folder / "documents" / "train.parquet").write_bytes(b"PAR1 no table PAR1")
    with pytest.raises(InputError, match=r"train\.parquet: can't be read as Parquet"):
        list(read_corpus(folder).documents("train"))


def test_tables_of_two_corpora_are_not_mixed(tmp_path: Path) -> None:
    first = write_small(tmp_path / "first")
    write_corpus(tmp_path / "second", {"train": [make_document("note-2")]}, schema=SCHEMA)
    (first / "sentences" / "train.parquet").write_bytes((tmp_path / "second/sentences/train.parquet").read_bytes())
    with pytest.raises(InputError, match="don't belong together"):
        list(read_corpus(first).documents("train"))


def test_a_sound_document_has_no_contradiction() -> None:
    assert list(check_document(make_document())) == []


def test_contradictions_of_a_document_are_named() -> None:
    document = make_document()
    faulty = replace(document, pairs=(CandidatePair(1, 0, 0, 1),), lost_mentions={}, mentions=document.mentions[1:])
    assert list(check_document(faulty)) == [
        "note-1: mention T4 has not exactly one of segment and cause",
        "note-1: a pair in sentence 1 points at no mention",
        "note-1: relation R1 has an argument that is no mention",
    ]
