"""The model card: figures of the record, names escaped, no word of a text."""

from dataclasses import replace
from pathlib import Path

from relext.model import OperatingPoint, Tuning, read_model, write_model
from relext.model.card import format_card
from relext.training import train_to_folder
from tests.relext.tiny_models import CONFIG, tiny_corpus, tiny_model

RECORD = {
    "corpus_hash": "0123abcd",
    "counts": {"train": {"documents": 30, "relations": 41, "pairs": 52}},
    "validation_f1": 0.75,
    "validation_labels": {"treats": {"precision": 0.5, "recall": None, "f1": 0.25, "gold": 7}},
    "calibration": {"temperature": 1.5, "predicted": 12, "error_before": 0.2, "error_after": 0.1},
}


def test_the_card_says_what_was_counted() -> None:
    points = {"treats": (OperatingPoint(0.61, 9, 8),)}  # 8 of 9 is .889: enough for .8, not for .9
    card = format_card(replace(tiny_model(), record=RECORD, tuning=Tuning(1.5, points)))
    for row in (
        "| documents | 30 | – |",
        "| treats | 0.500 | – | 0.250 | 7 |",
        "| all (micro) | – | – | 0.750 | – |",
        "| temperature | 1.500 |",
        "| treats | 0.610 | – | – |",
        "| labels | causes, treats |",
        "| words of a sentence that gives pairs | at most 128 |",
    ):
        assert row in card
    assert "0123abcd" in card


def test_an_empty_record_makes_a_card_all_the_same() -> None:
    assert "| relations | – | – |" in format_card(tiny_model())


def test_a_hostile_name_stays_in_its_cell() -> None:
    model = tiny_model()
    card = format_card(replace(model, scheme=replace(model.scheme, types=("<b>|x", "Sign"))))
    assert "<b>" not in card
    assert "&lt;b>\\|x" in card


def test_training_leaves_a_card_beside_the_model_without_a_word_of_the_texts(tmp_path: Path) -> None:
    corpus = tiny_corpus(tmp_path / "corpus")
    train_to_folder(corpus.path, tmp_path / "model", CONFIG.overridden(epochs=1))
    card = (tmp_path / "model" / "README.md").read_text("utf-8")
    assert "| documents | 12 | 4 |" in card
    assert "| relations | 12 | 4 |" in card
    assert "| epochs | 1 run, the best by validation F1 kept |" in card
    words = {mention.text for document in corpus.documents("train") for mention in document.mentions}
    assert not [word for word in words if word in card]


def test_a_card_does_not_speak_of_a_validation_that_there_was_not() -> None:
    model = replace(tiny_model(), record={"epochs": [{"validation_f1": None}, {"validation_f1": None}]})
    assert "| epochs | 2 run, the last kept: there was no validation F1 |" in format_card(model)


def test_a_card_that_someone_edited_does_not_spoil_the_model(tmp_path: Path) -> None:
    write_model(tmp_path / "model", tiny_model())
    (tmp_path / "model" / "README.md").write_text("Better words.")
    assert read_model(tmp_path / "model", device="cpu").scheme.labels == ("NO_RELATION", "causes", "treats")
