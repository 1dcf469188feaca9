"""Where the drawing puts letters of any script, and whether the frame of a mention holds just those of its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from selenium.webdriver import Chrome

import corpus_tools.adjudication.page as page
from tests.browsing import open_chromium

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
PAGE = """<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="{folder}/page.css">
<script src="{folder}/drawing.js"></script><body></body>"""


@pytest.fixture(scope="module")
def canvas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """Return a browser that shows nothing but what `drawSide` draws."""
    folder = tmp_path_factory.mktemp("drawing")
    shell = folder / "shell.html"
    shell.write_text(PAGE.format(folder=Path(page.__file__).parent.as_uri()))
    with open_chromium(folder / "profile") as opened:
        opened.get(shell.as_uri())
        yield opened


# Draw a text with its mentions; tell its lines, what stands outside, and the letters under the frames of each mention.
DRAW = """
const [text, mentions, width] = arguments;
const points = Array.from(text);
const find = (words, index) => {
  const start = Array.from(text.slice(0, text.indexOf(words))).length;
  const fragments = [[start, start + Array.from(words).length]];
  return { id: `T${index}`, label: "X", fragments, focus: false, marks: [] };
};
const side = { mentions: mentions.map(find), arcs: [] };
document.body.replaceChildren(drawSide(side, { text, start: 0 }, { width, types: ["X"], all: true, description: "" }));
const svg = document.querySelector("svg");
const drawn = [...svg.querySelectorAll(":scope > text")];
const frame = svg.getBoundingClientRect();
const shown = drawn.concat([...svg.querySelectorAll(".ground")]).map((each) => each.getBoundingClientRect());
const letters = drawn.flatMap((node) => Array.from({ length: node.textContent.length }, (_, at) => {
  const box = node.getExtentOfChar(at);
  return { letter: node.textContent[at], middle: box.x + box.width / 2, y: box.y + box.height / 2 };
}));
const isUnder = ({ middle, y }, box) => (
  box.x < middle && middle < box.x + box.width && box.y < y && y < box.y + box.height
);
const lines = new Map();
for (const node of drawn) {
  const y = node.getAttribute("y");
  lines.set(y, [...(lines.get(y) || []), node.textContent]);
}
return {
  lines: [...lines.values()].map((words) => words.join(" ")),
  outside: shown.filter((box) => box.left < frame.left || box.right > frame.right).length,
  framed: [...svg.querySelectorAll(".mention")].map((group) => {
    const boxes = [...group.querySelectorAll(".ground")].map((rect) => rect.getBBox());
    return letters.filter((letter) => boxes.some((box) => isUnder(letter, box))).map(({ letter }) => letter).join("");
  }),
};
"""


def draw(canvas: Chrome, text: str, *mentions: str, width: int = 300) -> tuple[list[str], list[str]]:
    """Return the lines of a drawing and what is under the frames of each mention; nothing stands outside."""
    drawing = cast("dict[str, object]", canvas.execute_script(DRAW, text, mentions, width))
    assert drawing["outside"] == 0
    return cast("list[str]", drawing["lines"]), cast("list[str]", drawing["framed"])


CHINESE = "患者因反复发作性胸痛伴气促三天入院，既往有高血压病史十余年，口服氨氯地平（每日5mg），考虑为药物不良反应。"
JAPANESE = "患者は三日前からの胸痛と呼吸困難のためアスピリンを服用したが、発疹が出現したため中止となった。"
THAI = "ผู้ป่วยมีอาการปวดศีรษะรุนแรงและได้รับยาแอสไพรินหลังจากนั้นอาการดีขึ้นแต่มีผื่นขึ้นตามตัว"
LATIN = "https://example.org/" + "deoxyribonucleotide" * 12 + "/aspirin"


@pytest.mark.parametrize(
    ("text", "mentions"),
    [
        (CHINESE, ("胸痛", "高血压病史十余年", "不良反应")),
        (JAPANESE, ("アスピリン", "発疹")),
        (THAI, ("ปวดศีรษะ", "ผื่น")),
        (LATIN, ("aspirin", "ribonucleotide/aspirin")),
        (f"Given {LATIN} daily", ("Given", "/aspirin daily")),
    ],
    ids=["chinese", "japanese", "thai", "latin", "latin-in-text"],
)
def test_text_without_blanks_is_broken_into_lines(canvas: Chrome, text: str, mentions: tuple[str, ...]) -> None:
    lines, framed = draw(canvas, text, *mentions)
    assert len(lines) > 1
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert [each.replace(" ", "") for each in framed] == [mention.replace(" ", "") for mention in mentions]


def test_no_line_begins_with_a_closing_sign_or_ends_with_an_opening_one(canvas: Chrome) -> None:
    for width in range(150, 400, 9):
        lines, _ = draw(canvas, CHINESE, width=width)
        assert [line for line in lines if line[0] in "，。）" or line[-1] == "（"] == []


def test_words_between_blanks_stay_whole(canvas: Chrome) -> None:
    lines, _ = draw(canvas, "The right lower lobe pneumonia was treated with ceftriaxone 1 g daily.\nShe is well.")
    assert [line.split() for line in lines][-1] == ["She", "is", "well."]
    assert " ".join(lines).split().count("ceftriaxone") == 1


ARABIC = "يعاني المريض من صُداع شديد وتم علاجه بالأسبرين. لا يوجد حمى."
HEBREW = "החולה סובל מכאבי ראש קשים וטופל באספירין. אין חום."
MIXED = "Aspirin أعطي للمريض 400 mg بعد ألم الصدر مع paracetamol يوميا."

# Where the browser's own paragraph has each word of a line, from its right edge, beside where the drawing has it.
SIDES = """
const [text, words, dir] = arguments;
const paragraph = document.createElement("p");
Object.assign(paragraph.style, { position: "absolute", whiteSpace: "pre", margin: 0, font: "15px system-ui" });
paragraph.style.fontFamily = 'system-ui, "Segoe UI", "DejaVu Sans", sans-serif';
paragraph.dir = dir;
paragraph.append(text);
document.body.append(paragraph);
const edge = paragraph.getBoundingClientRect().right;
const found = words.map((word) => {
  const range = document.createRange();
  range.setStart(paragraph.firstChild, text.indexOf(word));
  range.setEnd(paragraph.firstChild, text.indexOf(word) + word.length);
  const box = range.getBoundingClientRect();
  return [edge - box.right, edge - box.left];
});
paragraph.remove();
const right = document.querySelector("svg > text").getBBox();
const drawn = [...document.querySelectorAll("svg .mention")].map((group) => {
  const boxes = [...group.querySelectorAll(".ground")].map((rect) => rect.getBBox());
  const ends = [Math.max(...boxes.map((box) => box.x + box.width)), Math.min(...boxes.map((box) => box.x))];
  return [right.x + right.width - ends[0] + 1.5, right.x + right.width - ends[1] - 1.5];
});
return [found, drawn];
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ARABIC, ["صُداع", "صُداع شديد", "بالأسبرين", "الأسبرين", "سبر", "حمى"]),
        (HEBREW, ["מכאבי ראש", "כאבי ראש", "אספירין", "חום", "."]),
        (MIXED, ["Aspirin", "400 mg", "ألم الصدر", "paracetamol", "صدر", "للمريض 400 mg بعد"]),
    ],
    ids=["arabic", "hebrew", "mixed"],
)
def test_text_from_right_to_left_stands_as_in_a_paragraph_of_the_browser(
    canvas: Chrome, text: str, words: list[str]
) -> None:
    draw(canvas, text, *words, width=700)
    paragraph, drawn = canvas.execute_script(SIDES, text, words, "rtl")
    assert drawn == [pytest.approx(sides, abs=1) for sides in paragraph]


@pytest.mark.parametrize(
    ("text", "mentions"),
    [
        (ARABIC, ("شديد", "بالأسبرين", "الأسبرين", "المريض", "حمى")),
        (HEBREW, ("מכאבי ראש", "כאבי ראש", "אספירין", "ספיר", "חום")),
        ("The patient said צואר כואב twice.", ("כואב", "ואר", "twice", "said צואר")),
        ("صداع\n\nHeadache since noon\nحمى 39 اليوم", ("صداع", "since", "حمى")),
    ],
    ids=["arabic", "hebrew", "hebrew-in-english", "lines"],
)
@pytest.mark.parametrize("width", [180, 280, 700])
def test_frame_holds_the_letters_of_its_mention_whatever_their_direction(
    canvas: Chrome, text: str, mentions: tuple[str, ...], width: int
) -> None:
    _, framed = draw(canvas, text, *mentions, width=width)
    assert [each.replace(" ", "") for each in framed] == [mention.replace(" ", "") for mention in mentions]


def test_text_from_right_to_left_begins_at_the_right_edge_and_each_line_has_its_own_direction(canvas: Chrome) -> None:
    draw(canvas, f"{ARABIC}\nFever.\n12", "يعاني", "حمى", "Fever", "12", width=700)
    boxes = "return [...document.querySelectorAll('svg .ground')].map((rect) => rect.getBBox().x)"
    first, last, latin, number = canvas.execute_script(boxes)
    assert (first > 600, last < first - 300, latin < 20, number > 600) == (True, True, True, True)


def test_arc_to_the_next_line_leaves_where_the_line_ends(canvas: Chrome) -> None:
    arc = """
    const text = arguments[0];
    const find = (id, words) => {
      const start = text.indexOf(words);
      return { id, label: "X", fragments: [[start, start + words.length]], focus: false, marks: [] };
    };
    const mentions = [find("T1", arguments[1]), find("T2", arguments[2])];
    const side = { mentions, arcs: [{ source: "T1", target: "T2", label: "treats", focus: true, directed: true }] };
    const svg = drawSide(side, { text, start: 0 }, { width: 200, types: ["X"], all: true, description: "" });
    const paths = [...svg.querySelectorAll(".arc path:not(.head)")].map((path) => path.getAttribute("d"));
    return paths.sort((one, other) => one.lastIndexOf("V") - one.length - other.lastIndexOf("V") + other.length);
    """
    leaving, arriving = canvas.execute_script(arc, ARABIC, "المريض", "حمى")
    assert leaving.endswith(" H0") and arriving.startswith("M200 ")
    leaving, arriving = canvas.execute_script(
        arc, "Aspirin was given for a fever of unknown origin", "Aspirin", "origin"
    )
    assert leaving.endswith(" H200") and arriving.startswith("M0 ")
