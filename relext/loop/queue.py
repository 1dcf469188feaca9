"""`relext queue`: what a model says of unlabelled documents, and the queue that follows from it.

In: a model, sources of texts, the rounds that are annotated already. Out: `Queue`: the choices in order, and what was
left out. Texts that the model was trained on, or that an earlier round holds, are no candidates.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import islice
from pathlib import Path

from corpus_tools.errors import InputError
from corpus_tools.rendering import format_csv
from corpus_tools.standoff import Reject
from corpus_tools.storage import format_json, hash_text, new_folder, parse_json, write_text
from corpus_tools.storage import read_text as read_file
from relext.loop.annotate import DOCUMENTS_AT_ONCE, Annotator, prepare_document, read_prepared
from relext.loop.selection import Choice, JudgedDocument, choose_documents, judge_document
from relext.loop.sources import TextSource, read_text, validate_texts

MAX_QUEUE_BYTES = 256 << 20
COLUMNS = (
    *("rank", "batch", "doc_id", "specialty", "value", "expected_errors", "expected_annotations"),
    *("mentions", "pairs", "patterns"),
)


@dataclass(slots=True)
class Queue:
    """Hold documents in the order to annotate them.

    Attributes
    ----------
    known : int, documents
        Left out, since the model was trained on them or a round holds them.
    over_long_mentions : int
        Mentions in sentences that are too long to give pairs.
    unknown_types : Counter of str
        Mentions of types that training never saw.
    without_mentions : int
        Documents that have no mention, given or found.
    rejects : list of Reject
        Documents whose text can't be read, and faulty lines.
    """

    choices: list[Choice] = field(default_factory=list)
    known: int = 0
    over_long_mentions: int = 0
    unknown_types: Counter[str] = field(default_factory=Counter)
    without_mentions: int = 0
    rejects: list[Reject] = field(default_factory=list)

    def to_json(self) -> dict[str, object]:
        """Return the queue as JSON values."""
        return {
            "documents": [describe_choice(choice) for choice in self.choices],
            "known": self.known,
            "over_long_mentions": self.over_long_mentions,
            "unknown_types": dict(self.unknown_types),
            "without_mentions": self.without_mentions,
            "rejects": dict(Counter(reject.code for reject in self.rejects)),
        }


def queue_texts(
    annotator: Annotator,
    sources: Iterable[TextSource],
    *,
    batch: int,
    limit: int | None = None,
    annotated: Collection[str] = (),
) -> Queue:
    """Order documents by what their annotation should teach the model; see `choose_documents`.

    Parameters
    ----------
    annotated : collection of str
        Text hashes of earlier rounds.

    Raises
    ------
    InputError
        Where no document is left, or none has mentions and the model can't find any.
    """
    queue = Queue()
    judged = list(_judge_texts(annotator, sources, queue, known={*annotated, *annotator.model.document_hashes}))
    if not judged:
        raise InputError(f"no document to queue: {queue.known} are annotated already, {len(queue.rejects)} rejects")
    queue.without_mentions = sum(not document.mentions for document in judged)
    validate_texts(
        len(judged),
        without_mentions=queue.without_mentions,
        rejects=Counter(reject.code for reject in queue.rejects),
        has_finder=annotator.finder is not None,
    )
    queue.choices = choose_documents(judged, batch=batch, limit=limit)
    return queue


def _judge_texts(
    annotator: Annotator, sources: Iterable[TextSource], queue: Queue, *, known: Collection[str]
) -> Iterator[JudgedDocument]:
    """Yield what the model is unsure of in each document; of documents with one text the first counts."""
    waiting, seen = iter(sources), set(known)
    while chunk := list(islice(waiting, DOCUMENTS_AT_ONCE)):
        prepared, metadata = [], []
        for source in chunk:
            aligned = read_text(source)
            queue.rejects.extend(aligned.rejects)
            text_hash = hash_text(aligned.document.text)
            if not aligned.is_rejected and text_hash not in seen:
                prepared.append(prepare_document(annotator, aligned))
                metadata.append(source.metadata)
            queue.known += not aligned.is_rejected and text_hash in seen
            seen.add(text_hash)
        for read, row in zip(read_prepared(annotator, prepared), metadata, strict=True):
            queue.over_long_mentions += read.over_long
            queue.unknown_types.update(annotator.model.scheme.count_unknown(read.types))
            document = replace(read.corpus, specialties=row.specialties)
            yield judge_document(document, read.prediction, found=read.found)


def describe_choice(choice: Choice) -> dict[str, object]:
    """Return one row of the queue."""
    judged = choice.judged
    return {
        "rank": choice.rank,
        "batch": choice.batch,
        "doc_id": choice.doc_id,
        "specialty": ";".join(judged.specialties),
        "value": round(choice.value, 6),
        "expected_errors": round(judged.expected_errors, 3),
        "expected_annotations": round(judged.cost - 1, 1),
        "mentions": judged.mentions,
        "pairs": judged.pairs,
        "patterns": "; ".join(choice.patterns),
    }


def write_queue(queue: Queue, out: Path, *, force: bool = False) -> None:
    """Write `queue.csv` and `queue.jsonl`, and `rejects.jsonl` where something was rejected, whole or not at all.

    Raises
    ------
    OutputExists, OutputBusy, ResourceExhausted
        See `corpus_tools.storage.new_folder`.
    """
    rows = [describe_choice(choice) for choice in queue.choices]
    with new_folder(out, force=force) as folder:
        write_text(folder / "queue.csv", _format_rows(rows))
        write_text(folder / "queue.jsonl", "".join(format_json(row, indent=None) for row in rows))
        if queue.rejects:
            rejects = (format_json(asdict(reject), indent=None) for reject in queue.rejects)
            write_text(folder / "rejects.jsonl", "".join(rejects))


def _format_rows(rows: Iterable[dict[str, object]]) -> str:
    return format_csv(COLUMNS, ([str(row[name]) for name in COLUMNS] for row in rows))


def read_queue(path: Path, *, first: int | None = None) -> tuple[str, ...]:
    """Return the documents of a `queue.jsonl` in their order, or the `first` of them.

    Raises
    ------
    InputError
        Where the file can't be read or a line is no row of a queue.
    """
    lines = read_file(path, max_bytes=MAX_QUEUE_BYTES).split("\n")
    rows = [parse_json(line, source=f"{path}:{number}") for number, line in enumerate(lines, start=1) if line]
    if not all(isinstance(row, dict) and isinstance(row.get("doc_id"), str) for row in rows):
        raise InputError(f"{path}: a line is no row of a queue; expected the queue.jsonl of relext queue")
    return tuple(str(row["doc_id"]) for row in rows[:first])  # type: ignore[index]


def pick_texts(sources: Iterable[TextSource], doc_ids: Sequence[str]) -> Iterator[TextSource]:
    """Yield the documents of a queue, in the order of the sources.

    Raises
    ------
    InputError
        Where the sources lack one, as when the queue was made of others.
    """
    missing = set(doc_ids)
    for source in sources:
        if source.doc_id in missing:
            missing.discard(source.doc_id)
            yield source
    if missing:
        raise InputError(f"{len(missing)} documents of the queue are not among the texts; was it made of others?")
