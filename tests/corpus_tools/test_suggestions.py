"""The note of a suggestion, written and read back."""

import pytest

from corpus_tools.standoff import Suggestion, find_suggestions, format_suggestion, parse_document, parse_suggestion


def test_a_note_is_read_back() -> None:
    text = format_suggestion(0.91234, "my model@1f")
    assert text == "probability 0.912; model my-model@1f"
    assert parse_suggestion(text) == Suggestion(0.912, "my-model@1f")


@pytest.mark.parametrize(
    "text", ["", "sure?", "probability 2.000; model m", "probability 1.001; model m", "probability 0.5; model m"]
)
def test_any_other_note_is_no_suggestion(text: str) -> None:
    assert parse_suggestion(text) is None


def test_suggestions_are_found_by_what_they_speak_of() -> None:
    ann = (
        "T1\tDrug 0 7\taspirin\n"
        "T2\tDrug 8 15\theparin\n"
        "#1\tAnnotatorNotes T1\tprobability 0.700; model m@1\n"
        "#2\tAnnotatorNotes T1\tprobability 0.100; model m@1\n"
        "#3\tAnnotatorNotes T2\tdose unknown\n"
        "#4\tOther T2\tprobability 0.700; model m@1\n"
    )
    document = parse_document("aspirin heparin", ann, doc_id="note").document
    assert find_suggestions(document) == {"T1": Suggestion(0.7, "m@1")}
