"""`relext explain`: why a pair of mentions got its label."""

from dataclasses import asdict
from pathlib import Path

import click

from corpus_tools.rendering import (
    Cell,
    OutputOptions,
    common_options,
    emit_json,
    finish,
    print_line,
    print_table,
    show_text_option,
)
from corpus_tools.standoff import Document
from relext.explanation import ANY_LINK, PairExplanation, ReadWord
from relext.loop import explain_text, load_annotator, read_texts

EPILOG = """\b
Examples:
  relext explain model notes --doc note-7 --pair T1 T3
  cat note.txt | relext explain model - --pair T1 T2 --show-text

A label's emission is what speaks for it alone, a transition what speaks for it behind the label before it; the path
has the best sum of both over the whole document. Probabilities are marginals at the model's temperature.
"""
NEIGHBOURS = 3  # pairs of the path shown on either side


@click.command(epilog=EPILOG)
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("texts", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--pair", nargs=2, required=True, metavar="ID ID", help="The two mentions, by their T ids.")
@click.option("--doc", "doc_id", help="Document of the pair; not needed where TEXTS holds one.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or cuda:N.")
@show_text_option
@common_options
def explain(
    *,
    model: Path,
    texts: Path,
    pair: tuple[str, str],
    doc_id: str | None,
    device: str,
    show_text: bool,
    output: OutputOptions,
) -> None:
    """Show why MODEL gave a pair of mentions in TEXTS its label: emissions, transitions, marginals, path, attention."""
    annotator = load_annotator(model, device=device)
    document, explanation = explain_text(annotator, read_texts(texts), pair, doc_id=doc_id)
    if output.json:
        emit_json("relext/explanation", format_explanation(explanation, document, show_text=show_text))
    else:
        show_explanation(explanation, document, show_text=show_text)
    finish(output)


def format_explanation(explanation: PairExplanation, document: Document, *, show_text: bool) -> dict[str, object]:
    """Return an explanation as JSON values; the words only where asked for."""
    words = [
        {"start": word.span.start, "end": word.span.end, "weights": list(word.weights)}
        | ({"text": _spell(word, document)} if show_text else {})
        for word in explanation.words
    ]
    return {**asdict(explanation), "words": words}


def _spell(word: ReadWord, document: Document) -> str:
    return document.text[word.span.start : word.span.end]


def show_explanation(explanation: PairExplanation, document: Document, *, show_text: bool) -> None:
    """Print what speaks for each label, the path around the pair, the transitions into it, and the words read."""
    first, second = explanation.first, explanation.second
    print_line(f"{explanation.doc_id}: {first} and {second} are {explanation.label}; alone: {explanation.alone}.")
    print_table("Labels", *tabulate_labels(explanation))
    print_table("Path", *tabulate_path(explanation))
    link = explanation.path[explanation.place].link
    if explanation.transitions:
        print_table(f"Transitions, {link}", *tabulate_transitions(explanation, link))
    print_table("Words, the most read first", *tabulate_words(explanation, document, show_text=show_text))


def tabulate_labels(explanation: PairExplanation) -> tuple[tuple[str, ...], list[list[Cell]]]:
    """Return columns and rows of the labels, the most probable first."""
    columns = ("label", "emission", "probability", "at temperature 1")
    order = sorted(explanation.marginals, key=lambda label: -explanation.marginals[label])
    tables = (explanation.emissions, explanation.marginals, explanation.uncalibrated)
    return columns, [[label, *(table[label] for table in tables)] for label in order]


def tabulate_path(explanation: PairExplanation) -> tuple[tuple[str, ...], list[list[Cell]]]:
    """Return columns and rows of the pairs around the pair, which has an arrow."""
    columns = ("", "pair", "link", "label", "emission", "transition")
    start = max(0, explanation.place - NEIGHBOURS)
    rows: list[list[Cell]] = []
    for n, step in enumerate(explanation.path[start : explanation.place + NEIGHBOURS + 1], start=start):
        mark = "→" if n == explanation.place else ""
        rows.append([mark, f"{step.first} {step.second}", step.link, step.label, step.emission, step.transition])
    return columns, rows


def tabulate_transitions(explanation: PairExplanation, link: str) -> tuple[tuple[str, ...], list[list[Cell]]]:
    """Return columns and rows of the scores from the labels before, one a row, to the labels that the pair may have."""
    labels = list(explanation.emissions)
    scores = explanation.transitions.get(link, explanation.transitions.get(ANY_LINK, {}))
    return ("after", *labels), [[before, *(row[label] for label in labels)] for before, row in scores.items()]


def tabulate_words(
    explanation: PairExplanation, document: Document, *, show_text: bool
) -> tuple[tuple[str, ...], list[list[Cell]]]:
    """Return columns and rows of the words, by their offsets, and spelled out where asked for."""
    words = sorted(explanation.words, key=lambda word: (-word.weight, word.span.start))
    rows: list[list[Cell]] = [
        [f"{word.span.start}-{word.span.end}", *([_spell(word, document)] if show_text else []), word.weight]
        for word in words
    ]
    return ("characters", *(["word"] if show_text else []), "weight"), rows
