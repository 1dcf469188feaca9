"""The nouns: spans, ordered arguments, and what a document answers about its annotations."""

import pytest

from corpus_tools.standoff import Argument, Document, Relation, Span, TextBound, parse_document

TEXT = "Aspirin helps the left and right knee."
ANN = (
    "T1\tDrug 0 7\tAspirin\n"
    "T2\tPart 18 22;33 37\tleft knee\n"
    "E1\tUse:T1 Site:T2\n"
    "R1\ttreats Arg1:E1 Arg2:T2\n"
    "A1\tDose T1 low\n"
    "N1\tReference T1 MESH:D001241\tAspirin\n"
    "#1\tAnnotatorNotes R1\tunsure\n"
    "*\tEquiv T1 T2\n"
)


@pytest.fixture
def document() -> Document:
    return parse_document(TEXT, ANN, doc_id="a").document


@pytest.mark.parametrize(("start", "end", "shares"), [(5, 9, True), (7, 9, False), (0, 3, True), (8, 9, False)])
def test_spans_overlap_only_where_they_share_a_character(start: int, end: int, shares: bool) -> None:
    assert Span(0, 7).overlaps(Span(start, end)) is shares
    assert Span(start, end).overlaps(Span(0, 7)) is shares


def test_span_measures_and_moves() -> None:
    assert len(Span(3, 7)) == 4
    assert Span(3, 7).shifted(-2) == Span(1, 5)


def test_discontinuous_textbound_reaches_from_its_first_to_its_last_character() -> None:
    unsorted = TextBound("T1", "Part", (Span(33, 37), Span(18, 22)), "knee left")
    assert (unsorted.start, unsorted.end) == (18, 37)
    assert unsorted.sorted_fragments == (Span(18, 22), Span(33, 37))


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        (("Arg1", "Arg2"), ("T1", "T2")),
        (("Arg2", "Arg1"), ("T2", "T1")),
        (("ARG2", "ARG1"), ("T2", "T1")),
        (("Agent", "Theme"), ("T1", "T2")),
        (("Arg2", "Arg2"), ("T1", "T2")),
        (("", ""), ("T1", "T2")),
    ],
)
def test_roles_order_the_arguments_where_they_say_so(roles: tuple[str, str], expected: tuple[str, str]) -> None:
    relation = Relation("R1", "treats", (Argument(roles[0], "T1"), Argument(roles[1], "T2")))
    assert (relation.arg1, relation.arg2) == expected


def test_document_lists_each_kind_in_file_order(document: Document) -> None:
    assert [textbound.id for textbound in document.textbounds] == ["T1", "T2"]
    assert [relation.id for relation in document.relations] == ["R1"]
    assert [event.id for event in document.events] == ["E1"]
    assert [attribute.value for attribute in document.attributes] == ["low"]
    assert [normalization.identifier for normalization in document.normalizations] == ["D001241"]
    assert [note.text for note in document.notes] == ["unsure"]
    assert [equivalence.members for equivalence in document.equivalences] == [("T1", "T2")]


def test_document_without_lines_has_no_annotations() -> None:
    document = Document("a", "text")
    assert (document.textbounds, document.relations, document.find("T1")) == ((), (), None)


def test_event_stands_for_its_trigger(document: Document) -> None:
    trigger = document.resolve("E1")
    assert trigger is not None
    assert trigger.id == "T1"
    assert document.resolve("R1") is None
    assert document.resolve("T9") is None


def test_spelled_reads_fragments_in_text_order(document: Document) -> None:
    assert document.spelled(TextBound("T9", "Part", (Span(33, 37), Span(18, 22)), "")) == "left knee"


def test_same_text_has_the_same_hash() -> None:
    assert Document("a", "fever").text_hash == Document("b", "fever").text_hash
    assert Document("a", "fever").text_hash != Document("a", "fever ").text_hash
