"""The finder of mentions: layout and tags counted by hand, the network on tiny random weights."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from corpus_tools.assembly import write_corpus
from corpus_tools.errors import InputError
from corpus_tools.sentences import Segment
from corpus_tools.standoff import Schema, Span
from relext.data.sentences import (
    BEGIN,
    END,
    INSIDE,
    OUTSIDE,
    SINGLE,
    TaggedDocument,
    make_tagged_batch,
    tag_document,
    tag_spans,
)
from relext.errors import HostileModel, NothingToLearn
from relext.finding import FoundMention, find_mentions, keep_surest, lay_out
from relext.model import MentionFinder, load_encoder, read_finder, write_model
from relext.model.finder_files import format_finder, parse_finder
from relext.training import score_finder, train_finder
from relext.training.finder_validation import found_spans, gold_spans, tune_threshold
from relext.training.mentions import find_overlaps
from tests.relext.literal_documents import make_document
from tests.relext.tiny_models import CONFIG, STEADY, tiny_corpus, tiny_finder, tiny_model, tiny_parts

TEXT = "Severe chest pain or rash. No fever."
#       0      7     13      21    27 30
NESTED = ("T1  Sign 7 17  chest pain", "T2  Site 7 12  chest", "T3  Sign 30 35  fever", "A1  Negation T3")
TYPES, ASSERTIONS = ("Sign", "Site"), ("absent", "present")


def tagged(*lines: str, text: str = TEXT, window_tokens: int = 48) -> TaggedDocument:
    segments = make_document(text, *lines).segments
    found = tag_document(
        segments, tiny_model().tokenizer, types=TYPES, assertions=ASSERTIONS, window_tokens=window_tokens
    )
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("spans", "tags"),
    [
        ([], [OUTSIDE, OUTSIDE, OUTSIDE]),
        ([(0, 3)], [BEGIN, INSIDE, END]),
        ([(0, 1), (1, 3)], [SINGLE, BEGIN, END]),
        ([(0, 2), (1, 3)], [BEGIN, END, OUTSIDE]),
        ([(0, 1), (0, 2)], [BEGIN, END, OUTSIDE]),
    ],
)
def test_tags_of_spans(spans: list[tuple[int, int]], tags: list[int]) -> None:
    assert tag_spans(spans, words=3).tolist() == tags


def test_mentions_of_different_types_nest() -> None:
    # Severe chest pain or rash . | No fever .
    rows = tagged(*NESTED).tags
    assert rows[:, 0].tolist() == [OUTSIDE, BEGIN, END, OUTSIDE, OUTSIDE, OUTSIDE, OUTSIDE, SINGLE, OUTSIDE]
    assert rows[:, 1].tolist() == [OUTSIDE, SINGLE] + [OUTSIDE] * 7


def test_gold_mentions_know_words_and_assertion() -> None:
    assert tagged(*NESTED).mentions.tolist() == [[1, 2, 1, 1], [1, 3, 0, 1], [7, 8, 0, 0]]


def test_words_know_segment_and_characters() -> None:
    document = tagged(*NESTED)
    assert document.sentences.tolist() == [[0, 6], [6, 9]]
    assert document.spans[1] == (0, Span(7, 12))
    assert document.spans[7] == (1, Span(3, 8))


def test_a_discontinuous_mention_is_learnt_as_what_it_spans() -> None:
    document = tagged("T1  Sign 7 12;21 25  chest rash")
    assert document.tags[:6, 0].tolist() == [OUTSIDE, BEGIN, INSIDE, INSIDE, END, OUTSIDE]


def test_what_the_tags_leave_out_is_counted() -> None:
    document = tagged("T1  Sign 7 17  chest pain", "T2  Sign 0 12  Severe chest", "T3  Sign 13 17  pain")
    assert document.tags[:3, 0].tolist() == [BEGIN, END, SINGLE]
    assert document.crowded == 1


def test_an_unknown_assertion_is_no_lesson() -> None:
    document = tagged("T1  Sign 7 17  chest pain", "A1  Assertion T1 family")
    assert document.mentions.tolist() == [[1, 3, 0, -1]]


def test_a_mention_inside_a_word_has_that_word() -> None:
    assert tagged("T1  Sign 8 11  hes").mentions.tolist() == [[1, 2, 0, 1]]


def test_a_document_without_segments_has_no_layout() -> None:
    tokenizer = tiny_model().tokenizer
    assert tag_document([], tokenizer, types=TYPES, assertions=ASSERTIONS, window_tokens=48) is None


def test_a_batch_joins_documents() -> None:
    first, second = tagged(*NESTED), tagged(text="No rash.")
    batch = make_tagged_batch([first, second], pad_id=1)
    assert batch.grid[2].tolist()[:3] == [9, 10, 11]
    assert batch.mask.sum(1).tolist() == [6, 3, 3]
    assert batch.mentions.tolist() == [[1, 2, 1, 1], [1, 3, 0, 1], [7, 8, 0, 0]]
    assert batch.sentence_ends.tolist() == [6] * 6 + [9] * 3 + [12] * 3
    assert len(batch.word_tokens) == 12


@torch.no_grad()
def test_loss_of_a_document_does_not_depend_on_its_company() -> None:
    finder = tiny_finder()
    short, long = (lay_out(finder, document.segments) for document in tiny_parts()["train"][:2])
    assert short is not None and long is not None
    pad_id = finder.tokenizer.pad_id
    alone = [float(finder.network.loss(make_tagged_batch([each], pad_id=pad_id))) for each in (short, long)]
    together = float(finder.network.loss(make_tagged_batch([short, long], pad_id=pad_id)))
    assert together == pytest.approx(sum(alone) / 2, rel=1e-4)  # the mean over sentences, two in each document


@pytest.mark.parametrize("kind", ["tagger", "spans"])
def test_what_is_found_is_always_a_whole_mention(kind: str) -> None:
    finder = tiny_finder(config=STEADY.overridden(finder=kind))
    with torch.no_grad():
        for name, parameter in finder.network.spans.named_parameters():
            if "crf" not in name:  # what tags may follow each other stays
                parameter.normal_(0, 5)
    segments = [document.segments for document in tiny_parts()["train"]]
    found = [mention for mentions in find_mentions(finder, segments) for mention in mentions]
    assert found
    assert all(len(mention.span) > 0 and 0 < mention.probability <= 1 for mention in found)
    assert {mention.assertion for mention in found} <= set(finder.assertions)


def test_order_and_number_of_documents_are_kept() -> None:
    finder = tiny_finder()
    segments = [document.segments for document in tiny_parts()["train"]]
    together = list(find_mentions(finder, [*segments, []]))
    assert len(together) == len(segments) + 1
    assert together[-1] == ()
    alone = [next(find_mentions(finder, [each])) for each in segments]
    assert [[(m.segment, m.span, m.type) for m in found] for found in together[:-1]] == [
        [(m.segment, m.span, m.type) for m in found] for found in alone
    ]


@pytest.fixture(scope="module", params=["tagger", "spans"])
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> MentionFinder:
    corpus = tiny_corpus(tmp_path_factory.mktemp("corpus") / "corpus", train=20)
    config = STEADY.overridden(
        finder=request.param, mention_epochs=20, mention_patience=20, scratch_rate=5e-3, head_rate=1e-2
    )
    return train_finder(corpus, config)


def test_a_tiny_finder_learns_a_tiny_corpus(trained: MentionFinder) -> None:
    scores = score_finder(trained, tiny_parts()["train"])
    assert scores.f1 is not None and scores.f1 > 0.9
    assert trained.types == ("Drug", "Sign")


def test_record_says_what_was_reached_and_what_the_finder_cannot_hold(trained: MentionFinder) -> None:
    record = trained.record
    assert (record["mentions"], record["discontinuous"], record["left_out"]) == (40, 0, 0)
    assert "validation" in record and "epochs" in record


def test_same_seed_same_losses(tmp_path: Path) -> None:
    corpus = tiny_corpus(tmp_path / "corpus")
    config = CONFIG.overridden(mention_epochs=2)
    losses = [[each["loss"] for each in train_finder(corpus, config).record["epochs"]] for _ in range(2)]  # type: ignore[attr-defined]
    assert losses[0] == losses[1]


def test_a_frozen_encoder_stays_as_it_was(tmp_path: Path) -> None:
    corpus = tiny_corpus(tmp_path / "corpus")
    config = CONFIG.overridden(mention_epochs=1, freeze_layers="all")
    texts = [document.text for document in corpus.documents("train")]
    before = load_encoder("scratch", texts=texts, scratch=config.scratch, seed=config.training.seed).module.state_dict()
    after = train_finder(corpus, config).network.encoder.state_dict()
    assert all(torch.equal(after[name], value) for name, value in before.items())


def test_a_part_without_mentions_teaches_nothing(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "c", {"train": [make_document("He slept well.")]}, schema=Schema((), ()))
    with pytest.raises(NothingToLearn, match="no mention to learn from"):
        train_finder(corpus, CONFIG)


def test_found_mentions_survive_the_folder(trained: MentionFinder, tmp_path: Path) -> None:
    write_model(tmp_path / "model", tiny_model(), finder=trained)
    loaded = read_finder(tmp_path / "model", device="cpu", precision="fp32")
    assert loaded is not None
    segments = [document.segments for document in tiny_parts()["test"]]
    before, after = list(find_mentions(trained, segments)), list(find_mentions(loaded, segments))
    assert before == after
    assert any(before)


def test_a_model_without_a_finder_has_none(tmp_path: Path) -> None:
    write_model(tmp_path / "model", tiny_model())
    assert read_finder(tmp_path / "model") is None


@pytest.mark.parametrize("name", ["model.safetensors", "model.json", "encoder.json", "tokenizer.json"])
def test_a_changed_file_is_refused(tmp_path: Path, name: str) -> None:
    write_model(tmp_path / "model", tiny_model(), finder=tiny_finder())
    path = tmp_path / "model" / "mentions" / name
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(HostileModel, match="has changed since the model was written"):
        read_finder(tmp_path / "model")


@pytest.mark.parametrize("faulty", [{"types": []}, {"overlaps": 3}, {"settings": {"model": {"heads": 3}}}])
def test_settings_that_make_no_finder_are_refused(faulty: dict[str, object]) -> None:
    files = format_finder(tiny_finder())
    record = json.loads(files["mentions/model.json"]) | faulty
    with pytest.raises(InputError, match=r"mentions/model\.json"):
        parse_finder(files | {"mentions/model.json": json.dumps(record).encode()}, source=Path("model"))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    write_model(tmp_path / "model", tiny_model(), finder=tiny_finder())
    (tmp_path / "model" / "mentions" / "tokenizer.json").unlink()
    with pytest.raises(InputError, match=r"tokenizer\.json: is missing"):
        read_finder(tmp_path / "model")


def test_a_mention_that_was_not_found_is_a_miss() -> None:
    document = make_document("Pain in arm and leg.", "T1  Sign 0 4;16 19  Pain leg")
    finder = replace(tiny_finder(), threshold=1.1)
    scores = score_finder(finder, [document])
    assert (scores.tp, scores.fp, scores.fn) == (0, 0, 1)


def test_fragments_and_least_probability_decide_what_is_compared() -> None:
    split = found("Sign", 0.5, end=19, gaps=(Span(4, 16),))
    document = make_document("Pain in arm and leg.", "T1  Sign 0 4;16 19  Pain leg")
    assert found_spans([[split]]) == gold_spans([document])
    assert found_spans([[split]], least=0.6) == set()


def test_without_gold_no_threshold_is_tuned() -> None:
    for kind, first in (("tagger", 0.0), ("spans", 0.5)):
        finder = tiny_finder(config=STEADY.overridden(finder=kind))
        assert tune_threshold(finder, [make_document("He slept well.")]) == (first, None)


def test_threshold_is_the_best_on_validation(trained: MentionFinder) -> None:
    documents = tiny_parts()["validation"]
    threshold, f1 = tune_threshold(trained, documents)
    assert score_finder(replace(trained, threshold=threshold), documents).f1 == f1


def found(name: str, probability: float, *, start: int = 0, end: int = 4, gaps: tuple[Span, ...] = ()) -> FoundMention:
    return FoundMention(0, Span(start, end), name, probability, "present", 0.9, gaps)


def test_of_two_types_on_the_same_characters_the_surer_stands() -> None:
    rivals = [found("Sign", 0.6), found("Drug", 0.9), found("Sign", 0.5, start=5, end=8)]
    assert [(m.type, m.probability) for m in keep_surest(rivals, ())] == [("Drug", 0.9), ("Sign", 0.5)]


@pytest.mark.parametrize(
    ("overlaps", "kept"),
    [
        ((), ["Drug"]),
        ({("same", "Drug", "Sign")}, ["Drug", "Sign"]),
        ({("nested", "Site", "Drug")}, ["Drug", "Site"]),
        ({("nested", "Drug", "Site")}, ["Drug"]),  # the other way round
        ({("same", "Drug", "Sign"), ("nested", "Site", "Drug"), ("nested", "Site", "Sign")}, ["Drug", "Site", "Sign"]),
    ],
)
def test_mentions_may_overlap_as_they_do_in_gold(overlaps: set[tuple[str, str, str]], kept: list[str]) -> None:
    rivals = [found("Sign", 0.6), found("Drug", 0.9), found("Site", 0.7, end=9)]
    assert [m.type for m in keep_surest(rivals, overlaps)] == kept


def test_a_discontinuous_mention_overlaps_in_its_own_way() -> None:
    rivals = [found("Sign", 0.9, end=20, gaps=(Span(4, 16),)), found("Sign", 0.6, start=9, end=20)]
    assert len(keep_surest(rivals, {("split", "Sign", "Sign")})) == 2
    assert len(keep_surest(rivals, {("crossing", "Sign", "Sign")})) == 1


def test_overlaps_are_those_of_gold() -> None:
    lines = (
        "T1  Sign 7 17  chest pain",
        "T2  Site 7 12  chest",
        "T3  Drug 7 17  chest pain",
        "T4  Sign 7 12;21 25  chest rash",
    )
    assert find_overlaps([make_document(TEXT, *lines)]) == {
        ("same", "Drug", "Sign"),
        ("nested", "Sign", "Site"),
        ("nested", "Drug", "Site"),
        ("split", "Sign", "Sign"),
        ("split", "Drug", "Sign"),
        ("split", "Sign", "Site"),
    }


def test_words_that_a_mention_leaves_out_are_known() -> None:
    # Severe chest pain or rash .
    document = tagged("T1  Sign 7 12;21 25  chest rash", "T2  Site 7 12  chest")
    assert document.mentions[:, :3].tolist() == [[1, 2, 1], [1, 5, 0]]
    assert document.gaps.tolist() == [[1, 2], [1, 3]]


def test_gaps_move_with_their_mention_and_word() -> None:
    split = tagged("T1  Sign 7 12;21 25  chest rash")
    assert make_tagged_batch([tagged(*NESTED), split], pad_id=1).gaps.tolist() == [[3, 11], [3, 12]]


def test_fragments_are_the_span_without_its_gaps() -> None:
    assert found("Sign", 0.5, end=20, gaps=(Span(4, 16),)).fragments == (Span(0, 4), Span(16, 20))
    assert found("Sign", 0.5).fragments == (Span(0, 4),)


def test_segment_is_all_that_finding_reads() -> None:
    segment = Segment("note", 0, "Pain.", 0, 5)
    (mentions,) = find_mentions(tiny_finder(), [[segment]])
    assert all(mention.segment == 0 for mention in mentions)
