"""The line that the benchmark of the build draws, on numbers whose slope is known."""

import numpy as np

from tests.benchmarks.bench_build import format_growth

DOCUMENTS = np.array([100.0, 200.0, 400.0, 800.0])


def test_linear_time_has_its_slope_and_exponent_1() -> None:
    # 3 s to start and 5 ms a document; 100 MiB and 2 KiB a document.
    line = format_growth(DOCUMENTS, 3 + 0.005 * DOCUMENTS, 100 + DOCUMENTS * 2 / 1024)
    assert line.startswith("5.00 ms a further document beside 3.0 s, exponent of growth 1.00; 2.0 KiB")


def test_quadratic_time_has_exponent_2() -> None:
    assert "exponent of growth 2.00" in format_growth(DOCUMENTS, 1e-5 * DOCUMENTS**2, np.ones(4))
