"""Which documents belong together: signatures, near-duplicates, groups."""

import pytest

from corpus_tools.rounds import find_near_duplicates, group_linked, link_equal, sign_text

WORDS = [f"word{number}" for number in range(200)]


def test_case_space_and_punctuation_do_not_count() -> None:
    assert (sign_text("No acute distress, afebrile.") == sign_text("no  acute\r\ndistress - Afebrile")).all()


def test_the_order_of_words_counts() -> None:
    assert (sign_text("a b c d") != sign_text("d c b a")).any()


@pytest.mark.parametrize("text", ["", "one", "one two", "\ud800"])
def test_a_text_shorter_than_a_shingle_has_a_signature(text: str) -> None:
    assert sign_text(text).shape == (128,)


def test_a_text_with_few_words_changed_is_found_and_another_is_not() -> None:
    changed = ["other", *WORDS[1:100], "other", *WORDS[101:]]  # 4 of 198 trigrams differ
    signatures = {"a": sign_text(" ".join(WORDS)), "b": sign_text(" ".join(changed)), "c": sign_text("quite another")}
    ((first, second, similarity),) = find_near_duplicates(signatures)
    assert (first, second) == ("a", "b")
    assert similarity == pytest.approx(194 / 202, abs=0.06)


def test_a_note_without_blanks_with_a_few_letters_changed_is_found() -> None:
    # Of 214 trigrams 18 hold one of the 6 letters changed: 196 / 232 = 0.84. Trigrams of whole clauses would have none.
    letters = [chr(0x4E00 + number) for number in range(216)]
    changed = ["药" if place % 36 == 20 else letter for place, letter in enumerate(letters)]
    notes = ["，".join("".join(row[n : n + 18]) for n in range(0, 216, 18)) for row in (letters, changed)]
    ((*_, similarity),) = find_near_duplicates({str(n): sign_text(note) for n, note in enumerate(notes)})
    assert similarity == pytest.approx(196 / 232, abs=0.06)


def test_a_letter_of_another_script_leaves_the_words_beside_it_as_they_are() -> None:
    first, second = sign_text("No acute_distress, 2.5 mg 药"), sign_text("no ACUTE_distress 2 5 mg药")
    assert (first == second).all()


def test_a_text_with_every_second_word_changed_is_not_found() -> None:
    changed = [word if place % 2 else "other" for place, word in enumerate(WORDS)]
    assert not list(find_near_duplicates({"a": sign_text(" ".join(WORDS)), "b": sign_text(" ".join(changed))}))


def test_equal_signatures_are_linked_to_the_first_alone() -> None:
    signature = sign_text("same text here")
    found = list(find_near_duplicates({"a": signature, "b": signature, "c": signature}))
    assert found == [("a", "b", 1.0), ("a", "c", 1.0)]


def test_links_join_in_chains_and_groups_are_called_after_their_first() -> None:
    assert group_linked("abcde", [("d", "c"), ("b", "d")]) == {"a": "a", "b": "b", "c": "b", "d": "b", "e": "e"}


def test_keys_in_common_link_to_their_first_owner() -> None:
    assert list(link_equal({"a": ["P1"], "b": ["P2"], "c": ["P2", "P1"]})) == [("b", "c"), ("a", "c")]
