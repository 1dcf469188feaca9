"""Invented documents for the tests of the corpus folder, its figures and its patterns."""

from pathlib import Path

from corpus_tools.assembly import CorpusDocument
from corpus_tools.sentences import CandidatePair, GoldRelation, Mention, Segment
from corpus_tools.standoff import EntityType, RelationType, Schema, Span

SCHEMA = Schema(
    (EntityType("Medication"), EntityType("Symptom")),
    (RelationType("treats", frozenset({("Medication", "Symptom")})),),
)


def make_document(doc_id: str = "note-1") -> CorpusDocument:
    """Return a text of two sentences with four mentions, one of which no segment holds, and two relations."""
    #       0         1         2
    #       01234567890123456789012345
    text = "Aspirin for pain. No rash."
    aspirin = Mention("T1", "Medication", (Span(0, 7),), (Span(0, 7),), "Aspirin", "present", (("Dose", "low"),))
    pain = Mention("T2", "Symptom", (Span(12, 16),), (Span(12, 16),), "pain")
    rash = Mention("T3", "Symptom", (Span(3, 7),), (Span(21, 25),), "rash", "absent")
    lost = Mention("T4", "Symptom", (), (Span(18, 20),), "No")
    return CorpusDocument(
        doc_id,
        text,
        specialties=("Cardiology", "Pain"),
        provenance="adjudicated",
        mentions=(aspirin, pain, lost, rash),
        relations=(
            GoldRelation("R1", "treats", "T1", "T2", "candidate"),
            GoldRelation("R2", "treats", "T1", "T4", "over-long"),
        ),
        segments=(
            Segment(doc_id, 0, text[:17], 0, 17, (aspirin, pain)),
            Segment(doc_id, 1, text[18:], 18, 26, (rash,)),
        ),
        pairs=(CandidatePair(0, 0, 0, 1, "treats"), CandidatePair(0, 0, 1, 0)),
        lost_mentions={"T4": "over-long"},
    )


def write_export(folder: Path, documents: dict[str, tuple[str, str]]) -> Path:
    """Write a brat export: doc_id -> (text, annotations), and return its folder."""
    for doc_id, (text, ann) in documents.items():
        path = folder / doc_id
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name(path.name + ".txt").write_bytes(text.encode())
        path.with_name(path.name + ".ann").write_bytes(ann.encode())
    return folder


def make_note(number: int) -> tuple[str, str]:
    """Return an invented note, different for each number, with two mentions and a treats relation between them."""
    drugs = ("aspirin", "codeine", "heparin", "insulin")
    signs = ("chest pain", "dry cough", "mild fever", "left leg swelling", "sudden vertigo")
    drug, sign = drugs[number % 4], signs[number % 5]
    text = f"Visit {number} of ward {number * 7}. Give {drug} for {sign} on day {number * 3}.\n"
    start, end = text.index(drug), text.index(sign)
    return text, (
        f"T1\tMedication {start} {start + len(drug)}\t{drug}\n"
        f"T2\tSymptom {end} {end + len(sign)}\t{sign}\n"
        "R1\ttreats Arg1:T1 Arg2:T2\n"
    )


def make_notes(count: int) -> dict[str, tuple[str, str]]:
    """Return doc_id -> note for that many notes."""
    return {f"note-{number:03}": make_note(number) for number in range(count)}
