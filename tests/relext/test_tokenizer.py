"""The tokenizer of a scratch encoder learns nothing that few documents hold."""

from relext.model.tokenizer import SPECIAL_TOKENS, train_tokenizer

COMMON = ["The aspirin relieved his pain."] * 5


def test_a_name_in_four_documents_leaves_no_token_and_in_five_it_does() -> None:
    rare = train_tokenizer([*COMMON, *["Zebulon came."] * 4], vocabulary=500).tokenizer.get_vocab()
    shared = train_tokenizer([*COMMON, *["Zebulon came."] * 5], vocabulary=500).tokenizer.get_vocab()
    assert not any("Ze" in token or "bul" in token for token in rare)
    assert "Zebulon" in shared


def test_a_name_repeated_in_one_document_leaves_no_token() -> None:
    vocabulary = train_tokenizer([*COMMON, "MRN-883712 " * 50], vocabulary=500).tokenizer.get_vocab()
    assert not any("88" in token or "MRN" in token for token in vocabulary)


def test_any_text_is_spelled_and_read_back() -> None:
    tokenizer = train_tokenizer(COMMON, vocabulary=300).tokenizer
    text = "Zoë: 37,5 °C ☃ pain\n\t."
    assert tokenizer.decode(tokenizer.encode(text).ids) == text


def test_special_tokens_stand_where_roberta_has_them() -> None:
    trained = train_tokenizer(COMMON, vocabulary=300)
    assert [trained.tokenizer.token_to_id(token) for token in SPECIAL_TOKENS] == [0, 1, 2, 3, 4]
    assert (trained.start_id, trained.pad_id, trained.end_id) == (0, 1, 2)


def test_without_texts_bytes_remain() -> None:
    assert train_tokenizer([], vocabulary=300).tokenizer.get_vocab_size() == 256 + len(SPECIAL_TOKENS)


def test_the_same_texts_give_the_same_tokenizer() -> None:
    one, other = (train_tokenizer(COMMON, vocabulary=300).tokenizer.to_str() for _ in range(2))
    assert one == other
