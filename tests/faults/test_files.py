"""Faults 25 to 33: names, links, pipes, sizes and changes of files, and how documents meet."""

import ctypes
import json
import os
import resource
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from corpus_tools.assembly import PARTS, read_corpus
from corpus_tools.standoff import files as standoff_files
from relext.model import write_model
from tests.corpus_tools.corpus_documents import make_note, make_notes, write_export
from tests.faults.commands import ANN, TEXT, build, relext, run, validate, write_note
from tests.relext.tiny_models import tiny_corpus, tiny_finder, tiny_model

NAMES = [
    "x/a",
    "y/a",
    "A",
    "e\u0301",
    "\u00e9",
    "new\nline",
    "semi;colon",
    "-l",
    "..x",
    "z" * 251,
    "\udcff",
    "\x1b[31mred",
]
MAIN = "from corpus_tools.cli import main; main()"


def test_fault_25_strange_names_are_ids_of_their_own_and_print(tmp_path: Path) -> None:
    for number, name in enumerate(NAMES):
        text, ann = make_note(number)
        write_note((tmp_path / "in" / name).parent, ann, text=text, name=name.rpartition("/")[2])
    ended = validate(tmp_path / "in")
    assert (ended.code, ended.record["documents"]["read"]) == (0, len(NAMES))
    assert "\x1b" not in run("validate", tmp_path / "in", "-v").out
    assert build(tmp_path / "in", tmp_path / "corpus").code == 0
    assert run("convert", tmp_path / "in", "--from", "brat", "--out", tmp_path / "copy").code == 0
    assert len(list((tmp_path / "copy").rglob("*.txt"))) == len(NAMES)
    assert not list(tmp_path.glob("*.txt"))


@pytest.mark.parametrize("options", [(), ("--follow-symlinks",)])
def test_fault_26_links_out_and_in_circles_are_skipped_and_counted(tmp_path: Path, options: tuple[str, ...]) -> None:
    root = write_note(tmp_path / "in")
    write_note(tmp_path / "out", name="other")
    (root / "folder").symlink_to("../out")
    (root / "other.txt").symlink_to("../out/other.txt")
    (root / "circle").symlink_to(".")
    for suffix in (".txt", ".ann"):
        os.link(root / f"note{suffix}", root / f"twice{suffix}")
    ended = validate(root, *options)
    assert (ended.code, ended.rejects) == (4, {"FILE-SYMLINK": 3, "FILE-HARD-LINK": 1})
    assert ended.record["documents"]["read"] == 1


def test_fault_26_every_reader_of_projects_counts_the_links(tmp_path: Path) -> None:
    for name in ("anna", "ben"):
        (write_note(tmp_path / "in" / name) / "link.txt").symlink_to("note.txt")
    commands = [("agreement", "--bootstrap", 0), ("adjudicate", "queue"), ("statistics",)]
    ends = [run(*command, tmp_path / "in") for command in commands]
    assert [ended.code for ended in ends] == [4, 4, 4]
    assert all("2 rejected" in ended.err for ended in ends)
    assert run("convert", tmp_path / "in", "--from", "brat", "--out", tmp_path / "copy").code == 4


def make_odd_files(root: Path) -> Path:
    """Put a pipe, a socket, a device's link and folders where texts and annotations are expected."""
    write_note(root)
    write_note(root, None, name="sound")
    os.mkfifo(root / "pipe.txt")
    os.mkfifo(root / "sound.ann")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(root / "s.txt"))  # the whole path may be too long for a socket
    (root / "zero.txt").symlink_to("/dev/zero")
    (root / "folder.ann").mkdir()
    (root / "folder.txt").write_text(TEXT)
    return root


def test_fault_27_pipes_sockets_and_devices_are_skipped_without_waiting(tmp_path: Path) -> None:
    root = make_odd_files(tmp_path / "in")
    ended = validate(root)
    assert (ended.code, ended.rejects) == (4, {"FILE-NOT-REGULAR": 3, "FILE-UNREADABLE": 1, "FILE-SYMLINK": 1})
    for command in (("build", root, "--out", tmp_path / "corpus", "--min-samples", 1), ("statistics", root)):
        assert run(*command).code == 4


@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
@pytest.mark.parametrize(
    "command",
    [
        ("import", "ODD", "--out", "OUT"),
        ("build", "IN", "--out", "OUT", "--metadata", "ODD"),
        ("build", "IN", "--out", "OUT", "--schema", "ODD"),
        ("agreement", "IN", "--metadata", "ODD"),
        ("adjudicate", "queue", "IN", "--probabilities", "ODD"),
        ("adjudicate", "apply", "IN", "--decisions", "ODD"),
        ("schema", "show", "ODD"),
        ("convert", "ODD", "--from", "bioc", "--out", "OUT"),
        ("convert", "ODD", "--from", "pubtator", "--out", "OUT"),
        ("convert", "ODD", "--from", "spert", "--out", "OUT"),
    ],
)
def test_fault_27_no_option_waits_for_a_pipe(tmp_path: Path, command: tuple[str, ...], kind: str) -> None:
    for name in ("anna", "ben"):
        write_note(tmp_path / "in" / name)
    odd = tmp_path / "odd.csv"
    {"pipe": os.mkfifo, "device": lambda path: path.symlink_to("/dev/zero"), "folder": Path.mkdir}[kind](odd)
    names = {"ODD": odd, "IN": tmp_path / "in", "OUT": tmp_path / "out"}
    ended = run(*(names.get(word, word) for word in command))
    assert ended.code in (2, 3), ended
    assert ended.err.count("\n") == 1
    assert str(odd) in ended.err
    assert not (tmp_path / "out").exists()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a model folder, beside it a corpus."""
    root = tmp_path_factory.mktemp("model")
    write_model(root / "model", tiny_model(), finder=tiny_finder())
    tiny_corpus(root / "corpus")
    return root / "model"


@pytest.mark.parametrize("kind", ["pipe", "device"])
@pytest.mark.parametrize(
    "command",
    [
        ("pretrain", "IN", "--config", "ODD", "--out", "OUT"),
        ("pretrain", "IN", "--about", "ODD", "--out", "OUT"),
        ("train", "CORPUS", "--config", "ODD", "--out", "OUT"),
        ("train", "CORPUS", "--concepts", "ODD", "--out", "OUT"),
        ("eval", "MODEL", "CORPUS", "--concepts", "ODD", "--out", "OUT"),
        ("compare", "CORPUS", "--config", "ODD", "--out", "OUT"),
        ("predict", "MODEL", "ODD"),
        ("explain", "MODEL", "ODD", "--pair", "T1", "T2"),
        ("annotate", "MODEL", "ODD", "--out", "OUT"),
        ("annotate", "MODEL", "IN", "--queue", "ODD", "--out", "OUT"),
        ("annotate", "MODEL", "IN", "--concepts", "ODD", "--out", "OUT"),
        ("queue", "MODEL", "ODD", "--out", "OUT"),
        ("serve", "MODEL", "--lexicon", "ODD", "--port", "0"),
        ("graph", "IN", "--metadata", "ODD", "--out", "OUT"),
        ("graph", "IN", "--schema", "ODD", "--out", "OUT"),
    ],
)
def test_fault_27_no_option_of_a_model_waits_for_a_pipe(
    tmp_path: Path, model: Path, command: tuple[str, ...], kind: str
) -> None:
    write_note(tmp_path / "in")
    odd = tmp_path / "odd.csv"
    {"pipe": os.mkfifo, "device": lambda path: path.symlink_to("/dev/zero")}[kind](odd)
    names = {"ODD": odd, "IN": tmp_path / "in", "OUT": tmp_path / "out"}
    names |= {"MODEL": model, "CORPUS": model.parent / "corpus"}
    ended = relext(*(names.get(word, word) for word in command))
    assert ended.code in (2, 3), ended
    assert ended.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def be_no_superuser() -> None:
    """Give up what lets root read every file (capabilities 1 and 2), before another program takes this process over."""
    for capability in (1, 2):
        ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP; fails without harm where nobody is root


def test_fault_27_file_that_may_not_be_read_is_a_row(tmp_path: Path) -> None:
    root = write_note(write_note(tmp_path), name="secret")
    (root / "secret.ann").chmod(0)
    command = [sys.executable, "-c", MAIN, "validate", str(root), "--json"]
    ended = subprocess.run(command, capture_output=True, text=True, preexec_fn=be_no_superuser)
    assert (ended.returncode, json.loads(ended.stdout)["rejects_by_code"]) == (4, {"FILE-UNREADABLE": 1})


def test_fault_28_file_that_keeps_changing_while_it_is_read_is_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_note(tmp_path)
    real = os.read

    def read(descriptor: int, size: int) -> bytes:
        content = real(descriptor, size)
        if content.startswith(b"Aspirin"):
            with (root / "note.txt").open("ab") as file:  # somebody writes between the two looks
                file.write(b"more")
        return content

    monkeypatch.setattr(standoff_files.os, "read", read)
    ended = validate(root)
    assert (ended.code, ended.rejects) == (4, {"FILE-CHANGED": 4})  # the text and its three lines


@pytest.mark.parametrize("suffix", [".txt", ".ann"])
def test_fault_29_file_beyond_the_limit_is_named_and_never_read(tmp_path: Path, suffix: str) -> None:
    root = write_note(write_note(tmp_path / "in"), name="huge")
    with (root / f"huge{suffix}").open("wb") as file:
        file.truncate(1 << 30)  # sparse: no disk is filled
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ended = validate(root)
    assert ended.code == 4
    assert ended.rejects["FILE-TOO-LARGE"] >= 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 << 10  # KiB


def test_fault_29_line_beyond_the_limit_is_one_reject(tmp_path: Path) -> None:
    ended = validate(write_note(tmp_path, f"{ANN}T9\tDrug 0 7\t{'x' * (2 << 20)}\n"))
    assert (ended.code, ended.rejects) == (4, {"BRAT-LINE-LENGTH": 1})


def test_fault_29_forty_thousand_ids_are_kept(tmp_path: Path) -> None:
    ann = "".join(f"T{number}\tDrug 0 7\tAspirin\n" for number in range(1, 40_001))  # more than 2^15
    ended = validate(write_note(tmp_path, ann))
    assert (ended.code, ended.record["lines"]["T"]["kept"]) == (0, 40_000)


def test_fault_30_many_tiny_documents_are_walked_one_folder_at_a_time(tmp_path: Path) -> None:
    found = standoff_files.find_documents(write_export(tmp_path / "in", make_notes(900)))
    assert next(found).doc_id == "note-000"  # before the others are looked at; 200,000 of them: test_scale
    assert sum(1 for _ in found) == 899


def test_fault_31_document_whose_texts_differ_is_left_out_and_named(tmp_path: Path) -> None:
    for name in ("anna", "ben"):
        write_note(write_note(tmp_path / name), text=TEXT + name, name="other")
    ended = run("agreement", tmp_path, "--json", "--bootstrap", 0)
    assert "other: TEXT-DIFFERS" in ended.err
    assert TEXT.split()[0] not in ended.err


def test_fault_32_pairs_of_annotators_are_told_with_what_they_share(tmp_path: Path) -> None:
    for name, notes in {"anna": "ab", "ben": "bc", "cem": "d"}.items():
        for note in notes:
            write_note(tmp_path / name, name=note)
    record = run("agreement", tmp_path, "--json", "--bootstrap", 0).record
    coverage = {(*row["annotators"],): row["compared"] for row in record["coverage"]}
    assert coverage == {("anna", "ben"): 1, ("anna", "cem"): 0, ("ben", "cem"): 0}


@pytest.mark.parametrize("annotators", [{"anna": "a"}, {"anna": "a", "ben": "b"}, {}])
def test_fault_32_nothing_to_compare_is_one_line(tmp_path: Path, annotators: dict[str, str]) -> None:
    for name, note in annotators.items():
        write_note(tmp_path / name, name=note)
    ended = run("agreement", tmp_path)
    assert (ended.code, ended.err.count("\n")) == (3, 1)


def test_fault_33_one_patients_documents_share_a_part(tmp_path: Path) -> None:
    root = write_export(tmp_path / "in", make_notes(20))
    rows = [f"note-{number:03},{'smith' if number < 5 else number}\n" for number in range(20)]
    (root / "metadata.csv").write_text("doc_id,patient\n" + "".join(rows))
    assert run("build", root, "--out", tmp_path / "corpus", "--min-samples", 1).code == 0
    corpus = read_corpus(tmp_path / "corpus")
    places = {document.doc_id: part for part in PARTS for document in corpus.documents(part)}
    assert len({places[f"note-{number:03}"] for number in range(5)}) == 1


def test_fault_33_group_that_fits_no_part_is_refused_with_hashes_alone(tmp_path: Path) -> None:
    root = tmp_path / "in"
    for number in range(10):
        write_note(root, name=f"jane-miller-{number}")  # one text ten times
    ended = run("build", root, "--out", tmp_path / "corpus", "--min-samples", 1)
    assert (ended.code, ended.err.count("\n")) == (8, 1)
    assert "miller" not in ended.err
