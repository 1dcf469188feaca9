"""Two annotators' notes in a line, as values and as a project on disk."""

from pathlib import Path

from corpus_tools.adjudication import AnnotatedDocument, Row, Settlement, settle_document
from corpus_tools.standoff import parse_document
from corpus_tools.storage import hash_text

TEXT = "Aspirin for chest pain, no fever."
#       0       8   12    18    24 27
CLOCK = "2026-01-02T03:04:05Z"

SCHEMA = """\
[entities]
Medication
Symptom
Diagnosis
[relations]
treats	Arg1:Medication, Arg2:Symptom|Diagnosis
causes	Arg1:Medication, Arg2:Symptom|Diagnosis
associated-with	Arg1:Symptom, Arg2:Diagnosis|Symptom, <REL-TYPE>:symmetric
[events]
[attributes]
Assertion	Arg:Symptom|Diagnosis, Value:present|absent|possible
"""

ASPIRIN = "T1\tMedication 0 7\tAspirin\n"
CHEST_PAIN = "T2\tSymptom 12 22\tchest pain\n"
PAIN = "T2\tSymptom 18 22\tpain\n"
FEVER = "T3\tSymptom 27 32\tfever\n"
TREATS = "R1\ttreats Arg1:T1 Arg2:T2\n"


def is_symmetric(label: str) -> bool:
    return label == "associated-with"


def annotate(text: str = TEXT, **anns: str) -> AnnotatedDocument:
    versions = {name: parse_document(text, ann, doc_id="note").document for name, ann in sorted(anns.items())}
    return AnnotatedDocument("note", text, hash_text(text), versions)


def settle(text: str = TEXT, *, decisions: dict[str, Row] | None = None, **anns: str) -> Settlement:
    return settle_document(annotate(text, **anns), decisions or {}, is_symmetric=is_symmetric)


def open_kinds(settlement: Settlement) -> list[str]:
    return [item.kind for item in settlement.items_of("open", "waiting")]


def write_project(root: Path, notes: dict[str, dict[str, str]], *, text: str = TEXT) -> Path:
    """Write notes, name -> annotator -> `.ann`, all with one text, under a schema."""
    project = root / "project"
    for name, anns in notes.items():
        for annotator, ann in anns.items():
            folder = project / annotator
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.txt").write_text(text)
            (folder / f"{name}.ann").write_text(ann)
    (project / "annotation.conf").write_text(SCHEMA)
    return project
