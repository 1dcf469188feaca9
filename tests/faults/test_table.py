"""The table of faults in the documentation and the tests under their numbers say the same."""

import re
from pathlib import Path

HERE = Path(__file__).parent
ROW = re.compile(r"^\| (\d+) \| [^|]+ \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
TEST = re.compile(r"^def (test_fault_(\d\d)_\w+)", re.MULTILINE)
FAULTS = 72


def documented() -> dict[int, set[str]]:
    rows = ROW.findall((HERE.parents[1] / "docs/faults.md").read_text("utf-8"))
    return {int(number): set(re.findall(r"`([^`]+)`", tests)) for number, tests in rows}


def written() -> dict[int, set[str]]:
    found: dict[int, set[str]] = {}
    for path in sorted(HERE.glob("test_*.py")):
        for name, number in TEST.findall(path.read_text("utf-8")):
            found.setdefault(int(number), set()).add(f"{path.name}::{name}")
    return found


def test_every_fault_has_a_test_and_a_row() -> None:
    assert sorted(written()) == list(range(1, FAULTS + 1))
    assert sorted(documented()) == list(range(1, FAULTS + 1))


def test_rows_name_the_tests_that_there_are() -> None:
    assert documented() == written()
