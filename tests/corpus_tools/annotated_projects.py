"""Small projects of several annotators, written to disk and measured."""

from pathlib import Path
from typing import Any

from corpus_tools.agreement import Agreement, SurveyOptions, survey_agreement

TEXT = "Aspirin helps severe chest pain. Warfarin caused a bleed, pain came back.\n"
#       0       8     14     21        32        42     49     56    62   67
Documents = dict[str, str | tuple[str, str]]


def write_project(root: Path, annotators: dict[str, str | Documents], *, text: str = TEXT) -> Path:
    """Write each annotator's documents: an `.ann` alone is of one document "d" with the text given here."""
    for annotator, documents in annotators.items():
        named = {"d": documents} if isinstance(documents, str) else documents
        for doc_id, content in named.items():
            own_text, ann = (text, content) if isinstance(content, str) else content
            path = root / annotator / doc_id
            path.parent.mkdir(parents=True, exist_ok=True)
            path.with_name(path.name + ".txt").write_bytes(own_text.encode())
            path.with_name(path.name + ".ann").write_bytes(format_lines(own_text, ann).encode())
    return root


def format_lines(text: str, ann: str) -> str:
    """Return lines written for reading, as "T1 Drug 0 7", as an `.ann`: TABs put in, texts spelled out."""
    lines = []
    for line in filter(None, (part.strip() for part in ann.split("\n"))):
        identity, rest = line.split(" ", 1)
        spelled = ""
        if identity.startswith("T"):
            spans = [span.split() for span in rest.split(" ", 1)[1].split(";")]
            spelled = "\t" + " ".join(text[int(start) : int(end)] for start, end in spans)
        lines.append(f"{identity}\t{rest}{spelled}\n")
    return "".join(lines)


def measure(root: Path, **options: Any) -> Agreement:
    """Measure a project, by default without resamples."""
    return survey_agreement(root, SurveyOptions(**{"samples": 0, **options})).agreement


def f1(agreement: Agreement, layer: str, mode: str = "exact") -> float | None:
    """Return the F1 over all pairs of annotators."""
    return agreement.scores[layer, mode].total.f1.value


def kinds(agreement: Agreement) -> dict[str, int]:
    """Return how many findings there are of each kind, over all pairs."""
    found: dict[str, int] = {}
    for pair in agreement.pairs:
        for finding in pair.findings:
            found[finding.kind] = found.get(finding.kind, 0) + len(finding.first)
    return found
