"""`corpus convert`: annotations from one format to another, through brat's nouns.

In: a folder or file in one of `FORMATS`. Out: a folder in another, and `ConversionReport` with what did not survive.

Examples
--------
>>> sorted(FORMATS)
['bioc', 'brat', 'ddi', 'i2b2', 'pubtator', 'spert']
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from corpus_tools.conversion.frames import frame_documents
from corpus_tools.conversion.i2b2 import read_i2b2, render_i2b2
from corpus_tools.conversion.markup import read_bioc, read_ddi, read_pubtator, render_bioc, render_pubtator
from corpus_tools.conversion.record import Converted, Rendered, tell_apart
from corpus_tools.conversion.spert import read_spert, render_spert
from corpus_tools.errors import InputError, UsageError
from corpus_tools.standoff import (
    Document,
    Reject,
    format_annotations,
    observed_schema,
    offer_brat_files,
    read_project,
)
from corpus_tools.storage import check_output, new_folder


@dataclass(frozen=True, slots=True)
class Format:
    """Hold how a format is read and rendered; DDI XML is only read.

    `endings` are those of the files that hold many documents each; a format without them reads folders by itself.
    `name` gives a document's name in the format by its id; what is rendered has such names for ids, no two the same.
    """

    read: Callable[[Path], Converted]
    render: Callable[[Iterable[Document]], Rendered] | None
    endings: tuple[str, ...] = ()
    name: Callable[[str], str] = str


@dataclass(frozen=True, slots=True)
class ConversionReport:
    """Hold how many documents went over, and what was lost or changed on reading and on writing, by kind.

    `rejects` of the losses on reading are files and lines of a brat project that could not be read. `renamed` holds the
    documents whose name was taken: the one that each got instead, and its id in the source.
    """

    documents: int
    mentions: int
    relations: int
    losses_reading: Mapping[str, int]
    losses_writing: Mapping[str, int]
    rejects: int = 0
    frames: int = 0
    renamed: Mapping[str, str] = field(default_factory=dict)


def convert(
    source: Path,
    folder: Path,
    *,
    from_format: str,
    to_format: str,
    frames: bool = False,
    force: bool = False,
    remark: Callable[[str], None] = lambda _: None,
) -> ConversionReport:
    """Convert a source into a folder, whole or not at all.

    Parameters
    ----------
    frames : bool
        Write relations that share a head as events, with brat's configuration files beside.
    remark : callable of str
        Told what is worth a message.

    Raises
    ------
    UsageError
        Where the target format can only be read, or frames are asked for in another format than brat's.
    InputError, Refused
        Where the source can't be read or is hostile.
    """
    render = FORMATS[to_format].render
    if render is None:
        raise UsageError(f"--to {to_format}: this format can only be read; choose another")
    if frames and to_format != "brat":
        raise UsageError(f"--frames with --to {to_format}: frames are events of brat; use --to brat")
    check_output(folder, force=force, inputs=[source])
    converted = _read_source(source, from_format)
    documents, renamed = _name_documents(converted.documents, FORMATS[to_format].name)
    framed = frame_documents(documents) if frames else None
    rendered = render(framed.documents if framed else documents)
    losses = {**rendered.losses, "document-renamed": len(renamed)}
    with new_folder(folder, force=force) as scratch:
        for name, content in rendered.files.items():
            path = scratch / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode("utf-8", "surrogateescape"))
        if framed:
            offer_brat_files(observed_schema(framed.documents), scratch, remark=remark)
    return ConversionReport(
        documents=len(converted.documents),
        mentions=sum(len(document.textbounds) for document in converted.documents),
        relations=sum(len(document.relations) for document in converted.documents),
        losses_reading=converted.losses,
        losses_writing={kind: count for kind, count in sorted(losses.items()) if count},
        rejects=converted.rejects,
        frames=framed.frames if framed else 0,
        renamed=renamed,
    )


def _read_source(source: Path, name: str) -> Converted:
    """Read a source; of a folder, as `corpus convert --to` writes one, all files of the format."""
    format = FORMATS[name]
    if not format.endings or not source.is_dir():
        return format.read(source)
    paths = sorted(path for path in source.iterdir() if path.suffix in format.endings)
    if not paths:
        looked_for = " or ".join(format.endings)
        raise InputError(f"{source}: no {looked_for} here, which --from {name} looks for; or name the file itself")
    parts = [format.read(path) for path in paths]
    losses: Counter[str] = Counter()
    for part in parts:
        losses.update(part.losses)
    documents = tuple(document for part in parts for document in part.documents)
    return Converted(documents, dict(sorted(losses.items())), sum(part.rejects for part in parts))


def _name_documents(
    documents: Iterable[Document], name: Callable[[str], str]
) -> tuple[tuple[Document, ...], dict[str, str]]:
    """Return the documents under their names, and the ids of those whose name another has, by what they got instead."""
    read = tuple(documents)
    rows = list(zip(read, tell_apart(name(document.doc_id) for document in read), strict=True))
    renamed = {own: document.doc_id for document, own in rows if own != name(document.doc_id)}
    return tuple(replace(document, doc_id=own) for document, own in rows), renamed


def read_brat(source: Path) -> Converted:
    """Read a brat project; what reading rejects is a loss under its code.

    Raises
    ------
    InputError
        Where the folder holds no document, or none has an `.ann`, as an i2b2 folder has none.
    """
    rejects: list[Reject] = []
    aligned = list(read_project(source, on_skip=rejects.append))
    if not aligned:
        raise InputError(f"{source}: no document here")
    rejects += [reject for each in aligned for reject in each.rejects]
    if not rejects and not any(each.document.has_annotations for each in aligned):
        raise InputError(f"{source}: no .ann here, which --from brat looks for; an empty one is enough")
    losses = Counter(reject.code for reject in rejects)
    documents = tuple(each.document for each in aligned if not each.is_rejected)
    return Converted(documents, dict(sorted(losses.items())), len(rejects))


def render_brat(documents: Iterable[Document]) -> Rendered:
    """Render documents as `.txt` and `.ann`; nothing is lost."""
    files: dict[str, str] = {}
    for document in documents:
        files[f"{document.doc_id}.txt"] = document.text
        files[f"{document.doc_id}.ann"] = format_annotations(document)
    return Rendered(files, {})


def _join_folders(doc_id: str) -> str:
    """Return a name without folders, for formats that have none."""
    return doc_id.replace("/", "_")


def _safe_name(doc_id: str) -> str:
    """Return a name that stays below the folder: ids come from files that nobody vetted."""
    parts = [part.replace("\\", "_").replace("\0", "_") for part in doc_id.split("/")]
    return "/".join(part for part in parts if part not in {"", ".", ".."}) or "document"


FORMATS: Mapping[str, Format] = {
    "brat": Format(read_brat, render_brat, name=_safe_name),
    "i2b2": Format(read_i2b2, render_i2b2, name=_join_folders),
    "spert": Format(read_spert, render_spert, endings=(".json",)),
    "bioc": Format(read_bioc, render_bioc, endings=(".xml", ".json")),
    "pubtator": Format(read_pubtator, render_pubtator, endings=(".pubtator",), name=_join_folders),
    "ddi": Format(read_ddi, None),
}
