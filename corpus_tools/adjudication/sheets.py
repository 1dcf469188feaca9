"""The queue as a file that people fill in, and the decisions read back from it: JSON Lines or CSV.

In: `QueuedItem`s, or an edited file. Out: a file with a row an item, or `FilledRow`s. Who fills a row in writes into
`choice` an annotator's name, `both`, `neither` or `edit`; for `edit`, `chosen` holds the annotations as JSON, or a
mention as `Type start end`. `stage` moves an item on, with `note` as the reason; a row without these is passed over.

Examples
--------
>>> parse_chosen("Symptom 4 9;12 20", source="queue.csv:2")[0].fragments
(Span(start=4, end=9), Span(start=12, end=20))
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from corpus_tools.adjudication.content import MENTION, Content, parse_content
from corpus_tools.adjudication.deciding import Choice
from corpus_tools.adjudication.decisions import BOTH, EDIT, NEITHER, TAKE
from corpus_tools.adjudication.gold import spell
from corpus_tools.adjudication.merge import UNDECIDED, Settlement
from corpus_tools.adjudication.queue import QueuedItem
from corpus_tools.adjudication.review import Review
from corpus_tools.errors import InputError, UsageError
from corpus_tools.rendering import format_csv, unescape_cell
from corpus_tools.storage import format_json, parse_json, read_text

MAX_SHEET_BYTES = 256 << 20
SUFFIXES = (".csv", ".jsonl")

_BEFORE = ("item", "doc_id", "kind", "seen", "stage")
_AFTER = ("choice", "chosen", "note")


@dataclass(frozen=True, slots=True)
class FilledRow:
    """Hold one row that somebody filled in.

    Attributes
    ----------
    seen : int or None
        The number of the last row about the item when the file was written.
    choice : str
        "" or an annotator's name, both, neither or edit.
    """

    source: str
    item: str
    seen: int | None
    choice: str
    chosen: tuple[Content, ...]
    stage: str
    note: str

    def to_choice(self, annotators: Sequence[str]) -> Choice:
        """Return what is chosen.

        Raises
        ------
        UsageError
            Where the choice is no annotator and none of the words.
        """
        if self.choice in annotators:
            return Choice(TAKE, (self.choice,))
        if self.choice not in (BOTH, NEITHER, EDIT):
            expected = ", ".join((*annotators, BOTH, NEITHER, EDIT))
            raise UsageError(f"{self.source}: choice is none of {expected}")
        return Choice(self.choice, contents=self.chosen)


def format_sheet(review: Review, queued: Iterable[QueuedItem], *, suffix: str, show_text: bool = False) -> str:
    """Return the open items as a file to fill in.

    Parameters
    ----------
    suffix : str
        ".csv" or ".jsonl".
    show_text : bool
        Show the words that a mention covers beside its offsets.
    """
    records = [_make_record(review, each, show_text=show_text) for each in queued if each.item.outcome == UNDECIDED]
    if suffix == ".jsonl":
        return "".join(format_json(record, indent=None) for record in records)
    columns = (*_BEFORE, *review.project.annotators, *_AFTER)
    tables = (record | {"versions": "", **record["versions"]} for record in records)  # type: ignore[dict-item]
    return format_csv(columns, ([_format_cell(cells.get(column, "")) for column in columns] for cells in tables))


def _make_record(review: Review, queued: QueuedItem, *, show_text: bool) -> dict[str, object]:
    item, settlement = queued.item, review.settlements[queued.item.doc_id]
    versions = {
        version.annotator: [describe_content(settlement, content, show_text=show_text) for content in version.contents]
        for version in item.versions
    }
    return {
        "item": item.id,
        "doc_id": item.doc_id,
        "kind": item.kind,
        "seen": review.seen(item.id),
        "stage": review.log.standing.stage(item.id),
        "versions": versions,
        "contents": {each.annotator: [content.to_json() for content in each.contents] for each in item.versions},
        "choice": "",
        "chosen": [],
        "note": "",
    }


def _format_cell(value: object) -> str:
    return " | ".join(str(each) for each in value) if isinstance(value, list) else str(value)


def describe_content(settlement: Settlement, content: Content, *, show_text: bool) -> str:
    """Return a content in words: `Symptom 4 9`, `treats (Medication 0 7, Diagnosis 12 20)`, `Assertion=absent (…)`."""
    if content.layer == MENTION:
        words = f" “{spell(settlement.document.text, content.fragments)}”" if show_text else ""
        return content.key + words
    targets = (settlement.gold.get(key) for key in content.targets)
    ends = [describe_content(settlement, each, show_text=show_text) if each else "undecided" for each in targets]
    value = f"={content.value}" if content.value else ""
    words = f" “{content.text}”" if content.text and show_text else ""
    return f"{content.label}{value} ({', '.join(ends)}){words}"


def read_sheet(path: Path) -> Iterator[FilledRow]:
    """Read a file that somebody filled in.

    Raises
    ------
    InputError
        Where it is neither CSV nor JSON Lines, too large, not UTF-8, or a row can't be read.
    UsageError
        Where its name ends neither in .csv nor in .jsonl.
    """
    if path.suffix not in SUFFIXES:
        raise UsageError(f"{path}: expected a name that ends in {' or '.join(SUFFIXES)}")
    text = read_text(path, max_bytes=MAX_SHEET_BYTES, strip_bom=True)
    records = _read_csv(text, path) if path.suffix == ".csv" else _read_lines(text, path)
    for source, record in records:
        yield _parse_filled(record, source)


def _read_csv(text: str, path: Path) -> Iterator[tuple[str, dict[str, object]]]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        for record in reader:
            cells = {name: unescape_cell(cell or "") for name, cell in record.items() if name is not None}
            yield f"{path}:{reader.line_num}", dict(cells)
    except csv.Error as error:
        raise InputError(f"{path}:{reader.line_num}: not CSV ({error})") from error


def _read_lines(text: str, path: Path) -> Iterator[tuple[str, dict[str, object]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        source = f"{path}:{number}"
        record = parse_json(line, source=source) if line.strip() else None
        if isinstance(record, dict):
            yield source, record
        elif record is not None:
            raise InputError(f"{source}: expected an object a line")


def _parse_filled(record: dict[str, object], source: str) -> FilledRow:
    texts = {name: record.get(name, "") for name in ("item", "choice", "stage", "note")}
    if not all(isinstance(text, str) for text in texts.values()) or not texts["item"]:
        raise InputError(f"{source}: expected the columns item and choice, and text in stage and note")
    seen = str(record.get("seen", ""))
    if seen and not (seen.isascii() and seen.isdigit() and len(seen) < 16):
        raise InputError(f"{source}: seen is a number")
    item, choice, stage, note = (str(text).strip() for text in texts.values())
    chosen = parse_chosen(record.get("chosen", ""), source=source)
    return FilledRow(source, item, int(seen) if seen else None, choice, chosen, stage, note)


def parse_chosen(value: object, *, source: str) -> tuple[Content, ...]:
    """Read what an edited decision puts into gold: records, or their JSON, or one mention as `Type start end`.

    Raises
    ------
    InputError
        Where it is none of these.
    """
    if isinstance(value, str) and value.strip().startswith("["):
        value = parse_json(value, source=source)
    if isinstance(value, list):
        return tuple(parse_content(each, source=source) for each in value)
    if not isinstance(value, str):
        raise InputError(f"{source}: chosen is a list of annotations, or a mention as Type start end")
    if not value.strip():
        return ()
    label, _, offsets = value.strip().partition(" ")
    numbers = [pair.split(" ") for pair in offsets.split(";")]
    if not all(number.isascii() and number.isdigit() and len(number) < 13 for pair in numbers for number in pair):
        raise InputError(f"{source}: expected a mention as Type start end, several fragments joined by ;")
    fragments = [[int(number) for number in pair] for pair in numbers]
    return (parse_content({"layer": MENTION, "label": label, "fragments": fragments}, source=source),)
