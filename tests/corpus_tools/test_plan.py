"""A round is drawn by seed, shared out by overlap, never repeats a document, and writes the same bytes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_tools.errors import InputError, OutputExists, Refused, UsageError
from corpus_tools.rounds import (
    EarlierText,
    RoundPlan,
    Transcription,
    plan_round,
    read_earlier_texts,
    share_out,
    write_round,
)
from corpus_tools.standoff import observed_schema
from corpus_tools.storage import hash_folder

WORDS = ["cough", "fever", "pain", "edema", "rash", "nausea", "vertigo", "syncope", "dyspnea", "fatigue"]


def make_transcriptions(count: int, specialty: str = "Surgery") -> list[Transcription]:
    # Each text repeats one word of its own, so that no two texts share a shingle.
    return [
        Transcription(f"{specialty.lower()}-{n}", f"{WORDS[n % 10]}{specialty}{n} " * 9, (specialty,), (), (n,))
        for n in range(count)
    ]


def plan(transcriptions: list[Transcription], **changes: object) -> RoundPlan:
    settings: dict[str, object] = {"annotators": ["anna", "ben"], "size": 4, "overlap": 0.5, "seed": 1}
    return plan_round(transcriptions, **{**settings, **changes})  # type: ignore[arg-type]


def test_overlap_share_goes_to_both_and_the_rest_to_one_each() -> None:
    assignments = plan(make_transcriptions(10), size=8, overlap=0.25).assignments
    numbers = [len(assignment.annotators) for assignment in assignments]
    assert (numbers.count(2), numbers.count(1)) == (2, 6)  # a quarter of eight documents
    single = [assignment.annotators[0] for assignment in assignments if len(assignment.annotators) == 1]
    assert (single.count("anna"), single.count("ben")) == (3, 3)


def test_each_specialty_gets_documents_in_proportion() -> None:
    transcriptions = make_transcriptions(30, "Surgery") + make_transcriptions(10, "Urology")
    drawn = [assignment.transcription.specialties[0] for assignment in plan(transcriptions, size=8).assignments]
    assert (drawn.count("Surgery"), drawn.count("Urology")) == (6, 2)


def test_like_texts_and_one_patients_texts_are_drawn_once() -> None:
    first, second, third = make_transcriptions(3)
    like = Transcription("like", first.text + ".", ("Surgery",), (), (9,))
    same_patient = [Transcription(t.doc_id, t.text, t.specialties, ("P1",), t.rows) for t in (second, third)]
    drawn = plan([first, like, *same_patient], size=4)
    assert [assignment.transcription.doc_id for assignment in drawn.assignments] == ["surgery-0", "surgery-1"]
    assert drawn.near_duplicates == 2


def test_second_round_repeats_nothing_of_the_first(tmp_path: Path) -> None:
    transcriptions = make_transcriptions(10)
    first = plan(transcriptions, size=6)
    write_round(first, tmp_path / "annotations" / "round-1", schema=None, hashes={})
    second = plan(transcriptions, size=6, earlier=read_earlier_texts([tmp_path / "annotations" / "round-1"]))
    ids = [{a.transcription.doc_id for a in each.assignments} for each in (first, second)]
    assert (len(ids[0]), len(ids[1]), ids[0] & ids[1]) == (6, 4, set())
    assert second.already_annotated == 6


def test_no_document_left_is_one_clear_error() -> None:
    (only,) = make_transcriptions(1)
    with pytest.raises(InputError, match="no document is left"):
        plan([only], earlier=[EarlierText(only.text)])


def test_what_is_like_an_earlier_rounds_text_or_of_its_patient_is_not_drawn_again(tmp_path: Path) -> None:
    first, second, third, fourth = make_transcriptions(4)
    annotated = Transcription(first.doc_id, first.text, ("Surgery",), ("P1", "P2"), (1,))
    write_round(plan([annotated], overlap=1), tmp_path / "round-1", schema=None, hashes={})
    like = Transcription("like", first.text + ".", ("Surgery",), (), (2,))
    same_patient = Transcription(second.doc_id, second.text, ("Surgery",), ("P2",), (3,))
    like_that_one = Transcription("like-2", second.text + ".", ("Surgery",), (), (4,))
    others = [like, like_that_one, same_patient, third, fourth]
    drawn = plan([annotated, *others], earlier=read_earlier_texts([tmp_path / "round-1"]))
    assert [each.transcription.doc_id for each in drawn.assignments] == ["surgery-2", "surgery-3"]
    assert (drawn.already_annotated, drawn.near_duplicates) == (1, 3)


def test_earlier_round_whose_metadata_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_bytes(b"doc_id,patient\n\xff,1\n")
    with pytest.raises(InputError, match=r"metadata\.csv:2: not UTF-8"):
        read_earlier_texts([tmp_path])


def test_same_seed_writes_the_same_bytes_and_another_seed_draws_others(tmp_path: Path) -> None:
    transcriptions = make_transcriptions(40)
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_round(plan(transcriptions, seed=seed), tmp_path / name / "r", schema=None, hashes={})
    assert hash_folder(tmp_path / "a") == hash_folder(tmp_path / "b") != hash_folder(tmp_path / "c")


def test_round_folder_holds_what_brat_and_the_next_step_need(tmp_path: Path) -> None:
    (document,) = make_transcriptions(1)
    seen = Transcription("surgery-0", "Seen by Dr. Moss.\r\n", ("A", "B"), ("P1",), (3,))
    write_round(plan([seen], overlap=1), tmp_path / "r", schema=observed_schema([]), hashes={"schema": "h"})
    assert (tmp_path / "r" / "anna" / "surgery-0.txt").read_bytes() == b"Seen by Dr. Moss.\r\n"
    assert (tmp_path / "r" / "ben" / "surgery-0.ann").read_bytes() == b""
    assert "[entities]" in (tmp_path / "r" / "annotation.conf").read_text()
    assert (tmp_path / "r" / "identifiers.csv").read_text() == "doc_id,kind,start,end\nsurgery-0,name,8,16\n"
    assert (tmp_path / "r" / "metadata.csv").read_text().splitlines()[1] == "surgery-0,A;B,P1,anna;ben,double"
    assert "/*/" in (tmp_path / ".gitignore").read_text()
    with pytest.raises(OutputExists):
        write_round(plan([document]), tmp_path / "r", schema=None, hashes={})


def test_round_that_people_annotated_is_not_replaced_even_by_force(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    write_round(plan(make_transcriptions(2), overlap=1), folder, schema=None, hashes={})
    write_round(plan(make_transcriptions(2), overlap=1), folder, schema=None, hashes={}, force=True)  # nothing in it
    (folder / "anna" / "surgery-0.ann").write_text("T1\tSymptom 0 5\tcough\n")
    before = hash_folder(folder)
    with pytest.raises(Refused, match=r"1 \.ann files .* remove the folder"):
        write_round(plan(make_transcriptions(2)), folder, schema=None, hashes={}, force=True)
    assert hash_folder(folder) == before


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"annotators": []}, "one or more"),
        ({"annotators": ["a", "a"]}, "different"),
        ({"annotators": ["ANNA", "anna"]}, "upper and lower case are one"),
        ({"annotators": ["anna", "gold"]}, "'gold' can't name an annotator"),
        ({"annotators": ["source"]}, "'source' can't name an annotator"),
        ({"annotators": ["Adjudication"]}, "'Adjudication' can't name an annotator"),
        ({"annotators": ["../a"]}, "folder"),
        ({"annotators": [".a"]}, "folder"),
        ({"overlap": 1.5}, "share from 0 to 1"),
    ],
)
def test_setting_that_makes_no_sense_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        plan(make_transcriptions(2), **changes)


@given(st.dictionaries(st.text(min_size=1, max_size=3), st.integers(1, 50), min_size=1), st.data())
def test_shares_add_up_and_never_exceed_what_there_is(sizes: dict[str, int], data: st.DataObject) -> None:
    total = data.draw(st.integers(0, sum(sizes.values())))
    shares = share_out(sizes, total)
    assert sum(shares.values()) == total
    assert all(0 <= shares[name] <= sizes[name] for name in sizes)
