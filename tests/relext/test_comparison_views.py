"""What a system reads in place of the corpus: mentions, pairs and ids stay; negations are never dropped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_tools.assembly import CorpusDocument
from corpus_tools.sentences import PRESENT, Mention, Segment
from corpus_tools.standoff import Schema, Span
from relext.comparison.views import (
    SENTENCE_TYPE,
    choose_label,
    open_view,
    preprocess_document,
    tie_document,
    untie_relations,
)
from relext.data import learn_labels
from relext.prediction import PredictedRelation
from tests.relext.literal_documents import SCHEME, make_document

TEXT = "He was not given the Aspirin 81 mg tablets for his severe Pain."
LINES = ("T1  Drug 21 34  Aspirin 81 mg", "T2  Sign 58 62  Pain", "R1  treats Arg1:T1 Arg2:T2")


def fragments_text(segment: Segment, mention: Mention) -> str:
    return " ".join(segment.text[span.start : span.end] for span in mention.fragments)


def test_words_outside_mentions_are_reduced_and_negations_stay() -> None:
    (segment,) = preprocess_document(make_document(TEXT, *LINES)).segments
    assert segment.text == "not give aspirin 81 mg tablet severe pain"
    assert [fragments_text(segment, mention) for mention in segment.mentions] == ["aspirin 81 mg", "pain"]


def test_pairs_labels_and_source_offsets_stay() -> None:
    document = make_document(TEXT, *LINES)
    changed = preprocess_document(document)
    assert SCHEME.label_document(changed) == SCHEME.label_document(document)
    before, after = document.segments[0].mentions, changed.segments[0].mentions
    assert [mention.source_fragments for mention in after] == [mention.source_fragments for mention in before]
    assert changed.text == document.text


WORDS = st.text(alphabet="aZİß\u0301 .,-", min_size=1, max_size=30)


@given(text=WORDS, start=st.integers(0, 29), length=st.integers(1, 8))
def test_a_mention_keeps_its_letters_wherever_it_stands(text: str, start: int, length: int) -> None:
    end = min(len(text), start % len(text) + length)
    span = Span(start % len(text), end)
    mention = Mention("T1", "Drug", (span,), (span,), text[span.start : end], PRESENT)
    segment = Segment("note", 0, text, 0, len(text), (mention,))
    (changed,) = preprocess_document(CorpusDocument("note", text, segments=(segment,))).segments
    (moved,) = changed.mentions
    found = fragments_text(changed, moved)
    if text[span.start : end].strip():
        # White space may shrink; a letter whose lower case is two characters stays as it is.
        lower = "".join(each.lower() if len(each.lower()) == 1 else each for each in text[span.start : end])
        assert found.replace(" ", "") == lower.replace(" ", "")
    assert moved.fragments[0].start < moved.fragments[-1].end <= len(changed.text)


def test_a_sentence_becomes_one_pair_with_the_label_that_most_pays() -> None:
    document = make_document(TEXT, *LINES)
    tied = tie_document(document, SCHEME)
    (relation,) = tied.relations
    scheme = learn_labels([tied], Schema((), ()))
    (pair,) = scheme.label_document(tied).pairs
    assert (relation.type, pair.label, scheme.allowed) == ("treats", "treats", {(SENTENCE_TYPE, SENTENCE_TYPE): (1,)})


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["NO_RELATION"], "NO_RELATION"),
        (["treats", "NO_RELATION", "NO_RELATION"], "treats"),  # a third is over a quarter
        (["treats", *["NO_RELATION"] * 3], "NO_RELATION"),  # a quarter is not
        (["treats", "causes"], "causes"),  # equally common: the first by name
    ],
)
def test_a_label_must_hold_for_over_a_quarter_of_the_pairs(labels: list[str], expected: str) -> None:
    assert choose_label(labels) == expected


def test_every_pair_of_a_sentence_gets_its_label() -> None:
    text = "Aspirin and heparin for pain. Rash after aspirin."
    lines = ("T1  Drug 0 7  Aspirin", "T2  Drug 12 19  heparin", "T3  Sign 24 28  pain")
    more = ("T4  Sign 30 34  Rash", "T5  Drug 41 48  aspirin", "R1  treats Arg1:T5 Arg2:T4")
    document = make_document(text, *lines, *more)
    said = [
        PredictedRelation("treats", "0.first", "0.second", 0.8),
        PredictedRelation("treats", "1.second", "1.first", 0.7),
    ]
    found = untie_relations(document, said, SCHEME)
    assert [(each.arg1, each.arg2) for each in found] == [("T1", "T3"), ("T2", "T3"), ("T5", "T4")]
    assert [each.probability for each in found] == [0.8, 0.8, 0.7]


def test_an_inverse_label_survives_tying_and_untying() -> None:
    document = make_document(
        "Rash after aspirin.", "T1  Sign 0 4  Rash", "T2  Drug 11 18  aspirin", "R1  treats Arg1:T2 Arg2:T1"
    )
    view = open_view("sentence", SCHEME)
    tied = view.change(document)
    (pair,) = learn_labels([tied], Schema((), ())).label_document(tied).pairs
    assert pair.label == "treats⁻¹"
    gold = [PredictedRelation(each.type, each.arg1, each.arg2, 1.0) for each in tied.relations]
    assert [(each.type, each.arg1, each.arg2) for each in view.restore(document, gold)] == [("treats", "T2", "T1")]
