"""Relations as plain records: what `relext predict` prints, one a line, and why a pair got its label.

In: an `Annotator` and aligned documents. Out: `PredictedText`s, whose relations name their mentions by id, type and
characters of the source; the words are in there only where asked for.
"""

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from corpus_tools.errors import InputError
from corpus_tools.standoff import AlignedDocument, Document, Reject, TextBound, find_suggestions
from relext.explanation import PairExplanation
from relext.loop.annotate import Annotator, annotate_documents, annotate_text, validate_probability
from relext.loop.sources import validate_texts


@dataclass(frozen=True, slots=True)
class StatedRelation:
    """Hold a relation that a model states, with its mentions and its probability."""

    doc_id: str
    type: str
    arg1: TextBound
    arg2: TextBound
    probability: float

    def to_json(self, *, show_text: bool = False) -> dict[str, object]:
        """Return the relation as JSON values; the words of its mentions only where asked for."""
        return {
            "doc_id": self.doc_id,
            "type": self.type,
            "arg1": _format_mention(self.arg1, show_text=show_text),
            "arg2": _format_mention(self.arg2, show_text=show_text),
            "probability": self.probability,
        }


def _format_mention(mention: TextBound, *, show_text: bool) -> dict[str, object]:
    place = [[span.start, span.end] for span in mention.fragments]
    words = {"text": mention.text} if show_text else {}
    return {"id": mention.id, "type": mention.type, "fragments": place, **words}


@dataclass(frozen=True, slots=True)
class PredictedText:
    """Hold what a model says of one text.

    Attributes
    ----------
    mentions : int
        Given and found.
    rejects : tuple of Reject
        Faults of the input.
    is_read : bool
        False where its text can't be read or trusted.
    over_long : int
        Mentions in sentences that are too long to give pairs.
    unknown_types : mapping of type to int
        Mentions of types that training never saw.
    """

    doc_id: str
    relations: tuple[StatedRelation, ...]
    mentions: int
    rejects: tuple[Reject, ...]
    is_read: bool = True
    over_long: int = 0
    unknown_types: Mapping[str, int] = field(default_factory=dict)


def ask_precision(annotator: Annotator, target: float | None) -> Annotator:
    """Return an annotator that states only relations at the thresholds for a precision; None asks for none.

    Raises
    ------
    SettingError, UsageError
        Where the precision is none, or the model has no threshold.
    """
    if target is not None:
        validate_probability("precision_target", target)
    return replace(annotator, model=annotator.model.precise(target))


def predict_texts(annotator: Annotator, documents: Iterable[AlignedDocument]) -> Iterator[PredictedText]:
    """Yield what the model says of each document, in their order; of an unreadable one nothing but its rejects.

    Raises
    ------
    InputError
        At the end, where nothing could be found: see `validate_texts`.
    """
    counts: Counter[str] = Counter()
    rejects: Counter[str] = Counter()
    for annotated in annotate_documents(annotator, documents):
        document = annotated.aligned.document
        rejects.update(reject.code for reject in annotated.aligned.rejects)
        if not annotated.aligned.is_rejected:
            counts.update(documents=1, without_mentions=not document.textbounds)
        yield PredictedText(
            document.doc_id,
            tuple(list_stated(document)),
            mentions=len(document.textbounds),
            rejects=tuple(annotated.aligned.rejects),
            is_read=not annotated.aligned.is_rejected,
            over_long=annotated.over_long,
            unknown_types=annotated.unknown_types,
        )
    validate_texts(
        counts["documents"],
        without_mentions=counts["without_mentions"],
        rejects=rejects,
        has_finder=annotator.finder is not None,
    )


def list_stated(document: Document) -> Iterator[StatedRelation]:
    """Yield the relations of an annotated document that a model states, as its notes say."""
    suggestions = find_suggestions(document)
    mentions = {textbound.id: textbound for textbound in document.textbounds}
    for relation in document.relations:
        if relation.id in suggestions:
            ends = mentions[relation.arg1], mentions[relation.arg2]
            yield StatedRelation(document.doc_id, relation.type, *ends, suggestions[relation.id].probability)


def explain_text(
    annotator: Annotator, documents: Iterable[AlignedDocument], pair: tuple[str, str], *, doc_id: str | None = None
) -> tuple[Document, PairExplanation]:
    """Find one document among several and explain a pair of its mentions.

    Parameters
    ----------
    doc_id : str, optional
        May be left out where there is one document.

    Raises
    ------
    InputError
        Where there is no such document, or several and none is named; see also `Annotator.explain`.
    """
    known, found = [], []
    for each in documents:
        known.append(each.document.doc_id)
        if doc_id is None or doc_id == known[-1]:
            found.append(each)
    if not known:
        validate_texts(0, without_mentions=0, rejects={}, has_finder=annotator.finder is not None)
    if not found:
        raise InputError(f"there is no document {doc_id}{_suggest_document(str(doc_id), known)}")
    if len(found) > 1:
        raise InputError(f"expected just one document, found {len(found)}; name one with --doc")
    document = annotate_text(annotator, found[0].document).aligned.document
    return document, annotator.explain(document, *pair)


def _suggest_document(doc_id: str, known: Sequence[str]) -> str:
    """Return a hint with the nearest ids, else with some that exist; an id is a path without `.txt`."""
    name = doc_id.removesuffix(".txt").removesuffix(".ann")
    near = [each for each in known if f"/{each}".endswith(f"/{name}")] or difflib.get_close_matches(name, known)
    if near:
        return f"; did you mean {' or '.join(near[:3])}?"
    return f"; there are {', '.join(known[:5])}" + (", ..." if len(known) > 5 else "")
