"""Records with BigBIO's field names: offsets of the source, ids unique over the corpus."""

import json
from pathlib import Path

from corpus_tools.assembly import BuildSettings, format_bigbio, verify_corpus
from corpus_tools.build import build_corpus
from tests.corpus_tools.corpus_documents import make_document, make_notes, write_export


def test_a_document_is_a_record_of_the_knowledge_base_schema() -> None:
    record = format_bigbio(make_document())
    assert list(record) == ["id", "document_id", "passages", "entities", "events", "coreferences", "relations"]
    assert record["entities"][1] == {  # type: ignore[index]
        "id": "note-1:T2",
        "type": "Symptom",
        "text": ["pain"],
        "offsets": [[12, 16]],
        "normalized": [],
    }
    assert [each["arg2_id"] for each in record["relations"]] == ["note-1:T2", "note-1:T4"]  # type: ignore[attr-defined]


def test_the_build_writes_them_on_request_and_counts_them_in(tmp_path: Path) -> None:
    export = write_export(tmp_path / "export", make_notes(10))
    build_corpus(export, tmp_path / "corpus", settings=BuildSettings(bigbio=True))
    lines = (tmp_path / "corpus" / "bigbio" / "train.jsonl").read_text().splitlines()
    assert len(lines) == 7
    assert json.loads(lines[0])["passages"][0]["text"][0].startswith("Visit ")
    assert verify_corpus(tmp_path / "corpus").problems == ()
