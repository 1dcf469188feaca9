"""The record of an evaluation: everything that was measured as JSON values, for programs and for `relext compare`.

In: an `Assessment`. Out: plain dictionaries; an undefined figure is null and its reason stands beside it. Words of the
text are in there only where asked for.
"""

from corpus_tools.sentences import Mention
from relext.evaluation.assessment import Assessment
from relext.evaluation.calibration import Calibration
from relext.evaluation.found_record import format_end_to_end
from relext.evaluation.measure import Evaluation, mean_f1
from relext.evaluation.metrics import NO_GOLD, NONE_PREDICTED, Scores
from relext.evaluation.mistakes import Mistake
from relext.explanation import PairExplanation

SCHEMA = "relext/evaluation"
VERDICT_NAMES = {"fp": "invented", "fn": "missed", "tp": "found"}


def build_record(assessment: Assessment, *, show_text: bool = False) -> dict[str, object]:
    """Return the whole assessment as JSON values."""
    model = assessment.model
    return {
        **_format_evaluation(model),
        "temperature": assessment.temperature,
        "uncalibrated": _format_calibration(assessment.uncalibrated),
        "protocol": _format_protocol(assessment),
        "majority": {
            **_format_scores(assessment.majority.micro),
            "macro": _format_macro(assessment.majority),
            "p_value": assessment.p_value,
        },
        "throughput": _format_throughput(assessment),
        "overlap": {
            "documents": list(assessment.overlap.doc_ids),
            "others": _format_scores(assessment.overlap.others) if assessment.overlap.others else None,
        },
        "frames": _format_scores(assessment.frames) if assessment.frames else None,
        "unknown_labels": assessment.unknown_labels,
        "unknown_types": assessment.unknown_types,
        "end_to_end": format_end_to_end(assessment.end_to_end) if assessment.end_to_end else None,
        "mistakes": [_format_mistake(mistake, show_text=show_text) for mistake in assessment.mistakes],
    }


def _format_evaluation(evaluation: Evaluation) -> dict[str, object]:
    groups, ceiling = evaluation.breakdowns, evaluation.ceiling
    return {
        "micro": _format_scores(evaluation.micro),
        "macro": _format_macro(evaluation),
        "macro_f1": {name: mean_f1(scores.values()) for name, scores in groups.items()},
        "ceiling": {
            "recall": ceiling.value,
            "reachable": ceiling.part,
            "gold": ceiling.whole,
            "reason": ceiling.reason or None,
        },
        "reaches": {reach: {"gold": gold, "found": found} for reach, (gold, found) in evaluation.reaches.items()},
        "calibration": _format_calibration(evaluation.calibration),
        "confusion": {
            row: dict(zip(evaluation.confusion.predicted, counts, strict=True))
            for row, counts in zip(evaluation.confusion.gold, evaluation.confusion.rows, strict=True)
        },
        "documents": [
            {"doc_id": doc_id, "tp": int(tp), "fp": int(fp), "fn": int(fn)}
            for doc_id, (tp, fp, fn) in zip(evaluation.doc_ids, evaluation.counts, strict=True)
        ],
        **{name: {group: _format_scores(each) for group, each in scores.items()} for name, scores in groups.items()},
    }


def _format_scores(scores: Scores) -> dict[str, object]:
    return {
        "precision": scores.precision,
        "recall": scores.recall,
        "f1": scores.f1,
        "tp": scores.tp,
        "fp": scores.fp,
        "fn": scores.fn,
        "reason": scores.reason or None,
        "interval": list(scores.interval) if scores.interval else None,
    }


def _format_macro(evaluation: Evaluation) -> dict[str, object]:
    labels = sum(1 for scores in evaluation.labels.values() if scores.gold)
    return {"f1": evaluation.macro_f1, "labels": labels, "reason": None if labels else NO_GOLD}


def _format_calibration(calibration: Calibration) -> dict[str, object]:
    return {
        "error": calibration.error,
        "reason": None if calibration.bins else NONE_PREDICTED,
        "bins": [
            {"count": each.count, "confidence": each.confidence, "accuracy": each.accuracy} for each in calibration.bins
        ],
    }


def _format_protocol(assessment: Assessment) -> dict[str, object]:
    protocol = assessment.protocol
    return {
        "model": protocol.model,
        "encoder": protocol.encoder,
        "device": protocol.device,
        "split": protocol.split,
        "corpus_hash": protocol.corpus_hash,
        "mentions": protocol.mentions,
        "precision_target": protocol.precision_target,
        "seed": protocol.seed,
        "interval": "95 %, bootstrap over documents",
        "documents": len(assessment.model.doc_ids),
    }


def _format_throughput(assessment: Assessment) -> dict[str, object]:
    speed = assessment.throughput
    return {
        "seconds": speed.seconds,
        "documents": speed.documents,
        "pairs": speed.pairs,
        "tokens": speed.tokens,
        "documents_a_second": speed.a_second(speed.documents),
        "pairs_a_second": speed.a_second(speed.pairs),
        "tokens_a_second": speed.a_second(speed.tokens),
    }


def _format_mistake(mistake: Mistake, *, show_text: bool) -> dict[str, object]:
    outcome = mistake.outcome
    return {
        "doc_id": outcome.doc_id,
        "label": outcome.label,
        "verdict": VERDICT_NAMES[outcome.verdict],
        "reach": outcome.reach or None,
        "probability": mistake.probability,
        "arg1": _format_mention(mistake.arg1, outcome.arg1, show_text=show_text),
        "arg2": _format_mention(mistake.arg2, outcome.arg2, show_text=show_text),
        "words": _format_words(mistake.explanation),
    }


def _format_mention(mention: Mention | None, mention_id: str, *, show_text: bool) -> dict[str, object]:
    if mention is None:
        return {"id": mention_id}
    place = [[span.start, span.end] for span in mention.source_fragments]
    return {"id": mention_id, "type": mention.type, "fragments": place, **({"text": mention.text} if show_text else {})}


def _format_words(explanation: PairExplanation | None) -> list[dict[str, object]] | None:
    """Return what the pair read of each word, None for a relation that no candidate pair can state."""
    if explanation is None:
        return None
    return [
        {"start": word.span.start, "end": word.span.end, "weight": round(word.weight, 4)} for word in explanation.words
    ]
