"""From text alone to relations: a model and its finder on one part of a corpus, gold unseen until the comparison.

In: a trained model, its finder, an opened corpus. Out: `EndToEnd`: mentions, relations, and why they went wrong.
Sentences are found anew from the text, as `relext annotate` finds them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from corpus_tools.assembly import CorpusDocument
from relext.data import ConceptTable
from relext.evaluation.found_mentions import MentionEvaluation, evaluate_mentions
from relext.evaluation.found_relations import RelationEvaluation, evaluate_relations
from relext.finding import find_documents
from relext.model import MentionFinder, TrainedModel
from relext.prediction import predict_documents


@dataclass(frozen=True, slots=True)
class EndToEnd:
    """Hold the figures of found mentions and of the relations between them; `finder` says what kind found."""

    finder: str
    mentions: MentionEvaluation
    relations: RelationEvaluation


def assess_end_to_end(
    model: TrainedModel,
    finder: MentionFinder,
    documents: Sequence[CorpusDocument],
    *,
    symmetric: Collection[str],
    seed: int,
    concepts: ConceptTable | None = None,
) -> EndToEnd:
    """Find mentions and relations in the texts of documents and compare both with their gold."""
    found = list(find_documents(finder, documents, max_words=model.max_words))
    predicted = {each.doc_id: each.relations for each in predict_documents(model, found, concepts=concepts)}
    return EndToEnd(
        finder=finder.config.mentions.finder,
        mentions=evaluate_mentions(documents, found),
        relations=evaluate_relations(
            documents,
            found,
            predicted,
            reaches={document.doc_id: model.scheme.label_document(document).reaches for document in documents},
            symmetric=symmetric,
            seed=seed,
        ),
    )
