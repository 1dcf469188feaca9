"""`corpus agreement`: what it prints, writes and exits with."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from corpus_tools.cli import corpus
from corpus_tools.errors import CorpusError, GateMissed, InputError, OutputExists, Refused, UsageError
from tests.corpus_tools.annotated_projects import write_project

BOTH = "T1 Drug 0 7\nT2 Symptom 21 31\n"
FIRST = BOTH + "R1 treats Arg1:T1 Arg2:T2"
SECOND = "T1 Drug 0 7\nT2 Symptom 14 31\nR1 treats Arg1:T1 Arg2:T2"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write_project(tmp_path / "round-1", {"ann": FIRST, "bob": SECOND, "gold": FIRST})


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(corpus, ["agreement", *map(str, arguments), "--bootstrap", "20"])


def fail(error: type[CorpusError], *arguments: str | Path) -> str:
    result = run(*arguments)
    assert isinstance(result.exception, error)
    return str(result.exception)


def test_help_has_an_example() -> None:
    result = CliRunner().invoke(corpus, ["agreement", "--help"])
    assert "Example: corpus agreement" in result.output
    assert result.exit_code == 0


def test_tables_go_to_stdout_and_messages_to_stderr(project: Path) -> None:
    result = run(project)
    assert result.exit_code == 0
    assert "F1: ann – bob" in result.stdout
    assert "relation-boundary" in result.stdout
    assert "Left out: gold; name it with --annotators to compare it" in result.stderr
    assert "Next: corpus adjudicate queue" in result.stderr


def test_json_is_one_object_of_a_stable_schema(project: Path) -> None:
    record = json.loads(run(project, "--json").stdout)
    assert (record["schema"], record["schema_version"]) == ("corpus/agreement", 1)
    pair = record["pairs"][0]
    assert pair["annotators"] == ["ann", "bob"]
    assert [pair["f1"]["relations"][mode]["f1"] for mode in ("exact", "overlap")] == [0.0, 1.0]
    assert pair["f1"]["entities"]["exact"]["labels"]["Drug"]["matched"] == 1
    assert record["f1"]["events"]["exact"] == {
        **{"f1": None, "reason": "nothing to compare", "interval": None, "interval_reason": "the value is undefined"},
        **{"matched": 0, "first": 0, "second": 0, "labels": {}},
    }
    assert record["by_document"][0]["f1"]["entities"]["exact"]["f1"] == 0.5


def test_every_number_in_the_json_is_finite_or_null(project: Path) -> None:
    json.loads(run(project, "--json").stdout, parse_constant=lambda name: pytest.fail(name))


def test_all_forms_are_written_and_none_holds_clinical_text(project: Path, tmp_path: Path) -> None:
    out = tmp_path / "report"
    assert run(project, "--out", out).exit_code == 0
    written = {path.name: path.read_text("utf-8") for path in out.iterdir()}
    assert set(written) == {"agreement.json", "agreement.md", "agreement.html", "disagreements.jsonl"}
    assert not [name for name, content in written.items() if "chest" in content or "Aspirin" in content]
    rows = [json.loads(line) for line in written["disagreements.jsonl"].splitlines()]
    assert [row["kind"] for row in rows] == ["boundary", "relation-boundary"]
    assert rows[0]["second"] == {"id": "T2", "type": "Symptom", "spans": [[14, 31]]}
    assert rows[1]["first"]["arg2"]["spans"] == [[21, 31]]


def test_show_text_puts_the_mentions_into_the_rows(project: Path, tmp_path: Path) -> None:
    run(project, "--out", tmp_path / "report", "--show-text")
    first = json.loads((tmp_path / "report" / "disagreements.jsonl").read_text().split("\n")[0])
    assert (first["first"]["text"], first["second"]["text"]) == ("chest pain", "severe chest pain")


def test_the_page_needs_no_network_and_escapes_labels(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p", {"a<b>": "T1 Drug 0 7", "c": "T1 Symptom 0 7"})
    run(project, "--out", tmp_path / "report")
    page = (tmp_path / "report" / "agreement.html").read_text("utf-8")
    assert "a<b>" not in page
    assert "a&lt;b&gt;" in page
    assert "http" not in page.replace("http-equiv", "")


def test_markdown_is_written_where_it_is_asked_for(project: Path, tmp_path: Path) -> None:
    run(project, "--markdown", tmp_path / "agreement.md")
    assert "| entities | exact | 0.500 |" in (tmp_path / "agreement.md").read_text("utf-8")
    assert "is there already" in fail(OutputExists, project, "--markdown", tmp_path / "agreement.md")


def test_an_output_inside_the_input_is_refused_before_any_work(project: Path) -> None:
    fail(Refused, project, "--out", project / "report")
    assert not (project / "report").exists()


def test_modes_and_labels_restrict(project: Path) -> None:
    record = json.loads(run(project, "--json", "--mode", "span", "--labels", "Drug,unheard").stdout)
    assert list(record["f1"]["entities"]) == ["span"]
    assert list(record["f1"]["entities"]["span"]["labels"]) == ["Drug"]
    assert record["unknown_labels"] == ["unheard"]


def test_gold_is_compared_where_it_is_named(project: Path) -> None:
    record = json.loads(run(project, "--json", "--annotators", "ann,gold").stdout)
    assert record["pairs"][0]["f1"]["entities"]["exact"]["f1"] == 1.0


def test_anonymous_annotators_are_letters_everywhere(project: Path, tmp_path: Path) -> None:
    result = run(project, "--anonymize", "--out", tmp_path / "report")
    assert "bob" not in result.stdout
    assert not [path for path in (tmp_path / "report").iterdir() if "bob" in path.read_text("utf-8")]
    assert json.loads((tmp_path / "report" / "agreement.json").read_text())["annotators"] == ["A", "B"]


@pytest.mark.parametrize("gate", ["relations.exact=0.1", "kappa.relation=0.5"])
def test_a_missed_gate_is_an_error_after_the_report(project: Path, tmp_path: Path, gate: str) -> None:
    assert gate.split("=")[0] in fail(GateMissed, project, "--fail-under", gate, "--out", tmp_path / "report")
    assert (tmp_path / "report" / "agreement.json").is_file()


def test_a_reached_gate_is_none(project: Path) -> None:
    assert run(project, "--fail-under", "relations.overlap=1", "--fail-under", "entities.exact=.5").exit_code == 0


@pytest.mark.parametrize("gate", ["relations.id=0.5", "entities.exact", "entities.exact=high", "=1"])
def test_a_gate_of_no_figure_is_a_usage_error(project: Path, gate: str) -> None:
    assert "--fail-under" in fail(UsageError, project, "--fail-under", gate)


@pytest.mark.parametrize("gate", ["nonsense=0.9", "relations.id=0.5", "kappa.word=0.1"])
def test_a_gate_of_no_figure_is_refused_before_anything_is_measured(project: Path, tmp_path: Path, gate: str) -> None:
    message = fail(UsageError, project, "--fail-under", gate, "--out", tmp_path / "report")
    assert "choose from" in message and "relations.exact" in message
    assert not (tmp_path / "report").exists()


def test_no_shared_document_is_invalid_input(tmp_path: Path) -> None:
    project = write_project(tmp_path, {"a": {"d": FIRST}, "b": {"e": FIRST}})
    assert "a and b: 0 with different texts, 1 and 1 of one alone" in fail(InputError, project)


def test_rounds_are_pointed_at(tmp_path: Path) -> None:
    write_project(tmp_path / "1", {"a": FIRST, "b": FIRST})
    assert "add --rounds" in fail(InputError, tmp_path)
    write_project(tmp_path / "2", {"a": FIRST, "b": SECOND})
    record = json.loads(run(tmp_path, "--rounds", "--json").stdout)
    assert [row["f1"]["relations"]["exact"]["f1"] for row in record["rounds"]] == [1.0, 0.0]


def test_the_trend_over_rounds_is_drawn_against_the_target(tmp_path: Path) -> None:
    for number in "12":
        write_project(tmp_path / "p" / number, {"a": FIRST, "b": SECOND})
    run(tmp_path / "p", "--rounds", "--target", "0.8", "--out", tmp_path / "report")
    page = (tmp_path / "report" / "agreement.html").read_text("utf-8")
    assert "<svg" in page
    assert "F1 of relations over 2 rounds" in page


def test_specialties_come_from_the_metadata(project: Path, tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").write_text("doc_id,specialty\nd,Cardiology;Surgery\n")
    record = json.loads(run(project, "--json", "--metadata", tmp_path / "metadata.csv").stdout)
    assert [(row["name"], row["documents"]) for row in record["specialties"]] == [("Cardiology", 1), ("Surgery", 1)]


def test_rejected_lines_and_texts_that_differ_are_named_and_exit_with_4(tmp_path: Path) -> None:
    other = {"d": f"{FIRST}\nR2 treats Arg1:T1 Arg2:T9", "e": ("Other.", "")}
    result = run(write_project(tmp_path, {"a": {"d": FIRST, "e": ""}, "b": other}))
    assert result.exit_code == 4
    assert "b/d.ann:4: BRAT-REFERENCE R2" in result.stderr
    assert "e: TEXT-DIFFERS" in result.stderr


def test_what_is_not_compared_is_said(project: Path) -> None:
    (project / "ann" / "e.txt").write_text("Nothing yet.")
    with (project / "bob" / "d.ann").open("a") as file:
        file.write("R2\ttreats Arg1:T1 Arg2:T2\nR3\tpart Arg1:T1 Arg2:T1 Arg3:T2\n")
    said = run(project).stderr
    assert "ann: 1 documents have a text but no .ann; not compared" in said
    assert "1 relations say again what one before them says; counted once" in said
    assert "1 relations of other than two arguments" in said


def test_quiet_says_nothing_on_stderr(project: Path) -> None:
    assert run(project, "--quiet").stderr == ""


def test_the_same_seed_gives_the_same_bytes_whatever_the_workers(project: Path) -> None:
    one, two = (run(project, "--json", "--jobs", jobs, "--seed", "4").stdout for jobs in ("1", "2"))
    assert one == two


def test_no_heavy_library_is_imported_for_a_table(project: Path) -> None:
    heavy = "('torch', 'transformers', 'sklearn', 'pyarrow', 'pandas')"
    code = (
        "import sys; from click.testing import CliRunner; from corpus_tools.cli import corpus; "
        f"CliRunner().invoke(corpus, ['agreement', {str(project)!r}]); "
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
