"""The rules by which names of a project change, as the command line takes them.

In: texts such as `relation:treated-by=treats^-1`. Out: `Rename` values, and which names a schema has of each kind.

Examples
--------
>>> print(parse_rename("value:Assertion.gone=absent"))
value:Assertion.gone=absent
"""

from collections.abc import Sequence
from dataclasses import dataclass

from corpus_tools.errors import UsageError
from corpus_tools.standoff.schema import INVERSE, Schema
from corpus_tools.standoff.schema_parsing import is_usable_name
from corpus_tools.standoff.strict_table import shown

RENAME_KINDS = ("type", "relation", "role", "attribute", "value")
_ASCII_INVERSE = "^-1"


@dataclass(frozen=True, slots=True)
class Rename:
    """Hold one rule.

    Attributes
    ----------
    kind : str
        One of `RENAME_KINDS`; "type" is that of textbounds and of events, "value" that of one attribute.
    old, new : str
    attribute : str
        The attribute whose value is renamed, else empty.
    exchanges : bool
        True where Arg1 and Arg2 of the relation change places.
    """

    kind: str
    old: str
    new: str
    attribute: str = ""
    exchanges: bool = False

    def __str__(self) -> str:
        """Return the rule as the command line takes it."""
        prefix = f"{self.attribute}." if self.attribute else ""
        return f"{self.kind}:{prefix}{self.old}={self.new}{INVERSE if self.exchanges else ''}"


def parse_rename(text: str) -> Rename:
    """Parse `KIND:OLD=NEW`, `value:ATTRIBUTE.OLD=NEW` or `relation:OLD=NEW⁻¹` (also `NEW^-1`).

    Raises
    ------
    UsageError
        Where the rule has another form.
    """
    kind, _, names = text.partition(":")
    old, equals, new = names.partition("=")
    if kind not in RENAME_KINDS or not equals:
        raise UsageError(f"{shown(text)}: expected KIND:OLD=NEW with KIND one of {', '.join(RENAME_KINDS)}")
    attribute = ""
    if kind == "value":
        attribute, _, old = old.partition(".")
    bare = new.removesuffix(INVERSE).removesuffix(_ASCII_INVERSE) if kind == "relation" else new
    if not all(is_usable_name(name) for name in (old, bare, attribute or old)) or (kind == "value" and not attribute):
        raise UsageError(f"{shown(text)}: OLD and NEW must be names as an .ann holds them, a value ATTRIBUTE.OLD")
    return Rename(kind, old, bare, attribute, exchanges=bare != new)


def find_rule(renames: Sequence[Rename], kind: str, name: str, attribute: str = "") -> Rename | None:
    """Return the rule that renames a name of a kind, None where there is none."""
    return next((r for r in renames if (r.kind, r.old, r.attribute) == (kind, name, attribute)), None)


def is_known(schema: Schema, rename: Rename, name: str) -> bool:
    """Say whether a schema has a name of the kind that a rule renames."""
    return name in _list_names(schema, rename)


def _list_names(schema: Schema, rename: Rename) -> set[str]:
    if rename.kind == "type":
        return {entity.name for entity in schema.entities} | {event.name for event in schema.events}
    if rename.kind == "relation":
        return {relation.name for relation in schema.relations}
    if rename.kind == "role":
        roles = {role.name for event in schema.events for role in event.roles}
        return roles.union(*(relation.roles for relation in schema.relations))
    if rename.kind == "attribute":
        return {attribute.name for attribute in schema.attributes}
    return {value for each in schema.attributes if each.name == rename.attribute for value in each.values}
