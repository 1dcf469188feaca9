"""The annotations of all annotators in columns, so that comparing is arithmetic on arrays.

Out of `stack_columns`: `Tables`, one row an annotation, annotator after annotator, document after document, with
strings as codes whose order is that of the strings. What a relation, an argument or an attribute points at is a row.
"""

from dataclasses import dataclass

from corpus_tools.agreement.arrays import Ints


@dataclass(frozen=True, slots=True)
class Textbounds:
    """Hold T lines. All arrays but the fragments' have shape (textbounds,).

    Attributes
    ----------
    label : array
        Code of the type.
    identity : array
        Code of the id.
    starts, ends : array, characters
        Hull of the fragments.
    shape : array
        0 for one fragment, else a code that is equal for equal sorted fragments.
    fragment_owner, fragment_starts, fragment_ends : array, shape (fragments,)
        Row, start and end of each fragment.
    """

    annotator: Ints
    document: Ints
    label: Ints
    identity: Ints
    starts: Ints
    ends: Ints
    shape: Ints
    fragment_owner: Ints
    fragment_starts: Ints
    fragment_ends: Ints

    @property
    def is_contiguous(self) -> bool:
        """Say whether every textbound has one fragment."""
        return len(self.fragment_owner) == len(self.label)


@dataclass(frozen=True, slots=True)
class Relations:
    """Hold relations of two arguments, the same statement of one annotator once; arguments are rows of textbounds."""

    annotator: Ints
    document: Ints
    label: Ints
    identity: Ints
    arg1: Ints
    arg2: Ints


@dataclass(frozen=True, slots=True)
class Events:
    """Hold events; the trigger is a row of the textbounds."""

    annotator: Ints
    document: Ints
    label: Ints
    identity: Ints
    trigger: Ints


@dataclass(frozen=True, slots=True)
class Arguments:
    """Hold the arguments of events: `label` is the role, `owner` a row of the events, `filler` a node."""

    annotator: Ints
    document: Ints
    label: Ints
    owner: Ints
    filler: Ints


@dataclass(frozen=True, slots=True)
class Attributes:
    """Hold attributes: `label` is the name, `value` a code (that of "" for a binary one), `holder` a node."""

    annotator: Ints
    document: Ints
    label: Ints
    identity: Ints
    value: Ints
    holder: Ints


@dataclass(frozen=True, slots=True)
class NAry:
    """Hold one relation of other than two arguments; each argument is a row of the textbounds with its role."""

    annotator: int
    document: int
    label: str
    arguments: tuple[tuple[int, str], ...]


Layer = Textbounds | Relations | Events | Arguments | Attributes


@dataclass(frozen=True, slots=True)
class Tables:
    """Hold the annotations of all annotators; a node is a row of textbounds, then of events, then of relations.

    Attributes
    ----------
    names : tuple of str
        The string of each code, sorted.
    duplicates : int
        Relations that said again what one before them said: same annotator, label and arguments.
    left_out : int
        Relations to what is no mention, and what hangs on them or on a relation of other arity: not compared.
    n_ary : tuple of NAry
        Relations of other than two arguments.
    """

    names: tuple[str, ...]
    textbounds: Textbounds
    relations: Relations
    events: Events
    arguments: Arguments
    attributes: Attributes
    duplicates: int = 0
    left_out: int = 0
    n_ary: tuple[NAry, ...] = ()

    @property
    def layers(self) -> dict[str, Layer]:
        """Return the layers by the name that reports give them."""
        return {
            "entities": self.textbounds,
            "relations": self.relations,
            "events": self.events,
            "arguments": self.arguments,
            "attributes": self.attributes,
        }
