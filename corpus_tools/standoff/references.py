"""What annotations refer to: dangling references, what falls with a rejected annotation, and remarks on relations.

In: the lines of one document. Out: for each annotation to leave out, why; or warnings for those that stay.

Examples
--------
>>> from corpus_tools.standoff.document import Argument
>>> list_targets(Relation("R1", "treats", (Argument("Arg1", "T1"), Argument("Arg2", "T2"))))
('T1', 'T2')
"""

from collections.abc import Container, Iterable, Iterator
from itertools import pairwise

from corpus_tools.standoff.document import (
    Annotation,
    Attribute,
    Equivalence,
    Event,
    Line,
    Normalization,
    Note,
    Reject,
    Relation,
    TextBound,
    Warning,
)


def list_targets(annotation: Annotation) -> tuple[str, ...]:
    """Return the ids that an annotation refers to, an event's trigger first."""
    if isinstance(annotation, Relation):
        return tuple([argument.target for argument in annotation.arguments])
    if isinstance(annotation, Event):
        return (annotation.trigger, *[argument.target for argument in annotation.arguments])
    if isinstance(annotation, (Attribute, Note, Normalization)):
        return (annotation.target,)
    return annotation.members if isinstance(annotation, Equivalence) else ()


def check_references(
    lines: Iterable[Line], *, known: Container[str], faulty: Container[str] = (), file: str
) -> dict[int, Reject]:
    """Return a reject for every line whose reference leads nowhere, directly or through other annotations.

    Relations may refer to textbounds and events, an event's trigger is a textbound; the rest refers to anything that
    has an id. An annotation that is only part of a circle of events stays.

    Parameters
    ----------
    known : container of str
        The ids of all annotations in `lines`.
    faulty : container of str
        The ids of lines that were rejected before.

    Returns
    -------
    dict of int to Reject
        Keyed by line number. `BRAT-REFERENCE` where no line has that id or one of the wrong kind does,
        `BRAT-DEPENDS` where the line that has it is rejected itself.
    """
    referring = [line for line in lines if line.kind != "T" and line.annotation is not None]
    rejects: dict[int, Reject] = {}
    for line in referring:
        missing = _find_missing(line.annotation, known)
        if missing is not None:
            rejects[line.number] = _reject_missing(line, missing, faulty, file)
    if rejects:
        gone = [_identify(line.annotation) for line in referring if line.number in rejects]
        rejects |= {r.line: r for r in check_dependents(referring, gone, file=file) if r.line not in rejects}
    return rejects


def _reject_missing(line: Line, missing: str, faulty: Container[str], file: str) -> Reject:
    if missing in faulty:
        return _reject(line, "BRAT-DEPENDS", f"depends on {missing}, rejected", file)
    return _reject(line, "BRAT-REFERENCE", f"refers to {missing}, which no line that it may refer to has", file)


def check_dependents(lines: Iterable[Line], gone: Iterable[str], *, file: str) -> list[Reject]:
    """Return a reject for every line that depends on an id which is gone, through any number of annotations.

    Each line is visited once, so circles of events end.
    """
    dependents: dict[str, list[Line]] = {}
    for line in lines:
        if line.annotation is not None:
            for target in list_targets(line.annotation):
                dependents.setdefault(target, []).append(line)
    rejects: dict[int, Reject] = {}
    queue = [annotation_id for annotation_id in gone if annotation_id]
    while queue:
        rejected_id = queue.pop()
        for line in dependents.pop(rejected_id, ()):
            if line.number not in rejects:
                rejects[line.number] = _reject(line, "BRAT-DEPENDS", f"depends on {rejected_id}, rejected", file)
                queue.append(_identify(line.annotation))
    return sorted(rejects.values(), key=lambda reject: reject.line)


def check_oddities(lines: Iterable[Line], *, file: str) -> Iterator[Warning]:
    """Yield remarks on what is kept as it stands and may still be meant otherwise.

    Fragments out of order or touching, a relation stated twice or without the two usual arguments, an attribute given
    twice with different values.
    """
    relations: dict[tuple[str, ...], str] = {}
    values: dict[tuple[str, str], str | None] = {}
    for line in lines:
        if line.kind == "T" and ";" not in line.raw:  # nearly every line, and one fragment is never odd
            continue
        annotation = line.annotation
        if isinstance(annotation, Relation):
            yield from _check_relation(line, annotation, relations, file)
        elif isinstance(annotation, Attribute):
            holder = (annotation.name, annotation.target)
            if values.setdefault(holder, annotation.value) != annotation.value:
                yield _warn(line, "BRAT-A-CONFLICT", f"gives {annotation.target} a second, other value", file)
        elif isinstance(annotation, TextBound):
            yield from _check_fragments(line, annotation, file)


def _check_relation(line: Line, relation: Relation, known: dict[tuple[str, ...], str], file: str) -> Iterator[Warning]:
    roles = [argument.role for argument in relation.arguments]
    first = known.setdefault((relation.type, *roles, *list_targets(relation)), relation.id)
    if first != relation.id:
        yield _warn(line, "BRAT-R-REPEATED", f"says what {first} says", file)
    if len(roles) != 2 or "" in roles:
        message = f"{len(roles)} arguments, or one without a role; expected Arg1 and Arg2"
        yield _warn(line, "BRAT-R-ARGUMENTS", message, file)


def _check_fragments(line: Line, textbound: TextBound, file: str) -> Iterator[Warning]:
    ordered = textbound.sorted_fragments
    if ordered != textbound.fragments:
        yield _warn(line, "BRAT-T-UNSORTED", "its fragments are not in text order", file)
    if any(left.end == right.start for left, right in pairwise(ordered)):
        yield _warn(line, "BRAT-T-ADJACENT", "two of its fragments touch", file)


def _identify(annotation: Annotation | None) -> str:
    return "" if annotation is None or isinstance(annotation, Equivalence) else annotation.id


def _find_missing(annotation: Annotation | None, known: Container[str]) -> str | None:
    if isinstance(annotation, Relation):
        for argument in annotation.arguments:
            if argument.target not in known or argument.target[0] not in "TE":
                return argument.target
        return None
    if isinstance(annotation, Event) and annotation.trigger[0] != "T":
        return annotation.trigger
    targets = () if annotation is None else list_targets(annotation)
    is_event = isinstance(annotation, Event)
    return next((each for each in targets if each not in known or (is_event and each[0] not in "TER")), None)


def _reject(line: Line, code: str, message: str, file: str) -> Reject:
    return Reject(code, file, line.number, line.kind, _identify(line.annotation), message)


def _warn(line: Line, code: str, message: str, file: str) -> Warning:
    return Warning(code, file, line.number, line.kind, _identify(line.annotation), message)
