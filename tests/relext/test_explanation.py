"""Explanations of a pair, on networks whose emissions and transitions are written by hand.

The running example is in the spirit of the paper's: a drug, a sign that it relieved, and a sign that it brought about.
"""

import itertools
from dataclasses import replace

import pytest
import torch

from corpus_tools.assembly import CorpusDocument
from corpus_tools.errors import InputError
from corpus_tools.standoff import Span
from relext.explanation import FIRST_OF_ALL, LINK_NAMES, PairExplanation, explain_pair, read_chains
from relext.model import TrainedModel
from relext.prediction import predict_documents
from tests.relext.literal_documents import make_document
from tests.relext.test_prediction import decided
from tests.relext.tiny_models import STEADY, crowded_document, tiny_model

TEXT = "Codeine settled her cough but brought on nausea."
#       0       8       16        26           39
EXAMPLE = make_document(
    TEXT,
    "T1  Drug 0 7  Codeine",
    "T2  Sign 20 25  cough",
    "T3  Sign 41 47  nausea",
    "R1  treats Arg1:T1 Arg2:T2",
    "R2  causes Arg1:T1 Arg2:T3",
)
LABELS = ("NO_RELATION", "causes", "treats")


def example_model(decoder: str = "linked-crf") -> TrainedModel:
    """Return a model that finds "treats" a little likelier than "causes" for every pair, and rarely twice in a row."""
    model = tiny_model([EXAMPLE], config=STEADY.overridden(decoder=decoder))
    assert model.scheme.labels == LABELS
    torch.nn.init.zeros_(model.network.emission[3].weight)
    with torch.no_grad():
        model.network.emission[3].bias.copy_(torch.tensor([0.0, 1.0, 1.5]))
        if decoder != "softmax":
            model.network.decoder.start[2] = 0.25
            model.network.decoder.transitions[0, 2, 2] = -2.0  # same first mention: no second "treats"
    return model


def explained(model: TrainedModel, first: str = "T1", second: str = "T3") -> PairExplanation:
    return explain_pair(model, EXAMPLE, first, second)


def score_sequences(found: PairExplanation) -> dict[tuple[str, str], float]:
    """Score all nine sequences of the example from what its explanation says."""
    emission, start, move = found.emissions, found.transitions[FIRST_OF_ALL][""], found.transitions[LINK_NAMES[0]]
    pairs = itertools.product(LABELS, repeat=2)
    return {(a, b): start[a] + emission[a] + move[a][b] + emission[b] for a, b in pairs}


def test_the_running_example_shows_what_the_chain_changed() -> None:
    found = explained(example_model())
    # treats treats .25 + 1.5 + 1.5 - 2 = 1.25; causes treats 1 + 1.5 = 2.5; treats causes .25 + 1.5 + 1 = 2.75.
    assert (found.alone, found.label) == ("treats", "causes")
    assert [step.label for step in found.path] == ["treats", "causes"]
    assert found.transitions["same first mention"]["treats"]["treats"] == -2.0
    assert found.transitions["new sentence"]["treats"]["treats"] == 0.0


def test_its_emissions_are_those_of_its_own_labels() -> None:
    assert explained(example_model()).emissions == {"NO_RELATION": 0.0, "causes": 1.0, "treats": 1.5}


def test_its_path_is_the_best_of_all_sequences_and_adds_up() -> None:
    found = explained(example_model())
    score = sum(step.emission + step.transition for step in found.path)
    assert score == pytest.approx(max(score_sequences(found).values())) == 2.75
    assert [(step.first, step.second, step.link) for step in found.path] == [
        ("T1", "T2", FIRST_OF_ALL),
        ("T1", "T3", "same first mention"),
    ]
    assert found.place == 1


def test_its_marginals_are_the_shares_of_all_sequences() -> None:
    found = explained(example_model())
    scores = score_sequences(found)
    shares = dict(zip(scores, torch.tensor(list(scores.values())).softmax(0).tolist(), strict=True))
    expected = {label: sum(share for (_, last), share in shares.items() if last == label) for label in LABELS}
    assert found.marginals == pytest.approx(expected)
    assert found.marginals == pytest.approx({"NO_RELATION": 0.171, "causes": 0.465, "treats": 0.364}, abs=5e-4)
    assert found.marginals == found.uncalibrated


def test_its_words_are_the_sentences_in_the_sources_own_characters() -> None:
    found = explained(example_model())
    assert [TEXT[word.span.start : word.span.end] for word in found.words] == [*TEXT[:-1].split(), "."]
    assert sum(word.weight for word in found.words) == pytest.approx(1, abs=1e-5)


def test_either_order_of_the_mentions_names_the_same_pair() -> None:
    model = example_model()
    assert explained(model, "T3", "T1") == explained(model)


def test_labels_decided_one_by_one_have_no_transitions() -> None:
    found = explained(example_model("softmax"))
    assert (found.label, found.transitions) == ("treats", {})
    assert {step.transition for step in found.path} == {0.0}


def test_one_kind_of_link_is_any_link() -> None:
    assert set(explained(example_model("crf")).transitions) == {FIRST_OF_ALL, "any link"}


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ("T1", "T9", "has no mention T9; it has T1, T2, T3"),
        ("T1", "T1", "a pair needs two mentions; T1 is named twice"),
        ("T3", "T2", "T3 and T2 are no candidate pair: training related no Sign to a Sign after it"),
    ],
)
def test_what_is_no_pair_is_refused_without_the_text(first: str, second: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        explained(example_model(), first, second)
    assert "Codeine" not in str(caught.value)


def test_mentions_that_stand_too_far_apart_are_refused_with_the_distance() -> None:
    text = "Codeine was given. Nobody came. She coughed."
    document = make_document(text, "T1  Drug 0 7  Codeine", "T2  Sign 36 43  coughed")
    with pytest.raises(InputError, match="they stand 2 sentences apart, and the model reads pairs up to 0"):
        explain_pair(example_model(), document, "T2", "T1")


def test_a_mention_in_an_over_long_sentence_is_refused_as_such() -> None:
    segments = (replace(EXAMPLE.segments[0], over_long=True),)
    with pytest.raises(InputError, match="T1 lies in a sentence that is over-long, of more than 128 words"):
        explain_pair(example_model(), replace(EXAMPLE, segments=segments), "T1", "T2")


def test_a_mention_that_cleaning_took_away_is_refused_as_such() -> None:
    (segment,) = EXAMPLE.segments
    segments = (replace(segment, mentions=segment.mentions[1:]),)
    with pytest.raises(InputError, match="cleaning left no character of T1"):
        explain_pair(example_model(), replace(EXAMPLE, segments=segments), "T1", "T2")


def test_a_document_without_a_pair_has_nothing_to_explain() -> None:
    with pytest.raises(InputError, match="no mention T1; it has none"):
        explain_pair(example_model(), make_document("She slept."), "T1", "T2")


def test_readings_agree_with_predictions_in_the_order_of_the_documents() -> None:
    model = decided(tiny_model(), 1)
    documents: list[CorpusDocument] = [crowded_document(9, doc_id="a"), make_document("None."), crowded_document(4)]
    readings = list(read_chains(model, documents))
    assert readings[1] is None
    for reading, predicted in zip(readings, predict_documents(model, documents), strict=True):
        labels = [] if reading is None else [model.scheme.labels[n] for n in reading.path.tolist()]
        assert labels == [pair.label for pair in predicted.pairs]


def test_cleaning_moves_no_word() -> None:
    text = "\ufeffShe\r\n\r\ntook 💊 codéine\x00 for cough."
    start, sign = text.index("cod"), text.index("cough")
    lines = (f"T1  Drug {start} {start + 8}  {text[start : start + 8]}", f"T2  Sign {sign} {sign + 5}  cough")
    document = make_document(text, *lines)
    found = explain_pair(example_model(), document, "T1", "T2")
    read = {text[word.span.start : word.span.end] for word in found.words}
    assert {"took", "for", "cough"} <= read
    assert Span(sign, sign + 5) in {word.span for word in found.words}
