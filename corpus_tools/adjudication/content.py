"""What an annotation says, whatever id it has in which file: the currency of adjudication.

In: the annotations of one annotator. Out: `Content`, equal for two annotators exactly when they wrote the same, with a
key that other contents refer to in place of an id. A log keeps contents as JSON, without the text that they cover.

Examples
--------
>>> mention = Content("mention", "Medication", (Span(0, 7),))
>>> mention.key
'Medication 0 7'
>>> parse_content(mention.to_json(), source="decisions.jsonl:1") == mention
True
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from corpus_tools.errors import InputError
from corpus_tools.standoff import Argument, Attribute, Normalization, Note, Relation, Span, is_label, is_relation_label
from corpus_tools.storage import hash_text

MENTION, EVENT, ARGUMENT, RELATION, EQUIVALENCE = "mention", "event", "argument", "relation", "equivalence"
ATTRIBUTE, NORMALIZATION, NOTE = "attribute", "normalization", "note"
LAYERS = (MENTION, EVENT, ARGUMENT, RELATION, EQUIVALENCE, ATTRIBUTE, NORMALIZATION, NOTE)
"""In the order in which they are settled: each refers to those before it alone."""

TRIGGER, OWNER, FILLER, HOLDER = "trigger", "event", "filler", "holder"

_KEY_DIGITS = 16
_WITHOUT_COLON = (EVENT, ARGUMENT)  # where brat lets a colon end the label
_FIELDS = frozenset(("layer", "label", "fragments", "arguments", "value", "text", "rank"))
_MAX_CHARACTERS = 1 << 16


@dataclass(frozen=True, slots=True)
class Content:
    """Hold what one annotation says.

    Attributes
    ----------
    layer : str
        One of `LAYERS`.
    label : str
        The type of a mention, event, equivalence or note, the label of a relation, the role of an argument, the name
        of an attribute, the resource of a normalization.
    fragments : tuple of Span
        Of a mention, in text order, none across a line break.
    arguments : tuple of Argument
        Roles with the keys of other contents; what hangs on one thing has the one role `HOLDER`.
    value : str or None
        Of an attribute; the identifier of a normalization.
    text : str
        Of a note or a normalization; never text of the document.
    rank : int
        0, or the position among mentions (events) of one type that an annotator stacked on the same characters.
    """

    layer: str
    label: str
    fragments: tuple[Span, ...] = ()
    arguments: tuple[Argument, ...] = ()
    value: str | None = None
    text: str = ""
    rank: int = 0
    key: str = field(init=False, compare=False, default="")

    def __post_init__(self) -> None:
        if self.layer == MENTION:
            offsets = ";".join(f"{span.start} {span.end}" for span in self.fragments)
            key = f"{self.label} {offsets}" + (f" #{self.rank}" if self.rank else "")
        else:
            record = json.dumps(self.to_json(), sort_keys=True, ensure_ascii=True)
            key = f"{self.layer}:{hash_text(record)[:_KEY_DIGITS]}"
        object.__setattr__(self, "key", key)

    @property
    def targets(self) -> tuple[str, ...]:
        """Return the keys of the contents that this one refers to."""
        return tuple(argument.target for argument in self.arguments)

    @property
    def holder(self) -> str:
        """Return the key of the first content that this one refers to: what it hangs on."""
        return self.arguments[0].target

    def to_json(self) -> dict[str, object]:
        """Return the fields that say something, as JSON can hold them."""
        record: dict[str, object] = {"layer": self.layer, "label": self.label}
        if self.fragments:
            record["fragments"] = [[span.start, span.end] for span in self.fragments]
        if self.arguments:
            record["arguments"] = [[argument.role, argument.target] for argument in self.arguments]
        if self.value is not None:
            record["value"] = self.value
        if self.text:
            record["text"] = self.text
        if self.rank:
            record["rank"] = self.rank
        return record


def relation_content(relation: Relation, targets: Iterable[str], *, is_symmetric: Callable[[str], bool]) -> Content:
    """Return a relation between contents; Arg1 stands first, and the ends of a symmetric one in the order of keys."""
    arguments = [Argument(each.role, key) for each, key in zip(relation.arguments, targets, strict=True)]
    if len(arguments) == 2 and is_symmetric(relation.type):
        roles, keys = sorted(each.role for each in arguments), sorted(each.target for each in arguments)
        arguments = [Argument(role, key) for role, key in zip(roles, keys, strict=True)]
    return Content(RELATION, relation.type, arguments=tuple(sorted(arguments, key=_argument_order)))


def _argument_order(argument: Argument) -> tuple[str, str]:
    return argument.role.lower(), argument.target


def mark_content(mark: Attribute | Normalization | Note, holder: str) -> Content:
    """Return what an A, N or # line says of the content with a key."""
    arguments = (Argument(HOLDER, holder),)
    if isinstance(mark, Attribute):
        return Content(ATTRIBUTE, mark.name, arguments=arguments, value=mark.value)
    if isinstance(mark, Normalization):
        label, value = mark.resource, f"{mark.type} {mark.identifier}"
        return Content(NORMALIZATION, label, arguments=arguments, value=value, text=mark.text)
    return Content(NOTE, mark.type, arguments=arguments, text=mark.text)


def parse_content(record: object, *, source: str) -> Content:
    """Read a content from a record of a log or a page; nothing in it is trusted.

    Raises
    ------
    InputError
        Where a field is unknown, missing or of the wrong type, or holds what no `.ann` line can.
    """
    if not isinstance(record, dict) or not _FIELDS.issuperset(record) or record.get("layer") not in LAYERS:
        raise InputError(f"{source}: expected an annotation with a layer of {', '.join(LAYERS)}")
    layer, label, rank = record["layer"], record.get("label"), record.get("rank", 0)
    value, text = record.get("value"), record.get("text", "")
    if not isinstance(label, str) or not _can_be_written(label, layer):
        raise InputError(f"{source}: a label has 1 to 255 characters without blanks, / \\ < > and controls")
    if not isinstance(rank, int) or isinstance(rank, bool) or not 0 <= rank < 1000:
        raise InputError(f"{source}: a rank is a number from 0 to 999")
    for each in (text, value or ""):
        if not isinstance(each, str) or len(each) > _MAX_CHARACTERS or "\n" in each:
            raise InputError(f"{source}: a value is one line of at most {_MAX_CHARACTERS} characters")
    if "\t" in (value or ""):
        raise InputError(f"{source}: a value has no tab")
    fragments = tuple(_parse_fragments(record.get("fragments", []), source))
    arguments = tuple(_parse_arguments(record.get("arguments", []), source))
    if bool(fragments) != (layer == MENTION) or bool(arguments) == (layer == MENTION):
        raise InputError(f"{source}: a mention has fragments, anything else has arguments")
    return Content(layer, label, fragments, arguments, value, text, rank)


def _can_be_written(label: str, layer: str) -> bool:
    if layer == RELATION:
        return is_relation_label(label)
    return is_label(label) and not (":" in label and layer in _WITHOUT_COLON)


def _parse_fragments(rows: object, source: str) -> Iterator[Span]:
    end = 0
    for row in rows if isinstance(rows, list) else [rows]:
        if not (isinstance(row, list) and len(row) == 2 and all(type(offset) is int for offset in row)):
            raise InputError(f"{source}: fragments are pairs of offsets, [[start, end], …]")
        if not end <= row[0] < row[1]:
            raise InputError(f"{source}: fragments stand in text order, none empty, none overlapping")
        end = row[1]
        yield Span(*row)


def _parse_arguments(rows: object, source: str) -> Iterator[Argument]:
    for row in rows if isinstance(rows, list) else [rows]:
        if not (isinstance(row, list) and len(row) == 2 and all(isinstance(each, str) for each in row)):
            raise InputError(f"{source}: arguments are pairs of a role and a key, [[role, key], …]")
        role, target = row
        if (role and not is_label(role)) or "\n" in target or len(target) > _MAX_CHARACTERS:
            raise InputError(f"{source}: a role is a label, and a key one line")
        yield Argument(role, target)
