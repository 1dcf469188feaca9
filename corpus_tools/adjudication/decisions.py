"""The log of an adjudication: rows that are only ever appended, each with the hash of the one before.

In: `decisions.jsonl`. Out: `Log`, verified from its first row to its last, and `Standing`: what is decided, at which
stage each item is, and what was noted. A row is on the disk before `append_row` returns. A last line that a crash cut
short was never acknowledged: it is ignored with a warning, and removed before the next row is written.

Examples
--------
>>> row = Row(1, "2026-01-02T03:04:05Z", "dr-moss", "stage", "note-1", item="4b1d", stage="discussed")
>>> parse_row(row.to_json(), source="decisions.jsonl:1") == row
True
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar, cast

from corpus_tools.adjudication.content import Content, parse_content
from corpus_tools.errors import InputError
from corpus_tools.storage import append_line, format_json, hash_text, naming_resources, parse_json, read_bytes

LOG_NAME = "decisions.jsonl"
GENESIS = "0" * 64
"""What the first row holds in place of the hash of the one before."""

ACCEPT, DECIDE, UNDO, STAGE, NOTE = "accept", "decide", "undo", "stage", "note"
ACTIONS = (ACCEPT, DECIDE, UNDO, STAGE, NOTE)
TAKE, BOTH, NEITHER, EDIT, ADD = "take", "both", "neither", "edit", "add"
CHOICES = (TAKE, BOTH, NEITHER, EDIT, ADD)
OPEN, DISCUSSED, ESCALATED = "open", "discussed", "escalated"
STAGES = (OPEN, DISCUSSED, ESCALATED)

MAX_LOG_BYTES = 1 << 30

Listed = TypeVar("Listed")

_TEXTS = ("time", "who", "action", "doc_id", "item", "kind", "choice", "stage", "note", "batch", "digest")


@dataclass(frozen=True, slots=True)
class Version:
    """Hold what one annotator wrote where an item stands."""

    annotator: str
    contents: tuple[Content, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """Hold one row of the log.

    Attributes
    ----------
    time : str
        UTC, ISO 8601.
    action : str
        One of `ACTIONS`: "accept" says how much of a document all annotators wrote alike.
    versions : tuple of Version
        What each annotator had written when it was decided.
    choice : str
        One of `CHOICES`; `taken` names the annotators whose version it was, `chosen` holds what goes into gold.
    batch : str
        Shared by rows that one key press made.
    undoes : tuple of int
        The sequence numbers of the decisions that are taken back.
    counts : dict of str to int
        Contents by layer, of an "accept"; `digest` hashes their keys.
    """

    sequence: int
    time: str
    who: str
    action: str
    doc_id: str
    item: str = ""
    kind: str = ""
    versions: tuple[Version, ...] = ()
    choice: str = ""
    taken: tuple[str, ...] = ()
    chosen: tuple[Content, ...] = ()
    stage: str = ""
    note: str = ""
    batch: str = ""
    undoes: tuple[int, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    digest: str = ""

    def to_json(self) -> dict[str, object]:
        """Return the fields that say something, as JSON can hold them."""
        record: dict[str, object] = {"sequence": self.sequence}
        record |= {name: getattr(self, name) for name in _TEXTS if getattr(self, name)}
        if self.action == DECIDE:
            record["versions"] = {each.annotator: [c.to_json() for c in each.contents] for each in self.versions}
            record["taken"] = list(self.taken)
            record["chosen"] = [content.to_json() for content in self.chosen]
        if self.undoes:
            record["undoes"] = list(self.undoes)
        if self.counts:
            record["counts"] = dict(self.counts)
        return record


def parse_row(record: object, *, source: str) -> Row:
    """Read a row; nothing in it is trusted.

    Raises
    ------
    InputError
        Where a field is missing, unknown or of the wrong type.
    """
    if not isinstance(record, dict):
        raise InputError(f"{source}: expected an object a line")
    texts = {name: record.get(name, "") for name in _TEXTS}
    known = {*_TEXTS, "sequence", "versions", "taken", "chosen", "undoes", "counts"}
    if unknown := sorted(record.keys() - known):
        raise InputError(f"{source}: unknown field {unknown[0]!r}")
    if not all(isinstance(text, str) for text in texts.values()) or not isinstance(record.get("sequence"), int):
        raise InputError(f"{source}: expected a number in sequence and text in {', '.join(_TEXTS)}")
    if texts["action"] not in ACTIONS or (texts["action"] == DECIDE and texts["choice"] not in CHOICES):
        raise InputError(f"{source}: unknown action {texts['action']!r} or choice {texts['choice']!r}")
    return Row(
        sequence=record["sequence"],
        versions=_parse_versions(record.get("versions", {}), source),
        taken=_parse_list(record.get("taken", []), str, source),
        chosen=_parse_contents(record.get("chosen", []), source),
        undoes=_parse_list(record.get("undoes", []), int, source),
        counts=_parse_counts(record.get("counts", {}), source),
        **texts,
    )


def _parse_versions(record: object, source: str) -> tuple[Version, ...]:
    if not isinstance(record, dict):
        raise InputError(f"{source}: versions are an object, annotator: annotations")
    return tuple(Version(name, _parse_contents(rows, source)) for name, rows in record.items())


def _parse_contents(rows: object, source: str) -> tuple[Content, ...]:
    return tuple(parse_content(each, source=source) for each in _parse_list(rows, dict, source))


def _parse_list(rows: object, kind: type[Listed], source: str) -> tuple[Listed, ...]:
    if not isinstance(rows, list) or not all(isinstance(each, kind) for each in rows):
        raise InputError(f"{source}: expected a list of {kind.__name__}")
    return tuple(rows)


def _parse_counts(record: object, source: str) -> dict[str, int]:
    if not isinstance(record, dict) or not all(isinstance(count, int) for count in record.values()):
        raise InputError(f"{source}: counts are numbers")
    return cast(dict[str, int], record)


@dataclass(frozen=True, slots=True)
class Standing:
    """Hold what the rows of a log add up to.

    Attributes
    ----------
    decided : dict of str to list of Row
        For each item its decisions that were not taken back, the standing one last.
    stages : dict of str to str
        For each item the last stage it was put to; items without one are open.
    remarks : dict of str to list of Row
        For each item its stages with their reasons, and its notes, in order.
    accepted : dict of str to Row
        For each document its last "accept".
    last_sequence : dict of str to int
        For each item the last row about it: what a page must have seen in order to change it.
    """

    decided: dict[str, list[Row]] = field(default_factory=dict)
    stages: dict[str, str] = field(default_factory=dict)
    remarks: dict[str, list[Row]] = field(default_factory=dict)
    accepted: dict[str, Row] = field(default_factory=dict)
    last_sequence: dict[str, int] = field(default_factory=dict)

    def decision(self, item: str) -> Row | None:
        """Return the standing decision of an item, if it has one."""
        rows = self.decided.get(item)
        return rows[-1] if rows else None

    def stage(self, item: str) -> str:
        """Return the stage that an item has reached."""
        return self.stages.get(item, OPEN)


def fold_row(standing: Standing, row: Row) -> None:
    """Let a standing take in the next row."""
    if row.action == ACCEPT:
        standing.accepted[row.doc_id] = row
    elif row.action == DECIDE:
        standing.decided.setdefault(row.item, []).append(row)
    elif row.action == UNDO:
        for item, rows in standing.decided.items():
            kept = [each for each in rows if each.sequence not in row.undoes]
            if len(kept) < len(rows):
                standing.last_sequence[item] = row.sequence
                rows[:] = kept
    else:
        standing.remarks.setdefault(row.item, []).append(row)
        if row.action == STAGE:
            standing.stages[row.item] = row.stage
    if row.item:
        standing.last_sequence[row.item] = row.sequence


@dataclass(slots=True)
class Log:
    """Hold a log that is being read and appended to.

    Attributes
    ----------
    last_hash : str
        The hash of the last row, which the next one will hold.
    size : int, bytes
        Up to where the file holds verified rows.
    is_ended : bool
        Whether the last of them has its line end.
    warning : str
        Empty, or what was wrong with the last line.
    """

    path: Path
    rows: list[Row]
    standing: Standing
    last_hash: str = GENESIS
    size: int = 0
    is_ended: bool = True
    warning: str = ""


def read_log(path: Path) -> Log:
    """Read and verify a log; one that is not there is empty.

    Raises
    ------
    InputError
        Where a row is no row, or does not hold the hash of the one before: the message names the line.
    """
    log = Log(path, [], Standing())
    if not path.exists():
        return log
    *lines, tail = read_bytes(path, max_bytes=MAX_LOG_BYTES).split(b"\n")
    for number, line in enumerate(lines, start=1):
        _take_line(log, line, number)
        log.size += len(line) + 1
    if tail:
        try:
            _take_line(log, tail, len(lines) + 1)
            log.size, log.is_ended = log.size + len(tail), False
        except InputError:
            log.warning = f"{path}:{len(lines) + 1}: ignored a half-written last line of {len(tail)} bytes"
    return log


def _take_line(log: Log, line: bytes, number: int) -> None:
    source = f"{log.path}:{number}"
    try:
        record = parse_json(line.decode("utf-8"), source=source)
    except UnicodeDecodeError as error:
        raise InputError(f"{source}: not UTF-8") from error
    if not isinstance(record, dict):
        raise InputError(f"{source}: expected an object a line")
    stated, previous = record.pop("hash", None), record.pop("previous", None)
    if previous != log.last_hash or stated != _hash_record(record, log.last_hash):
        raise InputError(f"{source}: the chain of hashes breaks here; a row was changed, removed or put in")
    row = parse_row(record, source=source)
    log.rows.append(row)
    fold_row(log.standing, row)
    log.last_hash = str(stated)


def _hash_record(record: Mapping[str, object], previous: str) -> str:
    return hash_text(previous + format_json(record, indent=None))


def append_row(log: Log, row: Row) -> None:
    """Append a row and sync it to the disk; when this returns, no crash takes it back.

    Raises
    ------
    ResourceExhausted
        Where the disk is full; the log is as it was, but for a last line that the next reading ignores.
    """
    if not log.rows or not log.is_ended or log.path.stat().st_size != log.size:
        _trim(log)
    record = row.to_json()
    stated = _hash_record(record, log.last_hash)
    line = format_json({**record, "previous": log.last_hash, "hash": stated}, indent=None).rstrip("\n")
    append_line(log.path, line)
    log.size += len(line.encode("utf-8")) + 1
    log.last_hash = stated
    log.rows.append(row)
    fold_row(log.standing, row)


def _trim(log: Log) -> None:
    """Cut the file back to its verified rows, and end the last of them where a line end is lacking."""
    with naming_resources(log.path), log.path.open("ab+") as file:
        file.truncate(log.size)
        if not log.is_ended:
            log.size, log.is_ended = log.size + file.write(b"\n"), True
        file.flush()
        os.fsync(file.fileno())


def next_row(log: Log, *, time: str, who: str, action: str, doc_id: str, **fields: object) -> Row:
    """Return a row with the next sequence number."""
    sequence = log.rows[-1].sequence + 1 if log.rows else 1
    return Row(sequence, time, who, action, doc_id, **fields)  # type: ignore[arg-type]


def find_undoable(log: Log, *, item: str = "") -> tuple[Row, ...]:
    """Return the decisions that an undo takes back: the last one, or an item's, with all of its batch."""
    standing = {row.sequence: row for rows in log.standing.decided.values() for row in rows}
    candidates: Iterable[Row] = (row for row in standing.values() if not item or row.item == item)
    last = max(candidates, key=lambda row: row.sequence, default=None)
    if last is None or not last.batch:
        return () if last is None else (last,)
    return tuple(row for row in standing.values() if row.batch == last.batch)
