"""What `relext train` prints: a line an epoch on stderr, the figures of the run on stdout."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from corpus_tools.rendering import OutputOptions, emit_json, print_table, track
from relext.model import TrainedModel
from relext.training import EpochReport, FinderEpoch

_ROWS = (
    ("validation F1", "validation_f1"),
    ("candidate ceiling on validation", "validation_ceiling"),
    ("training seconds", "seconds"),
    ("training pairs a second", "pairs_per_second"),
)
_CALIBRATION_ROWS = (
    ("temperature of the probabilities", "temperature"),
    ("calibration error on validation, at temperature 1", "error_before"),
    ("calibration error on validation", "error_after"),
)


def report_epochs(output: OutputOptions) -> dict[str, Any]:
    """Return the callbacks of training that print a progress bar, a line an epoch, and what is worth a message."""

    def show_progress(items: Sequence[Any], description: str) -> Iterator[Any]:
        return track(items, description, total=len(items), quiet=output.quiet)

    def show_epoch(report: EpochReport) -> None:
        f1 = "no validation gold" if report.validation_f1 is None else f"validation F1 {report.validation_f1:.3f}"
        best = ", the best so far" if report.is_best else ""
        output.say(f"epoch {report.epoch}: loss {report.loss:.4f}, {f1}{best}, {report.seconds:.0f} s")

    def show_finder_epoch(report: FinderEpoch) -> None:
        f1 = "no validation gold" if report.validation_f1 is None else f"validation F1 {report.validation_f1:.3f}"
        best = ", the best so far" if report.is_best else ""
        output.say(f"mentions, epoch {report.epoch}: loss {report.loss:.4f}, {f1}{best}, {report.seconds:.0f} s")

    return {"track": show_progress, "report": show_epoch, "report_finder": show_finder_epoch, "remark": output.say}


def show_training(model: TrainedModel, out: Path, output: OutputOptions) -> None:
    """Print what a run reached and took."""
    record: Mapping[str, Any] = model.record
    if output.json:
        emit_json("relext/train", {"model": str(out), "labels": list(model.scheme.labels), **record})
        return
    rows = [(name, record[key]) for name, key in _ROWS]
    rows.extend((text, record["calibration"][key]) for text, key in _CALIBRATION_ROWS)
    rows.extend(_list_finder_rows(record.get("mentions")))
    rows.append(("peak memory, MiB", round(record["peak_memory_bytes"] / 2**20)))
    rows.append(("computed on", f"{record['device']}, {record['precision']}, {record['threads']} threads"))
    print_table(f"Model in {out}", ("", ""), rows)


def _list_finder_rows(record: Mapping[str, Any] | None) -> list[tuple[str, Any]]:
    """Return what a finder of mentions reached and what of the gold it can't hold; nothing without a finder."""
    if record is None:
        return []
    return [
        ("mentions, validation F1", record["validation"]["f1"]),
        ("mentions, training seconds", record["seconds"]),
        ("mentions, least probability", record["threshold"]),
        ("discontinuous mentions of training", record["discontinuous"]),
        ("mentions of training that the finder can't hold", record["left_out"]),
    ]
