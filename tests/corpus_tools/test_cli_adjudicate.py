"""`corpus adjudicate` end to end: queue, apply, status, feedback, and what each refuses."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from corpus_tools.cli import corpus
from corpus_tools.errors import InputError, Refused
from tests.corpus_tools.adjudication_inputs import ASPIRIN, CHEST_PAIN, PAIN, TEXT, TREATS, write_project

BOUNDARY = {"anna": ASPIRIN + CHEST_PAIN + TREATS, "ben": ASPIRIN + PAIN + TREATS}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project with one agreed note and one with a boundary conflict."""
    return write_project(tmp_path, {"agreed": {"anna": ASPIRIN, "ben": ASPIRIN}, "boundary": BOUNDARY})


def run(*arguments: object) -> Result:
    return CliRunner().invoke(corpus, ["adjudicate", *(str(each) for each in arguments)], catch_exceptions=False)


def test_queue_prints_items_without_clinical_text(project: Path) -> None:
    result = run("queue", project)
    assert result.exit_code == 0
    assert "1 documents settled" in result.output and "boundary" in result.output
    assert "chest pain" not in result.output
    assert (
        "chest pain"
        in run("queue", project, "--show-text", "--json").output + run("queue", project, "--show-text").output
    )


def test_queue_as_json_names_versions_and_what_an_item_waits_for(project: Path) -> None:
    payload = json.loads(run("queue", project, "--json", "-q").stdout)
    first, second = payload["items"]
    assert (payload["schema"], first["kind"], second["kind"]) == (
        "corpus/adjudicate-queue",
        "boundary",
        "waiting-relation",
    )
    assert second["waits_for"] == [first["item"]]
    assert first["versions"]["ben"] == [{"layer": "mention", "label": "Symptom", "fragments": [[18, 22]]}]


def test_sheet_to_gold_and_back_to_status(project: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "queue.csv"
    run("queue", project, "--out", sheet)
    sheet.write_text(sheet.read_text().replace("Symptom 18 22,,", "Symptom 18 22,anna,"))
    result = run("apply", project, "--decisions", sheet, "--reviewer", "dr-moss")
    assert result.exit_code == 0
    assert "2 documents with 4 annotations written" in result.output  # aspirin twice, chest pain, treats
    assert (project / "gold" / "boundary.ann").read_text() == BOUNDARY["anna"]
    status = json.loads(run("status", project, "--json", "-q").stdout)
    assert status["outcomes"]["decided"] == 1 and status["documents"]["open"] == 0
    assert status["agreement"]["ben"] == {"agreed": 0, "decided": 1, "share": 0.0}
    assert '"who": "dr-moss"' in (project / "adjudication" / "decisions.jsonl").read_text()


def test_refused_rows_end_with_exit_code_4(project: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "queue.jsonl"
    sheet.write_text('{"item": "0123456789abcdef", "choice": "anna"}\n')
    result = run("apply", project, "--decisions", sheet)
    assert result.exit_code == 4
    assert "no such item" in result.output


def test_third_folder_and_feedback_with_reasons(project: Path, tmp_path: Path) -> None:
    third = write_project(tmp_path / "t", {"boundary": {"third": ASPIRIN + CHEST_PAIN}}) / "third"
    assert run("apply", project, "--from", third, "--out", tmp_path / "gold").exit_code == 0
    out = tmp_path / "feedback.md"
    result = run("feedback", project, "--out", out)
    assert "ben: kept by the reviewer" in result.output
    assert "| boundary | boundary | Symptom 18 22 | Symptom 12 22 | take |" in out.read_text()
    payload = json.loads(run("feedback", project, "--json", "-q").stdout)
    assert [each["kinds"]["boundary"]["kept"] for each in payload["annotators"]] == [1, 0]


def test_gold_without_a_decided_document_leads_back_to_the_page(tmp_path: Path) -> None:
    open_alone = write_project(tmp_path, {"boundary": {"anna": ASPIRIN + CHEST_PAIN, "ben": ASPIRIN + PAIN}})
    result = run("apply", open_alone)
    assert "every document has open items" in result.output
    assert f"Next: corpus adjudicate serve {open_alone}" in result.output


def test_documents_of_one_annotator_alone_are_counted_and_taken_on_request(tmp_path: Path) -> None:
    notes = {"agreed": {"anna": ASPIRIN, "ben": ASPIRIN}, "one": {"anna": ASPIRIN}, "bare": {"ben": ""}}
    project = write_project(tmp_path, notes)
    result = run("apply", project)
    assert (
        "1 documents with 1 annotations" in result.output and "2 documents of one annotator alone left" in result.output
    )
    gold = json.loads(run("apply", project, "--single", "--force", "--json", "-q").stdout)["gold"]
    assert (gold["written"], gold["single"], gold["single_without_annotations"], gold["single_left_out"]) == (
        3,
        2,
        1,
        0,
    )
    assert "2 of them are as one annotator alone has them" in run("apply", project, "--single", "--force").output


def test_export_for_brat_names_the_comparison_view(project: Path, tmp_path: Path) -> None:
    result = run("apply", project, "--export", "brat", "--out", tmp_path / "sides")
    assert "diff.xhtml?diff=/sides/anna/#/sides/ben/DOCUMENT" in result.output
    assert (tmp_path / "sides" / "anna" / "boundary.ann").exists()


def test_texts_that_differ_are_named_with_hashes_and_exit_code_4(project: Path) -> None:
    (project / "ben" / "agreed.txt").write_text(TEXT + " Changed.")
    result = run("status", project)
    assert result.exit_code == 4
    assert "agreed: TEXT-DIFFERS" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["queue", "PROJECT", "--out", "queue.xlsx"], "must end in .csv or .jsonl"),
        (["apply", "PROJECT", "--decisions", "PROJECT/annotation.conf", "--from", "PROJECT/anna"], "not both"),
        (["apply", "PROJECT", "--export", "brat"], "needs --out"),
        (["apply", "PROJECT", "--export", "brat", "--out", "sides", "--single"], "give one of them"),
        (["serve", "PROJECT", "--port", "99999"], "99999"),
    ],
)
def test_options_that_make_no_sense_are_refused(project: Path, arguments: list[str], message: str) -> None:
    result = run(*(each.replace("PROJECT", str(project)) for each in arguments))
    assert result.exit_code == 2
    assert message in result.output


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "example.org", ""])
def test_any_host_but_loopback_is_refused_for_safety(project: Path, host: str) -> None:
    with pytest.raises(Refused, match="loopback") as caught:
        run("serve", project, "--host", host)
    assert caught.value.exit_code == 8


def test_broken_log_stops_everything_with_its_line(project: Path) -> None:
    run("queue", project)
    log = project / "adjudication" / "decisions.jsonl"
    log.write_text(log.read_text().replace("accept", "accent", 1))
    with pytest.raises(InputError, match=r"decisions\.jsonl:1"):
        run("status", project)


@pytest.mark.parametrize("command", ["queue", "serve", "apply", "status", "feedback"])
def test_every_command_has_help_with_an_example(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"Example: corpus adjudicate {command}" in result.output
