"""Pretraining: dynamic and static masks, steps from their number, accumulation, and runs that were stopped."""

from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from corpus_tools.errors import UsageError
from relext.training import CurvePoint, Pretrained, PretrainSettings, TextPool, pretrain
from relext.training.masking import Frame, MaskedBlocks
from relext.training.pretraining_part import PretrainingPart
from tests.relext.tiny_pretraining import TEXTS, TINY, tiny_pool

FRAME = Frame(start_id=0, pad_id=1, end_id=2, mask_id=4)


class Killed(Exception):
    """Stand in for a process that dies between two steps."""


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> TextPool:
    return tiny_pool(tmp_path_factory.mktemp("texts") / "texts")


@pytest.fixture(scope="module")
def undisturbed(pool: TextPool) -> Pretrained:
    return pretrain(pool, TINY)


def part(**settings: Any) -> PretrainingPart:
    """Return 12 documents of 10 tokens each: a stream of 131 with the end tokens, 6 blocks of 22 in a frame."""
    documents = tuple(np.arange(10 * n, 10 * n + 10, dtype=np.int32) for n in range(1, 13))
    return PretrainingPart(documents, FRAME, 300, TINY.overridden(**settings).pretraining)


def killed_at(step: int, pool: TextPool, folder: Path, settings: PretrainSettings = TINY) -> None:
    """Run until a step is about to be taken."""

    def stop(steps: Any, _: int) -> Any:
        for number, batches in steps:
            if number == step:
                raise Killed
            yield number, batches

    with pytest.raises(Killed):
        pretrain(pool, settings, checkpoints=folder, track=stop)


def weights(pretrained: Pretrained) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in pretrained.model.parameters()])


def equal(one: list[MaskedBlocks], other: list[MaskedBlocks]) -> bool:
    return [each.token_ids.tolist() for each in one] == [each.token_ids.tolist() for each in other]


def test_an_epoch_ends_with_its_last_block() -> None:
    steps = list(islice(part(batch_blocks=4).steps(), 3))
    assert part(batch_blocks=4).epoch_steps == 2
    assert [[len(batch) for batch in step] for step in steps] == [[4], [2], [4]]  # 6 blocks an epoch


def test_the_batches_of_a_step_are_those_of_a_larger_batch() -> None:
    small = next(part(batch_blocks=2, accumulation=2).steps())
    large = next(part(batch_blocks=4, accumulation=1).steps())
    assert [len(batch) for batch in small] == [2, 2]
    assert np.vstack([batch.token_ids for batch in small]).tolist() == large[0].token_ids.tolist()


@pytest.mark.parametrize("start", [0, 1, 2, 5])
def test_a_step_follows_from_its_number(start: int) -> None:
    all_steps = list(islice(part().steps(), 7))
    assert all(equal(*pair) for pair in zip(part().steps(start), all_steps[start:], strict=False))


def test_dynamic_masks_change_with_the_epoch_and_static_ones_do_not() -> None:
    dynamic, static = part(masking="dynamic"), part(masking="static")
    assert equal([static.make_epoch(0)], [static.make_epoch(3)])
    assert equal([static.make_epoch(0)], [dynamic.make_epoch(0)])
    assert not equal([dynamic.make_epoch(0)], [dynamic.make_epoch(3)])


def test_an_epoch_reads_every_token_of_every_document() -> None:
    found = part().make_epoch(4).targets
    assert sorted(found[found >= 10].tolist()) == list(range(10, 130))


def test_the_loss_falls(pool: TextPool) -> None:
    settings = TINY.overridden(steps=60, rate=0.01, evaluate_every=10, dropout=0.0)
    first, *_, last = pretrain(pool, settings).progress.curve
    assert last.train_loss < first.train_loss - 1
    assert last.held_out_loss is not None and first.held_out_loss is not None
    assert last.held_out_loss < first.held_out_loss - 0.5


def test_the_curve_has_a_point_at_every_interval_and_at_the_end(pool: TextPool) -> None:
    points: list[CurvePoint] = []
    found = pretrain(pool, TINY, report=points.append)
    assert [point.step for point in points] == [3, 6, 8]  # every 3 of 8 steps
    assert tuple(points) == found.progress.curve


def test_without_held_out_documents_the_curve_has_no_held_out_loss(pool: TextPool) -> None:
    found = pretrain(pool, TINY.overridden(held_out=0.0, steps=1))
    assert [point.held_out_loss for point in found.progress.curve] == [None]
    assert (found.counts["documents"], found.counts["documents_held_out"]) == (25, 0)


def test_no_step_leaves_the_weights_as_they_were_drawn(pool: TextPool, undisturbed: Pretrained) -> None:
    drawn = pretrain(pool, TINY.overridden(steps=0))
    assert torch.equal(weights(drawn), weights(pretrain(pool, TINY.overridden(steps=0))))
    assert not torch.equal(weights(drawn), weights(undisturbed))
    assert drawn.progress.curve == ()


def test_the_same_seed_gives_the_same_bits_and_another_does_not(pool: TextPool, undisturbed: Pretrained) -> None:
    again = pretrain(pool, TINY)
    assert again.progress.curve == undisturbed.progress.curve
    assert torch.equal(weights(again), weights(undisturbed))
    assert pretrain(pool, TINY.overridden(seed=2)).progress.curve != undisturbed.progress.curve


@pytest.mark.parametrize("step", [1, 2, 4, 5, 7])  # before the first checkpoint, on one, between two
def test_a_killed_run_goes_on_to_the_same_bits(
    pool: TextPool, undisturbed: Pretrained, tmp_path: Path, step: int
) -> None:
    killed_at(step, pool, tmp_path / "checkpoints")
    resumed = pretrain(pool, TINY, checkpoints=tmp_path / "checkpoints")
    assert resumed.progress.curve == undisturbed.progress.curve
    assert torch.equal(weights(resumed), weights(undisturbed))


def test_a_run_killed_twice_goes_on_from_the_second_checkpoint(
    pool: TextPool, undisturbed: Pretrained, tmp_path: Path
) -> None:
    killed_at(3, pool, tmp_path)
    killed_at(7, pool, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000006"]
    assert torch.equal(weights(pretrain(pool, TINY, checkpoints=tmp_path)), weights(undisturbed))


@pytest.mark.parametrize("change", [{"rate": 0.5}, {"layers": 2}, {"seed": 2}, {"steps": 9}])
def test_a_run_with_other_settings_is_not_continued(pool: TextPool, tmp_path: Path, change: dict[str, Any]) -> None:
    killed_at(5, pool, tmp_path)
    with pytest.raises(UsageError, match="a run with other settings"):
        pretrain(pool, TINY.overridden(**change), checkpoints=tmp_path)


def test_a_run_on_other_texts_is_not_continued(pool: TextPool, tmp_path: Path) -> None:
    killed_at(5, pool, tmp_path)
    with pytest.raises(UsageError, match="a run with other texts; go on with its own, or --restart"):
        pretrain(replace(pool, hash="another"), TINY, checkpoints=tmp_path)


def test_accumulation_is_a_larger_batch(pool: TextPool) -> None:
    settings = TINY.overridden(dropout=0.0, steps=3)
    small = pretrain(pool, settings.overridden(batch_blocks=2, accumulation=3))
    large = pretrain(pool, settings.overridden(batch_blocks=6, accumulation=1))
    assert torch.allclose(weights(small), weights(large), atol=2e-5)
    assert not torch.allclose(weights(small), weights(pretrain(pool, settings.overridden(batch_blocks=2))), atol=2e-5)


def test_the_tokenizer_keeps_no_token_of_few_documents(pool: TextPool) -> None:
    found = pretrain(replace(pool, documents=(*pool.documents, *[("Zebulon Zebulon",)] * 4)), TINY.overridden(steps=0))
    learnt = [token.replace("Ġ", " ") for token in found.loaded.tokenizer.tokenizer.get_vocab() if token.isalpha()]
    longer = [token for token in learnt if len(token) > 1 and token.isascii()]
    assert longer and all(sum(token in text for text in TEXTS) >= 5 for token in longer)
