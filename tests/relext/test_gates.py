"""Figures that must not fall below a value."""

import pytest

from corpus_tools.errors import GateMissed, UsageError
from relext.evaluation import evaluate_outcomes, parse_gates, validate_gates
from tests.relext.test_report import FOUND, MISSED


def test_gates_are_parsed_by_name() -> None:
    assert parse_gates(["f1=0.7", "macro_f1=.5", "recall=1"]) == {"f1": 0.7, "macro_f1": 0.5, "recall": 1.0}


@pytest.mark.parametrize("text", ["f1", "f1=", "f1=70", "f1=1.1", "f2=0.7", "f1=nan", "f1=-0.1", "f1=1_0", "=0.5"])
def test_what_is_no_gate_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="expected f1, precision, recall, macro_f1"):
        parse_gates([text])


def test_figures_at_their_gates_pass() -> None:
    found = evaluate_outcomes([FOUND, MISSED], ["a", "b"], seed=1)
    validate_gates(found, {"precision": 1.0, "recall": 0.5})


def test_every_figure_below_is_named() -> None:
    found = evaluate_outcomes([FOUND, MISSED], ["a", "b"], seed=1)
    with pytest.raises(GateMissed, match=r"f1 is 0\.667, expected at least 0\.7; recall is 0\.500") as caught:
        validate_gates(found, {"f1": 0.7, "precision": 0.9, "recall": 0.6})
    assert caught.value.exit_code == 6


def test_an_undefined_figure_misses_its_gate() -> None:
    with pytest.raises(GateMissed, match="f1 is undefined"):
        validate_gates(evaluate_outcomes([], ["a"], seed=1), {"f1": 0.0})
