"""Several processes that train one network together, as `accelerate launch` or torchrun starts them, a GPU each.

Each reads its share of a step's documents, and gradients add up over all: the step is the one that a single process
would take. All hold the same weights and score them alike; where they could still differ, in time or in the last bit,
the main process's word counts. Nothing but numbers goes between them.

Examples
--------
>>> Processes(index=1, count=2).share(["a", "b", "c"])
['b']
>>> Processes().agree(0.5)
0.5
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

import torch
from torch import Tensor, nn

from corpus_tools.errors import UsageError
from relext.config import AUTO, TrainConfig
from relext.errors import SettingError
from relext.model import Machine, probe_machine

TIMEOUT = timedelta(days=7)  # for the main process's work alone; where one dies, the launcher ends the others
DEVICES = (AUTO, "cpu", "cuda")

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Processes:
    """Hold which of several processes this is, and where it computes; one alone has nobody to talk to."""

    index: int = 0
    count: int = 1
    device: str = AUTO

    @property
    def is_main(self) -> bool:
        """Say whether this is the process that writes and prints."""
        return self.index == 0

    def share(self, items: Sequence[Item]) -> Sequence[Item]:
        """Return what of a step is this process's; of fewer items than processes some get nothing."""
        return items[self.index :: self.count]

    def add_gradients(self, network: nn.Module) -> None:
        """Put the sum over all processes in place of a network's gradients; one that is missing counts as zeros."""
        if self.count == 1:
            return
        parameters = [each for each in network.parameters() if each.requires_grad]
        gradients = [torch.zeros_like(each) if each.grad is None else each.grad for each in parameters]
        total = self.add(torch.cat([each.flatten() for each in gradients]))
        pieces = torch.split(total, [each.numel() for each in parameters])
        for parameter, piece in zip(parameters, pieces, strict=True):
            parameter.grad = piece.view_as(parameter)

    def add(self, values: Tensor) -> Tensor:
        """Return the sum of a tensor over all processes; the device does not wait for it."""
        if self.count == 1:
            return values
        from accelerate.utils import reduce

        total: Tensor = reduce(values, reduction="sum")
        return total

    def agree(self, value: float) -> float:
        """Return the main process's value."""
        if self.count == 1:
            return value
        from accelerate.utils import broadcast

        return float(broadcast(torch.tensor(value, dtype=torch.float64, device=self.device)))

    def wait(self) -> None:
        """Wait until all processes have come here."""
        self.agree(0.0)


ALONE = Processes()


@contextmanager
def join_processes(device: str, environment: Mapping[str, str] = os.environ) -> Iterator[Processes]:
    """Join the processes that a launcher has started, or stay alone where none has.

    Parameters
    ----------
    device : str
        The setting: auto, cpu, cuda; each process has a device of its own.
    environment : mapping of str to str
        Where launchers say how many there are.

    Raises
    ------
    UsageError
        Where there are several and accelerate is not installed.
    SettingError
        Where all of them are told to compute on one device.
    """
    if int(environment.get("WORLD_SIZE") or 1) == 1:
        yield ALONE
        return
    if device not in DEVICES:
        raise SettingError(f"device = {device[:60]}: several processes take a device each; expected auto, cpu or cuda")
    try:
        from accelerate import PartialState
    except ImportError as error:
        raise UsageError("several processes need accelerate: pip install 'clinical-relations[gpu]'") from error

    state = PartialState(cpu=device == "cpu" or not torch.cuda.is_available(), timeout=TIMEOUT)
    try:
        yield Processes(state.process_index, state.num_processes, str(state.device))
    finally:
        state.destroy_process_group()


def probe_together(settings: TrainConfig, processes: Processes) -> Machine:
    """Probe the machine of each process; all compute in the numbers that suit the main one's."""
    alone = processes.count == 1
    machine = probe_machine(settings if alone else replace(settings, device=processes.device))
    is_half = processes.agree(machine.precision == torch.bfloat16)
    return replace(machine, precision=torch.bfloat16 if is_half else torch.float32)
