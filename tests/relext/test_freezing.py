"""Frozen layers stay as they are, and what they give is read once for all epochs."""

from dataclasses import replace

import pytest
from torch import nn

from relext.data import make_batch
from relext.errors import EncoderError, SettingError
from relext.training.loop import TrainingRun, run_epoch
from tests.relext.tiny_models import STEADY, tiny_run

DEEP = STEADY.overridden(layers=3)


def loss_of(run: TrainingRun) -> float:
    """Return the loss of the first documents, their windows as the run holds them."""
    return float(run.network.train().loss(make_batch(run.part.documents[:5], pad_id=run.part.pad_id)).detach())


def changed(run: TrainingRun) -> set[str]:
    """Take an epoch and return the parts of the encoder whose weights have changed."""
    before = {name: weight.clone() for name, weight in run.network.encoder.model.named_parameters()}
    run_epoch(run, 0, track=lambda steps, _: iter(steps))
    moved = [name for name, weight in run.network.encoder.model.named_parameters() if not weight.equal(before[name])]
    return {".".join(name.split(".")[:3]) if name.startswith("encoder") else name.split(".")[0] for name in moved}


@pytest.mark.parametrize(
    ("frozen", "expected"),
    [
        (0, {"embeddings", "encoder.layer.0", "encoder.layer.1", "encoder.layer.2"}),
        (1, {"encoder.layer.1", "encoder.layer.2"}),
        (3, set()),
        ("all", set()),
    ],
)
def test_what_is_frozen_stays_as_it_is_and_the_rest_learns(frozen: int | str, expected: set[str]) -> None:
    assert changed(tiny_run(DEEP.overridden(freeze_layers=frozen))) == expected


@pytest.mark.parametrize("freeze", [False, True])
def test_the_table_of_word_embeddings_alone_may_stay_as_it_is(freeze: bool) -> None:
    run = tiny_run(DEEP.overridden(freeze_embeddings=freeze, average=0.9))
    table = run.network.encoder.model.get_input_embeddings().weight
    before, parts = table.clone(), changed(run)
    assert parts == {"embeddings", "encoder.layer.0", "encoder.layer.1", "encoder.layer.2"}  # of these, the positions
    assert table.equal(before) == freeze
    assert table.requires_grad != freeze
    assert ("encoder.model.embeddings.word_embeddings.weight" in run.average.weights) != freeze


def test_after_rest_the_table_stays_as_it_is() -> None:
    run = tiny_run(DEEP.overridden(freeze_embeddings=True, frozen_epochs=1))
    changed(run)
    before = run.network.encoder.model.get_input_embeddings().weight.clone()
    run_epoch(run, 1, track=lambda steps, _: iter(steps))
    assert run.network.encoder.model.get_input_embeddings().weight.equal(before)


@pytest.mark.parametrize(
    "settings",
    [{"freeze_layers": "all"}, {"freeze_layers": 2}, {"freeze_layers": 2, "marking": "levitated"}],
    ids=str,
)
def test_reading_on_from_kept_states_gives_the_same_loss(
    settings: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = loss_of(tiny_run(DEEP.overridden(**settings)))
    monkeypatch.setattr("relext.training.freezing.MOST_BYTES", 0)
    assert loss_of(tiny_run(DEEP.overridden(**settings))) == pytest.approx(kept, rel=1e-5)


def test_a_frozen_encoder_is_run_once_for_all_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    run = tiny_run(DEEP.overridden(freeze_layers="all"))
    monkeypatch.setattr(run.network.encoder.model, "forward", lambda *_, **__: pytest.fail("the encoder was run again"))
    run_epoch(run, 0, track=lambda steps, _: iter(steps))
    run.validation.score(run.network, run.machine.device)


@pytest.mark.parametrize(
    "settings", [{}, {"freeze_layers": 1}, {"marking": "levitated"}, {"marking": "first"}, {"accumulation": 2}], ids=str
)
def test_an_encoder_at_rest_reads_once_and_learns_as_if_it_read_each_time(settings: dict[str, object]) -> None:
    config = DEEP.overridden(frozen_epochs=2, epochs=3, **settings)
    once, anew = tiny_run(config), replace(tiny_run(config), resting=())
    for run in (once, anew):
        for module in run.network.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0
    for epoch in range(3):
        losses = [run_epoch(run, epoch, track=lambda steps, _: iter(steps))[0] for run in (once, anew)]
        assert losses[0] == pytest.approx(losses[1], rel=1e-4)
        found = [run.validation.score(run.network, run.machine.device) for run in (once, anew)]
        assert found[0] == found[1]
    windows = [window for document in once.resting for window in document.windows]
    assert windows
    assert all(window.is_read and window.states is not None for window in windows)


def test_an_encoder_at_rest_is_not_run_and_runs_again_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    run, calls = tiny_run(DEEP.overridden(frozen_epochs=1, epochs=2)), []
    forward = run.network.encoder.model.forward
    monkeypatch.setattr(run.network.encoder.model, "forward", lambda *a, **k: calls.append(1) or forward(*a, **k))
    run_epoch(run, 0, track=lambda steps, _: iter(steps))
    assert not calls
    run_epoch(run, 1, track=lambda steps, _: iter(steps))
    assert calls


@pytest.mark.parametrize("settings", [{}, {"frozen_epochs": 1, "freeze_layers": "all"},
                                      {"frozen_epochs": 1, "token_dropout": 0.2}], ids=str)  # fmt: skip
def test_nothing_is_read_for_epochs_of_rest_where_there_are_none_or_texts_differ(settings: dict[str, object]) -> None:
    assert tiny_run(DEEP.overridden(**settings)).resting == ()


def test_frozen_layers_have_no_dropout() -> None:
    run = tiny_run(DEEP.overridden(freeze_layers=1))
    layers = run.network.train().encoder.model.encoder.layer
    assert [layer.training for layer in layers] == [False, True, True]


@pytest.mark.parametrize(("frozen", "expected"), [(0, [0, 1, 2]), (2, [2]), (3, []), ("all", [])])
def test_layers_that_are_trained_are_compiled(
    frozen: int | str, expected: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder, compiled = tiny_run(DEEP.overridden(freeze_layers=frozen)).network.encoder, []
    monkeypatch.setattr(nn.Module, "compile", lambda module, **_: compiled.append(module))
    encoder.compile_layers()
    assert compiled == [encoder.model.encoder.layer[n] for n in expected]


def test_markers_that_could_not_be_learnt_are_refused() -> None:
    with pytest.raises(SettingError, match="marking = pair would never be learnt"):
        tiny_run(DEEP.overridden(freeze_layers="all", marking="pair"))
    with pytest.raises(SettingError, match="freeze_embeddings = true: marking = levitated would never be learnt"):
        tiny_run(DEEP.overridden(freeze_embeddings=True, marking="levitated"))


def test_more_layers_than_there_are_can_not_be_frozen() -> None:
    with pytest.raises(EncoderError, match=r"freeze_layers = 4: .* with 3 layers"):
        tiny_run(DEEP.overridden(freeze_layers=4))
