"""Faults 62 and 66 to 70: hostile names and texts through every page, table, graph and card, and odd terminals."""

import csv
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from corpus_tools.rendering import unescape_cell
from tests.faults.commands import Ended, relext, run, write_note
from tests.faults.everything import run_command
from tests.faults.hostile import ANNOTATOR, MODEL, NAME, PIECES, list_exports, list_refusals, write_project

STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
START = "from {} import main; main()"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project of two annotators with hostile names, texts and labels."""
    return write_project(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def exported(project: Path) -> dict[str, Ended]:
    """Run every command that writes something to be looked at, text asked for, and return how each ended."""
    return {name: run_command(command) for name, command in list_exports(project).items()}


def test_fault_62_every_command_takes_the_hostile_corpus(exported: dict[str, Ended]) -> None:
    assert {name: ended.code for name, ended in exported.items()} == dict.fromkeys(exported, 0)


def test_fault_62_format_that_cannot_hold_such_names_says_so(project: Path, exported: dict[str, Ended]) -> None:
    told = exported["annotate"].err  # annotations take any name, what configures brat beside them does not
    assert "No configuration files for brat are written" in told
    assert not STEERING.search(told)
    for name, command in list_refusals(project).items():
        ended = run_command(command)
        assert (ended.code, ended.err.count("\n")) == (3, 1), (name, ended)
        assert not STEERING.search(ended.err)


PAGES = [
    "accepted/accept-rate.html",
    "agreement/agreement.html",
    "corpus/report.html",
    "evaluation/report.html",
    "found/report.html",
    "graph/graph.html",
    "listed/report.html",
    "statistics/report.html",
    "study/report.html",
]
LIVE = """
const live = "iframe, object, embed, [onload], [onclick], [onerror], [href^='javascript'], body script[src], img";
return document.querySelectorAll(live).length
"""


@pytest.mark.browser
@pytest.mark.parametrize("page", PAGES)
def test_fault_62_pages_run_nothing_that_a_corpus_says(
    project: Path, exported: dict[str, Ended], browser: Any, page: str
) -> None:
    assert exported
    browser.get((project.parent / page).as_uri())
    assert browser.execute_script(LIVE) == 0
    assert browser.get_log("browser") == []  # no dialog, no violation of the page's policy
    shown = browser.execute_script("return document.body.innerText")
    assert "5739" not in shown  # 1913 * 3, had a template computed it
    assert not STEERING.search(shown)


def test_fault_62_no_page_is_forgotten(project: Path, exported: dict[str, Ended]) -> None:
    assert exported
    assert sorted(path.relative_to(project.parent).as_posix() for path in project.parent.rglob("*.html")) == PAGES


class _Tags(HTMLParser):
    """Collect the tags of a page, and where they lead."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.addresses: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses |= {value or "" for name, value in attrs if name in ("href", "src") or name.startswith("on")}


def test_fault_62_markdown_makes_no_page_of_it(project: Path, exported: dict[str, Ended]) -> None:
    """A reader of Markdown that lets HTML through finds none but its own, no link and no picture."""
    assert exported
    reader = pytest.importorskip("markdown_it").MarkdownIt("commonmark", {"html": True}).enable("table")
    cards = sorted(project.parent.rglob("*.md"))
    assert len(cards) == 9
    for card in cards:
        page = _Tags()
        page.feed(reader.render(re.sub(r"\A---\n.*?\n---\n", "", card.read_text("utf-8"), flags=re.DOTALL)))
        assert not page.tags & {"script", "img", "svg", "b", "i", "iframe"}, card
        assert not [address for address in page.addresses if ":" in address and not address.startswith("https:")], card
        assert not STEERING.search(card.read_text("utf-8")), card


def test_fault_66_json_is_json(project: Path, exported: dict[str, Ended]) -> None:
    assert exported

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    files = [path for path in project.parent.rglob("*.json*") if path.suffix in (".json", ".jsonl")]
    assert len(files) > 20
    for path in files:
        content = path.read_text("utf-8")
        for text in content.split("\n") if path.suffix == ".jsonl" else [content]:
            if text:
                json.loads(text, parse_constant=refuse)
    assert not list(project.parent.rglob("*.xls*"))


@pytest.mark.parametrize("page", PAGES)
def test_fault_67_pages_ask_for_nothing_from_outside(project: Path, exported: dict[str, Ended], page: str) -> None:
    assert exported
    content = (project.parent / page).read_text("utf-8")
    assert "default-src 'none'" in content
    assert re.findall(r"<(?:script|img|iframe|link)[^>]*(?:src|href)=", content) == []
    assert len(content) < 3_000_000


def test_fault_67_pages_quote_no_text_unless_asked(project: Path, tmp_path: Path, exported: dict[str, Ended]) -> None:
    assert exported
    run("agreement", project, "--bootstrap", 0, "--out", tmp_path / "agreement")
    run("statistics", project.parent / "corpus", "--out", tmp_path / "statistics")
    model = ("eval", project.parent / MODEL, project.parent / "corpus", "--out", tmp_path / "evaluation")
    assert relext(*model, "--device", "cpu").code == 0
    pages = [*tmp_path.rglob("*.html"), project.parent / "corpus/report.html"]
    assert not any("cmd|" in page.read_text("utf-8") for page in pages)


def read_rows(path: Path) -> list[list[str]]:
    return list(csv.reader(path.read_text("utf-8").splitlines(keepends=True)))


# How many pieces of the hostile text a table shows.
TABLES = {"queue.csv": 5, "graph/nodes.csv": 5, "graph/edges.csv": 5, "order/queue.csv": 0, "round/metadata.csv": 1}


@pytest.mark.parametrize("name", TABLES)
def test_fault_66_no_cell_is_a_formula_and_each_reads_back(
    project: Path, exported: dict[str, Ended], name: str
) -> None:
    assert exported
    cells = [cell for row in read_rows(project.parent / name) for cell in row]
    live = [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r")) and not _is_number(cell)]
    assert live == []
    restored = {unescape_cell(cell) for cell in cells}
    assert len([piece for piece in PIECES if any(piece in cell for cell in restored)]) >= TABLES[name]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def test_fault_66_raw_cells_are_as_they_were(project: Path, tmp_path: Path, exported: dict[str, Ended]) -> None:
    assert exported
    assert relext("graph", project / ANNOTATOR, "--raw", "--out", tmp_path / "raw").code == 0
    guarded, raw = (read_rows(folder / "nodes.csv") for folder in (project.parent / "graph", tmp_path / "raw"))
    assert [[unescape_cell(cell) for cell in row] for row in guarded[1:]] == raw[1:]


def test_fault_66_no_table_is_forgotten(project: Path, exported: dict[str, Ended]) -> None:
    assert exported
    written = {path.relative_to(project.parent).as_posix() for path in project.parent.rglob("*.csv")}
    assert written - {"notes.csv", "round/identifiers.csv"} == set(TABLES)  # one is read, one holds offsets alone


def test_fault_68_graphs_parse_with_readers_that_are_not_ours(project: Path, exported: dict[str, Ended]) -> None:
    assert exported
    nx, rdflib = pytest.importorskip("networkx"), pytest.importorskip("rdflib")
    (graphml,) = (project.parent / "graph").glob("*.graphml")
    (turtle,) = (project.parent / "graph").glob("*.ttl")
    ElementTree.parse(graphml)
    assert nx.read_graphml(graphml).number_of_nodes() > 5
    assert len(rdflib.Graph().parse(turtle, format="turtle")) > 10


def test_fault_69_nothing_printed_steers_a_terminal(exported: dict[str, Ended]) -> None:
    for name, ended in exported.items():
        assert not STEERING.search(ended.out + ended.err), name


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_fault_69_json_on_a_terminal_steers_nothing_and_stays_json(tmp_path: Path, encoding: str) -> None:
    name = "caf\u00e9\x9b1m\u202e"
    write_note(tmp_path, name=name)
    words = [sys.executable, "-c", START.format("corpus_tools.cli"), "statistics", str(tmp_path), "--json"]
    ended = subprocess.run(words, capture_output=True, env={**os.environ, "PYTHONIOENCODING": encoding})
    printed = ended.stdout.decode(encoding)
    assert not STEERING.search(printed)
    assert name in json.dumps(json.loads(printed), ensure_ascii=False)


def test_fault_69_markup_of_a_label_is_printed_as_it_stands(exported: dict[str, Ended]) -> None:
    assert "[red]" in exported["agreement"].out


@pytest.mark.parametrize("path", ["\x1b[31mred", "\x9b31m", "\u202egnp", "a\rb", "[/K]"])
def test_fault_69_hostile_argument_is_shown_with_escapes(path: str) -> None:
    for ended in (run("validate", path), run(path), relext("eval", path, path)):
        assert ended.code in (2, 3)
        assert not STEERING.search(ended.err)


CLOSING = {
    "reader gone": '"$@" | head -c 3',
    "stdout closed": '"$@" >&-',
    "stderr closed": '"$@" 2>&-',
    "both closed": '"$@" >&- 2>&-',
    "stdin closed": '"$@" <&-',
}


@pytest.mark.parametrize("shell", CLOSING.values(), ids=CLOSING)
@pytest.mark.parametrize("command", [("validate", "NOTES", "--json"), ("--help",)], ids=["validate", "help"])
def test_fault_70_closed_streams_end_no_command(tmp_path: Path, shell: str, command: tuple[str, ...]) -> None:
    notes = str(write_note(tmp_path))
    words = [sys.executable, "-c", START.format("corpus_tools.cli"), *(notes if w == "NOTES" else w for w in command)]
    script = f"set -o pipefail; {shell}"
    ended = subprocess.run(["bash", "-c", script, "-", *words], capture_output=True, text=True)
    assert (ended.returncode, "Traceback" in ended.stderr) == (0, False), ended.stderr


@pytest.mark.parametrize("program", ["corpus_tools.cli", "relext.cli"])
def test_fault_70_ascii_terminal_of_20_columns_shows_escapes(project: Path, program: str) -> None:
    command = ("validate", str(project), "-v") if program == "corpus_tools.cli" else ("eval", NAME, "c\u00e9")
    surroundings = {**os.environ, "LC_ALL": "C", "PYTHONIOENCODING": "ascii", "COLUMNS": "20", "PYTHONUTF8": "0"}
    words = [sys.executable, "-c", START.format(program), *command]
    ended = subprocess.run(words, capture_output=True, env=surroundings)
    assert (ended.returncode in (0, 3), b"Traceback" in ended.stderr) == (True, False)
    assert (ended.stdout + ended.stderr).isascii()


def test_fault_62_disagreements_are_rows_of_json(project: Path, exported: dict[str, Ended]) -> None:
    assert exported
    lines = (project.parent / "agreement/disagreements.jsonl").read_text("utf-8").split("\n")
    assert any(json.loads(line) for line in lines if line)
