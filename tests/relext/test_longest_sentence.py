"""Texts are cut into sentences as the model's corpus was, and what lies in an over-long one is told."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result

from corpus_tools.assembly import write_corpus
from relext import load
from relext.cli import relext
from relext.evaluation.end_to_end import assess_end_to_end
from relext.finding import find_documents
from relext.loop import Annotator, parse_transcription
from relext.loop.annotate import prepare_document
from relext.loop.tagging import tag_text
from relext.model import TrainedModel, write_model
from relext.training import train_model
from tests.relext.literal_documents import make_document
from tests.relext.tiny_models import CONFIG, SCHEMA, eager_finder, eager_model, tiny_model, tiny_parts

FILLER = "and so on " * 50  # 150 words without punctuation; with the six others 156
TEXT = f"The aspirin {FILLER}relieved his pain."
SIGN = TEXT.index("pain")
MENTIONS = [(4, 11, "Drug"), (SIGN, SIGN + 4, "Sign")]
LIST = "Pain, no fever, no rash."  # cut at its commas where it is too long


def write(folder: Path, *, max_words: int) -> Path:
    write_model(folder / "model", replace(eager_model(), max_words=max_words))
    return folder / "model"


def write_texts(folder: Path) -> Path:
    (folder / "texts").mkdir()
    (folder / "texts" / "note.txt").write_text(TEXT)
    (folder / "texts" / "note.ann").write_text(f"T1\tDrug 4 11\taspirin\nT2\tSign {SIGN} {SIGN + 4}\tpain\n")
    return folder / "texts"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(relext, [*map(str, arguments)])


def related_model(max_words: int) -> TrainedModel:
    """Return a model that states a relation between any two signs of a sentence."""
    document = make_document("Pain, rash.", "T1  Sign 0 4  Pain", "T2  Sign 6 10  rash", "R1  treats Arg1:T1 Arg2:T2")
    model = tiny_model([document])
    with torch.no_grad():
        model.network.no_relation_bias.fill_(-1e4)
    return replace(model, max_words=max_words)


def test_training_keeps_the_longest_sentence_of_its_corpus(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", tiny_parts(), schema=SCHEMA, settings={"max_words": 200})
    assert train_model(corpus, CONFIG.overridden(epochs=1)).max_words == 200


@pytest.mark.filterwarnings("ignore::relext.errors.MentionWarning")
@pytest.mark.parametrize(("max_words", "relations"), [(128, 0), (155, 0), (156, 1), (200, 1)])
def test_a_sentence_is_read_up_to_the_models_words(tmp_path: Path, max_words: int, relations: int) -> None:
    document = load(write(tmp_path, max_words=max_words)).predict(TEXT, mentions=MENTIONS)
    assert len(document.relations) == relations


def test_every_command_reads_as_many_words(tmp_path: Path) -> None:
    model, texts = write(tmp_path, max_words=200), write_texts(tmp_path)
    assert len(run("predict", model, texts).stdout.splitlines()) == 1
    assert json.loads(run("queue", model, texts, "--json").stdout)["documents"][0]["pairs"] == 1
    assert "T1 and T2 are" in run("explain", model, texts, "--pair", "T1", "T2").stdout
    record = json.loads(run("annotate", model, texts, "--out", tmp_path / "out", "--json").stdout)
    assert record["relations"] == 1


def test_mentions_are_looked_for_in_the_same_sentences() -> None:
    # "Pain, no fever, no rash." has 8 words; of at most 4: "Pain, no fever," is too long, "Pain," and so on are not.
    annotator = Annotator(replace(eager_model(), max_words=4), eager_finder(), "model")
    prepared = prepare_document(annotator, parse_transcription(LIST, "note"))
    assert prepared.segmented is not None
    assert [segment.text for segment in prepared.segmented.segments] == ["Pain,", "no fever,", "no rash."]
    assert len(tag_text(annotator, LIST)) == 8
    (found,) = find_documents(eager_finder(), [make_document(LIST)], max_words=4)
    assert [segment.text for segment in found.segments] == ["Pain,", "no fever,", "no rash."]


@pytest.mark.parametrize(("max_words", "is_read"), [(128, True), (3, False)])
def test_evaluation_from_the_text_alone_reads_the_same_sentences(max_words: int, is_read: bool) -> None:
    document = make_document("Pain and fever and rash.")
    assessed = assess_end_to_end(related_model(max_words), eager_finder(), [document], symmetric=(), seed=1)
    assert (assessed.relations.strict.fp > 0) == is_read


def test_mentions_in_over_long_sentences_are_counted(tmp_path: Path) -> None:
    model, texts = write(tmp_path, max_words=128), write_texts(tmp_path)
    told = "2 mentions lie in sentences of more than 128 words, which give no relation"
    predicted = run("predict", model, texts)
    assert (predicted.exit_code, predicted.stdout, told in predicted.stderr) == (0, "", True)
    assert json.loads(run("predict", model, texts, "--json").stdout)["over_long_mentions"] == 2
    annotated = run("annotate", model, texts, "--out", tmp_path / "out")
    assert "over long mentions" in annotated.stdout and told in annotated.stderr
    assert json.loads(run("queue", model, texts, "--json", "-q").stdout)["over_long_mentions"] == 2
    assert told in run("queue", model, texts).stderr


def test_documents_that_the_model_does_not_look_at_are_not_counted(tmp_path: Path) -> None:
    model, texts = write(tmp_path, max_words=128), write_texts(tmp_path)
    (texts / "other.txt").write_text("Fever.")
    (texts / "other.ann").write_text("T1\tSign 0 5\tFever\n")
    options = ("--out", tmp_path / "out", "--unaided", "0.5", "--json")
    records = [json.loads(run("annotate", model, texts, *options, "--seed", n, "--force").stdout) for n in range(8)]
    assert {record["over_long_mentions"] for record in records} == {0, 2}  # the lot falls on either


def test_nothing_is_said_where_no_sentence_is_over_long(tmp_path: Path) -> None:
    result = run("predict", write(tmp_path, max_words=200), write_texts(tmp_path))
    assert "mentions lie" not in result.stderr
