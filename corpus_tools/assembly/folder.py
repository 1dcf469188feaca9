"""The corpus folder: what a build leaves, what every later stage reads, and whether it is still as it was built.

::

    corpus/
      manifest.json               versions, settings, hashes of inputs and outputs, counts
      README.md                   card whose front matter lets `datasets.load_dataset(folder, "sentences")` open it
      schema.json                 what the model may predict
      documents/{train,validation,test}.parquet    texts, every gold mention and relation with its reach
      sentences/{train,validation,test}.parquet    one row a sentence, its mentions and candidate pairs
      report.html, figures.json, rejects.jsonl     (from `corpus build`)

In: `CorpusDocument` values. Out: the folder, written whole or not at all, and the same values read back.

Examples
--------
>>> document_path(Path("corpus"), "test").as_posix()
'corpus/documents/test.parquet'
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any, Self

from corpus_tools import __version__
from corpus_tools.assembly.card import format_card
from corpus_tools.assembly.settings import BuildSettings
from corpus_tools.assembly.split import PARTS
from corpus_tools.assembly.tables import (
    DOCUMENT_SCHEMA,
    SENTENCE_SCHEMA,
    CorpusDocument,
    PartCounts,
    TablePair,
    count_rows,
    open_table,
    read_documents,
    tabulate,
)
from corpus_tools.errors import InputError, UsageError
from corpus_tools.standoff import Schema
from corpus_tools.storage import format_json, hash_file, hash_folder, new_folder, read_json, write_text

FORMAT_VERSION = 1
DOCUMENTS_A_GROUP = 64  # documents in one row group; fixed, so that bytes don't depend on the number of workers
MANIFEST_NAME = "manifest.json"
_VERSIONED = (
    "pyarrow",
    "nupunkt",
    "datasketch",
    "scikit-learn",
    "simplemma",
)  # libraries whose version can change a built corpus


@dataclass(frozen=True, slots=True)
class Manifest:
    """Hold how a corpus folder was made and what it must hold.

    Attributes
    ----------
    settings : mapping
        Every setting that shapes the output; paths and the number of workers don't.
    inputs, outputs : mapping of name or relative path to SHA-256
    counts : mapping of part to PartCounts
    accounting : mapping
        For mentions and relations each: how many were kept on reading, and where every one of them went.
    reproducible : bool
        False where the clock decided what became of a document.
    """

    versions: Mapping[str, str]
    settings: Mapping[str, object]
    schema_hash: str
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    counts: Mapping[str, PartCounts]
    accounting: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    rejects: Mapping[str, int] = field(default_factory=dict)
    warnings: Mapping[str, int] = field(default_factory=dict)
    reproducible: bool = True

    def to_json(self) -> dict[str, object]:
        """Return the manifest as JSON values."""
        return {"schema": "corpus/manifest", "schema_version": FORMAT_VERSION, **asdict(self)}

    @classmethod
    def from_json(cls, record: object, *, source: str) -> Self:
        """Return the manifest that a JSON object holds.

        Raises
        ------
        InputError
            Where a field is absent or another version wrote it.
        """
        if not isinstance(record, dict) or record.get("schema") != "corpus/manifest":
            raise InputError(f"{source}: is no corpus manifest; expected a folder that `corpus build` wrote")
        if record.get("schema_version") != FORMAT_VERSION:
            raise InputError(
                f"{source}: version {record.get('schema_version')!r}, expected {FORMAT_VERSION}; build anew"
            )
        values: dict[str, Any] = {each.name: record.get(each.name) for each in fields(cls)}
        types = {"schema_hash": str, "reproducible": bool}
        faulty = [name for name, value in values.items() if not isinstance(value, types.get(name, dict))]
        if faulty:
            raise InputError(f"{source}: the field {faulty[0]} is absent or of another type; build the corpus anew")
        try:
            values["counts"] = {part: PartCounts(**counts) for part, counts in values["counts"].items()}
        except TypeError as error:
            raise InputError(f"{source}: the field counts can't be read; build the corpus anew") from error
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Corpus:
    """Hold an opened corpus folder; its documents are read when asked for."""

    path: Path
    manifest: Manifest
    schema: Schema

    @property
    def hash(self) -> str:
        """Return the SHA-256 of the manifest, which names every other file by its own."""
        return hash_file(self.path / MANIFEST_NAME)

    @property
    def max_words(self) -> int:
        """Return the words of the longest sentence that gave pairs, as `--max-words` set them.

        Raises
        ------
        InputError
            Where the manifest has something else there.
        """
        return self._read_count("max_words", BuildSettings().max_words, least=1)

    @property
    def max_sentence_distance(self) -> int:
        """Return how many sentences apart the mentions of a pair stand at most.

        Raises
        ------
        InputError
            Where the manifest has something else there.
        """
        return self._read_count("max_sentence_distance", BuildSettings().max_sentence_distance, least=0)

    def _read_count(self, name: str, default: int, *, least: int) -> int:
        found = self.manifest.settings.get(name, default)
        if type(found) is not int or found < least:
            raise InputError(f"{self.path / MANIFEST_NAME}: {name} is no number from {least}; build the corpus anew")
        return found

    def documents(self, split: str) -> Iterator[CorpusDocument]:
        """Yield the documents of "train", "validation" or "test", a row group at a time, in document order.

        Raises
        ------
        UsageError
            Where there is no such part.
        InputError
            Where a table can't be read.
        """
        if split not in PARTS:
            raise UsageError(f"there is no part {split!r}; choose one of {', '.join(PARTS)}")
        return open_part(self.path, split)


def document_path(folder: Path, part: str) -> Path:
    """Return where the documents of a part stand."""
    return folder / "documents" / f"{part}.parquet"


def sentence_path(folder: Path, part: str) -> Path:
    """Return where the sentences of a part stand."""
    return folder / "sentences" / f"{part}.parquet"


def open_part(folder: Path, part: str) -> Iterator[CorpusDocument]:
    """Yield the documents of a part's two tables, also where the corpus has no manifest yet."""
    return read_documents(document_path(folder, part), sentence_path(folder, part))


def read_corpus(path: Path) -> Corpus:
    """Open a corpus folder.

    Raises
    ------
    InputError
        Where the path is no folder that `corpus build` wrote.
    """
    if not path.is_dir():
        raise InputError(f"{path}: there is no such corpus folder; `corpus build EXPORT --out {path}` makes one")
    if not (path / MANIFEST_NAME).exists():
        raise InputError(
            f"{path}: holds no {MANIFEST_NAME}, so it is no corpus folder; `corpus build {path} --out corpus` "
            "makes one of brat annotations"
        )
    manifest = Manifest.from_json(read_json(path / MANIFEST_NAME), source=str(path / MANIFEST_NAME))
    return Corpus(path, manifest, Schema.from_json(read_json(path / "schema.json")))


def write_corpus(
    target: Path,
    parts: Mapping[str, Iterable[CorpusDocument]],
    *,
    schema: Schema,
    settings: Mapping[str, object] | None = None,
    force: bool = False,
) -> Corpus:
    """Write documents that are at hand as a corpus folder, without the report that `corpus build` adds.

    Parameters
    ----------
    parts : mapping of "train", "validation", "test" to documents
        A part left out is empty.
    """
    with new_folder(target, force=force) as folder:
        counts = {part: write_part(folder, part, _tabulated(parts.get(part, ()))) for part in PARTS}
        seal_corpus(folder, schema=schema, settings=settings or {}, counts=counts)
    return read_corpus(target)


def list_versions() -> dict[str, str]:
    """Return the versions of everything that can change the bytes of a corpus."""
    return {"corpus_tools": __version__, **{name: version(name) for name in _VERSIONED}}


def _tabulated(documents: Iterable[CorpusDocument]) -> Iterator[TablePair]:
    waiting = iter(documents)
    while group := list(islice(waiting, DOCUMENTS_A_GROUP)):
        yield tabulate(group)


def write_part(folder: Path, part: str, groups: Iterable[TablePair]) -> PartCounts:
    """Write the two tables of one part, each group of documents as a row group, and return what was written."""
    counts = PartCounts()
    paths = document_path(folder, part), sentence_path(folder, part)
    for path in paths:
        path.parent.mkdir(exist_ok=True)
    with open_table(paths[0], DOCUMENT_SCHEMA) as add_documents, open_table(paths[1], SENTENCE_SCHEMA) as add_sentences:
        for documents, sentences in groups:
            add_documents(documents)
            add_sentences(sentences)
            counts += count_rows(documents, sentences)
    return counts


def seal_corpus(
    folder: Path,
    *,
    schema: Schema,
    settings: Mapping[str, object],
    counts: Mapping[str, PartCounts],
    inputs: Mapping[str, str] | None = None,
    accounting: Mapping[str, Mapping[str, object]] | None = None,
    rejects: Mapping[str, int] | None = None,
    warnings: Mapping[str, int] | None = None,
    reproducible: bool = True,
) -> Manifest:
    """Write the schema, the card and, last, the manifest with the hash of every file beside it."""
    write_text(folder / "schema.json", format_json(schema.to_json()))
    write_text(folder / "README.md", format_card(schema, {part: asdict(each) for part, each in counts.items()}))
    manifest = Manifest(
        versions=list_versions(),
        settings=settings,
        schema_hash=schema.hash,
        inputs=inputs or {},
        outputs=hash_folder(folder),
        counts=counts,
        accounting=accounting or {},
        rejects=dict(sorted((rejects or {}).items())),
        warnings=dict(sorted((warnings or {}).items())),
        reproducible=reproducible,
    )
    write_text(folder / MANIFEST_NAME, format_json(manifest.to_json()))
    return manifest
