"""Corpus documents and label schemes for the tests of relext, from a literal text and its `.ann`."""

from corpus_tools.assembly import CorpusDocument
from corpus_tools.sentences import clean_document, find_gold_relations, segment_document
from corpus_tools.standoff import AlignedDocument, Schema, align_document, parse_document
from relext.data import LabelScheme

SCHEME = LabelScheme(
    labels=("NO_RELATION", "near", "treats", "treats⁻¹"),
    types=("Drug", "Sign"),
    assertions=("absent", "present"),
    allowed={("Drug", "Sign"): (2,), ("Sign", "Drug"): (3,), ("Sign", "Sign"): (1,)},
    symmetric=frozenset({"near"}),
    relations=("near", "treats"),
    max_sentence_distance=0,
)


def read_literal(text: str, *lines: str, doc_id: str = "note") -> AlignedDocument:
    """Return the aligned document of a text and its annotation lines, TAB written as two blanks."""
    ann = "".join("\t".join(line.split("  ")) + "\n" for line in lines)
    return align_document(parse_document(text, ann, doc_id=doc_id))


def make_document(
    text: str, *lines: str, doc_id: str = "note", specialties: tuple[str, ...] = (), scheme: LabelScheme = SCHEME
) -> CorpusDocument:
    """Return a corpus document whose pairs and reaches are those of a scheme."""
    aligned = read_literal(text, *lines, doc_id=doc_id)
    assert not aligned.rejects, aligned.rejects
    segments = segment_document(clean_document(aligned)).segments
    document = CorpusDocument(
        doc_id=doc_id,
        text=text,
        specialties=specialties,
        mentions=tuple(mention for segment in segments for mention in segment.mentions),
        relations=find_gold_relations(aligned.document),
        segments=segments,
    )
    return document


def empty_schema() -> Schema:
    """Return a schema that knows nothing."""
    return Schema((), ())
