"""`corpus statistics` on transcriptions, on an export and on a corpus: the same counts, no text."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from corpus_tools.assembly import measure_row_split, measure_statistics, write_corpus
from corpus_tools.cli import corpus
from corpus_tools.errors import InputError, UsageError
from tests.corpus_tools.corpus_documents import SCHEMA, make_document, make_notes, write_export

CSV = """medical_specialty,sample_name,transcription
 Urology,a,No pain before the twelve tablets.
 Surgery,b,No pain before the twelve tablets.
 Urology,,Severe rash.
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Return a CSV of three listings and two texts."""
    (tmp_path / "table.csv").write_text(CSV)
    return tmp_path / "table.csv"


def run(*arguments: object) -> Result:
    """Run `corpus statistics`."""
    return CliRunner().invoke(corpus, ["statistics", *map(str, arguments)], env={"COLUMNS": "120"})


def test_transcriptions_are_counted_by_distinct_text(table: Path) -> None:
    statistics = measure_statistics(table)
    assert (statistics.source, statistics.listings) == ("transcriptions", 3)
    # 6 words and a full stop; 2 words and a full stop.
    assert statistics.figures.document_words == {7: 1, 3: 1}
    assert statistics.figures.specialty_words == {"Urology": 10, "Surgery": 7}
    assert statistics.missing[0] == ("sample_name", 1)


def test_what_stop_words_destroy_is_counted(table: Path) -> None:
    stop_words = measure_statistics(table).stop_words
    assert (stop_words.tokens, stop_words.removed) == (8, 4)  # no, before, the, twelve
    assert stop_words.destroyed == {"dose": 1, "negation": 1, "time": 1}


def test_an_export_and_the_corpus_folder_have_figures(tmp_path: Path) -> None:
    brat = measure_statistics(write_export(tmp_path / "export", make_notes(3)))
    assert (brat.source, brat.figures.relations) == ("brat", {("treats", ""): 3})
    write_corpus(tmp_path / "corpus", {"train": [make_document()]}, schema=SCHEMA)
    built = measure_statistics(tmp_path / "corpus")
    assert (built.source, built.figures.document_words) == ("corpus", {7: 1})


def test_a_split_by_row_leaks_what_is_listed_twice() -> None:
    assert measure_row_split([(str(n), 1) for n in range(100)], seed=1).test_rows_seen == 0
    twice = measure_row_split([(str(n), 2) for n in range(100)], seed=1)
    assert (twice.rows, twice.test_rows) == (200, 30)
    # The other row of a test row is in training with a chance of 140/199: 21 of 30 expected.
    assert 12 <= twice.test_rows_seen <= 30


def test_the_tables_name_what_was_counted(table: Path) -> None:
    result = run(table)
    assert result.exit_code == 0
    for part in ("Urology", "Missing values", "of these negation words", "2,311,419", "A split of the 3 rows"):
        assert part in result.stdout
    assert "Next: corpus import" in result.stderr


def test_json_holds_no_word_of_a_text(table: Path) -> None:
    result = run(table, "--json")
    record = json.loads(result.stdout)
    assert (record["schema"], record["source"]) == ("corpus/statistics", "transcriptions")
    assert record["row_split"]["rows"] == 3
    assert "tablets" not in result.stdout


def test_a_source_that_is_missing_or_empty_is_one_line(tmp_path: Path) -> None:
    assert run(tmp_path / "nowhere").exit_code == 2
    with pytest.raises(UsageError, match="there is no such file or folder"):
        measure_statistics(tmp_path / "nowhere")
    with pytest.raises(InputError, match="holds no document that can be read"):
        measure_statistics(tmp_path)


@pytest.mark.slow
def test_mtsamples_stands_beside_the_paper(shared_data: Path) -> None:
    statistics = measure_statistics(shared_data / "mtsamples" / "mtsamples.csv")
    assert statistics.figures.document_words.total() == 2376
    assert sum(each.qualifies for each in statistics.specialties) == 22
    nearest = {each.figure: each for each in statistics.paper}
    assert nearest["specialties"].is_reproduced
    assert nearest["words"].ours == 2_330_707
    assert nearest["words"].reading.population == "texts by qualified specialty"
    assert statistics.row_split is not None
    assert 0.65 < statistics.row_split.test_rows_seen / statistics.row_split.test_rows < 0.8
