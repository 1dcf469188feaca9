"""Nothing that a label or a file name holds reaches a terminal, a page or a spreadsheet alive."""

import json
import re
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser

import click
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from corpus_tools.errors import InputError
from corpus_tools.rendering import (
    LazyGroup,
    OutputOptions,
    Section,
    bar_figure,
    common_options,
    emit_json,
    escape_cell,
    escape_json,
    escape_markdown,
    escape_terminal,
    finish,
    format_markdown_table,
    heat_map,
    html_table,
    new_figure,
    new_grid,
    print_table,
    render_page,
    run_group,
    svg_figure,
    track,
    unescape_cell,
)

HOSTILE = ("<script>alert(1)</script>", '"><svg onload=alert(1)>', "{{7*7}}", "</style>", "&#x3c;b&#x3e;", "[/bold]")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\rb", "a\\x0db"),
        ("a\u202eb", "a\\u202eb"),
        ("a\u200bb", "a\\u200bb"),
        ("a\x9bb", "a\\x9bb"),
        ("a\udcffb", "a\\udcffb"),
        ("naïve 😀\n", "naïve 😀\n"),
    ],
)
def test_characters_that_steer_a_terminal_are_shown(value: str, shown: str) -> None:
    assert escape_terminal(value) == shown


@given(st.text())
def test_escaped_text_holds_no_control(value: str) -> None:
    assert not any((ord(c) < 32 and c not in "\t\n") or 0x7F <= ord(c) <= 0x9F for c in escape_terminal(value))


@pytest.mark.parametrize("value", ["=1+1", "+cmd", "-cmd", "@x", "\tx", "\rx", "'x"])
def test_formula_is_guarded(value: str) -> None:
    assert escape_cell(value) == "'" + value


@pytest.mark.parametrize("value", ["-1.5", "+3", "2e5", "plain", ""])
def test_number_and_plain_text_stay_as_they_are(value: str) -> None:
    assert escape_cell(value) == value


@given(st.text(alphabet=st.characters(exclude_characters="\x00")))
def test_guarding_is_reversible(value: str) -> None:
    assert unescape_cell(escape_cell(value)) == value


@pytest.mark.parametrize("cell", ["'tis", "'", "'5", "'s-Hertogenbosch"])
def test_an_apostrophe_of_a_foreign_table_stays(cell: str) -> None:
    assert unescape_cell(cell) == cell


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("value", HOSTILE)
def test_page_shows_a_hostile_value_and_runs_nothing(value: str) -> None:
    body = html_table([value], [[value]], caption=value) + heat_map([[1]], [value], [value])
    parser = _Tags()
    parser.feed(render_page(value, [Section(value, body)], lead=value))
    assert not {"script", "svg", "b"} & set(parser.tags)
    assert parser.text.count(value) >= 6


def test_page_asks_for_nothing_from_outside() -> None:
    page = render_page("Report", [Section("Plot", svg_figure(bar_figure(["a", "$b"], [1, 2], axis="n"), alt="bars"))])
    assert "default-src 'none'" in page
    assert "src=" not in page and "@import" not in page and "url(http" not in page


def test_plot_is_the_same_bytes_each_time() -> None:
    first, second = (svg_figure(bar_figure(["a", "b"], [3, 1], axis="n"), alt="bars") for _ in range(2))
    assert first == second
    assert isinstance(first, Markup)


def texts_of(svg: Markup) -> list[str]:
    """Return what stands in the text elements of a figure."""
    return [unescape(text) for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg)]


# In turn: Han, a script that is written from right to left, one with marks, signs of formulas and of HTML beside Han.
FOREIGN = [
    "高血压（2型）",
    "العلاج",
    "उपचार",
    "a$b 药 $c$",
    "</text><script>alert(1)</script>药",
    "\"'&amp;药",
    "药\u202e",
]


def test_a_plot_leaves_names_that_its_font_lacks_to_the_browser() -> None:
    names = [*FOREIGN, "treats"]
    drawn = [svg_figure(bar_figure(names, range(8), axis="pairs"), alt="bars") for _ in range(2)]
    assert set(names[:-2]) < set(texts_of(drawn[0]))
    assert {"药\\u202e", "treats", "pairs"} < set(texts_of(drawn[0]))
    assert drawn[0] == drawn[1]


def test_names_in_a_plot_are_escaped() -> None:
    parser = _Tags()
    parser.feed(svg_figure(bar_figure(FOREIGN, range(7), axis="pairs"), alt="bars"))
    assert "script" not in parser.tags
    assert FOREIGN[4] in parser.text


def test_titles_and_legends_of_a_plot_may_be_in_any_script() -> None:
    figure, axes = new_figure()
    axes.plot(["第一轮", "round 2"], [0, 1], label=r"张三 – \$")
    axes.legend()
    axes.set_title("一致性")
    texts = texts_of(svg_figure(figure, alt="lines"))
    assert {"张三 – $", "一致性", "第一轮", "round 2"} < set(texts)


def test_a_plot_of_latin_and_greek_names_is_drawn_as_outlines() -> None:
    svg = svg_figure(bar_figure(["treats⁻¹", "β – naïve ≥ 2"], [1, 2], axis="n"), alt="bars")
    assert texts_of(svg) == []


def test_a_wide_name_has_its_room_in_a_plot() -> None:
    svg = svg_figure(bar_figure(["高" * 12], [1], axis="n"), alt="bars")
    (end,) = re.findall(r'<text[^>]*text-anchor: end" x="([0-9.]+)"', svg)
    assert 12 * 10 <= float(end) < 12 * 10 + 20  # points; letters of 10 points as wide as high, and little beside


def test_markdown_cell_cannot_break_its_row() -> None:
    table = format_markdown_table(["a", "n"], [["x|y\nz<b>", 1]])
    assert table.split("\n")[2] == "| x\\|y z&lt;b> | 1 |"


def test_table_prints_markup_and_escapes_literally(capsys: pytest.CaptureFixture[str]) -> None:
    print_table("[/bold]", ["label"], [["[red]\x1b[0m"], [None]])
    out = capsys.readouterr().out
    assert "[/bold]" in out and "[red]\\x1b[0m" in out and "–" in out


def test_json_is_one_object_with_its_schema(capsys: pytest.CaptureFixture[str]) -> None:
    emit_json("corpus/test", {"n": 1})
    assert json.loads(capsys.readouterr().out) == {"schema": "corpus/test", "schema_version": 1, "n": 1}


def test_tracking_changes_nothing() -> None:
    assert list(track(range(3), "counting")) == [0, 1, 2]


@click.command()
@common_options
@click.option("--fail", default="")
def sample(fail: str, output: OutputOptions) -> None:
    """Fail as asked."""
    if fail == "input":
        raise InputError("a.ann:3: expected a TAB")
    if fail == "internal":
        raise KeyError("Mr. Canary, MRN 12345")
    if fail == "interrupt":
        raise KeyboardInterrupt
    finish(output, rejects=2 if fail == "rejects" else 0, listed="above", next_command="corpus build")


GROUP = LazyGroup("sample", rows={"sample": (f"{__name__}:sample", "Fail as asked.")})


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["sample"], 0, "Next: corpus build"),
        (["sample", "--fail", "rejects"], 4, "2 rejected, listed above (exit code 4)"),
        (["sample", "--fail", "input"], 3, "a.ann:3: expected a TAB"),
        (["sample", "--fail", "internal"], 1, "internal error KeyError"),
        (["sample", "--fail", "interrupt"], 130, "Interrupted"),
        (["sample", "--nonsense"], 2, "No such option"),
        (["sampel"], 2, "Did you mean sample?"),
    ],
)
def test_each_end_has_its_exit_code_and_one_line(
    arguments: list[str],
    code: int,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(GROUP, "get_command", lambda context, name: sample if name == "sample" else None)
    monkeypatch.setattr(sys, "argv", ["demo", *arguments])
    with pytest.raises(SystemExit) as ended:
        run_group(GROUP, name="demo")
    err = capsys.readouterr().err
    assert (ended.value.code, message in err) == (code, True)
    assert "Canary" not in err and "Traceback" not in err


def test_quiet_command_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    result = CliRunner().invoke(sample, ["-q"])
    assert (result.exit_code, result.output) == (0, "")


HELP = """
import sys
from {package}.cli import {name}
{name}.main(["--help"], standalone_mode=False)
print("torch" in sys.modules)
"""

CLOSED_EARLY = """
import sys
from corpus_tools.cli import main
sys.argv = ["corpus", "--help"]
main()
"""


@pytest.mark.parametrize(("package", "name"), [("corpus_tools", "corpus"), ("relext", "relext")])
def test_help_lists_the_commands_without_importing_torch(package: str, name: str) -> None:
    code = HELP.format(package=package, name=name)
    ended = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert "Example:" in ended.stdout
    assert ended.stdout.endswith("False\n")


def test_output_closed_early_is_no_error() -> None:
    command = f"{sys.executable} -c '{CLOSED_EARLY}' | head -c 1"
    ended = subprocess.run(command, shell=True, check=True, capture_output=True, text=True)
    assert ended.stderr == ""


@given(st.text())
def test_escaped_json_means_the_same_and_holds_no_control(value: str) -> None:
    text = json.dumps(value, ensure_ascii=False)
    for escaped in (escape_json(text), escape_json(text, ascii_only=True)):
        assert json.loads(escaped) == value
        assert escape_terminal(escaped) == escaped


def test_json_on_a_terminal_without_the_characters_is_ascii() -> None:
    assert escape_json('"caf\u00e9 \U0001f600"', ascii_only=True) == '"caf\\u00e9 \\ud83d\\ude00"'


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("<b>x", "&lt;b>x"),
        ("&#x3c;b", "&amp;#x3c;b"),
        ("a & b", "a & b"),
        ("![x](http://x)", "![x]\\(http://x)"),
        ("a\nb\\", "a b\\\\"),
        ("\x1b[0m", "\\\\x1b[0m"),
    ],
)
def test_markdown_shows_a_text_as_it_stands(value: str, written: str) -> None:
    assert escape_markdown(value) == written


def test_each_column_of_a_grid_has_its_scale_below() -> None:
    _, drawn = new_grid(4)  # three above, one below the first
    assert [axes.xaxis.get_tick_params()["labelbottom"] for axes in drawn] == [False, True, True, True]


def test_a_mean_and_its_deviation_stand_in_one_unbroken_number() -> None:
    table = html_table(["F1", "note"], [["0.500 ± 0.012", "seeds ± 3"]])
    assert "<td class=n>0.500 ± 0.012</td><td>seeds ± 3</td>" in table
