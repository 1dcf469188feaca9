"""The running mean of the weights: its numbers, whose place it takes and for how long, how a run resumes with it."""

from pathlib import Path

import pytest
import torch
from torch import nn

from relext.training import train_to_folder
from relext.training.averaging import WeightAverage, settle_decay, start_average
from relext.training.loop import fit
from tests.relext.test_training import Stopped, comparable, stop_after
from tests.relext.tiny_models import CONFIG, tiny_corpus, tiny_run

AVERAGED = CONFIG.overridden(average=0.9)


def scale(weight: float) -> nn.Linear:
    network = nn.Linear(1, 1, bias=False)
    nn.init.constant_(network.weight, weight)
    return network


def test_the_mean_follows_the_weights_by_its_decay() -> None:
    network, average = scale(1.0), WeightAverage(0.5, {"weight": torch.zeros(1, 1)})
    average.update(network, step=0)  # decay 1 / 10: 0.9 * 1
    assert average.weights["weight"].item() == pytest.approx(0.9)
    average.update(scale(2.0), step=100)  # decay 0.5: (0.9 + 2) / 2
    assert average.weights["weight"].item() == pytest.approx(1.45)


def test_the_decay_grows_to_what_was_asked() -> None:
    decays = [settle_decay(0.999, step=step) for step in range(0, 20_000, 100)]
    assert decays == sorted(decays) and decays[-1] == 0.999


def test_the_mean_stands_in_until_the_end_even_where_that_is_an_error() -> None:
    network, average = scale(3.0), WeightAverage(0.5, {"weight": torch.full((1, 1), 7.0)})
    with pytest.raises(ZeroDivisionError), average.standing_in(network):
        assert network.weight.item() == 7.0
        _ = 1 / 0
    assert network.weight.item() == 3.0


def test_weights_that_are_frozen_have_no_mean() -> None:
    run = tiny_run(AVERAGED.overridden(freeze_layers="all"))
    assert run.average is not None
    assert not any(name.startswith("encoder.") for name in run.average.weights)
    assert start_average(run.network, 0.0) is None


def test_the_kept_weights_are_the_mean_and_training_goes_on_from_its_own() -> None:
    plain, averaged = tiny_run(CONFIG.overridden(average=0.0)), tiny_run(AVERAGED)
    reports = [fit(run, track=lambda items, _: iter(items), report=lambda _: None) for run in (plain, averaged)]
    # Losses are of the weights that are trained, and these don't know of their mean.
    assert [each.loss for each in reports[0]] == [each.loss for each in reports[1]]
    assert not torch.equal(plain.network.decoder.start, averaged.network.decoder.start)


@pytest.mark.parametrize("frozen_epochs", [0, 2])
def test_a_run_with_a_mean_goes_on_to_the_same_bits(tmp_path: Path, frozen_epochs: int) -> None:
    corpus = tiny_corpus(tmp_path / "corpus").path
    config = AVERAGED.overridden(epochs=3, frozen_epochs=frozen_epochs)
    whole = train_to_folder(corpus, tmp_path / "whole", config)
    with pytest.raises(Stopped):
        train_to_folder(corpus, tmp_path / "model", config, report=stop_after(1))
    resumed = train_to_folder(corpus, tmp_path / "model", config)
    assert comparable(resumed.record["epochs"]) == comparable(whole.record["epochs"])
    for name, value in whole.network.state_dict().items():
        assert torch.equal(resumed.network.state_dict()[name], value), name
