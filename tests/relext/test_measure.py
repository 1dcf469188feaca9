"""All figures of an evaluation, from outcomes written down by hand."""

import pytest

from relext.evaluation import Outcome, evaluate_outcomes
from relext.evaluation.measure import Share
from relext.evaluation.outcomes import Verdict


def outcome(
    verdict: Verdict,
    label: str = "treats",
    *,
    doc_id: str = "a",
    category: str = "other",
    specialties: tuple[str, ...] = (),
    distance: str = "0",
    reach: str | None = None,
    probability: float | None = None,
) -> Outcome:
    default_reach = "" if verdict == "fp" else "candidate"
    default_probability = None if verdict == "fn" else 0.8
    return Outcome(
        doc_id=doc_id,
        label=label,
        arg1="T1",
        arg2="T2",
        verdict=verdict,
        category=category,
        specialties=specialties,
        distance=distance,
        reach=default_reach if reach is None else reach,
        probability=default_probability if probability is None else probability,
    )


def test_micro_scores_count_over_all_documents() -> None:
    found = evaluate_outcomes([outcome("tp"), outcome("fn"), outcome("fp", doc_id="b")], ["a", "b", "c"], seed=1)
    assert (found.micro.tp, found.micro.fp, found.micro.fn) == (1, 1, 1)
    assert found.micro.f1 == 0.5
    assert found.counts.tolist() == [[1, 0, 1], [0, 1, 0], [0, 0, 0]]
    assert found.micro.interval is not None
    assert found.micro.interval[0] <= 0.5 <= found.micro.interval[1]


def test_macro_f1_is_the_mean_over_labels_of_gold() -> None:
    rows = [outcome("tp"), outcome("fn", "causes"), outcome("tp", "causes"), outcome("fp", "near")]
    found = evaluate_outcomes(rows, ["a"], seed=1)
    # treats 1, causes 2/3; near has no gold and does not count.
    assert found.macro_f1 == pytest.approx((1 + 2 / 3) / 2)
    assert found.labels["near"].f1 == 0.0


def test_ceiling_is_the_share_of_gold_under_a_candidate_pair() -> None:
    rows = [outcome("tp"), outcome("fn"), outcome("fn", reach="n-ary"), outcome("fn", reach="self"), outcome("fp")]
    found = evaluate_outcomes(rows, ["a"], seed=1)
    assert (found.ceiling.part, found.ceiling.whole, found.ceiling.value) == (2, 4, 0.5)
    assert found.reaches == {"candidate": (2, 1), "n-ary": (1, 0), "self": (1, 0)}


def test_breakdowns_group_by_what_they_are_named_for() -> None:
    rows = [
        outcome("tp", category="Disease-Drug", specialties=("cardiology", "surgery"), distance="1"),
        outcome("fn", category="other", specialties=("surgery",)),
    ]
    found = evaluate_outcomes(rows, ["a"], seed=1)
    assert {name: scores.gold for name, scores in found.specialties.items()} == {"cardiology": 1, "surgery": 2}
    assert {name: scores.recall for name, scores in found.categories.items()} == {"Disease-Drug": 1.0, "other": 0.0}
    assert list(found.distances) == ["0", "1"]


def test_without_relations_everything_is_undefined_with_a_reason() -> None:
    found = evaluate_outcomes([], ["a", "b"], seed=1)
    assert (found.micro.f1, found.micro.reason) == (None, "no gold relation and none predicted")
    assert (found.micro.interval, found.macro_f1, found.calibration.error) == (None, None, None)
    assert (found.ceiling.value, found.ceiling.reason) == (None, "no gold relation")


def test_calibration_reads_predictions_only() -> None:
    rows = [outcome("tp", probability=0.9), outcome("fp", probability=0.5), outcome("fn")]
    found = evaluate_outcomes(rows, ["a"], seed=1)
    assert sum(each.count for each in found.calibration.bins) == 2
    assert found.calibration.error == pytest.approx(0.3)  # (|1 - .9| + |0 - .5|) / 2


def test_share_of_nothing_has_no_value() -> None:
    assert (Share(0, 0).value, Share(1, 4).value) == (None, 0.25)
