"""The training loop: the same seed, accumulated gradients, early stopping, a model that learns, what is refused."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from corpus_tools.assembly import write_corpus
from corpus_tools.errors import InputError, OutputExists, Refused, UsageError
from relext.config import Config, TrainConfig, known_number
from relext.data import learn_labels
from relext.errors import EncoderError, NothingToLearn
from relext.model import load_encoder, probe_machine, read_model
from relext.model.network import Emissions
from relext.prediction import predict_documents
from relext.training import EpochReport, train_model, train_to_folder
from relext.training.loop import TrainingPart, TrainingRun, fit, is_over, run_epoch, run_step
from relext.training.optimization import make_optimizer, make_schedule, pretrained_rate
from relext.training.preparation import prepare_run, settle_config
from tests.relext.literal_documents import make_document
from tests.relext.tiny_models import CONFIG, SCHEMA, STEADY, tiny_corpus, tiny_document, tiny_parts, write_encoder


def make_run(config: Config = STEADY) -> TrainingRun:
    parts = tiny_parts()
    scheme = learn_labels(parts["train"], SCHEMA)
    loaded = load_encoder("scratch", texts=(d.text for d in parts["train"]), scratch=config.scratch, seed=1)
    machine = probe_machine(config.training)
    run = prepare_run(parts["train"], parts["validation"], scheme=scheme, loaded=loaded, config=config, machine=machine)
    run.network.eval()  # the encoder has dropout of its own, which an epoch switches on
    return run


def losses(config: Config) -> list[float]:
    reports = fit(make_run(config), track=lambda items, _: iter(items), report=lambda _: None)
    return [report.loss for report in reports]


def test_the_same_seed_gives_the_same_losses_and_another_seed_others() -> None:
    assert losses(CONFIG) == losses(CONFIG) != losses(CONFIG.overridden(seed=14))


@pytest.mark.parametrize("batches", [2, 3])
def test_gradients_of_k_batches_add_up_to_those_of_one(batches: int) -> None:
    one, many = make_run(), make_run()
    documents = list(one.part.documents)
    whole, pairs = run_step(one, [documents])
    parts, same_pairs = run_step(many, [documents[n::batches] for n in range(batches)])
    assert pairs == same_pairs == 12
    torch.testing.assert_close(parts, whole, rtol=1e-4, atol=1e-5)
    for (name, a), b in zip(one.network.named_parameters(), many.network.parameters(), strict=True):
        torch.testing.assert_close(b.grad, a.grad, rtol=1e-3, atol=1e-5, msg=name)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # the compiler has warnings of its own
def test_compiled_layers_take_the_same_step() -> None:
    plain, compiled = make_run(), make_run(STEADY.overridden(compile=True))
    found = [[run_step(run, [list(run.part.documents)[:n]])[0] for n in (3, 7, 12)] for run in (plain, compiled)]
    torch.testing.assert_close(found[1], found[0], rtol=1e-5, atol=1e-5)


def test_without_dropout_two_readings_agree_and_give_the_step_of_one() -> None:
    once, twice = make_run(), make_run(STEADY.overridden(consistency=5.0))
    found = [run_step(run, [list(run.part.documents)]) for run in (once, twice)]
    assert found[0][1] == found[1][1] == 12
    torch.testing.assert_close(found[1][0], found[0][0], rtol=1e-4, atol=1e-5)
    for (name, a), b in zip(once.network.named_parameters(), twice.network.parameters(), strict=True):
        torch.testing.assert_close(b.grad, a.grad, rtol=1e-3, atol=1e-5, msg=name)


def test_what_is_lowered_is_the_mean_loss_and_the_divergence_of_two_readings(monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run(STEADY.overridden(decoder="softmax"))
    documents = list(run.part.documents)[:3]
    pairs = [len(document.pairs) for document in documents]
    batch = run.part.make_batch([*documents, *documents])
    scores = torch.randn(*batch.chains.mask.shape, len(run.network.emission[3].bias))
    monkeypatch.setattr(type(run.network), "forward", lambda *_: Emissions(scores, torch.empty(0)))
    lowered, loss = run.network.consistent_loss(batch, weight=0.5)
    expected = divergence = 0.0
    for document, count in enumerate(pairs):
        for pair in range(count):
            p, q = (scores[n, pair].softmax(0) for n in (document, document + 3))
            label = batch.chains.labels[document, pair]
            expected -= float(p[label].log() + q[label].log()) / 2
            divergence += float((p * (p / q).log()).sum() + (q * (q / p).log()).sum()) / 2
    assert float(loss) == pytest.approx(expected, rel=1e-5)
    assert float(lowered) == pytest.approx(expected + 0.5 * divergence, rel=1e-5)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"freeze_layers": "all"}, [2, 2]),
        ({"frozen_epochs": 1}, [2, 1]),
        ({}, [1, 1]),
        ({"consistency": 0.5}, [2, 2]),
        ({"freeze_layers": "all", "consistency": 0.0}, [1, 1]),
    ],
    ids=str,
)
def test_documents_are_read_twice_while_the_encoder_learns_nothing(
    settings: dict[str, object], expected: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(CONFIG.overridden(**{"consistency": "auto", **settings}))
    read: list[int] = []
    make_batch = TrainingPart.make_batch
    monkeypatch.setattr(TrainingPart, "make_batch", lambda part, some: read.append(len(some)) or make_batch(part, some))
    documents, times = len(run.part.documents), []
    for epoch in range(2):
        read.clear()
        loss, _ = run_epoch(run, epoch, track=lambda items, _: iter(items))
        times.append(sum(read) / documents)
        assert 0 < loss < 10
    assert times == expected


def test_a_step_is_on_the_mean_loss_a_pair() -> None:
    run = make_run()
    run_step(run, [list(run.part.documents)])
    once = [parameter.grad.clone() for parameter in run.network.parameters()]
    twice = make_run()
    run_step(twice, [list(twice.part.documents), list(twice.part.documents)])
    for a, b in zip(once, (parameter.grad for parameter in twice.network.parameters()), strict=True):
        torch.testing.assert_close(b, a, rtol=1e-3, atol=1e-5)


def test_accumulation_groups_the_batches_of_an_epoch() -> None:
    run = make_run()
    single = run.part.steps(STEADY.training, 0)
    grouped = run.part.steps(replace(STEADY.training, accumulation=2), 0)
    assert all(len(step) == 1 for step in single)
    assert [batch for step in grouped for batch in step] == [batch for step in single for batch in step]
    assert len(grouped) == -(-len(single) // 2)


def test_a_model_learns_what_a_verb_decides(tmp_path: Path) -> None:
    corpus = tiny_corpus(tmp_path / "corpus", train=30, held_out=10)
    model = train_model(corpus, STEADY.overridden(epochs=40, patience=40, head_rate=5e-3, scratch_rate=2e-3))
    assert model.record["validation_f1"] == 1.0
    (predicted,) = predict_documents(model, [tiny_document(45)])
    assert [relation.type for relation in predicted.relations] == ["causes"]


def test_a_trained_model_is_written_and_read_back(tmp_path: Path) -> None:
    tiny_corpus(tmp_path / "corpus")
    seen: list[EpochReport] = []
    model = train_to_folder(tmp_path / "corpus", tmp_path / "model", CONFIG, report=seen.append)
    found = read_model(tmp_path / "model", device="cpu", precision="fp32", threads=1)
    documents = tiny_parts()["test"]
    assert list(predict_documents(found, documents)) == list(predict_documents(model, documents))
    assert [report.epoch for report in seen] == [1, 2]
    assert len(found.document_hashes) == 16  # 12 to train on, 4 to validate


def test_the_record_says_what_was_reached_and_what_it_took(tmp_path: Path) -> None:
    record = train_model(tiny_corpus(tmp_path / "corpus"), CONFIG).record
    assert record["validation_ceiling"] == 1.0
    assert record["majority"] == [["Drug", "Sign", "causes"]]  # 6 of each label: the first by name
    assert record["pairs_per_second"] > 0 and record["peak_memory_bytes"] > 1 << 20
    assert (record["device"], record["precision"], record["threads"]) == ("cpu", "float32", 1)


def test_the_weights_of_the_best_epoch_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run(CONFIG.overridden(epochs=3))
    states: list[torch.Tensor] = []
    scores = iter([0.2, 0.9, 0.4])

    def score(*_: object) -> float:
        states.append(run.network.decoder.start.detach().clone())
        return next(scores)

    monkeypatch.setattr("relext.training.loop.ValidationPart.score", score)
    reports = fit(run, track=lambda items, _: iter(items), report=lambda _: None)
    assert [report.is_best for report in reports] == [True, True, False]
    assert torch.equal(run.network.decoder.start, states[1])


def epochs(*best: bool) -> list[EpochReport]:
    return [EpochReport(n, 0.1, 0.5, 50.0, 10.0, 1.0, is_best) for n, is_best in enumerate(best, start=1)]


@pytest.mark.parametrize(
    ("reports", "settings", "expected"),
    [
        ([], TrainConfig(epochs=1), False),
        (epochs(True), TrainConfig(epochs=1), True),
        (epochs(True, False), TrainConfig(epochs=12, patience=2), False),
        (epochs(True, False, False), TrainConfig(epochs=12, patience=2), True),
        (epochs(True, True), TrainConfig(epochs=12, max_minutes=2.9), True),  # a minute each: the third would end at 3
        (epochs(True, True), TrainConfig(epochs=12, max_minutes=3.0), False),
    ],
)
def test_training_ends_by_epochs_patience_or_time(
    reports: list[EpochReport], settings: TrainConfig, expected: bool
) -> None:
    assert is_over(reports, settings) is expected


class Stopped(Exception):
    """Stand in for a run that is killed."""


def stop_after(epoch: int):
    def report(each: EpochReport) -> None:
        if each.epoch == epoch + 1:  # before this epoch's checkpoint is written
            raise Stopped

    return report


def comparable(reports: list[dict[str, object]]) -> list[tuple[object, ...]]:
    return [(each["epoch"], each["loss"], each["validation_f1"], each["is_best"]) for each in reports]


def test_a_run_that_was_stopped_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    corpus, config = tiny_corpus(tmp_path / "corpus").path, CONFIG.overridden(epochs=4)
    whole = train_to_folder(corpus, tmp_path / "whole", config)
    with pytest.raises(Stopped):
        train_to_folder(corpus, tmp_path / "model", config, report=stop_after(2))
    assert not (tmp_path / "model").exists()
    resumed = train_to_folder(corpus, tmp_path / "model", config)
    assert comparable(resumed.record["epochs"]) == comparable(whole.record["epochs"])
    for name, value in whole.network.state_dict().items():
        assert torch.equal(resumed.network.state_dict()[name], value), name
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus", "model", "whole"]


def test_checkpoints_of_other_settings_are_not_mixed_in(tmp_path: Path) -> None:
    corpus, out = tiny_corpus(tmp_path / "corpus").path, tmp_path / "model"
    with pytest.raises(Stopped):
        train_to_folder(corpus, out, CONFIG, report=stop_after(1))
    with pytest.raises(UsageError, match="holds a run with other settings; go on with its own, or --restart"):
        train_to_folder(corpus, out, CONFIG.overridden(seed=2))
    model = train_to_folder(corpus, out, CONFIG.overridden(seed=2), restart=True)
    assert model.config.training.seed == 2


def test_rates_differ_by_level_and_only_matrices_decay() -> None:
    run = make_run()
    optimizer = make_optimizer(run.network, TrainConfig(encoder_rate=1e-4), is_pretrained=True)
    encoder = {id(parameter) for parameter in run.network.encoder.parameters()}
    for group in optimizer.param_groups:
        rates = {1e-4 if id(parameter) in encoder else 1e-3 for parameter in group["params"]}
        assert rates == {group["initial_lr"] if "initial_lr" in group else group["lr"]}
        assert {parameter.ndim > 1 for parameter in group["params"]} == {group["weight_decay"] > 0}


def test_a_larger_encoder_learns_more_slowly_unless_a_rate_is_set() -> None:
    run = make_run()
    optimizer = make_optimizer(run.network, TrainConfig(), is_pretrained=True)
    # The tiny encoder's vectors are small, so that the largest rate holds.
    assert {group["lr"] for group in optimizer.param_groups} == {5e-4, 1e-3}
    assert pretrained_rate(TrainConfig(), 768) == pytest.approx(1e-4 / 4)
    assert pretrained_rate(TrainConfig(encoder_rate=3e-5), 768) == 3e-5


def test_lower_layers_learn_more_slowly_where_asked() -> None:
    run = make_run(STEADY.overridden(layers=2))
    optimizer = make_optimizer(run.network, TrainConfig(encoder_rate=8e-4, layer_decay=0.5), is_pretrained=True)
    rates = {parameter: group["lr"] for group in optimizer.param_groups for parameter in group["params"]}
    layers, embeddings = run.network.encoder.model.encoder.layer, run.network.encoder.model.embeddings
    assert [{rates[each] for each in part.parameters()} for part in (layers[1], layers[0], embeddings)] == [
        {8e-4}, {4e-4}, {2e-4}
    ]  # fmt: skip
    assert len(rates) == len(list(run.network.parameters())) and set(rates.values()) == {8e-4, 4e-4, 2e-4, 1e-3}


def test_layers_that_can_not_be_told_apart_have_no_rates_of_their_own() -> None:
    run = make_run()
    run.network.encoder.model.encoder = torch.nn.Linear(1, 1)  # as ALBERT, which has one layer for all
    with pytest.raises(EncoderError, match=r"layer_decay: .* kind roberta can't be told apart"):
        make_optimizer(run.network, TrainConfig(layer_decay=0.9), is_pretrained=True)


def test_rates_rise_and_fall() -> None:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    schedule = make_schedule(optimizer, TrainConfig(warmup=0.5), steps=4)
    rates = []
    for _ in range(4):
        rates.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    assert rates == [0.5, 1.0, 1.0, 0.5]


def test_without_a_validation_part_every_epoch_is_kept(tmp_path: Path) -> None:
    model = train_model(tiny_corpus(tmp_path / "corpus", held_out=0), CONFIG)
    assert model.record["validation_f1"] is None
    assert [epoch["is_best"] for epoch in model.record["epochs"]] == [True, True]


def test_a_training_part_without_documents_names_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(NothingToLearn, match="--splits 70:15:15"):
        train_model(tiny_corpus(tmp_path / "corpus", train=0), CONFIG)


def test_a_corpus_without_relations_is_refused(tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", {"train": [make_document("He slept well.")]}, schema=SCHEMA)
    with pytest.raises(NothingToLearn, match="no relation"):
        train_model(corpus, CONFIG)


def test_outputs_are_checked_before_any_work(tmp_path: Path) -> None:
    tiny_corpus(tmp_path / "corpus")
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "notes.txt").write_text("mine")
    with pytest.raises(OutputExists):
        train_to_folder(tmp_path / "corpus", tmp_path / "model", CONFIG)
    with pytest.raises(Refused):
        train_to_folder(tmp_path / "corpus", tmp_path / "corpus" / "model", CONFIG)
    with pytest.raises(InputError, match="no such corpus folder"):
        train_to_folder(tmp_path / "absent", tmp_path / "new", CONFIG)


def test_an_encoder_rests_for_the_first_epochs_and_learns_then() -> None:
    run = make_run(CONFIG.overridden(frozen_epochs=2, epochs=3, encoder_rate=1e-3, scratch_rate=1e-3))
    before = {name: weight.clone() for name, weight in run.network.state_dict().items()}
    moved = []
    for epoch in range(3):
        run_epoch(run, epoch, track=lambda items, _: iter(items))
        after = run.network.state_dict()
        moved.append({name.startswith("encoder.") for name in before if not after[name].equal(before[name])})
    assert moved == [{False}, {False}, {True, False}]


def test_a_resting_encoder_drops_nothing_and_what_is_frozen_stays_so() -> None:
    run = make_run(CONFIG.overridden(freeze_layers=1))
    encoder = run.network.encoder
    frozen = {name for name, each in encoder.named_parameters() if not each.requires_grad}
    run.network.train()
    encoder.rest(True)
    assert not any(module.training for module in encoder.model.modules())
    assert not any(each.requires_grad for each in encoder.parameters())
    encoder.rest(False)
    assert encoder.model.training
    assert {name for name, each in encoder.named_parameters() if not each.requires_grad} == frozen


def test_a_resting_encoder_has_a_warm_up_of_its_own() -> None:
    weights = [torch.nn.Parameter(torch.zeros(1)) for _ in range(2)]
    rows = [{"params": [weight], "is_encoder": bool(n)} for n, weight in enumerate(weights)]
    optimizer = torch.optim.AdamW(rows, lr=1.0)
    schedule = make_schedule(optimizer, TrainConfig(warmup=0.5, frozen_epochs=2), steps=8, epoch_steps=2)
    shares = []
    for _ in range(8):
        shares.append([group["lr"] for group in optimizer.param_groups])
        optimizer.step()
        schedule.step()
    assert shares == [[0.25, 0], [0.5, 0], [0.75, 0], [1, 0], [1, 0.5], [0.75, 1], [0.5, 1], [0.25, 0.5]]


def test_a_folder_given_as_encoder_is_kept_by_name_alone(tmp_path: Path) -> None:
    loaded = load_encoder("scratch", texts=[], scratch=STEADY.scratch, seed=1)
    config = settle_config(STEADY.overridden(encoder=str(tmp_path / "my-encoder"), window_tokens=4096), loaded)
    assert config.model.encoder == "my-encoder"
    assert (config.model.window_tokens, config.model.context_tokens) == (512, 0)
    assert config.model.window_sentences == 0
    assert settle_config(STEADY.overridden(pooled_size="auto"), loaded).model.pooled_size == 0


def test_a_model_of_before_windows_had_a_limit_reads_as_it_did() -> None:
    assert known_number(Config.from_json({"model": {"window_tokens": 48}}).model.window_sentences) == 0
    assert [known_number(Config().overridden(window_sentences=most).model.window_sentences) for most in (0, 3)] == [
        0,
        3,
    ]


def test_an_encoder_for_sentences_is_left_as_it_is_below_its_highest_third(tmp_path: Path) -> None:
    corpus = tiny_corpus(tmp_path / "corpus")
    texts = [document.text for document in corpus.documents("train")]
    whole = load_encoder("scratch", texts=texts, scratch=replace(STEADY.scratch, layers=3), seed=1)
    write_encoder(tmp_path / "encoder", whole.module, whole.tokenizer)
    (tmp_path / "encoder" / "modules.json").write_text("[]")
    config = STEADY.overridden(encoder=str(tmp_path / "encoder"), freeze_layers="auto", pooled_size="auto")
    trained = train_to_folder(corpus.path, tmp_path / "model", config)
    read = read_model(tmp_path / "model", device="cpu", precision="fp32", threads=1)
    assert read.config.model.window_sentences == 1  # and reads sentences one by one
    assert read.config.model.pooled_size == 64
    kept = {name: weight for name, weight in whole.module.state_dict().items() if "layer.2" not in name}
    assert read.network.encoder.state_dict().keys() == kept.keys()
    assert all(weight.equal(kept[name]) for name, weight in read.network.encoder.state_dict().items())
    held_out = list(corpus.documents("validation"))
    assert list(predict_documents(read, held_out)) == list(predict_documents(trained, held_out))


@pytest.mark.parametrize(
    ("is_for_sentences", "given", "settled"),
    [
        (True, {}, ("all", 30)),
        (True, {"marking": "levitated"}, (0, 12)),  # markers would never be learnt
        (True, {"freeze_layers": 2}, (2, 12)),
        (False, {}, (0, 12)),
        (False, {"freeze_layers": "all"}, ("all", 30)),
        (True, {"epochs": 7}, ("all", 7)),
    ],
)
def test_what_auto_stands_for(is_for_sentences: bool, given: dict[str, object], settled: tuple[object, int]) -> None:
    loaded = load_encoder("scratch", texts=[], scratch=STEADY.scratch, seed=1)
    config = settle_config(Config().overridden(**given), replace(loaded, is_for_sentences=is_for_sentences))
    assert (config.training.freeze_layers, config.training.epochs) == settled


@pytest.mark.parametrize(
    ("is_pretrained", "given", "settled"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"marking": "pair"}, False),  # its markers are rows of the table
        (True, {"freeze_embeddings": False}, False),
        (False, {"freeze_embeddings": True}, True),
    ],
)
def test_whether_the_table_of_embeddings_is_trained(
    is_pretrained: bool, given: dict[str, object], settled: bool
) -> None:
    loaded = load_encoder("scratch", texts=[], scratch=STEADY.scratch, seed=1)
    config = settle_config(Config().overridden(**given), replace(loaded, is_pretrained=is_pretrained))
    assert config.training.freeze_embeddings is settled


def test_a_training_curve_is_measured_and_changes_nothing(tmp_path: Path) -> None:
    corpus = tiny_corpus(tmp_path / "corpus")
    plain = train_model(corpus, CONFIG).record["epochs"]
    drawn = train_model(corpus, CONFIG.overridden(curve_documents=5)).record["epochs"]
    assert comparable(plain) == comparable(drawn)  # type: ignore[arg-type]
    assert [each["train_f1"] is None for each in plain] == [True, True]  # type: ignore[union-attr, index]
    assert all(0 <= each["train_f1"] <= 1 for each in drawn)  # type: ignore[union-attr, index, operator]
