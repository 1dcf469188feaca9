"""How far suggestions were accepted, and whether that much acceptance can be believed.

In: a `SuggestionReview`. Out: `Acceptance`: rates in all, by type and by bin of probability, and for each layer what
they say of anchoring.

An annotator who starts from a suggestion may keep what they would not have marked. Of the suggestions that a calibrated
model gave the probability p, a share p is right: an annotator who judges for themselves keeps about that many. So where
suggestions of low probability are kept unchanged more often than their mean probability, with the whole interval of the
excess above zero, anchoring is likely, or the model is less sure than it should be. Documents annotated unaided tell
the two apart; `corpus agreement` compares them.

References
----------
Fort and Sagot, "Influence of pre-annotation on POS-tagged corpus development", LAW 2010 (bias towards what is there).
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from corpus_tools.adjudication.suggestions import CHANGED, DELETED, KEPT, LAYERS, Outcome, SuggestionReview
from corpus_tools.agreement import Figure, Statistic, estimate

LIKELY, NO_SIGN, TOO_FEW = "likely", "no sign", "too few"
LEAST_SUGGESTIONS = 20
"""Fewer suggestions of low probability say nothing."""

_THOUSAND = 1000  # notes give probabilities in thousandths: counted so, sums are whole numbers, hence exact


@dataclass(frozen=True, slots=True)
class AcceptanceSettings:
    """Hold how acceptance is measured.

    Attributes
    ----------
    bins : int
        Bins of probability, of equal width from 0 to 1.
    low : float
        A suggestion below it is one of low probability.
    samples : int
        Bootstrap resamples of the documents.
    """

    bins: int = 5
    low: float = 0.5
    samples: int = 1000
    seed: int = 13


@dataclass(frozen=True, slots=True)
class Rate:
    """Hold what became of some suggestions.

    Attributes
    ----------
    layer, name : str
        The layer and the type or label; "" for all of a layer.
    acceptance : Figure
        kept / suggested.
    changes : dict of str to int
        How often each thing was changed; one suggestion may be changed in several.
    """

    layer: str
    name: str
    suggested: int
    kept: int
    changed: int
    deleted: int
    added: int
    acceptance: Figure
    changes: dict[str, int]


@dataclass(frozen=True, slots=True)
class Bin:
    """Hold the suggestions of a layer whose probability lies in [low, high), the last bin closed.

    Attributes
    ----------
    mean_probability : float or None
        What a calibrated model's acceptance would be; None without suggestions.
    excess : Figure
        acceptance - mean probability.
    """

    layer: str
    low: float
    high: float
    suggested: int
    kept: int
    mean_probability: float | None
    acceptance: Figure
    excess: Figure


@dataclass(frozen=True, slots=True)
class Anchoring:
    """Hold what the suggestions of low probability say of one layer: LIKELY, NO_SIGN or TOO_FEW, and why."""

    layer: str
    verdict: str
    reason: str
    low: Bin


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Hold all that was measured."""

    review: SuggestionReview
    settings: AcceptanceSettings
    rates: tuple[Rate, ...]
    bins: tuple[Bin, ...]
    anchoring: tuple[Anchoring, ...]


def measure_acceptance(review: SuggestionReview, settings: AcceptanceSettings | None = None) -> Acceptance:
    """Return the rates, the bins, and for each layer with suggestions what they say of anchoring."""
    settings = settings or AcceptanceSettings()
    layers = [layer for layer in LAYERS if any(each.layer == layer for each in review.outcomes)]
    rates, bins, anchoring = list[Rate](), list[Bin](), list[Anchoring]()
    edges = [n / settings.bins for n in range(settings.bins + 1)]
    for layer in layers:
        own = [each for each in review.outcomes if each.layer == layer]
        names = {each.type for each in own} | {each.type for each in review.additions if each.layer == layer}
        rates += [_rate(review, own, layer, name, settings) for name in ("", *sorted(names))]
        spans = [*itertools.pairwise(edges), (0.0, settings.low)]
        *wide, low = [_bin(review, own, layer, span, settings) for span in spans]
        bins += wide
        anchoring.append(_judge(low))
    return Acceptance(review, settings, tuple(rates), tuple(bins), tuple(anchoring))


def _rate(
    review: SuggestionReview, outcomes: Iterable[Outcome], layer: str, name: str, settings: AcceptanceSettings
) -> Rate:
    own = [each for each in outcomes if not name or each.type == name]
    fates = [each.fate for each in own]
    additions = [each for each in review.additions if each.layer == layer and (not name or each.type == name)]
    changes = [change for each in own for change in each.changes]
    return Rate(
        layer=layer,
        name=name,
        suggested=len(own),
        kept=fates.count(KEPT),
        changed=fates.count(CHANGED),
        deleted=fates.count(DELETED),
        added=len(additions),
        acceptance=_estimate(review, own, settings)[0],
        changes={change: changes.count(change) for change in sorted(set(changes))},
    )


def _bin(
    review: SuggestionReview,
    outcomes: Iterable[Outcome],
    layer: str,
    span: tuple[float, float],
    settings: AcceptanceSettings,
) -> Bin:
    low, high = span
    own = [each for each in outcomes if low <= each.probability < high or each.probability == high == 1]
    acceptance, excess = _estimate(review, own, settings)
    return Bin(
        layer=layer,
        low=low,
        high=high,
        suggested=len(own),
        kept=sum(each.fate == KEPT for each in own),
        mean_probability=sum(each.probability for each in own) / len(own) if own else None,
        acceptance=acceptance,
        excess=excess,
    )


def _estimate(
    review: SuggestionReview, outcomes: Sequence[Outcome], settings: AcceptanceSettings
) -> tuple[Figure, Figure]:
    """Return acceptance, and acceptance less mean probability, with intervals from the same draws of documents."""
    rows = {doc_id: row for row, doc_id in enumerate(review.doc_ids)}
    counts = np.zeros((len(rows), 3))  # kept, suggested, sum of probabilities in thousandths
    for each in outcomes:
        counts[rows[each.doc_id]] += (each.fate == KEPT, 1, round(each.probability * _THOUSAND))
    statistics = [Statistic(counts, coefficient, float(len(outcomes))) for coefficient in (_acceptance, _excess)]
    acceptance, excess = estimate(statistics, samples=settings.samples, seed=settings.seed)
    return acceptance, excess


def _acceptance(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    return _divide(sums[..., 0], sums[..., 1])


def _excess(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    return _divide(sums[..., 0] - sums[..., 2] / _THOUSAND, sums[..., 1])


def _divide(numerator: NDArray[np.float64], denominator: NDArray[np.float64]) -> NDArray[np.float64]:
    """Divide, giving NaN where nothing was suggested."""
    result = np.full(np.shape(denominator), np.nan)
    np.divide(numerator, denominator, out=result, where=np.asarray(denominator) != 0)
    return result


def _judge(low: Bin) -> Anchoring:
    """Say what the suggestions of low probability show."""
    if low.suggested < LEAST_SUGGESTIONS or low.excess.interval is None:
        reason = (
            f"{low.suggested} suggestions below {low.high:g}, of which {LEAST_SUGGESTIONS} in several documents are "
            "needed; a lower --threshold of relext annotate gives more"
        )
        return Anchoring(low.layer, TOO_FEW, reason, low)
    lower, upper = low.excess.interval
    found = (
        f"of {low.suggested} suggestions below {low.high:g}, {low.acceptance.value:.1%} were kept unchanged where "
        f"their mean probability is {low.mean_probability:.1%} (excess {low.excess.value:+.3f}, {lower:+.3f} to "
        f"{upper:+.3f})"
    )
    if lower > 0:
        advice = "; or the model is less sure than it should be: compare with documents annotated unaided"
        return Anchoring(low.layer, LIKELY, found + advice, low)
    return Anchoring(low.layer, NO_SIGN, found, low)
