"""The tool itself: which faults it puts into a source, how it draws them, and that a test which looks kills them."""

import ast
import doctest
from pathlib import Path

import pytest

from tests.mutants import operators, rooms
from tests.mutants.operators import find_mutations, mutated_tree
from tests.mutants.rooms import PROJECT, ROOMS, Mutant, Room, draw_mutants, list_mutants
from tests.mutants.running import Touches


def changes(source: str) -> list[str]:
    return [mutation.change for mutation in find_mutations(source)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a < b", ["a < b → a <= b", "a < b → a >= b"]),
        ("a + 2", ["a + 2 → a - 2", "2 → 3"]),
        ("a and not b", ["a and (not b) → a or not b", "not b → b"]),
        ("x[1:n]", ["1:n → :n", "1:n → 1:", "1 → 2", "1 → 0"]),
        ("min(a)", ["min(a) → pass", "min(a) → max(a)"]),
        ("x.any(True)", ["x.any(True) → pass", "x.any(True) → x.all(True)", "True → False"]),
        ("[a for a in b if a]", ["for a in b if a → for a in b"]),
        ("n += 0.5", ["n += 0.5 → n -= 0.5", "0.5 → 1.5"]),
        ("def f(a: int = 3) -> int | None:\n    return a", ["3 → 4", "return a → return None"]),
        ("if a:\n    b = c if d else e", ["if a: → if not a:", "c if d else e → c if not d else e"]),
        ("for a in b:\n    continue", ["continue → break"]),
        ("import a\nKind = Foo | Bar\nb(zip(a, strict=True))", ["b(zip(a, strict=True)) → pass"]),
        ("@frozen(slots=True)\nclass A:\n    '''Say 1.'''\n    n: int = 1", ["1 → 2", "1 → 0"]),
    ],
)  # fmt: skip
def test_every_fault_that_can_change_a_result_is_found_and_no_other(source: str, expected: list[str]) -> None:
    assert changes(source) == expected


def test_a_mutant_is_its_source_with_one_change_on_the_same_lines() -> None:
    source = "def f(a, b):\n    c = a + b\n    return c > 3\n"
    for mutation in find_mutations(source):
        tree = mutated_tree(source, mutation)
        before, after = ast.unparse(ast.parse(source)).split("\n"), ast.unparse(tree).split("\n")
        assert [n for n, (one, other) in enumerate(zip(before, after, strict=True), 1) if one != other] == [
            mutation.start
        ]
        compile(tree, "f.py", "exec")


def test_defaults_and_what_stands_outside_of_functions_run_on_import() -> None:
    found = find_mutations("LIMIT = 3\n\n\ndef f(a=2):\n    return a + 1\n")
    assert [(m.start, m.in_function) for m in found] == [
        (1, False), (4, False), (5, True), (5, True), (5, True), (5, True)]  # fmt: skip


def test_the_same_seed_draws_the_same_as_many_of_each_room() -> None:
    drawn = draw_mutants(40, seed=3)
    assert drawn == draw_mutants(40, seed=3)
    assert drawn != draw_mutants(40, seed=4)
    assert {room.name: sum(m.room == room.name for m in drawn) for room in ROOMS} == {r.name: 10 for r in ROOMS}
    assert len({mutant.name for mutant in drawn}) == 40


def test_the_tests_of_a_mutant_are_those_that_ran_its_lines_the_quickest_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "m.py").write_text("LIMIT = 3\ndef f(a):\n    return a < LIMIT\ndef g():\n    return 1\n")
    monkeypatch.setattr(rooms, "PROJECT", tmp_path)
    limit, *_, compared = [m for m in list_mutants(Room("r", ("m.py",), ())) if m.mutation.start in (1, 3)]
    touches = Touches({"slow": 2.0, "quick": 0.1, "other": 0.2},
                      {("m.py", 3): {"slow", "quick"}, ("m.py", 5): {"other"}})  # fmt: skip
    assert touches.tests_of(compared) == ["quick", "slow"]
    assert touches.tests_of(limit) == ["quick", "other", "slow"]  # it runs on import
    assert touches.tests_of(Mutant("r", "n.py", compared.mutation)) == []


def test_rooms_name_modules_and_tests_that_there_are() -> None:
    paths = [path for room in ROOMS for path in (*room.modules, *room.tests)]
    assert [path for path in paths if not (PROJECT / path).is_file()] == []


def test_examples_hold() -> None:
    assert doctest.testmod(operators).failed == 0
