"""What the simulation of the queue counts, on curves counted by hand."""

import pytest

from tests.benchmarks.bench_queue import SHARES, annotations_for, summarize


def test_annotations_needed_lie_on_the_line_between_two_points() -> None:
    points = [{"annotations": 100, "f1": 0.2}, {"annotations": 300, "f1": 0.6}, {"annotations": 400, "f1": 0.5}]
    assert annotations_for(points, 0.5) == 250  # three quarters of the way from 0.2 to 0.6
    assert annotations_for(points, 0.1) == 100
    assert annotations_for(points, 0.9) == 400  # never reached: all there are


def test_what_is_saved_is_the_share_of_random_annotations() -> None:
    rows = [
        {"order": order, "seed": seed, "share": share, "annotations": 1000 * share, "f1": f1}
        for seed in (1, 2)
        for order, curve in (("random", (0, 0, 0.45, 0.7, 1.0)), ("queue", (0, 0.25, 0.95, 1.0, 1.0)))
        for share, f1 in zip(SHARES, curve, strict=True)
    ]
    found = summarize(rows)
    # 95 % of 1.0: the queue has it at 450, random order at 700 + 300 * (0.95 - 0.7) / 0.3 = 950.
    assert found["needed"] == {"random": pytest.approx([950, 950]), "queue": pytest.approx([450, 450])}
    assert found["saved_mean"] == pytest.approx((1 - 450 / 950, 0))
    assert found["gains"] == pytest.approx([0.35, 0.35])  # (0.25 + 0.5 + 0.3) / 3
