"""The page of a map: nothing of the texts is markup, and in Chromium it filters, explains and obeys the keyboard."""

import json
import re
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from corpus_tools.assembly import Metadata
from corpus_tools.rendering import escape_terminal
from relext.graph import KnowledgeMap, leave_out_small, render_map, without_evidence
from tests.relext.graph_documents import (
    ASPIRIN,
    ASPIRIN_LINES,
    DENIED,
    DENIED_LINES,
    HOSTILE_NAMES,
    draw,
    hostile_document,
    note,
    two_notes,
)


def show(browser: Chrome, knowledge: KnowledgeMap, folder: Path) -> None:
    page = folder / "graph.html"
    page.write_text(render_map(knowledge), "utf-8")
    browser.get(page.as_uri())


def texts(browser: Chrome, selector: str) -> list[str]:
    script = "return [...document.querySelectorAll(arguments[0])].map((element) => element.textContent)"
    return list(browser.execute_script(script, selector))


def press(browser: Chrome, *keys: str) -> None:
    for key in keys:
        ActionChains(browser).send_keys(key).perform()


def three_notes() -> KnowledgeMap:
    """Return a map of three nodes and three edges: aspirin treats chest pain, stated and denied, and causes rash."""
    rash = ("T1  Drug 0 7  Aspirin", "T2  Sign 15 19  rash", "R1  causes Arg1:T1 Arg2:T2")
    suggestion = "#1  AnnotatorNotes R1  probability 0.400; model m@1"
    return draw(
        note(ASPIRIN, *ASPIRIN_LINES, doc_id="a"),
        note(DENIED, *DENIED_LINES, doc_id="b"),
        note("Aspirin caused rash.", *rash, suggestion, doc_id="c"),
        metadata={"c": Metadata(("Dermatology",))},
    )


def test_a_large_map_shows_its_edges_with_most_support() -> None:
    words = [f"word{n}" for n in range(2200)]
    text = " ".join(words)
    starts = [text.index(f"{word} ") if n < 2199 else len(text) - len(word) for n, word in enumerate(words)]
    lines = [f"T{n}  Sign {start} {start + len(words[n])}  {words[n]}" for n, start in enumerate(starts)]
    lines += [f"R{n}  near Arg1:T{n - 1} Arg2:T{n}" for n in range(1, 2200)]
    page = render_map(draw(note(text, *lines)))
    content = json.loads(re.search(r'id="content">(.*?)</script>', page, re.DOTALL)[1])  # type: ignore[index]
    assert len(content["edges"]) == 2000
    assert content["totals"]["edges"] == 2199
    assert "This page holds the 2,000 edges with most support" in page


def test_nothing_of_the_texts_is_markup() -> None:
    page = render_map(draw(hostile_document(), has_text=True))
    assert "<script>alert" not in page
    assert "<svg onload" not in page
    assert page.count("</script>") == 2


def test_the_page_asks_for_nothing() -> None:
    page = render_map(two_notes())
    assert "default-src 'none'" in page
    assert re.findall(r"(?:src|href)=", page) == []
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")


def test_sharing_is_explained_with_what_was_left_out() -> None:
    page = render_map(leave_out_small(two_notes(), 2))
    assert "re-identification of small cells" in page
    assert "0 nodes and 2 edges behind which fewer than 2 texts" in page


@pytest.mark.browser
def test_hostile_names_are_text_and_run_nothing(browser: Chrome, tmp_path: Path) -> None:
    show(browser, draw(hostile_document(), has_text=True), tmp_path)
    listed = set(texts(browser, "#rows td:first-child")) | set(texts(browser, "#rows td:nth-child(3)"))
    assert listed == {escape_terminal(name) for name in HOSTILE_NAMES}
    browser.execute_script("document.querySelector('#rows td:nth-child(2) button').click()")
    assert texts(browser, ".evidence .document") == ['ward/<b>"x"&;']
    assert "<script>alert(1)</script>" in texts(browser, "blockquote")[0]
    assert browser.execute_script("return document.querySelectorAll('img, iframe, [onload]').length") == 0
    assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]


@pytest.mark.browser
def test_filters_leave_what_passes(browser: Chrome, tmp_path: Path) -> None:
    show(browser, three_notes(), tmp_path)
    assert len(texts(browser, "#rows tr")) == 3
    browser.execute_script("document.querySelector('#assertions input[value=absent]').click()")
    assert sorted(texts(browser, "#rows td:nth-child(2)")) == ["causes", "treats"]
    browser.execute_script("document.querySelector('#labels input[value=treats]').click()")
    assert texts(browser, "#rows td:nth-child(2)") == ["causes"]
    browser.find_element("id", "reset").click()
    browser.execute_async_script("setTimeout(arguments[0], 20)")
    assert len(texts(browser, "#rows tr")) == 3
    browser.find_element("id", "specialty").send_keys("Derm")
    assert texts(browser, "#rows td:nth-child(2)") == ["causes"]


@pytest.mark.browser
def test_search_support_and_probability_filter_too(browser: Chrome, tmp_path: Path) -> None:
    show(browser, three_notes(), tmp_path)
    press(browser, "/", "r", "a", "s", "h")
    assert texts(browser, "#rows td:nth-child(3)") == ["rash"]
    assert texts(browser, "svg .node > text:last-child") == ["Aspirin", "rash"]
    browser.find_element("id", "search").clear()
    browser.find_element("id", "probability").send_keys(".5")
    assert texts(browser, "#rows tr") == []
    assert texts(browser, "#shown") == ["0 nodes and 0 edges drawn"]


@pytest.mark.browser
def test_the_keyboard_leads_from_node_to_edge_to_evidence(browser: Chrome, tmp_path: Path) -> None:
    show(browser, three_notes(), tmp_path)
    browser.execute_script("document.querySelector('svg .node[tabindex=\"0\"]').focus()")
    press(browser, Keys.ENTER)
    assert texts(browser, "#details h3.name") == ["Aspirin"]
    visited = set()
    for key in (Keys.ARROW_LEFT, Keys.ARROW_RIGHT, Keys.ARROW_UP, Keys.ARROW_DOWN):
        press(browser, key)
        visited.add(browser.execute_script("return document.activeElement.dataset.id"))
    assert len(visited - {None}) > 1
    browser.execute_script("document.querySelector('#details li button').focus()")
    press(browser, Keys.ENTER)
    assert texts(browser, "#details h3")[-1] == "Evidence"
    assert browser.execute_script("return document.activeElement.id") == "details-heading"
    press(browser, Keys.ESCAPE)
    assert texts(browser, "#details") == ["Choose a node or an edge."]


@pytest.mark.browser
def test_details_tell_assertion_probability_and_offsets(browser: Chrome, tmp_path: Path) -> None:
    show(browser, three_notes(), tmp_path)
    denied = next(edge.id for edge in three_notes().edges if edge.assertion == "absent")
    browser.execute_script("choose('edge', arguments[0])", denied)
    assert texts(browser, "#details h3.name") == ["Aspirin → treats (absent) → chest pain"]
    assert texts(browser, ".evidence li") == ["b R1 17-24 → 3-13"]
    assert texts(browser, "svg .edge.reserved") == texts(browser, "svg .edge.chosen")
    caused = next(edge.id for edge in three_notes().edges if edge.label == "causes")
    browser.execute_script("choose('edge', arguments[0])", caused)
    assert texts(browser, ".evidence li") == ["c R1 0-7 → 15-19 0.400 by m@1"]


@pytest.mark.browser
def test_a_map_without_evidence_or_edges_says_so(browser: Chrome, tmp_path: Path) -> None:
    show(browser, without_evidence(three_notes()), tmp_path)
    browser.execute_script("document.querySelector('#rows td:nth-child(2) button').click()")
    assert "Evidence was left out of this map." in texts(browser, "#details")[0]
    show(browser, leave_out_small(three_notes(), 9), tmp_path)
    assert texts(browser, "#shown") == ["0 nodes and 0 edges drawn"]
    assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 800])
def test_the_page_fits_and_its_inks_stand_out(browser: Chrome, tmp_path: Path, scheme: str, width: int) -> None:
    features = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", features)
    browser.set_window_size(width, 900)
    show(browser, three_notes(), tmp_path)
    assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    assert least_contrast(browser) >= 4.5


def least_contrast(browser: Chrome) -> float:
    """Return the least WCAG contrast among the inks that stand on a ground, read from the page's variables."""
    pairs = [("ink", "paper"), ("quiet", "paper"), ("quiet", "wash"), ("accent", "paper"), ("ink", "accent-wash")]
    pairs += [(f"t{n}-ink", f"t{n}") for n in range(8)]
    names = sorted({name for pair in pairs for name in pair})
    script = "const style = getComputedStyle(document.documentElement);"
    script += "return arguments[0].map((name) => style.getPropertyValue(`--${name}`).trim())"
    colours = dict(zip(names, browser.execute_script(script, names), strict=True))
    return min(contrast(colours[one], colours[other]) for one, other in pairs)


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
