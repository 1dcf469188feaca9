"""Best one-to-one matchings where items have a choice on both sides, one connected component at a time.

In: `Edges`, pairs of items that may be matched. Out: the rows of the edges of a matching with most edges, then most
shared characters, then least distance. Few edges are tried out; more go to scipy's solvers, which are loaded only then.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from corpus_tools.agreement.arrays import Bools, Ints, connect, densify, starts_run

_FEW_EDGES = 10  # up to this many, trying all is faster than loading a solver
_DENSE_CELLS = 1 << 20  # up to this size a component is solved as a full matrix
_EXACT = 2**53  # integers below it are exact in the solvers' float64


@dataclass(frozen=True, slots=True)
class Edges:
    """Hold pairs of items, one of each annotator, that may be matched.

    Attributes
    ----------
    first, second : array, shape (edges,)
        Rows of the first and of the second annotator's items.
    shared : array, shape (edges,), characters
        What the two have in common.
    distance : array, shape (edges,), characters
        How far apart their offsets are, starts and ends added.
    """

    first: Ints
    second: Ints
    shared: Ints
    distance: Ints

    def __len__(self) -> int:
        return len(self.first)

    def take(self, rows: Ints | Bools | slice) -> "Edges":
        """Return some of the edges."""
        return Edges(self.first[rows], self.second[rows], self.shared[rows], self.distance[rows])


def assign_components(edges: Edges) -> Ints:
    """Return the rows of the edges in a best matching; no pair of items may have two edges."""
    order, starts = _components(edges)
    ordered = edges.take(order)
    columns = (order, ordered.first, ordered.second, ordered.shared, ordered.distance)
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    chosen: list[int] = []
    for start, end in pairwise([*starts.tolist(), len(rows)]):
        if end - start <= _FEW_EDGES:
            chosen += _try_all(rows[start:end])[1]
        else:
            chosen += (order[start:end][_assign(ordered.take(slice(start, end)))]).tolist()
    return np.array(chosen, np.int64)


def _components(edges: Edges) -> tuple[Ints, Ints]:
    """Return the rows of the edges, one connected component after the other, and where each component starts."""
    first, second = densify(edges.first), densify(edges.second)
    size = int(first.max()) + 1
    label = connect(first, second + size, size=size + int(second.max()) + 1)[first]
    order = np.argsort(label, kind="stable")
    return order, np.flatnonzero(starts_run(label[order]))


_Value = tuple[int, int, int]


def _try_all(rows: list[tuple[int, int, int, int, int]]) -> tuple[_Value, tuple[int, ...]]:
    """Return the value (matches, shared, minus distance) and the rows of the best matching among a few edges.

    Parameters
    ----------
    rows : list of tuple
        Row, first, second, shared and distance of each edge.
    """
    if not rows:
        return (0, 0, 0), ()
    (row, first, second, shared, distance), *others = rows
    without = _try_all(others)
    (matches, added, nearness), chosen = _try_all([r for r in others if r[1] != first and r[2] != second])
    taken = (matches + 1, added + shared, nearness - distance), (row, *chosen)
    return max(without, taken, key=lambda found: found[0])


def _assign(edges: Edges) -> Ints:
    """Return the rows of the best edges of a component too large to try all."""
    from scipy.optimize import linear_sum_assignment

    items_first, first = np.unique(edges.first, return_inverse=True)
    items_second, second = np.unique(edges.second, return_inverse=True)
    weights = _weights(edges, most=min(len(items_first), len(items_second)))
    if len(items_first) * len(items_second) > _DENSE_CELLS:
        return _solve_sparse(first, second, weights)
    profit = np.zeros((len(items_first), len(items_second)))
    profit[first, second] = weights
    rows, columns = linear_sum_assignment(profit, maximize=True)
    row_of = np.full(profit.shape, -1, np.int64)
    row_of[first, second] = np.arange(len(edges))
    found: Ints = row_of[rows, columns]
    return found[found >= 0]


def _weights(edges: Edges, *, most: int) -> NDArray[np.float64]:
    """Put the three criteria into one positive number an edge, so that a sum compares them one after the other."""
    reach = most * int(edges.distance.max()) + 1
    spread = (most * int(edges.shared.max()) + 1) * reach
    if 2 * most * spread >= _EXACT:
        reach, spread = 1, most * int(edges.shared.max()) + 1
    near = int(edges.distance.max()) - edges.distance if reach > 1 else np.zeros(len(edges), np.int64)
    return (spread + edges.shared * reach + near).astype(np.float64)


def _solve_sparse(first: Ints, second: Ints, weights: NDArray[np.float64]) -> Ints:
    """Solve a large component without a full matrix: each item may also stay alone, with a stand-in of no weight."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    size_first, size_second = int(first.max()) + 1, int(second.max()) + 1
    rows = np.concatenate([first, np.arange(size_first)])
    columns = np.concatenate([second, size_second + np.arange(size_first)])
    ceiling = float(weights.max()) + 1.0
    costs = np.concatenate([ceiling - weights, np.full(size_first, ceiling)])
    graph = coo_array((costs, (rows, columns)), shape=(size_first, size_second + size_first)).tocsr()
    matched_rows, matched_columns = min_weight_full_bipartite_matching(graph)
    matched = set(zip(matched_rows.tolist(), matched_columns.tolist(), strict=True))
    pairs = zip(first.tolist(), second.tolist(), strict=True)
    return np.array([row for row, pair in enumerate(pairs) if pair in matched], np.int64)
