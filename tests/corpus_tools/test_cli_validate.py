"""`corpus validate`: exit codes, one JSON object, nothing clinical on the screen, no terminal codes from a corpus."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from corpus_tools.cli import corpus
from corpus_tools.errors import CorpusError

TEXT = "Aspirin helps pain."
SOUND = "T1\tDrug 0 7\tAspirin\nT2\tSymptom 14 18\tpain\nR1\ttreats Arg1:T1 Arg2:T2\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.txt").write_text(TEXT)
    return tmp_path / "in"


def run(root: Path, *options: str, ann: str = SOUND) -> Result:
    (root / "a.ann").write_text(ann)
    return CliRunner().invoke(corpus, ["validate", str(root), *options])


def test_sound_project_ends_with_zero_and_names_the_next_command(root: Path) -> None:
    result = run(root)
    assert result.exit_code == 0
    assert f"Next: corpus build {root} --out corpus" in result.stderr
    assert "Rejects" not in result.stdout


def test_versions_of_annotators_lead_to_agreement_and_an_empty_folder_nowhere(root: Path) -> None:
    for who in ("ann", "ben"):
        (root / who).mkdir()
        (root / who / "b.txt").write_text(TEXT + " Twice.")
        (root / who / "b.ann").write_text(SOUND)
    assert f"Next: corpus agreement {root}" in run(root).stderr


def test_what_a_mac_leaves_in_archives_is_no_document(root: Path) -> None:
    (root / "__MACOSX").mkdir()
    (root / "__MACOSX/b.txt").write_bytes(b"\x00\x05\x16\x07\xff")
    (root / "._a.txt").write_bytes(b"\x00\x05\x16\x07\xff")
    result = run(root)
    assert (result.exit_code, "1 documents read" in result.stdout) == (0, True)


def test_rejects_end_with_four_and_are_tabled_by_code(root: Path) -> None:
    result = run(root, ann=SOUND + "R2\ttreats Arg1:T1 Arg2:T9\nfree\n")
    assert result.exit_code == 4
    assert "BRAT-REFERENCE" in result.stdout
    assert "a.ann:4: BRAT-REFERENCE R2" in result.stdout


def test_where_rejects_are_listed_is_said_as_it_is(root: Path, tmp_path: Path) -> None:
    assert "1 rejected, listed above (exit code 4)" in run(root, ann="free\n").stderr
    copy = tmp_path / "copy"
    assert f"1 rejected, listed in {copy}/rejects.jsonl" in run(root, "--fix", str(copy), ann="free\n").stderr
    assert (copy / "rejects.jsonl").read_text().count("BRAT-FREE-TEXT") == 1


def test_json_is_one_object_on_stdout(root: Path) -> None:
    result = run(root, "--json", ann=SOUND + "T3\tDrug 5 2\tx\n")
    record = json.loads(result.stdout)
    assert result.exit_code == 4
    assert (record["schema"], record["schema_version"]) == ("corpus/validate", 1)
    assert record["lines"]["T"] == {"read": 3, "kept": 2, "repaired": 0, "rejected": 1}
    assert [(row["code"], row["file"], row["line"]) for row in record["rejects"]] == [("BRAT-T-OFFSET", "a.ann", 4)]


def test_strict_ends_with_three(root: Path) -> None:
    result = run(root, "--strict", ann="free\n")
    assert isinstance(result.exception, CorpusError)
    assert result.exception.exit_code == 3


def test_missing_folder_is_a_usage_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(corpus, ["validate", str(tmp_path / "none")])
    assert result.exit_code == 2
    assert "does not exist" in result.stderr


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_folder_without_documents_ends_with_three(tmp_path: Path, options: tuple[str, ...]) -> None:
    result = CliRunner().invoke(corpus, ["validate", str(tmp_path), *options])
    assert isinstance(result.exception, CorpusError)
    assert result.exception.exit_code == 3
    assert "expected a brat project" in str(result.exception)
    assert not options or json.loads(result.stdout)["documents"]["read"] == 0


def test_clinical_text_needs_to_be_asked_for(root: Path) -> None:
    ann = "T1\tDrug 8 13\tcanary\n"
    assert "canary" not in run(root, ann=ann).output
    assert "'canary' against 'helps'" in " ".join(run(root, "--show-text", ann=ann).stdout.split())


def test_terminal_codes_of_a_corpus_are_shown_not_sent(root: Path) -> None:
    result = run(root, "--show-text", ann="T1\tDrug 8 13\tca\x1b[31m\u202en\n")
    assert "\x1b[31m" not in result.output
    assert "\u202e" not in result.output


def test_names_that_are_not_utf8_print(root: Path) -> None:
    Path(f"{root}/na\udcefve.ann").write_text("free\n")
    result = run(root)
    assert result.exit_code == 4
    assert "EFve" in result.stdout


def test_corrected_copy_is_written(root: Path) -> None:
    result = run(root, "--fix", str(root.parent / "out"), ann=SOUND.replace("0 7", "1 8"))
    assert result.exit_code == 0
    assert (root.parent / "out/a.ann").read_text() == SOUND


def test_offsets_can_be_said_to_count_line_ends_as_one(root: Path) -> None:
    (root / "a.txt").write_bytes(b"one\r\ntwo")
    assert "--offsets lf" in run(root, ann="T1\tX 4 7\ttwo\n").stdout
    assert run(root, "--offsets", "lf", ann="T1\tX 4 7\ttwo\n").exit_code == 0


def test_list_of_rejects_is_cut_unless_all_are_asked_for(root: Path) -> None:
    ann = "free\n" * 30
    assert "and 10 more" in run(root, ann=ann).stdout
    assert run(root, "-v", ann=ann).stdout.count("BRAT-FREE-TEXT") == 31  # 30 rows and the table


def test_quiet_says_nothing_on_stderr(root: Path) -> None:
    assert run(root, "-q").stderr == ""


def test_help_has_an_example() -> None:
    assert "Example: corpus validate" in CliRunner().invoke(corpus, ["validate", "--help"]).stdout
