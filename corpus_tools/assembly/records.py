"""What becomes of a shard, as values and as JSON: a stopped build goes on from the records of its finished shards.

In: what a worker found out. Out: `StagedShard` and `PairedShard`, small beside the tables that hold the text, and the
same values read back from their records.

Examples
--------
>>> _unpack(_pack(Counter({("treats", "candidate"): 2})))
Counter({('treats', 'candidate'): 2})
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

import numpy as np

from corpus_tools.assembly.figures import Figures
from corpus_tools.assembly.metadata import Metadata
from corpus_tools.rounds import Signature
from corpus_tools.standoff import Reject, TypedLabel

Record = dict[str, Any]

_LOST = {
    "crash": "a worker process died while it worked on this document, as for lack of memory",
    "timeout": "a worker process was still working on this document when its time was over; see --document-seconds",
}
TIMED_OUT = "DOC-TIMEOUT"


@dataclass(frozen=True, slots=True)
class Profile:
    """Hold what the plan of a corpus needs of one staged document.

    Attributes
    ----------
    source_hash : str
        SHA-256 over the text and the `.ann` as they were read.
    mention_types : Counter of type
    gold : Counter of (label, type of arg1, type of arg2)
        Relations that may become candidates; the others have their cause already.
    labels : Counter of relation label
        All of them.
    equivalence_labels : tuple of str
        Those of them that `*` groups gave.
    read_relations : int
        R lines that were kept.
    """

    doc_id: str
    text_hash: str
    source_hash: str
    signature: Signature = field(compare=False)
    metadata: Metadata
    has_annotations: bool
    mention_types: Counter[str]
    gold: Counter[TypedLabel]
    labels: Counter[str]
    equivalence_labels: tuple[str, ...]
    read_relations: int


@dataclass(frozen=True, slots=True)
class StagedShard:
    """Hold what became of a shard's documents on reading.

    Attributes
    ----------
    warnings : Counter of code
    read_lines : Counter of kind of line
    unreadable : int
        Documents of which nothing was staged: text or `.ann` rejected whole, or lost with a worker.
    repairs : int
        Mentions moved onto the characters that spell them.
    removed : Counter of kind of removal in cleaning
    over_long : int
        Segments too long to give pairs.
    """

    profiles: tuple[Profile, ...]
    rejects: tuple[Reject, ...]
    warnings: Counter[str]
    read_lines: Counter[str]
    unreadable: int
    repairs: int
    removed: Counter[str]
    over_long: int

    def to_json(self) -> Record:
        """Return the shard as JSON values."""
        return {
            "profiles": [_format_profile(profile) for profile in self.profiles],
            "rejects": [asdict(reject) for reject in self.rejects],
            "counts": {name: _pack(getattr(self, name)) for name in ("warnings", "read_lines", "removed")},
            "numbers": {name: getattr(self, name) for name in ("unreadable", "repairs", "over_long")},
        }

    @classmethod
    def from_json(cls, record: Record) -> Self:
        """Return the shard that a record holds."""
        counts: Record = {name: _unpack(rows) for name, rows in record["counts"].items()}
        return cls(
            profiles=tuple(_parse_profile(each) for each in record["profiles"]),
            rejects=tuple(Reject(**each) for each in record["rejects"]),
            **counts,
            **record["numbers"],
        )


@dataclass(frozen=True, slots=True)
class PairedShard:
    """Hold the figures of each part, and where the mentions and relations of the shard ended.

    Attributes
    ----------
    figures : mapping of part
    reaches : Counter of (kind, reach)
        Kind "T", "R", or "derived" for relations that were no R line.
    lost : mapping of document to cause
        Documents on which a worker was lost, "crash" or "timeout".
    """

    figures: Mapping[str, Figures]
    reaches: Counter[tuple[str, str]]
    lost: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> Record:
        """Return the shard as JSON values."""
        figures = {
            part: {each.name: _pack(getattr(own, each.name)) for each in fields(Figures)}
            for part, own in self.figures.items()
        }
        return {"figures": figures, "reaches": _pack(self.reaches), "lost": dict(self.lost)}

    @classmethod
    def from_json(cls, record: Record) -> Self:
        """Return the shard that a record holds."""
        figures = {
            part: Figures(**{name: _unpack(rows) for name, rows in own.items()})
            for part, own in record["figures"].items()
        }
        return cls(figures, _unpack(record["reaches"]), record["lost"])


def reject_lost(doc_id: str, cause: str) -> Reject:
    """Return the row of a document on which a worker was lost: DOC-CRASH or DOC-TIMEOUT."""
    return Reject(f"DOC-{cause.upper()}", doc_id, 0, "file", "", _LOST[cause])


def _format_profile(profile: Profile) -> Record:
    counts = {name: _pack(getattr(profile, name)) for name in ("mention_types", "gold", "labels")}
    plain = ("doc_id", "text_hash", "source_hash", "has_annotations", "equivalence_labels", "read_relations")
    return {
        **{name: getattr(profile, name) for name in plain},
        "counts": counts,
        "metadata": asdict(profile.metadata),
        "signature": profile.signature.astype("<u8").tobytes().hex(),
    }


def _parse_profile(record: Record) -> Profile:
    metadata = record["metadata"]
    return Profile(
        doc_id=record["doc_id"],
        text_hash=record["text_hash"],
        source_hash=record["source_hash"],
        signature=np.frombuffer(bytes.fromhex(record["signature"]), dtype="<u8").astype(np.uint64),
        metadata=Metadata(tuple(metadata["specialties"]), tuple(metadata["patients"]), metadata["provenance"]),
        has_annotations=record["has_annotations"],
        equivalence_labels=tuple(record["equivalence_labels"]),
        read_relations=record["read_relations"],
        **{name: _unpack(rows) for name, rows in record["counts"].items()},
    )


def _pack(counts: Mapping[Any, int]) -> list[list[Any]]:
    """Return a counter as rows, since a key of JSON can be no tuple and no number."""
    return [[list(key) if isinstance(key, tuple) else key, count] for key, count in counts.items()]


def _unpack(rows: list[list[Any]]) -> Counter[Any]:
    return Counter({tuple(key) if isinstance(key, list) else key: count for key, count in rows})
