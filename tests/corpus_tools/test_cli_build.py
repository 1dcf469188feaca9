"""`corpus build` and `corpus verify` as a user runs them: output, exit codes, one line for a fault."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from corpus_tools.cli import corpus
from corpus_tools.errors import CorpusError
from tests.corpus_tools.corpus_documents import make_note, make_notes, write_export


def run(*arguments: object) -> Result:
    """Run `corpus` in this process; errors of ours come as exceptions, which `main` turns into exit codes."""
    return CliRunner().invoke(corpus, [str(argument) for argument in arguments], env={"COLUMNS": "120"})


def build(tmp_path: Path, *options: object, documents: dict[str, tuple[str, str]] | None = None) -> Result:
    """Build a corpus of invented notes from the command line."""
    export = write_export(tmp_path / "export", make_notes(20) if documents is None else documents)
    return run("build", export, "--out", tmp_path / "corpus", *options)


def test_a_build_shows_its_parts_and_names_the_next_command(tmp_path: Path) -> None:
    result = build(tmp_path)
    assert result.exit_code == 0
    assert "validation" in result.stdout
    assert "candidate" in result.stdout
    assert f"Next: relext train {tmp_path / 'corpus'} --out model" in result.stderr


def test_a_corpus_without_training_part_leads_to_evaluation(tmp_path: Path) -> None:
    assert "Next: relext eval model" in build(tmp_path, "--splits", "0:0:100").stderr


@pytest.mark.parametrize("ending", ["", ".txt"])
def test_rows_and_documents_that_do_not_meet_are_told(tmp_path: Path, ending: str) -> None:
    rows = [f"note-{number:03}{ending},P{number}" for number in range(1, 20)]
    (tmp_path / "metadata.csv").write_text("\n".join(["doc_id,patient", *rows, "other,P99"]) + "\n")
    result = build(tmp_path)
    assert "1 rows of metadata.csv name no document, 1 documents have no row in it" in result.stderr
    warnings = json.loads((tmp_path / "corpus" / "manifest.json").read_text())["warnings"]
    assert warnings == {"META-NO-DOCUMENT": 1, "META-NO-ROW": 1}


def test_metadata_of_other_documents_is_refused_unless_it_shall_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_text("doc_id,patient\nward-1,P1\n")
    refused = build(tmp_path)
    assert isinstance(refused.exception, CorpusError)
    assert "none of its 1 rows names one of the 20 documents" in str(refused.exception)
    assert build(tmp_path, "--no-metadata").exit_code == 0
    both = build(tmp_path, "--no-metadata", "--metadata", tmp_path / "metadata.csv", "--force")
    assert isinstance(both.exception, CorpusError)


def test_versions_of_several_annotators_are_not_taken_for_documents_in_silence(tmp_path: Path) -> None:
    notes = {f"{who}/{name}": note for who in ("ann", "gold") for name, note in make_notes(4).items()}
    result = build(tmp_path, documents=notes)
    said = " ".join(result.stderr.split())
    assert "the same texts lie below ann, gold" in said
    assert f"build one of them, such as {tmp_path / 'export' / 'gold'}" in said


def test_parts_are_no_versions(tmp_path: Path) -> None:
    parts = zip(("train", "test"), make_notes(2).values(), strict=True)
    assert "the same texts" not in build(tmp_path, documents={f"{part}/note": note for part, note in parts}).stderr


def test_where_no_relation_was_read_the_rejects_are_named(tmp_path: Path) -> None:
    export = tmp_path / "export"
    export.mkdir()
    (export / "note.txt").write_bytes(b"One.\r\nAspirin helps pain.")
    (export / "note.ann").write_text("T1\tDrug 5 12\tAspirin\nT2\tSign 19 23\tpain\nR1\ttreats Arg1:T1 Arg2:T2\n")
    result = run("build", export, "--out", tmp_path / "corpus")
    assert "left out: 2 TXT-OFFSETS, 1 BRAT-DEPENDS. `corpus validate` says more" in str(result.exception)
    run("validate", export, "--offsets", "lf", "--fix", tmp_path / "fixed")
    assert run("build", tmp_path / "fixed", "--out", tmp_path / "corpus").exit_code == 0


def over_long_note(number: int) -> tuple[str, str]:
    """Return a note of one sentence of 141 words that nothing cuts, and the relation that it loses."""
    before = "aspirin " + f"word{number} " * 138
    mentions = f"T1\tMedication 0 7\taspirin\nT2\tSymptom {len(before)} {len(before) + 4}\tpain\n"
    return before + "pain.", mentions + "R1\ttreats Arg1:T1 Arg2:T2\n"


def test_a_build_without_a_pair_says_why_and_names_no_training(tmp_path: Path) -> None:
    result = build(tmp_path, documents={f"note-{n}": over_long_note(n) for n in range(5)})
    assert result.exit_code == 0
    assert "no candidate pairs" in result.stderr
    assert "Where the 5 relations ended: 5 over-long;" in result.stderr
    assert "Next:" not in result.stderr


def test_a_training_part_without_a_pair_names_no_training(tmp_path: Path) -> None:
    documents = {"train/a": over_long_note(0), "test/b": make_note(1)}
    result = build(tmp_path, "--keep-splits", documents=documents)
    assert "no candidate pairs in the training part" in result.stderr
    assert "Where the 2 relations ended: 1 candidate, 1 over-long;" in result.stderr
    assert "Next:" not in result.stderr


def test_a_test_part_without_a_pair_names_no_evaluation(tmp_path: Path) -> None:
    result = build(tmp_path, "--splits", "0:0:100", documents={"note": over_long_note(0)})
    assert "nothing to train on or to score" in result.stderr
    assert "Next:" not in result.stderr


def test_the_report_speaks_of_shapes_or_says_that_there_are_none(tmp_path: Path) -> None:
    build(tmp_path)
    assert "None is discontinuous, nested or on the span of another." in (tmp_path / "corpus/report.html").read_text()
    text, ann = make_note(0)
    build(tmp_path, "--force", documents={"note": (text, ann + "T9\tFinding 0 3;4 5\t" + f"{text[:3]} {text[4]}\n")})
    assert "Of these: 1 discontinuous" in (tmp_path / "corpus" / "report.html").read_text()


def test_a_chinese_note_without_blanks_keeps_its_relations(tmp_path: Path) -> None:
    note = "第12天，患者服用阿司匹林，胸痛缓解；随后…。" * 20  # sentences of 23 characters
    rows = [
        f"T{n}\t药物 {n + 9} {n + 13}\t阿司匹林\nT{n + 1}\t症状 {n + 14} {n + 16}\t胸痛\n"
        f"R{n}\t治疗 Arg1:T{n} Arg2:T{n + 1}\n"
        for n in range(0, 460, 23)
    ]
    result = build(tmp_path, "--json", documents={"note": (note, "".join(rows))})
    assert json.loads(result.stdout)["accounting"]["relations"] == {"kept": 20, "candidate": 20}
    report = (tmp_path / "corpus" / "report.html").read_text("utf-8")
    assert all(f">{name}</text>" in report for name in ("药物", "症状", "治疗"))  # a chart each, drawn by the browser


def test_json_is_one_object_with_a_schema(tmp_path: Path) -> None:
    result = build(tmp_path, "--json")
    record = json.loads(result.stdout)
    assert (record["schema"], record["schema_version"]) == ("corpus/build", 1)
    assert record["accounting"]["relations"] == {"kept": 20, "candidate": 20}
    assert record["counts"]["train"]["documents"] == 14


def test_quiet_says_nothing_on_stderr(tmp_path: Path) -> None:
    assert build(tmp_path, "-q").stderr == ""


def test_rejected_lines_end_with_exit_code_4(tmp_path: Path) -> None:
    text, ann = make_note(0)
    result = build(tmp_path, documents={"note": (text, ann + "T9\tSymptom 900 904\tpain\n")})
    assert result.exit_code == 4
    assert "BRAT-T-OFFSET" in result.stdout
    assert f"1 rejected, listed in {tmp_path}/corpus/rejects.jsonl" in result.stderr
    assert (tmp_path / "corpus" / "rejects.jsonl").read_text().count("\n") == 1


def test_relations_made_of_events_have_their_own_account(tmp_path: Path) -> None:
    text, ann = make_note(0)
    notes = {"note": (text, ann + "E1\tSymptom:T1 Theme:T2\n")}
    shown = build(tmp_path, "--events", "relations", documents=notes).stdout
    assert "Where the derived relations ended" in shown
    assert "derived" not in build(tmp_path, "--force").stdout


def test_settings_reach_the_manifest(tmp_path: Path) -> None:
    options = ("--max-words", 40, "--seed", 5, "--events", "relations", "--equivalences", "--max-sentence-distance", 0)
    build(tmp_path, *options)
    settings = json.loads((tmp_path / "corpus" / "manifest.json").read_text())["settings"]
    assert (settings["max_words"], settings["seed"], settings["max_sentence_distance"]) == (40, 5, 0)
    assert (settings["events"], settings["equivalences"], settings["shares"]) == (True, True, "70:15:15")


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (("--splits", "70:15:16"), 2, "adds up to 101"),
        (("--keep-splits",), 2, "lie in no folder named train"),
        (("--max-words", "0"), 2, "--max-words 0: expected 1 or more"),
    ],
)
def test_settings_that_make_no_sense_end_with_2(
    tmp_path: Path, options: tuple[str, ...], code: int, message: str
) -> None:
    error = build(tmp_path, *options).exception
    assert isinstance(error, CorpusError)
    assert error.exit_code == code
    assert message in str(error)
    assert not (tmp_path / "corpus").exists()


@pytest.mark.parametrize("documents", [{}, {"note": ("Pain.", "T1\tS 0 4\tPain\n")}])
def test_an_export_without_documents_or_relations_ends_with_3(
    tmp_path: Path, documents: dict[str, tuple[str, str]]
) -> None:
    (tmp_path / "export").mkdir()
    error = build(tmp_path, documents=documents).exception
    assert isinstance(error, CorpusError)
    assert error.exit_code == 3
    assert "\n" not in str(error)
    assert [path.name for path in tmp_path.iterdir()] == ["export"]


def test_a_missing_export_is_one_line(tmp_path: Path) -> None:
    result = run("build", tmp_path / "nowhere", "--out", tmp_path / "corpus")
    assert result.exit_code == 2
    assert "does not exist" in result.stderr


def test_kept_parts_that_leak_are_warned_of(tmp_path: Path) -> None:
    documents = {f"{part}/note": make_note(0) for part in ("train", "test")}
    result = build(tmp_path, "--keep-splits", documents=documents)
    assert "Warning: 2 documents (same-text) lie in several parts" in result.stderr


def test_verify_finds_no_problem_in_what_was_built(tmp_path: Path) -> None:
    build(tmp_path)
    result = run("verify", tmp_path / "corpus")
    assert result.exit_code == 0
    assert "20 documents, 0 problems" in result.stdout


def test_verify_ends_with_3_where_a_byte_changed(tmp_path: Path) -> None:
    build(tmp_path)
    path = tmp_path / "corpus" / "documents" / "train.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    result = run("verify", tmp_path / "corpus", "--json")
    assert json.loads(result.stdout)["problems"] == ["documents/train.parquet: has changed since the corpus was built"]
    assert isinstance(result.exception, CorpusError)
    assert result.exception.exit_code == 3


@pytest.mark.parametrize("command", ["build", "verify"])
def test_help_shows_an_example(command: str) -> None:
    assert f"Example: corpus {command}" in run(command, "--help").stdout
