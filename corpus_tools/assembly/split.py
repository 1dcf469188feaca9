"""The split into train, validation and test: stratified, and without leaks between the parts.

In: one `Sample` a document. Out: document -> part, and a leak report that proves it. Documents with the same text,
near-duplicate text or a common patient form a group, and a group is never divided. Groups are spread by iterative
stratification (Sechidis, Tsoumakas and Vlahavas 2011, doi 10.1007/978-3-642-23808-6_10), a group counting each of its
documents.

Examples
--------
>>> parse_shares("70:15:15").of("test")
0.15
"""

import math
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from corpus_tools.errors import Refused, UsageError
from corpus_tools.rounds import Signature, find_near_duplicates, group_linked, link_equal
from corpus_tools.storage import hash_text

PARTS = ("train", "validation", "test")
LINK_KINDS = ("same-text", "near-duplicate", "same-patient")
_FOLDER_PARTS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "development": "validation",
    "test": "test",
    "testing": "test",
}
_SHARES = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,6})?):([0-9]{1,3}(?:\.[0-9]{1,6})?):([0-9]{1,3}(?:\.[0-9]{1,6})?)")
_SHOWN_HASHES = 3
_ANY = ""  # the stratum of every document
_MOST_OVER = 1  # documents beyond its share that a part may take for a stratum's sake, the last group aside


@dataclass(frozen=True, slots=True)
class Shares:
    """Hold the share of documents that each part gets, in percent."""

    train: float
    validation: float
    test: float

    def of(self, part: str) -> float:
        """Return the share of a part, from 0 to 1."""
        return float(getattr(self, part)) / 100

    def __str__(self) -> str:
        return ":".join(f"{share:g}" for share in (self.train, self.validation, self.test))


@dataclass(frozen=True, slots=True)
class Sample:
    """Hold what the split needs to know of a document.

    Attributes
    ----------
    strata : tuple of str
        What is to be spread evenly: specialties, or relation labels where there are none.
    signature : array, shape (128,)
        MinHash of the text.
    """

    doc_id: str
    text_hash: str
    signature: Signature = field(compare=False)
    patients: tuple[str, ...] = ()
    strata: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """Hold why two documents belong together; `kind` is one of `LINK_KINDS`."""

    kind: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Leak:
    """Count, for one kind of link, the groups that it makes and those that lie in more than one part.

    `documents_across` are the documents of such groups: what a model could have seen before.
    """

    kind: str
    groups: int
    documents: int
    groups_across: int
    documents_across: int


@dataclass(frozen=True, slots=True)
class RowSplit:
    """Hold what a random split by row leaks.

    Attributes
    ----------
    test_rows_seen : int
        Rows of the test part whose text stands in a training row too.
    test_rows_alike : int
        Those, and the rows of which a near-duplicate does.
    """

    rows: int
    test_rows: int
    test_rows_seen: int
    test_rows_alike: int


def parse_shares(text: str) -> Shares:
    """Parse "70:15:15": train, validation, test, in percent.

    Raises
    ------
    UsageError
        Where these are not three numbers that add up to 100.
    """
    match = _SHARES.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"--splits {text!r}: expected train:validation:test in percent, such as 70:15:15")
    shares = Shares(*(float(share) for share in match.groups()))
    total = shares.train + shares.validation + shares.test
    if not math.isclose(total, 100, abs_tol=0.001):
        raise UsageError(f"--splits {text} adds up to {total:g}, expected 100")
    return shares


def find_links(samples: Sequence[Sample]) -> tuple[Link, ...]:
    """Return what joins the documents: same text, near-duplicate text, a patient in common.

    Each group of equals is linked as a star around its first document.
    """
    equal = list(link_equal({sample.doc_id: (sample.text_hash,) for sample in samples}))
    copies = {second for _, second in equal}
    distinct = {sample.doc_id: sample.signature for sample in samples if sample.doc_id not in copies}
    near = ((first, second) for first, second, _ in find_near_duplicates(distinct))
    patients = link_equal({sample.doc_id: sample.patients for sample in samples})
    found = zip(LINK_KINDS, (equal, near, patients), strict=True)
    return tuple(Link(kind, first, second) for kind, pairs in found for first, second in pairs)


def split_samples(samples: Sequence[Sample], links: Iterable[Link], *, shares: Shares, seed: int) -> dict[str, str]:
    """Return document -> part, each group of linked documents in one part.

    Raises
    ------
    Refused
        Where one group holds more documents than the largest part may.
    """
    leaders = group_linked((each.doc_id for each in samples), ((link.first, link.second) for link in links))
    groups: defaultdict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        groups[leaders[sample.doc_id]].append(sample)
    _validate_groups(groups, shares, len(samples))
    parts = _spread_groups(groups, shares, seed)
    return {sample.doc_id: parts[leaders[sample.doc_id]] for sample in samples}


def _validate_groups(groups: Mapping[str, Sequence[Sample]], shares: Shares, total: int) -> None:
    limit = math.ceil(max(shares.of(part) for part in PARTS) * total)
    largest = max(groups.values(), key=len, default=())
    if len(largest) > limit:
        hashes = ", ".join(hash_text(sample.doc_id)[:12] for sample in largest[:_SHOWN_HASHES])
        raise Refused(
            f"{len(largest)} of {total} documents share their text or patient ({hashes}, …: SHA-256 of document ids), "
            f"more than the {limit} of the largest part of --splits {shares}; choose other shares or --keep-splits"
        )


def _spread_groups(groups: Mapping[str, Sequence[Sample]], shares: Shares, seed: int) -> dict[str, str]:
    """Give each group a part: the rarest stratum first, its largest groups first, each to where most are wanting.

    A part that is full takes no more: strata of one or two documents would all go to the largest.
    """
    strata = {name: _count_strata(group) for name, group in groups.items()}
    totals = sum(strata.values(), Counter())
    wanting = {
        part: {stratum: shares.of(part) * total for stratum, total in totals.items()}
        for part in PARTS
        if shares.of(part)
    }
    waiting = sorted(groups)
    random.Random(seed).shuffle(waiting)
    waiting.sort(key=lambda name: -len(groups[name]))
    assigned: dict[str, str] = {}
    while waiting:
        stratum = _find_rarest(strata[name] for name in waiting)
        for name in (name for name in waiting if stratum in strata[name]):
            has_room = [part for part in wanting if wanting[part][_ANY] > -_MOST_OVER] or list(wanting)
            part = max(has_room, key=lambda part: (wanting[part][stratum], wanting[part][_ANY]))
            assigned[name] = part
            for own, count in strata[name].items():
                wanting[part][own] -= count
        waiting = [name for name in waiting if name not in assigned]
    return assigned


def _count_strata(group: Sequence[Sample]) -> Counter[str]:
    return Counter({_ANY: len(group)}) + Counter(stratum for sample in group for stratum in set(sample.strata))


def _find_rarest(strata: Iterable[Counter[str]]) -> str:
    """Return the stratum with the fewest documents, the one of all documents last."""
    remaining: Counter[str] = Counter()
    for counts in strata:
        remaining.update(counts)
    return min(remaining, key=lambda stratum: (remaining[stratum], stratum == _ANY, stratum))


def split_by_folder(doc_ids: Iterable[str]) -> dict[str, str]:
    """Return document -> part by the first folder of its path that names one: train, validation or dev, test.

    Raises
    ------
    UsageError
        Where a document lies in no such folder.
    """
    parts = {doc_id: _find_folder_part(doc_id) for doc_id in doc_ids}
    outside = [doc_id for doc_id, part in parts.items() if not part]
    if outside:
        raise UsageError(
            f"--keep-splits: {len(outside)} of {len(parts)} documents lie in no folder named train, validation, dev or "
            f"test, the first is {outside[0]}; name the folders so, or use --splits"
        )
    return parts


def _find_folder_part(doc_id: str) -> str:
    folders = doc_id.lower().split("/")[:-1]
    return next((_FOLDER_PARTS[folder] for folder in folders if folder in _FOLDER_PARTS), "")


def find_leaks(links: Sequence[Link], parts: Mapping[str, str]) -> tuple[Leak, ...]:
    """Return one `Leak` a kind of link; no group across parts is the proof that nothing leaks."""
    return tuple(_count_leak(kind, [link for link in links if link.kind == kind], parts) for kind in LINK_KINDS)


def _count_leak(kind: str, links: Sequence[Link], parts: Mapping[str, str]) -> Leak:
    linked = sorted({doc_id for link in links for doc_id in (link.first, link.second)})
    leaders = group_linked(linked, ((link.first, link.second) for link in links))
    found: defaultdict[str, set[str]] = defaultdict(set)
    for doc_id, leader in leaders.items():
        found[leader].add(parts[doc_id])
    across = {leader for leader, own in found.items() if len(own) > 1}
    return Leak(kind, len(found), len(linked), len(across), sum(leader in across for leader in leaders.values()))


def measure_row_split(
    listed: Sequence[tuple[str, int]],
    alike: Iterable[tuple[str, str]] = (),
    *,
    shares: Shares | None = None,
    seed: int,
) -> RowSplit:
    """Split rows at random, as if no two had the same text, and count what that leaks.

    Parameters
    ----------
    listed : sequence of (text's name, rows that list it)
    alike : iterable of two names
        Texts that are near-duplicates; they join in chains.
    shares : Shares, optional
        By default 70:15:15.
    """
    shares = shares or Shares(70, 15, 15)
    rows = [name for name, count in listed for _ in range(count)]
    random.Random(seed).shuffle(rows)
    ends = [round(shares.of("train") * len(rows)), round((1 - shares.of("test")) * len(rows))]
    seen, test = set(rows[: ends[0]]), rows[ends[1] :]
    groups = group_linked((name for name, _ in listed), alike)
    groups_seen = {groups[name] for name in seen}
    return RowSplit(
        len(rows), len(test), sum(name in seen for name in test), sum(groups[name] in groups_seen for name in test)
    )
