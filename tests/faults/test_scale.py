"""Faults 29 and 30 at their full size: memory is bounded, the end is success or a clear limit."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults.commands import ANN, TEXT, write_note

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

MEASURED = """
import re, sys
from corpus_tools.cli import main
try:
    main()
finally:
    with open("/proc/self/status") as status:  # getrusage counts what was before exec too
        print("peak", int(re.search("VmHWM:\\s+([0-9]+)", status.read())[1]) // 1024, file=sys.stderr)
"""


@dataclass(frozen=True)
class Measured:
    """Hold how a command ended, and the most memory that it took, in MiB."""

    code: int
    record: Any
    peak: int


def measure(*arguments: object) -> Measured:
    """Run a command with `--json` in a process of its own."""
    words = [sys.executable, "-c", MEASURED, *map(str, arguments), "--json"]
    ended = subprocess.run(words, capture_output=True, text=True)
    return Measured(ended.returncode, json.loads(ended.stdout or "{}"), int(ended.stderr.rpartition("peak ")[2]))


def test_fault_30_two_hundred_thousand_tiny_documents_are_validated(tmp_path: Path) -> None:
    for number in range(200_000):
        folder = tmp_path / f"{number // 1000:03}"
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.txt").write_text(TEXT)
        (folder / f"{number}.ann").write_text(ANN)
    found = measure("validate", tmp_path)
    assert (found.code, found.record["documents"]["read"], found.record["lines"]["T"]["kept"]) == (0, 200_000, 400_000)
    assert found.peak < 1024


def test_fault_29_document_of_100_megabytes_is_rejected_with_the_limit(tmp_path: Path) -> None:
    found = measure("validate", write_note(tmp_path, text="word " * (20 << 20)))
    assert (found.code, found.record["rejects_by_code"]) == (4, {"FILE-TOO-LARGE": 4})
    assert found.peak < 256


def test_fault_29_five_million_lines_are_rejected_with_the_limit(tmp_path: Path) -> None:
    ann = "".join(f"T{number}\tDrug 0 7\tAspirin\n" for number in range(5_000_000))
    found = measure("validate", write_note(tmp_path, ann))
    assert (found.code, found.record["rejects_by_code"]) == (4, {"FILE-TOO-LARGE": 1})
    assert found.peak < 256


def test_fault_29_as_many_lines_as_a_file_may_hold_are_kept(tmp_path: Path) -> None:
    ann = "".join(f"T{number}\tDrug 0 7\tAspirin\n" for number in range(1_300_000))  # nearly 32 MiB
    found = measure("validate", write_note(tmp_path, ann))
    assert (found.code, found.record["lines"]["T"]["kept"]) == (0, 1_300_000)
    assert found.peak < 4096


def test_fault_29_sentence_of_two_thousand_mentions_is_built(tmp_path: Path) -> None:
    words = [f"w{number}" for number in range(2000)]
    text, lines, start = " ".join(words) + ".", [], 0
    for number, word in enumerate(words, start=1):
        lines.append(f"T{number}\t{('Drug', 'Symptom')[number % 2]} {start} {start + len(word)}\t{word}\n")
        start += len(word) + 1
    ann = "".join(lines) + "R1\ttreats Arg1:T2 Arg2:T1\n"
    root = write_note(tmp_path / "in", ann, text=text)
    options = ("--min-samples", 1, "--splits", "100:0:0", "--max-words", 5000)
    found = measure("build", root, "--out", tmp_path / "corpus", *options)
    assert found.code == 0
    assert found.record["accounting"]["relations"]["candidate"] == 1
    assert found.peak < 4096
