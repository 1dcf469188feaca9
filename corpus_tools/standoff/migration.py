"""Rename types, labels, roles, attributes and values through a brat project.

In: a project folder, which is only read, and `Rename` rules such as `relation:treated-by=treats⁻¹`.
Out: a copy of the folder in which only the lines that a rule names are rewritten, brat's configuration files included,
and a `MigrationReport`.

Examples
--------
>>> rename = Rename("relation", "treated-by", "treats", exchanges=True)
>>> migrate_annotation(Relation("R1", "treated-by", (Argument("Arg1", "T1"), Argument("Arg2", "T2"))), [rename])[0]
Relation(id='R1', type='treats', arguments=(Argument(role='Arg1', target='T2'), Argument(role='Arg2', target='T1')))
"""

import os
import shutil
import stat
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from corpus_tools.errors import Refused, UsageError
from corpus_tools.standoff.brat import format_annotations, read_document
from corpus_tools.standoff.conf_renaming import rename_configuration
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
from corpus_tools.standoff.renames import Rename, find_rule, is_known
from corpus_tools.standoff.schema_files import CONF_FILE, SCHEMA_FILE, find_schema
from corpus_tools.standoff.strict_table import shown
from corpus_tools.standoff.syntax import format_annotation, split_line
from corpus_tools.storage import check_output, new_folder


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
    merged : tuple of str
        Rules whose new name was in use before, or is that of another rule: who had which can't be told any more.
    configuration : tuple of str
        Brat's files that were changed.
    left : dict of str to str
        Files of the schema that still have an old name -> why they were left; "" for what lies above the project.
    """

    documents: int
    changed_documents: int
    renamed: dict[str, int]
    rejects: tuple[Reject, ...]
    skipped: tuple[str, ...]
    merged: tuple[str, ...] = ()
    configuration: tuple[str, ...] = ()
    left: dict[str, str] = field(default_factory=dict)


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
    used: set[tuple[str, str, str]] = set()
    with new_folder(target, force=force or in_place) as folder:
        skipped = tuple(_copy_files(source, folder))
        if skipped and in_place:
            raise Refused(f"{source}: holds links or special files ({len(skipped)}), which a migration in place loses")
        for files in find_documents(source):
            read = read_document(files)
            used.update(_list_names(read.document))
            document, hits = migrate_document(read.document, renames)
            if hits and files.ann is not None:
                content = format_annotations(document).encode("utf-8", "surrogateescape")
                (folder / files.ann.relative_to(source)).write_bytes(content)
            documents, changed = documents + 1, changed + bool(hits)
            counts.update(hits)
            rejects.extend(read.rejects)
        configuration, left = rename_configuration(folder, renames)
    left |= _check_above(target, renames, counts)
    merged = _find_merged(renames, used)
    return MigrationReport(documents, changed, dict(counts), tuple(rejects), skipped, merged, configuration, left)


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
        rule = find_rule(renames, kind, name, attribute)
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


def _list_names(document: Document) -> Iterator[tuple[str, str, str]]:
    """Yield the kind of a name, the attribute where it is a value, and the name, for all that a document uses."""
    for line in document.lines:
        match line.annotation:
            case TextBound(type=name):
                yield "type", "", name
            case Event() as event:
                yield "type", "", event.type
                yield from (("role", "", argument.role) for argument in event.arguments)
            case Relation() as relation:
                yield "relation", "", relation.type
                yield from (("role", "", argument.role) for argument in relation.arguments)
            case Attribute() as attribute:
                yield "attribute", "", attribute.name
                if attribute.value is not None:
                    yield "value", attribute.name, attribute.value


def _find_merged(renames: Sequence[Rename], used: Collection[tuple[str, str, str]]) -> tuple[str, ...]:
    """Return the rules after which a name stands for more than it did, names that go away themselves aside."""
    effective = [rename for rename in renames if (rename.kind, rename.attribute, rename.old) in used]
    gone = {(rename.kind, rename.attribute, rename.old) for rename in renames if rename.old != rename.new}
    targets = Counter((rename.kind, rename.attribute, rename.new) for rename in effective)
    return tuple(
        str(rename)
        for rename in effective
        if rename.old != rename.new
        and (targets[key := (rename.kind, rename.attribute, rename.new)] > 1 or (key in used and key not in gone))
    )


def _check_above(target: Path, renames: Sequence[Rename], counts: Mapping[str, int]) -> dict[str, str]:
    """Say where the schema that the result stands under, above it, does not have a name that now is in use."""
    if any((target / name).is_file() for name in (SCHEMA_FILE, CONF_FILE)):
        return {}
    above = find_schema(target, remark=lambda _: None)
    unknown = [r.new for r in renames if above and counts[str(r)] and not is_known(above, r, r.new)]
    return {"": f"the schema above the project does not know {', '.join(unknown)}"} if unknown else {}


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
