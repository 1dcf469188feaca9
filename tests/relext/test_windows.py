"""Windows own whole sentences, words know their tokens, pairs know their words."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_tools.assembly import CorpusDocument
from corpus_tools.sentences import CandidatePair
from relext.data import SubwordTokenizer, WindowedDocument, learn_labels, window_document
from relext.data.packing import cut_units, pack_units
from relext.data.subwords import align_words, split_subwords
from relext.data.windows import bucket, find_link
from relext.model.tokenizer import train_tokenizer
from tests.relext.literal_documents import make_document
from tests.relext.tiny_models import DRUGS, SCHEMA, SIGNS, crowded_document, tiny_document


@pytest.fixture(scope="module")
def tokenizer() -> SubwordTokenizer:
    return train_tokenizer(["The aspirin relieved his pain. He slept well."] * 5, vocabulary=400)


def window(document: CorpusDocument, tokenizer: SubwordTokenizer, **settings: int) -> WindowedDocument:
    scheme = learn_labels([document], SCHEMA)
    found = window_document(document, scheme, tokenizer, **settings)
    assert found is not None
    return found


def spelled(windowed: WindowedDocument, tokenizer: SubwordTokenizer, word: int) -> str:
    """Return the characters behind a word's tokens."""
    place, start, end, _ = windowed.words[word]
    return tokenizer.tokenizer.decode(windowed.windows[place].token_ids[start:end]).strip()


def test_a_word_has_every_token_that_shares_a_character_with_it(tokenizer: SubwordTokenizer) -> None:
    (subwords,) = split_subwords(["aspirin-induced pain"], tokenizer)
    text = [tokenizer.tokenizer.decode(list(subwords.ids[start:end])) for start, end in subwords.word_tokens]
    assert [part.strip() for part in text] == ["aspirin", "-", "induced", "pain"]


@pytest.mark.parametrize("text", ["给予阿司匹林可缓解胸痛。", "น้ำยาแอสไพริน", "Gave 阿司匹林 5mg."])
def test_a_word_of_a_letter_has_the_bytes_of_that_letter(text: str, tokenizer: SubwordTokenizer) -> None:
    (subwords,) = split_subwords([text], tokenizer)
    words = [text[start:end] for start, end in zip(subwords.word_starts, subwords.word_ends, strict=True)]
    decoded = [tokenizer.tokenizer.decode(list(subwords.ids[start:end])) for start, end in subwords.word_tokens]
    assert [part.strip() for part in decoded] == words


def test_mentions_without_a_blank_between_them_have_words_of_their_own(tokenizer: SubwordTokenizer) -> None:
    document = make_document(
        "给予阿司匹林可缓解胸痛。",
        "T1  Drug 2 6  阿司匹林",
        "T2  Sign 9 11  胸痛",
        "R1  treats Arg1:T1 Arg2:T2",
    )
    windowed = window(document, tokenizer)
    assert windowed.mentions[:, :2].tolist() == [[2, 6], [9, 11]]
    assert windowed.words[:, 3].tolist() == [0, 0, 1, 1, 1, 1, 0, 0, 0, 2, 2, 0]
    assert windowed.pairs[0, 4] == bucket(3, 8)  # words between


def test_a_word_that_the_tokenizer_drops_borrows_the_nearest_token() -> None:
    assert align_words([(0, 2), (5, 6), (8, 9)], token_starts=[0, 8], token_ends=[2, 9]) == [(0, 1), (1, 2), (1, 2)]
    assert align_words([(0, 1)], token_starts=[], token_ends=[]) == [(0, 0)]


def test_words_mentions_and_labels_of_a_document(tokenizer: SubwordTokenizer) -> None:
    windowed = window(tiny_document(0), tokenizer)
    words = [spelled(windowed, tokenizer, n) for n in range(len(windowed.words))]
    assert words == ["The", "aspirin", "relieved", "his", "pain", "."]  # the sentence without a pair is left out
    assert windowed.mentions[:, :2].tolist() == [[1, 2], [4, 5]]
    assert windowed.words[:, 3].tolist() == [0, 1, 0, 0, 2, 0]  # Drug, Sign
    assert windowed.labels.tolist() == [1]
    assert windowed.mention_ids == (("T1", "T2"),)


def test_pair_features_count_what_lies_between(tokenizer: SubwordTokenizer) -> None:
    windowed = window(crowded_document(4), tokenizer)  # drug0 sign1 drug2 sign3
    pairs = {windowed.mention_ids[n]: windowed.pairs[n, 4:].tolist() for n in range(len(windowed.pairs))}
    assert pairs[("T1", "T2")] == [0, 0, 0, 0]
    assert pairs[("T1", "T4")] == [bucket(2, 8), bucket(2, 6), 0, 0]


def test_a_discontinuous_mention_lacks_the_words_of_its_gap(tokenizer: SubwordTokenizer) -> None:
    document = make_document(
        "Left and right arm pain after aspirin.",
        "T1  Sign 0 4;19 23  Left pain",
        "T2  Drug 30 37  aspirin",
        "R1  causes Arg1:T2 Arg2:T1",
    )
    windowed = window(document, tokenizer)
    assert windowed.mention_words.tolist() == [[0, 0], [0, 4], [1, 6]]


def test_a_document_without_a_pair_has_no_windows(tokenizer: SubwordTokenizer) -> None:
    scheme = learn_labels([tiny_document(0)], SCHEMA)
    assert window_document(make_document("He slept well."), scheme, tokenizer) is None
    assert window_document(crowded_document(1), scheme, tokenizer) is None


def test_a_sentence_of_1485_pairs_and_one_of_one(tokenizer: SubwordTokenizer) -> None:
    document = crowded_document(55)
    scheme = learn_labels([document], SCHEMA)
    wide = learn_labels([crowded_document(4)], SCHEMA)
    everything = {(first, second): (1,) for first in wide.types for second in wide.types}
    every_pair = window_document(document, type(scheme)(scheme.labels, scheme.types, (), everything), tokenizer)
    assert every_pair is not None and len(every_pair.pairs) == 1485
    assert len(window(crowded_document(2), tokenizer).pairs) == 1


def test_a_sentence_longer_than_a_window_is_cut_between_tokens(tokenizer: SubwordTokenizer) -> None:
    windowed = window(crowded_document(12), tokenizer, window_tokens=16)
    assert len(windowed.windows) > 1
    assert all(len(each.token_ids) <= 16 for each in windowed.windows)
    assert [spelled(windowed, tokenizer, n) for n in (0, 1)] == ["drug0", "sign1"]
    assert (windowed.words[:, 1] < windowed.words[:, 2]).all()


def test_windows_without_a_pair_are_left_out(tokenizer: SubwordTokenizer) -> None:
    document = make_document(
        "He slept well that night. The aspirin relieved his pain.",
        "T1  Drug 30 37  aspirin",
        "T2  Sign 51 55  pain",
        "R1  treats Arg1:T1 Arg2:T2",
    )
    assert len(window(document, tokenizer, window_tokens=24).windows) == 1
    wide = window(document, tokenizer, window_tokens=24, context_tokens=40)
    assert "slept" in tokenizer.tokenizer.decode(list(wide.windows[0].token_ids))


def test_sentences_are_read_one_by_one_or_as_many_as_fit(tokenizer: SubwordTokenizer) -> None:
    text = " ".join(tiny_document(n).text[:-15] for n in range(3))
    lines, found = [], 0
    for n in range(3):
        drug, sign = DRUGS[n % 5], SIGNS[(n // 5 + n) % 5]
        at, to = text.index(drug, found), text.index(sign, found)
        lines += [
            f"T{2 * n + 1}  Drug {at} {at + len(drug)}  {drug}",
            f"T{2 * n + 2}  Sign {to} {to + len(sign)}  {sign}",
        ]
        found = to
    document = make_document(text, *lines, "R1  treats Arg1:T1 Arg2:T2")
    read = [window(document, tokenizer, window_sentences=most) for most in (0, 1, 2)]
    assert [len(each.windows) for each in read] == [1, 3, 2]
    for each in read:  # whatever the windows, the same words under the same pairs
        assert [spelled(each, tokenizer, n) for n in range(len(each.words))] == [
            spelled(read[0], tokenizer, n) for n in range(len(read[0].words))
        ]
        assert (each.pairs == read[0].pairs).all()


@given(st.lists(st.integers(0, 30), min_size=1, max_size=30), st.integers(0, 4))
def test_packing_covers_every_unit_once_within_the_capacity(lengths: list[int], most: int) -> None:
    packed = pack_units(lengths, capacity=30, most=most)
    assert [n for start, end in packed for n in range(start, end)] == list(range(len(lengths)))
    assert all(sum(lengths[start:end]) <= 30 for start, end in packed)
    assert all(end - start <= most for start, end in packed) or not most


@given(st.lists(st.integers(0, 100), min_size=1, max_size=10))
def test_units_cover_every_token_once(lengths: list[int]) -> None:
    units = cut_units(lengths, capacity=7)
    tokens = [(unit.segment, token) for unit in units for token in range(unit.start, unit.end)]
    assert tokens == [(segment, token) for segment, length in enumerate(lengths) for token in range(length)]


def test_links_tell_same_first_new_first_and_new_sentence() -> None:
    pairs = [CandidatePair(0, 0, 0, 1), CandidatePair(0, 0, 0, 2), CandidatePair(0, 1, 0, 2), CandidatePair(3, 0, 0, 1)]
    links = [find_link(*both) for both in zip((None, *pairs[:-1]), pairs, strict=True)]
    assert links == [2, 0, 1, 2]


def test_buckets_double() -> None:
    assert [bucket(n, 5) for n in (-3, 0, 1, 2, 3, 4, 7, 8, 99)] == [0, 0, 1, 2, 2, 3, 3, 4, 4]


def test_nested_mentions_give_a_word_the_shorter_ones_type(tokenizer: SubwordTokenizer) -> None:
    document = make_document(
        "aspirin pain relieved",
        "T1  Sign 0 12  aspirin pain",
        "T2  Drug 0 7  aspirin",
        "R1  treats Arg1:T2 Arg2:T1",
    )
    assert np.array_equal(window(document, tokenizer).words[:, 3], [1, 2, 0])
