"""`relext annotate` through its runner: text in, a brat project out that validates without a remark."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from corpus_tools.assembly import Metadata, read_metadata
from corpus_tools.errors import CorpusError
from corpus_tools.rounds import make_doc_id
from corpus_tools.standoff import parse_document, parse_suggestion, read_schema, validate_folder
from relext import load
from relext.cli import relext
from relext.model import write_model
from tests.relext.tiny_models import eager_finder, eager_model

TEXT = "The aspirin relieved his pain.\r\nNo fever today.\n"
#       0   4                25     32 35
MENTIONS = "T1\tDrug 4 11\taspirin\nT2\tSign 25 29\tpain\n"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plain") / "model"
    write_model(folder, eager_model())
    return folder


@pytest.fixture(scope="module")
def finding_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finding") / "model"
    write_model(folder, eager_model(), finder=eager_finder())
    return folder


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    folder = tmp_path / "texts"
    (folder / "ward").mkdir(parents=True)
    (folder / "ward" / "note.txt").write_bytes(TEXT.encode())
    (folder / "ward" / "note.ann").write_bytes(MENTIONS.encode())
    return folder


def run(*arguments: object, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(relext, ["annotate", *map(str, arguments)], input=stdin)


def refused(result: Result) -> CorpusError:
    assert isinstance(result.exception, CorpusError), result.output
    return result.exception


def assert_unremarkable(folder: Path) -> None:
    """Check that validation rejects nothing, repairs nothing and warns of nothing, under the schema beside."""
    report = validate_folder(folder)
    assert (report.rejects, report.repairs, report.warnings) == ((), (), ())
    assert report.schema == "annotation.conf"


def test_given_mentions_stay_and_relations_come_with_their_probability(
    model: Path, texts: Path, tmp_path: Path
) -> None:
    result = run(model, texts, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    ann = (tmp_path / "out" / "ward" / "note.ann").read_bytes().decode()
    assert ann.startswith(MENTIONS)
    document = parse_document(TEXT, ann, doc_id="note").document
    assert [(r.id, r.arg1, r.arg2) for r in document.relations] == [("R1", "T1", "T2")]
    suggestion = parse_suggestion(document.notes[0].text)
    assert suggestion is not None
    assert document.notes[0].target == "R1"
    assert suggestion.model.startswith("model@")
    assert "Next: corpus validate" in result.stderr
    assert_unremarkable(tmp_path / "out")


def test_text_and_configuration_lie_beside(model: Path, texts: Path, tmp_path: Path) -> None:
    run(model, texts, "--out", tmp_path / "out")
    assert (tmp_path / "out" / "ward" / "note.txt").read_bytes() == TEXT.encode()
    assert read_schema(tmp_path / "out" / "annotation.conf").allows("treats", "Drug", "Sign")
    assert "[labels]" in (tmp_path / "out" / "visual.conf").read_text("utf-8")


def test_mentions_are_found_where_nobody_marked_any(finding_model: Path, texts: Path, tmp_path: Path) -> None:
    (texts / "ward" / "note.ann").unlink()
    result = run(finding_model, texts, "--out", tmp_path / "out", "--json")
    ann = (tmp_path / "out" / "ward" / "note.ann").read_bytes().decode()
    document = parse_document(TEXT, ann, doc_id="note").document
    words = ["The", "aspirin", "relieved", "his", "pain", ".", "No", "fever", "today", "."]
    assert [textbound.text for textbound in document.textbounds] == words
    assert json.loads(result.stdout)["found_mentions"] == 10
    assert {note.target for note in document.notes} == {textbound.id for textbound in document.textbounds}
    assert_unremarkable(tmp_path / "out")


def test_given_mentions_are_not_added_to_without_merge(finding_model: Path, texts: Path, tmp_path: Path) -> None:
    result = run(finding_model, texts, "--out", tmp_path / "out", "--json")
    assert json.loads(result.stdout)["found_mentions"] == 0
    assert json.loads(result.stdout)["given_mentions"] == 2


def test_merge_keeps_every_line_of_people_and_adds_below(finding_model: Path, texts: Path, tmp_path: Path) -> None:
    human = MENTIONS + "R7\tcauses Arg1:T1 Arg2:T2\n#1\tAnnotatorNotes R7\tby anna\nT3\tDevice 0 3\tThe\n"
    (texts / "ward" / "note.ann").write_text(human)
    result = run(finding_model, texts, "--out", tmp_path / "out", "--merge", "--json")
    ann = (tmp_path / "out" / "ward" / "note.ann").read_bytes().decode()
    assert ann.startswith(human)
    record = json.loads(result.stdout)
    # Ten words, of which `pain` is a Sign of people's already.
    assert (record["given_mentions"], record["found_mentions"], record["dropped_relations"]) == (3, 9, 0)
    assert_unremarkable(tmp_path / "out")


def test_a_relation_that_people_wrote_is_not_written_again(model: Path, texts: Path, tmp_path: Path) -> None:
    human = MENTIONS + "R1\tcauses Arg1:T1 Arg2:T2\nR2\ttreats Arg1:T1 Arg2:T2\n"
    (texts / "ward" / "note.ann").write_text(human)
    run(model, texts, "--out", tmp_path / "out", "--merge")
    assert (tmp_path / "out" / "ward" / "note.ann").read_text() == human


@pytest.mark.parametrize("stated", ["E1\tDrug:T1 causes:T2 treats2:T2\n", "*\tcauses T1 T2\n*\ttreats T1 T2\n"])
def test_what_events_and_groups_of_people_state_is_not_written_again(
    model: Path, texts: Path, tmp_path: Path, stated: str
) -> None:
    (texts / "ward" / "note.ann").write_text(MENTIONS + stated)
    assert json.loads(run(model, texts, "--out", tmp_path / "out", "--json").stdout)["relations"] == 0


def test_what_people_made_of_suggestions_is_not_replaced_even_by_force(
    model: Path, texts: Path, tmp_path: Path
) -> None:
    for _ in range(2):  # a folder that nobody has touched is replaced
        assert run(model, texts, "--out", tmp_path / "out", "--force").exit_code == 0
    corrected = tmp_path / "out" / "ward" / "note.ann"
    corrected.write_text(MENTIONS + "R1\tcauses Arg1:T1 Arg2:T2\n")
    error = refused(run(model, texts, "--out", tmp_path / "out", "--force"))
    assert (error.exit_code, "1 .ann files there are not as relext annotate writes them" in str(error)) == (8, True)
    assert corrected.read_text() == MENTIONS + "R1\tcauses Arg1:T1 Arg2:T2\n"


def test_without_merge_the_relations_left_out_are_counted(model: Path, texts: Path, tmp_path: Path) -> None:
    (texts / "ward" / "note.ann").write_text(MENTIONS + "R7\tcauses Arg1:T1 Arg2:T2\n")
    result = run(model, texts, "--out", tmp_path / "out")
    assert "1 relations of people were left out; --merge keeps them" in result.stderr
    assert "R7" not in (tmp_path / "out" / "ward" / "note.ann").read_text()


def test_a_threshold_keeps_what_is_surer(model: Path, texts: Path, tmp_path: Path) -> None:
    result = run(model, texts, "--out", tmp_path / "out", "--threshold", "1.0", "--json")
    assert json.loads(result.stdout)["relations"] == 0


def test_no_precision_is_asked_of_a_model_without_thresholds(model: Path, texts: Path, tmp_path: Path) -> None:
    error = refused(run(model, texts, "--out", tmp_path / "out", "--precision-target", "0.9", "--json"))
    assert (error.exit_code, "has no threshold for any label" in str(error)) == (2, True)
    assert not (tmp_path / "out").exists()


def test_provenance_says_which_documents_were_pre_annotated(model: Path, texts: Path, tmp_path: Path) -> None:
    (texts / "bare.txt").write_text("He slept well.")
    run(model, texts, "--out", tmp_path / "out", "--threshold", "0.25")
    rows = [json.loads(line) for line in (tmp_path / "out" / "provenance.jsonl").read_text().splitlines()]
    told = [(row["doc_id"], row["aid"], row["threshold"], row["relations"]) for row in rows]
    assert told == [("bare", "pre-annotated", 0.25, 0), ("ward/note", "pre-annotated", 0.25, 1)]
    assert rows[0]["model"].startswith("model@")


def test_a_share_is_left_unaided_as_it_was(finding_model: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts"
    for name in "abcd":
        (texts / name).mkdir(parents=True)
        (texts / name / "note.txt").write_bytes(TEXT.encode())
        (texts / name / "note.ann").write_bytes(f"{MENTIONS}R1\ttreats Arg1:T1 Arg2:T2\n".encode())
    result = run(finding_model, texts, "--out", tmp_path / "out", "--unaided", "0.5", "--json")
    rows = [json.loads(line) for line in (tmp_path / "out" / "provenance.jsonl").read_text().splitlines()]
    unaided = [row["doc_id"] for row in rows if row["aid"] == "unaided"]
    assert (len(rows), len(unaided), json.loads(result.stdout)["unaided"]) == (4, 2, 2)
    for row in rows:  # without --merge what people said of relations gives way to the model, but not where it is silent
        written, given = (folder / f"{row['doc_id']}.ann" for folder in (tmp_path / "out", texts))
        assert (written.read_bytes() == given.read_bytes()) == (row["doc_id"] in unaided)
    assert_unremarkable(tmp_path / "out")


def test_a_csv_is_read_as_corpus_import_reads_it(finding_model: Path, tmp_path: Path) -> None:
    table = tmp_path / "notes.csv"
    table.write_bytes(
        b',medical_specialty,transcription\n0, Surgery,"Pain,\nno fever."\n1, Urology,\n'
        b"2,=Odd,Rash.\n3, Urology,Rash.\n"
    )
    out = tmp_path / "out"
    assert run(finding_model, table, "--out", out).exit_code == 0
    pain, rash = make_doc_id("Surgery", "Pain,\nno fever."), make_doc_id("=Odd", "Rash.")
    assert sorted(path.stem for path in out.glob("*.txt")) == sorted([pain, rash])
    assert (out / f"{pain}.txt").read_bytes() == b"Pain,\nno fever."
    # Two rows have one text; a cell that a spreadsheet would compute is guarded.
    rows = ["doc_id,specialty,patient", *sorted([f"{pain},Surgery,", f"{rash},'=Odd;Urology,"])]
    assert (out / "metadata.csv").read_text().splitlines() == rows
    assert read_metadata(out / "metadata.csv")[rash].specialties == ("=Odd", "Urology")
    assert_unremarkable(out)


def test_what_a_project_says_of_its_documents_comes_along(model: Path, texts: Path, tmp_path: Path) -> None:
    (texts / "metadata.csv").write_text("doc_id,specialty,patient\nnote,Surgery,p1\n")
    run(model, texts, "--out", tmp_path / "out")
    assert read_metadata(tmp_path / "out" / "metadata.csv") == {"ward/note": Metadata(("Surgery",), ("p1",))}


def test_a_link_in_the_project_is_passed_over_with_a_row(model: Path, texts: Path, tmp_path: Path) -> None:
    (texts / "linked.txt").symlink_to(texts / "ward" / "note.txt")
    assert run(model, texts, "--out", tmp_path / "out").exit_code == 4
    (row,) = [json.loads(line) for line in (tmp_path / "out" / "rejects.jsonl").read_text().splitlines()]
    assert (row["code"], row["file"]) == ("FILE-SYMLINK", "linked.txt")


def test_standard_input_gives_one_document(finding_model: Path, tmp_path: Path) -> None:
    result = run(finding_model, "-", "--out", tmp_path / "out", stdin=b"Pain, no fever.")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "out" / "standard-input.txt").read_bytes() == b"Pain, no fever."
    assert_unremarkable(tmp_path / "out")


def test_no_mentions_and_no_finder_is_said_clearly(model: Path, texts: Path, tmp_path: Path) -> None:
    (texts / "ward" / "note.ann").unlink()
    error = refused(run(model, texts, "--out", tmp_path / "out"))
    assert error.exit_code == 3
    assert "no mention finder; train one with relext train --mentions" in str(error)
    assert not (tmp_path / "out").exists()


def test_some_documents_without_mentions_are_written_and_counted(model: Path, texts: Path, tmp_path: Path) -> None:
    (texts / "bare.txt").write_text("He slept well.")
    result = run(model, texts, "--out", tmp_path / "out")
    assert result.exit_code == 0
    assert "1 documents have no mention" in result.stderr
    assert (tmp_path / "out" / "bare.ann").read_text() == ""


def test_faulty_lines_are_rejected_with_a_row_and_exit_code_4(model: Path, texts: Path, tmp_path: Path) -> None:
    (texts / "ward" / "note.ann").write_text(MENTIONS + "T3\tSign 90 95\tfever\n")
    (texts / "latin.txt").write_bytes("naïve".encode("latin-1"))
    result = run(model, texts, "--out", tmp_path / "out")
    assert result.exit_code == 4
    rows = [json.loads(line) for line in (tmp_path / "out" / "rejects.jsonl").read_text().splitlines()]
    assert {row["annotation_id"] for row in rows} == {"T3", ""}
    assert not (tmp_path / "out" / "latin.txt").exists()
    assert "T3" not in (tmp_path / "out" / "ward" / "note.ann").read_text()


@pytest.mark.parametrize(
    ("source", "message"),
    [("nowhere", "there is no such folder or file"), ("empty", "no document"), ("note.docx", "expected a folder")],
)
def test_a_source_that_is_none_leaves_nothing(model: Path, tmp_path: Path, source: str, message: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "note.docx").write_bytes(b"PK")
    error = refused(run(model, tmp_path / source, "--out", tmp_path / "out"))
    assert error.exit_code == 3
    assert message in str(error)
    assert not (tmp_path / "out").exists()


def test_a_csv_without_the_column_is_refused(model: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.csv").write_text("id,text\n1,Pain.\n")
    error = refused(run(model, tmp_path / "notes.csv", "--out", tmp_path / "out"))
    assert "no column 'transcription'" in str(error)


def test_the_first_of_no_queue_are_refused_before_any_work(model: Path, texts: Path, tmp_path: Path) -> None:
    error = refused(run(model, texts, "--out", tmp_path / "out", "--first", 3))
    assert error.exit_code == 2
    assert "--first 3: takes the first documents of a queue; give --queue too" in str(error)
    assert not (tmp_path / "out").exists()


def test_an_existing_output_is_kept_unless_forced(model: Path, texts: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    assert refused(run(model, texts, "--out", out)).exit_code == 2
    assert (out / "mine.txt").read_text() == "mine"
    assert run(model, texts, "--out", out, "--force").exit_code == 0
    assert not (out / "mine.txt").exists()


def test_an_output_inside_the_input_is_refused_for_safety(model: Path, texts: Path) -> None:
    assert refused(run(model, texts, "--out", texts / "out")).exit_code == 8


def test_same_input_same_bytes(finding_model: Path, texts: Path, tmp_path: Path) -> None:
    for name in ("first", "second"):
        run(finding_model, texts, "--out", tmp_path / name, "--merge")
    first, second = ((tmp_path / name / "ward" / "note.ann").read_bytes() for name in ("first", "second"))
    assert first == second


def test_messages_hold_no_words_of_the_text(finding_model: Path, texts: Path, tmp_path: Path) -> None:
    result = run(finding_model, texts, "--out", tmp_path / "out", "-v")
    assert "aspirin" not in result.output


def test_help_has_an_example() -> None:
    assert "relext annotate model notes --out" in run("--help").output


def test_three_lines_of_python_do_the_same(finding_model: Path) -> None:
    document = load(finding_model).predict("Pain, no fever.")
    assert [textbound.text for textbound in document.textbounds] == ["Pain", ",", "no", "fever", "."]
    assert load(str(finding_model), threshold=1.0).predict("Pain.").textbounds == ()


def test_a_document_with_mentions_gets_relations(model: Path) -> None:
    given = parse_document(TEXT, MENTIONS, doc_id="note").document
    assert [(r.arg1, r.arg2) for r in load(model).predict(given).relations] == [("T1", "T2")]
