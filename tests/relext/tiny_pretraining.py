"""Invented texts and a tiny shape, for tests that pretrain an encoder in a second."""

from pathlib import Path

from relext.training import PretrainSettings, TextPool, read_pool
from tests.relext.tiny_models import DRUGS, SIGNS

TEXTS = tuple(
    f"The {drug} relieved his {sign}.\nHe slept well without {sign}." for drug in DRUGS for sign in SIGNS
)  # 25 texts of two sentences
TINY = PretrainSettings().overridden(
    vocabulary=320,
    hidden=16,
    layers=1,
    encoder_heads=2,
    steps=8,
    block_tokens=24,
    batch_blocks=4,
    evaluate_every=3,
    checkpoint_every=2,
    held_out=0.2,
    precision="fp32",
    device="cpu",
    threads=1,
)


def write_texts(folder: Path, texts: tuple[str, ...] = TEXTS) -> Path:
    """Write one `.txt` a text."""
    folder.mkdir(parents=True)
    for number, text in enumerate(texts):
        (folder / f"note-{number:02}.txt").write_text(text, encoding="utf-8")
    return folder


def tiny_pool(folder: Path) -> TextPool:
    """Return the pool of the invented texts."""
    return read_pool([write_texts(folder)])
