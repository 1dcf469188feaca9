"""SpERT's JSON: a list of records with tokens, entities by token range and relations by entity position.

In: one `.json` file. Out: the same documents, and back. A record is a document; its text is its tokens joined by one
blank, unless the record holds `text` and `offsets`, which our own writer adds so that nothing is lost on the way back.

Source of the format: Eberts and Ulges, ECAI 2020, doi 10.3233/FAIA200321.
"""

import bisect
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from corpus_tools.conversion.record import Converted, Rendered, make_document, place_textbound, unrepresented
from corpus_tools.errors import InputError
from corpus_tools.standoff import Argument, Document, Relation, Span, TextBound
from corpus_tools.storage import format_json, read_json

FILE = "documents.json"
_TOKEN = re.compile(r"\w+|[^\w\s]")
_KEPT = frozenset({TextBound, Relation})


def read_spert(path: Path) -> Converted:
    """Read a SpERT file.

    Raises
    ------
    InputError
        Where it is no list of such records; the message names the record.
    """
    records = read_json(path)
    if not isinstance(records, list):
        raise InputError(f"{path}: expected a list of records, found {type(records).__name__}")
    losses: Counter[str] = Counter()
    documents = []
    for number, record in enumerate(records):
        try:
            documents.append(_parse_record(record, number, losses))
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise InputError(f"{path}: record {number} is no SpERT record ({error.__class__.__name__})") from error
    return Converted(tuple(documents), dict(sorted(losses.items())))


def render_spert(documents: Iterable[Document]) -> Rendered:
    """Render documents as one SpERT file; a mention is widened to whole tokens, a discontinuous one is left out."""
    losses: Counter[str] = Counter()
    records = [_format_record(document, losses) for document in documents]
    return Rendered({FILE: format_json(records)}, dict(sorted(losses.items())))


def _parse_record(record: Mapping[str, object], number: int, losses: Counter[str]) -> Document:
    text, offsets = _text_of(record)
    mentions: list[TextBound | None] = []
    for entity in _rows(record, "entities"):
        first, last = offsets[_whole(entity["start"])], offsets[_whole(entity["end"]) - 1]
        fragments = (Span(first.start, last.end),)
        id = f"T{len(mentions) + 1}"
        mentions.append(
            place_textbound(text, id, str(entity["type"]), fragments=fragments, spelled=None, losses=losses)
        )
    relations: list[Relation] = []
    for row in _rows(record, "relations"):
        head, tail = mentions[_whole(row["head"])], mentions[_whole(row["tail"])]
        if head is None or tail is None:
            losses["relation-without-mention"] += 1
            continue
        arguments = (Argument("Arg1", head.id), Argument("Arg2", tail.id))
        relations.append(Relation(f"R{len(relations) + 1}", str(row["type"]), arguments))
    kept = [mention for mention in mentions if mention is not None]
    return make_document(str(record.get("orig_id", f"document-{number}")), text, [*kept, *relations])


def _text_of(record: Mapping[str, object]) -> tuple[str, list[Span]]:
    tokens = record["tokens"]
    if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
        raise TypeError("tokens")
    text, pairs = record.get("text"), record.get("offsets")
    if isinstance(text, str) and isinstance(pairs, list):
        return text, [Span(_whole(start), _whole(end)) for start, end in pairs]
    offsets, start = [], 0
    for token in tokens:
        offsets.append(Span(start, start + len(token)))
        start += len(token) + 1
    return " ".join(tokens), offsets


def _rows(record: Mapping[str, object], name: str) -> Sequence[Mapping[str, object]]:
    rows = record.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise TypeError(name)
    return rows


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("expected a position")
    return value


def _format_record(document: Document, losses: Counter[str]) -> dict[str, object]:
    offsets = [Span(*match.span()) for match in _TOKEN.finditer(document.text)]
    starts, ends = [span.start for span in offsets], [span.end for span in offsets]
    losses.update(unrepresented(document, kept=_KEPT))
    entities: list[dict[str, object]] = []
    positions: dict[str, int] = {}
    for textbound in document.textbounds:
        first, last = bisect.bisect_right(ends, textbound.start), bisect.bisect_left(starts, textbound.end)
        if len(textbound.fragments) > 1 or first >= last:
            losses["discontinuous-mention"] += 1
            continue
        whole = (offsets[first].start, offsets[last - 1].end)
        losses["widened-to-tokens"] += whole != (textbound.start, textbound.end)
        positions[textbound.id] = len(entities)
        entities.append({"type": textbound.type, "start": first, "end": last})
    return {
        "orig_id": document.doc_id,
        "tokens": [document.text[span.start : span.end] for span in offsets],
        "text": document.text,
        "offsets": [[span.start, span.end] for span in offsets],
        "entities": entities,
        "relations": _format_relations(document, positions, losses),
    }


def _format_relations(
    document: Document, positions: Mapping[str, int], losses: Counter[str]
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for relation in document.relations:
        ends = [document.resolve(target) for target in (relation.arg1, relation.arg2)] if relation.is_binary else []
        places = [positions[end.id] for end in ends if end is not None and end.id in positions]
        if len(places) == 2:
            rows.append({"type": relation.type, "head": places[0], "tail": places[1]})
        else:
            losses["relation-without-mention" if relation.is_binary else "n-ary-relation"] += 1
    return rows
