"""The optimizer and its schedule.

In: a network and settings. Out: AdamW with one rate for all above the encoder and one for the encoder, lower from layer
to layer downwards where asked, and a schedule in which all rise linearly and then fall linearly to 0.

References
----------
Loshchilov and Hutter, Decoupled weight decay regularization, ICLR 2019.
Howard and Ruder, Universal language model fine-tuning for text classification, ACL 2018 (rates by layer).
Kumar et al., Fine-tuning can distort pretrained features and underperform out-of-distribution, ICLR 2022 (first what
stands above the encoder, then all).
"""

import math
from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.optim import AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR

from relext.config import TrainConfig

REFERENCE_RATE, REFERENCE_SIZE = 1e-4, 384
LARGEST_RATE = 5e-4  # that of an encoder with random weights


def make_optimizer(network: nn.Module, settings: TrainConfig, *, is_pretrained: bool) -> AdamW:
    """Return AdamW with rates for the module `encoder` and one for the rest; weights decay on matrices only.

    Raises
    ------
    EncoderError
        Where rates shall differ by layer, and the encoder's layers can't be told apart.
    """
    rates = list_encoder_rates(network, settings, is_pretrained=is_pretrained)
    groups: dict[tuple[float, float, bool], list[Tensor]] = {}
    for parameter in network.parameters():
        decay = settings.weight_decay if parameter.ndim > 1 else 0.0
        key = (rates.get(parameter, settings.head_rate), decay, parameter in rates)
        groups.setdefault(key, []).append(parameter)
    rows = [
        {"params": params, "lr": rate, "weight_decay": decay, "is_encoder": is_encoder}
        for (rate, decay, is_encoder), params in groups.items()
    ]
    return AdamW(rows, fused=True)


def list_encoder_rates(network: nn.Module, settings: TrainConfig, *, is_pretrained: bool) -> dict[Tensor, float]:
    """Return the rate of each of the encoder's weights: the highest at its top, `layer_decay` of it a layer below."""
    encoder: Any = network.get_submodule("encoder")
    rate = pretrained_rate(settings, encoder.size) if is_pretrained else settings.scratch_rate
    if settings.layer_decay == 1:
        return dict.fromkeys(encoder.parameters(), rate)
    return {parameter: rate * settings.layer_decay**depth for parameter, depth in encoder.depths().items()}


def pretrained_rate(settings: TrainConfig, size: int) -> float:
    """Return the learning rate of a pretrained encoder whose vectors have `size` numbers.

    Where the setting is `auto` it falls with the square of the size: 1e-4 at 384, the better of the two
    tried on 500 documents (see docs/figures.md), becomes 2.5e-5 at 768, where fine-tuning of base encoders commonly is.

    Examples
    --------
    >>> [pretrained_rate(TrainConfig(), size) for size in (192, 384, 768)]
    [0.0004, 0.0001, 2.5e-05]
    """
    if not isinstance(settings.encoder_rate, str):
        return settings.encoder_rate
    return min(LARGEST_RATE, REFERENCE_RATE * (REFERENCE_SIZE / size) ** 2)


def make_schedule(optimizer: Optimizer, settings: TrainConfig, *, steps: int, epoch_steps: int = 0) -> LambdaLR:
    """Let the rates rise over the warm-up and fall to 0 at the last of `steps`.

    The encoder's have a warm-up of their own where it rests for the first `frozen_epochs` of `epoch_steps`.
    """
    rest = min(steps, settings.frozen_epochs * epoch_steps)
    starts = [rest if group.get("is_encoder") else 0 for group in optimizer.param_groups]
    return LambdaLR(optimizer, [partial(_share_after, start, steps, settings.warmup) for start in starts])


def _share_after(start: int, steps: int, warmup: float, step: int) -> float:
    """Return the share of the full rate at a step of a schedule that begins after others."""
    left = steps - start
    return rate_share(step - start, steps=left, warmup=math.ceil(left * warmup)) if step >= start else 0.0


def move_schedule(schedule: LambdaLR, *, steps: int) -> None:
    """Put a schedule, and the rates of its optimizer, where they stand after some steps."""
    schedule.load_state_dict({**schedule.state_dict(), "last_epoch": steps, "_step_count": steps + 1})
    rows = zip(schedule.optimizer.param_groups, schedule.base_lrs, schedule.lr_lambdas, strict=True)
    for group, rate, share in rows:
        group["lr"] = rate * share(steps)


def rate_share(step: int, *, steps: int, warmup: int) -> float:
    """Return the share of the full rate at a step.

    Examples
    --------
    >>> [rate_share(step, steps=6, warmup=2) for step in range(7)]
    [0.5, 1.0, 1.0, 0.75, 0.5, 0.25, 0.0]
    """
    return (step + 1) / warmup if step < warmup else max(0.0, (steps - step) / max(1, steps - warmup))
