"""`relext predict`: the relations of documents as JSON, one a line."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import click

from corpus_tools.rendering import (
    OutputOptions,
    common_options,
    emit_json,
    emit_json_line,
    finish,
    show_text_option,
    track,
)
from relext.cli.options import precision_option
from relext.loop import (
    PredictedText,
    StatedRelation,
    ask_precision,
    list_remarks,
    load_annotator,
    predict_texts,
    read_texts,
)

EPILOG = """\b
Examples:
  relext predict model notes > relations.jsonl
  relext predict model transcriptions.csv --precision-target 0.9
  cat note.txt | relext predict model - --show-text

The probability is the marginal of the pair's labels that state the relation, as calibrated on the validation part.
"""
_COUNTS = ("documents", "mentions", "over_long_mentions", "without_mentions")


@click.command(epilog=EPILOG)
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("texts", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--threshold", default=0.0, show_default=True, type=click.FloatRange(0, 1), help="Least probability.")
@precision_option
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or cuda:N.")
@show_text_option
@common_options
def predict(
    *,
    model: Path,
    texts: Path,
    threshold: float,
    precision_target: float | None,
    device: str,
    show_text: bool,
    output: OutputOptions,
) -> None:
    """Print the relations that MODEL finds in TEXTS, one JSON object a line, offsets in the texts' own characters.

    TEXTS is what `relext annotate` takes. Mentions of an .ann are given; without any the model's own finder looks for
    them. With --json all relations come in one object, with what was counted.
    """
    annotator = ask_precision(load_annotator(model, device=device, threshold=threshold), precision_target)
    documents = track(read_texts(texts), "predicting", quiet=output.quiet)
    counts: Counter[str] = Counter()
    unknown_types: Counter[str] = Counter()
    relations = _count_through(predict_texts(annotator, documents), counts, unknown_types)
    if output.json:
        show_record(relations, counts, unknown_types, show_text=show_text)
    else:
        show_relations(relations, show_text=show_text)
    for remark in list_remarks(
        annotator.model,
        over_long=counts["over_long_mentions"],
        unknown_types=unknown_types,
        without_mentions=counts["without_mentions"],
    ):
        output.say(remark)
    output.say(", ".join(f"{counts[name]} {name}" for name in ("documents", "mentions", "relations")))
    finish(output, rejects=counts["rejects"])


def _count_through(
    texts: Iterable[PredictedText], counts: Counter[str], unknown_types: Counter[str]
) -> Iterator[StatedRelation]:
    """Yield the relations of texts while counting what goes by."""
    for text in texts:
        counts.update(documents=1, mentions=text.mentions, relations=len(text.relations), rejects=len(text.rejects))
        counts.update(over_long_mentions=text.over_long, without_mentions=text.is_read and not text.mentions)
        unknown_types.update(text.unknown_types)
        yield from text.relations


def show_relations(relations: Iterable[StatedRelation], *, show_text: bool) -> None:
    """Print relations as they come, one a line."""
    for relation in relations:
        emit_json_line(relation.to_json(show_text=show_text))


def show_record(
    relations: Iterable[StatedRelation],
    counts: Mapping[str, int],
    unknown_types: Mapping[str, int],
    *,
    show_text: bool,
) -> None:
    """Print all relations in one JSON object, and what was counted while they came."""
    rows = [relation.to_json(show_text=show_text) for relation in relations]
    counted = {name: counts[name] for name in _COUNTS}
    emit_json("relext/prediction", {"relations": rows, **counted, "unknown_types": dict(unknown_types)})
