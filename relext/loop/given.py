"""Mentions that a caller gives as plain values, as textbounds of a document.

In: a `Document` and (start, end, type) triples. Out: the `Document` with one T line a triple.

Examples
--------
>>> from corpus_tools.standoff import parse_document
>>> document = parse_document("Aspirin for pain.", "", doc_id="note").document
>>> [each.text for each in mark_mentions(document, [(0, 7, "Drug"), (12, 16, "Sign")]).textbounds]
['Aspirin', 'pain']
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from operator import index
from typing import Any

from corpus_tools.errors import InputError
from corpus_tools.standoff import LABEL_RULE, Document, Span, TextBound, is_label
from relext.loop.additions import append_annotations, split_at_breaks

GivenMention = tuple[int, int, str]  # start, end, type

_NUMBER = re.compile(r"T([0-9]{1,9})")


def mark_mentions(document: Document, mentions: Sequence[GivenMention]) -> Document:
    """Append one textbound a mention, numbered on from those that the document has.

    Raises
    ------
    InputError
        Naming the mention by its position where it is no triple, its characters do not exist or hold nothing but
        white space, or its type is no label that brat can store.
    """
    if not isinstance(mentions, Iterable):
        raise InputError(f"mentions: expected a list of (start, end, type), found {type(mentions).__name__}")
    numbers = [int(match[1]) for match in map(_NUMBER.fullmatch, (each.id for each in document.textbounds)) if match]
    first = max(numbers, default=0) + 1
    added = [_mark(document, mention, number=first + n, place=n) for n, mention in enumerate(mentions)]
    return append_annotations(document, added) if added else document


def _mark(document: Document, mention: GivenMention, *, number: int, place: int) -> TextBound:
    start, end, name = _validate_triple(mention, place)
    if not 0 <= start < end <= len(document.text):
        raise InputError(
            f"mentions[{place}]: {start} to {end} is no range of a text of {len(document.text)} characters"
        )
    if not is_label(name):
        raise InputError(f"mentions[{place}]: its type is a label of {len(name)} characters; expected {LABEL_RULE}")
    fragments = split_at_breaks(document.text, Span(start, end))
    if not fragments:
        raise InputError(f"mentions[{place}]: {start} to {end} holds nothing but white space")
    textbound = TextBound(f"T{number}", name, fragments, "")
    return replace(textbound, text=document.spelled(textbound))


def _validate_triple(mention: Any, place: int) -> GivenMention:
    """Return a caller's value as (start, end, type), refused where it is anything else."""
    try:
        start, end, name = mention
        if isinstance(name, str):
            return index(start), index(end), name
    except (TypeError, ValueError):
        pass
    parts = ", ".join(type(part).__name__ for part in mention) if isinstance(mention, tuple | list) else ""
    raise InputError(
        f"mentions[{place}]: expected (start, end, type), two whole numbers and a string, found "
        f"{f'({parts})' if parts else type(mention).__name__}"
    )
