"""`relext eval` through its runner, on a tiny model with random weights."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from corpus_tools.assembly import Corpus, write_corpus
from corpus_tools.errors import CorpusError, InputError
from corpus_tools.standoff import EntityType, RelationType, Schema
from corpus_tools.storage import hash_text
from relext.cli import relext
from relext.evaluation import fit_majority, format_majority
from relext.model import OperatingPoint, Tuning, write_model
from tests.relext.literal_documents import make_document
from tests.relext.tiny_models import tiny_corpus, tiny_document, tiny_finder, tiny_model


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return tiny_corpus(tmp_path_factory.mktemp("corpus") / "corpus")


@pytest.fixture(scope="module")
def model(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    documents = list(corpus.documents("train"))
    model = tiny_model(documents)
    record = {"majority": format_majority(fit_majority(documents, model.scheme))}
    hashes = frozenset(hash_text(document.text) for document in documents)
    folder = tmp_path_factory.mktemp("model") / "model"
    write_model(folder, replace(model, record=record, document_hashes=hashes), finder=tiny_finder(documents))
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(relext, ["eval", *map(str, arguments)])


def corpus_of(folder: Path, text: str, *lines: str, label: str = "treats") -> Path:
    """Write a corpus with one test document."""
    schema = Schema((EntityType("Drug"), EntityType("Sign")), (RelationType(label, frozenset({("Drug", "Sign")})),))
    write_corpus(folder, {"test": [make_document(text, *lines)]}, schema=schema)
    return folder


def test_figures_and_protocol_are_printed(model: Path, corpus: Corpus) -> None:
    result = run(model, corpus.path)
    assert result.exit_code == 0, result.output
    for part in (
        "majority label by type pair",
        "By label",
        "treats",
        "recall can't exceed",
        "gold mentions",
        "scratch",
    ):
        assert part in result.stdout
    assert "Next: relext annotate" in result.stderr


def test_a_corpus_cut_into_other_sentences_than_the_models_is_told(model: Path, corpus: Corpus, tmp_path: Path) -> None:
    documents = {"test": corpus.documents("test")}
    other = write_corpus(tmp_path / "c", documents, schema=corpus.schema, settings={"max_words": 40})
    told = "was built with --max-words 40, but the model cuts texts at 128 words"
    assert told in run(model, other.path).stderr
    assert "was built with" not in run(model, corpus.path).stderr


def test_json_is_one_object_with_its_schema(model: Path, corpus: Corpus) -> None:
    record = json.loads(run(model, corpus.path, "--json", "-q").stdout)
    assert (record["schema"], record["schema_version"]) == ("relext/evaluation", 1)
    gold = sum(len(document.relations) for document in corpus.documents("test"))
    assert record["micro"]["tp"] + record["micro"]["fn"] == gold
    assert record["ceiling"]["gold"] == gold
    assert record["protocol"]["corpus_hash"] == corpus.hash
    assert 0 <= record["majority"]["p_value"] <= 1
    assert record["throughput"]["tokens"] > 0


def test_found_mentions_are_scored_beside_gold_ones(model: Path, corpus: Corpus, tmp_path: Path) -> None:
    result = run(model, corpus.path, "--mentions", "found", "--out", tmp_path / "e")
    assert result.exit_code == 0, result.output
    page, text = ((tmp_path / "e" / name).read_text("utf-8") for name in ("report.html", "evaluation.md"))
    for heading in ("From the text alone", "Mentions by type", "Mentions by shape", "went wrong"):
        assert heading in result.stdout and heading in page and heading in text
    found = json.loads((tmp_path / "e" / "evaluation.json").read_text("utf-8"))["end_to_end"]
    gold = list(corpus.documents("test"))
    assert found["mentions"]["strict"]["tp"] + found["mentions"]["strict"]["fn"] == sum(len(d.mentions) for d in gold)
    assert sum(found["relations"]["missed"].values()) == found["relations"]["strict"]["fn"]
    assert sum(row["fn"] for row in found["relations"]["documents"]) == found["relations"]["strict"]["fn"]


def test_found_mentions_need_a_finder(corpus: Corpus, tmp_path: Path) -> None:
    write_model(tmp_path / "model", tiny_model())
    result = run(tmp_path / "model", corpus.path, "--mentions", "found")
    assert isinstance(result.exception, CorpusError)
    assert result.exception.exit_code == 3
    assert "relext train --mentions" in str(result.exception)


def test_a_wanted_precision_counts_only_relations_at_their_labels_thresholds(corpus: Corpus, tmp_path: Path) -> None:
    trained = tiny_model(list(corpus.documents("train")))
    points = {"treats": (OperatingPoint(0.0, 9, 9),)}  # every "treats", and no "causes"
    write_model(tmp_path / "model", replace(trained, tuning=Tuning(2.0, points)))
    record = json.loads(run(tmp_path / "model", corpus.path, "--json", "--precision-target", 0.9).stdout)
    assert record["protocol"]["precision_target"] == 0.9
    assert record["temperature"] == 2.0
    assert record["labels"]["causes"]["tp"] + record["labels"]["causes"]["fp"] == 0


def test_at_temperature_1_both_calibrations_are_the_same(model: Path, corpus: Corpus) -> None:
    record = json.loads(run(model, corpus.path, "--json").stdout)
    assert record["temperature"] == 1.0
    assert record["uncalibrated"]["error"] == pytest.approx(record["calibration"]["error"], abs=1e-5)
    assert [b["count"] for b in record["uncalibrated"]["bins"]] == [b["count"] for b in record["calibration"]["bins"]]


def test_mistakes_bring_the_attention_of_their_pair(model: Path, corpus: Corpus) -> None:
    mistakes = json.loads(run(model, corpus.path, "--json").stdout)["mistakes"]
    assert mistakes
    for mistake in mistakes:
        assert 0 <= mistake["probability"] <= 1
        assert sum(word["weight"] for word in mistake["words"]) == pytest.approx(1, abs=0.01)


def test_another_part_can_be_asked_for_and_training_texts_are_told_apart(model: Path, corpus: Corpus) -> None:
    record = json.loads(run(model, corpus.path, "--json", "--split", "train").stdout)
    assert len(record["overlap"]["documents"]) == len(record["documents"])
    assert record["overlap"]["others"]["reason"] == "no gold relation and none predicted"


def test_out_gets_the_three_reports(model: Path, corpus: Corpus, tmp_path: Path) -> None:
    assert run(model, corpus.path, "--out", tmp_path / "evaluation").exit_code == 0
    found = sorted(path.name for path in (tmp_path / "evaluation").iterdir())
    assert found == ["evaluation.json", "evaluation.md", "report.html"]


def test_same_seed_same_figures(model: Path, corpus: Corpus) -> None:
    first, second = (json.loads(run(model, corpus.path, "--json", "--seed", 4).stdout) for _ in range(2))
    assert first | {"throughput": 0} == second | {"throughput": 0}


def test_an_existing_output_is_kept_unless_forced(model: Path, corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    result = run(model, corpus.path, "--out", tmp_path)
    assert isinstance(result.exception, CorpusError)
    assert result.exception.exit_code == 2
    assert "--force" in str(result.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_missed_gate_ends_with_6_after_the_report_is_written(model: Path, corpus: Corpus, tmp_path: Path) -> None:
    result = run(model, corpus.path, "--fail-under", "recall=1", "--fail-under", "precision=1", "--out", tmp_path / "e")
    assert isinstance(result.exception, CorpusError)
    assert result.exception.exit_code == 6
    assert "expected at least 1" in str(result.exception)
    assert (tmp_path / "e" / "evaluation.json").exists()


def test_a_gate_that_is_none_is_a_usage_error_before_any_work(model: Path, corpus: Corpus) -> None:
    result = run(model, corpus.path, "--fail-under", "f1=seventy")
    assert isinstance(result.exception, CorpusError)
    assert result.exception.exit_code == 2


def test_an_unknown_label_counts_as_missed_and_is_named(model: Path, tmp_path: Path) -> None:
    text = "The aspirin relieved his pain."
    mentions = ("T1  Drug 4 11  aspirin", "T2  Sign 25 29  pain")
    relations = ("R1  treats Arg1:T1 Arg2:T2", "R2  worsens Arg1:T1 Arg2:T2")
    record = json.loads(run(model, corpus_of(tmp_path / "c", text, *mentions, *relations), "--json").stdout)
    assert record["unknown_labels"] == {"worsens": 1}
    assert record["labels"]["worsens"]["fn"] == 1
    assert record["micro"]["tp"] + record["micro"]["fn"] == 2


def test_a_type_that_training_never_saw_is_told(model: Path, tmp_path: Path) -> None:
    text = "The aspirin relieved his pain."
    lines = ("T1  DRUG 4 11  aspirin", "T2  Sign 25 29  pain", "R1  treats Arg1:T1 Arg2:T2")
    result = run(model, corpus_of(tmp_path / "c", text, *lines), "--json")
    assert json.loads(result.stdout)["unknown_types"] == {"DRUG": 1}
    assert "so none is related: DRUG (1; did you mean Drug?)" in result.stderr
    assert "whose gold relations count as missed: DRUG (1)." in run(model, tmp_path / "c").stdout


def test_a_corpus_without_a_common_label_is_refused_with_both_lists(model: Path, tmp_path: Path) -> None:
    text = "Aspirin near pain."
    lines = ("T1  Drug 0 7  Aspirin", "T2  Sign 13 17  pain", "R1  near Arg1:T1 Arg2:T2")
    result = run(model, corpus_of(tmp_path / "c", text, *lines, label="near"))
    assert isinstance(result.exception, CorpusError)
    assert result.exception.exit_code == 3
    assert "the corpus has near, the model causes, treats" in str(result.exception)
    assert "Aspirin" not in str(result.exception)


def test_without_gold_figures_are_null_with_a_reason(model: Path, tmp_path: Path) -> None:
    record = json.loads(run(model, corpus_of(tmp_path / "c", "He slept well."), "--json").stdout)
    assert (record["micro"]["f1"], record["micro"]["reason"]) == (None, "no gold relation and none predicted")
    assert (record["ceiling"]["recall"], record["majority"]["f1"]) == (None, None)


def test_an_empty_part_is_one_clear_line(model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "c"
    write_corpus(folder, {"train": [tiny_document(0)]}, schema=Schema((), ()))
    result = run(model, folder)
    assert isinstance(result.exception, CorpusError)
    assert result.exception.exit_code == 3
    assert "its part test holds no document" in str(result.exception)


def test_arguments_that_were_exchanged_are_told(model: Path, corpus: Corpus) -> None:
    result = run(corpus.path, model)
    assert isinstance(result.exception, InputError)
    assert str(result.exception).endswith("is a built corpus, where a model folder is needed; were the two exchanged?")


@pytest.mark.parametrize("place", ["model", "corpus"])
def test_a_missing_folder_is_one_clear_line(model: Path, corpus: Corpus, tmp_path: Path, place: str) -> None:
    nowhere = tmp_path / "nowhere"
    result = run(nowhere if place == "model" else model, corpus.path if place == "model" else nowhere)
    assert isinstance(result.exception, CorpusError)
    assert result.exception.exit_code == 3
    assert "there is no such" in str(result.exception)


def test_words_of_the_text_are_shown_only_on_request(model: Path, corpus: Corpus, tmp_path: Path) -> None:
    run(model, corpus.path, "--out", tmp_path / "silent")
    run(model, corpus.path, "--out", tmp_path / "telling", "--show-text")
    words = {mention.text for document in corpus.documents("test") for mention in document.mentions}
    silent = "".join(path.read_text("utf-8") for path in (tmp_path / "silent").iterdir())
    telling = "".join(path.read_text("utf-8") for path in (tmp_path / "telling").iterdir())
    assert not [word for word in words if word in silent]
    assert [word for word in words if word in telling]


def test_help_has_an_example() -> None:
    assert "relext eval model corpus" in run("--help").output
