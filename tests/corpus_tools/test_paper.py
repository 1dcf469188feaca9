"""The paper's figures beside ours: every reading measured, the nearest one named."""

import pytest

from corpus_tools.assembly.paper import CountedText, Reading, compare_with_paper, measure_readings

TEXTS = [
    CountedText("No pain. No cough, no rash.", {"listings": 2, "distinct texts": 1}),
    CountedText("Pain", {"listings": 0, "distinct texts": 1}),
]


@pytest.mark.parametrize(
    ("figure", "population", "rule", "expected"),
    [
        ("words", "listings", "split at white space", 12),  # 6 words, twice
        ("words", "distinct texts", "split at white space", 7),
        ("words", "distinct texts", "our words and signs", 10),  # three signs more
        ("median words a report", "distinct texts", "runs of letters", 3.5),  # 6 and 1
        ("mean words a report", "listings", "runs of letters", 6),
        ("longest report in words", "distinct texts", "runs of two or more letters, digits and _", 6),
        ("vocabulary", "distinct texts", "runs of letters", 4),  # no, pain, cough, rash
        ("unique sentences or words", "distinct texts", "runs of letters", 6),  # No, pain, cough, no, rash, Pain
        ("vocabulary", "distinct texts", "split at white space, signs stripped", 4),
        ("sentences", "listings", "ended by . ! or ?", 4),
        ("sentences", "distinct texts", "ended by a full stop or a comma", 4),
        ("unique sentences or words", "distinct texts", "our segments", 3),
    ],
)
def test_every_reading_is_measured(figure: str, population: str, rule: str, expected: float) -> None:
    assert measure_readings(TEXTS)[figure][Reading(population, rule)] == expected


def test_the_nearest_reading_is_named_with_its_deviation() -> None:
    compared = {each.figure: each for each in compare_with_paper(TEXTS, 40)}
    words = compared["words"]
    # The largest of all counts is that of every listing with signs: 18 of 2,311,419.
    assert (words.ours, words.reading) == (18, Reading("listings", "our words and signs"))
    assert words.deviation == pytest.approx(18 / 2_311_419 - 1)
    assert not words.is_reproduced
    # Six rules for words, over two populations.
    assert words.finding == "none of 12 counting rules gives it; the nearest is -100.0%"


def test_an_equal_figure_is_reproduced() -> None:
    specialties = next(each for each in compare_with_paper(TEXTS, 40) if each.figure == "specialties")
    assert specialties.is_reproduced
    assert specialties.finding == "reproduced over listings, different names"
