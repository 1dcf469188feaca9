"""Documents as their text alone tells them: sentences found without gold, and the finder's mentions in them.

In: a finder and documents of a corpus, whose gold is not looked at. Out: the same documents with found mentions in
source offsets, ready for the prediction of relations.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from corpus_tools.assembly import CorpusDocument
from corpus_tools.sentences import Mention, SegmentedDocument, clean_document, segment_document
from corpus_tools.standoff import AlignedDocument, Document
from relext.finding.found import FoundMention
from relext.finding.mentions import DOCUMENTS_AT_ONCE, find_mentions
from relext.model import MentionFinder


def find_documents(
    finder: MentionFinder, documents: Iterable[CorpusDocument], *, max_words: int
) -> Iterator[CorpusDocument]:
    """Yield each document with found mentions in place of gold, and without relations, in their order.

    Parameters
    ----------
    max_words : int
        As the corpus that the finder learnt from was built with.
    """
    waiting = iter(documents)
    while chunk := list(islice(waiting, DOCUMENTS_AT_ONCE)):
        segmented = [segment_anew(document, max_words=max_words) for document in chunk]
        found = find_mentions(finder, (each.segments for each in segmented))
        for document, own, mentions in zip(chunk, segmented, found, strict=True):
            yield place_mentions(document, own, mentions)


def segment_anew(document: CorpusDocument, *, max_words: int) -> SegmentedDocument:
    """Return the sentences of a document's text, no mention known."""
    bare = Document(document.doc_id, document.text)
    return segment_document(clean_document(AlignedDocument(bare, (), (), (), {})), max_words=max_words)


def place_mentions(
    document: CorpusDocument, segmented: SegmentedDocument, found: Sequence[FoundMention]
) -> CorpusDocument:
    """Return the document with found mentions in its segments, their ids counted from T1 in text order."""
    held: list[list[Mention]] = [[] for _ in segmented.segments]
    for number, mention in enumerate(found, start=1):
        segment = segmented.segments[mention.segment]
        source = tuple(segmented.to_source(segment, span) for span in mention.fragments)
        held[mention.segment].append(
            Mention(
                id=f"T{number}",
                type=mention.type,
                fragments=mention.fragments,
                source_fragments=source,
                text=" ".join(document.text[span.start : span.end] for span in source),
                assertion=mention.assertion,
            )
        )
    segments = tuple(
        replace(segment, mentions=tuple(mentions)) for segment, mentions in zip(segmented.segments, held, strict=True)
    )
    return CorpusDocument(
        doc_id=document.doc_id,
        text=document.text,
        specialties=document.specialties,
        provenance=document.provenance,
        mentions=tuple(mention for segment in segments for mention in segment.mentions),
        segments=segments,
    )
