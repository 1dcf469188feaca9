"""F1 from counts: where a mode ignores types, the matched items of both sides are averaged."""

import numpy as np
import pytest

from corpus_tools.agreement.aid import measure_gaps
from corpus_tools.agreement.scores import LayerCounts, score_documents, score_layers
from corpus_tools.agreement.settings import Settings
from corpus_tools.standoff import PRE_ANNOTATED, UNAIDED

# Documents, each with the labels A and B: matched of the first and of the second, marked by the first and the second.
# In the second document an A of the first was matched with a B of the second.
COUNTS = LayerCounts(
    ("A", "B"), np.array([[[1, 1, 2, 1], [0, 0, 0, 0]], [[1, 0, 1, 1], [0, 1, 1, 3]], [[0, 0, 0, 0], [0, 0, 0, 0]]])
)


def test_matched_items_of_a_label_are_averaged_over_both_sides() -> None:
    (scores,) = score_layers({("entities", "span"): COUNTS}, samples=0, seed=1).values()
    # A: (2 + 1) / 2 matched of 3 and 2; B: (0 + 1) / 2 matched of 1 and 3
    found = {label: (score.matched, score.first, score.second) for label, score in scores.labels.items()}
    assert found == {"A": (1.5, 3, 2), "B": (0.5, 1, 3)}
    assert (scores.total.matched, scores.total.f1.value) == (2, pytest.approx(2 * 2 / (4 + 5)))


def test_a_document_has_the_scores_of_all_its_labels() -> None:
    rows = score_documents(COUNTS)
    assert rows[0].tolist() == [pytest.approx(2 / 3), 1, 2, 1]
    assert rows[1].tolist() == [pytest.approx(2 / 6), 1, 2, 4]
    assert np.isnan(rows[2, 0]) and rows[2, 1:].tolist() == [0, 0, 0]


def test_matches_of_a_document_are_averaged_over_both_sides() -> None:
    one_sided = LayerCounts(("A",), np.array([[[2, 1, 2, 2]]]))
    assert score_documents(one_sided)[0].tolist() == [pytest.approx(2 * 1.5 / 4), 1.5, 2, 2]


def test_a_gap_averages_the_matches_of_both_sides_too() -> None:
    groups = {PRE_ANNOTATED: np.array([True, False, False]), UNAIDED: np.array([False, True, False])}
    one_sided = LayerCounts(("A",), np.array([[[2, 0, 2, 2]], [[0, 1, 1, 1]], [[0, 0, 0, 0]]]))
    (gap,) = measure_gaps({("entities", "span"): one_sided}, groups, Settings(samples=0)).values()
    assert gap.value == pytest.approx(2 * 1 / 4 - 2 * 0.5 / 2)  # 0
    (gap,) = measure_gaps({("entities", "span"): COUNTS}, groups, Settings(samples=0)).values()
    assert gap.value == pytest.approx(2 / 3 - 2 / 6)
