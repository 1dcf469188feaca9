"""Candidates: which pairs there are, in which order, what they are labelled, and where each gold relation ends."""

from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_tools.sentences import (
    CANDIDATE,
    CAUSES,
    GoldRelation,
    LabelledPairs,
    Mention,
    Segment,
    clean_document,
    enumerate_pairs,
    find_gold_relations,
    format_label,
    label_pairs,
    parse_label,
    segment_document,
)
from corpus_tools.standoff import NO_RELATION, Span, read_project
from tests.corpus_tools.sentence_documents import read_literal


def allow_all(first_type: str, second_type: str) -> bool:
    """Allow every pair of types."""
    return True


def make_segments(*types: str) -> list[Segment]:
    """Return a segment a word: each letter is the type of a mention, ids T1, T2, ... through the document."""
    segments, number = [], 0
    for index, word in enumerate(types):
        spans = [Span(n, n + 1) for n in range(len(word))]
        ids = [f"T{number + n + 1}" for n in range(len(word))]
        mentions = tuple(Mention(i, t, (s,), (s,), t) for i, t, s in zip(ids, word, spans, strict=True))
        segments.append(Segment("note", index, word, 0, len(word), mentions))
        number += len(word)
    return segments


def label(segments: list[Segment], *relations: GoldRelation, distance: int = 1, allows=allow_all) -> LabelledPairs:
    """Return the labelled pairs, "s" being the one symmetric label."""
    pairs = enumerate_pairs(segments, allows, max_sentence_distance=distance)
    return label_pairs(
        pairs, segments, relations=relations, is_symmetric=lambda name: name == "s", max_sentence_distance=distance
    )


def labels_of(labelled: LabelledPairs) -> dict[tuple[int, int, int, int], str]:
    """Return the labels other than NO_RELATION by place."""
    return {pair.key: pair.label for pair in labelled.pairs if pair.label != NO_RELATION}


# Enumeration


def test_pairs_are_ordered_by_segment_first_distance_and_second() -> None:
    pairs = enumerate_pairs(make_segments("AB", "CD"), allow_all, max_sentence_distance=1)
    assert [pair.key for pair in pairs] == [
        (0, 0, 0, 1),  # A B
        (0, 0, 1, 0),  # A C
        (0, 0, 1, 1),  # A D
        (0, 1, 1, 0),  # B C
        (0, 1, 1, 1),  # B D
        (1, 0, 0, 1),  # C D
    ]
    assert {pair.label for pair in pairs} == {NO_RELATION}


@pytest.mark.parametrize(
    ("words", "distance", "count"),
    [
        (("A",), 1, 0),
        (("AB",), 0, 1),
        (("A" * 55,), 0, 1485),  # 55 · 54 / 2
        (("", "A", ""), 2, 0),
        (("A", "", "A"), 1, 0),  # a segment without mentions counts as distance
        (("A", "", "A"), 2, 1),
        ((), 1, 0),
    ],
)
def test_a_sentence_with_many_pairs_one_or_none_is_ordinary(words: tuple[str, ...], distance: int, count: int) -> None:
    assert len(enumerate_pairs(make_segments(*words), allow_all, max_sentence_distance=distance)) == count


def test_only_allowed_types_make_a_pair() -> None:
    def allows(first_type: str, second_type: str) -> bool:
        return (first_type, second_type) == ("A", "B")

    pairs = enumerate_pairs(make_segments("BAB", "B"), allows, max_sentence_distance=1)
    assert [pair.key for pair in pairs] == [(0, 1, 0, 2), (0, 1, 1, 0)]


def test_an_over_long_segment_takes_its_place_but_gives_no_pair() -> None:
    first, second, third = make_segments("AB", "CD", "EF")
    long = Segment(second.doc_id, 1, second.text, 0, 2, second.mentions, over_long=True)
    pairs = enumerate_pairs([first, long, third], allow_all, max_sentence_distance=1)
    assert [pair.key for pair in pairs] == [(0, 0, 0, 1), (2, 0, 0, 1)]


@given(st.lists(st.text("AB", max_size=4), max_size=6), st.integers(0, 3))
def test_every_two_mentions_within_distance_are_paired_once(words: list[str], distance: int) -> None:
    places = [(segment, index) for segment, word in enumerate(words) for index in range(len(word))]
    expected = [(a, i, b - a, j) for (a, i), (b, j) in combinations(places, 2) if b - a <= distance]
    pairs = enumerate_pairs(make_segments(*words), allow_all, max_sentence_distance=distance)
    assert [pair.key for pair in pairs] == sorted(expected)


def test_the_number_of_pairs_grows_with_the_document_not_its_square() -> None:
    once = enumerate_pairs(make_segments(*["ABC"] * 100), allow_all, max_sentence_distance=1)
    twice = enumerate_pairs(make_segments(*["ABC"] * 200), allow_all, max_sentence_distance=1)
    assert (len(once), len(twice)) == (100 * 3 + 99 * 9, 200 * 3 + 199 * 9)


# Labels


@pytest.mark.parametrize(
    ("relation", "place", "expected"),
    [
        (GoldRelation("R1", "t", "T1", "T2"), (0, 0, 0, 1), "t"),
        (GoldRelation("R1", "t", "T2", "T1"), (0, 0, 0, 1), "t⁻¹"),
        (GoldRelation("R1", "s", "T2", "T1"), (0, 0, 0, 1), "s"),
        (GoldRelation("R1", "t", "T3", "T1"), (0, 0, 1, 0), "t⁻¹"),
    ],
)
def test_a_label_has_the_direction_of_its_relation(relation: GoldRelation, place, expected: str) -> None:
    labelled = label(make_segments("AB", "C"), relation)
    assert labels_of(labelled) == {place: expected}
    assert labelled.reaches == {"R1": CANDIDATE}


def test_two_labels_and_both_directions_of_one_pair_make_a_composite() -> None:
    relations = [
        GoldRelation("R1", "t", "T1", "T2"),
        GoldRelation("R2", "t", "T2", "T1"),
        GoldRelation("R3", "causes", "T1", "T2"),
    ]
    labelled = label(make_segments("AB"), *relations)
    assert labels_of(labelled) == {(0, 0, 0, 1): "causes+t+t⁻¹"}
    assert parse_label(labelled.pairs[0].label) == {"causes", "t", "t⁻¹"}
    assert set(labelled.reaches.values()) == {CANDIDATE}


def test_mentions_on_one_span_and_nested_ones_are_pairs_like_others() -> None:
    text = "left arm pain"
    lines = ["T1  A 0 13  left arm pain", "T2  B 0 13  left arm pain", "T3  C 0 8  left arm", "R1  t Arg1:T2 Arg2:T1"]
    aligned = read_literal(text, *lines)
    segments = segment_document(clean_document(aligned)).segments
    labelled = label(list(segments), *find_gold_relations(aligned.document))
    assert [mention.id for mention in segments[0].mentions] == ["T3", "T1", "T2"]
    assert labels_of(labelled) == {(0, 1, 0, 2): "t⁻¹"}


@given(st.frozensets(st.text(st.sampled_from("ab+\\⁻¹ "), min_size=1, max_size=5), max_size=4))
def test_labels_come_back_from_their_composite(labels: frozenset[str]) -> None:
    assert parse_label(format_label(labels)) == labels


def test_no_label_is_no_relation() -> None:
    assert format_label([]) == NO_RELATION
    assert parse_label(NO_RELATION) == frozenset()


# Reaches


@pytest.mark.parametrize(
    ("relation", "reach"),
    [
        (GoldRelation("R1", "t", "T1", "T2"), "candidate"),
        (GoldRelation("R1", "t", "T1", "T4"), "cross-sentence"),
        (GoldRelation("R1", "t", "T4", "T5"), "over-long"),
        (GoldRelation("R1", "t", "T3", "T4"), "over-long"),
        (GoldRelation("R1", "t", "T1", "T1"), "self"),
        (GoldRelation("R1", "t", "T1", "T99"), "rejected-argument"),
        (GoldRelation("R1", "t", "T2", "T3"), "pair-not-allowed"),
        (GoldRelation("R1", "t", "T1", "T2", "n-ary"), "n-ary"),
        (GoldRelation("R1", "t", "T1", "T2", "filtered"), "filtered"),
    ],
)
def test_each_relation_ends_in_one_reach(relation: GoldRelation, reach: str) -> None:
    first, second, third, last = make_segments("AB", "C", "", "DE")
    segments = [first, second, third, Segment("note", 3, "DE", 0, 2, last.mentions, over_long=reach == "over-long")]
    labelled = label(segments, relation, distance=2 if reach == "over-long" else 1, allows=lambda _, b: b != "C")
    assert labelled.reaches == {"R1": reach}
    assert reach in (CANDIDATE, *CAUSES)


@pytest.mark.parametrize(("name", "exchanged"), [("s", "duplicate"), ("t", "candidate")])
def test_the_same_relation_twice_is_a_duplicate(name: str, exchanged: str) -> None:
    relations = [
        GoldRelation("R1", name, "T1", "T2"),
        GoldRelation("R2", name, "T1", "T2"),
        GoldRelation("R3", name, "T2", "T1"),
    ]
    reaches = label(make_segments("AB"), *relations).reaches
    assert reaches == {"R1": "candidate", "R2": "duplicate", "R3": exchanged}


def test_a_relation_beyond_all_pairs_is_a_duplicate_too() -> None:
    relations = [GoldRelation("R1", "t", "T1", "T2"), GoldRelation("R2", "t", "T1", "T2")]
    reaches = label(make_segments("A", "", "B"), *relations).reaches
    assert reaches == {"R1": "cross-sentence", "R2": "duplicate"}


# Gold


def test_events_resolve_to_triggers_and_odd_relations_come_decided() -> None:
    aligned = read_literal(
        "give aspirin now",
        "T1  Give 0 4  give",
        "T2  Drug 5 12  aspirin",
        "T3  Time 13 16  now",
        "E1  Give:T1 Theme:T2",
        "R1  at Arg1:E1 Arg2:T3",
        "R2  all Arg1:T1 Arg2:T2 Arg3:T3",
        "R3  is Arg1:E1 Arg2:T1",
    )
    assert find_gold_relations(aligned.document) == (
        GoldRelation("R1", "at", "T1", "T3"),
        GoldRelation("R2", "all", "T1", "T2", "n-ary"),
        GoldRelation("R3", "is", "T1", "T1", "self"),
    )


# Real corpora


def count_reaches(folder: Path, *, distance: int) -> Counter[str]:
    """Return how many gold relations of an export end in each reach."""
    reaches: Counter[str] = Counter()
    for aligned in read_project(folder):
        segments = list(segment_document(clean_document(aligned)).segments)
        relations = find_gold_relations(aligned.document)
        labelled = label(segments, *relations, distance=distance)
        assert len(labelled.reaches) == len(relations) == len(aligned.document.relations)
        unfolded = sum(len(parse_label(pair.label)) for pair in labelled.pairs)
        assert unfolded == Counter(labelled.reaches.values())[CANDIDATE]
        reaches.update(labelled.reaches.values())
    return reaches


@pytest.mark.parametrize("corpus", ["ddi2013", "maccrobat2020", "lct/batch1", "cancermine/annotator-3", "quirks"])
def test_every_real_relation_ends_in_exactly_one_reach(shared_data: Path, corpus: str) -> None:
    reaches = count_reaches(shared_data / corpus, distance=1)
    assert set(reaches) <= {CANDIDATE, *CAUSES}
    assert reaches[CANDIDATE] > 0


def test_hardly_a_relation_of_ddi2013_falls_across_our_segments(shared_data: Path) -> None:
    reaches = count_reaches(shared_data / "ddi2013", distance=0)
    assert reaches.total() == 4021
    assert reaches["cross-sentence"] + reaches["over-long"] <= 0.015 * 4021
