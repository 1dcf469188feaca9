"""What a schema is made of: entity types, relation labels, attributes and events, as frozen values.

In: nothing is read here; `schema_record`, `annotation_conf` and `schema` make these values.
Out: `EntityType`, `RelationType`, `AttributeType`, `EventType` and what documents them.

Two of these values are equal when they allow the same annotations: definitions, UMLS references, colours and keys are
documentation and do not count, so that a schema equals what is read back from the `annotation.conf` written for it.

Examples
--------
>>> sorted(RelationType("together", frozenset({("Symptom", "Finding")}), symmetric=True).pairs)
[('Finding', 'Symptom'), ('Symptom', 'Finding')]
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

TypePair = tuple[str, str]

DERIVED, EXTENSION = "derived", "extension"


class HierarchyEntry(Protocol):
    """Name what a type in a hierarchy says of its place."""

    @property
    def name(self) -> str: ...
    @property
    def parent(self) -> str | None: ...
    @property
    def is_abstract(self) -> bool: ...


@dataclass(frozen=True, slots=True, order=True)
class SemanticType:
    """Name one type of the UMLS Semantic Network by its identifier (TUI)."""

    tui: str
    name: str


@dataclass(frozen=True, slots=True)
class SemanticRelation:
    """Name one relation of the UMLS Semantic Network; `parent` is empty for a root, `inverse` is the network's word."""

    tui: str
    name: str
    parent: str
    inverse: str


@dataclass(frozen=True, slots=True)
class PairSource:
    """Say why a relation allows pairs of types.

    Attributes
    ----------
    arg1, arg2 : tuple of str
        Entity types; every combination of the two is allowed.
    source : str
        `DERIVED` where the Semantic Network states it, `EXTENSION` where we add to it, "" where nobody says.
    triples : tuple of str
        The network's pairs of TUIs behind a derived row, such as "T121 T047"; empty for an extension.
    reason : str
        Why an extension is needed; empty for a derived row.
    """

    arg1: tuple[str, ...]
    arg2: tuple[str, ...]
    source: str
    triples: tuple[str, ...] = ()
    reason: str = ""

    @property
    def pairs(self) -> frozenset[TypePair]:
        """Return every combination of the two lists of types."""
        return frozenset((first, second) for first in self.arg1 for second in self.arg2)


@dataclass(frozen=True, slots=True)
class EntityType:
    """Hold a type of mention; an abstract one groups its children and is not annotated itself."""

    name: str
    parent: str | None = None
    is_abstract: bool = False
    semantic_types: tuple[SemanticType, ...] = field(default=(), compare=False)
    groups: tuple[str, ...] = field(default=(), compare=False)  # UMLS semantic groups, such as DISO
    definition: str = field(default="", compare=False)
    abbreviation: str = field(default="", compare=False)
    color: str = field(default="", compare=False)
    key: str = field(default="", compare=False)  # keyboard shortcut in brat


@dataclass(frozen=True, slots=True)
class RelationType:
    """Hold a relation label with the pairs of types that it joins, as (type of Arg1, type of Arg2).

    The pairs of a symmetric relation are closed under exchange of the two. Types are annotated ones, without macros:
    what `annotation.conf` says of a parent type stands here for each of its children too.
    """

    name: str
    pairs: frozenset[TypePair]
    symmetric: bool = False
    transitive: bool = False
    roles: tuple[str, str] = ("Arg1", "Arg2")
    semantic_relation: SemanticRelation | None = field(default=None, compare=False)
    sources: tuple[PairSource, ...] = field(default=(), compare=False)
    definition: str = field(default="", compare=False)
    abbreviation: str = field(default="", compare=False)
    color: str = field(default="", compare=False)
    key: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if self.symmetric:
            object.__setattr__(self, "pairs", close_pairs(self.pairs))

    @property
    def rows(self) -> tuple[PairSource, ...]:
        """Return the sources, then rows without a source for the pairs that no source covers."""
        covered = frozenset(pair for source in self.sources for pair in source.pairs)
        rest = self.pairs - (close_pairs(covered) if self.symmetric else covered)
        return (*self.sources, *(PairSource(arg1, arg2, "") for arg1, arg2 in group_pairs(rest)))


@dataclass(frozen=True, slots=True)
class AttributeType:
    """Hold an attribute: its values (none for a flag), the types that may carry it, and the value left unwritten."""

    name: str
    holders: frozenset[str]
    values: tuple[str, ...] = ()
    default: str | None = field(default=None, compare=False)
    definition: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class EventRole:
    """Hold a role of an event: the types that may fill it, from `minimum` to `maximum` times (None: without limit)."""

    name: str
    types: frozenset[str]
    minimum: int = 1
    maximum: int | None = 1


@dataclass(frozen=True, slots=True)
class EventType:
    """Hold a type of event, which is also the type of its trigger."""

    name: str
    roles: tuple[EventRole, ...] = ()
    parent: str | None = None
    is_abstract: bool = False
    color: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Overlap:
    """Hold an `<OVERLAP>` line: how mentions of two types may share characters, such as "contain"."""

    pairs: frozenset[TypePair]
    kind: str


def close_pairs(pairs: Iterable[TypePair]) -> frozenset[TypePair]:
    """Return the pairs with each one's exchange."""
    return frozenset(pairs) | frozenset((second, first) for first, second in pairs)


def group_pairs(pairs: Iterable[TypePair]) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Return few rows of (types of Arg1, types of Arg2) whose combinations are exactly the pairs, sorted.

    Examples
    --------
    >>> group_pairs({("Drug", "Rash"), ("Food", "Rash")})
    [(('Drug', 'Food'), ('Rash',))]
    """
    seconds: dict[str, list[str]] = {}
    for first, second in sorted(pairs):
        seconds.setdefault(first, []).append(second)
    firsts: dict[tuple[str, ...], list[str]] = {}
    for first, row in seconds.items():
        firsts.setdefault(tuple(row), []).append(first)
    return [(tuple(row), types) for types, row in firsts.items()]


def list_descendants(types: Sequence[HierarchyEntry]) -> dict[str, frozenset[str]]:
    """Return for each type the annotated types that stand for it: itself unless abstract, and all below it.

    Parents must stand above their children.
    """
    members: dict[str, frozenset[str]] = {}
    for entry in reversed(types):  # so each type is complete before its parent takes it in
        own = frozenset[str]() if entry.is_abstract else frozenset((entry.name,))
        members[entry.name] = members.get(entry.name, frozenset()) | own
        if entry.parent is not None:
            members[entry.parent] = members.get(entry.parent, frozenset()) | members[entry.name]
    return members
