"""Runs of a study: kept by hash, resumed, shared, locked; one protocol for every system."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from corpus_tools.assembly import Corpus, CorpusDocument, write_corpus
from corpus_tools.errors import InputError, UsageError
from relext.comparison import Study, StudySettings, measure_study, open_study, run_study
from relext.comparison import study as study_module
from relext.comparison.results import lock_result, result_path
from relext.comparison.runs import list_switched_on, mark_pairs
from relext.prediction import PredictedRelation
from relext.training import EpochReport
from tests.relext.literal_documents import SCHEME, make_document
from tests.relext.tiny_models import CONFIG, SCHEMA, tiny_corpus, tiny_parts


def settings_of(**study: object) -> StudySettings:
    tables = {"seeds": [1], "systems": ["majority"], **study}
    return StudySettings.from_json({**CONFIG.to_json(), "study": tables})


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return tiny_corpus(tmp_path_factory.mktemp("corpus") / "corpus")


def count_runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows by the name of each run that is made."""
    made, execute = list[str](), study_module.execute_run

    def counting(run, watch):  # type: ignore[no-untyped-def]
        made.append(run.system.name)
        return execute(run, watch)

    monkeypatch.setattr(study_module, "execute_run", counting)
    return made


def test_what_is_there_is_not_run_again(corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = count_runs(monkeypatch)
    first = run_study(corpus, settings_of(systems=["majority", "linear"]), tmp_path)
    again = run_study(corpus, settings_of(systems=["linear", "majority"]), tmp_path)
    assert made == ["majority", "linear"]
    assert first.missing == again.missing == ()
    assert first.results == again.results[::-1]


def test_systems_with_the_same_settings_share_one_run(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = count_runs(monkeypatch)
    heads = f"heads-{CONFIG.model.heads}"
    study = run_study(corpus, settings_of(systems=["ours", heads]), tmp_path)
    assert made == ["ours"]
    assert study.results[0] == study.results[1] is not None


def keys(study: Study) -> list[str]:
    return [run.key for run in study.runs]


def test_whatever_could_change_a_figure_changes_the_key(corpus: Corpus, tmp_path: Path) -> None:
    def key(**study: object) -> str:
        return keys(open_study(corpus, settings_of(systems=["ours"], **study), tmp_path))[0]

    base = key()
    changed = [
        key(seeds=[2]),
        key(evaluated_part="test"),
        key(train_documents=6),
        key(train_documents=6, subset_seed=99),
        key(equal_minutes=1),
    ]
    other = tiny_corpus(tmp_path / "other", train=10)
    changed.append(keys(open_study(other, settings_of(systems=["ours"]), tmp_path))[0])
    changed += keys(open_study(corpus, settings_of(systems=["softmax", "preprocessed", "linear"]), tmp_path))
    assert key() == base
    assert len({base, *changed}) == 1 + len(changed)


def test_a_baseline_has_one_run_whatever_the_seeds(corpus: Corpus, tmp_path: Path) -> None:
    study = open_study(corpus, settings_of(systems=["linear", "ours"], seeds=[1, 2]), tmp_path)
    assert [(run.system.name, run.seed) for run in study.runs] == [("linear", 1), ("ours", 1), ("ours", 2)]


class Stopped(Exception):
    """Stand in for a run that is killed."""


def test_a_stopped_run_goes_on_to_the_same_figures(corpus: Corpus, tmp_path: Path) -> None:
    def stop(each: EpochReport) -> None:
        if each.epoch == 2:  # the checkpoint of the first epoch is written, that of the second is not
            raise Stopped

    settings = settings_of(systems=["ours"])
    whole = run_study(corpus, settings, tmp_path / "whole")
    with pytest.raises(Stopped):
        run_study(corpus, settings, tmp_path / "study", report=stop)
    key = keys(whole)[0]
    assert not result_path(tmp_path / "study", key).exists()
    assert list((tmp_path / "study" / "running" / key).iterdir())
    seen = list[int]()
    resumed = run_study(corpus, settings, tmp_path / "study", report=lambda each: seen.append(each.epoch))
    assert seen == [2]
    assert resumed.results[0].documents == whole.results[0].documents  # type: ignore[union-attr]
    assert not (tmp_path / "study" / "running" / key).exists()


def test_a_run_that_another_process_holds_is_left_to_it(corpus: Corpus, tmp_path: Path) -> None:
    settings, said = settings_of(systems=["majority", "linear"]), list[str]()
    held = keys(open_study(corpus, settings, tmp_path))[0]
    with lock_result(tmp_path, held):
        study = run_study(corpus, settings, tmp_path, say=said.append)
    assert [run.system.name for run in study.missing] == ["majority"]
    assert any("left to another process" in line for line in said)


def test_a_changed_result_is_refused_by_name(corpus: Corpus, tmp_path: Path) -> None:
    settings = settings_of()
    path = result_path(tmp_path, keys(run_study(corpus, settings, tmp_path))[0])
    record = json.loads(path.read_text("utf-8"))
    record["figures"]["documents"][0]["tp"] += 1
    path.write_text(json.dumps(record), "utf-8")
    with pytest.raises(InputError, match="has changed since it was written"):
        open_study(corpus, settings, tmp_path)
    path.rename(path.with_name(f"{'0' * 32}.json"))
    study = open_study(corpus, settings, tmp_path)
    assert (len(study.missing), study.strangers) == (1, 1)


def test_a_choice_that_the_study_lacks_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not have ours, 7; it has the systems majority; seeds 1"):
        run_study(corpus, settings_of(), tmp_path, only=["ours"], seeds=[7])


def test_only_and_seeds_choose_what_is_run_now(corpus: Corpus, tmp_path: Path) -> None:
    settings = settings_of(systems=["majority", "linear"], seeds=[1, 2])
    study = run_study(corpus, settings, tmp_path, only=["linear"], seeds=[2])
    assert [run.system.name for run in study.missing] == ["majority"]


def test_systems_learn_from_one_source_and_are_scored_on_all(tmp_path: Path) -> None:
    parts = {
        part: [replace(each, doc_id=f"{'odd' if n % 2 else 'even'}/{n}") for n, each in enumerate(documents)]
        for part, documents in tiny_parts().items()
    }
    corpus = write_corpus(tmp_path / "corpus", parts, schema=SCHEMA)
    settings = settings_of(sources=["even/", "odd/"], cross_systems=["majority"])
    study = run_study(corpus, settings, tmp_path / "study")
    assert [run.source for run in study.runs] == ["", "even/", "odd/"]
    assert [len(run.selection.parts["train"]) for run in study.runs] == [12, 6, 6]
    # Even notes hold treats alone, odd ones causes: each baseline finds its own half and invents the other.
    counts = [sum((each.tp, each.fp, each.fn)) for each in study.results[1].documents]  # type: ignore[union-attr]
    assert [each.tp for each in study.results[1].documents] == [1, 0, 1, 0]  # type: ignore[union-attr]
    assert [each.tp for each in study.results[2].documents] == [0, 1, 0, 1]  # type: ignore[union-attr]
    assert counts == [1, 2, 1, 2]


def test_a_study_without_gold_has_figures_without_a_value(tmp_path: Path) -> None:
    def bare(document: CorpusDocument) -> CorpusDocument:
        return replace(document, relations=(), pairs=())

    parts = tiny_parts()
    parts["validation"] = [bare(each) for each in parts["validation"]]
    corpus = write_corpus(tmp_path / "corpus", parts, schema=SCHEMA)
    study = run_study(corpus, settings_of(systems=["ours", "majority", "linear"]), tmp_path / "study")
    figures = measure_study(study)
    assert study.missing == ()
    assert all(each.recall.mean is None for each in figures)
    assert all(each.f1.mean in (None, 0.0) for each in figures)


def test_pairs_are_marked_right_where_gold_and_prediction_agree() -> None:
    document = make_document(
        "Aspirin and heparin for pain.",
        *("T1  Drug 0 7  Aspirin", "T2  Drug 12 19  heparin", "T3  Sign 24 28  pain", "R1  treats Arg1:T1 Arg2:T3"),
    )
    right, other = PredictedRelation("treats", "T1", "T3", 0.9), PredictedRelation("treats", "T2", "T3", 0.9)
    # Pairs: aspirin with pain, heparin with pain.
    assert mark_pairs(document, [right], SCHEME) == "11"
    assert mark_pairs(document, [right, other], SCHEME) == "10"
    assert mark_pairs(document, [], SCHEME) == "01"
    assert mark_pairs(document, [PredictedRelation("treats", "T3", "T1", 0.9)], SCHEME) == "01"


def test_a_setting_that_is_off_is_no_part_of_the_key() -> None:
    config = CONFIG.overridden(word_dropout=0.0, recurrence="none", sentence_level=False, heads=4)
    found = list_switched_on(config)
    assert {"word_dropout", "recurrence", "sentence_level", "max_minutes"}.isdisjoint(found)
    assert (found["heads"], found["sentence_dropout"]) == (4, 0.3)
    assert "layer_decay" not in found  # off at 1, not at 0
    assert list_switched_on(config.overridden(layer_decay=0.9))["layer_decay"] == 0.9


def test_checkpoints_that_a_kill_left_beside_a_result_are_removed(corpus: Corpus, tmp_path: Path) -> None:
    settings = settings_of()
    left = tmp_path / "running" / keys(run_study(corpus, settings, tmp_path))[0]
    (left / "step-00000001").mkdir(parents=True)
    run_study(corpus, settings, tmp_path)
    assert not left.exists()
