"""The walk over a project and the reading of single files: nothing blocks, loops, or goes without a row."""

import os
import socket
import subprocess
from pathlib import Path

import pytest

from corpus_tools.standoff import DocumentFiles, Reject, find_documents, read_document
from corpus_tools.standoff import files as standoff_files
from corpus_tools.standoff.files import format_doc_id, read_bytes


def fill(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")


def walk(root: Path, **settings: bool) -> tuple[list[str], list[tuple[str, str]]]:
    skipped: list[Reject] = []
    found = [files.doc_id for files in find_documents(root, on_skip=skipped.append, **settings)]
    return found, [(reject.code, reject.file) for reject in skipped]


def test_documents_come_in_the_order_of_their_ids(tmp_path: Path) -> None:
    fill(tmp_path, "b.txt", "b.ann", "a/x.txt", "a/x.ann", "a.txt", "a-b.ann", "a!.txt", "a/x/y.txt", "A.txt")
    assert walk(tmp_path)[0] == ["A", "a", "a!", "a-b", "a/x", "a/x/y", "b"]


def test_missing_halves_are_none(tmp_path: Path) -> None:
    fill(tmp_path, "a.txt", "b.ann")
    assert list(find_documents(tmp_path)) == [
        DocumentFiles("a", tmp_path / "a.txt", None),
        DocumentFiles("b", None, tmp_path / "b.ann"),
    ]


def test_other_files_are_no_documents(tmp_path: Path) -> None:
    fill(tmp_path, "annotation.conf", "notes.md", "x.ann~", ".ann", ".git/a.txt", "data.csv")
    assert walk(tmp_path) == ([], [])


@pytest.mark.parametrize("name", ["a\nb", "-rf", "a;b", "..a", "a.b.c", "ä" * 125, "e\u0301", " ", "a\u202eb"])
def test_strange_names_are_ids_as_they_are(tmp_path: Path, name: str) -> None:
    fill(tmp_path, f"sub/{name}.txt")
    assert walk(tmp_path)[0] == [f"sub/{name}"]


def test_names_that_are_not_utf8_give_unique_printable_ids(tmp_path: Path) -> None:
    for name in (b"na\xefve.txt", "na\ufffdEFve.txt".encode(), b"naive.txt"):
        (Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))).write_text("x")
    found = walk(tmp_path)[0]
    assert len(set(found)) == 3
    assert "na\ufffdEFve" in found
    assert all(doc_id.encode("utf-8") for doc_id in found)


def test_escaping_of_ids_can_not_collide() -> None:
    names = ["\udcef", "\ufffdEF", "\ufffd", "\udcef\udcbf"]
    assert len({format_doc_id(name) for name in names}) == 4


def test_links_are_skipped_with_a_row(tmp_path: Path) -> None:
    fill(tmp_path, "in/a.txt", "out/b.txt")
    (tmp_path / "in/b.txt").symlink_to(tmp_path / "out/b.txt")
    (tmp_path / "in/more").symlink_to(tmp_path / "out")
    (tmp_path / "in/gone.ann").symlink_to(tmp_path / "nowhere")
    found, skipped = walk(tmp_path / "in")
    assert found == ["a"]
    assert sorted(skipped) == [("FILE-SYMLINK", "b.txt"), ("FILE-SYMLINK", "gone.ann"), ("FILE-SYMLINK", "more")]


def test_links_inside_the_project_are_followed_on_request(tmp_path: Path) -> None:
    fill(tmp_path, "in/a/x.txt", "out/b.txt")
    (tmp_path / "in/c.txt").symlink_to("a/x.txt")
    (tmp_path / "in/b.txt").symlink_to(tmp_path / "out/b.txt")
    assert walk(tmp_path / "in", follow_symlinks=True) == (["a/x", "c"], [("FILE-SYMLINK", "b.txt")])


@pytest.mark.timeout(10)
def test_loop_of_links_ends(tmp_path: Path) -> None:
    fill(tmp_path, "a/x.txt")
    (tmp_path / "a/loop").symlink_to(tmp_path)
    (tmp_path / "self.txt").symlink_to(tmp_path / "self.txt")
    found, skipped = walk(tmp_path, follow_symlinks=True)
    assert "a/x" in found
    assert ("FILE-SYMLINK", "a/loop") in skipped


def test_document_under_two_hard_links_is_read_once(tmp_path: Path) -> None:
    fill(tmp_path, "a/x.txt", "a/x.ann")
    (tmp_path / "b").mkdir()
    for name in ("x.txt", "x.ann"):
        (tmp_path / "b" / name).hardlink_to(tmp_path / "a" / name)
    assert walk(tmp_path) == (["a/x"], [("FILE-HARD-LINK", "b/x")])


def test_text_that_annotators_share_by_hard_link_is_no_repetition(tmp_path: Path) -> None:
    fill(tmp_path, "a/x.txt", "a/x.ann", "b/x.ann")
    (tmp_path / "b/x.txt").hardlink_to(tmp_path / "a/x.txt")
    assert walk(tmp_path) == (["a/x", "b/x"], [])


def test_bionlp_pair_is_named(tmp_path: Path) -> None:
    fill(tmp_path, "a.txt", "a.a1", "a.a2", "b.txt", "b.ann", "b.a1")
    assert walk(tmp_path) == (["b"], [("FILE-A1-A2", "a.a1")])


def test_bionlp_pair_is_joined_by_the_command_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.a1").write_text("T1\tProtein 0 3\tp53")  # no last line end
    (tmp_path / "x.a2").write_text("E1\tBinding:T1\n")
    skipped: list[Reject] = []
    assert list(find_documents(tmp_path, on_skip=skipped.append)) == []
    subprocess.run(skipped[0].message.partition("join it: ")[2], shell=True, check=True, cwd=tmp_path)
    assert (tmp_path / "x.ann").read_text() == "T1\tProtein 0 3\tp53\nE1\tBinding:T1\n"


@pytest.mark.timeout(10)
def test_pipes_sockets_devices_and_folders_never_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.ann")
    (tmp_path / "folder.ann").mkdir()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s.ann"))
        paths = [tmp_path / "pipe.ann", tmp_path / "folder.ann", tmp_path / "s.ann", Path("/dev/zero")]
        rejects = [read_bytes(path, file="x.ann") for path in paths]
    codes = [reject.code for reject in rejects if isinstance(reject, Reject)]
    assert codes == ["FILE-NOT-REGULAR", "FILE-NOT-REGULAR", "FILE-UNREADABLE", "FILE-NOT-REGULAR"]


def test_folder_named_like_annotations_hides_neither_itself_nor_its_documents(tmp_path: Path) -> None:
    fill(tmp_path, "x.txt", "x.ann/y.txt")
    assert walk(tmp_path)[0] == ["x", "x.ann/y"]
    read = read_document(next(find_documents(tmp_path)))
    assert [(reject.code, reject.file) for reject in read.rejects] == [("FILE-NOT-REGULAR", "x.ann")]
    assert not read.document.has_annotations


def test_file_that_can_not_be_opened_is_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> int:
        raise PermissionError(13, "Permission denied")

    fill(tmp_path, "a.txt")
    monkeypatch.setattr(os, "open", refuse)
    reject = read_bytes(tmp_path / "a.txt", file="a.txt")
    assert isinstance(reject, Reject)
    assert (reject.code, reject.message) == ("FILE-UNREADABLE", "can't be opened: Permission denied; skipped")


def test_file_beyond_the_limit_is_a_row(tmp_path: Path) -> None:
    with (tmp_path / "a.txt").open("wb") as stream:
        stream.truncate(standoff_files.MAX_FILE_BYTES + 1)  # sparse: no disk is filled
    reject = read_bytes(tmp_path / "a.txt", file="a.txt")
    assert isinstance(reject, Reject)
    assert reject.code == "FILE-TOO-LARGE"


@pytest.mark.parametrize(("changes", "expected"), [(1, b"xxx"), (2, "FILE-CHANGED")])
def test_file_that_changes_while_it_is_read_is_read_once_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: int, expected: object
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"x")
    real, calls = os.fstat, []

    def fstat(descriptor: int) -> os.stat_result:
        calls.append(descriptor)
        if len(calls) <= 2 * changes and len(calls) % 2 == 0:  # between the two looks of one reading
            path.write_bytes(b"x" * (1 + len(calls)))
        return real(descriptor)

    monkeypatch.setattr(os, "fstat", fstat)
    content = read_bytes(path, file="a.txt")
    assert (content.code if isinstance(content, Reject) else content) == expected
