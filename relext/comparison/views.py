"""What a system is given to read in place of the corpus as it is, mention ids and source offsets unchanged.

In: a `CorpusDocument`. Out: the same document, its segments rewritten. "preprocessed" is the paper's four steps over
the words outside mentions; negations stay. "sentence" is the paper read literally: one item and one label a sentence,
which its every pair then has.

Examples
--------
>>> choose_label(["NO_RELATION", "treats", "treats", "causes"])
'treats'
>>> choose_label(["NO_RELATION"] * 4 + ["treats"])
'NO_RELATION'
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from corpus_tools.assembly import CorpusDocument
from corpus_tools.sentences import (
    DANGEROUS_WORDS,
    GoldRelation,
    Mention,
    Segment,
    parse_label,
    reduce_word,
    tokenize_words,
)
from corpus_tools.standoff import INVERSE, NO_RELATION, Schema, Span
from relext.comparison.systems import View
from relext.data import LabelScheme
from relext.prediction import PredictedRelation

Relations = Sequence[PredictedRelation]

SENTENCE_TYPE = "SENTENCE"
# A label that holds for more than this share of a sentence's pairs raises an F1 of one half when all of them bear it.
TIED_SHARE = 0.25
_FIRST, _SECOND = ".first", ".second"  # behind a segment's number: the ids of the two mentions that span it
_KEPT_WORDS = DANGEROUS_WORDS["negation"]


def preprocess_document(document: CorpusDocument) -> CorpusDocument:
    """Return the document with stop words and signs outside mentions dropped and other words reduced to lemmas."""
    segments = tuple(_preprocess_segment(segment) for segment in document.segments)
    return replace(document, segments=segments)


def _preprocess_segment(segment: Segment) -> Segment:
    inside = {n for mention in segment.mentions for span in mention.fragments for n in range(span.start, span.end)}
    text, places = "", dict[int, int]()
    end_before = 0
    for word in tokenize_words(segment.text):
        source = segment.text[word.start : word.end]
        is_inside = not inside.isdisjoint(range(word.start, word.end))
        # Letters in lower case may be more than one: inside a mention every character keeps its place.
        reduced = "".join(map(_lower_letter, source)) if is_inside else reduce_word(source, kept=_KEPT_WORDS)
        if not reduced:
            continue
        text += " " if text and word.start > end_before else ""
        end_before = word.end
        if is_inside:
            places.update((word.start + n, len(text) + n) for n in range(len(source)))
        text += reduced
    mentions = tuple(replace(mention, fragments=_move(mention.fragments, places)) for mention in segment.mentions)
    return replace(segment, text=text or segment.text, mentions=mentions)


def _lower_letter(letter: str) -> str:
    lower = letter.lower()
    return lower if len(lower) == 1 else letter


def _move(fragments: Iterable[Span], places: Mapping[int, int]) -> tuple[Span, ...]:
    """Return where fragments went; white space went nowhere, and a mention of nothing else stands at the start."""
    found = [[places[n] for n in range(span.start, span.end) if n in places] for span in fragments]
    return tuple(Span(row[0], row[-1] + 1) for row in found if row) or (Span(0, 1),)


def tie_document(document: CorpusDocument, scheme: LabelScheme) -> CorpusDocument:
    """Return the document with one pair of mentions to label in each sentence that has candidate pairs.

    Both mentions of that pair span the sentence; the others stay, to be read, but make no pair. The sentence's label
    is that of `choose_label`.
    """
    labels = _labels_by_segment(document, scheme)
    segments, relations = [], list[GoldRelation]()
    for segment in document.segments:
        if segment.index not in labels:
            segments.append(segment)
            continue
        first, second = _whole_mention(segment, _FIRST), _whole_mention(segment, _SECOND)
        segments.append(replace(segment, mentions=(first, second, *segment.mentions)))
        for label in sorted(parse_label(choose_label(labels[segment.index]))):
            ends = (second.id, first.id) if label.endswith(INVERSE) else (first.id, second.id)
            relations.append(GoldRelation(f"sentence-{len(relations)}", label.removesuffix(INVERSE), *ends))
    mentions = tuple(mention for segment in segments for mention in segment.mentions)
    return replace(document, segments=tuple(segments), mentions=mentions, relations=tuple(relations), pairs=())


def choose_label(labels: Sequence[str]) -> str:
    """Return the commonest label that states a relation where over `TIED_SHARE` of the pairs have it."""
    counts = Counter(label for label in labels if label != NO_RELATION)
    if not counts:
        return NO_RELATION
    label = min(counts, key=lambda name: (-counts[name], name))
    return label if counts[label] > TIED_SHARE * len(labels) else NO_RELATION


def _labels_by_segment(document: CorpusDocument, scheme: LabelScheme) -> dict[int, list[str]]:
    """Return the labels of the pairs that begin in each segment."""
    labels: dict[int, list[str]] = {}
    for pair in scheme.label_document(document).pairs:
        labels.setdefault(document.segments[pair.segment].index, []).append(pair.label)
    return labels


def _whole_mention(segment: Segment, role: str) -> Mention:
    span = Span(0, len(segment.text))
    source = Span(segment.source_start, segment.source_end)
    return Mention(f"{segment.index}{role}", SENTENCE_TYPE, (span,), (source,), segment.text)


def untie_relations(document: CorpusDocument, relations: Relations, scheme: LabelScheme) -> list[PredictedRelation]:
    """Return the relation that each pair of the document has by the label of its sentence."""
    said: dict[str, list[PredictedRelation]] = {}
    for relation in relations:
        said.setdefault(relation.arg1.removesuffix(_FIRST).removesuffix(_SECOND), []).append(relation)
    found = []
    for pair in scheme.label_document(document).pairs:
        first = document.segments[pair.segment].mentions[pair.first].id
        second = document.segments[pair.segment + pair.distance].mentions[pair.second].id
        for relation in said.get(str(document.segments[pair.segment].index), ()):
            ends = (second, first) if relation.arg1.endswith(_SECOND) else (first, second)
            found.append(PredictedRelation(relation.type, *ends, relation.probability))
    return found


@dataclass(frozen=True, slots=True)
class DocumentView:
    """Hold how documents are rewritten for a system, and how what it predicts is written back.

    Attributes
    ----------
    schema : Schema or None
        What the rewritten documents may be labelled with; None leaves the corpus's own.
    """

    change: Callable[[CorpusDocument], CorpusDocument]
    restore: Callable[[CorpusDocument, Relations], Relations]
    schema: Schema | None = None


def open_view(name: View, scheme: LabelScheme) -> DocumentView:
    """Return a view by its name, over the candidate pairs of a scheme."""
    if name == "preprocessed":
        return DocumentView(preprocess_document, lambda _, relations: relations)
    if name == "sentence":
        return DocumentView(
            lambda document: tie_document(document, scheme),
            lambda document, relations: untie_relations(document, relations, scheme),
            Schema((), ()),
        )
    return DocumentView(lambda document: document, lambda _, relations: relations)
