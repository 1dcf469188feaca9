"""Relations of other than two arguments, matched and counted as a layer of their own.

In: `Tables` and two annotators. Out: `LayerCounts` for the layer `n_ary`, beside those of the other layers.

Two such relations match where their labels are equal, their roles are the same, and the mentions in each role match in
the mode. They are few wherever they occur: brat writes none, so that plain loops do.

Examples
--------
>>> _is_match([("Drug", 5), ("Sign", 6)], [("Drug", 8), ("Sign", 9)], lambda one, other: other == one + 3)
True
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence

import numpy as np

from corpus_tools.agreement.arrays import Bools, Ints
from corpus_tools.agreement.assignment import Edges
from corpus_tools.agreement.matching import choose_edges
from corpus_tools.agreement.scores import LayerCounts
from corpus_tools.agreement.tables import NAry, Tables, Textbounds

LAYER = "n_ary"

Compares = Callable[[int, int], bool]


def count_n_ary(
    tables: Tables, *, mode: str, pair: tuple[int, int], documents: Bools, labels: Collection[str] = ()
) -> LayerCounts:
    """Count the matched and the marked relations of two annotators by document and label.

    Parameters
    ----------
    documents : array, shape (documents,)
        Those that both annotated on the same text.
    labels : collection of str
        Only these; all where empty.
    """
    names = sorted({each.label for each in tables.n_ary if not labels or each.label in labels})
    rows = {name: row for row, name in enumerate(names)}
    counts = np.zeros((len(documents), len(names), 4), np.int64)
    compare = _comparison(tables.textbounds, mode)
    groups: defaultdict[tuple[int, str], tuple[list[NAry], list[NAry]]] = defaultdict(lambda: ([], []))
    for each in tables.n_ary:
        if each.label in rows and each.annotator in pair and documents[each.document]:
            groups[each.document, each.label][pair.index(each.annotator)].append(each)
    for (document, label), (first, second) in groups.items():
        matched = _match(tables.textbounds, first, second, compare)
        counts[document, rows[label]] = matched, matched, len(first), len(second)
    return LayerCounts(tuple(names), counts)


def _comparison(textbounds: Textbounds, mode: str) -> Compares:
    """Return what says whether two mentions match in a mode."""
    columns: dict[str, tuple[Ints, ...]] = {
        "exact": (textbounds.label, textbounds.starts, textbounds.ends, textbounds.shape),
        "span": (textbounds.starts, textbounds.ends, textbounds.shape),
        "id": (textbounds.label, textbounds.identity),
        "overlap": (textbounds.label,),
    }

    def compare(one: int, other: int) -> bool:
        is_alike = all(column[one] == column[other] for column in columns[mode])
        return is_alike and (mode != "overlap" or _share_character(textbounds, one, other))

    return compare


def _share_character(textbounds: Textbounds, one: int, other: int) -> bool:
    fragments = [_fragments(textbounds, row) for row in (one, other)]
    return any(start < stop and begin < end for start, end in fragments[0] for begin, stop in fragments[1])


def _fragments(textbounds: Textbounds, row: int) -> list[tuple[int, int]]:
    first, last = np.searchsorted(textbounds.fragment_owner, [row, row + 1])
    starts, ends = textbounds.fragment_starts[first:last], textbounds.fragment_ends[first:last]
    return list(zip(starts.tolist(), ends.tolist(), strict=True))


def _match(textbounds: Textbounds, first: Sequence[NAry], second: Sequence[NAry], compare: Compares) -> int:
    """Return how many relations can be matched one to one at most."""
    pairs = [
        (i, j)
        for i, one in enumerate(first)
        for j, other in enumerate(second)
        if _is_match(_ordered(textbounds, one), _ordered(textbounds, other), compare)
    ]
    if not pairs:
        return 0
    rows = np.array(pairs, np.int64)
    nothing = np.zeros(len(pairs), np.int64)
    return len(choose_edges(Edges(rows[:, 0], rows[:, 1], nothing, nothing)))


def _ordered(textbounds: Textbounds, relation: NAry) -> list[tuple[str, int]]:
    """Return roles and fillers, those of one role in text order."""
    places = ((role, int(textbounds.starts[row]), int(textbounds.ends[row]), row) for row, role in relation.arguments)
    return [(role, row) for role, _, _, row in sorted(places)]


def _is_match(one: Iterable[tuple[str, int]], other: Iterable[tuple[str, int]], compare: Compares) -> bool:
    first, second = list(one), list(other)
    return [role for role, _ in first] == [role for role, _ in second] and all(
        compare(row, partner) for (_, row), (_, partner) in zip(first, second, strict=True)
    )
