"""XML and PubTator formats: DDI 2013 XML, BioC XML and JSON, PubTator; the last three through the library bioc.

In: one file, or for DDI a folder of `.xml`. Out: the same documents, and back.

XML with a document type declaration is refused before any parser sees it: entities are how XML reads files, reaches
networks and grows without bound.

Sources of the formats: Herrero-Zazo et al., JBI 46(5), 2013, doi 10.1016/j.jbi.2013.07.011; Comeau et al., Database
2013, doi 10.1093/database/bat064; Wei et al., NAR 41, 2013, doi 10.1093/nar/gkt441.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

from bioc import biocjson, biocxml, pubtator
from bioc.datastructure import (
    BioCAnnotation,
    BioCCollection,
    BioCDocument,
    BioCLocation,
    BioCNode,
    BioCPassage,
    BioCRelation,
)
from bioc.pubtator.decoder import ABSTRACT_PATTERN, TITLE_PATTERN
from lxml import etree

from corpus_tools.conversion.i2b2 import read_utf8
from corpus_tools.conversion.record import Converted, Rendered, make_document, place_textbound, unrepresented
from corpus_tools.errors import InputError, Refused
from corpus_tools.standoff import Annotation, Argument, Attribute, Document, Relation, Span, TextBound

UNREADABLE_LINE = "unreadable-line"
_PUBTATOR_TABS = 3  # of the shortest line with an annotation or a relation
_DECLARATION = re.compile(r"<!\s*(DOCTYPE|ENTITY)", re.IGNORECASE)
_OFFSETS = re.compile(r"[0-9]{1,9}-[0-9]{1,9}(;[0-9]{1,9}-[0-9]{1,9})*")
_TITLE_LINE = re.compile(r"[^|\t]*\|t\|")
_TITLE = re.compile(r"[^\n]*")
_BREAK = re.compile(r"[\n\t]")
_KEPT_BIOC = frozenset({TextBound, Relation, Attribute})
_KEPT_PUBTATOR = frozenset({TextBound, Relation})


def read_ddi(source: Path) -> Converted:
    """Read DDI 2013 XML: sentences joined by a blank, character offsets with an inclusive end.

    Raises
    ------
    InputError, Refused
        Where a file is no such XML, or declares a document type.
    """
    paths = sorted(source.rglob("*.xml")) if source.is_dir() else [source]
    if not paths:
        raise InputError(f"{source}: no .xml here")
    losses: Counter[str] = Counter()
    documents = tuple(_parse_ddi(path, losses) for path in paths)
    return Converted(documents, dict(sorted(losses.items())))


def read_bioc(path: Path) -> Converted:
    """Read BioC, XML or JSON by its ending; passages are put at their own offsets.

    Raises
    ------
    InputError, Refused
        Where the file is no such collection, or declares a document type.
    """
    text = read_utf8(path)
    try:
        collection = biocjson.loads(text) if path.suffix == ".json" else biocxml.loads(_safe_xml(text, path))
        losses: Counter[str] = Counter()
        documents = tuple(_parse_bioc(document, losses) for document in collection.documents)
    except (ValueError, KeyError, TypeError, AttributeError, etree.XMLSyntaxError, RecursionError) as error:
        raise InputError(f"{path}: no BioC collection ({error.__class__.__name__})") from error
    if not documents:
        raise InputError(f"{path}: no BioC document")
    return Converted(documents, dict(sorted(losses.items())))


def render_bioc(documents: Iterable[Document]) -> Rendered:
    """Render documents as one BioC XML collection, one passage a document."""
    losses: Counter[str] = Counter()
    collection = BioCCollection()
    collection.source, collection.date, collection.key = "clinical-relations", "", ""
    for document in documents:
        losses.update(unrepresented(document, kept=_KEPT_BIOC))
        collection.add_document(_format_bioc(document, losses))
    try:
        return Rendered({"collection.xml": biocxml.dumps(collection)}, dict(sorted(losses.items())))
    except ValueError as error:
        raise InputError("a document holds characters that XML can't; run `corpus validate` to find them") from error


def read_pubtator(path: Path) -> Converted:
    """Read PubTator: title and abstract joined by a line end; relations join the first mentions of their concepts.

    Raises
    ------
    InputError
        Where the file is no PubTator.
    """
    losses: Counter[str] = Counter()
    try:
        records = list(pubtator.iterparse_s(_readable_lines(read_utf8(path), losses)))
        documents = tuple(_parse_pubtator(record, losses) for record in records)
    except (ValueError, TypeError, AttributeError, IndexError) as error:
        raise InputError(f"{path}: no PubTator ({error.__class__.__name__})") from error
    if not documents:
        raise InputError(f"{path}: no PubTator document")
    return Converted(documents, dict(sorted(losses.items())), rejects=losses[UNREADABLE_LINE])


def _readable_lines(text: str, losses: Counter[str]) -> Iterator[str]:
    """Yield the lines that the parser can read; any other it would print, with the clinical text in it.

    A title that follows without a blank line, as in files that were joined, would replace the one before: it gets one.
    """
    for line in text.split("\n"):
        is_text = TITLE_PATTERN.match(line.strip()) or ABSTRACT_PATTERN.match(line.strip())
        if _TITLE_LINE.match(line):
            yield ""
        if is_text or not line.strip() or line.strip().count("\t") >= _PUBTATOR_TABS:
            yield line
        else:
            losses[UNREADABLE_LINE] += 1


def render_pubtator(documents: Iterable[Document]) -> Rendered:
    """Render documents as PubTator; line ends after the first become blanks, mention ids stand for concepts."""
    losses: Counter[str] = Counter()
    blocks = [_format_pubtator(document, losses) for document in documents]
    return Rendered({"documents.pubtator": "\n".join(blocks)}, dict(sorted(losses.items())))


def _safe_xml(text: str, path: Path) -> str:
    if _DECLARATION.search(text):
        raise Refused(f"{path}: declares a document type; entities are not read")
    return text


def _parse_ddi(path: Path, losses: Counter[str]) -> Document:
    try:
        root = etree.fromstring(_safe_xml(read_utf8(path), path).encode(), etree.XMLParser(resolve_entities=False))
    except etree.XMLSyntaxError as error:
        raise InputError(f"{path}:{error.lineno}: no XML") from error
    if root.tag != "document":
        raise InputError(f"{path}: no DDI XML, whose root is <document>")
    sentences = list(root.iter("sentence"))
    texts = [sentence.get("text", "") for sentence in sentences]
    starts = accumulate((len(text) + 1 for text in texts), initial=0)
    text = " ".join(texts)
    mentions: dict[str, TextBound] = {}
    relations: list[Relation] = []
    for sentence, start in zip(sentences, starts, strict=False):
        for entity in sentence.iter("entity"):
            _add_ddi_mention(mentions, text, start, entity, losses)
        for pair in sentence.iter("pair"):
            if pair.get("ddi") == "true":
                _add_ddi_relation(relations, mentions, pair, losses)
    return make_document(path.stem, text, [*mentions.values(), *relations])


def _add_ddi_mention(
    mentions: dict[str, TextBound], text: str, start: int, entity: etree._Element, losses: Counter[str]
) -> None:
    offsets = entity.get("charOffset", "")
    if not _OFFSETS.fullmatch(offsets):
        losses["unreadable-offset"] += 1
        return
    ranges = [part.split("-") for part in offsets.split(";")]
    fragments = tuple(Span(start + int(first), start + int(last) + 1) for first, last in ranges)
    type, spelled = entity.get("type", ""), entity.get("text", "")
    id = f"T{len(mentions) + 1}"
    found = place_textbound(text, id, type, fragments=fragments, spelled=spelled, losses=losses)
    if found:
        mentions[entity.get("id", id)] = found


def _add_ddi_relation(
    relations: list[Relation], mentions: dict[str, TextBound], pair: etree._Element, losses: Counter[str]
) -> None:
    ends = [mentions.get(pair.get("e1", "")), mentions.get(pair.get("e2", ""))]
    if ends[0] is None or ends[1] is None:
        losses["relation-without-mention"] += 1
        return
    arguments = (Argument("Arg1", ends[0].id), Argument("Arg2", ends[1].id))
    relations.append(Relation(f"R{len(relations) + 1}", pair.get("type", "int"), arguments))


def _parse_bioc(document: BioCDocument, losses: Counter[str]) -> Document:
    text = ""
    for passage in document.passages:
        text = text[: passage.offset].ljust(passage.offset) + (passage.text or "")
    holders = [document, *document.passages]
    mentions: dict[str, TextBound] = {}
    for annotation in (each for holder in holders for each in holder.annotations):
        fragments = tuple(Span(place.offset, place.offset + place.length) for place in annotation.locations)
        type, id = str(annotation.infons.get("type", "Entity")), f"T{len(mentions) + 1}"
        found = place_textbound(text, id, type, fragments=fragments, spelled=annotation.text, losses=losses)
        if found:
            mentions[annotation.id] = found
    relations = _parse_bioc_relations((each for holder in holders for each in holder.relations), mentions, losses)
    return make_document(document.id, text, [*mentions.values(), *relations])


def _parse_bioc_relations(
    rows: Iterable[BioCRelation], mentions: dict[str, TextBound], losses: Counter[str]
) -> Iterator[Relation]:
    number = 0
    for row in rows:
        if any(node.refid not in mentions for node in row.nodes):
            losses["relation-without-mention"] += 1
            continue
        number += 1
        arguments = tuple(
            Argument(node.role or f"Arg{n}", mentions[node.refid].id) for n, node in enumerate(row.nodes, 1)
        )
        yield Relation(f"R{number}", str(row.infons.get("type", "relation")), arguments)


def _format_bioc(document: Document, losses: Counter[str]) -> BioCDocument:
    record, passage = BioCDocument(), BioCPassage()
    record.id, passage.offset, passage.text = document.doc_id, 0, document.text
    infons: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for attribute in document.attributes:
        infons[attribute.target][attribute.name] = attribute.value or "true"
    held = sum(len(infons[textbound.id]) for textbound in document.textbounds)
    losses["attribute"] += len(document.attributes) - held
    for textbound in document.textbounds:
        annotation = BioCAnnotation()
        annotation.id, annotation.text = textbound.id, textbound.text
        annotation.infons = {**infons[textbound.id], "type": textbound.type}
        for span in textbound.fragments:
            annotation.add_location(BioCLocation(span.start, len(span)))
        passage.add_annotation(annotation)
    for relation in document.relations:
        passage.add_relation(_format_bioc_relation(document, relation))
    record.add_passage(passage)
    return record


def _format_bioc_relation(document: Document, relation: Relation) -> BioCRelation:
    row = BioCRelation()
    row.id, row.infons = relation.id, {"type": relation.type}
    for argument in relation.arguments:
        target = document.resolve(argument.target)
        row.add_node(BioCNode(target.id if target else argument.target, argument.role))
    return row


def _parse_pubtator(record: Any, losses: Counter[str]) -> Document:
    text = f"{record.title}\n{record.abstract or ''}" if record.abstract is not None else str(record.title)
    annotations: list[Annotation] = []
    first_of: dict[str, str] = {}
    for row in record.annotations:
        id = f"T{len(annotations) + 1}"
        fragments = (Span(int(row.start), int(row.end)),)
        found = place_textbound(text, id, row.type, fragments=fragments, spelled=row.text, losses=losses)
        if found:
            annotations.append(found)
            first_of.setdefault(row.id, id)
    owners = Counter(row.id for row in record.annotations)
    relations: list[Relation] = []
    for row in record.relations:
        if row.id1 not in first_of or row.id2 not in first_of:
            losses["relation-without-mention"] += 1
            continue
        if owners[row.id1] > 1 or owners[row.id2] > 1:
            losses["concept-level-relation"] += 1
        arguments = (Argument("Arg1", first_of[row.id1]), Argument("Arg2", first_of[row.id2]))
        relations.append(Relation(f"R{len(relations) + 1}", row.type, arguments))
    return make_document(str(record.pmid), text, [*annotations, *relations])


def _format_pubtator(document: Document, losses: Counter[str]) -> str:
    losses.update(unrepresented(document, kept=_KEPT_PUBTATOR))
    title = _TITLE.match(document.text)
    end = title.end() if title else 0
    rest = document.text[end + 1 :]
    losses["line-end-made-blank"] += rest.count("\n") + rest.count("\t")
    name = document.doc_id
    rows = [f"{name}|t|{document.text[:end]}", f"{name}|a|{_BREAK.sub(' ', rest)}"]
    for textbound in document.textbounds:
        losses["discontinuous-filled"] += len(textbound.fragments) > 1
        spelled = _BREAK.sub(" ", document.text[textbound.start : textbound.end])
        rows.append("\t".join((name, str(textbound.start), str(textbound.end), spelled, textbound.type, textbound.id)))
    for relation in document.relations:
        ends = [document.resolve(argument.target) for argument in relation.arguments]
        if relation.is_binary and all(ends):
            first, second = document.resolve(relation.arg1), document.resolve(relation.arg2)
            rows.append("\t".join((name, relation.type, first.id, second.id)))  # type: ignore[union-attr]
        else:
            losses["n-ary-relation"] += 1
    return "\n".join(rows) + "\n"
