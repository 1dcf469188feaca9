"""The filters: sentences too long, specialties with too few distinct texts."""

from corpus_tools.assembly.filters import filter_specialties, find_over_long
from corpus_tools.sentences import Mention, Segment
from corpus_tools.standoff import Span


def make_segments(*over_long: bool) -> list[Segment]:
    """Return segments with one mention each, over-long or not."""
    return [
        Segment("note", n, "pain", 0, 4, (Mention(f"T{n}", "S", (Span(0, 4),), (Span(0, 4),), "pain"),), too_long)
        for n, too_long in enumerate(over_long)
    ]


def filter_named(specialties: dict[str, tuple[str, ...]], least: int) -> tuple[dict[str, int], tuple[str, ...]]:
    """Return samples and documents left out, all texts different."""
    found = filter_specialties(specialties, {doc_id: doc_id for doc_id in specialties}, min_samples=least)
    return dict(found.samples), found.left_out


def test_the_mentions_of_over_long_sentences_are_found() -> None:
    assert find_over_long(make_segments(False, True, False)) == ("T1",)
    assert find_over_long(make_segments(False, False)) == ()


def test_a_document_stays_where_one_of_its_specialties_qualifies() -> None:
    specialties = {"a": ("Urology",), "b": ("Urology", "Surgery"), "c": ("Surgery",), "d": ("Urology",)}
    # Urology has 3 samples, Surgery 2: only c has no specialty with 3.
    assert filter_named(specialties, 3) == ({"Urology": 3, "Surgery": 2}, ("c",))


def test_a_document_without_a_specialty_stays() -> None:
    assert filter_named({"a": (), "b": ("Urology",)}, 2)[1] == ("b",)


def test_exactly_the_least_number_of_samples_is_enough() -> None:
    assert filter_named({"a": ("Urology",), "b": ("Urology",)}, 2)[1] == ()


def test_a_sample_is_a_distinct_text() -> None:
    found = filter_specialties({"a": ("Urology",), "b": ("Urology",)}, {"a": "same", "b": "same"}, min_samples=2)
    assert (found.samples, found.left_out) == ({"Urology": 1}, ("a", "b"))
