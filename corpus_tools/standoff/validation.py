"""Validation of a brat project: every line of every `.ann` accounted for, kept or rejected, and a corrected copy.

In: a folder. Out: a `ValidationReport`, which the command `corpus validate` prints, and on request a folder with what
was kept, repairs written.

Examples
--------
>>> counts = LineCounts(read=3, repaired=1, rejected=1)
>>> counts.kept
2
"""

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from corpus_tools.errors import InputError
from corpus_tools.standoff.alignment import AlignedDocument, Counting, read_project
from corpus_tools.standoff.brat import write_document
from corpus_tools.standoff.conformity import check_schema, enforce_schema
from corpus_tools.standoff.document import LINE_KINDS, Document, Reject, Repair, Warning
from corpus_tools.standoff.schema import Schema
from corpus_tools.standoff.schema_files import find_schema
from corpus_tools.storage import check_output, new_folder, write_text

_CONFIGURATION_FILES = ("annotation.conf", "visual.conf", "tools.conf", "kb_shortcuts.conf", "schema.toml")

Tracking = Callable[[Iterator[AlignedDocument]], Iterable[AlignedDocument]]


@dataclass(frozen=True, slots=True)
class ValidationSettings:
    """Hold how to validate.

    Attributes
    ----------
    strict : bool
        Stop at the first reject.
    strict_schema : bool
        Reject what the schema does not foresee, instead of warning.
    fix : Path, optional
        Where to write a corrected copy.
    show_text : bool
        Let messages quote the clinical text.
    window : int, characters
        Largest shift by which a mention is repaired.
    offsets : str
        How the offsets count, as `align_document` takes it.
    """

    strict: bool = False
    strict_schema: bool = False
    fix: Path | None = None
    show_text: bool = False
    window: int = 3
    offsets: Counting = "auto"
    follow_symlinks: bool = False


@dataclass(frozen=True, slots=True)
class LineCounts:
    """Hold what became of the lines of one kind; `repaired` ones are among the kept."""

    read: int = 0
    repaired: int = 0
    rejected: int = 0

    @property
    def kept(self) -> int:
        """Return the lines that were not rejected."""
        return self.read - self.rejected

    def to_json(self) -> dict[str, int]:
        """Return the four counts."""
        return {"read": self.read, "kept": self.kept, "repaired": self.repaired, "rejected": self.rejected}


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """Hold the account of a project.

    Attributes
    ----------
    documents : dict of str to int
        `read`; of these `annotated` (with an `.ann`, be it empty), `unannotated`, and `rejected` as a whole.
    lines : dict of str to LineCounts
        By kind; `kept + rejected == read` for each.
    rejects : tuple of Reject
        One a rejected line, and one (line 0) a file or folder left out.
    repairs : tuple of (str, Repair)
        Each with its `.ann`.
    schema : str
        Where the schema came from, "none" where there is none.
    """

    documents: dict[str, int]
    lines: dict[str, LineCounts]
    rejects: tuple[Reject, ...]
    repairs: tuple[tuple[str, Repair], ...]
    warnings: tuple[Warning, ...]
    schema: str

    @property
    def rejects_by_code(self) -> dict[str, int]:
        """Return how many rejects there are of each code, most frequent first."""
        return dict(Counter(reject.code for reject in self.rejects).most_common())

    @property
    def warnings_by_code(self) -> dict[str, int]:
        """Return how many warnings there are of each code, most frequent first."""
        return dict(Counter(warning.code for warning in self.warnings).most_common())

    def to_json(self) -> dict[str, object]:
        """Return the report as what JSON can hold."""
        return {
            "documents": self.documents,
            "lines": {kind: counts.to_json() for kind, counts in self.lines.items()},
            "rejects": [asdict(reject) for reject in self.rejects],
            "rejects_by_code": self.rejects_by_code,
            "repairs": [{"file": file, **asdict(repair)} for file, repair in self.repairs],
            "warnings": self.warnings_by_code,
            "warning_rows": [asdict(warning) for warning in self.warnings],
            "schema_origin": self.schema,
        }


def validate_folder(
    root: Path, settings: ValidationSettings | None = None, *, track: Tracking = iter
) -> ValidationReport:
    """Read every document below a folder and account for every line.

    Parameters
    ----------
    track : callable, optional
        Wraps the documents as they are read, to show progress.

    Raises
    ------
    InputError
        At the first reject, where `settings.strict` is set.
    SchemaError
        Where the schema of the project can't be used.
    OutputExists, Refused, UsageError
        Where the corrected copy can't be written to the place named.
    """
    settings = settings or ValidationSettings()
    remarks: list[str] = []
    schema = find_schema(root, remark=None if settings.strict_schema else remarks.append)
    skipped: list[Reject] = []
    if settings.fix is not None:
        check_output(settings.fix, inputs=(root,))
    documents = read_project(
        root,
        window=settings.window,
        offsets=settings.offsets,
        follow_symlinks=settings.follow_symlinks,
        on_skip=skipped.append,
        fill_texts=settings.fix is not None,
        show_text=settings.show_text,
    )
    summaries: list[AlignedDocument] = []
    with _open_copy(settings.fix) as copy:
        for aligned in track(_check_each(documents, schema, is_enforced=settings.strict_schema)):
            if settings.strict:
                _stop_at_reject((*skipped, *aligned.rejects))
            if copy is not None and not aligned.is_rejected:
                write_document(_without_rejects(aligned), copy)
            summaries.append(_without_content(aligned))
        if settings.strict:
            _stop_at_reject(skipped)
        report = _sum_up(summaries, skipped, schema)
        unusable = tuple(Warning("SCHEMA-UNUSABLE", str(root), 0, "", "", remark) for remark in remarks)
        report = replace(report, warnings=(*unusable, *report.warnings))
        if copy is not None:
            _finish_copy(root, copy, report)
    return report


def _check_each(
    documents: Iterator[AlignedDocument], schema: Schema | None, *, is_enforced: bool
) -> Iterator[AlignedDocument]:
    for aligned in documents:
        if schema is None:
            yield aligned
        elif is_enforced:
            yield enforce_schema(aligned, schema)
        else:
            yield replace(aligned, warnings=(*aligned.warnings, *check_schema(aligned.document, schema)))


def _stop_at_reject(rejects: Iterable[Reject]) -> None:
    for reject in rejects:
        place = f"{reject.file}:{reject.line}" if reject.line else reject.file
        raise InputError(f"{place}: {reject.code} {reject.annotation_id} {reject.message}; stopped by --strict")


def _without_content(aligned: AlignedDocument) -> AlignedDocument:
    # What is summed up at the end must not hold the texts of a large project in memory.
    return replace(aligned, document=replace(aligned.document, text="", lines=()))


def _sum_up(summaries: Iterable[AlignedDocument], skipped: Iterable[Reject], schema: Schema | None) -> ValidationReport:
    documents = Counter({"read": 0, "annotated": 0, "unannotated": 0, "rejected": 0})
    read: Counter[str] = Counter()
    rejects, repairs, warnings = list(skipped), list[tuple[str, Repair]](), list[Warning]()
    for aligned in summaries:
        documents["read"] += 1
        documents["annotated" if aligned.document.has_annotations else "unannotated"] += 1
        documents["rejected"] += aligned.is_rejected
        read.update(aligned.read_lines)
        rejects.extend(aligned.rejects)
        warnings.extend(aligned.warnings)
        repairs.extend((aligned.document.doc_id + ".ann", repair) for repair in aligned.repairs)
    rejected = Counter(reject.kind for reject in rejects if reject.line)
    # Only textbounds are ever repaired: their offsets, or their text.
    lines = {kind: LineCounts(read[kind], len(repairs) if kind == "T" else 0, rejected[kind]) for kind in LINE_KINDS}
    origin = "none" if schema is None else schema.origin
    return ValidationReport(dict(documents), lines, tuple(rejects), tuple(repairs), tuple(warnings), origin)


def _open_copy(fix: Path | None) -> AbstractContextManager[Path | None]:
    return nullcontext() if fix is None else new_folder(fix)


def _without_rejects(aligned: AlignedDocument) -> Document:
    rejected = {reject.line for reject in aligned.rejects}
    lines = tuple(line for line in aligned.document.lines if line.number not in rejected)
    return replace(aligned.document, lines=lines)


def _finish_copy(root: Path, copy: Path, report: ValidationReport) -> None:
    """Put brat's configuration and the rows of what was left out beside the corrected documents."""
    for name in _CONFIGURATION_FILES:
        if (root / name).is_file():
            shutil.copyfile(root / name, copy / name)
    rows = [json.dumps(asdict(reject), sort_keys=True) for reject in report.rejects]
    write_text(copy / "rejects.jsonl", "".join(f"{row}\n" for row in rows))
