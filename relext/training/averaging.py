"""A running mean of the weights, which often does better than the weights of any one step.

In: a network, and a decay. Out: `WeightAverage`, updated after each step, read in the network's place for a while.

References
----------
Polyak and Juditsky, Acceleration of stochastic approximation by averaging, SIAM J. Control Optim. 1992. Tarvainen and
Valpola, Mean teachers are better role models, NIPS 2017 (a decay that grows over the first steps).

Examples
--------
>>> [settle_decay(0.99, step=step) for step in (0, 1, 8, 10_000)]
[0.1, 0.18181818181818182, 0.5, 0.99]
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

_HEAD_START = 9  # the first step counts nine tenths, so that random weights are soon forgotten


@dataclass(frozen=True, slots=True)
class WeightAverage:
    """Hold the mean of each weight that is trained, by name; the tensors change in place."""

    decay: float
    weights: Mapping[str, Tensor]

    @torch.no_grad()
    def update(self, network: nn.Module, *, step: int) -> None:
        """Move the mean towards a network's weights, after a step; steps count from 0."""
        parameters: list[Tensor] = [network.get_parameter(name) for name in self.weights]
        torch._foreach_lerp_(list(self.weights.values()), parameters, 1 - settle_decay(self.decay, step=step))

    @contextmanager
    def standing_in(self, network: nn.Module) -> Iterator[None]:
        """Let a network compute with the mean, and give its own weights back at the end, to the bit."""
        parameters = {name: network.get_parameter(name) for name in self.weights}
        own = {name: parameter.detach().clone() for name, parameter in parameters.items()}
        copy_weights(self.weights, parameters)
        try:
            yield
        finally:
            copy_weights(own, parameters)


def start_average(network: nn.Module, decay: float) -> WeightAverage | None:
    """Return the mean of a network's weights before the first step; None where the decay is 0."""
    if not decay:
        return None
    trained = {name: each for name, each in network.named_parameters() if each.requires_grad}
    return WeightAverage(decay, {name: each.detach().clone() for name, each in trained.items()})


def settle_decay(decay: float, *, step: int) -> float:
    """Return the decay at a step: small at first, so that the mean forgets where the weights started."""
    return min(decay, (step + 1) / (step + 1 + _HEAD_START))


@torch.no_grad()
def copy_weights(source: Mapping[str, Tensor], target: Mapping[str, Tensor]) -> None:
    """Copy tensors into those of the same names."""
    for name, tensor in target.items():
        tensor.copy_(source[name])
