"""The project that is adjudicated: which texts two or more annotators worked on, read again when their files change.

In: a folder with one sub-folder an annotator. Out: `ReviewedProject`, and one `AnnotatedDocument` at a time. Documents
are looked up in a table made at the start: no path is ever built from a document's id.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from corpus_tools.adjudication.layers import AnnotatedDocument
from corpus_tools.agreement import Place, TextDiffers, find_annotators
from corpus_tools.errors import InputError
from corpus_tools.standoff import (
    DocumentFiles,
    Reject,
    Schema,
    align_document,
    find_documents,
    find_schema,
    name_rejects,
    observed_schema,
    read_document,
)

ANNOTATED, ALONE, DIFFERS = "annotated", "alone", "text-differs"

Signature = tuple[tuple[str, int, int], ...]
"""Name, size and time of change of each file of a document."""


@dataclass(frozen=True, slots=True)
class ReadAnnotations:
    """Hold one document as it was read.

    Attributes
    ----------
    document : AnnotatedDocument or None
        None where fewer than two annotated it, or on different texts.
    state : str
        ANNOTATED, ALONE (fewer than two have a `.ann`) or DIFFERS.
    rejects : tuple of (annotator, Reject)
    single : AnnotatedDocument or None
        What one annotator wrote, where nobody else has an `.ann` of it.
    """

    document: AnnotatedDocument | None
    state: str
    rejects: tuple[tuple[str, Reject], ...]
    differs: TextDiffers | None = None
    single: AnnotatedDocument | None = None


@dataclass(frozen=True, slots=True)
class ReviewedProject:
    """Hold where the documents of each annotator lie, by id, and what may be annotated.

    Attributes
    ----------
    files : dict of str to dict
        For each document the files of each annotator, by annotator, sorted.
    has_schema : bool
        Whether the schema was found, not merely observed.
    skipped : tuple of (annotator, Reject)
        Links and the like that were left out.
    """

    root: Path
    annotators: tuple[str, ...]
    files: Mapping[str, Mapping[str, DocumentFiles]]
    schema: Schema
    has_schema: bool
    skipped: tuple[tuple[str, Reject], ...] = ()

    @property
    def doc_ids(self) -> tuple[str, ...]:
        """Return the ids of all documents, sorted."""
        return tuple(self.files)


def find_project(root: Path, *, annotators: Sequence[str] = ()) -> ReviewedProject:
    """Find the annotators of a project and their documents.

    Parameters
    ----------
    annotators : sequence of str
        Only these; by default every sub-folder with documents but `gold` and `source`.

    Raises
    ------
    InputError
        Where there are fewer than two annotators.
    UsageError
        Where a named annotator has no folder.
    """
    places, _ = find_annotators(root, names=annotators)
    skipped: list[tuple[str, Reject]] = []
    found = [(place.annotator, files) for place in places for files in _find_documents(place, skipped)]
    by_document: dict[str, dict[str, DocumentFiles]] = {}
    for annotator, files in sorted(found, key=lambda each: (each[1].doc_id, each[0])):
        by_document.setdefault(files.doc_id, {})[annotator] = files
    names = tuple(sorted({place.annotator for place in places}))
    schema = find_schema(root)
    used = schema or observed_schema([])
    project = ReviewedProject(root, names, by_document, used, schema is not None, tuple(skipped))
    return project if schema is not None else _observe(project)


def _find_documents(place: Place, skipped: list[tuple[str, Reject]]) -> Iterator[DocumentFiles]:
    return find_documents(place.folder, on_skip=lambda reject: skipped.append((place.annotator, reject)))


def _observe(project: ReviewedProject) -> ReviewedProject:
    """Return the project with the schema that its annotations add up to."""
    documents = (
        document
        for doc_id in project.doc_ids
        if (read := read_annotations(project, doc_id).document) is not None
        for document in read.versions.values()
    )
    schema = observed_schema(documents)
    return replace(project, schema=schema)


def read_annotations(project: ReviewedProject, doc_id: str) -> ReadAnnotations:
    """Read what every annotator wrote of a document.

    Annotators without an `.ann` did not annotate it, which is not the same as an empty one.
    """
    aligned = {name: align_document(read_document(files)) for name, files in project.files[doc_id].items()}
    rejects = tuple((name, reject) for name, each in aligned.items() for reject in each.rejects)
    versions = {
        name: each.document for name, each in aligned.items() if each.document.has_annotations and not each.is_rejected
    }
    hashes = {name: document.text_hash for name, document in versions.items()}
    if len(set(hashes.values())) > 1:
        return ReadAnnotations(None, DIFFERS, rejects, TextDiffers(doc_id, hashes))
    first = next(iter(versions.values()), None)
    document = AnnotatedDocument(doc_id, first.text, first.text_hash, versions) if first is not None else None
    if len(versions) < 2:
        is_single = sum(each.document.has_annotations for each in aligned.values()) == 1
        return ReadAnnotations(None, ALONE, rejects, single=document if is_single else None)
    return ReadAnnotations(document, ANNOTATED, rejects)


def read_all(project: ReviewedProject) -> Iterator[tuple[str, ReadAnnotations]]:
    """Yield every document as it is read, in the order of the ids."""
    for doc_id in project.doc_ids:
        yield doc_id, read_annotations(project, doc_id)


def sign_files(project: ReviewedProject, doc_id: str) -> Signature:
    """Return what changes when a file of a document does; a file that is gone counts as empty."""
    paths = [path for files in project.files[doc_id].values() for path in (files.txt, files.ann) if path is not None]
    return tuple(_sign_file(path) for path in paths)


def _sign_file(path: Path) -> tuple[str, int, int]:
    try:
        status = path.stat()
    except OSError:
        return str(path), 0, 0
    return str(path), status.st_size, status.st_mtime_ns


def check_project(project: ReviewedProject, annotated: int) -> None:
    """Refuse a project in which nothing can be adjudicated.

    Raises
    ------
    InputError
        Where no document is annotated by two annotators on the same text.
    """
    if not annotated:
        raise InputError(
            f"{project.root}: no document is annotated by two of {', '.join(project.annotators)} on the same text; "
            f"the same path below their folders is one document{name_rejects(reject for _, reject in project.skipped)}"
        )
