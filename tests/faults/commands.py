"""Run the two command lines in this process, through the same door as the console does, and keep what they print.

The note that is written where a test gives none names a patient: whatever is done to its file, `run` looks for the
name in all that is printed (fault 72), unless `--show-text` asked for texts.
"""

import io
import json
import signal
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from corpus_tools.cli import main as corpus_main
from relext.cli import main as relext_main

CANARIES = ("Quillfeather", "MRN-7781940")
TEXT = f"Aspirin helps pain now. {' '.join(CANARIES)}\n"
#       0       8     14   19
ANN = "T1\tDrug 0 7\tAspirin\nT2\tSymptom 14 18\tpain\nR1\ttreats Arg1:T1 Arg2:T2\n"
SCHEMA = """\
[entities]
Drug
Symptom
[relations]
treats\tArg1:Drug, Arg2:Symptom
[events]
[attributes]
Negated\tArg:Symptom
"""


@dataclass(frozen=True)
class Ended:
    """Hold how a command ended: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def record(self) -> Any:
        """Return the one JSON object on stdout."""
        return json.loads(self.out)

    @property
    def rejects(self) -> dict[str, int]:
        """Return how many rejects of each code `corpus validate --json` names."""
        return dict(self.record["rejects_by_code"])

    @property
    def warnings(self) -> dict[str, int]:
        """Return how many warnings of each code `corpus validate --json` names."""
        return dict(self.record["warnings"])


def run(*arguments: object, program: str = "corpus") -> Ended:
    """Run a command through `main`; a traceback would fail the test that asked for it."""
    main = {"corpus": corpus_main, "relext": relext_main}[program]
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.setattr(sys, "argv", [program, *map(str, arguments)])
            patch.setenv("COLUMNS", "160")
            with pytest.raises(SystemExit) as ended:
                main()
    finally:
        signal.signal(signal.SIGTERM, before)
    code, printed = ended.value.code, (_read(out), _read(err))
    if "--show-text" not in arguments:
        assert not any(word in stream for word in CANARIES for stream in printed), (arguments, printed)
    return Ended(code if isinstance(code, int) else int(code is not None), *printed)


def _read(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    text = stream.read()
    stream.detach()  # a console that was not collected yet may write no more
    return text


def relext(*arguments: object) -> Ended:
    """Run `relext` as `run` does."""
    return run(*arguments, program="relext")


def validate(folder: Path, *options: object) -> Ended:
    """Run `corpus validate --json` on a folder."""
    return run("validate", folder, "--json", *options)


def build(folder: Path, out: Path, *options: object) -> Ended:
    """Run `corpus build` on a folder of few documents."""
    return run("build", folder, "--out", out, "--min-samples", 1, "--splits", "100:0:0", *options)


def write_note(
    folder: Path, ann: str | bytes | None = ANN, *, text: str | bytes | None = TEXT, name: str = "note"
) -> Path:
    """Write one document of a brat project, its bytes as given, and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for suffix, content in ((".txt", text), (".ann", ann)):
        if content is not None:
            raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape")
            (folder / f"{name}{suffix}").write_bytes(raw)
    return folder
