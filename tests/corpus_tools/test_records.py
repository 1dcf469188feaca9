"""The records of shards: what is written is read back, through JSON, whatever the names hold."""

import json
from collections import Counter

from corpus_tools.assembly import count_figures
from corpus_tools.assembly.metadata import Metadata
from corpus_tools.assembly.records import PairedShard, Profile, StagedShard, reject_lost
from corpus_tools.rounds import sign_text
from corpus_tools.standoff import Reject
from corpus_tools.storage import format_json
from tests.corpus_tools.corpus_documents import make_document

PROFILE = Profile(
    doc_id="a/note-\ufffdE9",
    text_hash="t",
    source_hash="s",
    signature=sign_text("No pain."),
    metadata=Metadata(("Urology",), ("P1",), "double"),
    has_annotations=True,
    mention_types=Counter({"Sign+\ud800": 2}),
    gold=Counter({("treats", "M", "S"): 1}),
    labels=Counter({"treats": 2}),
    equivalence_labels=("Equiv",),
    read_relations=1,
)


def test_a_staged_shard_comes_back_from_its_record() -> None:
    shard = StagedShard(
        profiles=(PROFILE,),
        rejects=(Reject("BRAT-SYNTAX", "a.ann", 3, "T", "T1", "no tab"), reject_lost("b", "crash")),
        warnings=Counter({"ANN-BOM": 1}),
        read_lines=Counter({"T": 4}),
        unreadable=1,
        repairs=2,
        removed=Counter({"blank-line": 3}),
        over_long=5,
    )
    found = StagedShard.from_json(json.loads(format_json(shard.to_json())))
    assert found == shard
    assert (found.profiles[0].signature == PROFILE.signature).all()


def test_a_paired_shard_comes_back_from_its_record() -> None:
    figures = {"train": count_figures(make_document())}
    shard = PairedShard(figures, Counter({("R", "candidate"): 2}), {"note-9": "timeout"})
    assert PairedShard.from_json(json.loads(format_json(shard.to_json()))) == shard


def test_a_lost_document_has_its_code() -> None:
    assert reject_lost("note", "crash").code == "DOC-CRASH"
    assert reject_lost("note", "timeout").code == "DOC-TIMEOUT"
