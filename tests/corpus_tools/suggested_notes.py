"""Invented notes as a model suggested them and as an annotator left them."""

from pathlib import Path

TEXT = "Aspirin for chest pain and fever."
#       0       8   12         23  27   33
MENTIONS = ("T1\tDrug 0 7\tAspirin", "T2\tSign 12 22\tchest pain", "T3\tSign 27 32\tfever")
RELATIONS = ("R1\ttreats Arg1:T1 Arg2:T2", "R2\ttreats Arg1:T1 Arg2:T3")


def suggest(annotation_id: str, probability: float) -> str:
    """Return the note of a suggestion."""
    number = "".join(character for character in annotation_id if character.isdigit())
    place = {"T": 1, "R": 2}[annotation_id[0]]
    return f"#{place}{number}\tAnnotatorNotes {annotation_id}\tprobability {probability:.3f}; model m@1"


SUGGESTED = (
    *(*MENTIONS, *RELATIONS),
    *(suggest("T1", 0.9), suggest("T2", 0.8), suggest("T3", 0.3), suggest("R1", 0.7), suggest("R2", 0.2)),
)


def write_note(folder: Path, doc_id: str, *lines: str, text: str = TEXT) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{doc_id}.txt").write_text(text)
    (folder / f"{doc_id}.ann").write_text("".join(f"{line}\n" for line in lines))
