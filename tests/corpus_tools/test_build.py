"""The build: every mention and relation accounted for, source offsets exact, the same bytes however it runs."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from corpus_tools.assembly import BuildSettings, CorpusDocument, parse_shares, read_corpus, verify_corpus
from corpus_tools.build import Built, build_corpus
from corpus_tools.errors import InputError, OutputExists, Refused, UsageError
from corpus_tools.storage import hash_folder
from tests.corpus_tools.corpus_documents import make_note, make_notes, write_export

ALL_TEST = BuildSettings(shares=parse_shares("0:0:100"))


def build_one(tmp_path: Path, text: str, ann: str, settings: BuildSettings = ALL_TEST) -> CorpusDocument:
    """Return the only document of a corpus built from one text and its annotations."""
    export = write_export(tmp_path / "export", {"note": (text, ann)})
    build_corpus(export, tmp_path / "corpus", settings=settings)
    (document,) = read_corpus(tmp_path / "corpus").documents("test")
    return document


def build_notes(tmp_path: Path, count: int = 20, settings: BuildSettings | None = None) -> Built:
    """Build a corpus of invented notes."""
    return build_corpus(write_export(tmp_path / "export", make_notes(count)), tmp_path / "corpus", settings=settings)


def test_a_note_becomes_a_pair_with_its_label(tmp_path: Path) -> None:
    document = build_one(tmp_path, *make_note(0))
    assert [segment.text for segment in document.segments] == [
        "Visit 0 of ward 0.",
        "Give aspirin for chest pain on day 0.",
    ]
    (pair,) = document.pairs
    assert (pair.segment, pair.first, pair.distance, pair.second, pair.label) == (1, 0, 0, 1, "treats")
    assert document.relations[0].reach == "candidate"


def test_the_corpus_folder_holds_what_the_design_names_and_verifies(tmp_path: Path) -> None:
    built = build_notes(tmp_path)
    tables = {
        f"{table}/{part}.parquet" for table in ("documents", "sentences") for part in ("train", "validation", "test")
    }
    files = {"README.md", "figures.json", "manifest.json", "rejects.jsonl", "report.html", "schema.json"}
    assert set(hash_folder(built.path)) == tables | files
    assert verify_corpus(built.path).problems == ()


def test_the_parts_have_their_shares(tmp_path: Path) -> None:
    counts = build_notes(tmp_path, 20).manifest.counts
    assert [counts[part].documents for part in ("train", "validation", "test")] == [14, 3, 3]


def test_a_relation_beyond_the_sentence_distance_is_named(tmp_path: Path) -> None:
    text = "Give aspirin.\nRest well.\nSleep well.\nLess pain.\n"
    ann = "T1\tM 5 12\taspirin\nT2\tS 42 46\tpain\nR1\ttreats Arg1:T1 Arg2:T2\nR2\ttreats Arg1:T1 Arg2:T2\n"
    assert [each.reach for each in build_one(tmp_path, text, ann).relations] == ["cross-sentence", "duplicate"]
    settings = BuildSettings(shares=parse_shares("0:0:100"), max_sentence_distance=3)
    shutil.rmtree(tmp_path / "corpus")
    assert build_one(tmp_path, text, ann, settings).relations[0].reach == "candidate"


def test_gold_in_a_sentence_that_is_too_long_stays_with_its_cause(tmp_path: Path) -> None:
    text = "Give aspirin for pain " + "word " * 20 + "end.\nNo rash.\n"
    start = text.index("rash")
    ann = f"T1\tM 5 12\taspirin\nT2\tS 17 21\tpain\nT3\tS {start} {start + 4}\trash\nR1\ttreats Arg1:T1 Arg2:T2\n"
    document = build_one(tmp_path, text, ann, BuildSettings(shares=parse_shares("0:0:100"), max_words=10))
    assert document.lost_mentions == {"T1": "over-long", "T2": "over-long"}
    assert document.relations[0].reach == "over-long"
    assert [(segment.text[-8:], segment.over_long) for segment in document.segments] == [
        ("ord end.", True),
        ("No rash.", False),
    ]
    assert [mention.id for mention in document.mentions] == ["T1", "T2", "T3"]


def test_sentences_around_a_gap_are_no_neighbours(tmp_path: Path) -> None:
    text = "Give aspirin.\n" + "Walk " + "word " * 20 + "end.\nLess pain.\n"
    start = text.index("pain")
    ann = f"T1\tM 5 12\taspirin\nT2\tS {start} {start + 4}\tpain\nR1\ttreats Arg1:T1 Arg2:T2\n"
    document = build_one(tmp_path, text, ann, BuildSettings(shares=parse_shares("0:0:100"), max_words=10))
    # Sentence 0, the gap in place 1, sentence 2: two sentences on, and --max-sentence-distance is 1.
    assert [segment.index for segment in document.segments] == [0, 1, 2]
    assert (document.pairs, document.relations[0].reach) == ((), "cross-sentence")
    shutil.rmtree(tmp_path / "corpus")
    farther = BuildSettings(shares=parse_shares("0:0:100"), max_words=10, max_sentence_distance=2)
    (pair,) = build_one(tmp_path, text, ann, farther).pairs
    assert (pair.segment, pair.distance, pair.label) == (0, 2, "treats")


@pytest.mark.parametrize(
    ("preprocessed", "expected"), [(True, ["visit ward", "aspirin chest pain day"]), (False, [None, None])]
)
def test_the_column_of_preprocessed_text_is_filled_on_request(
    tmp_path: Path, preprocessed: bool, expected: list[str | None]
) -> None:
    export = write_export(tmp_path / "export", {"note": make_note(0)})
    settings = BuildSettings(shares=parse_shares("0:0:100"), preprocessed=preprocessed)
    path = build_corpus(export, tmp_path / "corpus", settings=settings).path / "sentences" / "test.parquet"
    rows = pq.read_table(path).column("preprocessed").to_pylist()
    assert [row and re.sub(r" ?[0-9]", "", row) for row in rows] == expected


def test_source_offsets_survive_cleaning(tmp_path: Path) -> None:
    text = "\ufeffPlan:\r\n\r\n\r\nGive \ue000aspirin\r\nfor 😀 pain.\r\n"
    drug, sign = text.index("aspirin"), text.index("pain")
    ann = f"T1\tM {drug} {drug + 7}\taspirin\nT2\tS {sign} {sign + 4}\tpain\nR1\ttreats Arg1:T1 Arg2:T2\n"
    document = build_one(tmp_path, text, ann)
    assert [(m.text, m.source_fragments[0].start) for m in document.mentions] == [("aspirin", drug), ("pain", sign)]
    for segment in document.segments:
        for mention in segment.mentions:
            assert segment.text[mention.start : mention.end] == mention.text


def test_relations_on_events_reach_their_triggers(tmp_path: Path) -> None:
    text = "Give aspirin for pain."
    ann = "T1\tM 5 12\taspirin\nT2\tS 17 21\tpain\nE1\tM:T1\nE2\tS:T2 Of:E1\nR1\ttreats Arg1:E1 Arg2:E2\n"
    document = build_one(tmp_path, text, ann)
    assert [(each.id, each.arg1, each.arg2, each.reach) for each in document.relations] == [
        ("R1", "T1", "T2", "candidate")
    ]


def test_event_arguments_and_groups_are_relations_on_request(tmp_path: Path) -> None:
    text = "Give aspirin for pain."
    ann = "T1\tM 5 12\taspirin\nT2\tS 17 21\tpain\nE1\tM:T1 For:T2\n*\tEquiv T1 T2\n"
    settings = BuildSettings(shares=parse_shares("0:0:100"), events=True, equivalences=True)
    document = build_one(tmp_path, text, ann, settings)
    assert [(each.id, each.type, each.reach) for each in document.relations] == [
        ("E1:1", "For", "candidate"),
        ("*Equiv:T1:T2", "Equiv", "candidate"),
    ]
    assert document.pairs[0].label == "Equiv+For"
    assert read_corpus(tmp_path / "corpus").schema.is_symmetric("Equiv")


def test_rejected_lines_are_written_down_and_the_rest_is_built(tmp_path: Path) -> None:
    text, ann = make_note(1)
    export = write_export(
        tmp_path / "export", {"note": (text, ann + "T9\tSymptom 900 904\tpain\nR2\ttreats Arg1:T9 Arg2:T2\n")}
    )
    built = build_corpus(export, tmp_path / "corpus", settings=ALL_TEST)
    rows = [json.loads(line) for line in (tmp_path / "corpus" / "rejects.jsonl").read_text().splitlines()]
    assert [(row["file"], row["line"], row["annotation_id"]) for row in rows] == [
        ("note.ann", 4, "T9"),
        ("note.ann", 5, "R2"),
    ]
    assert built.manifest.rejects == {row["code"]: 1 for row in rows}
    assert built.summary.lines["T"] == {"read": 3, "kept": 2, "rejected": 1}


def test_strict_stops_at_the_first_reject_and_writes_nothing(tmp_path: Path) -> None:
    text, ann = make_note(1)
    export = write_export(tmp_path / "export", {"note": (text, ann + "T9\tSymptom 900 904\tpain\n")})
    with pytest.raises(InputError, match=r"note\.ann:4: BRAT-T-OFFSET T9"):
        build_corpus(export, tmp_path / "corpus", settings=BuildSettings(strict=True))
    assert not (tmp_path / "corpus").exists()


def test_gold_outside_the_schema_is_kept_and_widens_or_is_rejected_on_request(tmp_path: Path) -> None:
    export = write_export(tmp_path / "export", make_notes(10))
    conf = (
        "[entities]\nMedication\nSymptom\n[relations]\ntreats\tArg1:Symptom, Arg2:Medication\n[events]\n[attributes]\n"
    )
    (export / "annotation.conf").write_text(conf)
    built = build_corpus(export, tmp_path / "kept")
    assert built.summary.plan.outside == {("treats", "Medication", "Symptom"): 10}
    assert built.manifest.warnings["SCHEMA-PAIR"] == 10
    assert built.summary.plan.schema.allows("treats", "Medication", "Symptom")
    with pytest.raises(InputError, match="hold no relation"):
        build_corpus(export, tmp_path / "strict", settings=BuildSettings(strict_schema=True))


def test_pairs_seen_in_the_test_part_alone_are_not_allowed(tmp_path: Path) -> None:
    notes = {f"train/{name}": note for name, note in make_notes(4).items()}
    text, ann = make_note(5)
    notes["test/odd"] = (text, ann.replace("Symptom", "Finding"))
    export = write_export(tmp_path / "export", notes)
    build_corpus(export, tmp_path / "corpus", settings=BuildSettings(keep_splits=True))
    (odd,) = read_corpus(tmp_path / "corpus").documents("test")
    assert odd.relations[0].reach == "pair-not-allowed"


def test_specialties_under_the_least_number_are_left_out_and_counted(tmp_path: Path) -> None:
    export = write_export(tmp_path / "export", make_notes(6))
    rows = [f"note-{number:03},{'Urology' if number < 4 else 'Surgery'}" for number in range(6)]
    (tmp_path / "metadata.csv").write_text("\n".join(["doc_id,specialty", *rows]) + "\n")
    built = build_corpus(export, tmp_path / "corpus", settings=BuildSettings(min_samples=3))
    cause = "specialty-under-min-samples"
    assert built.summary.accounts["documents"][cause] == 2
    # Each note has two mentions and one relation.
    assert built.summary.accounts["mentions"] == {"kept": 12, "segment": 8, cause: 4}
    assert built.summary.accounts["relations"] == {"kept": 6, "candidate": 4, cause: 2}


def test_patients_of_the_metadata_stay_in_one_part(tmp_path: Path) -> None:
    export = write_export(tmp_path / "export", make_notes(20))
    rows = [f"note-{number:03},P{number // 2}" for number in range(20)]
    (export / "metadata.csv").write_text("\n".join(["doc_id,patient", *rows]) + "\n")
    built = build_corpus(export, tmp_path / "corpus")
    parts = built.summary.plan.parts
    assert all(parts[f"note-{number:03}"] == parts[f"note-{number + 1:03}"] for number in range(0, 20, 2))
    assert [leak.groups_across for leak in built.summary.plan.leaks] == [0, 0, 0]


def test_a_document_without_annotations_is_no_gold(tmp_path: Path) -> None:
    export = write_export(tmp_path / "export", make_notes(3))
    (export / "note-001.ann").unlink()
    (export / "note-002.ann").write_text("")
    built = build_corpus(export, tmp_path / "corpus", settings=ALL_TEST)
    assert built.summary.plan.left_out == {"note-001": "not-annotated"}
    assert [document.doc_id for document in read_corpus(built.path).documents("test")] == ["note-000", "note-002"]


@pytest.mark.parametrize(
    ("documents", "message"),
    [
        ({}, "holds no document"),
        ({"note": ("Pain.", "T1\tS 0 4\tPain\n")}, "1 documents hold no relation"),
        ({"note": ("Pain.", "")}, "1 documents hold no relation"),
    ],
)
def test_an_export_that_gives_no_corpus_leaves_nothing(
    tmp_path: Path, documents: dict[str, tuple[str, str]], message: str
) -> None:
    export = write_export(tmp_path / "export", documents)
    export.mkdir(exist_ok=True)
    with pytest.raises(InputError, match=message):
        build_corpus(export, tmp_path / "corpus")
    assert [path.name for path in tmp_path.iterdir()] == ["export"]


def test_an_export_of_unreadable_texts_is_told_from_an_empty_one(tmp_path: Path) -> None:
    export = write_export(tmp_path / "export", {"note": make_note(0)})
    (export / "note.txt").write_bytes(b"caf\xe9")
    with pytest.raises(InputError, match="1 documents, none of which can be read"):
        build_corpus(export, tmp_path / "corpus")


def test_a_missing_export_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no such folder"):
        build_corpus(tmp_path / "nowhere", tmp_path / "corpus")


def test_an_output_inside_the_export_is_refused(tmp_path: Path) -> None:
    export = write_export(tmp_path / "export", make_notes(3))
    with pytest.raises(Refused):
        build_corpus(export, export / "corpus")


def test_an_old_corpus_is_replaced_with_force_alone(tmp_path: Path) -> None:
    built = build_notes(tmp_path, 5)
    with pytest.raises(OutputExists):
        build_corpus(tmp_path / "export", built.path)
    build_corpus(tmp_path / "export", built.path, settings=ALL_TEST, force=True)
    assert read_corpus(built.path).manifest.counts["test"].documents == 5


@pytest.mark.parametrize("setting", [{"max_words": 0}, {"min_samples": -1}, {"max_sentence_distance": -1}])
def test_numbers_too_small_are_usage_errors(setting: dict[str, int]) -> None:
    with pytest.raises(UsageError, match=r"expected [01] or more"):
        BuildSettings(**setting)  # type: ignore[arg-type]


def run_build(export: Path, out: Path, *options: str, **environment: str) -> dict[str, str]:
    """Build in a process of its own and return the hashes of what it wrote."""
    command = [sys.executable, "-c", "from corpus_tools.cli import main; main()"]
    arguments = ["build", str(export), "--out", str(out), "-q", *options]
    subprocess.run([*command, *arguments], env={**os.environ, **environment}, check=True, timeout=120)
    return hash_folder(out)


def test_the_same_input_gives_the_same_bytes_however_it_runs(tmp_path: Path) -> None:
    # 70 documents are two shards, so that several workers have something to do.
    export = write_export(tmp_path / "export", make_notes(70))
    elsewhere = write_export(tmp_path / "a" / "longer place" / "ä", make_notes(70))
    plain = run_build(export, tmp_path / "plain")
    assert run_build(export, tmp_path / "jobs", "--jobs", "2", PYTHONHASHSEED="1") == plain
    odd = {"LC_ALL": "C", "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "2", "PYTHONPATH": str(Path.cwd())}
    assert run_build(elsewhere, tmp_path / "odd", **odd) == plain


def test_an_interrupted_build_leaves_the_old_corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = build_notes(tmp_path, 5)
    before = hash_folder(built.path)

    def interrupt(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("corpus_tools.build.render_corpus_report", interrupt)
    with pytest.raises(KeyboardInterrupt):
        build_corpus(tmp_path / "export", built.path, force=True)
    assert hash_folder(built.path) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [".corpus.partial", "corpus", "export"]
