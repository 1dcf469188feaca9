"""Word vectors by counting: against pairs counted by hand, and tokens among like neighbours alike."""

import numpy as np
import pytest
from scipy import sparse

from relext.training.word_vectors import SPREAD, count_neighbours, count_word_vectors, weigh_counts


def likeness(vectors: np.ndarray, one: int, other: int) -> float:
    """Return the cosine of two rows."""
    first, second = vectors[one], vectors[other]
    return float(first @ second / np.linalg.norm(first) / np.linalg.norm(second))


def test_neighbours_are_counted_both_ways_and_the_nearer_for_more() -> None:
    counts = count_neighbours([np.array([0, 1, 2]), np.array([2])], vocabulary=4).toarray()
    # 0-1 and 1-2 stand side by side, 0-2 two apart; the document of one token has no pair, and token 3 no document.
    assert counts.tolist() == [[0, 1, 0.5, 0], [1, 0, 1, 0], [0.5, 1, 0, 0], [0, 0, 0, 0]]


def test_neighbours_beyond_the_window_do_not_count() -> None:
    counts = count_neighbours([np.arange(8)], vocabulary=8)
    assert counts[0, 5] == pytest.approx(1 / 5) and counts[0, 6] == 0


def test_information_is_the_log_of_met_over_expected_and_never_negative() -> None:
    counts = sparse.csr_matrix(np.array([[0.0, 3.0], [3.0, 2.0]]))
    # Rows sum to 3 and 5; neighbours smoothed: 3^.75 = 2.2795, 5^.75 = 3.3437, shares .4054 and .5946.
    found = weigh_counts(counts).toarray()
    expected = [[0, np.log(3 / (3 * 0.5946))], [np.log(3 / (5 * 0.4054)), 0]]  # 2 / (5 * .5946) is below 1
    assert found == pytest.approx(np.array(expected), abs=1e-3)


def test_tokens_among_like_neighbours_are_alike() -> None:
    generator = np.random.default_rng(1)
    # Drugs 0-2 stand before 3, signs 4-6 behind 7.
    documents = [np.array([generator.integers(0, 3), 3]) for _ in range(200)]
    documents += [np.array([7, generator.integers(4, 7)]) for _ in range(200)]
    vectors, is_known = count_word_vectors(documents, vocabulary=9, size=4, seed=1)
    assert likeness(vectors, 0, 1) > 0.95 > 0.5 > abs(likeness(vectors, 0, 5))
    assert is_known.tolist() == [True] * 8 + [False]
    assert vectors[is_known].std() == pytest.approx(SPREAD, rel=1e-3)


def test_without_a_pair_nothing_is_known() -> None:
    vectors, is_known = count_word_vectors([np.array([3])], vocabulary=5, size=8, seed=1)
    assert vectors.shape == (5, 8) and not is_known.any() and not vectors.any()
