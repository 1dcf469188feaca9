"""The report of a build: self-contained, the same bytes twice, no text of a document, nothing hostile alive."""

import json
import re
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from corpus_tools.build import build_corpus
from tests.browsing import check_page
from tests.corpus_tools.corpus_documents import make_notes, write_export

HEADINGS = (
    "Parts",
    "Mentions",
    "Relations",
    "Where each relation ended",
    "Pair categories",
    "Candidate pairs",
    "Commonest sentence patterns",
    "Split and leaks",
    "Specialties",
    "Lengths and vocabulary",
    "Accounts",
    "Left out, rejected, repaired",
    "Settings",
)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a corpus of notes in which a name, a number and a script would be seen."""
    folder = tmp_path_factory.mktemp("report")
    notes = make_notes(12)
    for doc_id, (text, ann) in notes.items():
        notes[doc_id] = (text + "Seen by Zyxwvut, MRN 8675309. <script>alert(1)</script>\n", ann)
    notes["note-001"] = (notes["note-001"][0], notes["note-001"][1].replace("Symptom", "Sign&<b>"))
    return build_corpus(write_export(folder / "export", notes), folder / "corpus").path


def test_every_section_is_there(corpus: Path) -> None:
    page = (corpus / "report.html").read_text()
    assert re.findall(r"<h2>(.*?)</h2>", page) == list(HEADINGS)
    assert page.count("<svg") == 4


def test_the_page_asks_for_nothing_from_outside(corpus: Path) -> None:
    page = (corpus / "report.html").read_text()
    assert "default-src 'none'" in page
    assert not re.search(r"(?:src|href)=\"(?!#)", page.replace("xlink:href", "href"))
    assert "<script" not in page


@pytest.mark.parametrize("name", ["report.html", "figures.json", "manifest.json", "README.md", "rejects.jsonl"])
def test_no_text_of_a_document_is_shown(corpus: Path, name: str) -> None:
    content = (corpus / name).read_text().lower()
    for word in ("zyxwvut", "8675309", "aspirin", "vertigo", "alert(1)"):
        assert word not in content


def test_figures_are_the_page_as_json(corpus: Path) -> None:
    figures = json.loads((corpus / "figures.json").read_text())
    assert figures["figures"]["all"]["patterns"]["treats"][0]["pattern"] == "[Medication] for [Symptom]"
    assert figures["figures"]["all"]["documents"]["count"] == 12
    assert sum(figures["figures"][part]["documents"]["count"] for part in ("train", "validation", "test")) == 12
    assert {leak["kind"]: leak["groups_across"] for leak in figures["leaks"]} == {
        "same-text": 0,
        "near-duplicate": 0,
        "same-patient": 0,
    }


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_shows_the_page_without_a_complaint(browser: Chrome, corpus: Path, scheme: str) -> None:
    check_page(browser, corpus / "report.html", scheme=scheme, headings=len(HEADINGS))
