"""Fault 72 where commands fail: whatever a file says that nobody can read, no message quotes it.

Keys and values of settings and schemas are quoted, since who writes them is told what is wrong with them; a note that
is given in their place is not.
"""

import io
import shutil
import sys
from pathlib import Path

import pytest

from relext.model import write_model
from tests.faults.everything import CANARIES, LEAK, Command, leaf_of, list_leaves, run_command, write_inputs
from tests.relext.tiny_models import tiny_corpus, tiny_finder, tiny_model

JSON = f'{{"{LEAK}": "{LEAK}", "schema_version": "{LEAK}"}}'.encode()
LATIN_1 = f"{LEAK}\xe9".encode("latin-1")
LINES = f"{LEAK}\n{LEAK}\tx\n".encode()
ANN = "".join(
    f"{line}\n"
    for line in (
        LEAK,
        f"T1\t{CANARIES[0]} 0 7\t{CANARIES[1]}",
        f"T2\tDrug 0 7\t{LEAK}",
        f"R1\t{CANARIES[0]} Arg1:T8 Arg2:T9",
        f"#1\tAnnotatorNotes T7\t{LEAK}",
        f"T3\tDrug 0 {CANARIES[1]}\tx",
        f"A1\tX T2 {LEAK}",
        f"N1\tRef T9 {LEAK}",
    )
).encode()

# Where things lie in the folder of each test.
PLACES = {
    "CORPUS": "corpus",
    "FILE": "file.csv",
    "IN": "in",
    "MODEL": "model",
    "NETWORK": "network",
    "NOTES": "in/anna",
    "OUT": "out",
    "SCHEMA": "network/schema.toml",
}
# The file that is spoilt, the bytes that it holds now, and the command that meets them; all else is whole.
FAILURES: dict[str, tuple[str, bytes, Command]] = {
    "schema derive": ("NETWORK/SRDEF", LINES, ("corpus", "schema", "derive", "SCHEMA", "--network", "NETWORK")),
    "schema show": ("FILE", LINES, ("corpus", "schema", "show", "FILE")),
    "schema check": ("FILE", LINES, ("corpus", "schema", "check", "FILE")),
    "schema brat": ("FILE", f"[entities]\n{LEAK}\n".encode(), ("corpus", "schema", "brat", "FILE", "--out", "OUT")),
    "schema migrate": ("IN/anna/note-01.ann", ANN,
                       ("corpus", "schema", "migrate", "IN", "--rename", "type:Drug=Medication", "--out", "OUT")),
    "import without a header": ("FILE", f"{LEAK},x\n{LEAK},y\n".encode(), ("corpus", "import", "FILE", "--out", "OUT")),
    "import, cut off": ("FILE", f'transcription\n"{LEAK}'.encode(), ("corpus", "import", "FILE", "--out", "OUT")),
    "validate": ("IN/anna/note-01.ann", ANN, ("corpus", "validate", "IN", "-v")),
    "validate, strict": ("IN/anna/note-01.ann", ANN, ("corpus", "validate", "IN", "--strict")),
    "validate, no UTF-8": ("IN/anna/note-01.txt", LATIN_1, ("corpus", "validate", "IN", "-v")),
    "agreement": ("IN/anna/note-01.ann", ANN, ("corpus", "agreement", "IN", "-v", "--bootstrap", 0)),
    "agreement, gate": ("FILE", b"", ("corpus", "agreement", "IN", "--fail-under", "entities=1.0", "--bootstrap", 0)),
    "agreement, metadata": ("FILE", LINES, ("corpus", "agreement", "IN", "--metadata", "FILE")),
    "accept-rate": ("IN/anna/note-01.ann", ANN, ("corpus", "accept-rate", "IN/anna", "IN/ben", "-v")),
    "adjudicate queue": ("IN/anna/note-01.ann", ANN, ("corpus", "adjudicate", "queue", "IN", "-v")),
    "adjudicate queue, probabilities": ("FILE", f'{{"doc_id": "{LEAK}"'.encode(),
                                        ("corpus", "adjudicate", "queue", "IN", "--probabilities", "FILE")),
    "adjudicate serve": ("FILE", JSON, ("corpus", "adjudicate", "serve", "IN", "--probabilities", "FILE")),
    "adjudicate apply": ("FILE", f"item,choice\nx,{LEAK}\n".encode(),
                         ("corpus", "adjudicate", "apply", "IN", "--decisions", "FILE", "--out", "OUT")),
    "adjudicate status": ("IN/adjudication/decisions.jsonl", JSON + b"\n" + JSON,
                          ("corpus", "adjudicate", "status", "IN")),
    "adjudicate feedback": ("IN/adjudication/decisions.jsonl", LINES, ("corpus", "adjudicate", "feedback", "IN")),
    "build": ("IN/anna/note-01.ann", ANN, ("corpus", "build", "NOTES", "--out", "OUT", "-v")),
    "build, strict": ("IN/anna/note-01.ann", ANN, ("corpus", "build", "NOTES", "--out", "OUT", "--strict")),
    "build, metadata": ("FILE", LINES, ("corpus", "build", "NOTES", "--metadata", "FILE", "--out", "OUT")),
    "build, provenance": ("FILE", f"doc_id,provenance\na,{LEAK}\n".encode(),
                          ("corpus", "build", "NOTES", "--metadata", "FILE", "--out", "OUT")),
    "convert, brat": ("IN/anna/note-01.ann", ANN, ("corpus", "convert", "IN", "--from", "brat", "--out", "OUT", "-v")),
    "convert, bioc": ("FILE", f"<collection>{LEAK}".encode(),
                      ("corpus", "convert", "FILE", "--from", "bioc", "--out", "OUT")),
    "convert, pubtator": ("FILE", f"1|t|{LEAK}\n1\t0\t{LEAK}\n".encode(),
                          ("corpus", "convert", "FILE", "--from", "pubtator", "--out", "OUT")),
    "convert, spert": ("FILE", f'[{{"tokens": "{LEAK}"}}]'.encode(),
                       ("corpus", "convert", "FILE", "--from", "spert", "--out", "OUT")),
    "convert, ddi": ("FILE", f"<document><sentence text='{LEAK}'>".encode(),
                     ("corpus", "convert", "FILE", "--from", "ddi", "--out", "OUT")),
    "verify": ("CORPUS/manifest.json", JSON, ("corpus", "verify", "CORPUS")),
    "verify, cut off": ("CORPUS/manifest.json", JSON[:-5], ("corpus", "verify", "CORPUS")),
    "statistics": ("FILE", f"{LEAK}\n".encode(), ("corpus", "statistics", "FILE")),
    "statistics of a corpus": ("CORPUS/manifest.json", JSON, ("corpus", "statistics", "CORPUS")),
    "pretrain": ("FILE", LINES, ("relext", "pretrain", "NOTES", "--out", "OUT", "--config", "FILE")),
    "train": ("FILE", LINES, ("relext", "train", "CORPUS", "--config", "FILE", "--out", "OUT")),
    "train on a table that is none": ("CORPUS/documents/train.parquet", LINES,
                                      ("relext", "train", "CORPUS", "--out", "OUT")),
    "train, concepts": ("FILE", LINES, ("relext", "train", "CORPUS", "--concepts", "FILE", "--out", "OUT")),
    "eval": ("MODEL/model.json", JSON, ("relext", "eval", "MODEL", "CORPUS", "--out", "OUT")),
    "eval, encoder": ("MODEL/encoder.json", JSON, ("relext", "eval", "MODEL", "CORPUS", "--out", "OUT")),
    "compare": ("FILE", LINES, ("relext", "compare", "CORPUS", "--config", "FILE", "--out", "OUT")),
    "predict": ("IN/anna/note-01.ann", ANN, ("relext", "predict", "MODEL", "NOTES", "-v", "--device", "cpu")),
    "predict, tokenizer": ("MODEL/tokenizer.json", JSON, ("relext", "predict", "MODEL", "NOTES")),
    "explain": ("FILE", b"", ("relext", "explain", "MODEL", "NOTES", "--doc", "note-01", "--pair", "T8", "T9")),
    "annotate, no UTF-8": ("FILE", LATIN_1, ("relext", "annotate", "MODEL", "-", "--out", "OUT")),
    "annotate, CSV": ("FILE", f'{LEAK}\n"{LEAK}'.encode(), ("relext", "annotate", "MODEL", "FILE", "--out", "OUT")),
    "queue": ("IN/anna/note-01.txt", LATIN_1,
              ("relext", "queue", "MODEL", "NOTES", "--out", "OUT", "-v", "--device", "cpu")),
    "serve": ("FILE", LINES, ("relext", "serve", "MODEL", "--lexicon", "FILE")),
    "graph": ("IN/anna/note-01.ann", ANN, ("relext", "graph", "NOTES", "--out", "OUT", "-v")),
}  # fmt: skip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with notes, a corpus and a model, nothing of which is spoilt."""
    root = tmp_path_factory.mktemp("leaks")
    write_inputs(root)
    tiny_corpus(root / "corpus")
    write_model(root / "model", tiny_model(), finder=tiny_finder())
    assert run_command(("corpus", "adjudicate", "queue", root / "in")).code == 0
    return root


def locate(root: Path, word: object) -> object:
    """Return the path that a word of a command stands for, or the word."""
    place, _, rest = str(word).partition("/")
    return root / PLACES[place] / rest if place in PLACES else word


@pytest.mark.parametrize("name", FAILURES)
def test_fault_72_no_forced_failure_quotes_its_input(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    place, content, command = FAILURES[name]
    root = shutil.copytree(whole, tmp_path / "copy")
    Path(str(locate(root, place))).write_bytes(content)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    ended = run_command(tuple(locate(root, word) for word in command))
    assert ended.code not in (0, 1), ended
    assert not any(word in ended.out + ended.err for word in CANARIES), ended


def test_fault_72_every_command_is_made_to_fail() -> None:
    assert {leaf_of(command) for _, _, command in FAILURES.values()} == list_leaves()
