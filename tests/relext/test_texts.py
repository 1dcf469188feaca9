"""Texts for pretraining: read from any folder, each distinct one once, cut as the relation model cuts them."""

from pathlib import Path

import pytest

from corpus_tools.errors import InputError
from relext.training.texts import TextPool, read_pool, split_sentences
from tests.relext.tiny_pretraining import TEXTS, write_texts

POOL = TextPool(tuple((f"text {n}",) for n in range(40)), hash="")


def test_sentences_are_those_of_the_relation_model() -> None:
    text = "Aspirin helped. He slept.\n\n\n- no fever\n- no cough\n"
    assert split_sentences(text) == ("Aspirin helped.", "He slept.", "- no fever", "- no cough")


def test_the_same_text_counts_once(tmp_path: Path) -> None:
    write_texts(tmp_path / "one" / "annotator-1", ("Aspirin.", "Heparin."))
    write_texts(tmp_path / "one" / "annotator-2", ("Aspirin.", "Insulin."))
    pool = read_pool([tmp_path / "one"])
    assert pool.documents == (("Aspirin.",), ("Heparin.",), ("Insulin.",))
    assert pool.duplicates == 1


def test_annotations_beside_a_text_are_not_read(tmp_path: Path) -> None:
    folder = write_texts(tmp_path / "one", ("Aspirin.",))
    (folder / "note-00.ann").write_text("no annotation at all\n")
    (folder / "alone.ann").write_text("T1\tDrug 0 7\tAspirin\n")
    pool = read_pool([folder])
    assert pool.documents == (("Aspirin.",),) and pool.rejects == ()


def test_a_file_that_is_no_text_is_rejected_and_the_rest_read(tmp_path: Path) -> None:
    folder = write_texts(tmp_path / "one", ("Aspirin.",))
    (folder / "latin.txt").write_bytes("fi\xe8vre".encode("latin-1"))
    (folder / "outside.txt").symlink_to(tmp_path / "elsewhere.txt")
    pool = read_pool([folder])
    assert sorted((reject.code, reject.file) for reject in pool.rejects) == [
        ("FILE-SYMLINK", "outside.txt"),
        ("TXT-ENCODING", "latin.txt"),
    ]
    assert pool.documents == (("Aspirin.",),)


def test_blank_texts_hold_nothing_to_learn(tmp_path: Path) -> None:
    assert read_pool([write_texts(tmp_path / "one", (" \n\n", "Aspirin."))]).documents == (("Aspirin.",),)
    with pytest.raises(InputError, match=r"no \.txt file with a text in it"):
        read_pool([write_texts(tmp_path / "two", ("  ",))])


def test_an_absent_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="absent: there is no such folder"):
        read_pool([tmp_path / "absent"])


def test_the_hash_knows_the_texts_and_not_their_place(tmp_path: Path) -> None:
    one, two = write_texts(tmp_path / "one"), write_texts(tmp_path / "two")
    other = write_texts(tmp_path / "other", (*TEXTS[:-1], "Another."))
    assert read_pool([one]).hash == read_pool([two]).hash == read_pool([one, two]).hash
    assert read_pool([one]).hash != read_pool([other]).hash


def test_held_out_documents_are_drawn_by_seed_and_never_learnt_from() -> None:
    learnt, kept = POOL.split(0.05, seed=1)
    assert (len(learnt), len(kept)) == (38, 2) and not set(learnt) & set(kept)
    assert POOL.split(0.05, seed=1) == (learnt, kept)
    assert POOL.split(0.05, seed=2)[1] != kept


@pytest.mark.parametrize(("documents", "share", "count"), [(40, 0.0, 0), (3, 0.05, 1), (1, 0.5, 0)])
def test_a_small_share_keeps_one_document_and_one_is_left_to_learn(documents: int, share: float, count: int) -> None:
    learnt, kept = TextPool(POOL.documents[:documents], hash="").split(share, seed=1)
    assert (len(learnt), len(kept)) == (documents - count, count)
