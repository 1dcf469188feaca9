"""The report of a study: hostile names escaped, undefined figures shown as such, no words of a text."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from corpus_tools.assembly import Corpus, write_corpus
from corpus_tools.sentences import GoldRelation
from corpus_tools.standoff import EntityType, RelationType, Schema
from relext.comparison import StudySettings, describe_study, open_study, run_study, write_comparison
from tests.relext.tiny_models import CONFIG, DRUGS, SIGNS, tiny_corpus, tiny_parts

HOSTILE = "</script><script>alert(1)</script>"


def settings_of(**study: object) -> StudySettings:
    tables = {"seeds": [1], "systems": ["majority", "linear"], "reference": "linear", **study}
    return StudySettings.from_json({**CONFIG.to_json(), "study": tables})


def hostile_corpus(folder: Path) -> Corpus:
    """Write the tiny corpus with a label and document ids that want to be markup."""

    def rename(relation: GoldRelation) -> GoldRelation:
        return replace(relation, type=HOSTILE if relation.type == "treats" else relation.type)

    parts = {
        part: [replace(d, doc_id=f"<b>{d.doc_id}", relations=tuple(map(rename, d.relations))) for d in documents]
        for part, documents in tiny_parts().items()
    }
    # A schema is refused for such a name; gold is not.
    causes = RelationType("causes", frozenset({("Drug", "Sign")}))
    return write_corpus(folder, parts, schema=Schema((EntityType("Drug"), EntityType("Sign")), (causes,)))


def test_hostile_labels_and_sources_are_escaped(tmp_path: Path) -> None:
    settings = settings_of(sources=["<b>note-0", "<b>note-1"], cross_systems=["majority"])
    study = run_study(hostile_corpus(tmp_path / "corpus"), settings, tmp_path / "study")
    write_comparison(study, tmp_path / "study")
    page = (tmp_path / "study" / "report.html").read_text("utf-8")
    markdown = (tmp_path / "study" / "comparison.md").read_text("utf-8")
    assert "&lt;/script&gt;&lt;script&gt;" in page and "&lt;b&gt;note-0" in page
    assert "<script>" not in page and "<b>" not in page
    assert "<script>" not in markdown and "<b>" not in markdown


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    corpus = tiny_corpus(folder / "corpus")
    settings = settings_of(systems=["ours", "majority", "linear"], reference="ours")
    settings = replace(settings, training=replace(settings.training, curve_documents=4))
    write_comparison(run_study(corpus, settings, folder / "study"), folder / "study")
    return folder / "study"


def test_the_page_has_its_pictures_and_no_word_of_a_text(reported: Path) -> None:
    page = (reported / "report.html").read_text("utf-8")
    for heading in ("Systems", "F1 over training time", "F1 over prediction speed", "Training curves", "Against ours"):
        assert f">{heading}</h2>" in page
    assert page.count("<svg") == 3
    for path in reported.rglob("*"):
        text = path.read_text("utf-8") if path.is_file() else ""
        assert not [word for word in (*DRUGS, *SIGNS) if word in text], path


def test_the_record_has_every_figure(reported: Path) -> None:
    record = json.loads((reported / "comparison.json").read_text("utf-8"))
    assert (record["schema"], record["schema_version"]) == ("relext/comparison", 1)
    systems = {each["system"]: each for each in record["systems"]}
    # 4 notes: treats, causes, treats, causes; the majority of training is causes, 2 found, 2 missed, 2 invented.
    assert systems["majority"]["pooled"] | {"interval": None} == {
        **{"tp": 2, "fp": 2, "fn": 2, "f1": 0.5, "interval": None, "reason": None}
    }
    assert systems["linear"]["difference"]["seeds"] == [1]
    assert len(systems["ours"]["runs"][0]["epochs"]) == 2
    assert all(each["train_f1"] is not None for each in systems["ours"]["runs"][0]["epochs"])
    assert systems["ours"]["peak_memory_bytes"]["mean"] > 1 << 20
    assert record["missing"] == []
    assert record["protocol"]["gold_relations"] == 4


def test_a_study_without_a_run_is_reported_as_such(tmp_path: Path) -> None:
    study = open_study(tiny_corpus(tmp_path / "corpus"), settings_of(), tmp_path / "study")
    write_comparison(study, tmp_path / "study")
    markdown = (tmp_path / "study" / "comparison.md").read_text("utf-8")
    assert "| majority, seed 1 | not run yet |" in markdown
    assert "## Systems" not in markdown


def test_without_gold_the_report_says_so(tmp_path: Path) -> None:
    parts = tiny_parts()
    parts["validation"] = [replace(each, relations=(), pairs=()) for each in parts["validation"]]
    corpus = write_corpus(tmp_path / "corpus", parts, schema=Schema((), ()))
    write_comparison(run_study(corpus, settings_of(), tmp_path / "study"), tmp_path / "study")
    markdown = (tmp_path / "study" / "comparison.md").read_text("utf-8")
    assert "There is no gold relation to find" in markdown
    assert "NaN" not in (tmp_path / "study" / "comparison.json").read_text("utf-8")


def test_a_study_of_several_machines_says_that_speeds_do_not_compare(tmp_path: Path) -> None:
    corpus = tiny_corpus(tmp_path / "corpus")
    study = run_study(corpus, settings_of(systems=["ours", "majority"], reference="ours"), tmp_path / "study")
    (trained,) = (each for each in study.results if each is not None and each.machine)
    elsewhere = replace(trained, machine={**trained.machine, "device": "cuda"})
    several = replace(study, results=(trained, elsewhere))
    assert not [line for line in describe_study(study) if "don't compare" in line]
    assert [line for line in describe_study(several) if "don't compare" in line]
