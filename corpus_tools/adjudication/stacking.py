"""Mentions and events of all annotators as contents, those stacked on the same characters told apart.

In: the documents of the annotators of one text. Out: a `Content` for each T line, a rank for each E line. Of two like
mentions on the same characters, each keeps what hangs on it: they are ranked by that, and what hangs alike on one of
another annotator's gets the same rank, whatever the ids and the order of the lines.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from corpus_tools.adjudication.content import MENTION, Content
from corpus_tools.standoff import Document, Span

Place = tuple[str, str]
"""An annotator and an id in that annotator's file."""

_BREAKS = re.compile(r"\r*\n[\r\n]*")


def split_at_breaks(text: str, fragments: tuple[Span, ...]) -> tuple[Span, ...]:
    """Return fragments in text order without the line breaks inside them, as brat writes them."""
    if not any("\n" in text[span.start : span.end] for span in fragments):
        return fragments
    spans: list[Span] = []
    for fragment in fragments:
        start = fragment.start
        for match in _BREAKS.finditer(text, fragment.start, fragment.end):
            spans.append(Span(start, match.start()))
            start = match.end()
        spans.append(Span(start, fragment.end))
    return tuple(span for span in spans if span.start < span.end) or fragments


def list_mentions(versions: Mapping[str, Document]) -> dict[Place, Content]:
    """Return what each T line says, ranked where one annotator stacked several alike."""
    plain = {
        (annotator, bound.id): Content(MENTION, bound.type, split_at_breaks(document.text, bound.sorted_fragments))
        for annotator, document in versions.items()
        for bound in document.textbounds
    }
    stacks = _find_stacks({place: content.key for place, content in plain.items()})
    if stacks:
        names = {place: content.key for place, content in plain.items()}
        signed = {annotator: _sign_hanging(annotator, document, names) for annotator, document in versions.items()}
        signatures = {place: signed[place[0]].get(place[1], "") for places in stacks for place in places}
        for place, rank in _rank(stacks, signatures).items():
            plain[place] = replace(plain[place], rank=rank)
    return plain


def rank_events(versions: Mapping[str, Document]) -> dict[Place, int]:
    """Return the rank of each E line that shares trigger and type with another of its annotator; the rest are 0."""
    names: dict[Place, str] = {}
    signatures: dict[Place, str] = {}
    if not any(document.events for document in versions.values()):
        return {}
    mentions = list_mentions(versions)
    for annotator, document in versions.items():
        for event in document.events:
            bounds = {each.target: document.resolve(each.target) for each in event.arguments}
            fillers = {target: mentions[annotator, bound.id].key for target, bound in bounds.items() if bound}
            rows = sorted(f"{each.role} {fillers.get(each.target, '')}" for each in event.arguments)
            names[annotator, event.id] = f"{event.type} {mentions[annotator, event.trigger].key}"
            signatures[annotator, event.id] = "\n".join(rows)
    return _rank(_find_stacks(names), signatures)


def _find_stacks(names: Mapping[Place, str]) -> list[list[Place]]:
    """Return the places of each name that one annotator has more than once."""
    counts = Counter((annotator, name) for (annotator, _), name in names.items())
    repeated = {name for (_, name), count in counts.items() if count > 1}
    if not repeated:
        return []
    stacks: dict[str, list[Place]] = {}
    for place, name in names.items():
        if name in repeated:
            stacks.setdefault(name, []).append(place)
    return list(stacks.values())


def _sign_hanging(annotator: str, document: Document, names: Mapping[Place, str]) -> dict[str, str]:
    """Return for each id the relations, event arguments and attributes that hang on it, in words without ids."""
    rows: dict[str, list[str]] = {}

    def name(target: str) -> str:
        bound = document.resolve(target)
        return names[annotator, bound.id] if bound is not None else ""

    for relation in document.relations:
        for argument in relation.arguments:
            others = [f"{each.role} {name(each.target)}" for each in relation.arguments if each is not argument]
            rows.setdefault(argument.target, []).append(f"{relation.type} {argument.role} {' '.join(others)}")
    for event in document.events:
        rows.setdefault(event.trigger, []).append(f"{event.type} trigger")
        for argument in event.arguments:
            rows.setdefault(argument.target, []).append(f"{event.type} {argument.role} {name(event.trigger)}")
    for attribute in document.attributes:
        rows.setdefault(attribute.target, []).append(f"{attribute.name} {attribute.value}")
    return {target: "\n".join(sorted(each)) for target, each in rows.items()}


def _rank(stacks: Iterable[Iterable[Place]], signatures: Mapping[Place, str]) -> dict[Place, int]:
    """Return ranks: first, one for each signature that several annotators have; behind them, each annotator's own."""
    ranks: dict[Place, int] = {}
    for places in stacks:
        signed: dict[str, list[tuple[str, int, Place]]] = {}
        seen: Counter[tuple[str, str]] = Counter()
        for place in sorted(places, key=lambda each: (signatures[each], each)):
            occurrence = seen[place[0], signatures[place]]
            seen[place[0], signatures[place]] += 1
            signed.setdefault(place[0], []).append((signatures[place], occurrence, place))
        holders = Counter(row[:2] for rows in signed.values() for row in rows)
        shared = sorted(row for row, count in holders.items() if count > 1)
        for rows in signed.values():
            own = [row for row in rows if row[:2] not in shared]
            ranks |= {row[2]: shared.index(row[:2]) for row in rows if row[:2] in shared}
            ranks |= {row[2]: len(shared) + number for number, row in enumerate(own)}
    return ranks
