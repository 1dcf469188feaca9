r"""i2b2 2010: concepts, assertions and relations by line and token.

In: a folder with `txt/` (or `.txt` files), `concept/*.con`, `rel/*.rel` and `ast/*.ast`. Out: the same documents, and
back. A line is counted from 1, a token from 0; tokens are what white space separates; the end token is included::

    c="chest pain" 12:3 12:4||t="problem"
    c="chest pain" 12:3 12:4||t="problem"||a="absent"
    c="aspirin" 14:0 14:0||r="TrAP"||c="chest pain" 12:3 12:4

A relation does not name the types of its ends: where two mentions of different types share their tokens, which of them
is meant can't be told. Such a relation is counted as ambiguous, written all the same, and left out on reading.

Source of the format: Uzuner et al., JAMIA 18(5), 2011, doi 10.1136/amiajnl-2011-000203. n2c2 2018 track 2 is brat's own
format and needs no converter.
"""

import bisect
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from corpus_tools.conversion.record import (
    TEXT_DIFFERS,
    Converted,
    Rendered,
    is_spelled,
    make_document,
    place_textbound,
    unrepresented,
)
from corpus_tools.errors import InputError
from corpus_tools.standoff import Annotation, Argument, Attribute, Document, Relation, Span, TextBound
from corpus_tools.storage import read_text

MAX_SOURCE_BYTES = 256 << 20
ASSERTION = "Assertion"
AMBIGUOUS = "ambiguous-relation"
_SPAN = r'c="(?P<text{n}>.*?)" (?P<place{n}>[0-9]{{1,7}}:[0-9]{{1,7}} [0-9]{{1,7}}:[0-9]{{1,7}})'
_CONCEPT = re.compile(_SPAN.format(n=1) + r'\|\|t="(?P<type>[^"]{1,255})"(?:\|\|a="(?P<assertion>[^"]{1,255})")?\s*')
_RELATION = re.compile(_SPAN.format(n=1) + r'\|\|r="(?P<type>[^"]{1,255})"\|\|' + _SPAN.format(n=2) + r"\s*")
_TOKEN = re.compile(r"\S+")
_SUFFIXES = {"concept": ".con", "ast": ".ast", "rel": ".rel"}
_KEPT = frozenset({TextBound, Relation, Attribute})

Tokens = list[list[Span]]  # by line, then by position


def read_i2b2(folder: Path) -> Converted:
    """Read a folder of i2b2 2010 files.

    Raises
    ------
    InputError
        Where there is no text, none has annotations, or one is not UTF-8.
    """
    texts = sorted((folder / "txt").glob("*.txt") if (folder / "txt").is_dir() else folder.glob("*.txt"))
    if not texts:
        raise InputError(f"{folder}: no .txt here or in txt/")
    if not any(_find_file(folder, kind, path.stem) for path in texts for kind in _SUFFIXES):
        places = ", ".join(f"{suffix} in {kind}/" for kind, suffix in _SUFFIXES.items())
        raise InputError(f"{folder}: no file that --from i2b2 looks for ({places} or here) goes with a .txt")
    losses: Counter[str] = Counter()
    return Converted(tuple(_read_document(folder, path, losses) for path in texts), dict(sorted(losses.items())))


def render_i2b2(documents: Iterable[Document]) -> Rendered:
    """Render documents as i2b2 files; a mention is widened to whole tokens, a discontinuous one to all it spans."""
    files: dict[str, str] = {}
    losses: Counter[str] = Counter()
    for document in documents:
        losses.update(unrepresented(document, kept=_KEPT))
        places = dict(_place_mentions(document, losses))
        files[f"txt/{document.doc_id}.txt"] = document.text
        files[f"concept/{document.doc_id}.con"] = _format_concepts(document, places, losses)
        files[f"ast/{document.doc_id}.ast"] = _format_assertions(document, places, losses)
        files[f"rel/{document.doc_id}.rel"] = _format_relations(document, places, losses)
    return Rendered(files, dict(sorted(losses.items())))


def _read_document(folder: Path, path: Path, losses: Counter[str]) -> Document:
    text = read_utf8(path)
    tokens = _tokenize_lines(text)
    mentions: dict[tuple[str, str], TextBound] = {}
    attributes: list[Annotation] = []
    for match in _matches(folder, "concept", path.stem, _CONCEPT, losses):
        _add_mention(mentions, text, tokens, match, losses)
    for match in _matches(folder, "ast", path.stem, _CONCEPT, losses):
        holder = _add_mention(mentions, text, tokens, match, losses)
        if holder is not None and match["assertion"]:
            attributes.append(Attribute(f"A{len(attributes) + 1}", ASSERTION, holder.id, match["assertion"]))
    relations = _read_relations(folder, path.stem, mentions, losses)
    return make_document(path.stem, text, [*mentions.values(), *relations, *attributes])


def _add_mention(
    mentions: dict[tuple[str, str], TextBound], text: str, tokens: Tokens, match: re.Match[str], losses: Counter[str]
) -> TextBound | None:
    key = (match["place1"], match["type"])
    if key not in mentions:
        span = _find_span(tokens, match["place1"])
        fragments = (span,) if span else (Span(0, 0),)
        id = f"T{len(mentions) + 1}"
        found = place_textbound(text, id, match["type"], fragments=fragments, spelled=match["text1"], losses=losses)
        if found is None:
            return None
        mentions[key] = found
    return mentions[key]


def _read_relations(
    folder: Path, stem: str, mentions: dict[tuple[str, str], TextBound], losses: Counter[str]
) -> Iterator[Relation]:
    by_place: defaultdict[str, list[TextBound]] = defaultdict(list)
    for (place, _), mention in mentions.items():
        by_place[place].append(mention)
    number = 0
    for match in _matches(folder, "rel", stem, _RELATION, losses):
        ends = [by_place.get(match[f"place{n}"], []) for n in (1, 2)]
        if loss := _find_loss(ends, spelled=(match["text1"], match["text2"])):
            losses[loss] += 1
            continue
        number += 1
        arguments = (Argument("Arg1", ends[0][0].id), Argument("Arg2", ends[1][0].id))
        yield Relation(f"R{number}", match["type"], arguments)


def _find_loss(ends: Sequence[Sequence[TextBound]], *, spelled: Sequence[str]) -> str:
    """Say why a relation can't be read, given the mentions at each of its places; those at one have the same text."""
    if not all(ends):
        return "relation-without-mention"
    if not all(is_spelled(mentions[0].text, text) for mentions, text in zip(ends, spelled, strict=True)):
        return TEXT_DIFFERS
    return AMBIGUOUS if any(len(mentions) > 1 for mentions in ends) else ""


def _matches(
    folder: Path, kind: str, stem: str, pattern: re.Pattern[str], losses: Counter[str]
) -> Iterator[re.Match[str]]:
    path = _find_file(folder, kind, stem)
    for line in read_utf8(path).split("\n") if path else ():
        match = pattern.fullmatch(line)
        if match:
            yield match
        elif line.strip():
            losses[f"unreadable-line{_SUFFIXES[kind]}"] += 1


def _find_file(folder: Path, kind: str, stem: str) -> Path | None:
    name = stem + _SUFFIXES[kind]
    return next((path for path in (folder / kind / name, folder / name) if path.is_file()), None)


def read_utf8(path: Path) -> str:
    """Return a file's text with its line ends as they are.

    Raises
    ------
    InputError
        Where it is not UTF-8, too large, or no regular file.
    """
    return read_text(path, max_bytes=MAX_SOURCE_BYTES)


def _tokenize_lines(text: str) -> Tokens:
    lines, start = [], 0
    for line in text.split("\n"):
        lines.append([Span(start + token.start(), start + token.end()) for token in _TOKEN.finditer(line)])
        start += len(line) + 1
    return lines


def _find_span(tokens: Tokens, place: str) -> Span | None:
    (first_line, first), (last_line, last) = (tuple(map(int, part.split(":"))) for part in place.split(" "))
    try:
        start, end = tokens[first_line - 1][first].start, tokens[last_line - 1][last].end
    except IndexError:
        return None
    return Span(start, end) if first_line > 0 and last_line > 0 and start < end else None


def _place_mentions(document: Document, losses: Counter[str]) -> Iterator[tuple[str, str]]:
    """Yield mention id and its `c="…" line:token line:token`."""
    flat = [
        (span, f"{line}:{index}")
        for line, spans in enumerate(_tokenize_lines(document.text), 1)
        for index, span in enumerate(spans)
    ]
    ends = [span.end for span, _ in flat]
    for textbound in document.textbounds:
        first = bisect.bisect_right(ends, textbound.start)
        last = bisect.bisect_left(ends, textbound.end)
        whole = (flat[first][0].start, flat[last][0].end)
        losses["discontinuous-filled"] += len(textbound.fragments) > 1
        losses["widened-to-tokens"] += whole != (textbound.start, textbound.end)
        spelled = " ".join(document.text[whole[0] : whole[1]].lower().split())
        yield textbound.id, f'c="{spelled}" {flat[first][1]} {flat[last][1]}'


def _format_concepts(document: Document, places: dict[str, str], losses: Counter[str]) -> str:
    rows = [f'{places[textbound.id]}||t="{textbound.type}"\n' for textbound in document.textbounds]
    losses["same-tokens-and-type"] += len(rows) - len(set(rows))
    return "".join(dict.fromkeys(rows))


def _format_assertions(document: Document, places: dict[str, str], losses: Counter[str]) -> str:
    rows = []
    for attribute in document.attributes:
        holder = document.find(attribute.target)
        if attribute.name == ASSERTION and attribute.value and isinstance(holder, TextBound):
            rows.append(f'{places[holder.id]}||t="{holder.type}"||a="{attribute.value}"\n')
        else:
            losses["attribute"] += 1
    return "".join(rows)


def _format_relations(document: Document, places: dict[str, str], losses: Counter[str]) -> str:
    types: defaultdict[str, set[str]] = defaultdict(set)
    for textbound in document.textbounds:
        types[places[textbound.id]].add(textbound.type)
    rows = []
    for relation in document.relations:
        ends = [document.resolve(argument.target) for argument in relation.arguments]
        if len(ends) == 2 and ends[0] is not None and ends[1] is not None:
            first, second = (
                places[document.resolve(target).id]  # type: ignore[union-attr]
                for target in (relation.arg1, relation.arg2)
            )
            losses[AMBIGUOUS] += len(types[first]) > 1 or len(types[second]) > 1
            rows.append(f'{first}||r="{relation.type}"||{second}\n')
        else:
            losses["n-ary-relation"] += 1
    return "".join(rows)
