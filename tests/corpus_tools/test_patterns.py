"""Sentence patterns: pairs merged by sentence, mentions as typed slots, no content word in a skeleton."""

import pytest

from corpus_tools.assembly.patterns import SentencePattern, count_skeletons, format_skeleton, format_slots, merge_pairs
from corpus_tools.sentences import CandidatePair, Mention, Segment
from corpus_tools.standoff import Span
from tests.corpus_tools.corpus_documents import make_document


def make_segment(text: str, *mentions: tuple[str, str]) -> Segment:
    """Return a segment whose mentions are given as (type, text)."""
    spans = [Span(text.index(own), text.index(own) + len(own)) for _, own in mentions]
    found = tuple(
        Mention(f"T{n}", type_, (span,), (span,), own)
        for n, ((type_, own), span) in enumerate(zip(mentions, spans, strict=True), start=1)
    )
    return Segment("note", 0, text, 0, len(text), found)


def test_pairs_are_merged_into_the_sentence_of_their_first_mention() -> None:
    document = make_document()
    assert merge_pairs(document.segments, document.pairs) == (
        SentencePattern(0, "[Medication] for [Symptom].", document.pairs),
        SentencePattern(1, "No [Symptom].", ()),
    )


@pytest.mark.parametrize(
    ("slots", "expected"),
    [
        ([(0, 3, "A"), (4, 7, "B")], "[A] [B] end"),
        ([(0, 7, "A"), (0, 3, "B")], "[A] end"),  # the longer of two that start together stands
        ([(0, 5, "A"), (4, 7, "B")], "[A]wo end"),  # the first of two that cross stands
        ([(4, 7, "B"), (4, 7, "A")], "one [A] end"),
        ([], "one two end"),
    ],
)
def test_the_outermost_mention_becomes_the_slot(slots: list[tuple[int, int, str]], expected: str) -> None:
    #                   01234567890
    assert format_slots("one two end", slots) == expected


def test_function_words_stay_and_content_words_go() -> None:
    segment = make_segment(
        "Aspirin was started by Smith, MRN 4711, for severe pain.", ("Medication", "Aspirin"), ("Symptom", "pain")
    )
    assert format_skeleton([segment], CandidatePair(0, 0, 0, 1)) == "[Medication] was … by … , … , for … [Symptom]"


def test_mentions_on_the_way_are_slots() -> None:
    segment = make_segment("Aspirin and heparin for pain", ("M", "Aspirin"), ("M", "heparin"), ("S", "pain"))
    assert format_skeleton([segment], CandidatePair(0, 0, 0, 2)) == "[M] and [M] for [S]"


def test_a_mention_inside_the_first_stands_inside_its_slot() -> None:
    segment = make_segment("left knee pain", ("Symptom", "left knee pain"), ("Anatomy", "left knee"))
    assert format_skeleton([segment], CandidatePair(0, 0, 0, 1)) == "[Symptom [Anatomy]]"


def test_the_end_of_a_sentence_is_shown() -> None:
    segments = make_document().segments
    assert format_skeleton(segments, CandidatePair(0, 0, 1, 0)) == "[Medication] for [Symptom] . ‖ no [Symptom]"


def test_a_long_way_is_cut_in_the_middle() -> None:
    text = "Aspirin" + " of it" * 20 + " pain"
    segment = make_segment(text, ("M", "Aspirin"), ("S", "pain"))
    assert format_skeleton([segment], CandidatePair(0, 0, 0, 1)) == "[M] of it of it of it … of it of it of it [S]"


def test_a_skeleton_counts_once_a_sentence_and_label() -> None:
    segment = make_segment("Aspirin for pain for", ("M", "Aspirin"), ("S", "pain"), ("S", "pain for"))
    pairs = [CandidatePair(0, 0, 0, 1, "treats"), CandidatePair(0, 0, 0, 2, "helps+treats"), CandidatePair(0, 1, 0, 2)]
    # Both pairs have the skeleton "[M] for [S]": one treats, one helps; NO_RELATION is not counted.
    assert count_skeletons([segment], pairs) == {("treats", "[M] for [S]"): 1, ("helps", "[M] for [S]"): 1}
