"""What may be annotated, and which labels two mentions can have.

In: types and labels from a schema file, from a foreign `annotation.conf`, or observed in documents.
Out: `Schema`, which later stages ask; it advises, and `widened` admits what the gold of a training part holds.

Examples
--------
>>> treats = RelationType("treats", frozenset({("Medication", "Symptom")}))
>>> schema = Schema((EntityType("Medication"), EntityType("Symptom")), (treats,))
>>> schema.directed_labels("Symptom", "Medication")
('treats⁻¹',)
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from corpus_tools.standoff.schema_parsing import parse_schema_record
from corpus_tools.standoff.schema_record import format_schema_record
from corpus_tools.standoff.schema_types import AttributeType, EntityType, EventType, Overlap, RelationType

INVERSE = "⁻¹"
NO_RELATION = "NO_RELATION"

TypedLabel = tuple[str, str, str]

# Our reading of the paper's six categories, whose table is lost: Disease is Diagnosis, Drug is Medication, Item is
# Finding (what a test returns), Method is Procedure. Five join what is treated or explained with what treats or shows
# it; Item-Method is a test with its result.
_PAPER_NAMES = {
    "Diagnosis": "Disease",
    "Symptom": "Symptom",
    "Medication": "Drug",
    "Finding": "Item",
    "Procedure": "Method",
}
PAIR_CATEGORIES = ("Disease-Symptom", "Disease-Drug", "Disease-Item", "Disease-Method", "Symptom-Drug", "Item-Method")
OTHER_CATEGORY = "other"


@dataclass(frozen=True, slots=True)
class Schema:
    """Hold what may be annotated. Two schemas are equal when they allow the same; `origin` does not count.

    Attributes
    ----------
    origin : str
        "toml", "annotation.conf" or "observed".
    acknowledgement : str
        Whom the makers of the sources ask to be thanked.
    """

    entities: tuple[EntityType, ...]
    relations: tuple[RelationType, ...]
    attributes: tuple[AttributeType, ...] = ()
    events: tuple[EventType, ...] = ()
    overlaps: tuple[Overlap, ...] = ()
    origin: str = field(default="toml", compare=False)
    acknowledgement: str = field(default="", compare=False)
    _pairs_by_label: dict[str, frozenset[tuple[str, str]]] = field(init=False, repr=False, compare=False)
    _symmetric: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        pairs = {relation.name: relation.pairs for relation in self.relations}
        object.__setattr__(self, "_pairs_by_label", pairs)
        object.__setattr__(self, "_symmetric", frozenset(r.name for r in self.relations if r.symmetric))

    @property
    def mention_types(self) -> tuple[str, ...]:
        """Return the types that a mention can have: entity types, then event types (those of triggers)."""
        entities = [entity.name for entity in self.entities if not entity.is_abstract]
        events = [event.name for event in self.events if not event.is_abstract]
        return tuple(dict.fromkeys(entities + events))

    @property
    def labels(self) -> tuple[str, ...]:
        """Return the relation labels in the schema's order.

        A symmetric and transitive one is left out: brat writes it as a `*` group, not as a relation.
        """
        return tuple(r.name for r in self.relations if not (r.symmetric and r.transitive))

    def is_symmetric(self, label: str) -> bool:
        """Say whether a label holds in both directions; False for a label that the schema does not know."""
        return label in self._symmetric

    def allows(self, label: str, arg1_type: str, arg2_type: str) -> bool:
        """Say whether `label` may join a mention of `arg1_type` to one of `arg2_type`."""
        return (arg1_type, arg2_type) in self._pairs_by_label.get(label, frozenset())

    def directed_labels(self, first_type: str, second_type: str) -> tuple[str, ...]:
        """Return the labels that two mentions in text order can have.

        Returns
        -------
        tuple of str, sorted
            `X` where the first can be Arg1, `X⁻¹` where the second can; a symmetric label has no inverse.
        """
        forward = [label for label in self.labels if self.allows(label, first_type, second_type)]
        backward = [
            label + INVERSE
            for label in self.labels
            if not self.is_symmetric(label) and self.allows(label, second_type, first_type)
        ]
        return tuple(sorted(forward + backward))

    def widened(self, triples: Iterable[TypedLabel]) -> "Schema":
        """Return the schema that also allows each (label, type of arg1, type of arg2); new names are added."""
        added: dict[str, set[tuple[str, str]]] = {}
        for label, arg1_type, arg2_type in triples:
            added.setdefault(label, set()).add((arg1_type, arg2_type))
        known = [replace(r, pairs=r.pairs | frozenset(added.get(r.name, ()))) for r in self.relations]
        new = [
            RelationType(label, frozenset(added[label])) for label in sorted(added.keys() - self._pairs_by_label.keys())
        ]
        types = {name for pairs in added.values() for pair in pairs for name in pair}
        entities = [EntityType(name) for name in sorted(types - set(self.mention_types))]
        return replace(self, entities=(*self.entities, *entities), relations=(*known, *new))

    @property
    def hash(self) -> str:
        """Return the SHA-256, in hexadecimal, of what the schema allows; equal schemas have equal hashes."""
        allowed = format_schema_record(self, with_documentation=False)
        return hashlib.sha256(json.dumps(allowed, sort_keys=True, ensure_ascii=True).encode("ascii")).hexdigest()

    def to_json(self) -> dict[str, object]:
        """Return the schema, documentation included, as what JSON and TOML can hold."""
        return format_schema_record(self)

    @classmethod
    def from_json(cls, record: object) -> Self:
        """Return the schema that `to_json` made a record of.

        Raises
        ------
        SchemaError
            Where the record has an unknown or missing key, a wrong type, or an unusable name.
        """
        return cls(**parse_schema_record(record))


def pair_category(type1: str, type2: str, *, names: Mapping[str, str] = _PAPER_NAMES) -> str:
    """Return the paper's category of a pair of types, in either order, else "other".

    The six categories are our reading: the paper's table is lost. `names` maps the types of a schema onto the paper's
    words Disease, Symptom, Drug, Item and Method.

    Examples
    --------
    >>> pair_category("Medication", "Diagnosis"), pair_category("Intensity", "Medication")
    ('Disease-Drug', 'other')
    """
    first, second = names.get(type1, type1), names.get(type2, type2)
    return next((c for c in (f"{first}-{second}", f"{second}-{first}") if c in PAIR_CATEGORIES), OTHER_CATEGORY)
