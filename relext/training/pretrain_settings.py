"""The settings of pretraining: default, meaning and range, from TOML and the command line.

In: a TOML file with the tables `[scratch]`, the shape of an encoder with random weights, and `[pretraining]`. Out:
`PretrainSettings`.

Examples
--------
>>> PretrainSettings().overridden(layers=2, steps=10).pretraining.steps
10
"""

import math
from dataclasses import dataclass
from pathlib import Path

from relext.config import AUTO, ScratchConfig, Settings, SettingTables, TrainConfig, setting
from relext.model import SCRATCH

DYNAMIC, STATIC = "dynamic", "static"
COUNTED, RANDOM = "counted", "random"
SHAPE = ScratchConfig(vocabulary=8000, hidden=256, layers=6)
FIRST_RATE, FURTHER_RATE = 1e-3, 2e-4  # of random weights, and of those that have learnt before


@dataclass(frozen=True, slots=True)
class PretrainConfig(Settings):
    """Hold how an encoder is pretrained."""

    encoder: str = setting(SCRATCH, "Where to begin: folder or hub name of an encoder, minilm, small, or scratch")
    steps: int = setting(4000, "Optimiser steps", high=10_000_000)
    block_tokens: int = setting(128, "Tokens of a block of packed documents", low=16, high=8192)
    batch_blocks: int = setting(32, "Blocks of a batch", low=1, high=65_536)
    accumulation: int = setting(1, "Batches whose gradients make one step", low=1, high=1024)
    masking: str = setting(DYNAMIC, "New masks every epoch, or the same ones", choices=(DYNAMIC, STATIC))
    mask_share: float = setting(0.15, "Share of the tokens to predict", low=0.01, high=0.9)
    rate: float | str = setting(
        AUTO, "Highest learning rate of the encoder; auto: 1e-3 from random weights, else 2e-4", choices=(AUTO,), high=1
    )
    warmup: float = setting(0.06, "Share of the steps in which the rate rises from 0", high=1)
    weight_decay: float = setting(0.01, "Weight decay, on matrices only", high=1)
    gradient_norm: float = setting(1.0, "Largest norm of the gradients of a step", low=1e-6)
    embeddings: str = setting(
        COUNTED, "Where the embeddings start: word vectors by counting, or random numbers", choices=(COUNTED, RANDOM)
    )
    dropout: float = setting(0.1, "Dropout of the encoder", high=0.9)
    held_out: float = setting(0.05, "Share of the documents kept aside for the loss curve", high=0.5)
    evaluate_every: int = setting(100, "Steps from one point of the loss curve to the next", low=1, high=1_000_000)
    checkpoint_every: int = setting(200, "Steps from one checkpoint to the next", low=1, high=1_000_000)
    seed: int = setting(13, "Seed of all that is left to chance", high=2**31)
    device: str = setting(AUTO, "Where to compute: auto, cpu, cuda or cuda:N")
    precision: str = setting(AUTO, "Numbers of the encoder", choices=(AUTO, "bf16", "fp32"))
    threads: int | str = setting(AUTO, "Threads of the processor", choices=(AUTO,), low=1, high=1024)
    weights: str = setting("fp32", "Numbers of the stored weights", choices=("fp32", "bf16"))

    @property
    def is_first(self) -> bool:
        """Say whether the encoder begins with random weights, shape and tokenizer of its own."""
        return self.encoder == SCRATCH

    @property
    def rates(self) -> tuple[float, float]:
        """Return the highest learning rates of the encoder and of the head above it."""
        rate = (FIRST_RATE if self.is_first else FURTHER_RATE) if isinstance(self.rate, str) else self.rate
        return rate, rate if self.is_first else FIRST_RATE

    @property
    def machine(self) -> TrainConfig:
        """Return what `probe_machine` reads of it."""
        return TrainConfig(device=self.device, precision=self.precision, threads=self.threads)

    @property
    def warmup_steps(self) -> int:
        """Return the number of steps in which the rate rises."""
        return math.ceil(self.steps * self.warmup)


@dataclass(frozen=True, slots=True)
class PretrainSettings(SettingTables):
    """Hold all settings of a pretraining run."""

    scratch: ScratchConfig = SHAPE
    pretraining: PretrainConfig = PretrainConfig()

    def to_record(self) -> dict[str, dict[str, object]]:
        """Return the settings as JSON values; a local encoder is told by its name, its path is nobody's concern."""
        return self.overridden(encoder=Path(self.pretraining.encoder).name).to_json()
