"""Pre-annotate documents: brat files with what a model finds, beside what people wrote.

In: a model, a finder of mentions where there is one, and aligned documents. Out: `AnnotatedDocument`s, and a brat
project with its configuration files. The text is never touched, and neither is a line that people wrote: without
`merge` a document keeps its mentions and what is said of them, and its relations are the model's; with `merge` every
line stays and the model's stand below.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path

from corpus_tools.assembly import CorpusDocument
from corpus_tools.errors import InputError
from corpus_tools.sentences import (
    PRESENT,
    SegmentedDocument,
    clean_document,
    find_gold_relations,
    segment_document,
)
from corpus_tools.standoff import (
    PROVENANCE_NAME,
    AidRow,
    AlignedDocument,
    Document,
    Reject,
    Schema,
    format_aids,
    write_brat_files,
    write_document,
)
from corpus_tools.storage import format_json, new_folder, write_text
from relext.config import AUTO
from relext.data import ConceptTable, collect_concepts
from relext.evaluation import relation_key
from relext.explanation import PairExplanation, explain_pair
from relext.finding import FoundMention, find_mentions
from relext.loop.additions import (
    SuggestedMention,
    SuggestedRelation,
    add_mentions,
    add_relations,
    drop_relations,
)
from relext.loop.given import GivenMention, mark_mentions
from relext.loop.project_schema import cover_documents
from relext.loop.sources import parse_transcription
from relext.model import MentionFinder, TrainedModel, name_model, read_finder, read_model
from relext.prediction import PredictedDocument, predict_documents

DOCUMENTS_AT_ONCE = 64
ASSERTION = "assertion"


@dataclass(frozen=True, slots=True)
class Annotator:
    """Hold what pre-annotates, and how.

    Attributes
    ----------
    name : str
        What the notes call the model.
    threshold : float
        Least probability of a mention or relation that is written.
    merge : bool
        Keep the relations that people wrote, and look for mentions beside theirs.
    concepts : ConceptTable or None
        What a linker knows of the mentions, beside the N lines of the documents; read by a model that was trained so.
    """

    model: TrainedModel
    finder: MentionFinder | None
    name: str
    threshold: float = 0.0
    merge: bool = False
    concepts: ConceptTable | None = None

    def predict(self, text: str | Document, *, mentions: Sequence[GivenMention] = ()) -> Document:
        """Return a text, or a document with mentions, with the model's annotations; their notes hold probabilities.

        Where no mention is given the model's finder looks for them; without a finder there is none to relate.

        Parameters
        ----------
        mentions : sequence of (start, end, type)
            Half-open, in characters of the text; they become T1, T2 and so on in this order.

        Raises
        ------
        InputError
            Where one of the mentions does not stand in the text.
        """
        aligned = parse_transcription(text, "text") if isinstance(text, str) else align_again(text)
        aligned = replace(aligned, document=mark_mentions(aligned.document, mentions))
        (annotated,) = annotate_documents(self, [aligned])
        return annotated.aligned.document

    def explain(
        self, text: str | Document, first: str, second: str, *, mentions: Sequence[GivenMention] = ()
    ) -> PairExplanation:
        """Return why a pair of mentions, given by their ids in what `predict` returns, got its label.

        Raises
        ------
        InputError
            Where one of the two does not exist, or they are no candidate pair.
        """
        predicted = self.predict(text, mentions=mentions)
        return explain_pair(self.model, make_corpus_document(align_again(predicted)), first, second)


def load_annotator(folder: Path, *, device: str = AUTO, threshold: float = 0.0, merge: bool = False) -> Annotator:
    """Read a model folder, its finder of mentions too where it has one.

    Raises
    ------
    InputError, HostileModel
        See `relext.model.read_model`.
    """
    model, finder = read_model(folder, device=device), read_finder(folder, device=device)
    return Annotator(model, finder, name=name_model(folder), threshold=threshold, merge=merge)


def align_again(document: Document) -> AlignedDocument:
    """Return a document whose textbounds fit its text already as an aligned one."""
    return AlignedDocument(document, (), (), (), {})


@dataclass(frozen=True, slots=True)
class AnnotatedDocument:
    """Hold a document with the model's lines below those of people, and what was counted on the way.

    Attributes
    ----------
    given, found : int
        Mentions that people marked, mentions that the model found.
    relations : int
        Relations that the model states.
    dropped : int
        Relations of people that were left out, which `merge` would keep.
    """

    aligned: AlignedDocument
    given: int = 0
    found: int = 0
    relations: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class AnnotationSummary:
    """Count what was written.

    Attributes
    ----------
    without_mentions : int
        Documents in which there is no mention to relate.
    rejects : Counter of str
        Faults of the input by code.
    """

    documents: int
    given_mentions: int
    found_mentions: int
    relations: int
    dropped_relations: int
    without_mentions: int
    rejects: Counter[str]

    def to_json(self) -> dict[str, object]:
        """Return the counts as JSON values."""
        return {**asdict(self), "rejects": dict(self.rejects)}


def annotate_documents(annotator: Annotator, documents: Iterable[AlignedDocument]) -> Iterator[AnnotatedDocument]:
    """Yield the documents with the model's annotations, in their order; an unreadable one as it came."""
    waiting = iter(documents)
    while chunk := list(islice(waiting, DOCUMENTS_AT_ONCE)):
        yield from _annotate_chunk(annotator, chunk)


def _annotate_chunk(annotator: Annotator, chunk: Sequence[AlignedDocument]) -> Iterator[AnnotatedDocument]:
    kept = [each if annotator.merge else replace(each, document=drop_relations(each.document)) for each in chunk]
    complete = _add_found_mentions(annotator, kept)
    predicted = predict_documents(
        annotator.model, [make_corpus_document(each) for each in complete], concepts=_find_concepts(annotator, complete)
    )
    for before, given, aligned, prediction in zip(chunk, kept, complete, predicted, strict=True):
        relations = _list_relations(annotator, aligned.document, prediction)
        document = add_relations(aligned.document, relations, model=annotator.name)
        yield AnnotatedDocument(
            replace(aligned, document=document),
            given=len(given.document.textbounds),
            found=len(document.textbounds) - len(given.document.textbounds),
            relations=len(relations),
            dropped=len(before.document.relations) - len(given.document.relations),
        )


def _find_concepts(annotator: Annotator, documents: Sequence[AlignedDocument]) -> ConceptTable | None:
    """Return what is known of the documents' mentions where the model reads concepts: the table's, then N lines'."""
    if not annotator.model.config.model.concepts:
        return None
    stated = collect_concepts(each.document for each in documents)
    return stated if annotator.concepts is None else annotator.concepts.joined(stated)


def _add_found_mentions(annotator: Annotator, documents: Sequence[AlignedDocument]) -> list[AlignedDocument]:
    """Add what the finder finds where nobody marked mentions, and with `merge` to every document."""
    finder = annotator.finder
    if finder is None:
        return list(documents)
    sought = [n for n, each in enumerate(documents) if annotator.merge or not each.document.textbounds]
    segmented = {n: segment_document(clean_document(documents[n])) for n in sought}
    found = find_mentions(finder, (each.segments for each in segmented.values()))
    complete = list(documents)
    for n, mentions in zip(sought, found, strict=True):
        suggested = [
            _suggest_mention(mention, segmented[n], annotator.model.schema)
            for mention in mentions
            if mention.probability >= annotator.threshold
        ]
        document = add_mentions(documents[n].document, suggested, model=annotator.name)
        complete[n] = replace(documents[n], document=document)
    return complete


def _suggest_mention(mention: FoundMention, segmented: SegmentedDocument, schema: Schema) -> SuggestedMention:
    segment = segmented.segments[mention.segment]
    span, *gaps = (segmented.to_source(segment, each) for each in (mention.span, *mention.gaps))
    attributes = () if mention.assertion == PRESENT else state_assertion(schema, mention.type, mention.assertion)
    return SuggestedMention(mention.type, span, mention.probability, attributes, tuple(gaps))


def state_assertion(schema: Schema, mention_type: str, assertion: str) -> tuple[tuple[str, str], ...]:
    """Return an assertion as the attribute that the schema has for it; empty where it has none for the type."""
    for attribute in schema.attributes:
        if attribute.name.lower() == ASSERTION and mention_type in attribute.holders:
            return tuple((attribute.name, value) for value in attribute.values if value.lower() == assertion)
    return ()


def make_corpus_document(aligned: AlignedDocument) -> CorpusDocument:
    """Return a document as prediction reads it: segments with their mentions, no gold."""
    segments = segment_document(clean_document(aligned)).segments
    return CorpusDocument(
        doc_id=aligned.document.doc_id,
        text=aligned.document.text,
        mentions=tuple(mention for segment in segments for mention in segment.mentions),
        segments=segments,
    )


def _list_relations(annotator: Annotator, document: Document, prediction: PredictedDocument) -> list[SuggestedRelation]:
    """Return the predicted relations above the threshold that people have not written already."""
    is_symmetric = annotator.model.schema.is_symmetric
    written = {
        relation_key(r.type, r.arg1, r.arg2, is_symmetric=is_symmetric(r.type)) for r in find_gold_relations(document)
    }
    return [
        SuggestedRelation(each.type, each.arg1, each.arg2, each.probability)
        for each in prediction.relations
        if each.probability >= annotator.threshold
        and relation_key(each.type, each.arg1, each.arg2, is_symmetric=is_symmetric(each.type)) not in written
    ]


def annotate_texts(
    annotator: Annotator,
    documents: Iterable[AlignedDocument],
    out: Path,
    *,
    force: bool = False,
    skipped: Sequence[Reject] = (),
) -> AnnotationSummary:
    """Write the documents, pre-annotated, as a brat project with its configuration files, whole or not at all.

    Parameters
    ----------
    skipped : sequence of Reject
        What was left out of the documents' folder; looked at once they are read.

    Raises
    ------
    InputError
        Where there is no document, or none has mentions and the model has no finder.
    SchemaError
        Where a type or label has characters that brat can't store.
    OutputExists, OutputBusy, ResourceExhausted
        See `corpus_tools.storage.new_folder`.
    """
    with new_folder(out, force=force) as folder:
        write_brat_files(annotator.model.schema, folder)  # first, since brat can't store every name
        rows = [_write_annotated(each, folder) for each in annotate_documents(annotator, documents)]
        rejects = [*skipped, *(reject for row in rows for reject in row.aligned.rejects)]
        summary = _summarize(rows, rejects)
        _validate_summary(summary, annotator)
        write_brat_files(cover_documents(annotator.model.schema, folder), folder, force=True)
        write_text(folder / PROVENANCE_NAME, format_aids(_list_aids(rows, annotator)))
        if rejects:
            rejected = (format_json(asdict(reject), indent=None) for reject in rejects)
            write_text(folder / "rejects.jsonl", "".join(rejected))
    return summary


def _write_annotated(annotated: AnnotatedDocument, folder: Path) -> AnnotatedDocument:
    """Write a document unless its text was rejected, and return its counts without its content."""
    aligned = annotated.aligned
    if not aligned.is_rejected:
        write_document(aligned.document, folder)
    return replace(annotated, aligned=replace(aligned, document=replace(aligned.document, text="", lines=())))


def _list_aids(rows: Iterable[AnnotatedDocument], annotator: Annotator) -> Iterator[AidRow]:
    """Yield that a document was pre-annotated, by what, and how much was suggested; with nothing suggested too."""
    for row in rows:
        if not row.aligned.is_rejected:
            yield AidRow(
                doc_id=row.aligned.document.doc_id,
                model=annotator.name,
                threshold=annotator.threshold,
                mentions=row.found,
                relations=row.relations,
            )


def _summarize(rows: Sequence[AnnotatedDocument], rejects: Iterable[Reject]) -> AnnotationSummary:
    written = [row for row in rows if not row.aligned.is_rejected]
    return AnnotationSummary(
        documents=len(written),
        given_mentions=sum(row.given for row in written),
        found_mentions=sum(row.found for row in written),
        relations=sum(row.relations for row in written),
        dropped_relations=sum(row.dropped for row in written),
        without_mentions=sum(1 for row in written if not row.given + row.found),
        rejects=Counter(reject.code for reject in rejects),
    )


def _validate_summary(summary: AnnotationSummary, annotator: Annotator) -> None:
    """Refuse a result that holds nothing.

    Raises
    ------
    InputError
        Where there is no document that can be read, or none has mentions and the model can't find any.
    """
    if not summary.documents:
        found = ", ".join(f"{code}: {count}" for code, count in summary.rejects.items()) or "no document"
        raise InputError(f"nothing to annotate ({found}); expected .txt files, a CSV or a text")
    if annotator.finder is None and summary.without_mentions == summary.documents:
        raise InputError(
            f"none of the {summary.documents} documents has mentions, and the model has no mention finder; "
            "train one with relext train --mentions, or give .ann files with mentions"
        )
