"""The paper's preprocessing (clean, tokens, stop words, lemmas) as a view for statistics and ablation.

In: any text. Out: `Preprocessed`, with every stop word that was dropped, so that a report can show what the step
destroys: a general list holds negations, words of time and words of quantity, and without them `no pain before 2 mg`
reads like `pain 2 mg`. It is never the default input of the model.

Examples
--------
>>> view = preprocess("No chest pain before the twelve tablets.")
>>> view.lemmas, view.removed
(('chest', 'pain', 'tablet'), ('no', 'before', 'the', 'twelve'))
>>> view.destroyed
{'dose': 1, 'negation': 1, 'time': 1}
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

from corpus_tools.sentences.cleaning import clean_text
from corpus_tools.sentences.words import tokenize_words

# Words without which a clinical sentence says something else. Which of them a stop-word list holds, is for the list.
# fmt: off
DANGEROUS_WORDS = {
    "negation": frozenset((
        "barely", "cannot", "cant", "couldnt", "denied", "denies", "except", "hardly", "hasnt", "neither", "never",
        "no", "nobody", "none", "nor", "not", "nothing", "nowhere", "without",
    )),
    "time": frozenset((
        "after", "afterwards", "again", "ago", "already", "always", "before", "beforehand", "during", "ever", "first",
        "former", "formerly", "last", "latter", "next", "now", "often", "once", "since", "sometimes", "still", "then",
        "thereafter", "until", "when", "while", "within", "yet",
    )),
    "dose": frozenset((
        "above", "amount", "below", "each", "eight", "eleven", "empty", "every", "few", "fifteen", "fifty",
        "five", "forty", "four", "full", "half", "hundred", "least", "less", "many", "more", "most", "nine", "one",
        "over", "per", "several", "six", "sixty", "ten", "third", "three", "twelve", "twenty", "twice", "two", "under",
    )),
}
# fmt: on


@dataclass(frozen=True, slots=True)
class Preprocessed:
    """Hold what each of the four steps leaves of a text.

    Attributes
    ----------
    clean : str
        The text without illegal characters and blank lines.
    tokens : tuple of str
        Words and numbers of the clean text in lower case, punctuation dropped.
    removed, kept : tuple of str
        The tokens that are stop words, and the others, each in text order.
    lemmas : tuple of str
        One for each token of `kept`.
    """

    clean: str
    tokens: tuple[str, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]
    lemmas: tuple[str, ...]

    @property
    def destroyed(self) -> dict[str, int]:
        """Return how many negations, words of time and words of dose the stop-word step dropped, by kind."""
        counts = Counter(kind for token in self.removed for kind in _kinds(token))
        return dict(sorted(counts.items()))


def preprocess(text: str) -> Preprocessed:
    """Clean a text, cut it into tokens, drop English stop words, and reduce what is left to lemmas."""
    clean = clean_text(text).text
    words = (clean[span.start : span.end].lower() for span in tokenize_words(clean))
    tokens = tuple(word for word in words if any(map(str.isalnum, word)))
    stop_words = _load_stop_words()
    kept = tuple(token for token in tokens if token not in stop_words)
    removed = tuple(token for token in tokens if token in stop_words)
    return Preprocessed(clean, tokens, removed, kept, tuple(map(lemmatize_word, kept)))


def reduce_word(word: str, *, kept: frozenset[str] = frozenset()) -> str:
    """Return what the paper's steps leave of one word: its lemma in lower case, empty for a stop word or a sign.

    Parameters
    ----------
    kept : frozenset of str
        Words in lower case that stay though the list names them, such as the negations of `DANGEROUS_WORDS`.
    """
    lower = word.lower()
    if not any(map(str.isalnum, lower)) or (lower in _load_stop_words() and lower not in kept):
        return ""
    return lemmatize_word(lower)


def find_dangerous_stop_words(stop_words: Iterable[str] | None = None) -> dict[str, tuple[str, ...]]:
    """Return the dangerous words that a stop-word list holds, by kind, sorted.

    Parameters
    ----------
    stop_words : iterable of str, optional
        The list to judge, that of `preprocess` (scikit-learn's) by default.
    """
    held = _load_stop_words() if stop_words is None else frozenset(stop_words)
    return {kind: tuple(sorted(words & held)) for kind, words in sorted(DANGEROUS_WORDS.items())}


def _kinds(token: str) -> list[str]:
    return [kind for kind, words in DANGEROUS_WORDS.items() if token in words]


@cache
def _load_stop_words() -> frozenset[str]:
    """Return scikit-learn's list; imported on first use, for the import takes a second."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return frozenset(ENGLISH_STOP_WORDS)


@lru_cache(maxsize=65536)
def lemmatize_word(token: str) -> str:
    """Return the English lemma of one token."""
    from simplemma import lemmatize

    return str(lemmatize(token, lang="en"))
