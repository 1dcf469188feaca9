"""The page in a real browser: a whole review by keyboard, hostile text, two tabs, both widths, both schemes."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from corpus_tools.adjudication import find_project, read_log, read_review, write_gold
from tests.browsing import open_chromium
from tests.corpus_tools.adjudication_inputs import ASPIRIN, CHEST_PAIN, FEVER, PAIN, TREATS, write_project
from tests.corpus_tools.served_page import Served, serve

pytestmark = [pytest.mark.browser, pytest.mark.timeout(280)]


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Chrome]:
    """Return a headless Chromium that no test before has used, or skip."""
    with open_chromium(tmp_path / "profile") as opened:
        yield opened


def open_page(browser: Chrome, served: Served) -> None:
    browser.get(served.url)
    wait(browser, "return document.body.dataset.state")


def wait(browser: Chrome, script: str, *arguments: object) -> object:
    return WebDriverWait(browser, 20, 0.02).until(lambda driver: driver.execute_script(script, *arguments))


def press(browser: Chrome, *keys: str) -> None:
    """Send keys to whatever has the focus, as a keyboard does."""
    for key in keys:
        ActionChains(browser).send_keys(key).perform()


def press_with(browser: Chrome, modifier: str, key: str, *, times: int = 1) -> None:
    chain = ActionChains(browser).key_down(modifier)
    for _ in range(times):
        chain.send_keys(key)
    chain.key_up(modifier).perform()


def current(browser: Chrome) -> tuple[str, str]:
    """Return kind and document of the item that is shown."""
    kind, _, document = browser.find_element(By.ID, "item-heading").text.partition(" · ")
    return kind, document


def do(browser: Chrome, *steps: str) -> None:
    """Press keys, the last of which leads to another item, and wait until that is shown."""
    before = browser.execute_script("return location.hash + document.body.dataset.state")
    for step in steps:
        press(browser, step)
    wait(
        browser,
        "return !document.body.dataset.busy && (location.hash + document.body.dataset.state) !== arguments[0]",
        before,
    )


ENDS = ASPIRIN + CHEST_PAIN
OF_ANNA, OF_BEN = ENDS + TREATS, ASPIRIN + PAIN + TREATS
ABSENT, POSSIBLE = "A1\tAssertion T2 absent\n", "A1\tAssertion T2 possible\n"

# note -> (Anna's annotations, Ben's, the gold that the script below leads to)
REVIEW = {
    "01-take-a": (FEVER, "", "T1\tSymptom 27 32\tfever\n"),
    "02-take-nothing": (ASPIRIN, ASPIRIN + PAIN, ASPIRIN),
    "03-boundary-a": (OF_ANNA, OF_BEN, OF_ANNA),
    "04-boundary-b": (OF_ANNA, OF_BEN, OF_BEN),
    "05-both": (CHEST_PAIN, PAIN, "T1\tSymptom 12 22\tchest pain\nT2\tSymptom 18 22\tpain\n"),
    "06-neither": (CHEST_PAIN, CHEST_PAIN.replace("Symptom", "Diagnosis"), ""),
    "07-edit-mention": (OF_ANNA, OF_BEN, ASPIRIN + "T2\tDiagnosis 12 17\tchest\n" + TREATS),
    "08-relation-a": (OF_ANNA, ENDS, OF_ANNA),
    "09-label-b": (OF_ANNA, ENDS + TREATS.replace("treats", "causes"), ENDS + "R1\tcauses Arg1:T1 Arg2:T2\n"),
    "10-direction-a": (OF_ANNA, ENDS + "R1\ttreats Arg1:T2 Arg2:T1\n", OF_ANNA),
    "11-attribute-b": (
        CHEST_PAIN + ABSENT,
        CHEST_PAIN + POSSIBLE,
        "T1\tSymptom 12 22\tchest pain\nA1\tAssertion T1 possible\n",
    ),
    "12-attribute-a": (CHEST_PAIN + ABSENT, CHEST_PAIN, "T1\tSymptom 12 22\tchest pain\nA1\tAssertion T1 absent\n"),
    "13-edit-relation": (OF_ANNA, ENDS, ENDS + "R1\tcauses Arg1:T1 Arg2:T2\n"),
    "14-skipped": (ASPIRIN, "", ASPIRIN),
    "15-identical": (PAIN, "", "T1\tSymptom 18 22\tpain\n"),
    "16-identical": (PAIN, "", "T1\tSymptom 18 22\tpain\n"),
    "17-identical": (PAIN, "", "T1\tSymptom 18 22\tpain\n"),
    "18-escalated": (CHEST_PAIN, "", ""),
    "19-normalization": (ASPIRIN + "N1\tReference T1 RxNorm:1191\taspirin\n", ASPIRIN, ASPIRIN),
    "20-undone": (FEVER.replace("Symptom", "Diagnosis"), FEVER, "T1\tSymptom 27 32\tfever\n"),
}


def review_item(browser: Chrome, number: str, kind: str, seen: set[str]) -> None:
    """Decide the item that is shown, by the number of its note and its kind, without a mouse."""
    first = number not in seen
    seen.add(number)
    if number == "07" and kind == "boundary":
        press(browser, "e")
        press_with(browser, Keys.SHIFT, Keys.ARROW_LEFT, times=5)  # chest pain -> chest
        press(browser, *[Keys.TAB] * 3, "D")  # past the two buttons of fragments to the type
        before = browser.execute_script("return location.hash")
        press_with(browser, Keys.CONTROL, Keys.ENTER)
        wait(browser, "return !document.body.dataset.busy && location.hash !== arguments[0]", before)
    elif number == "13":
        press(browser, "e", "causes")
        before = browser.execute_script("return location.hash")
        press_with(browser, Keys.CONTROL, Keys.ENTER)
        wait(browser, "return !document.body.dataset.busy && location.hash !== arguments[0]", before)
    elif number == "14" and first:
        do(browser, "s")
    elif number == "18":
        escalate(browser)
    elif number == "20" and first:
        do(browser, "a")
        do(browser, "u")
    else:
        do(browser, *KEYS[number])


KEYS = {
    "01": "a", "02": "a", "03": "a", "04": "b", "05": "w", "06": "n", "08": "a", "09": "b", "10": "a", "11": "b",
    "12": ("m", "documented in the note", Keys.ESCAPE, "a"), "14": "a", "15": ("i", "a"), "19": "b", "20": "b",
}  # fmt: skip


def escalate(browser: Chrome) -> None:
    """Put an item through both stages, with a reason each, then keep neither."""
    for stage, key in (("discussed", "d"), ("escalated", "g")):
        press(browser, "m", f"no rule, {stage}", Keys.ESCAPE, key)
        wait(
            browser,
            "return document.getElementById('item-facts').textContent.includes(arguments[0])",
            f"stage: {stage}",
        )
        wait(browser, "return !document.body.dataset.busy")
    do(browser, "n")


def test_review_of_twenty_documents_by_keyboard_alone(browser: Chrome, tmp_path: Path) -> None:
    project = write_project(tmp_path, {name: {"anna": anna, "ben": ben} for name, (anna, ben, _) in REVIEW.items()})
    seen: set[str] = set()
    with serve(project, "--reviewer", "dr-moss") as served:
        open_page(browser, served)
        for _ in range(60):
            if browser.execute_script("return document.body.dataset.state") == "empty":
                break
            kind, document = current(browser)
            review_item(browser, document[:2], kind, seen)
        assert browser.find_element(By.ID, "item-heading").text == "The queue is empty"
    review = read_review(find_project(project), project / "adjudication")
    report = write_gold(review, project / "gold")
    assert report.left_out == {}
    gold = {name: (project / "gold" / f"{name}.ann").read_text() for name in REVIEW}
    assert gold == {name: expected for name, (_, _, expected) in REVIEW.items()}
    assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]


HOSTILE = [
    "<script>alert(1)</script>",
    '"><svg/onload=alert(1)>',
    "javascript:alert(1)",
    "</script><img/src=x/onerror=alert(1)>",
    "{{7*7}}",
    "&#x3c;b&#x3e;",
    "\u202eevil\u202c",
]


WORDS = "return [...document.querySelector('svg').querySelectorAll(':scope > text')].map((each) => each.textContent)"
LIVE = """
const live = "body script, body img, body u, #sides i, #sides b b, [onload], [onclick], [onerror]";
return document.querySelectorAll(live).length
"""


def test_hostile_text_is_shown_as_it_is_and_runs_nowhere(browser: Chrome, tmp_path: Path) -> None:
    text = " ".join(HOSTILE)
    annotator, name, note = "<b>anna<", "&#x3c;b&#x3e; 'note'", "<i onclick=alert(1)>"
    bound = f"T1\t{{{{7*7}}}}\"'&lt; 0 25\t{text[:25]}\n"
    ann = bound + f'#1\tAnnotatorNotes T1\t{note}\nA1\t"onload="alert T1 {{{{7*7}}}}\n'
    project = write_project(tmp_path, {name: {annotator: ann, "ben": bound}}, text=text)
    with serve(project, "--reviewer", "<u>moss") as served:
        open_page(browser, served)
        assert browser.execute_script(WORDS) == text.replace("\u202e", "␣").replace("\u202c", "␣").split()
        assert browser.find_element(By.CSS_SELECTOR, "#items .doc").text == name
        assert [current(browser)[0], annotator in browser.find_element(By.ID, "sides").text] == ["attribute", True]
        do(browser, "j")
        assert note in browser.find_element(By.CSS_SELECTOR, "[data-key=a]").text
        do(browser, "m", note, Keys.ESCAPE, "e", "!", Keys.ENTER)  # the note of the item, edited and decided
        assert browser.execute_script(LIVE) == 0
        assert "<u>moss" in browser.find_element(By.CLASS_NAME, "who").text
    assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]


def test_second_tab_is_told_what_the_first_decided(browser: Chrome, tmp_path: Path) -> None:
    project = write_project(tmp_path, {"note": {"anna": OF_ANNA, "ben": OF_BEN}, "other": {"anna": FEVER, "ben": ""}})
    with serve(project, "--reviewer", "dr-moss") as served:
        open_page(browser, served)
        with served.client() as other_tab:
            item = browser.execute_script("return location.hash.slice(1)")
            other_tab.post("/api/decide", json={"item": item, "seen": 0, "choice": "take", "side": "A"})
        press(browser, "b")
        wait(browser, "return !document.getElementById('alert').hidden")
        told = browser.find_element(By.ID, "alert").text
        assert "take A (dr-moss" in told and "Yours was: take B" in told
    rows = read_log(project / "adjudication" / "decisions.jsonl").rows
    assert [row.taken for row in rows if row.action == "decide"] == [("anna",)]


def typed(browser: Chrome) -> tuple[str, bool]:
    """Return the note and whether identical conflicts are to be decided with this one."""
    note, identical = (browser.find_element(By.ID, name) for name in ("note", "identical"))
    return note.get_property("value"), identical.is_selected()  # type: ignore[return-value]


ASKED = "return performance.getEntriesByType('resource').filter((each) => each.name.includes('/api/items/')).length"


def return_to_tab(browser: Chrome) -> None:
    """Look at another tab and come back, and wait until the item has been asked for again."""
    page, before = browser.current_window_handle, browser.execute_script(ASKED)
    browser.switch_to.new_window("tab")
    browser.close()
    browser.switch_to.window(page)
    browser.execute_script("document.dispatchEvent(new Event('visibilitychange'))")  # headless tabs may never be hidden
    wait(browser, f"{ASKED} > arguments[0] && !document.body.dataset.busy", before)


def test_what_is_typed_stays_while_the_reviewer_looks_at_another_tab(browser: Chrome, tmp_path: Path) -> None:
    project = write_project(tmp_path, {name: {"anna": FEVER, "ben": ""} for name in ("note", "same")})
    with serve(project) as served:
        open_page(browser, served)
        press(browser, "i", "m", "as the guideline says")
        return_to_tab(browser)
        assert typed(browser) == ("as the guideline says", True)
        press(browser, " on page 3", Keys.ESCAPE)
        do(browser, "a")
        assert typed(browser) == ("", False)
    rows = read_log(project / "adjudication" / "decisions.jsonl").rows
    assert {row.note for row in rows if row.action == "decide"} == {"as the guideline says on page 3"}


def test_note_stays_when_another_tab_was_faster_and_goes_once_it_is_saved(browser: Chrome, tmp_path: Path) -> None:
    project = write_project(tmp_path, {"note": {"anna": OF_ANNA, "ben": OF_BEN}, "other": {"anna": FEVER, "ben": ""}})
    with serve(project) as served:
        open_page(browser, served)
        with served.client() as other_tab:
            item = browser.execute_script("return location.hash.slice(1)")
            other_tab.post("/api/decide", json={"item": item, "seen": 0, "choice": "take", "side": "A"})
        press(browser, "m", "a long reason", Keys.ESCAPE, "b")
        wait(browser, "return !document.getElementById('alert').hidden && !document.body.dataset.busy")
        assert typed(browser)[0] == "a long reason"
        browser.find_element(By.ID, "note-save").click()
        wait(browser, "return !document.body.dataset.busy && !document.getElementById('note').value")
    rows = read_log(project / "adjudication" / "decisions.jsonl").rows
    assert [row.note for row in rows if row.action == "note"] == ["a long reason"]


def test_note_on_an_item_that_is_gone_is_shown_again(browser: Chrome, tmp_path: Path) -> None:
    project = write_project(tmp_path, {"note": {"anna": FEVER, "ben": ""}, "other": {"anna": PAIN, "ben": ""}})
    with serve(project) as served:
        open_page(browser, served)
        press(browser, "m", "not a symptom", Keys.ESCAPE)
        document = current(browser)[1]
        (project / "anna" / f"{document}.ann").write_text("")
        press(browser, "b")
        wait(browser, "return !document.getElementById('alert').hidden && !document.body.dataset.busy")
        assert browser.find_element(By.ID, "alert").text.endswith("The item is gone. Your note was: not a symptom")
        assert current(browser)[1] != document and typed(browser)[0] == ""


@pytest.mark.parametrize("keys", [("a",), ("j",), ("m", "a reason", Keys.ESCAPE, "d")], ids=["decide", "move", "stage"])
def test_stopped_server_is_told_in_words_and_the_note_stays(
    browser: Chrome, tmp_path: Path, keys: tuple[str, ...]
) -> None:
    project = write_project(tmp_path, {"note": {"anna": FEVER, "ben": ""}, "other": {"anna": PAIN, "ben": ""}})
    with serve(project) as served:
        open_page(browser, served)
        served.kill()
        press(browser, *keys)
        wait(browser, "return !document.getElementById('alert').hidden && !document.body.dataset.busy")
        told = browser.find_element(By.ID, "alert").text
        assert told.startswith("The server does not answer.") and "start it again" in told
        assert typed(browser)[0] == ("a reason" if "m" in keys else "")


def test_editor_tells_that_the_server_has_stopped(browser: Chrome, tmp_path: Path) -> None:
    with serve(write_project(tmp_path, {"note": {"anna": FEVER, "ben": ""}})) as served:
        open_page(browser, served)
        press(browser, "e")
        served.kill()
        press_with(browser, Keys.CONTROL, Keys.ENTER)
        wait(browser, "return document.getElementById('editor-problem').textContent")
        assert "The server does not answer." in browser.find_element(By.ID, "editor-problem").text


def test_editor_selects_offsets_behind_astral_characters_and_line_ends(browser: Chrome, tmp_path: Path) -> None:
    text = "\U0001f600\U0001f600 pain\r\nfever"
    project = write_project(tmp_path, {"note": {"anna": "T1\tSymptom 3 7\tpain\n", "ben": ""}})
    for annotator in ("anna", "ben"):
        (project / annotator / "note.txt").write_bytes(text.encode())
    with serve(project) as served:
        open_page(browser, served)
        press(browser, "e")
        press_with(browser, Keys.SHIFT, Keys.ARROW_LEFT)  # pain -> pai
        press_with(browser, Keys.ALT, "f")
        press_with(browser, Keys.CONTROL, Keys.END)
        press_with(browser, Keys.SHIFT, Keys.ARROW_LEFT, times=5)  # fever
        press_with(browser, Keys.CONTROL, Keys.ENTER)
        wait(browser, "return document.body.dataset.state === 'empty'")
    review = read_review(find_project(project), project / "adjudication")
    (content,) = review.settlements["note"].gold.values()
    assert [text[span.start : span.end] for span in content.fragments] == ["pai", "fever"]


def set_media(browser: Chrome, *, width: int, scheme: str) -> None:
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )


OUTSIDE = """
const shown = "header button, .view h2, figure, .choices button, .actions button, #filters select";
return [...document.querySelectorAll(shown)].map((node) => node.getBoundingClientRect())
  .filter((box) => box.left < -1 || box.right > innerWidth + 1).length
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 800])
def test_page_fits_both_widths_in_both_schemes(browser: Chrome, tmp_path: Path, width: int, scheme: str) -> None:
    project = write_project(tmp_path, {"a-note-with-a-long-name": {"anna": OF_ANNA, "ben": OF_BEN}})
    set_media(browser, width=width, scheme=scheme)
    with serve(project) as served:
        open_page(browser, served)
        wait(browser, "return document.querySelectorAll('svg .mention.focus').length === 2")
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
        assert browser.execute_script(OUTSIDE) == 0
        is_dark = browser.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(18, 22, 28)"
        assert is_dark == (scheme == "dark")
        # What differs is told by words and an outline, not by colour alone.
        tags = browser.execute_script(
            "return [...document.querySelectorAll('svg .focus .tag text')].map((n) => n.textContent)"
        )
        assert tags == ["▸ Symptom", "▸ Symptom"]


# Relations there and back between the ends of a text, in a box too narrow for one row: of each, both halves.
CUT_BOXES = """
const text = "Every morning aspirin was taken again because of a persistent fever in the evening";
const find = (id, words) => {
  const start = text.indexOf(words);
  return { id, label: "Symptom", fragments: [[start, start + words.length]], focus: false, marks: [] };
};
const arc = (source, target) => ({ source, target, label: "associated-with", focus: true, directed: true });
const side = { mentions: [find("T1", "aspirin"), find("T2", "fever")], arcs: [arc("T1", "T2"), arc("T2", "T1")] };
const svg = drawSide(side, { text, start: 0 }, { width: arguments[0], types: ["Symptom"], all: true, description: "" });
document.body.append(svg);
const frame = svg.getBoundingClientRect();
const boxes = [...svg.querySelectorAll(".arc text, .arc rect, .tag")].map((each) => each.getBoundingClientRect());
svg.remove();
return [boxes.length, boxes.filter((box) => box.left < frame.left || box.right > frame.right).length];
"""


def test_no_label_of_an_arc_or_mention_is_cut_by_an_edge(browser: Chrome, tmp_path: Path) -> None:
    with serve(write_project(tmp_path, {"a": {"anna": FEVER, "ben": ""}})) as served:
        open_page(browser, served)
        # 2 arcs in 2 halves, each a box and words, and 2 tags; none outside.
        assert [browser.execute_script(CUT_BOXES, width) for width in range(180, 400, 10)] == [[10, 0]] * 22


def test_filters_and_help_are_reached_by_keyboard(browser: Chrome, tmp_path: Path) -> None:
    project = write_project(tmp_path, {"a": {"anna": OF_ANNA, "ben": OF_BEN}, "b": {"anna": FEVER, "ben": ""}})
    with serve(project, "--blind") as served:
        open_page(browser, served)
        press(browser, "/", "fever")
        wait(browser, "return document.querySelectorAll('#items button').length === 1")
        assert current(browser)[1] == "b"
        press(browser, Keys.ESCAPE, "?")
        assert browser.find_element(By.ID, "help").is_displayed()
        press(browser, Keys.ESCAPE)
        assert not browser.find_element(By.ID, "help").is_displayed()
        assert sorted(listed(browser, "#sides figcaption")) in (
            ["A Symptom “fever”", "B nothing here"],
            ["A nothing here", "B Symptom “fever”"],
        )


LONG = f"{'The patient says ' * 110}chest pain{' and so on' * 90} aspirin."
SEEN = """
const isSeen = (node) => {
  const box = node.getBoundingClientRect();
  const clips = [".canvas", ".view", "main"].map((name) => node.closest(name).getBoundingClientRect());
  return clips.every((clip) => box.top >= clip.top - 1 && box.bottom <= clip.bottom + 1);
};
return [...document.querySelectorAll(arguments[0])].map(isSeen);
"""


def write_long_project(root: Path) -> Path:
    """Write a note of one long sentence, with a disagreement far down in it, and a short one."""
    start = LONG.index("chest pain")
    mention = f"T1\tSymptom {start} {start + 10}\tchest pain\n"
    return write_project(root, {"long": {"anna": mention, "ben": mention.replace("Symptom", "Diagnosis")}}, text=LONG)


@pytest.mark.parametrize("width", [1280, 800, 500])
def test_disputed_mention_of_each_side_is_scrolled_into_view(browser: Chrome, tmp_path: Path, width: int) -> None:
    set_media(browser, width=width, scheme="light")
    with serve(write_long_project(tmp_path)) as served:
        open_page(browser, served)
        assert browser.execute_script(SEEN, "svg .mention.focus") == [True, True]
        press(browser, "x")
        assert browser.execute_script(SEEN, "svg .mention.focus") == [True, True]


SCROLLED = "return [...document.querySelectorAll('.canvas, .view')].map((box) => Math.round(box.scrollTop))"
LAST_WORDS = "svg > text:last-of-type"


def test_paging_keys_scroll_the_sides(browser: Chrome, tmp_path: Path) -> None:
    set_media(browser, width=800, scheme="light")
    with serve(write_long_project(tmp_path)) as served:
        open_page(browser, served)
        press(browser, Keys.HOME)
        assert browser.execute_script(SCROLLED) == [0, 0, 0]  # the view, then both sides
        for down, up in ((Keys.PAGE_DOWN, Keys.PAGE_UP), (Keys.SPACE, Keys.PAGE_UP)):
            press(browser, down)
            view, one, other = browser.execute_script(SCROLLED)
            assert (view, one > 100, one == other) == (0, True, True)
            press(browser, up)
            assert browser.execute_script(SCROLLED) == [0, 0, 0]
        press(browser, Keys.END)
        assert browser.execute_script(SEEN, LAST_WORDS)[-1]
        press(browser, Keys.PAGE_UP)
        press_with(browser, Keys.SHIFT, Keys.SPACE)
        assert not browser.execute_script(SEEN, LAST_WORDS)[-1]


def test_place_in_the_text_stays_while_the_reviewer_looks_at_another_tab(browser: Chrome, tmp_path: Path) -> None:
    with serve(write_long_project(tmp_path)) as served:
        open_page(browser, served)
        press(browser, Keys.END)
        places = browser.execute_script(SCROLLED)
        return_to_tab(browser)
        assert browser.execute_script(SCROLLED) == places != [0, 0, 0]


def test_space_in_a_note_and_on_a_button_is_theirs(browser: Chrome, tmp_path: Path) -> None:
    with serve(write_long_project(tmp_path)) as served:
        open_page(browser, served)
        press(browser, "m", "a reason", Keys.ESCAPE)
        assert typed(browser)[0] == "a reason"
        browser.find_element(By.ID, "help-open").send_keys(Keys.SPACE)
        assert browser.find_element(By.ID, "help").is_displayed()


def listed(browser: Chrome, selector: str) -> Sequence[str]:
    return [node.text for node in browser.find_elements(By.CSS_SELECTOR, selector)]
