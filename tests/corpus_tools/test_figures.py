"""The figures of a corpus, counted by hand on a text of two sentences."""

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_tools.assembly import CorpusDocument, Figures, count_figures, measure_lengths, rank, rank_skeletons
from corpus_tools.assembly.figures import add_counts, add_figures, summarize_figures
from corpus_tools.sentences import Mention
from corpus_tools.standoff import Span
from tests.corpus_tools.corpus_documents import make_document


def test_one_document_is_counted_field_by_field() -> None:
    figures = count_figures(make_document())
    # "Aspirin for pain. No rash." has 5 words and 2 full stops; its sentences have 4 and 3 of these 7.
    assert figures.document_words == {7: 1}
    assert figures.sentence_words == {4: 1, 3: 1}
    assert figures.words == {"aspirin": 1, "for": 1, "pain": 1, ".": 2, "no": 1, "rash": 1}
    assert figures.mentions == {("Medication", "segment"): 1, ("Symptom", "segment"): 2, ("Symptom", "over-long"): 1}
    assert figures.assertions == {("Medication", "present"): 1, ("Symptom", "present"): 2, ("Symptom", "absent"): 1}
    assert figures.relations == {("treats", "candidate"): 1, ("treats", "over-long"): 1}
    assert figures.categories == {("Symptom-Drug", "treats"): 2}
    assert figures.pairs == {(0, "treats"): 1, (1, "NO_RELATION"): 1}
    assert figures.sentence_pairs == {2: 1, 0: 1}
    assert figures.skeletons == {("treats", "[Medication] for [Symptom]"): 1}


def test_a_document_counts_for_each_of_its_specialties() -> None:
    figures = count_figures(make_document())
    assert figures.specialty_documents == {"Cardiology": 1, "Pain": 1}
    assert figures.specialty_words == {"Cardiology": 7, "Pain": 7}


def test_a_text_alone_has_figures_too() -> None:
    figures = count_figures(CorpusDocument("note", "No rash"))
    assert (figures.document_words, figures.mentions, figures.pairs) == ({2: 1}, {}, {})


def test_nested_same_and_discontinuous_mentions_are_told_apart() -> None:
    spans = {"T1": [(0, 9)], "T2": [(0, 4)], "T3": [(0, 4)], "T4": [(5, 12)], "T5": [(13, 15), (17, 19)]}
    mentions = tuple(Mention(name, "S", (), tuple(Span(*span) for span in own), "") for name, own in spans.items())
    # T2 lies in T1, T3 is where T2 is, T4 crosses T1, T5 has two fragments.
    assert count_figures(CorpusDocument("note", "", mentions=mentions)).shapes == {
        "nested": 1,
        "same span": 1,
        "discontinuous": 1,
    }


@pytest.mark.parametrize(
    ("places", "shapes"),
    [
        ([[(0, 4), (10, 14)], [(5, 9)]], {"discontinuous": 1}),  # in the gap
        ([[(0, 4), (10, 14)], [(1, 3)]], {"discontinuous": 1, "nested": 1}),  # in a fragment
        ([[(0, 4), (10, 14)], [(1, 3), (10, 12)]], {"discontinuous": 2, "nested": 1}),
        ([[(0, 4), (10, 14)], [(1, 3), (5, 7)]], {"discontinuous": 2}),
        ([[(0, 4), (10, 14)], [(0, 14)]], {"discontinuous": 1, "nested": 1}),  # as long, but with a gap
        ([[(0, 4), (10, 14)], [(0, 5), (10, 14)]], {"discontinuous": 2, "nested": 1}),
        (
            [[(0, 4), (10, 14)], [(0, 4), (10, 14)], [(0, 4), (9, 14)]],
            {"discontinuous": 3, "nested": 1, "same span": 1},
        ),
        ([[(0, 4)], [(0, 4)], [(0, 4)], [(0, 9)]], {"nested": 1, "same span": 2}),
    ],
)
def test_shapes_are_told_by_characters(places: list[list[tuple[int, int]]], shapes: dict[str, int]) -> None:
    mentions = tuple(Mention("T", "S", (), tuple(Span(*span) for span in own), "") for own in places)
    assert count_figures(CorpusDocument("note", "", mentions=mentions)).shapes == shapes


FRAGMENTS = (
    st.lists(st.integers(0, 12), min_size=2, max_size=6, unique=True).map(sorted).filter(lambda n: len(n) % 2 == 0)
)


@given(st.lists(FRAGMENTS, max_size=8))
def test_shapes_are_those_of_sets_of_characters(bounds: list[list[int]]) -> None:
    places = [list(zip(own[::2], own[1::2], strict=True)) for own in bounds]
    characters = [frozenset(n for start, end in own for n in range(start, end)) for own in places]
    mentions = tuple(Mention("T", "S", (), tuple(Span(*span) for span in own), "") for own in places)
    shapes = count_figures(CorpusDocument("note", "", mentions=mentions)).shapes
    assert shapes["same span"] == len(characters) - len(set(characters))
    assert shapes["nested"] == sum(any(own < other for other in characters) for own in set(characters))


def test_figures_add_up() -> None:
    figures = count_figures(make_document())
    assert add_figures([figures, figures]).relations == {("treats", "candidate"): 2, ("treats", "over-long"): 2}
    assert add_figures([figures, Figures()]) == figures
    assert figures == count_figures(make_document())  # what is added up stays as it was


def test_lengths_are_measured() -> None:
    lengths = measure_lengths(Counter({1: 2, 4: 1, 10: 1}))  # 1 1 4 10
    assert (lengths.count, lengths.total, lengths.mean, lengths.median) == (4, 16, 4.0, 2.5)
    assert (lengths.shortest, lengths.longest) == (1, 10)


def test_lengths_of_nothing_are_none_not_zero() -> None:
    lengths = measure_lengths(Counter())
    assert (lengths.count, lengths.mean, lengths.median, lengths.longest) == (0, None, None, None)


@given(st.lists(st.integers(0, 50), min_size=1))
def test_the_median_is_that_of_the_sorted_list(values: list[int]) -> None:
    ordered, half = sorted(values), len(values) // 2
    expected = ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2
    assert measure_lengths(Counter(values)).median == expected


def test_ranks_break_ties_by_name() -> None:
    assert rank(Counter({"b": 2, "a": 2, "c": 3})) == [("c", 3), ("a", 2), ("b", 2)]


def test_the_commonest_skeletons_of_each_label_are_kept() -> None:
    figures = Figures(
        skeletons=Counter({("treats", "x"): 1, ("treats", "y"): 3, ("treats", "z"): 2, ("causes", "x"): 1})
    )
    assert rank_skeletons(figures, shown=2) == {"causes": [("x", 1)], "treats": [("y", 3), ("z", 2)]}


def test_the_summary_is_json_without_a_word_of_the_text() -> None:
    text = json.dumps(summarize_figures(count_figures(make_document())))
    assert '"vocabulary": 6' in text
    assert "spirin" not in text
    assert "rash" not in text


def test_counters_are_added_without_losing_any() -> None:
    assert add_counts([Counter(a=1), Counter(a=2, b=1)]) == {"a": 3, "b": 1}
