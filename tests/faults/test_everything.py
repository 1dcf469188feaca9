"""Faults 58 and 72: every command once, without a network, over notes that hold a patient's name and number."""

import io
import re
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from corpus_tools.cli import COMMANDS as CORPUS_COMMANDS
from relext.cli import COMMANDS as RELEXT_COMMANDS
from tests.conftest import PROJECT
from tests.faults.commands import Ended, relext, run
from tests.faults.test_model_crashes import SETTINGS

CANARIES = ("Quillfeather", "MRN-7781940")
DRUGS, SIGNS = ("aspirin", "heparin", "insulin", "codeine"), ("pain", "fever", "cough")
NOTES = 16
# What holds text because it is what was asked for: documents, tables of documents, gold and its log, maps of mentions.
DATA = re.compile(
    r"\.(txt|ann|parquet)$|decisions\.jsonl$|^(bioc|pubtator|spert|i2b2|graph|round|queue)/|/documents/|^in/|^raw/"
)
NOT_RUN = {"compare", "explain", "predict", "serve"}  # run by their own tests, which look for their own canaries


def write_notes(folder: Path) -> None:
    """Write notes of two annotators who disagree now and then, and the same notes as a CSV."""
    rows = ["transcription,medical_specialty\n"]
    for number in range(NOTES):
        drug, sign = DRUGS[number % 4], SIGNS[number % 3]
        # In four notes of sixteen: a token of what five hold may stand in a tokenizer.
        patient = f"{CANARIES[0]} ({CANARIES[1]})" if number % 4 == 0 else f"Patient {number}"
        text = f"{patient} got {drug} for {sign} on day {number}. No rash.\n"
        start, end = text.index(drug), text.index(sign)
        ann = f"T1\tDrug {start} {start + len(drug)}\t{drug}\nT2\tSign {end} {end + len(sign)}\t{sign}\n"
        for annotator in ("anna", "ben"):
            (folder / annotator).mkdir(parents=True, exist_ok=True)
            (folder / annotator / f"note-{number:02}.txt").write_text(text)
            relation = f"R1\t{('treats', 'causes')[number % 2]} Arg1:T1 Arg2:T2\n"
            person = f"T3\tPerson 0 12\t{CANARIES[0]}\n" if number % 4 == 0 and annotator == "anna" else ""
            (folder / annotator / f"note-{number:02}.ann").write_text(ann + relation + person)
        rows.append(f'"{text.strip()}",Urology\n')
    (folder.parent / "raw").mkdir()
    (folder.parent / "raw/notes.csv").write_text("".join(rows))


def list_commands(root: Path) -> dict[str, tuple[Callable[..., Ended], tuple[object, ...]]]:
    """Return the commands in an order in which each finds what it reads."""
    notes, anna, config = root / "in", root / "in/anna", ("--config", root / "study.toml")
    cpu = ("--device", "cpu")
    corpus = {
        "schema show": ("schema", "show", PROJECT / "guidelines/schema.toml"),
        "import": ("import", root / "raw/notes.csv", "--out", root / "round/one", "--min-samples", 1, "--size", 4),
        "validate": ("validate", notes, "--fix", root / "in-fixed", "-v"),
        "agreement": ("agreement", notes, "--out", root / "agreement", "--bootstrap", 50, "-v"),
        "adjudicate queue": ("adjudicate", "queue", notes, "--out", root / "sheet.csv", "-v"),
        "adjudicate status": ("adjudicate", "status", notes),
        "adjudicate apply": ("adjudicate", "apply", notes, "--partial"),
        "build": ("build", anna, "--out", root / "corpus", "--min-samples", 1, "--splits", "50:25:25", "-v"),
        "verify": ("verify", root / "corpus"),
        "statistics": ("statistics", root / "corpus", "--out", root / "statistics"),
        "statistics csv": ("statistics", root / "raw/notes.csv", "--out", root / "statistics-csv", "--min-samples", 1),
        **{f"convert {name}": ("convert", anna, "--from", "brat", "--to", name, "--out", root / name)
           for name in ("bioc", "pubtator", "spert", "i2b2")},
    }  # fmt: skip
    models = {
        "pretrain": ("pretrain", anna, "--out", root / "encoder", "--steps", 1, "--hidden", 16, "--layers", 1, *cpu),
        "train": ("train", root / "corpus", "--out", root / "model", "--mentions", "--epochs", 1, *config),
        "eval": ("eval", root / "model", root / "corpus", "--out", root / "evaluation", *cpu),
        "annotate": ("annotate", root / "model", anna, "--out", root / "in-round-2", *cpu),
        "queue": ("queue", root / "model", anna, "--out", root / "order", *cpu),
        "graph": ("graph", anna, "--out", root / "graph"),
    }
    later = {"accept-rate": ("accept-rate", root / "in-round-2", anna, "--bootstrap", 50)}
    return {
        **{name: (run, command) for name, command in corpus.items()},
        **{name: (relext, command) for name, command in models.items()},
        **{name: (run, command) for name, command in later.items()},
    }


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("everything")
    write_notes(folder / "in")
    (folder / "study.toml").write_text(SETTINGS + "[mentions]\nmention_epochs = 1\n")
    return folder


@pytest.fixture(scope="module")
def ends(root: Path) -> dict[str, Ended]:
    """Run every command with sockets that connect to nothing; AF_UNIX ones, between processes, are left."""

    def refuse(self: socket.socket, address: Any) -> None:
        raise AssertionError(f"a command connected to {address!r}")

    with pytest.MonkeyPatch.context() as patch:
        for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE"):
            patch.delenv(name, raising=False)  # nothing but ourselves keeps us from the network
        for name in ("connect", "connect_ex"):
            patch.setattr(socket.socket, name, refuse)
        patch.setattr(socket, "getaddrinfo", lambda *address, **_: refuse(socket.socket(), address))
        return {name: start(*command) for name, (start, command) in list_commands(root).items()}


def test_fault_58_every_command_works_without_a_network(ends: dict[str, Ended]) -> None:
    assert {name: (e.code, e.err) for name, e in ends.items() if e.code not in (0, 4)} == {}


def test_fault_58_no_command_is_forgotten(root: Path) -> None:
    tried = {str(command[0]) for _, command in list_commands(root).values()}
    assert {*CORPUS_COMMANDS, *RELEXT_COMMANDS} - tried <= NOT_RUN


def test_fault_58_hub_name_without_a_network_asks_for_a_local_path(root: Path, ends: dict[str, Ended]) -> None:
    assert ends["build"].code == 0
    ended = relext("train", root / "corpus", "--out", root / "none", "--encoder", "someone/encoder")
    assert (ended.code, "give a local path" in ended.err, ended.err.count("\n")) == (2, True, 1)


def test_fault_72_nothing_printed_names_the_patient(ends: dict[str, Ended]) -> None:
    assert [name for name, e in ends.items() if any(word in e.out + e.err for word in CANARIES)] == []


def test_fault_72_patient_is_in_the_data_alone(root: Path, ends: dict[str, Ended]) -> None:
    assert ends
    files = [path for path in root.rglob("*") if path.is_file()]
    named = [path.relative_to(root).as_posix() for path in files
             if any(word.encode() in path.read_bytes() for word in CANARIES)]  # fmt: skip
    assert [name for name in named if not DATA.search(name)] == []
    assert any(name.startswith("in/") for name in named)  # the search finds what is there


def test_fault_72_shown_where_it_is_asked_for(root: Path, tmp_path: Path, ends: dict[str, Ended]) -> None:
    assert ends
    assert run("statistics", root / "corpus", "--show-text", "--out", tmp_path / "page").code == 0
    assert CANARIES[0] in (tmp_path / "page/report.html").read_text("utf-8")


LEAK = f"{CANARIES[0]} {CANARIES[1]}"
FAILURES: dict[str, tuple[bytes, tuple[object, ...]]] = {
    "text that is no UTF-8": (f"{LEAK}\xe9".encode("latin-1"), ("annotate", "MODEL", "-", "--out", "OUT")),
    "CSV without a header": (f"{LEAK},x\n{LEAK},y\n".encode(), ("import", "FILE", "--out", "OUT")),
    "CSV cut off": (f'transcription\n"{LEAK}'.encode(), ("import", "FILE", "--out", "OUT")),
    "statistics of it": (f"{LEAK}\n".encode(), ("statistics", "FILE")),
    "metadata": (f"{LEAK}\n{LEAK}\n".encode(), ("build", "NOTES", "--metadata", "FILE", "--out", "OUT")),
    "metadata's provenance": (
        f"doc_id,provenance\na,{LEAK}\n".encode(),
        ("build", "NOTES", "--metadata", "FILE", "--out", "OUT"),
    ),
    "decisions": (
        f"item,choice\nx,{LEAK}\n".encode(),
        ("adjudicate", "apply", "IN", "--decisions", "FILE", "--out", "OUT"),
    ),
    "probabilities": (f'{{"doc_id": "{LEAK}"'.encode(), ("adjudicate", "queue", "IN", "--probabilities", "FILE")),
    "bioc": (f"<collection>{LEAK}".encode(), ("convert", "FILE", "--from", "bioc", "--out", "OUT")),
    "pubtator": (f"1|t|{LEAK}\n1\t0\t{LEAK}\n".encode(), ("convert", "FILE", "--from", "pubtator", "--out", "OUT")),
    "spert": (f'[{{"tokens": "{LEAK}"}}]'.encode(), ("convert", "FILE", "--from", "spert", "--out", "OUT")),
    "ddi": (f"<document><sentence text='{LEAK}'>".encode(), ("convert", "FILE", "--from", "ddi", "--out", "OUT")),
    "annotations for a schema": (f"[entities]\n{LEAK}\n".encode(), ("schema", "brat", "FILE", "--out", "OUT")),
}


@pytest.mark.parametrize("name", FAILURES)
def test_fault_72_no_forced_failure_quotes_its_input(
    root: Path, ends: dict[str, Ended], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    assert ends
    content, command = FAILURES[name]
    source = tmp_path / "file.csv"
    source.write_bytes(content)
    names = {
        "MODEL": root / "model",
        "NOTES": root / "in/anna",
        "IN": root / "in",
        "FILE": source,
        "OUT": tmp_path / "out",
    }
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    ended = (relext if command[0] == "annotate" else run)(*(names.get(str(word), word) for word in command), "-v")
    assert ended.code != 1, ended.err
    assert not any(word in ended.out + ended.err for word in CANARIES), ended.err


def test_fault_72_rejected_lines_are_not_quoted(tmp_path: Path) -> None:
    lines = [
        LEAK,
        f"T1\t{CANARIES[0]} 0 7\t{CANARIES[1]}",
        f"T2\tDrug 0 7\t{LEAK}",
        f"R1\t{CANARIES[0]} Arg1:T8 Arg2:T9",
        f"#1\tAnnotatorNotes T7\t{LEAK}",
        f"T3\tDrug 0 {CANARIES[1]}\tx",
        f"A1\tX T2 {LEAK}",
        f"N1\tRef T9 {LEAK}",
    ]
    for annotator in ("anna", "ben"):
        (tmp_path / "in" / annotator).mkdir(parents=True)
        (tmp_path / "in" / annotator / "note.txt").write_text(f"Aspirin for {LEAK}")
        (tmp_path / "in" / annotator / "note.ann").write_text("\n".join(lines))
    commands: list[tuple[object, ...]] = [
        ("validate", tmp_path / "in", "-v"),
        ("validate", tmp_path / "in", "--strict"),
        ("build", tmp_path / "in/anna", "--out", tmp_path / "corpus"),
        ("adjudicate", "queue", tmp_path / "in", "-v"),
        ("agreement", tmp_path / "in", "-v", "--bootstrap", 0),
        ("convert", tmp_path / "in", "--from", "brat", "--out", tmp_path / "c", "-v"),
    ]
    for command in commands:
        ended = run(*command)
        assert ended.code in (3, 4), (command, ended)
        assert not any(word in ended.out + ended.err for word in CANARIES[1:]), (command, ended)
