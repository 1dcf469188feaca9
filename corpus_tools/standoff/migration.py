"""Rename types, labels, roles, attributes and values through a brat project.

In: a project folder, which is only read, and `Rename` rules such as `relation:treated-by=treats⁻¹`.
Out: a copy of the folder in which only the lines that a rule names are rewritten, and a `MigrationReport`.

Examples
--------
>>> rename = parse_rename("relation:treated-by=treats^-1")
>>> migrate_annotation(Relation("R1", "treated-by", (Argument("Arg1", "T1"), Argument("Arg2", "T2"))), [rename])[0]
Relation(id='R1', type='treats', arguments=(Argument(role='Arg1', target='T2'), Argument(role='Arg2', target='T1')))
"""

import os
import shutil
import stat
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from corpus_tools.errors import Refused, UsageError
from corpus_tools.standoff.brat import format_annotations, read_document
from corpus_tools.standoff.document import (
    Annotation,
    Argument,
    Attribute,
    Document,
    Event,
    Line,
    Reject,
    Relation,
    TextBound,
)
from corpus_tools.standoff.files import find_documents
from corpus_tools.standoff.schema import INVERSE
from corpus_tools.standoff.schema_parsing import is_usable_name
from corpus_tools.standoff.strict_table import shown
from corpus_tools.standoff.syntax import format_annotation, split_line
from corpus_tools.storage import check_output, new_folder

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


@dataclass(frozen=True, slots=True)
class MigrationReport:
    """Hold what a migration did.

    Attributes
    ----------
    renamed : dict
        Rule to the number of annotations that it changed, zero for a rule that met none.
    rejects : tuple of Reject
        Lines that can't be read; they are copied as they are.
    skipped : tuple of str
        Links and special files, which are not copied.
    """

    documents: int
    changed_documents: int
    renamed: dict[str, int]
    rejects: tuple[Reject, ...]
    skipped: tuple[str, ...]


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


def migrate_project(
    source: Path, target: Path, renames: Sequence[Rename], *, in_place: bool = False, force: bool = False
) -> MigrationReport:
    """Copy a project with its names changed; the target appears whole or not at all.

    Parameters
    ----------
    in_place : bool
        Put the result where the source is; `target` must then be the source.

    Raises
    ------
    UsageError
        Where two rules change the same name, or the source is no folder.
    Refused
        Where the target lies inside the source, or a migration in place would lose links or special files.
    """
    _validate_request(source, target, renames, in_place=in_place)
    if not in_place:
        check_output(target, force=force, inputs=(source,))
    counts: Counter[str] = Counter({str(rename): 0 for rename in renames})
    documents, changed = 0, 0
    rejects: list[Reject] = []
    with new_folder(target, force=force or in_place) as folder:
        skipped = tuple(_copy_files(source, folder))
        if skipped and in_place:
            raise Refused(f"{source}: holds links or special files ({len(skipped)}), which a migration in place loses")
        for files in find_documents(source):
            read = read_document(files)
            document, hits = migrate_document(read.document, renames)
            if hits and files.ann is not None:
                content = format_annotations(document).encode("utf-8", "surrogateescape")
                (folder / files.ann.relative_to(source)).write_bytes(content)
            documents, changed = documents + 1, changed + bool(hits)
            counts.update(hits)
            rejects.extend(read.rejects)
    return MigrationReport(documents, changed, dict(counts), tuple(rejects), skipped)


def migrate_document(document: Document, renames: Sequence[Rename]) -> tuple[Document, Counter[str]]:
    """Return the document with its names changed, and how many annotations each rule changed; other lines stay."""
    hits: Counter[str] = Counter()
    lines = []
    for line in document.lines:
        migrated, own = migrate_annotation(line.annotation, renames) if line.annotation else (None, [])
        hits.update(own)
        lines.append(_rewrite(line, migrated) if own and migrated is not None else line)
    return replace(document, lines=tuple(lines)), hits


def migrate_annotation(annotation: Annotation, renames: Sequence[Rename]) -> tuple[Annotation, list[str]]:
    """Return the annotation with its names changed, and the rules that changed it, each at most once.

    A numbered role of an event (Theme2) follows the rule of the bare one unless it has its own; Arg1 is no such role.
    """
    hits: list[str] = []

    def find(kind: str, name: str, attribute: str = "") -> Rename | None:
        rule = next((r for r in renames if (r.kind, r.old, r.attribute) == (kind, name, attribute)), None)
        if rule is not None and str(rule) not in hits:
            hits.append(str(rule))
        return rule

    def rename(kind: str, name: str, attribute: str = "") -> str:
        rule = find(kind, name, attribute)
        return name if rule is None else rule.new

    def rename_event_role(role: str) -> str:
        rule = find("role", role) or find("role", role.rstrip("0123456789"))  # the number of Theme2 is not its name
        return role if rule is None else rule.new + role.removeprefix(rule.old)

    def rename_roles(arguments: tuple[Argument, ...], rename_role: Callable[[str], str]) -> tuple[Argument, ...]:
        return tuple(replace(argument, role=rename_role(argument.role)) for argument in arguments)

    match annotation:
        case TextBound():
            annotation = replace(annotation, type=rename("type", annotation.type))
        case Event():
            arguments = rename_roles(annotation.arguments, rename_event_role)
            annotation = replace(annotation, type=rename("type", annotation.type), arguments=arguments)
        case Relation():
            rule = find("relation", annotation.type)
            arguments = _exchange(annotation) if rule is not None and rule.exchanges else annotation.arguments
            label = annotation.type if rule is None else rule.new
            arguments = rename_roles(arguments, lambda role: rename("role", role))
            annotation = replace(annotation, type=label, arguments=arguments)
        case Attribute(name=name, value=value):
            new_value = None if value is None else rename("value", value, name)
            annotation = replace(annotation, name=rename("attribute", name), value=new_value)
    return annotation, hits


def _exchange(relation: Relation) -> tuple[Argument, ...]:
    """Let the two arguments change targets, roles staying in their places; more than two have no inverse."""
    if not relation.is_binary:
        return relation.arguments
    first, second = relation.arguments
    return replace(first, target=second.target), replace(second, target=first.target)


def _rewrite(line: Line, annotation: Annotation) -> Line:
    mark, _, end = split_line(line.raw)
    return replace(line, raw=mark + format_annotation(annotation) + end, annotation=annotation)


def _validate_request(source: Path, target: Path, renames: Sequence[Rename], *, in_place: bool) -> None:
    if not source.is_dir():
        raise UsageError(f"{source}: is no folder")
    if in_place and target.resolve() != source.resolve():
        raise UsageError("--in-place takes no other output")
    names = Counter((rename.kind, rename.attribute, rename.old) for rename in renames)
    twice = [old for (_, _, old), count in names.items() if count > 1]
    if twice or not renames:
        raise UsageError(f"two rules rename {shown(twice[0])}" if twice else "no rule given; see --rename")


def _copy_files(source: Path, target: Path) -> Iterator[str]:
    """Copy every regular file, and yield what is neither file nor folder."""
    for place, folders, names in os.walk(source):
        here = target / Path(place).relative_to(source)
        here.mkdir(exist_ok=True)
        linked = [name for name in folders if (Path(place) / name).is_symlink()]
        yield from linked
        for name in names:
            path = Path(place) / name
            if stat.S_ISREG(path.lstat().st_mode):
                shutil.copy2(path, here / name, follow_symlinks=False)
            else:
                yield name
