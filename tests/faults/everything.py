"""Every command once, in an order in which each finds what it reads, over notes that hold a patient's name and number.

The commands that serve run in a process of their own, are asked like brat or the page asks, and are ended.
"""

import json
import os
import re
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from corpus_tools.adjudication.page import TOKEN_HEADER
from corpus_tools.cli import corpus
from relext.cli import relext
from tests.conftest import PROJECT
from tests.corpus_tools.test_schema_derivation import SRDEF, SRSTRE1
from tests.faults import killing
from tests.faults.commands import CANARIES, Ended, run
from tests.faults.test_model_crashes import SETTINGS

LEAK = " ".join(CANARIES)
DRUGS, SIGNS = ("aspirin", "heparin", "insulin", "codeine"), ("pain", "fever", "cough")
NOTES = 16
STUDY = "[study]\nsystems = ['ours', 'linear', 'majority']\nseeds = [1]\n"
SCHEMA = """\
schema_version = 1
[[entity]]
name = "Drug"
[entity.semantic_types]
T121 = "Pharmacologic Substance"
[[entity]]
name = "Sign"
[entity.semantic_types]
T184 = "Sign or Symptom"
[[relation]]
name = "treats"
[relation.semantic_relation]
tui = "T154"
name = "treats"
parent = "affects"
inverse = "treated_by"
[[relation.pair]]
arg1 = ["Drug"]
arg2 = ["Sign"]
source = "derived"
triples = ["T121 T184"]
"""

Command = tuple[object, ...]


def list_leaves() -> set[tuple[str, ...]]:
    """Return every command of both command lines, as the words that one types, from click itself."""
    return {("corpus", *words) for words in _leaves(corpus)} | {("relext", *words) for words in _leaves(relext)}


def _leaves(command: click.Command) -> Iterator[tuple[str, ...]]:
    if not isinstance(command, click.Group):
        yield ()
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        below = command.get_command(context, name)
        assert below is not None
        yield from ((name, *words) for words in _leaves(below))


def leaf_of(command: Command) -> tuple[str, ...]:
    """Return which command a case runs."""
    words = tuple(map(str, command))
    (leaf,) = (leaf for leaf in list_leaves() if words[: len(leaf)] == leaf)
    return leaf


def write_inputs(root: Path) -> None:
    """Write notes of two annotators who disagree now and then, the same as a CSV, settings, a schema, a network."""
    _write_notes(root / "in")
    for name, content in {
        "train.toml": SETTINGS + "[mentions]\nmention_epochs = 1\n",
        "study.toml": STUDY + SETTINGS.replace("epochs = 3", "epochs = 1"),
        "network/SRDEF": SRDEF + "RL|T186|isa|H|||||IS|inverse_isa|\n",
        "network/SRSTRE1": SRSTRE1,
        "network/schema.toml": SCHEMA,
        "lexicon.tsv": "pain\tSign\tUMLS\tC0030193\n",
    }.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(content)


def _write_notes(folder: Path) -> None:
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


def list_commands(root: Path) -> dict[str, Command]:
    """Return the commands that end by themselves, each with the program that it belongs to."""
    return {**_prepare(root), **_build(root), **_learn(root), **_use_model(root)}


def _prepare(root: Path) -> dict[str, Command]:
    notes, network = root / "in", root / "network"
    schema = ("corpus", "schema")
    return {
        "schema show": (*schema, "show", PROJECT / "guidelines/schema.toml"),
        "schema check": (*schema, "check", network / "schema.toml", "--network", network),
        "schema derive": (*schema, "derive", network / "schema.toml", "--network", network, "--out", root / "own.toml"),
        "schema brat": (*schema, "brat", root / "own.toml", "--out", root / "brat"),
        "schema migrate": (*schema, "migrate", notes, "--rename", "type:Sign=Symptom", "--out", root / "in-migrated"),
        "import": ("corpus", "import", root / "raw/notes.csv", "--out", root / "round/one", "--min-samples", 1,
                   "--size", 4),
        "validate": ("corpus", "validate", notes, "--fix", root / "in-fixed", "-v"),
        "agreement": ("corpus", "agreement", notes, "--out", root / "agreement", "--bootstrap", 50, "-v"),
        "adjudicate queue": ("corpus", "adjudicate", "queue", notes, "--out", root / "sheet.csv", "-v"),
        "adjudicate status": ("corpus", "adjudicate", "status", notes, "-v"),
        "adjudicate apply": ("corpus", "adjudicate", "apply", notes, "--partial", "-v"),
        "adjudicate export": ("corpus", "adjudicate", "apply", notes, "--export", "brat", "--out", root / "in-sides"),
        "adjudicate feedback": ("corpus", "adjudicate", "feedback", notes, "--out", root / "feedback.md"),
    }  # fmt: skip


def _build(root: Path) -> dict[str, Command]:
    anna = root / "in/anna"
    return {
        "build": ("corpus", "build", anna, "--out", root / "corpus", "--min-samples", 1, "--splits", "50:25:25", "-v"),
        "verify": ("corpus", "verify", root / "corpus"),
        "statistics": ("corpus", "statistics", root / "corpus", "--out", root / "statistics"),
        "statistics csv": ("corpus", "statistics", root / "raw/notes.csv", "--out", root / "statistics-csv",
                           "--min-samples", 1),
        **{f"convert {name}": ("corpus", "convert", anna, "--from", "brat", "--to", name, "--out", root / name)
           for name in ("bioc", "pubtator", "spert", "i2b2")},
    }  # fmt: skip


def _learn(root: Path) -> dict[str, Command]:
    built, small = root / "corpus", ("--steps", 1, "--hidden", 16, "--layers", 1, "--device", "cpu")
    return {
        "pretrain": ("relext", "pretrain", root / "in/anna", "--out", root / "encoder", *small),
        "train": ("relext", "train", built, "--out", root / "model", "--mentions", "--epochs", 1,
                  "--config", root / "train.toml"),
        "compare": ("relext", "compare", built, "--out", root / "study", "--config", root / "study.toml"),
    }  # fmt: skip


def _use_model(root: Path) -> dict[str, Command]:
    model, anna, cpu = root / "model", root / "in/anna", ("--device", "cpu")
    found = ("--mentions", "found", "--out", root / "found")
    return {
        "eval": ("relext", "eval", model, root / "corpus", "--out", root / "evaluation", *cpu),
        "eval found": ("relext", "eval", model, root / "corpus", *found, *cpu),
        "predict": ("relext", "predict", model, anna, *cpu, "-v"),
        "explain": ("relext", "explain", model, anna, "--doc", "note-00", "--pair", "T1", "T2", *cpu),
        "annotate": ("relext", "annotate", model, anna, "--out", root / "in-round-2", *cpu),
        "queue": ("relext", "queue", model, anna, "--out", root / "order", *cpu),
        "graph": ("relext", "graph", anna, "--out", root / "graph"),
        "accept-rate": ("corpus", "accept-rate", root / "in-round-2", anna, "--bootstrap", 50),
    }


def list_servers(root: Path) -> dict[str, tuple[Command, Callable[[str], None]]]:
    """Return the commands that serve until they are ended, each with what asks it, given the address it printed."""
    page = ("corpus", "adjudicate", "serve", root / "in", "--port", 0)
    tagger = ("relext", "serve", root / "model", "--lexicon", root / "lexicon.tsv", "--port", 0, "--device", "cpu")
    return {"adjudicate serve": (page, ask_page), "serve": (tagger, ask_tagger)}


def ask_page(url: str) -> None:
    """Read the queue, decide one item, and send what is no decision."""
    origin, _, token = url.partition("/?token=")
    headers = {TOKEN_HEADER: token, "origin": origin, "content-type": "application/json"}
    items = json.loads(_ask(f"{origin}/api/queue", headers))["items"]
    open_item = next(item["id"] for item in items if item["outcome"] == "open")
    decision = {"item": open_item, "seen": 0, "choice": "take", "side": "A"}
    assert _ask(f"{origin}/api/decide", headers, json.dumps(decision).encode())
    for body in (LEAK.encode(), json.dumps({"item": LEAK, "choice": LEAK}).encode()):
        _ask(f"{origin}/api/decide", headers, body)
    _ask(f"{origin}/{CANARIES[1]}", headers)


def ask_tagger(url: str) -> None:
    """Send a text, and bytes that are none."""
    headers = {"content-type": "text/plain"}
    assert json.loads(_ask(url, headers, f"{LEAK} had pain.".encode())) is not None
    assert b"not UTF-8" in _ask(url, headers, LEAK.encode() + b"\xff")


def _ask(url: str, headers: dict[str, str], body: bytes | None = None) -> bytes:
    request = urllib.request.Request(url, data=body, headers=headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        answer: bytes = opener.open(request, timeout=60).read()
    except urllib.request.HTTPError as error:
        answer = error.read()
    return answer


def run_command(command: Command) -> Ended:
    """Run a command in this process."""
    program, *words = command
    return run(*words, program=str(program))


def serve_and_ask(command: Command, ask: Callable[[str], None], *, folder: Path) -> Ended:
    """Run a server without a network, ask it, end it; return its exit code and all that it printed into its folder."""
    program, *words = command
    folder.mkdir()
    process = killing.start(*words, folder=folder, program=str(program), offline=True)
    try:
        ask(_wait_for_address(folder / killing.MESSAGES))
        assert process.pid is not None
        os.kill(process.pid, signal.SIGTERM)
        process.join(60)
    finally:
        process.kill()
        process.join()
    return Ended(process.exitcode or 0, "", (folder / killing.MESSAGES).read_text("utf-8"))


def _wait_for_address(messages: Path) -> str:
    ending = time.monotonic() + 240
    while time.monotonic() < ending:
        printed = messages.read_text("utf-8") if messages.exists() else ""
        if found := re.search(r"(http://[\w.:]+/\S*)\n", printed):
            return found[1]
        time.sleep(0.05)
    raise AssertionError("no address was printed")
