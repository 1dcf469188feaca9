"""The house stands as drawn: floors, doors, docstring examples, help texts and the README's commands."""

import ast
import doctest
import importlib
import pkgutil
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import corpus_tools
import relext
from corpus_tools.cli import COMMANDS as CORPUS_COMMANDS
from corpus_tools.cli import corpus as corpus_group
from relext.cli import COMMANDS as RELEXT_COMMANDS
from relext.cli import relext as relext_group

PROJECT = Path(__file__).resolve().parents[1]

# Each room may use the rooms after it, never one before it.
FLOORS = {
    "corpus_tools": [
        *("cli", "build", "statistics", "reports", "adjudication", "agreement", "assembly", "sentences", "rounds"),
        *("conversion", "standoff", "rendering", "serving", "execution", "storage", "errors"),
    ],
    "relext": [
        *("cli", "comparison", "loop", "training", "graph", "evaluation", "explanation", "finding", "prediction"),
        *("model", "data", "config", "errors"),
    ],
}
USED_BY_RELEXT = {
    *("standoff", "sentences", "assembly", "rounds", "storage", "execution", "serving", "rendering", "errors"),
}
IMPORT_ALL = """
import sys
for name in {names!r}:
    __import__(name)
print(sorted({{"torch", "transformers", "relext"}} & set(sys.modules)))
"""


def modules() -> list[str]:
    found = []
    for package in (corpus_tools, relext):
        found += [module.name for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    return found


def imports(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, node.lineno
        elif isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)


def own_imports() -> Iterator[tuple[str, list[str], list[str]]]:
    """Yield where an import stands, the parts of the module that makes it, and the parts of the module it names."""
    for package in FLOORS:
        for path in sorted((PROJECT / package).rglob("*.py")):
            own = list(path.relative_to(PROJECT).with_suffix("").parts)
            for module, line in imports(path):
                parts = module.split(".")
                if parts[0] in FLOORS:
                    yield f"{path.relative_to(PROJECT)}:{line}", own, parts


def test_nothing_reaches_up() -> None:
    faults = []
    for place, own, named in own_imports():
        if own[0] != named[0] or len(own) < 2 or len(named) < 2 or own[1] == "__init__":
            continue
        floors = FLOORS[own[0]]
        if floors.index(own[1]) > floors.index(named[1]):
            faults.append(f"{place}: {'.'.join(own)} uses {'.'.join(named)}")
    assert faults == []


def test_rooms_are_entered_by_the_door() -> None:
    faults = []
    for place, own, named in own_imports():
        is_other_room = own[0] != named[0] or own[1:2] != named[1:2]
        # The frame of the command line is imported without its room, whose other modules load rich and jinja.
        if is_other_room and len(named) > 2 and own[1:2] != ["cli"] and named[1] != "cli":
            faults.append(f"{place}: {'.'.join(named)}")
    assert faults == []


def test_corpus_tools_never_uses_relext_and_relext_only_the_rooms_it_may() -> None:
    crossing = [(place, own, named) for place, own, named in own_imports() if own[0] != named[0]]
    assert [place for place, own, _ in crossing if own[0] == "corpus_tools"] == []
    assert {named[1] for _, _, named in crossing if len(named) > 1} <= USED_BY_RELEXT


def test_corpus_tools_imports_without_torch() -> None:
    names = [name for name in modules() if name.startswith("corpus_tools")]
    code = IMPORT_ALL.format(names=names)
    ended = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert ended.stdout == "[]\n"


@pytest.mark.parametrize("name", modules())
def test_examples_in_docstrings_are_true(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS).failed == 0


def commands(group: click.Group, names: object) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group, info_name=group.name)
    for name in names:  # type: ignore[attr-defined]
        command = group.get_command(context, name)
        assert command is not None, name
        yield f"{group.name} {name}", command
        if isinstance(command, click.Group):
            yield from ((f"{group.name} {name} {sub}", each) for sub, each in command.commands.items())


ALL_COMMANDS = dict([*commands(corpus_group, CORPUS_COMMANDS), *commands(relext_group, RELEXT_COMMANDS)])


@pytest.mark.parametrize("name", ALL_COMMANDS)
def test_every_command_has_help_with_an_example(name: str) -> None:
    command = ALL_COMMANDS[name]
    text = command.get_help(click.Context(command, info_name=name))
    assert (command.help or "").strip() != ""
    assert "Example" in text


@pytest.mark.parametrize("name", [n for n, c in ALL_COMMANDS.items() if not isinstance(c, click.Group)])
def test_every_command_prints_json_and_can_be_quiet(name: str) -> None:
    options = {option for parameter in ALL_COMMANDS[name].params for option in parameter.opts}
    assert {"--json", "--quiet", "--verbose"} <= options


def documented_commands() -> list[str]:
    pages = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md")), PROJECT / "docs" / "demo.sh"]
    text = "\n".join(page.read_text("utf-8") for page in pages)
    return sorted(set(re.findall(r"^(?:\$ )?((?:corpus|relext) [a-z].*)$", text, re.MULTILINE)))


@pytest.mark.slow
@pytest.mark.parametrize("page", ["corpus", "frames"])
def test_commands_of_a_page_run_one_after_the_other(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "annotations").mkdir()
    shutil.copytree(PROJECT / "annotations" / "pilot", tmp_path / "annotations" / "pilot")
    shutil.copy(PROJECT / "annotations" / "annotation.conf", tmp_path / "annotations")
    monkeypatch.chdir(tmp_path)
    lines = re.findall(r"^corpus ([a-z].*)$", (PROJECT / "docs" / f"{page}.md").read_text("utf-8"), re.MULTILINE)
    lines = [line for line in lines if "transcriptions.csv" not in line and "round-1" not in line and "ray" not in line]
    assert len(lines) > 2
    for line in lines:
        result = CliRunner().invoke(corpus_group, shlex.split(line), catch_exceptions=False)
        assert result.exit_code == 0, line


@pytest.mark.parametrize("line", documented_commands())
def test_documented_command_exists_with_its_options(line: str) -> None:
    words = shlex.split(line.split(" | ")[0], comments=True)
    name = " ".join(words[:3]) if " ".join(words[:3]) in ALL_COMMANDS else " ".join(words[:2])
    command = ALL_COMMANDS[name]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert {word.split("=")[0] for word in words if word.startswith("-") and word != "-"} <= known | {"--help"}
