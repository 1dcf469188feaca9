"""Preprocessing: the four steps, and what the stop-word step destroys."""

import subprocess
import sys

import pytest

from corpus_tools.sentences import DANGEROUS_WORDS, find_dangerous_stop_words, preprocess


def test_each_step_is_shown() -> None:
    view = preprocess("\ufeffThe patients\r\n\r\nwere coughing, 2 days.")
    assert view.clean == "The patients\nwere coughing, 2 days."
    assert view.tokens == ("the", "patients", "were", "coughing", "2", "days")
    assert view.removed == ("the", "were")
    assert view.kept == ("patients", "coughing", "2", "days")
    assert view.lemmas == ("patient", "cough", "2", "day")


def test_stop_words_take_negation_time_and_dose_away() -> None:
    without = preprocess("No chest pain before the twelve tablets, never after.")
    assert without.removed == ("no", "before", "the", "twelve", "never", "after")
    assert without.destroyed == {"dose": 1, "negation": 2, "time": 2}
    assert without.lemmas == preprocess("Chest pain tablets.").lemmas


def test_an_innocent_sentence_loses_nothing_that_matters() -> None:
    assert preprocess("The knee is swollen.").destroyed == {}


@pytest.mark.parametrize("text", ["", " \n ", "--- ...", "\ufeff"])
def test_a_text_without_words_gives_empty_steps(text: str) -> None:
    view = preprocess(text)
    assert view.tokens == view.removed == view.kept == view.lemmas == ()
    assert view.destroyed == {}


def test_the_library_list_holds_words_that_no_clinical_text_can_miss() -> None:
    held = find_dangerous_stop_words()
    assert {"no", "not", "without", "never", "none", "nor"} <= set(held["negation"])
    assert {"before", "after", "during", "since", "until", "within"} <= set(held["time"])
    assert {"less", "more", "per", "two", "twelve"} <= set(held["dose"])


def test_another_list_can_be_judged() -> None:
    assert find_dangerous_stop_words(["the", "not", "half"]) == {"dose": ("half",), "negation": ("not",), "time": ()}


def test_no_word_is_dangerous_in_two_ways() -> None:
    kinds = list(DANGEROUS_WORDS.values())
    assert sum(map(len, kinds)) == len(frozenset.union(*kinds))


def test_tokens_are_kept_or_removed_and_nothing_else() -> None:
    view = preprocess("He took one half of a 5 mg tablet, then none.")
    assert len(view.kept) == len(view.lemmas)
    assert sorted([*view.kept, *view.removed]) == sorted(view.tokens)


def test_the_libraries_load_on_first_use_only() -> None:
    code = "import sys, corpus_tools.sentences; print({'sklearn', 'simplemma', 'nupunkt'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
