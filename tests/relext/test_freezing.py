"""Frozen layers stay as they are, and what they give is read once for all epochs."""

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
