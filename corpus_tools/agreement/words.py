"""Universe (c): the words of the compared texts, marked with a type or not, one binary rating a type (mentions nest).

In: a `Project`. Out: `MarkedWords`, and `Ratings` of a type over all words or over those that somebody marked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from corpus_tools.agreement.arrays import Bools, Ints, distinct, starts_run
from corpus_tools.agreement.project import Project
from corpus_tools.agreement.universes import MISSING, Ratings

NAMES = ("not marked", "marked")


@dataclass(frozen=True, slots=True)
class MarkedWords:
    """Hold which annotator marked which word with which type, each once, in the order of the words.

    Attributes
    ----------
    word, annotator, label : array, shape (marks,)
    document : array, shape (marks,)
        The document of each word.
    words : array, shape (documents,)
        How many words each document has.
    presence : array, shape (documents, annotators)
    """

    word: Ints
    annotator: Ints
    label: Ints
    document: Ints
    words: Ints
    presence: Bools


def mark_words(project: Project, *, labels: Bools) -> MarkedWords:
    """Return the words that share a character with a fragment of a mention."""
    texts, textbounds = project.texts, project.tables.textbounds
    kept = labels[textbounds.label[textbounds.fragment_owner]]
    owner = textbounds.fragment_owner[kept]
    base = texts.base[textbounds.document[owner]]
    begin = np.searchsorted(texts.word_ends, textbounds.fragment_starts[kept] + base, "right")
    end = np.searchsorted(texts.word_starts, textbounds.fragment_ends[kept] + base, "left")
    lengths = np.maximum(end - begin, 0)
    row = np.repeat(np.arange(len(owner)), lengths)
    word = np.arange(len(row)) - (np.cumsum(lengths) - lengths)[row] + begin[row]
    shape = len(texts.word_starts), len(project.annotators), len(project.tables.names)
    marks = distinct(
        np.ravel_multi_index((word, textbounds.annotator[owner][row], textbounds.label[owner][row]), shape)
    )
    word, annotator, label = np.unravel_index(marks, shape)
    document = np.searchsorted(texts.base, texts.word_starts[word], "right") - 1
    words = np.diff(np.append(np.searchsorted(texts.word_starts, texts.base), len(texts.word_starts)))
    return MarkedWords(word, annotator, label, document, words, project.presence)


def rate_words(
    words: MarkedWords, labels: Ints, members: Sequence[int], *, complete: bool
) -> Iterator[tuple[int, Ratings, Ratings]]:
    """Yield for each type who marked a word with it: over all words, and over those that a member marked at all.

    Parameters
    ----------
    complete : bool
        Words of the documents that all members annotated, else of those that at least two did.
    """
    present = words.presence[:, members]
    raters, documents = present.sum(axis=1), np.arange(len(present))
    compared = raters == len(members) if complete else raters >= 2
    rater_of = np.full(words.presence.shape[1], MISSING)
    rater_of[list(members)] = range(len(members))
    among = np.flatnonzero((rater_of[words.annotator] != MISSING) & compared[words.document])
    marked = np.bincount(words.document[among][starts_run(words.word[among])], minlength=len(present))
    by_label = among[np.argsort(words.label[among], kind="stable")]
    bounds = np.searchsorted(words.label[by_label], [labels, labels + 1])
    for label, start, end in zip(labels.tolist(), *bounds.tolist(), strict=True):
        rows = by_label[start:end]
        is_first = starts_run(words.word[rows])
        document = words.document[rows][is_first]
        categories = np.where(present[document], 0, MISSING)
        categories[np.cumsum(is_first) - 1, rater_of[words.annotator[rows]]] = 1
        listed = np.bincount(document, minlength=len(present))
        silent = np.zeros((2, len(present), len(members) + 1), np.int64)
        silent[0, documents, raters] = words.words * compared - listed
        silent[1, documents, raters] = marked - listed
        yield label, *(Ratings(document, categories, unlisted, 0, NAMES) for unlisted in silent)
