"""The model card: what a reader must know of a model before using it, without a word of any text.

In: `TrainedModel`. Out: Markdown, which the model folder keeps as `README.md`. Every figure is of the validation part,
which chose the epoch, the bias, the temperature and the thresholds: it flatters, and `relext eval` on a test part does
not.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from corpus_tools.rendering import Cell, format_markdown_table
from relext.model.trained import TrainedModel
from relext.model.tuning import MIN_KEPT

PRECISIONS = (0.8, 0.9, 0.95)  # those for which the card lists thresholds

_HEAD = """\
---
library_name: relext
tags:
- relation-extraction
- clinical
---
# Relation extractor

Trained by `relext train` of clinical-relations. This folder holds weights, settings and a tokenizer, and no text;
training texts are known by their SHA-256 alone, so that an evaluation can leave them out."""
_USE = """\
```python
import relext

model = relext.load("path/to/this/folder")
document = model.predict(text, mentions=[(start, end, type), ...])
```"""
_LIMITS = """\
- It states relations between mentions that are given or found; a mention that is missing takes its relations with it.
- It knows the labels and types below and no others, and has read only texts like those that it was trained on: other \
institutions, languages, note types and annotation protocols need an evaluation of their own (`relext eval`).
- The figures are those of the validation part, which also chose the epoch, the bias, the temperature and the \
thresholds. They are better than what new texts will give.
- A probability is calibrated for the validation part as a whole, not for every label, specialty or rare case.
- Weights can remember what they were trained on: share a model of clinical texts as carefully as the texts.
- It supports people who annotate and do research. It is no medical device and decides nothing about a patient."""


def format_card(model: TrainedModel) -> str:
    """Return the card as Markdown; what the record of an older model lacks is an en dash."""
    record: Mapping[str, Any] = model.record
    sections = (
        ("Data", _format_data(record)),
        ("Protocol", format_markdown_table(("setting", "value"), _protocol_rows(model))),
        ("Figures on the validation part", _format_figures(record)),
        ("Calibration", _format_calibration(model)),
        ("Limits", _LIMITS),
        ("Use", _USE),
    )
    return f"{_HEAD}\n" + "".join(f"\n## {heading}\n\n{body}\n" for heading, body in sections)


def _format_data(record: Mapping[str, Any]) -> str:
    table = format_markdown_table(("what", "training", "validation"), _data_rows(record))
    return f"{table}\n\nCorpus `{record.get('corpus_hash', '–')}` (the hash that its manifest has)."


def _format_figures(record: Mapping[str, Any]) -> str:
    lead = "Precision, recall and F1 over positive labels against all gold relations, reachable or not."
    columns = ("label", "precision", "recall", "F1", "gold")
    return f"{lead}\n\n{format_markdown_table(columns, _label_rows(record))}"


def _format_calibration(model: TrainedModel) -> str:
    lead = (
        "Least probability of a relation for a wanted precision on the validation part; – where none that keeps "
        f"{MIN_KEPT} relations reaches it."
    )
    figures = format_markdown_table(("figure", "value"), _calibration_rows(model.record))
    return f"{figures}\n\n{lead}\n\n{format_markdown_table(_threshold_columns(), _threshold_rows(model))}"


def _data_rows(record: Mapping[str, Any]) -> list[list[Cell]]:
    counts = record.get("counts") or {}
    parts = [counts.get(part) or {} for part in ("train", "validation")]
    return [[name, *(part.get(name) for part in parts)] for name in ("documents", "relations", "pairs")]


def _protocol_rows(model: TrainedModel) -> list[list[Cell]]:
    record, config, scheme = model.record, model.config, model.scheme
    shape, epochs = model.encoder_config, record.get("epochs")
    layers = f"{shape.get('num_hidden_layers', '–')} layers of {shape.get('hidden_size', '–')}"
    return [
        ["mentions", "gold"],
        ["encoder", f"{Path(config.model.encoder).name} ({shape.get('model_type', '–')}, {layers})"],
        ["recurrence", config.model.recurrence],
        ["word attention asked by", config.model.attention],
        ["decoder", config.model.decoder],
        ["types", ", ".join(scheme.types)],
        ["labels", ", ".join(scheme.labels[1:])],
        ["sentences between the mentions of a pair", f"at most {scheme.max_sentence_distance}"],
        ["words of a sentence that gives pairs", f"at most {model.max_words}"],
        ["epochs", _describe_epochs(epochs if isinstance(epochs, list) else [])],
        ["seed", config.training.seed],
        ["computed on", f"{record.get('device', '–')}, {record.get('precision', '–')}"],
        ["versions", f"relext {record.get('relext', '–')}, torch {record.get('torch', '–')}"],
    ]


def _describe_epochs(epochs: Sequence[Mapping[str, Any]]) -> str:
    is_scored = any(each.get("validation_f1") is not None for each in epochs)
    kept = "the best by validation F1 kept" if is_scored else "the last kept: there was no validation F1"
    return f"{len(epochs) or '–'} run, {kept}"


def _label_rows(record: Mapping[str, Any]) -> list[list[Cell]]:
    rows: list[list[Cell]] = [
        [label, *(scores.get(name) for name in ("precision", "recall", "f1", "gold"))]
        for label, scores in (record.get("validation_labels") or {}).items()
    ]
    return [*rows, ["all (micro)", None, None, record.get("validation_f1"), None]]


def _calibration_rows(record: Mapping[str, Any]) -> list[list[Cell]]:
    calibration = record.get("calibration") or {}
    return [
        ["temperature", calibration.get("temperature")],
        ["relations predicted on validation", calibration.get("predicted")],
        ["expected calibration error at temperature 1", calibration.get("error_before")],
        ["expected calibration error at the model's temperature", calibration.get("error_after")],
        ["most that candidate pairs reach of the gold relations", record.get("validation_ceiling")],
    ]


def _threshold_columns() -> list[str]:
    return ["label", *(f"precision {precision:g}" for precision in PRECISIONS)]


def _threshold_rows(model: TrainedModel) -> list[list[Cell]]:
    asked = [model.tuning.thresholds(precision) for precision in PRECISIONS]
    return [[label, *(thresholds[label] for thresholds in asked)] for label in model.tuning.points]
