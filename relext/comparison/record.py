"""The record of a study as JSON values: every figure of its report, for programs.

In: a study and the figures of its systems. Out: plain dictionaries; an undefined figure is null.
"""

from collections.abc import Sequence

from relext.comparison.figures import Difference, Spread, SystemFigures
from relext.comparison.results import RunResult
from relext.comparison.study import Study, describe_run
from relext.evaluation import score_counts

SCHEMA = "relext/comparison"


def build_record(study: Study, figures: Sequence[SystemFigures]) -> dict[str, object]:
    """Return the whole study: its protocol, a record a system, and the runs that have no result."""
    return {
        "protocol": build_protocol(study),
        "systems": [_format_system(each) for each in figures],
        "sources": _list_source_runs(study),
        "missing": [
            {"run": describe_run(run), "key": run.key, "reason": study.failures.get(run.key, "not run yet")}
            for run in study.missing
        ],
    }


def build_protocol(study: Study) -> dict[str, object]:
    """Return under which conditions the figures were measured."""
    parts = study.selection.parts
    part = study.settings.study.evaluated_part
    relations = sum(len(document.relations) for document in study.evaluated)
    return {
        "corpus_hash": study.corpus_hash,
        "train_documents": len(parts["train"]),
        "validation_documents": len(parts["validation"]),
        "evaluated_part": part,
        "evaluated_documents": len(study.evaluated),
        "gold_relations": relations,
        "mentions": "gold",
        "settings": study.settings.to_json(),
        "codes": sorted({result.code for result in study.results if result}),
        "machines": list_machines(study),
        "strangers": study.strangers,
    }


def list_machines(study: Study) -> list[str]:
    """Return the kinds of machine that networks were trained on, sorted."""
    found = {
        ", ".join(f"{name} {value}" for name, value in sorted(each.machine.items())) for each in study.results if each
    }
    return sorted(found - {""})


def _format_system(figures: SystemFigures) -> dict[str, object]:
    return {
        "system": figures.system.name,
        "text": figures.system.text,
        "overrides": dict(figures.system.overrides),
        "precision": _format_spread(figures.precision),
        "recall": _format_spread(figures.recall),
        "f1": _format_spread(figures.f1),
        "macro_f1": _format_spread(figures.macro_f1),
        "pooled": {
            "tp": figures.pooled.tp,
            "fp": figures.pooled.fp,
            "fn": figures.pooled.fn,
            "f1": figures.pooled.f1,
            "interval": figures.pooled.interval,
            "reason": figures.pooled.reason or None,
        },
        "train_seconds": _format_spread(figures.train_seconds),
        "train_pairs_per_second": _format_spread(figures.train_speed),
        "predict_pairs_per_second": _format_spread(figures.predict_speed),
        "peak_memory_bytes": _format_spread(figures.peak_memory),
        "difference": _format_difference(figures.difference) if figures.difference else None,
        "runs": [_format_run(result, seed=seed) for seed, result in figures.results.items()],
    }


def _format_spread(values: Spread) -> dict[str, object]:
    return {"mean": values.mean, "deviation": values.deviation, "values": list(values.values)}


def _format_difference(difference: Difference) -> dict[str, object]:
    return {
        "seeds": list(difference.seeds),
        "f1": difference.f1,
        "interval": difference.interval,
        "randomisation_p": difference.p_value,
        "mcnemar_p": list(difference.mcnemar),
    }


def _format_run(result: RunResult, *, seed: int) -> dict[str, object]:
    return {
        "seed": seed,
        "labels": {
            label: {"tp": tp, "fp": fp, "fn": fn, "f1": score_counts(tp, fp, fn).f1}
            for label, (tp, fp, fn) in result.labels.items()
        },
        "ceiling": result.ceiling,
        "calibration_error": result.calibration_error,
        "validation_f1": result.validation_f1,
        "epochs": [
            {
                "epoch": each.epoch,
                "loss": each.loss,
                "train_f1": each.train_f1,
                "validation_f1": each.validation_f1,
                "seconds": each.seconds,
                "is_best": each.is_best,
            }
            for each in result.epochs
        ],
    }


def _list_source_runs(study: Study) -> list[dict[str, object]]:
    """Return the counts a document of the runs that were trained on one source."""
    return [
        {
            "system": run.system.name,
            "trained_on": run.source,
            "seed": run.seed,
            "documents": [
                {"doc_id": each.doc_id, "tp": each.tp, "fp": each.fp, "fn": each.fn} for each in result.documents
            ],
        }
        for run, result in zip(study.runs, study.results, strict=True)
        if result is not None and run.source
    ]
