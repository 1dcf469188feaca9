"""From the documents' columns to the tables of a project.

In: for each annotator the `AnnotationColumns` of each document. Out: `Tables`, in which positions within a document
have become rows and strings have become codes.

Examples
--------
>>> columns = AnnotationColumns(["T1"], ["Drug"], [0], [7])
>>> tables = stack_columns([[(0, columns)], [(0, columns)]])
>>> tables.textbounds.annotator.tolist(), tables.names
([0, 1], ('Drug', 'T1'))
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count
from operator import attrgetter
from typing import Any

import numpy as np

from corpus_tools.agreement.arrays import Ints, is_among, pack
from corpus_tools.agreement.tables import Arguments, Attributes, Events, NAry, Relations, Tables, Textbounds
from corpus_tools.standoff import AnnotationColumns, Span

Stacked = Sequence[tuple[int, AnnotationColumns]]


def stack_columns(
    annotators: Sequence[Stacked], *, is_symmetric: Callable[[str], bool] = lambda label: False
) -> Tables:
    """Stack the documents' columns of each annotator, given with the documents' numbers, into tables.

    Parameters
    ----------
    is_symmetric : callable
        Says of a relation label whether both orders of its arguments are the same statement.
    """
    given = list(chain.from_iterable(annotators))
    numbers, all_columns = [number for number, _ in given], [columns for _, columns in given]
    stack = _Stack(numbers, all_columns, [len(documents) for documents in annotators])
    codes: dict[str, int] = defaultdict(count().__next__)
    coded = _code_strings(stack, codes)
    names = sorted(codes)
    order = np.empty(len(names), np.int64)
    order[[codes[name] for name in names]] = np.arange(len(names))
    ranked = {column: order[values] for column, values in coded.items()}
    relations, kept_as = _merge_relations(_stack_relations(stack, ranked), _symmetric_labels(names, is_symmetric))
    tables = Tables(
        tuple(names),
        _stack_textbounds(stack, ranked),
        relations,
        _stack_events(stack, ranked),
        _stack_arguments(stack, ranked, kept_as),
        _stack_attributes(stack, ranked, kept_as),
        len(kept_as) - len(relations.label),
        sum(columns.left_out for columns in stack.columns),
        tuple(_list_n_ary(stack)),
    )
    return tables


@dataclass(frozen=True, slots=True)
class _Stack:
    """Hold the documents' numbers and columns in stacking order, and how many documents each annotator has."""

    documents: Sequence[int]
    columns: Sequence[AnnotationColumns]
    per_annotator: list[int]

    def parts(self, column: str) -> Iterator[Sequence[Any]]:
        """Return each document's part of a column."""
        return map(attrgetter(column), self.columns)

    def lengths(self, column: str) -> Ints:
        """Return how many rows each document adds to a column."""
        return np.fromiter(map(len, self.parts(column)), np.int64, len(self.columns))

    def numbers(self, column: str) -> Ints:
        """Return a column of numbers."""
        return np.fromiter(chain.from_iterable(self.parts(column)), np.int64)

    def strings(self, column: str) -> Iterable[str]:
        """Return a column of strings."""
        return chain.from_iterable(self.parts(column))

    def places(self, column: str) -> tuple[Ints, Ints]:
        """Return for each row of a column its annotator and its document."""
        annotator = np.repeat(np.arange(len(self.per_annotator)), self.per_annotator)
        document = np.array(self.documents, np.int64)
        lengths = self.lengths(column)
        return np.repeat(annotator, lengths), np.repeat(document, lengths)

    def rows(self, column: str, *, of: str) -> Ints:
        """Return a column of positions in a document's `of` as rows of the stacked `of`."""
        return self.numbers(column) + np.repeat(_before(self.lengths(of)), self.lengths(column))


def _before(lengths: Ints) -> Ints:
    result: Ints = np.cumsum(lengths) - lengths
    return result


_STRINGS = (
    "textbound_types",
    "textbound_ids",
    "relation_types",
    "relation_ids",
    "event_types",
    "event_ids",
    "argument_roles",
    "attribute_names",
    "attribute_ids",
)


def _code_strings(stack: _Stack, codes: dict[str, int]) -> dict[str, Ints]:
    """Return every column of strings as codes in order of appearance, which `codes` learns on the way."""
    code = codes.__getitem__
    coded = {column: np.fromiter(map(code, stack.strings(column)), np.int64) for column in _STRINGS}
    values = (value or "" for value in stack.strings("attribute_values"))
    coded["attribute_values"] = np.fromiter(map(code, values), np.int64)
    return coded


def _symmetric_labels(names: Sequence[str], is_symmetric: Callable[[str], bool]) -> Ints:
    return np.array([code for code, name in enumerate(names) if is_symmetric(name)], np.int64)


def _stack_textbounds(stack: _Stack, coded: dict[str, Ints]) -> Textbounds:
    starts, ends = stack.numbers("starts"), stack.numbers("ends")
    first_rows = _before(stack.lengths("starts")).tolist()
    pieces = [
        (first_row + row, fragments)
        for first_row, columns in zip(first_rows, stack.columns, strict=True)
        for row, fragments in columns.discontinuous.items()
    ]
    shape = np.zeros(len(starts), np.int64)
    shapes: dict[tuple[Span, ...], int] = defaultdict(count(1).__next__)
    for row, fragments in pieces:
        shape[row] = shapes[fragments]
    places = stack.places("starts")
    labels = coded["textbound_types"], coded["textbound_ids"]
    return Textbounds(*places, *labels, starts, ends, shape, *_stack_fragments(starts, ends, pieces))


def _stack_fragments(starts: Ints, ends: Ints, pieces: list[tuple[int, tuple[Span, ...]]]) -> tuple[Ints, Ints, Ints]:
    whole = np.ones(len(starts), bool)
    whole[[row for row, _ in pieces]] = False
    cut = [(row, span.start, span.end) for row, fragments in pieces for span in fragments]
    cut_rows = np.array(cut, np.int64).reshape(-1, 3)
    owner = np.concatenate([np.flatnonzero(whole), cut_rows[:, 0]])
    order = np.argsort(owner, kind="stable")
    fragment_starts = np.concatenate([starts[whole], cut_rows[:, 1]])
    fragment_ends = np.concatenate([ends[whole], cut_rows[:, 2]])
    return owner[order], fragment_starts[order], fragment_ends[order]


def _stack_relations(stack: _Stack, coded: dict[str, Ints]) -> Relations:
    arguments = stack.rows("arg1", of="starts"), stack.rows("arg2", of="starts")
    return Relations(*stack.places("arg1"), coded["relation_types"], coded["relation_ids"], *arguments)


def _merge_relations(relations: Relations, symmetric: Ints) -> tuple[Relations, Ints]:
    """Keep the first of like relations; return with them the row as which each of the given ones is kept."""
    swap = is_among(relations.label, symmetric) & (relations.arg1 > relations.arg2)
    low = np.where(swap, relations.arg2, relations.arg1)
    high = np.where(swap, relations.arg1, relations.arg2)
    _, first_rows, kept_as = np.unique(pack(relations.label, low, high), return_index=True, return_inverse=True)
    order = np.argsort(first_rows)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    kept = first_rows[order]
    merged = Relations(
        relations.annotator[kept],
        relations.document[kept],
        relations.label[kept],
        relations.identity[kept],
        relations.arg1[kept],
        relations.arg2[kept],
    )
    return merged, rank[kept_as]


def _list_n_ary(stack: _Stack) -> Iterator[NAry]:
    annotators = np.repeat(np.arange(len(stack.per_annotator)), stack.per_annotator).tolist()
    before = _before(stack.lengths("starts")).tolist()
    for annotator, first_row, document, columns in zip(annotators, before, stack.documents, stack.columns, strict=True):
        for label, arguments in columns.n_ary:
            yield NAry(annotator, document, label, tuple((first_row + row, role) for row, role in arguments))


def _stack_events(stack: _Stack, coded: dict[str, Ints]) -> Events:
    triggers = stack.rows("triggers", of="starts")
    return Events(*stack.places("triggers"), coded["event_types"], coded["event_ids"], triggers)


def _stack_arguments(stack: _Stack, coded: dict[str, Ints], kept_as: Ints) -> Arguments:
    owners = stack.rows("argument_owners", of="triggers")
    fillers = _stack_nodes(stack, "argument_fillers", kept_as)
    return Arguments(*stack.places("argument_owners"), coded["argument_roles"], owners, fillers)


def _stack_attributes(stack: _Stack, coded: dict[str, Ints], kept_as: Ints) -> Attributes:
    codes = coded["attribute_names"], coded["attribute_ids"], coded["attribute_values"]
    return Attributes(*stack.places("attribute_holders"), *codes, _stack_nodes(stack, "attribute_holders", kept_as))


def _stack_nodes(stack: _Stack, column: str, kept_as: Ints) -> Ints:
    """Turn nodes of a document into nodes of the tables: textbounds first, then events, then relations."""
    nodes, rows = stack.numbers(column), stack.lengths(column)
    lengths = [stack.lengths(kind) for kind in ("starts", "triggers", "arg1")]
    textbounds, events, _ = lengths
    is_relation = nodes >= np.repeat(textbounds + events, rows)
    is_event = ~is_relation & (nodes >= np.repeat(textbounds, rows))
    in_textbounds = nodes + np.repeat(_before(textbounds), rows)
    in_events = nodes + np.repeat(_before(events) - textbounds, rows) + int(textbounds.sum())
    in_relations = nodes + np.repeat(_before(lengths[2]) - textbounds - events, rows)
    stacked = np.where(is_event, in_events, in_textbounds)
    first_relation = int(textbounds.sum() + events.sum())
    stacked[is_relation] = kept_as[in_relations[is_relation]] + first_relation
    return stacked
