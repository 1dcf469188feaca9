"""One document on its way into the corpus: first its segments, then, once the schema is known, its pairs.

In: `AlignedDocument` and its metadata. Out: `StagedDocument`, then a `CorpusDocument` with pairs, each mention of which
has a segment or a cause, and each relation a candidate or a cause.

Examples
--------
>>> from corpus_tools.standoff import align_document, parse_document
>>> ann = "T1\\tDrug 0 7\\tAspirin\\nT2\\tSign 12 16\\tpain\\nR1\\ttreats Arg1:T1 Arg2:T2\\n"
>>> staged = stage_document(align_document(parse_document("Aspirin for pain.", ann, doc_id="a"))).document
>>> staged.relations[0].reach, len(staged.segments), staged.pairs
('', 1, ())
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from corpus_tools.assembly.filters import OVER_LONG, find_over_long
from corpus_tools.assembly.gold import collect_relations
from corpus_tools.assembly.metadata import Metadata
from corpus_tools.assembly.tables import CorpusDocument
from corpus_tools.sentences import (
    MAX_WORDS,
    GoldRelation,
    Mention,
    Segment,
    clean_document,
    enumerate_pairs,
    label_pairs,
    segment_document,
)
from corpus_tools.standoff import AlignedDocument, Document, Schema

_FILTERED = "filtered"  # the reach of a relation one of whose mentions cleaning took away


@dataclass(frozen=True, slots=True)
class StagedDocument:
    """Hold a document without pairs yet, and what cleaning took out and the length filter passes over.

    Attributes
    ----------
    removed : mapping of kind of removal to its count
    over_long : int
        Segments that are too long to give pairs.
    """

    document: CorpusDocument
    removed: Mapping[str, int]
    over_long: int


def stage_document(
    aligned: AlignedDocument,
    metadata: Metadata | None = None,
    *,
    max_words: int = MAX_WORDS,
    events: bool = False,
    equivalences: bool = False,
) -> StagedDocument:
    """Clean and segment a document, mark what is too long, and collect its gold; no pairs yet.

    Parameters
    ----------
    max_words : int, words
        A longer segment that no punctuation cuts keeps its place but gives no pair.
    events, equivalences : bool
        As in `collect_relations`.
    """
    metadata = metadata or Metadata()
    cleaned = clean_document(aligned)
    segmented = segment_document(cleaned, max_words=max_words)
    lost = {each.id: each.cause for each in segmented.lost} | dict.fromkeys(
        find_over_long(segmented.segments), OVER_LONG
    )
    relations = collect_relations(aligned.document, events=events, equivalences=equivalences)
    document = CorpusDocument(
        doc_id=aligned.document.doc_id,
        text=aligned.document.text,
        specialties=metadata.specialties,
        provenance=metadata.provenance,
        mentions=_collect_mentions(aligned.document, segmented.segments, lost),
        relations=tuple(_lose(relation, lost) for relation in relations),
        segments=segmented.segments,
        lost_mentions=lost,
    )
    return StagedDocument(document, cleaned.removed, sum(segment.over_long for segment in segmented.segments))


def pair_documents(
    documents: Iterable[CorpusDocument], schema: Schema, *, max_sentence_distance: int
) -> Iterator[CorpusDocument]:
    """Enumerate the candidate pairs of staged documents, label them, and decide the reach of each relation."""

    @cache
    def allows(first_type: str, second_type: str) -> bool:
        return bool(schema.directed_labels(first_type, second_type))

    for document in documents:
        labelled = label_pairs(
            enumerate_pairs(document.segments, allows, max_sentence_distance=max_sentence_distance),
            document.segments,
            relations=document.relations,
            is_symmetric=schema.is_symmetric,
            max_sentence_distance=max_sentence_distance,
        )
        relations = tuple(replace(relation, reach=labelled.reaches[relation.id]) for relation in document.relations)
        yield replace(document, relations=relations, pairs=tuple(labelled.pairs))


def _collect_mentions(document: Document, segments: Sequence[Segment], lost: Mapping[str, str]) -> tuple[Mention, ...]:
    """Return every textbound of the document as a mention, in text order; a lost one has no fragments."""
    placed = {mention.id: mention for segment in segments for mention in segment.mentions}
    mentions = [
        replace(placed[textbound.id], fragments=() if textbound.id in lost else placed[textbound.id].fragments)
        if textbound.id in placed
        else Mention(textbound.id, textbound.type, (), textbound.sorted_fragments, document.spelled(textbound))
        for textbound in document.textbounds
    ]
    return tuple(sorted(mentions, key=lambda mention: mention.source_fragments))


def _lose(relation: GoldRelation, lost: Mapping[str, str]) -> GoldRelation:
    """Return the relation with its reach decided where one of its mentions has no segment."""
    causes = [lost[mention_id] for mention_id in (relation.arg1, relation.arg2) if mention_id in lost]
    if relation.reach or not causes:
        return relation
    return replace(relation, reach=OVER_LONG if OVER_LONG in causes else _FILTERED)
