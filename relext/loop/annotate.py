"""Pre-annotate documents: what a model finds, beside what people wrote.

In: a model, a finder of mentions where there is one, and aligned documents. Out: `AnnotatedDocument`s. The text is
never touched, and neither is a line that people wrote: without `merge` a document keeps its mentions and what is said
of them, and its relations are the model's; with `merge` every line stays and the model's stand below.
"""

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from numbers import Real
from pathlib import Path

from corpus_tools.assembly import CorpusDocument, collect_relations, find_over_long
from corpus_tools.errors import InputError
from corpus_tools.sentences import (
    PRESENT,
    SegmentedDocument,
    clean_document,
    segment_document,
)
from corpus_tools.standoff import (
    AlignedDocument,
    Document,
    Schema,
    parse_suggestion,
)
from relext.config import AUTO
from relext.data import ConceptTable, TaggedDocument, WindowedDocument, collect_concepts
from relext.errors import MentionWarning, SettingError
from relext.evaluation import relation_key
from relext.explanation import PairExplanation, explain_pair
from relext.finding import FoundMention, find_tagged, lay_out
from relext.loop.additions import (
    SuggestedMention,
    SuggestedRelation,
    add_mentions,
    add_relations,
    drop_relations,
)
from relext.loop.given import GivenMention, mark_mentions
from relext.loop.remarks import list_warnings
from relext.loop.sources import parse_transcription
from relext.model import MentionFinder, TrainedModel, name_model, read_finder, read_model
from relext.prediction import PredictedDocument, predict_windowed, window_for

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

        Where no mention is given the model's finder looks for them; without a finder there is none to relate. Mentions
        that can't be related, for their type or a sentence that is too long, are warned of by a `MentionWarning` of
        `relext.errors`.

        Parameters
        ----------
        mentions : sequence of (start, end, type)
            Half-open, in characters of the text; they become T1, T2 and so on in this order.

        Raises
        ------
        InputError
            Where it is no text or document, or one of the mentions does not stand in it.
        """
        annotated = annotate_text(self, text, mentions)
        for message in list_warnings(
            self.model, self.name, over_long=annotated.over_long, unknown_types=annotated.unknown_types
        ):
            warnings.warn(message, MentionWarning, stacklevel=2)
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
        predicted = annotate_text(self, text, mentions).aligned.document
        document = make_corpus_document(align_again(predicted), max_words=self.model.max_words)
        return explain_pair(self.model, document, first, second, concepts=_find_concepts(self, predicted))


def load_annotator(
    folder: Path, *, device: str = AUTO, threads: int | str = AUTO, threshold: float = 0.0, merge: bool = False
) -> Annotator:
    """Read a model folder, its finder of mentions too where it has one.

    Raises
    ------
    SettingError
        Where the threshold is none.
    InputError, HostileModel
        See `relext.model.read_model`.
    """
    validate_probability("threshold", threshold)
    model = read_model(folder, device=device, threads=threads)
    finder = read_finder(folder, device=device, threads=threads)
    return Annotator(model, finder, name=name_model(folder), threshold=threshold, merge=merge)


def validate_probability(name: str, value: object) -> None:
    """Refuse a setting that is no number from 0 to 1.

    Raises
    ------
    SettingError
    """
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= float(value) <= 1:
        raise SettingError(f"{name} = {value!r:.40}: expected a number from 0 to 1")


def annotate_text(
    annotator: Annotator, text: str | Document, mentions: Sequence[GivenMention] = ()
) -> "AnnotatedDocument":
    """Return one text, or one document with mentions, with the model's annotations; see `Annotator.predict`."""
    if not isinstance(text, str | Document):
        raise InputError(f"expected one text, a str, or one Document, found {type(text).__name__}")
    aligned = parse_transcription(text, "text") if isinstance(text, str) else align_again(text)
    aligned = replace(aligned, document=mark_mentions(aligned.document, mentions))
    (annotated,) = annotate_documents(annotator, [aligned])
    return annotated


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
    over_long : int
        Mentions in sentences that are too long to give pairs.
    unknown_types : mapping of type to int
        Mentions of types that training never saw.
    """

    aligned: AlignedDocument
    given: int = 0
    found: int = 0
    relations: int = 0
    dropped: int = 0
    over_long: int = 0
    unknown_types: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PreparedDocument:
    """Hold a document laid out for the models: what can be done without them is done.

    Attributes
    ----------
    aligned : AlignedDocument
        Without the relations that are not kept.
    dropped : int
        How many those are.
    segmented : SegmentedDocument or None
        Where mentions are to be found.
    tagged : TaggedDocument or None
        The same as the finder reads it; None also where there is no word.
    windowed : WindowedDocument or None
        Where its mentions are given: as the model reads it. None also where there is no candidate pair.
    """

    aligned: AlignedDocument
    dropped: int
    segmented: SegmentedDocument | None
    tagged: TaggedDocument | None
    windowed: WindowedDocument | None


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """Hold a document with all its mentions, and what the model says of their pairs.

    Attributes
    ----------
    found : mapping of mention id to probability
        The mentions that the model found.
    """

    aligned: AlignedDocument
    found: Mapping[str, float]
    corpus: CorpusDocument
    prediction: PredictedDocument

    @property
    def over_long(self) -> int:
        """Return how many mentions lie in sentences that are too long to give pairs."""
        return len(find_over_long(self.corpus.segments))

    @property
    def types(self) -> Iterator[str]:
        """Yield the type of each mention."""
        return (mention.type for mention in self.corpus.mentions)


def annotate_documents(annotator: Annotator, documents: Iterable[AlignedDocument]) -> Iterator[AnnotatedDocument]:
    """Yield the documents with the model's annotations, in their order; an unreadable one as it came."""
    waiting = iter(documents)
    while chunk := list(islice(waiting, DOCUMENTS_AT_ONCE)):
        yield from annotate_prepared(annotator, [prepare_document(annotator, each) for each in chunk])


def prepare_document(annotator: Annotator, aligned: AlignedDocument) -> PreparedDocument:
    """Do what needs no network: drop relations that are not kept, cut sentences, lay out windows."""
    kept = aligned if annotator.merge else replace(aligned, document=drop_relations(aligned.document))
    dropped = len(aligned.document.relations) - len(kept.document.relations)
    finder, max_words = annotator.finder, annotator.model.max_words
    if finder is None or (kept.document.textbounds and not annotator.merge):
        document = make_corpus_document(kept, max_words=max_words)
        return PreparedDocument(kept, dropped, None, None, _lay_out_pairs(annotator, kept, document))
    segmented = segment_document(clean_document(kept), max_words=max_words)
    return PreparedDocument(kept, dropped, segmented, lay_out(finder, segmented.segments), None)


def leave_document(aligned: AlignedDocument) -> PreparedDocument:
    """Keep a document as it is, all its relations with it, out of the model's sight."""
    return PreparedDocument(aligned, 0, None, None, None)


def _lay_out_pairs(annotator: Annotator, aligned: AlignedDocument, document: CorpusDocument) -> WindowedDocument | None:
    return window_for(annotator.model, document, concepts=_find_concepts(annotator, aligned.document))


def _find_concepts(annotator: Annotator, document: Document) -> ConceptTable | None:
    """Return what is known of a document's mentions where the model reads concepts: the table's, then N lines'."""
    if not annotator.model.config.model.concepts:
        return None
    if annotator.concepts is None or not document.normalizations:
        return annotator.concepts or collect_concepts([document])
    return annotator.concepts.joined(collect_concepts([document]))


def annotate_prepared(annotator: Annotator, prepared: Sequence[PreparedDocument]) -> list[AnnotatedDocument]:
    """Return the documents with the model's mentions and relations, in their order."""
    return [
        _annotate(annotator, before, read)
        for before, read in zip(prepared, read_prepared(annotator, prepared), strict=True)
    ]


def read_prepared(annotator: Annotator, prepared: Sequence[PreparedDocument]) -> list[ReadDocument]:
    """Find mentions where they are sought, and predict the label of every candidate pair."""
    complete = add_found_mentions(annotator, prepared)
    documents = [make_corpus_document(aligned, max_words=annotator.model.max_words) for aligned in complete]
    windowed = [
        before.windowed if before.segmented is None else _lay_out_pairs(annotator, aligned, document)
        for before, aligned, document in zip(prepared, complete, documents, strict=True)
    ]
    predicted = iter(predict_windowed(annotator.model, [each for each in windowed if each is not None]))
    return [
        ReadDocument(
            aligned,
            _find_probabilities(aligned.document, before.aligned.document),
            document,
            PredictedDocument(document.doc_id) if window is None else next(predicted),
        )
        for before, aligned, document, window in zip(prepared, complete, documents, windowed, strict=True)
    ]


def _annotate(annotator: Annotator, before: PreparedDocument, read: ReadDocument) -> AnnotatedDocument:
    relations = _list_relations(annotator, read.aligned.document, read.prediction)
    document = add_relations(read.aligned.document, relations, model=annotator.name)
    return AnnotatedDocument(
        replace(read.aligned, document=document),
        given=len(before.aligned.document.textbounds),
        found=len(read.found),
        relations=len(relations),
        dropped=before.dropped,
        over_long=read.over_long,
        unknown_types=annotator.model.scheme.count_unknown(read.types),
    )


def add_found_mentions(annotator: Annotator, prepared: Sequence[PreparedDocument]) -> list[AlignedDocument]:
    """Return the documents with what the finder finds in those where mentions are sought."""
    complete = [each.aligned for each in prepared]
    tagged = {n: each.tagged for n, each in enumerate(prepared) if each.tagged is not None}
    if annotator.finder is None or not tagged:
        return complete
    for n, mentions in zip(tagged, find_tagged(annotator.finder, list(tagged.values())), strict=True):
        segmented = prepared[n].segmented
        assert segmented is not None  # it was laid out, so it was cut into sentences
        suggested = [
            _suggest_mention(mention, segmented, annotator.model.schema)
            for mention in mentions
            if mention.probability >= annotator.threshold
        ]
        document = add_mentions(complete[n].document, suggested, model=annotator.name)
        complete[n] = replace(complete[n], document=document)
    return complete


def _find_probabilities(document: Document, given: Document) -> dict[str, float]:
    """Return the probability of each mention that was not given, as its note has it."""
    known = {textbound.id for textbound in given.textbounds}
    new = {textbound.id for textbound in document.textbounds} - known
    suggestions = ((note.target, parse_suggestion(note.text)) for note in document.notes if note.target in new)
    return {target: suggestion.probability for target, suggestion in suggestions if suggestion}


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


def make_corpus_document(aligned: AlignedDocument, *, max_words: int) -> CorpusDocument:
    """Return a document as prediction reads it: segments with their mentions, no gold."""
    segments = segment_document(clean_document(aligned), max_words=max_words).segments
    return CorpusDocument(
        doc_id=aligned.document.doc_id,
        text=aligned.document.text,
        mentions=tuple(mention for segment in segments for mention in segment.mentions),
        segments=segments,
    )


def _list_relations(annotator: Annotator, document: Document, prediction: PredictedDocument) -> list[SuggestedRelation]:
    """Return the predicted relations above the threshold that people have not written, be it as R, E or * lines."""
    is_symmetric = annotator.model.schema.is_symmetric
    stated = collect_relations(document, events=True, equivalences=True)
    written = {relation_key(r.type, r.arg1, r.arg2, is_symmetric=is_symmetric(r.type)) for r in stated}
    return [
        SuggestedRelation(each.type, each.arg1, each.arg2, each.probability)
        for each in prediction.relations
        if each.probability >= annotator.threshold
        and relation_key(each.type, each.arg1, each.arg2, is_symmetric=is_symmetric(each.type)) not in written
    ]
