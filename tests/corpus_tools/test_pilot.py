"""The pilot that ships is what the README says: invented notes, two annotators who really differ, gold."""

import csv
import statistics
from pathlib import Path

import pytest

from corpus_tools.agreement import Survey, SurveyOptions, survey_agreement
from corpus_tools.sentences import count_words, segment_text
from corpus_tools.standoff import AlignedDocument, read_project, read_schema

FOLDERS = ("annotator-a", "annotator-b", "gold")


@pytest.fixture(scope="module")
def pilot(project: Path) -> Path:
    return project / "annotations" / "pilot"


@pytest.fixture(scope="module")
def gold(pilot: Path) -> list[AlignedDocument]:
    return list(read_project(pilot / "gold"))


@pytest.fixture(scope="module")
def survey(pilot: Path) -> Survey:
    return survey_agreement(pilot, SurveyOptions(modes=("exact",), samples=10))


def test_there_are_enough_notes_of_enough_specialties_and_kinds(pilot: Path, gold: list[AlignedDocument]) -> None:
    rows = list(csv.DictReader((pilot / "metadata.csv").read_text("utf-8").splitlines()))
    specialties = {specialty for row in rows for specialty in row["specialty"].split(";")}
    assert len(gold) == len(rows) >= 40
    assert {row["doc_id"] for row in rows} == {aligned.document.doc_id for aligned in gold}
    assert len(specialties) >= 5
    assert {"admission", "consult", "discharge", "operative", "imaging", "progress"} <= {row["kind"] for row in rows}


def test_notes_have_the_length_and_the_annotations_of_real_ones(gold: list[AlignedDocument]) -> None:
    documents = [aligned.document for aligned in gold]
    assert statistics.median(count_words(document.text) for document in documents) >= 150
    assert statistics.median(len(document.textbounds) for document in documents) >= 20
    assert statistics.median(len(document.relations) for document in documents) >= 8


def test_no_sentence_stands_in_two_notes(gold: list[AlignedDocument]) -> None:
    owners: dict[str, str] = {}
    twice = []
    for aligned in gold:
        text = aligned.document.text
        for sentence in {" ".join(text[span.start : span.end].split()) for span in segment_text(text)}:
            is_header = sentence.endswith(":") or sentence.isupper() or count_words(sentence) < 3
            if (
                not is_header
                and owners.setdefault(sentence.lower(), aligned.document.doc_id) != aligned.document.doc_id
            ):
                twice.append(sentence)
    assert twice == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_line_is_sound_and_within_the_schema(pilot: Path, project: Path, folder: str) -> None:
    schema = read_schema(project / "guidelines" / "schema.toml")
    for aligned in read_project(pilot / folder):
        assert (aligned.rejects, aligned.repairs, aligned.warnings) == ((), (), ())
        document = aligned.document
        for relation in document.relations:
            ends = [document.resolve(target) for target in (relation.arg1, relation.arg2)]
            assert ends[0] is not None and ends[1] is not None
            assert schema.allows(relation.type, ends[0].type, ends[1].type)


def test_texts_are_the_same_for_all(pilot: Path) -> None:
    texts = [{path.name: path.read_bytes() for path in (pilot / folder).glob("*.txt")} for folder in FOLDERS]
    assert texts[0] == texts[1] == texts[2]


def test_annotators_really_differ(survey: Survey) -> None:
    scores = survey.agreement.scores
    entities, relations = (scores[layer, "exact"].total.f1.value for layer in ("entities", "relations"))
    assert entities is not None and 0.75 <= entities <= 0.90
    assert relations is not None and 0.55 <= relations <= 0.80


def test_they_differ_in_every_way_that_people_do(survey: Survey) -> None:
    kinds = {finding.kind for finding in survey.agreement.pairs[0].findings}
    assert {"missing-mention", "boundary", "type", "label", "missing-relation", "attribute-value"} <= kinds


def test_readme_says_that_all_is_invented(project: Path) -> None:
    assert "The pilot's notes, annotators and reviewer are invented." in (project / "README.md").read_text("utf-8")
