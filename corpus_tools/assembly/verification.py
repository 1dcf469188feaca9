"""Whether a corpus folder is as it was built: every file by its hash, every number by counting again.

In: a folder. Out: the list of problems, empty where there are none; no message holds text of a document.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from corpus_tools.assembly.folder import MANIFEST_NAME, Corpus, read_corpus
from corpus_tools.assembly.split import PARTS
from corpus_tools.assembly.tables import CorpusDocument, PartCounts, spell_source
from corpus_tools.errors import InputError
from corpus_tools.sentences import CANDIDATE
from corpus_tools.standoff import NO_RELATION
from corpus_tools.storage import hash_folder, hash_text


@dataclass(frozen=True, slots=True)
class Verification:
    """Hold what `verify_corpus` looked at and what it found."""

    files: int
    documents: int
    problems: tuple[str, ...]


def verify_corpus(path: Path) -> Verification:
    """Re-hash a corpus folder, read its documents, and compare both with the manifest.

    Raises
    ------
    InputError
        Where the folder or its manifest can't be read at all.
    """
    corpus = read_corpus(path)
    hashes = {name: digest for name, digest in hash_folder(path).items() if name != MANIFEST_NAME}
    problems = list(_check_hashes(corpus, hashes))
    documents = 0
    if not problems:
        found, documents = _check_content(corpus)
        problems += found
    return Verification(len(hashes), documents, tuple(problems))


def check_document(document: CorpusDocument) -> Iterator[str]:
    """Yield what contradicts itself in one document.

    Every mention's text is the source text at its offsets; a mention lies in a segment that is not too long, or has a
    cause; pairs point at mentions of such segments; a relation's arguments are mentions unless it was rejected with
    them.
    """
    for mention in document.mentions:
        if mention.text != spell_source(document.text, mention):
            yield f"{document.doc_id}: mention {mention.id} differs from the source text at its offsets"
    held = [() if segment.over_long else segment.mentions for segment in document.segments]
    placed = {mention.id for mentions in held for mention in mentions}
    for mention in document.mentions:
        if (mention.id in placed) == (mention.id in document.lost_mentions):
            yield f"{document.doc_id}: mention {mention.id} has not exactly one of segment and cause"
    sizes = [len(mentions) for mentions in held]
    for pair in document.pairs:
        other = pair.segment + pair.distance
        if not (other < len(sizes) and pair.first < sizes[pair.segment] and pair.second < sizes[other]):
            yield f"{document.doc_id}: a pair in sentence {pair.segment} points at no mention"
    known = {mention.id for mention in document.mentions}
    for relation in document.relations:
        if relation.reach == CANDIDATE and not {relation.arg1, relation.arg2} <= known:
            yield f"{document.doc_id}: relation {relation.id} has an argument that is no mention"


def _check_hashes(corpus: Corpus, hashes: dict[str, str]) -> Iterator[str]:
    outputs = corpus.manifest.outputs
    for name in sorted(outputs.keys() | hashes.keys()):
        if name not in hashes:
            yield f"{name}: is missing"
        elif name not in outputs:
            yield f"{name}: is not part of the corpus"
        elif hashes[name] != outputs[name]:
            yield f"{name}: has changed since the corpus was built"
    if corpus.schema.hash != corpus.manifest.schema_hash:
        yield "schema.json: is not the schema that the manifest names"


def _check_content(corpus: Corpus) -> tuple[list[str], int]:
    problems: list[str] = []
    parts: dict[str, str] = {}
    for part in PARTS:
        counts = PartCounts()
        try:
            for document in corpus.documents(part):
                problems += check_document(document)
                counts += _count(document)
                for key in (document.doc_id, hash_text(document.text)):
                    if parts.setdefault(key, part) != part and not corpus.manifest.settings.get("keep_splits"):
                        problems.append(f"{document.doc_id}: stands in {part} and, or its text, in {parts[key]} too")
        except InputError as error:
            problems.append(str(error))
        if counts != corpus.manifest.counts.get(part):
            problems.append(f"{part}: its counts differ from those of the manifest")
    return problems, sum(counts.documents for counts in corpus.manifest.counts.values())


def _count(document: CorpusDocument) -> PartCounts:
    return PartCounts(
        documents=1,
        segments=len(document.segments),
        mentions=len(document.mentions),
        relations=len(document.relations),
        pairs=len(document.pairs),
        labelled_pairs=sum(pair.label != NO_RELATION for pair in document.pairs),
    )
