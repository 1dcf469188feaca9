"""A round is drawn by seed, shared out by overlap, never repeats a document, and writes the same bytes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_tools.errors import InputError, OutputExists, UsageError
from corpus_tools.rounds import RoundPlan, Transcription, plan_round, read_annotated_hashes, share_out, write_round
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
    annotated = read_annotated_hashes(tmp_path / "annotations")
    second = plan(transcriptions, size=6, annotated=annotated)
    ids = [{a.transcription.doc_id for a in each.assignments} for each in (first, second)]
    assert (len(ids[0]), len(ids[1]), ids[0] & ids[1]) == (6, 4, set())
    assert second.already_annotated == 6


def test_no_document_left_is_one_clear_error() -> None:
    (only,) = make_transcriptions(1)
    with pytest.raises(InputError, match="no document is left"):
        plan([only], annotated={only.text_hash})


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


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"annotators": []}, "one or more"),
        ({"annotators": ["a", "a"]}, "different"),
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
