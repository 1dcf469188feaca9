"""Word vectors by counting, where an encoder's table of embeddings starts from.

In: documents as token ids. Out: a table whose rows are alike where tokens stand among like neighbours. On a few hundred
thousand tokens it is the better start by far: a table of random numbers takes most of a run to become as good.

References
----------
Levy and Goldberg, Neural word embedding as implicit matrix factorization, NIPS 2014. Levy, Goldberg and Dagan,
Improving distributional similarity with lessons learned from word embeddings, TACL 2015 (smoothing, weights).
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

from relext.training.masking import Integers

WINDOW = 5  # tokens to either side; a neighbour at distance d counts 1/d
SMOOTHING = 0.75  # exponent of the neighbours' frequencies
SPREAD = 0.06  # standard deviation of the table


def count_word_vectors(
    documents: Sequence[Integers], *, vocabulary: int, size: int, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Factorise the positive pointwise mutual information of tokens and their neighbours.

    Returns
    -------
    vectors : array, shape (vocabulary, size)
        Rotated at random, so that no column stands for more than another; standard deviation `SPREAD`.
    is_known : array of bool, shape (vocabulary,)
        False where a token has no neighbour that it meets more often than by chance: its vector is 0.
    """
    information = weigh_counts(count_neighbours(documents, vocabulary=vocabulary))
    generator = np.random.default_rng(seed)
    rank = min(size, vocabulary)
    left, strengths, _ = randomized_svd(information, rank, random_state=seed)
    rotation, _ = np.linalg.qr(generator.normal(size=(size, size)))
    vectors = (left * np.sqrt(strengths)) @ rotation[:rank]
    is_known = np.abs(vectors).sum(axis=1) > 0
    vectors *= SPREAD / max(float(vectors[is_known].std()), 1e-12) if is_known.any() else 0
    return vectors.astype(np.float32), is_known


def count_neighbours(documents: Sequence[Integers], *, vocabulary: int) -> sparse.csr_matrix:
    """Count how often tokens stand near each other, shape (vocabulary, vocabulary), nearer ones for more."""
    counts = sparse.csr_matrix((vocabulary, vocabulary))
    for distance in range(1, WINDOW + 1):
        left = np.concatenate([document[:-distance] for document in documents])
        right = np.concatenate([document[distance:] for document in documents])
        weights = np.full(len(left), 1 / distance)
        counts += sparse.csr_matrix((weights, (left, right)), shape=counts.shape)
    return (counts + counts.T).tocsr()


def weigh_counts(counts: sparse.csr_matrix) -> sparse.csr_matrix:
    """Return the positive part of log(P(token, neighbour) / (P(token) P(neighbour))), neighbours smoothed."""
    found = counts.tocoo()
    tokens = np.asarray(counts.sum(axis=1)).ravel()
    neighbours = tokens**SMOOTHING
    expected = tokens[found.row] * (neighbours / max(neighbours.sum(), 1e-12))[found.col]
    information = np.log(found.data / expected)
    kept = information > 0
    return sparse.csr_matrix((information[kept], (found.row[kept], found.col[kept])), shape=counts.shape)
