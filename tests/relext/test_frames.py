"""Frames are right as a whole or not at all."""

from dataclasses import replace
from pathlib import Path

import pytest

from corpus_tools.assembly import CorpusDocument, collect_relations, write_corpus
from corpus_tools.sentences import GoldRelation
from corpus_tools.standoff import parse_document
from relext.evaluation import assess_model, build_record, list_sentences, score_frames
from relext.evaluation.frames import frames_of
from relext.prediction import PredictedRelation
from tests.relext.tiny_models import SCHEMA, tiny_document, tiny_model

TEXT = "give aspirin today stop heparin"
ANN = (
    "T1\tGive 0 4\tgive\nT2\tDrug 5 12\taspirin\nT3\tTime 13 18\ttoday\nT4\tStop 19 23\tstop\nT5\tDrug 24 31\theparin\n"
    "E1\tGive:T1 Theme:T2 When:T3\nE2\tStop:T4 Theme:T5\nR1\tnear Arg1:T2 Arg2:T5\n"
)


def document(*further: GoldRelation, ann: str = ANN) -> CorpusDocument:
    read = parse_document(TEXT, ann, doc_id="note").document
    relations = collect_relations(read, events=True, equivalences=False)
    return CorpusDocument("note", TEXT, relations=(*relations, *further))


def score(*predicted: tuple[str, str, str], gold: CorpusDocument | None = None) -> tuple[int, int, int]:
    """Return true positives, false positives, false negatives."""
    relations = [PredictedRelation(*each, probability=0.9) for each in predicted]
    scores = score_frames([gold or document()], {"note": relations})
    assert scores is not None
    return scores.tp, scores.fp, scores.fn


@pytest.mark.parametrize(
    ("predicted", "counts"),
    [
        ([("Theme", "T1", "T2"), ("When", "T1", "T3"), ("Theme", "T4", "T5")], (2, 0, 0)),
        ([("Theme", "T1", "T2"), ("Theme", "T4", "T5")], (1, 1, 1)),
        ([("Theme", "T1", "T2"), ("When", "T1", "T3"), ("When", "T4", "T3"), ("Theme", "T4", "T5")], (1, 1, 1)),
        ([("Theme", "T2", "T1")], (0, 1, 2)),
        ([], (0, 0, 2)),
    ],
)
def test_a_frame_needs_all_its_arguments_and_no_other(
    predicted: list[tuple[str, str, str]], counts: tuple[int, int, int]
) -> None:
    assert score(*predicted) == counts


def test_only_arguments_of_events_make_frames() -> None:
    relations = [GoldRelation(id, "Theme", "T1", "T2", "candidate") for id in ("R1", "R1:0", "E1", "E2:0")]
    assert frames_of(relations) == {"E2": ("T1", frozenset({("Theme", "T2")}))}


def test_relations_that_are_no_roles_make_no_frame() -> None:
    assert score(("near", "T2", "T5")) == (0, 0, 2)


def test_two_events_of_one_trigger_are_two_frames() -> None:
    twice = document(ann=ANN + "E3\tGive:T1 Theme:T5\n")
    assert score(("Theme", "T1", "T5"), gold=twice) == (1, 0, 2)
    assert score(("Theme", "T1", "T2"), ("When", "T1", "T3"), ("Theme", "T1", "T5"), gold=twice) == (0, 1, 3)


def test_a_relation_of_three_arguments_is_a_frame_that_is_missed() -> None:
    n_ary = GoldRelation("R9", "all", "T1", "T2", "n-ary")
    assert score(("Theme", "T4", "T5"), gold=document(n_ary)) == (1, 0, 2)


def test_without_events_there_is_nothing_to_score() -> None:
    bare = replace(document(), relations=(GoldRelation("R1", "near", "T2", "T5"),))
    assert score_frames([bare], {}) is None


def test_an_evaluation_states_the_frames_of_its_corpus(tmp_path: Path) -> None:
    notes = [tiny_document(number) for number in range(4)]
    events = [replace(each, relations=(replace(each.relations[0], id="E1:1"),)) for each in notes]
    corpus = write_corpus(tmp_path / "corpus", {"test": events}, schema=SCHEMA)
    assessment = assess_model(tiny_model(notes), corpus, name="m")
    assert assessment.frames is not None
    assert assessment.frames.gold == 4
    frames = build_record(assessment)["frames"]
    assert isinstance(frames, dict)
    assert frames["tp"] + frames["fn"] == 4
    assert any(sentence.startswith("Frames (events") for sentence in list_sentences(assessment))
