"""Texts for pretraining: every distinct text below some folders, cut into the sentences that the relation model reads.

In: folders with `.txt` files. Out: `TextPool`. The same text under two names, as two annotators of a document have it,
counts once; a file that is no UTF-8 text is a `Reject` and the rest goes on.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from corpus_tools.errors import InputError
from corpus_tools.sentences import clean_text, segment_text
from corpus_tools.standoff import Reject, find_documents, read_document
from corpus_tools.storage import hash_text

Sentences = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TextPool:
    """Hold the distinct texts of a run.

    Attributes
    ----------
    documents : tuple of tuple of str
        The sentences of each document.
    hash : str
        SHA-256 over the texts in their order.
    duplicates : int
        Files whose text had been read before.
    """

    documents: tuple[Sentences, ...]
    hash: str
    duplicates: int = 0
    rejects: tuple[Reject, ...] = ()

    def split(self, share: float, *, seed: int) -> tuple[tuple[Sentences, ...], tuple[Sentences, ...]]:
        """Return the documents to learn from and those held out, drawn at random; one at least is learnt."""
        count = min(round(share * len(self.documents)) or int(share > 0), len(self.documents) - 1)
        held_out = set(np.random.default_rng(seed).permutation(len(self.documents))[:count].tolist())
        return (
            tuple(document for n, document in enumerate(self.documents) if n not in held_out),
            tuple(document for n, document in enumerate(self.documents) if n in held_out),
        )


def read_pool(folders: Sequence[Path]) -> TextPool:
    """Read the texts of folders, in the order of the folders and of the ids in each.

    Raises
    ------
    InputError
        Where a folder does not exist, or none holds a text.
    """
    rejects: list[Reject] = []
    documents: dict[str, Sentences] = {}
    count = 0
    for text in (text for folder in folders for text in _read_texts(folder, rejects)):
        count += 1
        digest = hash_text(text)
        if digest not in documents:
            documents[digest] = split_sentences(text)
    kept = {digest: sentences for digest, sentences in documents.items() if sentences}
    if not kept:
        raise InputError(f"{', '.join(map(str, folders))}: no .txt file with a text in it; expected a folder of texts")
    return TextPool(tuple(kept.values()), hash_text("\n".join(kept)), count - len(documents), tuple(rejects))


def split_sentences(text: str) -> Sentences:
    """Return the sentences of a text, cleaned and cut as the stages before the relation model do it."""
    clean = clean_text(text).text
    return tuple(clean[span.start : span.end] for span in segment_text(clean))


def _read_texts(folder: Path, rejects: list[Reject]) -> Iterator[str]:
    if not folder.is_dir():
        raise InputError(f"{folder}: there is no such folder; expected a folder of .txt files")
    for files in find_documents(folder, on_skip=rejects.append):
        if files.txt is not None:
            read = read_document(replace(files, ann=None))
            rejects.extend(read.rejects)
            yield from () if read.rejects else (read.document.text,)
