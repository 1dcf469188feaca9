"""The annotators of a project and the documents that two or more of them annotated on the same text.

In: a folder with one sub-folder an annotator, or one a round that holds these. Out: `Project`: the compared texts as
numbers (words, sentences), everyone's annotations stacked, and an account of what could not be compared.

The same relative path is the same document. Where its text differs, annotators are compared only with those who had the
same text, and the document is named with the hashes.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from corpus_tools.agreement.matching import Bools, Ints
from corpus_tools.agreement.places import Place
from corpus_tools.agreement.tables import Tables, stack_columns
from corpus_tools.errors import InputError
from corpus_tools.sentences import find_words, segment_text
from corpus_tools.standoff import AnnotationColumns, DocumentFiles, ReadColumns, Reject, find_documents, read_columns
from corpus_tools.storage import hash_text

TEXT_DIFFERS = "TEXT-DIFFERS"

_GAP = 1  # characters between two texts on the line, so that nothing touches across


@dataclass(frozen=True, slots=True)
class TextDiffers:
    """Hold a document whose text is not the same for all who annotated it: annotator -> SHA-256 of the text."""

    doc_id: str
    hashes: dict[str, str]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Hold how many documents two annotators share.

    Attributes
    ----------
    compared : int
        Both annotated it, on the same text.
    text_differs : int
        Both annotated it, on different texts: refused.
    only_first, only_second : int
        Annotated by one of the two.
    """

    first: str
    second: str
    compared: int
    text_differs: int
    only_first: int
    only_second: int


@dataclass(frozen=True, slots=True)
class Texts:
    """Hold the compared texts laid out on one line of characters, one behind the other, a gap between two.

    Attributes
    ----------
    base : array, shape (documents,), characters
        Where each text begins on the line.
    word_starts, word_ends : array, shape (words,), characters on the line
    sentence_starts : array, shape (sentences,), characters on the line
    """

    base: Ints
    word_starts: Ints
    word_ends: Ints
    sentence_starts: Ints


@dataclass(frozen=True, slots=True)
class Project:
    """Hold what is compared. A document here is a text: one id has two where annotators had different texts.

    Attributes
    ----------
    presence : array, shape (documents, annotators)
        Who annotated which text; every text has at least two annotators.
    contents : tuple of str
        The texts themselves, kept only on request.
    not_annotated : dict of str to int
        Documents of each annotator with a text but no `.ann`: not the same as an empty one, and not compared.
    """

    annotators: tuple[str, ...]
    doc_ids: tuple[str, ...]
    rounds: tuple[str, ...]
    presence: Bools
    texts: Texts
    tables: Tables
    coverage: tuple[Coverage, ...]
    text_differs: tuple[TextDiffers, ...]
    annotated: dict[str, int]
    not_annotated: dict[str, int]
    rejects: tuple[tuple[str, Reject], ...]
    contents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _SharedText:
    """Hold one text that two or more annotated: words of shape (words, 2), annotator -> columns."""

    doc_id: str
    round: str
    content: str
    words: Ints
    sentence_starts: Ints
    columns: dict[int, AnnotationColumns]


_Found = list[dict[str, tuple[str, DocumentFiles]]]


def read_annotators(
    places: Sequence[Place],
    *,
    is_symmetric: Callable[[str], bool] = lambda label: False,
    keep_texts: bool = False,
    track: Callable[[Sequence[str]], Iterable[str]] = iter,
) -> Project:
    """Read everyone's documents and stack their annotations.

    Parameters
    ----------
    track : callable
        Called with the document ids; yields them again, showing progress or not.

    Raises
    ------
    InputError
        Where no document is annotated by two annotators on the same text.
    """
    annotators = tuple(sorted({place.annotator for place in places}))
    found = _find_files(places, annotators)
    texts: list[_SharedText] = []
    differing: list[TextDiffers] = []
    rejects: list[tuple[str, Reject]] = []
    groupings: Counter[tuple[int, ...]] = Counter()
    unannotated: Counter[str] = Counter()
    for doc_id in track(sorted(set().union(*found))):
        reads = [read_columns(files[doc_id][1]) if doc_id in files else None for files in found]
        contents = [_annotated_text(read) for read in reads]
        read_by = [(annotators[i], read) for i, read in enumerate(reads) if read is not None]
        rejects += [(annotator, reject) for annotator, read in read_by for reject in read.rejects]
        unannotated.update(annotator for annotator, read in read_by if not read.has_annotations)
        grouping = _group_texts(contents)
        groupings[grouping] += 1
        if max(grouping) > 0:
            differing.append(_name_difference(doc_id, annotators, contents))
        round_name = next(files[doc_id][0] for files in found if doc_id in files)
        texts += _share_texts(doc_id, round_name, reads, grouping, keep_texts=keep_texts)
    coverage = tuple(_cover(annotators, pair, groupings) for pair in combinations(range(len(annotators)), 2))
    if not texts:
        raise InputError(_format_no_overlap(coverage))
    return Project(
        annotators,
        tuple(text.doc_id for text in texts),
        tuple(text.round for text in texts),
        np.array([[i in text.columns for i in range(len(annotators))] for text in texts], bool),
        _lay_out(texts),
        _stack(texts, len(annotators), is_symmetric),
        coverage,
        tuple(differing),
        {name: sum(n for g, n in groupings.items() if g[i] >= 0) for i, name in enumerate(annotators)},
        {name: unannotated[name] for name in annotators},
        tuple(rejects),
        tuple(text.content for text in texts) if keep_texts else (),
    )


def _find_files(places: Sequence[Place], annotators: Sequence[str]) -> _Found:
    """Return for each annotator the files of each document, with the round, by an id that names the round."""
    files: _Found = [{} for _ in annotators]
    for place in places:
        for found in find_documents(place.folder):
            doc_id = f"{place.round}/{found.doc_id}" if place.round else found.doc_id
            files[annotators.index(place.annotator)][doc_id] = place.round, found
    return files


def _annotated_text(read: ReadColumns | None) -> str | None:
    return read.text if read is not None and read.has_annotations else None


def _group_texts(contents: Sequence[str | None]) -> tuple[int, ...]:
    """Return for each annotator which of the distinct texts is theirs, -1 for none."""
    distinct = list(dict.fromkeys(content for content in contents if content is not None))
    return tuple(-1 if content is None else distinct.index(content) for content in contents)


def _name_difference(doc_id: str, annotators: Sequence[str], contents: Sequence[str | None]) -> TextDiffers:
    hashes = {name: hash_text(text) for name, text in zip(annotators, contents, strict=True) if text is not None}
    return TextDiffers(doc_id, hashes)


def _share_texts(
    doc_id: str, round_name: str, reads: Sequence[ReadColumns | None], grouping: tuple[int, ...], *, keep_texts: bool
) -> list[_SharedText]:
    """Return the texts of one document that two or more annotators share."""
    shared = []
    for group in range(max(grouping) + 1):
        members = {i: read for i, read in enumerate(reads) if read is not None and grouping[i] == group}
        if len(members) < 2:
            continue
        text = next(iter(members.values())).text or ""
        words = np.array(find_words(text), np.int64).reshape(-1, 2)
        sentences = np.array([span.start for span in segment_text(text)], np.int64)
        columns = {i: read.columns for i, read in members.items()}
        content = text if keep_texts else ""
        shared.append(_SharedText(doc_id, round_name, content, words, sentences, columns))
    return shared


def _cover(annotators: Sequence[str], pair: tuple[int, int], groupings: Counter[tuple[int, ...]]) -> Coverage:
    counts: Counter[str] = Counter()
    for grouping, documents in groupings.items():
        first, second = (grouping[annotator] for annotator in pair)
        if first >= 0 and second >= 0:
            counts["compared" if first == second else "text_differs"] += documents
        elif first >= 0 or second >= 0:
            counts["only_first" if first >= 0 else "only_second"] += documents
    return Coverage(
        annotators[pair[0]],
        annotators[pair[1]],
        counts["compared"],
        counts["text_differs"],
        counts["only_first"],
        counts["only_second"],
    )


def _format_no_overlap(coverage: Sequence[Coverage]) -> str:
    account = "; ".join(
        f"{row.first} and {row.second}: {row.text_differs} with different texts, "
        f"{row.only_first} and {row.only_second} of one alone"
        for row in coverage
    )
    return f"no document is annotated by two annotators on the same text ({account}); the same path is one document"


def _lay_out(texts: Sequence[_SharedText]) -> Texts:
    ends = [max([int(text.words[-1, 1]) if len(text.words) else 0, *_last_ends(text)]) for text in texts]
    base = np.cumsum([0, *(end + _GAP for end in ends[:-1])]).astype(np.int64)
    words = np.concatenate([text.words + start for text, start in zip(texts, base, strict=True)])
    sentences = [text.sentence_starts + start for text, start in zip(texts, base, strict=True)]
    return Texts(base, words[:, 0], words[:, 1], np.concatenate(sentences))


def _last_ends(text: _SharedText) -> list[int]:
    return [max(columns.ends, default=0) for columns in text.columns.values()]


def _stack(texts: Sequence[_SharedText], annotators: int, is_symmetric: Callable[[str], bool]) -> Tables:
    stacked = [
        [(number, text.columns[annotator]) for number, text in enumerate(texts) if annotator in text.columns]
        for annotator in range(annotators)
    ]
    return stack_columns(stacked, is_symmetric=is_symmetric)
