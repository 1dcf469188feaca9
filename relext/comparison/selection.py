"""Which documents a study reads: fixed subsets of a corpus's parts, and documents by their source.

In: an opened corpus and a study's settings. Out: `Selection`, a corpus whose parts hold the documents drawn, which
training and evaluation read like any other.

A draw ranks documents by a hash of seed and id: it is the same on every machine, the smaller of two draws lies within
the larger, and a document that joins the corpus moves no other.

Examples
--------
>>> from types import SimpleNamespace
>>> notes = [SimpleNamespace(doc_id=f"note-{n}") for n in range(9)]
>>> few, more = draw_documents(notes, 2, seed=1), draw_documents(notes, 5, seed=1)
>>> len(few), all(note in more for note in few)
(2, True)
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from corpus_tools.assembly import PARTS, Corpus, CorpusDocument
from corpus_tools.errors import InputError
from corpus_tools.standoff import Schema
from corpus_tools.storage import format_json, hash_text
from relext.comparison.settings import StudyConfig

OTHER_SOURCE = "other"

Change = Callable[[str, Sequence[CorpusDocument]], Sequence[CorpusDocument]]  # of (part, documents)


@dataclass(frozen=True, slots=True)
class Selection(Corpus):
    """Hold the documents of a corpus that a study reads, by part.

    Attributes
    ----------
    parts : mapping of part to documents
    steps : tuple of str
        What was chosen from the corpus, and how it was changed; part of its hash.
    """

    parts: Mapping[str, tuple[CorpusDocument, ...]]
    steps: tuple[str, ...] = ()

    @property
    def hash(self) -> str:
        """Return a hash of the corpus's own and of every step since."""
        whole = Corpus(self.path, self.manifest, self.schema).hash
        return hash_text("\n".join((whole, *self.steps))) if self.steps else whole

    def documents(self, split: str) -> Iterator[CorpusDocument]:
        """Yield the documents of a part."""
        return iter(self.parts[split])

    def changed(self, step: str, change: Change, *, schema: Schema | None = None) -> Self:
        """Return the selection with its parts, and its schema where one is given, changed; the step names how."""
        parts = {part: tuple(change(part, documents)) for part, documents in self.parts.items()}
        return type(self)(self.path, self.manifest, schema or self.schema, parts, (*self.steps, step))


def select_documents(corpus: Corpus, study: StudyConfig) -> Selection:
    """Draw the documents of a study.

    Raises
    ------
    InputError
        Where the part that systems are scored on holds no document.
    """
    wanted = {
        "train": study.train_documents,
        "validation": study.validation_documents,
        "test": study.test_documents if study.evaluated_part == "test" else 0,
    }
    whole = Selection(
        corpus.path, corpus.manifest, corpus.schema, {part: tuple(corpus.documents(part)) for part in PARTS}
    )
    if not whole.parts[study.evaluated_part]:
        raise InputError(f"{corpus.path}: its part {study.evaluated_part} holds no document to score systems on")
    step = format_json({"draw": wanted, "seed": study.subset_seed})
    return whole.changed(step, lambda part, found: draw_documents(found, wanted[part], seed=study.subset_seed))


def draw_documents(documents: Sequence[CorpusDocument], count: int, *, seed: int) -> list[CorpusDocument]:
    """Return `count` documents, all for 0, in the order given."""
    ranked = sorted(documents, key=lambda document: hash_text(f"{seed}\n{document.doc_id}"))
    drawn = {document.doc_id for document in ranked[: count or None]}
    return [document for document in documents if document.doc_id in drawn]


def select_source(selection: Selection, source: str, study: StudyConfig) -> Selection:
    """Return the selection with the documents of one source alone, for training.

    Raises
    ------
    InputError
        Where the source has no training document.
    """
    step = f"source {source} by {study.source_by}"
    kept = selection.changed(step, lambda _, found: [each for each in found if find_source(each, study) == source])
    if not kept.parts["train"]:
        raise InputError(
            f"{selection.path}: no training document is of the source {source[:60]!r}; see [study] sources"
        )
    return kept


def find_source(document: CorpusDocument, study: StudyConfig) -> str:
    """Return the first source of the study that a document is of, "other" for none."""
    names = document.specialties if study.source_by == "specialty" else (document.doc_id,)
    matches = str.__eq__ if study.source_by == "specialty" else str.startswith
    return next((source for source in study.sources if any(matches(name, source) for name in names)), OTHER_SOURCE)
