"""The annotators of a project and the documents that two or more of them annotated on the same text.

In: a folder with one sub-folder an annotator, or one a round that holds these. Out: `Project`: the compared texts as
numbers (words, sentences), everyone's annotations stacked, and an account of what could not be compared.

The same relative path is the same document. Where its text differs, annotators are compared only with those who had the
same text, and the document is named with the hashes.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations

import numpy as np

from corpus_tools.agreement.arrays import Bools, Ints
from corpus_tools.agreement.places import Place
from corpus_tools.agreement.stacking import stack_columns
from corpus_tools.agreement.tables import Tables
from corpus_tools.errors import InputError
from corpus_tools.execution import map_ordered
from corpus_tools.sentences import find_words, segment_text
from corpus_tools.standoff import (
    AnnotationColumns,
    DocumentFiles,
    ReadColumns,
    Reject,
    find_documents,
    name_rejects,
    read_columns,
)
from corpus_tools.storage import hash_text

TEXT_DIFFERS = "TEXT-DIFFERS"

_MOST_PAIRS = 10  # of annotators, that a message names one by one
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


@dataclass(frozen=True, slots=True)
class _Request:
    """Hold one document to read: where each annotator has it, None for those who have not."""

    doc_id: str
    round: str
    files: tuple[DocumentFiles | None, ...]
    keep_text: bool


@dataclass(frozen=True, slots=True)
class _Reading:
    """Hold one document as everyone annotated it.

    Attributes
    ----------
    grouping : tuple of int
        For each annotator which of the document's texts is theirs, -1 for none.
    hashes : tuple of str or None
        The hash of each annotator's text, where there are several texts.
    """

    doc_id: str
    texts: tuple[_SharedText, ...]
    grouping: tuple[int, ...]
    hashes: tuple[str | None, ...]
    without_ann: tuple[int, ...]
    rejects: tuple[tuple[int, Reject], ...]


def read_annotators(
    places: Sequence[Place],
    *,
    is_symmetric: Callable[[str], bool] = lambda label: False,
    keep_texts: bool = False,
    jobs: int = 1,
    track: Callable[[Sequence[str]], Iterable[str]] = iter,
) -> Project:
    """Read everyone's documents and stack their annotations.

    Parameters
    ----------
    jobs : int
        Worker processes that read; the result is the same.
    track : callable
        Called with the document ids; yields them again, showing progress or not.

    Raises
    ------
    InputError
        Where no document is annotated by two annotators on the same text.
    """
    annotators = tuple(sorted({place.annotator for place in places}))
    rejects: list[tuple[str, Reject]] = []
    requests = _list_requests(places, annotators, rejects, keep_texts=keep_texts)
    readings = map_ordered(_read_request, (requests[doc_id] for doc_id in track(sorted(requests))), jobs=jobs)
    texts: list[_SharedText] = []
    differing: list[TextDiffers] = []
    groupings: Counter[tuple[int, ...]] = Counter()
    without_ann: Counter[int] = Counter()
    for reading in readings:
        texts += reading.texts
        rejects += [(annotators[annotator], reject) for annotator, reject in reading.rejects]
        groupings[reading.grouping] += 1
        without_ann.update(reading.without_ann)
        if any(reading.hashes):
            hashes = zip(annotators, reading.hashes, strict=True)
            differing.append(TextDiffers(reading.doc_id, {name: text for name, text in hashes if text}))
    coverage = tuple(_cover(annotators, pair, groupings) for pair in combinations(range(len(annotators)), 2))
    if not texts:
        raise InputError(_format_no_overlap(coverage) + name_rejects(reject for _, reject in rejects))
    return Project(
        annotators,
        tuple(text.doc_id for text in texts),
        tuple(text.round for text in texts),
        np.array([[i in text.columns for i in range(len(annotators))] for text in texts], np.bool_),
        _lay_out(texts),
        _stack(texts, len(annotators), is_symmetric),
        coverage,
        tuple(differing),
        {name: sum(n for g, n in groupings.items() if g[i] >= 0) for i, name in enumerate(annotators)},
        {name: without_ann[i] for i, name in enumerate(annotators)},
        tuple(rejects),
        tuple(text.content for text in texts) if keep_texts else (),
    )


def _list_requests(
    places: Sequence[Place], annotators: Sequence[str], rejects: list[tuple[str, Reject]], *, keep_texts: bool
) -> dict[str, _Request]:
    """Return what to read by an id that names the round; a link or the like that is left out becomes a reject."""
    files: dict[str, list[DocumentFiles | None]] = {}
    rounds: dict[str, str] = {}
    for place in places:
        for found in find_documents(place.folder, on_skip=partial(_add_reject, rejects, place.annotator)):
            doc_id = f"{place.round}/{found.doc_id}" if place.round else found.doc_id
            files.setdefault(doc_id, [None] * len(annotators))[annotators.index(place.annotator)] = found
            rounds[doc_id] = place.round
    return {doc_id: _Request(doc_id, rounds[doc_id], tuple(own), keep_texts) for doc_id, own in files.items()}


def _add_reject(rejects: list[tuple[str, Reject]], annotator: str, reject: Reject) -> None:
    rejects.append((annotator, reject))


def _read_request(request: _Request) -> _Reading:
    reads = [None if files is None else read_columns(files) for files in request.files]
    contents = [read.text if read is not None and read.has_annotations else None for read in reads]
    distinct = list(dict.fromkeys(content for content in contents if content is not None))
    grouping = tuple(-1 if content is None else distinct.index(content) for content in contents)
    is_differing = len(distinct) > 1
    return _Reading(
        request.doc_id,
        tuple(_share_texts(request, reads, grouping)),
        grouping,
        tuple(hash_text(content) if is_differing and content is not None else None for content in contents),
        tuple(i for i, read in enumerate(reads) if read is not None and not read.has_annotations),
        tuple((i, reject) for i, read in enumerate(reads) if read is not None for reject in read.rejects),
    )


def _share_texts(
    request: _Request, reads: Sequence[ReadColumns | None], grouping: tuple[int, ...]
) -> Iterator[_SharedText]:
    """Yield the texts of one document that two or more annotators share."""
    for group in range(max(grouping) + 1):
        members = {i: read for i, read in enumerate(reads) if read is not None and grouping[i] == group}
        if len(members) < 2:
            continue
        text = next(iter(members.values())).text or ""
        sentences = np.array([span.start for span in segment_text(text)], np.int64)
        columns = {i: read.columns for i, read in members.items()}
        content = text if request.keep_text else ""
        yield _SharedText(request.doc_id, request.round, content, find_words(text), sentences, columns)


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
    if len(coverage) > _MOST_PAIRS and not any(row.text_differs for row in coverage):
        names = len({name for row in coverage for name in (row.first, row.second)})
        return (
            f"none of the {names} folders shares a document with another; expected a folder an annotator, with the "
            "same paths below each; where each folder is a document, turn the layout round"
        )
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
