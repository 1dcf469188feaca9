"""`corpus statistics` on transcriptions, on an export and on a corpus: the same counts, no text."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from selenium.webdriver import Chrome

from corpus_tools.assembly import CorpusDocument, measure_row_split, measure_statistics, write_corpus
from corpus_tools.assembly.examples import make_example
from corpus_tools.assembly.paper import looks_like_mtsamples
from corpus_tools.cli import corpus
from corpus_tools.errors import InputError, OutputExists, UsageError
from corpus_tools.reports import render_statistics_report
from tests.browsing import check_page
from tests.corpus_tools.corpus_documents import SCHEMA, make_document, make_notes, write_export

CSV = """medical_specialty,sample_name,transcription
 Urology,a,No pain before the twelve tablets.
 Surgery,b,No pain before the twelve tablets.
 Urology,,Severe rash.
"""
HEADINGS = (
    "The paper&#39;s figures",
    "What a split by row leaks",
    "Lengths and vocabulary",
    "Specialties",
    "Missing values",
    "What stop words destroy",
    "Before and after preprocessing",
)


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


def test_a_split_by_row_leaks_near_duplicates_too() -> None:
    listed = [(str(n), 1) for n in range(100)]
    alike = [(str(n), str(n + 1)) for n in range(0, 100, 2)]
    split = measure_row_split(listed, alike, seed=1)
    # No text is listed twice; the like text of a test row is in training with a chance of 70/99: 10.6 of 15 expected.
    assert (split.test_rows, split.test_rows_seen) == (15, 0)
    assert 5 <= split.test_rows_alike <= 15
    chain = [(str(n), str(n + 1)) for n in range(99)]
    assert measure_row_split(listed, chain, seed=1).test_rows_alike == 15


def test_the_tables_name_what_was_counted(table: Path) -> None:
    result = run(table, "--paper")
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


def test_an_example_a_specialty_is_shown_before_and_after(table: Path) -> None:
    surgery, urology = measure_statistics(table).examples
    assert (surgery.specialty, urology.specialty) == ("Surgery", "Urology")
    assert surgery.counts == {
        "characters": 34,
        "clean characters": 34,
        "tokens": 6,
        "stop words dropped": 4,
        "lemmas": 2,
        "different lemmas": 2,
        "negations, times and doses dropped": 3,
    }
    assert dict(surgery.steps)["lemmas"] == "pain tablet"
    assert "steps" not in surgery.to_json()
    assert surgery.to_json(show_text=True)["steps"] == dict(surgery.steps)


def test_a_long_example_is_shown_up_to_a_words_end() -> None:
    example = make_example("Urology", CorpusDocument("note", "pain " * 100))
    assert (len(example.excerpt), example.characters) == (199, 500)  # 40 words, 39 blanks and the last word's four


def test_a_folder_holds_the_page_and_the_same_as_json(table: Path, tmp_path: Path) -> None:
    result = run(table, "--paper", "--out", tmp_path / "out", "--json")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["report.html", "statistics.json"]
    record = json.loads((tmp_path / "out" / "statistics.json").read_text())
    assert record == {name: value for name, value in json.loads(result.stdout).items() if not name.startswith("schema")}
    page = (tmp_path / "out" / "report.html").read_text()
    assert re.findall("<h2>(.*?)</h2>", page) == list(HEADINGS)
    assert not re.search(r"(?:src|href)=\"(?!#)", page.replace("xlink:href", "href"))


def test_sections_without_anything_to_show_are_left_out(tmp_path: Path) -> None:
    notes = write_export(tmp_path / "export", make_notes(3))
    page = render_statistics_report(measure_statistics(notes))
    assert re.findall("<h2>(.*?)</h2>", page) == [
        "Lengths and vocabulary",
        "Mentions and assertions",
        "Relations",
        "Pair categories",
        "What stop words destroy",
        "Before and after preprocessing",
    ]


def test_the_papers_figures_stand_beside_mtsamples_alone_unless_asked(table: Path) -> None:
    assert "The paper's figures" not in run(table).output
    assert "The paper's figures" in run(table, "--paper").output


@pytest.mark.parametrize(
    ("listings", "specialties", "holds"), [(4999, 40, True), (5111, 40, True), (5111, 39, False), (400, 40, False)]
)
def test_mtsamples_is_known_by_its_size(listings: int, specialties: int, holds: bool) -> None:
    assert looks_like_mtsamples(listings, specialties) is holds


def test_text_is_on_the_page_where_it_is_asked_for_alone(table: Path, tmp_path: Path) -> None:
    run(table, "--out", tmp_path / "plain")
    run(table, "--out", tmp_path / "shown", "--show-text")
    for name in ("report.html", "statistics.json"):
        assert "tablets" not in (tmp_path / "plain" / name).read_text()
        assert "tablets" in (tmp_path / "shown" / name).read_text()


def test_an_output_that_is_there_is_kept_without_force(table: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    assert isinstance(run(table, "--out", tmp_path / "out").exception, OutputExists)
    assert run(table, "--out", tmp_path / "out", "--force").exit_code == 0


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_shows_the_page_without_a_complaint(
    browser: Chrome, table: Path, tmp_path: Path, scheme: str
) -> None:
    run(table, "--paper", "--out", tmp_path / "out", "--show-text")
    check_page(browser, tmp_path / "out" / "report.html", scheme=scheme, headings=len(HEADINGS))


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
    assert statistics.row_split.test_rows_alike >= statistics.row_split.test_rows_seen
    assert len(statistics.examples) == 40
