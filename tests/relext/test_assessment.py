"""What an assessment says of labels that the model does not know."""

from dataclasses import replace
from pathlib import Path

import pytest

from corpus_tools.assembly import write_corpus
from corpus_tools.standoff import RelationType, Schema
from relext.errors import LabelMismatch
from relext.evaluation.assessment import count_unknown_labels, find_symmetric, validate_overlap
from tests.relext.literal_documents import SCHEME, make_document

TEXT = "Aspirin for pain."
MENTIONS = ("T1  Drug 0 7  Aspirin", "T2  Sign 12 16  pain")


def test_relations_of_labels_that_were_never_learnt_are_counted_by_label() -> None:
    relations = ("R1  worsens Arg1:T1 Arg2:T2", "R2  treats Arg1:T1 Arg2:T2", "R3  eases Arg1:T1 Arg2:T2")
    found = count_unknown_labels([make_document(TEXT, *MENTIONS, *relations)] * 2, SCHEME)
    assert list(found.items()) == [("eases", 2), ("worsens", 2)]


@pytest.mark.parametrize(("labels", "listed"), [(2, "l00, l01, the model"), (14, "l10, l11 and 2 more, the model")])
def test_corpus_of_other_labels_is_refused_with_the_first_twelve(tmp_path: Path, labels: int, listed: str) -> None:
    schema = Schema((), tuple(RelationType(f"l{n:02}", frozenset()) for n in range(labels)))
    corpus = write_corpus(tmp_path / "corpus", {"test": [make_document(TEXT, *MENTIONS)]}, schema=schema)
    with pytest.raises(LabelMismatch, match=listed):
        validate_overlap(SCHEME, corpus, [])
    validate_overlap(replace(SCHEME, relations=("l01",)), corpus, [])


def test_labels_are_symmetric_that_the_model_or_the_corpus_holds_for_so(tmp_path: Path) -> None:
    relations = (RelationType("like", frozenset(), True), RelationType("treats", frozenset()))
    corpus = write_corpus(tmp_path / "c", {"test": [make_document(TEXT, *MENTIONS)]}, schema=Schema((), relations))
    assert find_symmetric(corpus, SCHEME) == {"like", "near"}
