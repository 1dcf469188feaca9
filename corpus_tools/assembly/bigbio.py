"""A corpus with the field names of BigBIO's knowledge-base schema, one JSON object a document and line.

In: `CorpusDocument`. Out: the record that BigBIO's loaders call `kb` (Fries et al. 2022, arXiv 2206.15076). Its offsets
count the source text; ids are made unique over the corpus by the document's id.

Examples
--------
>>> format_bigbio(CorpusDocument("note", "Pain."))["passages"][0]["offsets"]
[[0, 5]]
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from corpus_tools.assembly.tables import CorpusDocument
from corpus_tools.sentences import GoldRelation, Mention
from corpus_tools.storage import format_json


def write_bigbio(path: Path, documents: Iterable[CorpusDocument]) -> None:
    """Write one record a line."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(format_json(format_bigbio(document), indent=None) for document in documents)


def format_bigbio(document: CorpusDocument) -> dict[str, object]:
    """Return a document as a record: one passage, all mentions, and the relations between two of them."""
    known = {mention.id for mention in document.mentions}
    return {
        "id": document.doc_id,
        "document_id": document.doc_id,
        "passages": [
            {
                "id": f"{document.doc_id}:text",
                "type": "document",
                "text": [document.text],
                "offsets": [[0, len(document.text)]],
            }
        ],
        "entities": [_format_entity(document, mention) for mention in document.mentions],
        "events": [],
        "coreferences": [],
        "relations": [
            _format_relation(document.doc_id, relation)
            for relation in document.relations
            if {relation.arg1, relation.arg2} <= known
        ],
    }


def _format_entity(document: CorpusDocument, mention: Mention) -> Mapping[str, object]:
    return {
        "id": f"{document.doc_id}:{mention.id}",
        "type": mention.type,
        "text": [document.text[span.start : span.end] for span in mention.source_fragments],
        "offsets": [[span.start, span.end] for span in mention.source_fragments],
        "normalized": [],
    }


def _format_relation(doc_id: str, relation: GoldRelation) -> Mapping[str, object]:
    return {
        "id": f"{doc_id}:{relation.id}",
        "type": relation.type,
        "arg1_id": f"{doc_id}:{relation.arg1}",
        "arg2_id": f"{doc_id}:{relation.arg2}",
        "normalized": [],
    }
