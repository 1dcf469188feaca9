"""Keys, codes and runs in integer arrays: what sorting answers without comparing all with all.

Examples
--------
>>> distinct(np.array([7, 3, 7])).tolist()
[3, 7]
"""

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

_LARGEST_KEY = 1 << 62


def pack(*columns: Ints) -> Ints:
    """Return one non-negative key a row, equal exactly where all columns are equal.

    Keys of different calls compare only where their columns have the same maxima: concatenate first.

    Parameters
    ----------
    *columns : array, shape (rows,)
        Non-negative.
    """
    keys = columns[0]
    for column in columns[1:]:
        width = int(column.max(initial=0)) + 1
        if int(keys.max(initial=0)) >= _LARGEST_KEY // width:
            keys = densify(keys)
        keys = keys * width + column
    return keys


def densify(keys: Ints) -> Ints:
    """Return codes from 0 on, in the order of the keys."""
    result: Ints = np.unique(keys, return_inverse=True)[1].astype(np.int64, copy=False)
    return result


def starts_run(ordered: Ints) -> Bools:
    """Say of each item of a sorted array whether it differs from the one before."""
    result = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=result[1:])
    return result


def distinct(values: Ints) -> Ints:
    """Return the distinct values, sorted; `numpy.unique` hashes where sorting is many times faster."""
    ordered = np.sort(values)
    return ordered[starts_run(ordered)]


def first_rows(keys: Ints) -> tuple[Ints, Ints]:
    """Return for each distinct key, in order, a row that has it, and for each row the rank of its key.

    Which of several rows stands for a key is left open.
    """
    order = np.argsort(keys)
    is_first = starts_run(keys[order])
    rank = np.empty(len(keys), np.int64)
    rank[order] = np.cumsum(is_first) - 1
    return order[is_first], rank


def is_among(values: Ints, wanted: Ints) -> Bools:
    """Say of each non-negative value whether it is wanted; memory grows with the largest value."""
    marks = np.zeros(max(int(values.max(initial=-1)), int(wanted.max(initial=-1))) + 1, np.bool_)
    marks[wanted] = True
    return marks[values]


def connect(one: Ints, other: Ints, *, size: int) -> Ints:
    """Return a code for each of `size` nodes such that nodes joined by a path of edges, and only these, share it.

    Each round passes the least code over every edge and then to whatever points at it, so that rounds grow with the
    logarithm of the longest path; components here are a few mentions on the same words.
    """
    code = np.arange(size)
    while True:
        lowest = np.minimum(code[one], code[other])
        merged = code.copy()
        np.minimum.at(merged, one, lowest)
        np.minimum.at(merged, other, lowest)
        merged = merged[merged]
        if np.array_equal(merged, code):
            return code
        code = merged
