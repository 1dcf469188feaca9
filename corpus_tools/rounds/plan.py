"""A round of annotation: which documents, who annotates which, and the brat folders to do it in.

In: the documents of a CSV, the texts of earlier rounds, the names of the annotators. Out: `RoundPlan`, and from it a
folder that brat opens: a `.txt` and an empty `.ann` a document and annotator, `metadata.csv`, `round.json` with the
hashes of schema and guidelines, `identifiers.csv`, brat's configuration files.

Examples
--------
>>> share_out({"a": 30, "b": 10}, 4)
{'a': 3, 'b': 1}
"""

import random
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus_tools.errors import InputError, Refused, UsageError
from corpus_tools.rendering import format_csv
from corpus_tools.rounds.earlier import EarlierText
from corpus_tools.rounds.identifiers import Identifier, find_identifiers
from corpus_tools.rounds.sampling import find_near_duplicates, group_linked, link_equal, sign_text
from corpus_tools.rounds.transcriptions import Transcription
from corpus_tools.standoff import METADATA_NAME, Schema, write_brat_files
from corpus_tools.storage import format_json, list_annotated, new_folder, write_text

ROUND_FILE = "round.json"
RESERVED_NAMES = ("gold", "source", "adjudication")
"""Folders beside the annotators' that agreement and adjudication leave out or write to."""
_GITIGNORE = "# Every round but the pilot holds text that may not be public.\n/*/\n!/pilot/\n"
_METADATA_COLUMNS = ("doc_id", "specialty", "patient", "annotators", "provenance")


@dataclass(frozen=True, slots=True)
class Assignment:
    """Hold a document of the round and who annotates it; two or more make it a double annotation."""

    transcription: Transcription
    annotators: tuple[str, ...]
    identifiers: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """Hold a round: its assignments in the order of doc_id, and what was passed over and why.

    Attributes
    ----------
    already_annotated : int, documents
        Of the documents at hand, how many an earlier round has.
    near_duplicates : int, documents
        How many were passed over since a like text, or one of the same patient, stood for them, here or in an earlier
        round.
    """

    assignments: tuple[Assignment, ...]
    annotators: tuple[str, ...]
    overlap: float
    seed: int
    already_annotated: int
    near_duplicates: int


def plan_round(
    transcriptions: Sequence[Transcription],
    *,
    annotators: Sequence[str],
    size: int,
    overlap: float,
    seed: int,
    earlier: Sequence[EarlierText] = (),
) -> RoundPlan:
    """Draw a stratified sample and share it out.

    A document counts for the rarest of its specialties, so that small specialties are not emptied by large ones; each
    specialty gets documents in proportion to its size. Of near-duplicates and of one patient's documents, one is drawn,
    and none where an earlier round has one.

    Parameters
    ----------
    size : int, documents
        How many to draw; all that there are where they are fewer.
    overlap : float, 0 to 1
        Share of the documents that every annotator gets; the others go to one annotator each, in turn.
    earlier : sequence of EarlierText
        What earlier rounds have.

    Raises
    ------
    UsageError
        Where an annotator's name is no folder name, is that of another folder of a project, or stands twice (upper and
        lower case are one), or `overlap` is no share.
    InputError
        Where no document is left to draw.
    """
    _check_annotators(annotators, overlap=overlap)
    annotated = {text.text_hash for text in earlier}
    fresh = [document for document in transcriptions if document.text_hash not in annotated]
    distinct = _one_a_group(transcriptions, earlier)
    if not distinct:
        raise InputError(
            "no document is left: each is in an earlier round, is like one there or of a patient there, or was left "
            "out by --min-samples"
        )
    generator = random.Random(seed)
    drawn = _draw_stratified(distinct, min(size, len(distinct)), generator)
    return RoundPlan(
        assignments=tuple(sorted(_assign(drawn, annotators, overlap, generator), key=_doc_id)),
        annotators=tuple(annotators),
        overlap=overlap,
        seed=seed,
        already_annotated=len(transcriptions) - len(fresh),
        near_duplicates=len(fresh) - len(distinct),
    )


def share_out(sizes: Mapping[str, int], total: int) -> dict[str, int]:
    """Return how many of `total` fall to each name in proportion to its size, by largest remainder."""
    everything = sum(sizes.values())
    exact = {name: total * size / everything for name, size in sizes.items()}
    shares = {name: int(value) for name, value in exact.items()}
    by_remainder = sorted(sizes, key=lambda name: (shares[name] - exact[name], name))
    for name in by_remainder[: total - sum(shares.values())]:
        shares[name] += 1
    return shares


def write_round(
    plan: RoundPlan,
    folder: Path,
    *,
    schema: Schema | None,
    hashes: Mapping[str, str],
    force: bool = False,
) -> None:
    """Write the round's folder, whole or not at all, and a `.gitignore` beside it that keeps rounds out of git.

    Parameters
    ----------
    schema : Schema or None
        What brat's configuration files are made of; None writes none.
    hashes : mapping of str to str
        Of the schema, the guidelines and the input.

    Raises
    ------
    Refused
        Where the folder has annotations, `force` or not.
    OutputExists, OutputBusy, ResourceExhausted, UsageError
        As `new_folder`.
    """
    check_annotated(folder)
    with new_folder(folder, force=force) as scratch:
        for assignment in plan.assignments:
            for annotator in assignment.annotators:
                _write_document(scratch / annotator, assignment.transcription)
        write_text(scratch / METADATA_NAME, format_metadata(plan.assignments))
        write_text(scratch / "identifiers.csv", format_identifiers(plan.assignments))
        write_text(scratch / ROUND_FILE, format_json(_describe(plan, hashes)))
        if schema is not None:
            write_brat_files(schema, scratch)
    ignore = folder.absolute().parent / ".gitignore"
    if not ignore.exists():
        write_text(ignore, _GITIGNORE)


def check_annotated(folder: Path) -> None:
    """Refuse a round that people have annotated: their work is not replaced, not even by force.

    Raises
    ------
    Refused
        Where an `.ann` in the folder is not empty.
    """
    if count := len(list_annotated(folder)):
        raise Refused(
            f"{folder}: somebody has annotated there ({count} .ann files are not empty), which --force does not "
            "replace; choose another --out, or remove the folder first if that work is to go"
        )


def format_metadata(assignments: Iterable[Assignment]) -> str:
    """Format `metadata.csv`: one row a document, several specialties, patients and annotators joined by ";"."""
    rows = (
        (
            assignment.transcription.doc_id,
            ";".join(assignment.transcription.specialties),
            ";".join(assignment.transcription.patients),
            ";".join(assignment.annotators),
            "double" if len(assignment.annotators) > 1 else "single",
        )
        for assignment in assignments
    )
    return format_csv(_METADATA_COLUMNS, rows)


def format_identifiers(assignments: Iterable[Assignment]) -> str:
    """Format `identifiers.csv`: likely identifiers by offset, never their text."""
    rows = (
        (assignment.transcription.doc_id, found.kind, str(found.start), str(found.end))
        for assignment in assignments
        for found in assignment.identifiers
    )
    return format_csv(("doc_id", "kind", "start", "end"), rows)


def _check_annotators(annotators: Sequence[str], *, overlap: float) -> None:
    folded = [unicodedata.normalize("NFC", name).casefold() for name in annotators]
    if not annotators or len(set(folded)) != len(annotators):
        raise UsageError("--annotators needs one or more different names; upper and lower case are one name")
    for name in annotators:
        if not name or Path(name).name != name or name.startswith((".", "-")):
            raise UsageError(f"--annotators: {name!r} can't name a folder")
        if name.casefold() in RESERVED_NAMES:
            raise UsageError(
                f"--annotators: {name!r} can't name an annotator: agreement leaves the folders {RESERVED_NAMES[0]} and "
                f"{RESERVED_NAMES[1]} out, and adjudication writes to {RESERVED_NAMES[0]} and {RESERVED_NAMES[2]}"
            )
    if not 0 <= overlap <= 1:
        raise UsageError(f"--overlap {overlap}: expected a share from 0 to 1")


def _one_a_group(documents: Sequence[Transcription], earlier: Sequence[EarlierText]) -> list[Transcription]:
    """Return the first document of each group that no earlier round has a part in; a text is named by its hash."""
    known: list[EarlierText | Transcription] = [*earlier, *documents]
    patients: defaultdict[str, set[str]] = defaultdict(set)
    for each in known:
        patients[each.text_hash].update(each.patients)
    signatures = {text_hash: sign_text(text) for text_hash, text in {e.text_hash: e.text for e in known}.items()}
    links = [(first, second) for first, second, _ in find_near_duplicates(signatures)]
    links.extend(link_equal({text_hash: sorted(patients[text_hash]) for text_hash in signatures}))
    groups = group_linked(signatures, links)  # called after their first, and the earlier rounds come first
    taken = {each.text_hash for each in earlier}
    return [each for each in documents if groups[each.text_hash] == each.text_hash and each.text_hash not in taken]


def _draw_stratified(documents: Sequence[Transcription], size: int, generator: random.Random) -> list[Transcription]:
    sizes = Counter(specialty for document in documents for specialty in document.specialties)
    strata: defaultdict[str, list[Transcription]] = defaultdict(list)
    for document in sorted(documents, key=lambda document: document.doc_id):
        rarest = min(document.specialties, key=lambda specialty: (sizes[specialty], specialty))
        strata[rarest].append(document)
    shares = share_out({name: len(strata[name]) for name in sorted(strata)}, size)
    return [document for name in sorted(strata) for document in generator.sample(strata[name], shares[name])]


def _assign(
    documents: Sequence[Transcription], annotators: Sequence[str], overlap: float, generator: random.Random
) -> list[Assignment]:
    order = generator.sample(documents, len(documents))
    shared = round(overlap * len(order)) if len(annotators) > 1 else 0
    assignments = []
    for rank, document in enumerate(order):
        mine = tuple(annotators) if rank < shared else (annotators[(rank - shared) % len(annotators)],)
        assignments.append(Assignment(document, mine, find_identifiers(document.text)))
    return assignments


def _doc_id(assignment: Assignment) -> str:
    return assignment.transcription.doc_id


def _write_document(folder: Path, transcription: Transcription) -> None:
    folder.mkdir(exist_ok=True)
    # Not write_text: the whole folder is synced once at its end, and one sync a file would take minutes.
    (folder / f"{transcription.doc_id}.txt").write_bytes(transcription.text.encode("utf-8", "surrogateescape"))
    (folder / f"{transcription.doc_id}.ann").write_bytes(b"")


def _describe(plan: RoundPlan, hashes: Mapping[str, str]) -> dict[str, object]:
    return {
        "schema": "corpus/round",
        "schema_version": 1,
        "annotators": list(plan.annotators),
        "overlap": plan.overlap,
        "seed": plan.seed,
        "hashes": dict(hashes),
        "documents": {
            assignment.transcription.doc_id: {
                "text_hash": assignment.transcription.text_hash,
                "annotators": list(assignment.annotators),
                "rows": list(assignment.transcription.rows),
            }
            for assignment in plan.assignments
        },
    }
