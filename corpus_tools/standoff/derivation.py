"""Derive from the UMLS Semantic Network which types each relation label may join.

In: a user's SRDEF and SRSTRE1, and a schema whose types and labels name semantic types and relations by TUI.
Out: the schema with the network's names filled in and every row of source "derived" computed anew; rows of source
"extension" stay, unless the network now states all that they add.

A label may join (A, B) where the network states its relation between any semantic type of A and any of B.
Courtesy of the U.S. National Library of Medicine.

Examples
--------
>>> network = parse_network(
...     "STY|T121|Pharmacologic Substance|A1|||||phsu||\\nSTY|T184|Sign or Symptom|A2|||||sosy||\\n"
...     "RL|T154|treats|R3.1.2|||||TS|treated_by|\\n",
...     "T121|T154|T184|\\n",
... )
>>> network.relation("T154").inverse
'treated_by'
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from corpus_tools.errors import SchemaError
from corpus_tools.standoff.schema import Schema
from corpus_tools.standoff.schema_types import (
    DERIVED,
    EXTENSION,
    EntityType,
    PairSource,
    RelationType,
    SemanticRelation,
    SemanticType,
    TypePair,
    close_pairs,
)
from corpus_tools.standoff.strict_table import shown
from corpus_tools.standoff.text_files import read_settings_text

ACKNOWLEDGEMENT = "Courtesy of the U.S. National Library of Medicine"

_TUI = re.compile(r"T[0-9]{3}")
_SRDEF_FIELDS, _SRSTRE1_FIELDS = 11, 4
_ROOT = "R"


@dataclass(frozen=True, slots=True)
class Network:
    """Hold what is used of the Semantic Network.

    Attributes
    ----------
    types : dict
        TUI of a semantic type to its name.
    relations : dict
        TUI of a relation to the relation.
    triples : tuple of (TUI of type, TUI of relation, TUI of type)
        As SRSTRE1 states them, inherited ones included.
    """

    types: dict[str, str]
    relations: dict[str, SemanticRelation]
    triples: tuple[tuple[str, str, str], ...]

    def type(self, tui: str) -> SemanticType:
        """Return a semantic type, or raise SchemaError."""
        if tui not in self.types:
            raise SchemaError(f"{shown(tui)} is no semantic type of the network")
        return SemanticType(tui, self.types[tui])

    def relation(self, tui: str) -> SemanticRelation:
        """Return a relation, or raise SchemaError."""
        if tui not in self.relations:
            raise SchemaError(f"{shown(tui)} is no relation of the network")
        return self.relations[tui]


def read_network(srdef: Path, srstre1: Path) -> Network:
    """Read the network's two files.

    Raises
    ------
    SchemaError
        Where a file can't be read or a line has not the expected fields; file and line are named.
    """
    texts = read_settings_text(srdef), read_settings_text(srstre1)
    return parse_network(*texts, files=(str(srdef), str(srstre1)))


def parse_network(srdef: str, srstre1: str, *, files: tuple[str, str] = ("SRDEF", "SRSTRE1")) -> Network:
    """Parse the texts of SRDEF and SRSTRE1.

    Raises
    ------
    SchemaError
        Where a line has not the expected fields, or a triple names what SRDEF does not define.
    """
    rows = list(_split_rows(srdef, _SRDEF_FIELDS, file=files[0]))
    types = {row[1]: row[2] for _, row in rows if row[0] == "STY"}
    names = {row[3]: row[2] for _, row in rows if row[0] == "RL"}
    relations = {
        row[1]: SemanticRelation(row[1], row[2], _parent_name(row[3], names), row[9])
        for _, row in rows
        if row[0] == "RL"
    }
    defined = types.keys() | relations.keys()  # SRSTRE1 also says which relation is a kind of which
    triples = []
    for number, (first, relation, second, _) in _split_rows(srstre1, _SRSTRE1_FIELDS, file=files[1]):
        if not defined >= {first, relation, second}:
            raise SchemaError(f"{files[1]}:{number}: names a type or relation that {files[0]} does not define")
        triples.append((first, relation, second))
    return Network(types, relations, tuple(sorted(set(triples))))


def derive_schema(schema: Schema, network: Network) -> Schema:
    """Return the schema with its derived rows computed from the network.

    Raises
    ------
    SchemaError
        Where a type or label names a TUI that the network does not have.
    """
    entities = tuple(_derive_entity(entity, network) for entity in schema.entities)
    relations = tuple(_derive_relation(relation, entities, network) for relation in schema.relations)
    return replace(schema, entities=entities, relations=relations, acknowledgement=ACKNOWLEDGEMENT)


def _split_rows(text: str, fields: int, *, file: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(text.split("\n"), start=1):
        row = line.rstrip("\r").split("|")
        if len(row) == 1 and not row[0]:
            continue
        if len(row) != fields or not any(_TUI.fullmatch(field) for field in row[:2]):
            raise SchemaError(f"{file}:{number}: expected {fields} fields separated by | and a TUI among the first two")
        yield number, row


def _parent_name(tree_number: str, names: dict[str, str]) -> str:
    """Return the name one level up: R3.1.2 stands below R3.1, R3 below R, which has no parent."""
    if tree_number in (_ROOT, "H"):
        return ""
    return names.get(tree_number.rpartition(".")[0] or _ROOT, "")


def _derive_entity(entity: EntityType, network: Network) -> EntityType:
    return replace(entity, semantic_types=tuple(network.type(semantic.tui) for semantic in entity.semantic_types))


def _derive_relation(relation: RelationType, entities: Sequence[EntityType], network: Network) -> RelationType:
    if relation.semantic_relation is None:
        return relation
    semantic = network.relation(relation.semantic_relation.tui)
    derived = _list_derived_sources(semantic.tui, entities, network, symmetric=relation.symmetric)
    stated = frozenset(pair for source in derived for pair in source.pairs)
    stated = close_pairs(stated) if relation.symmetric else stated
    extensions = [source for source in relation.sources if source.source == EXTENSION and not source.pairs <= stated]
    sourced = frozenset(pair for source in relation.sources for pair in source.pairs)
    unsourced = relation.pairs - (close_pairs(sourced) if relation.symmetric else sourced)
    pairs = stated.union(unsourced, *(source.pairs for source in extensions))
    return replace(relation, pairs=pairs, semantic_relation=semantic, sources=(*derived, *extensions))


def _list_derived_sources(
    relation: str, entities: Sequence[EntityType], network: Network, *, symmetric: bool
) -> tuple[PairSource, ...]:
    """Return one row for each pair of types between which the network states the relation, in the schema's order."""
    holders: dict[str, list[int]] = {}
    for index, entity in enumerate(entities):
        for semantic in entity.semantic_types:
            holders.setdefault(semantic.tui, []).append(index)
    evidence: dict[tuple[int, int], list[str]] = {}
    for first, name, second in network.triples:
        if name == relation:
            for arg1 in holders.get(first, ()):
                for arg2 in holders.get(second, ()):
                    key = (min(arg1, arg2), max(arg1, arg2)) if symmetric else (arg1, arg2)
                    evidence.setdefault(key, []).append(f"{first} {second}")
    return tuple(
        PairSource((entities[arg1].name,), (entities[arg2].name,), DERIVED, tuple(sorted(set(triples))))
        for (arg1, arg2), triples in sorted(evidence.items())
    )


def compare_derivation(schema: Schema, derived: Schema) -> dict[str, dict[str, list[TypePair]]]:
    """Return what a derivation adds to and removes from the derived pairs of each label; empty where they agree."""
    differences = {}
    for before, after in zip(schema.relations, derived.relations, strict=True):
        old, new = _derived_pairs(before), _derived_pairs(after)
        if old != new:
            differences[before.name] = {"added": sorted(new - old), "removed": sorted(old - new)}
    return differences


def _derived_pairs(relation: RelationType) -> frozenset[TypePair]:
    return frozenset(pair for row in relation.sources if row.source == DERIVED for pair in row.pairs)
