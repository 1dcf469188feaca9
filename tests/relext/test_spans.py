"""The classifier of spans and the finder of gaps: enumeration and losses by hand, and what only they can hold."""

import pytest
import torch
from torch.nn.functional import logsigmoid

from corpus_tools.assembly import CorpusDocument
from corpus_tools.standoff import Span
from relext.data import TaggedBatch, make_tagged_batch
from relext.finding import find_mentions, lay_out
from relext.model import MentionFinder
from relext.model.spans import GapFinder, SpanClassifier, enumerate_spans, list_inner_words
from tests.relext.literal_documents import make_document
from tests.relext.tiny_models import STEADY, tiny_finder

SPANS = STEADY.overridden(finder="spans", max_mention_words=6, head_rate=1e-2)
PLACES = ("arm", "leg", "hip", "toe")


def shared_head(number: int) -> CorpusDocument:
    """Return "Pain in arm and leg.", where both pains are mentions: the second leaves three words out."""
    one, other = PLACES[number % 4], PLACES[(number + 1) % 4]
    text = f"Pain in {one} and {other}. No {other}."
    return make_document(
        text, f"T1  Sign 0 11  Pain in {one}", f"T2  Sign 0 7;16 19  Pain in {other}", doc_id=str(number)
    )


def batch_of(finder: MentionFinder, *documents: CorpusDocument) -> TaggedBatch:
    laid = [lay_out(finder, document.segments) for document in documents]
    return make_tagged_batch([each for each in laid if each is not None], pad_id=finder.tokenizer.pad_id)


def test_no_span_leaves_its_sentence() -> None:
    spans = enumerate_spans(torch.tensor([3, 3, 3, 4]), max_words=2)
    assert spans.tolist() == [[0, 1], [0, 2], [1, 2], [1, 3], [2, 3], [3, 4]]


def test_inner_words_are_all_but_first_and_last() -> None:
    owners, words = list_inner_words(torch.tensor([[0, 1], [2, 6]]))
    assert (owners.tolist(), words.tolist()) == ([1, 1], [3, 4])


@torch.no_grad()
def test_loss_is_the_sum_over_every_span_and_type() -> None:
    torch.manual_seed(0)
    classifier = SpanClassifier(5, types=2, hidden=8, max_words=6, dropout=0.0)
    finder = tiny_finder([shared_head(0)], config=SPANS)
    batch = batch_of(finder, shared_head(0))  # Pain in arm and leg . | No leg .
    states = torch.randn(9, 5)
    spans = enumerate_spans(batch.sentence_ends, max_words=6)
    logits = classifier(states, spans)
    gold = {(0, 3), (0, 5)}
    expected = 0.0
    for span, row in zip(spans.tolist(), logits, strict=True):
        for kind in range(2):
            is_gold = kind == 0 and tuple(span) in gold
            expected -= float(logsigmoid(row[kind] if is_gold else -row[kind]))
    assert len(spans) == 21 + 6  # 6 + 5 + ... + 1 and 3 + 2 + 1
    assert float(classifier.loss(states, batch)) == pytest.approx(expected, rel=1e-4)


def test_a_mention_longer_than_the_longest_span_is_no_lesson() -> None:
    classifier = SpanClassifier(5, types=1, hidden=8, max_words=3, dropout=0.0)
    batch = batch_of(tiny_finder([shared_head(0)], config=SPANS), shared_head(0))
    spans = enumerate_spans(batch.sentence_ends, max_words=3)
    marked = classifier._mark_gold(spans, batch)
    assert spans[marked[:, 0] == 1].tolist() == [[0, 3]]


def test_what_is_found_does_not_depend_on_how_many_spans_are_asked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    classifier = SpanClassifier(5, types=2, hidden=8, max_words=6, dropout=0.0)
    torch.nn.init.zeros_(classifier.decide.bias)
    batch = batch_of(tiny_finder([shared_head(0)], config=SPANS), shared_head(0))
    states = torch.randn(9, 5)
    whole = classifier.find(states, batch)
    monkeypatch.setattr("relext.model.spans.SPANS_AT_ONCE", 4)
    parts = classifier.find(states, batch)
    assert len(whole.types) > 10
    assert parts.spans.tolist() == whole.spans.tolist()
    assert torch.allclose(parts.probabilities, whole.probabilities)


@torch.no_grad()
def test_gaps_cost_what_their_words_say() -> None:
    torch.manual_seed(0)
    gaps = GapFinder(5, hidden=8, dropout=0.0)
    batch = batch_of(tiny_finder([shared_head(0)], config=SPANS), shared_head(0))
    states = torch.randn(9, 5)
    # T1 has the inner word 1; T2 has 1, 2 and 3, of which it leaves out 2 and 3.
    logits = gaps(states, batch.mentions[:, :2], torch.tensor([0, 1, 1, 1]), torch.tensor([1, 1, 2, 3]))
    signs = torch.tensor([-1.0, -1.0, 1.0, 1.0])
    assert float(gaps.loss(states, batch)) == pytest.approx(float(-logsigmoid(signs * logits).sum()), rel=1e-5)


def test_nested_and_discontinuous_mentions_of_one_type_are_learnt() -> None:
    documents = [shared_head(number) for number in range(4)]
    finder = tiny_finder(documents, config=SPANS)
    batch = batch_of(finder, *documents)
    optimizer = torch.optim.Adam(finder.network.parameters(), lr=1e-2)
    finder.network.train()
    for _ in range(60):
        optimizer.zero_grad()
        torch.autograd.backward(finder.network.loss(batch))
        optimizer.step()
    found = next(find_mentions(finder, [documents[0].segments]))
    assert [mention.fragments for mention in found] == [(Span(0, 11),), (Span(0, 7), Span(16, 19))]
