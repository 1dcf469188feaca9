"""Training documents with found mentions in place of gold: who stands for whom, and which relations are left."""

import pytest

from corpus_tools.assembly import CorpusDocument
from corpus_tools.standoff import Span
from relext.finding import FoundMention
from relext.training.rehearsal import Rehearsal, choose_rehearsal, is_past, replace_mentions, spread_evenly
from tests.relext.literal_documents import SCHEME, make_document

TEXT = "Oral aspirin relieved severe chest pain. No fever."
#       0    5       13       22     29             44
LINES = (
    "T1  Drug 5 12  aspirin",
    "T2  Sign 29 39  chest pain",
    "T3  Sign 44 49  fever",
    "R1  treats Arg1:T1 Arg2:T2",
)


def note() -> CorpusDocument:
    return make_document(TEXT, *LINES)


def found(name: str, start: int, end: int, *, segment: int = 0) -> FoundMention:
    return FoundMention(segment, Span(start, end), name, 0.9, "present", 0.9)


def test_what_was_found_stands_for_gold_with_its_relations() -> None:
    document = replace_mentions(note(), [found("Drug", 5, 12), found("Sign", 22, 39)])
    assert [(m.id, m.text) for m in document.mentions] == [("T1", "aspirin"), ("T2", "severe chest pain")]
    assert [relation.id for relation in document.relations] == ["R1"]
    assert [pair.label for pair in SCHEME.label_document(document).pairs] == ["treats"]


def test_a_spurious_mention_has_pairs_without_relation() -> None:
    document = replace_mentions(note(), [found("Drug", 5, 12), found("Sign", 22, 28), found("Sign", 29, 39)])
    assert [mention.id for mention in document.mentions] == ["T1", "F0.1", "T2"]
    labels = [pair.label for pair in SCHEME.label_document(document).pairs]
    assert labels == ["NO_RELATION", "treats", "NO_RELATION"]


@pytest.mark.parametrize("mentions", [[found("Sign", 29, 39)], [found("Sign", 5, 12), found("Sign", 29, 39)]])
def test_a_missed_mention_takes_its_relations_along(mentions: list[FoundMention]) -> None:
    assert replace_mentions(note(), mentions).relations == ()


def test_of_two_halves_the_longer_one_stands_for_the_whole() -> None:
    document = replace_mentions(note(), [found("Sign", 29, 32), found("Sign", 33, 39)])
    assert [mention.id for mention in document.mentions] == ["F0.0", "T2"]


def test_segments_keep_their_own_mentions() -> None:
    document = replace_mentions(note(), [found("Sign", 3, 8, segment=1)])
    assert [[mention.id for mention in segment.mentions] for segment in document.segments] == [[], ["T3"]]
    assert document.mentions[0].source_fragments == (Span(44, 49),)


def test_a_share_of_the_documents_is_spread_evenly() -> None:
    documents = [make_document(TEXT, *LINES, doc_id=str(n)) for n in range(4)]
    assert [each.doc_id for each in spread_evenly(documents, 0.5)] == ["1", "3"]
    assert list(spread_evenly(documents, 1.0)) == documents
    assert not list(spread_evenly(documents, 0.0))


def test_the_epoch_nearest_to_validation_is_rehearsed() -> None:
    rehearsals = [Rehearsal((), f1) for f1 in (0.3, 0.6, 0.8)]
    assert choose_rehearsal(rehearsals, validation_f1=0.65).f1 == 0.6
    assert choose_rehearsal(rehearsals, validation_f1=None).f1 == 0.8


def test_later_epochs_are_not_looked_at_once_training_is_far_ahead() -> None:
    assert not is_past([], 0.5)
    assert not is_past([Rehearsal((), 0.55)], 0.5)
    assert is_past([Rehearsal((), 0.65)], 0.5)
    assert not is_past([Rehearsal((), 0.65)], None)
