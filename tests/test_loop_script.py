"""The loop as one script: two rounds on the pilot, from a CSV to the agreement of the second round."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from corpus_tools.standoff import parse_suggestion, read_project, validate_folder

SHORT = """
[training]
epochs = 4
[mentions]
mention_epochs = 8
"""


@pytest.mark.slow
def test_two_rounds_run_from_a_csv_to_the_second_agreement(project: Path, tmp_path: Path) -> None:
    (tmp_path / "short.toml").write_text(SHORT)
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(project),
    }
    out = tmp_path / "loop"
    command = ["sh", "docs/loop.sh", str(out), "--encoder", "small", "--config", str(tmp_path / "short.toml")]
    ended = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, timeout=290)
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
    suggested = [aligned.document for aligned in read_project(out / "suggested")]
    assert len(suggested) == 8
    notes = [note for document in suggested for note in document.notes]
    assert notes and all(parse_suggestion(note.text) for note in notes)
    report = validate_folder(out / "suggested")
    assert (report.rejects, report.repairs, report.warnings) == ((), (), ())
    queued = [json.loads(line) for line in (out / "queue" / "queue.jsonl").read_text("utf-8").splitlines()]
    first = {path.stem for path in (out / "annotations" / "round-1" / "anna").glob("*.txt")}
    assert not first & {row["doc_id"] for row in queued}  # round 1 is known, so it is no candidate
    assert {document.doc_id for document in suggested} == {row["doc_id"] for row in queued[:8]}
    second = json.loads((out / "agreement-2" / "agreement.json").read_text("utf-8"))
    assert second["schema"] == "corpus/agreement"
