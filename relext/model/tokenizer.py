"""Train a byte-level BPE tokenizer that keeps nothing which few documents hold.

In: the texts of a corpus. Out: `SubwordTokenizer`. A token is learnt only from words that stand in at least
`MIN_DOCUMENTS` documents, so that no patient's name or number survives as a token in a model folder.

Examples
--------
>>> tokenizer = train_tokenizer(["aspirin for Zebulon"] + ["aspirin helps"] * 5, vocabulary=400)
>>> "Ġaspirin" in tokenizer.tokenizer.get_vocab() or "aspirin" in tokenizer.tokenizer.get_vocab()
True
>>> any("Zeb" in token for token in tokenizer.tokenizer.get_vocab())
False
"""

from collections import Counter
from collections.abc import Iterable, Iterator

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from relext.data import SubwordTokenizer

MIN_DOCUMENTS = 5
SPECIAL_TOKENS = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")  # RoBERTa's names, in RoBERTa's order


def train_tokenizer(texts: Iterable[str], *, vocabulary: int, min_documents: int = MIN_DOCUMENTS) -> SubwordTokenizer:
    """Train a tokenizer in RoBERTa's manner.

    Parameters
    ----------
    texts : iterable of str
        One a document.
    vocabulary : int, tokens
        Most tokens, the 256 bytes and the special tokens included.
    min_documents : int
        A word in fewer documents is spelled from its bytes and from pieces of other words.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        min_frequency=2,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_shared_words(texts, min_documents=min_documents), trainer)
    ids = tokenizer.get_vocab()
    start_id, end_id, pad_id, mask_id = (ids[token] for token in ("<s>", "</s>", "<pad>", "<mask>"))
    return SubwordTokenizer(tokenizer, start_id=start_id, end_id=end_id, pad_id=pad_id, mask_id=mask_id)


def _shared_words(texts: Iterable[str], *, min_documents: int) -> Iterator[str]:
    """Yield each word that enough documents hold, as often as it occurs; merges never cross the ends of a word."""
    splitter = pre_tokenizers.ByteLevel(add_prefix_space=False)
    occurrences: Counter[str] = Counter()
    documents: Counter[str] = Counter()
    for text in texts:
        words = [text[start:end] for _, (start, end) in splitter.pre_tokenize_str(text)]
        occurrences.update(words)
        documents.update(set(words))
    for word, count in sorted(occurrences.items()):
        if documents[word] >= min_documents:
            yield from [word] * count
