"""Other formats come in and go out with verified offsets, and what does not survive is counted."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from corpus_tools.cli import corpus
from corpus_tools.conversion import FORMATS, ConversionReport, convert
from corpus_tools.conversion.record import tell_apart
from corpus_tools.errors import InputError, OutputExists, Refused, UsageError
from corpus_tools.standoff import Document, read_project

TEXT = "Chest pain since May.\nAspirin for pain; left and right knee swelling."
ANN = (
    "T1\tSymptom 0 10\tChest pain\n"
    "T2\tMedication 22 29\tAspirin\n"
    "T3\tSymptom 34 38\tpain\n"
    "T4\tSymptom 40 44;55 68\tleft knee swelling\n"
    "R1\ttreats Arg1:T2 Arg2:T3\n"
    "A1\tAssertion T1 historical\n"
    "#1\tAnnotatorNotes T1\tlook again\n"
)


@pytest.fixture
def project_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "brat"
    folder.mkdir()
    (folder / "a.txt").write_bytes(TEXT.encode())
    (folder / "a.ann").write_bytes(ANN.encode())
    return folder


def there(folder: Path, format: str) -> tuple[Path, ConversionReport]:
    out = folder.parent / format
    report = convert(folder, out, from_format="brat", to_format=format)
    files = {"spert": "documents.json", "bioc": "collection.xml", "pubtator": "documents.pubtator"}
    return out / files[format] if format in files else out, report


def back(source: Path, format: str, out: Path) -> Document:
    convert(source, out, from_format=format, to_format="brat")
    (aligned,) = read_project(out)
    assert aligned.rejects == () and aligned.repairs == ()
    return aligned.document


def run(source: Path, out: Path, *, from_format: str) -> Result:
    return CliRunner().invoke(corpus, ["convert", str(source), "--from", from_format, "--out", str(out)])


def spans(document: Document) -> list[tuple[str, str, str]]:
    return [
        (t.type, ";".join(f"{s.start} {s.end}" for s in t.fragments), t.text)
        for t in sorted(document.textbounds, key=lambda t: (t.start, t.end))
    ]


def relations(document: Document) -> list[tuple[str, str, str]]:
    return [(r.type, document.find(r.arg1).text, document.find(r.arg2).text) for r in document.relations]  # type: ignore[union-attr]


CONTINUOUS = [
    ("Symptom", "0 10", "Chest pain"),
    ("Medication", "22 29", "Aspirin"),
    ("Symptom", "34 38", "pain"),
]


def test_bioc_keeps_mentions_fragments_and_relations(project_folder: Path, tmp_path: Path) -> None:
    source, report = there(project_folder, "bioc")
    document = back(source, "bioc", tmp_path / "back")
    assert document.text == TEXT
    assert spans(document) == [*CONTINUOUS, ("Symptom", "40 44;55 68", "left knee swelling")]
    assert relations(document) == [("treats", "Aspirin", "pain")]
    assert report.losses_writing == {"note": 1}


def test_i2b2_widens_to_tokens_and_fills_gaps(project_folder: Path, tmp_path: Path) -> None:
    source, report = there(project_folder, "i2b2")
    assert (source / "rel" / "a.rel").read_text() == 'c="aspirin" 2:0 2:0||r="treats"||c="pain;" 2:2 2:2\n'
    assert (source / "ast" / "a.ast").read_text() == 'c="chest pain" 1:0 1:1||t="Symptom"||a="historical"\n'
    # "pain" grows by its semicolon, "swelling" by its full stop; the discontinuous mention spans four tokens more.
    assert report.losses_writing == {"discontinuous-filled": 1, "note": 1, "widened-to-tokens": 2}
    document = back(source, "i2b2", tmp_path / "back")
    assert spans(document)[3] == ("Symptom", "40 69", "left and right knee swelling.")
    assert [(a.name, a.value) for a in document.attributes] == [("Assertion", "historical")]


def test_i2b2_relation_whose_end_may_be_either_of_two_mentions_is_counted_and_not_guessed(tmp_path: Path) -> None:
    (tmp_path / "brat").mkdir()
    (tmp_path / "brat" / "a.txt").write_text("aspirin-induced bleeding, rash")
    (tmp_path / "brat" / "a.ann").write_text(
        "T1\tDrug 0 7\taspirin\nT2\tCause 0 15\taspirin-induced\nT3\tSign 16 24\tbleeding\nT4\tSign 26 30\trash\n"
        "R1\tcauses Arg1:T1 Arg2:T3\nR2\tbeside Arg2:T3 Arg1:T4\nR3\tbeside Arg1:T3 Arg2:T2\n"
    )
    source, report = there(tmp_path / "brat", "i2b2")
    # "aspirin" is one token with "-induced", "bleeding" one with its comma
    assert report.losses_writing == {"ambiguous-relation": 2, "widened-to-tokens": 2}
    returned = convert(source, tmp_path / "back", from_format="i2b2", to_format="brat")
    assert (returned.mentions, returned.losses_reading) == (4, {"ambiguous-relation": 2})
    (aligned,) = read_project(tmp_path / "back")
    assert relations(aligned.document) == [("beside", "rash", "bleeding,")]


def test_i2b2_relation_is_known_by_place_and_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Chest pain, aspirin")
    (tmp_path / "a.con").write_text('c="chest pain," 1:0 1:1||t="problem"\nc="aspirin" 1:2 1:2||t="treatment"\n')
    ends = ('c="aspirin" 1:2 1:2', 'c="CHEST  pain," 1:0 1:1', 'c="chest" 1:0 1:1')
    (tmp_path / "a.rel").write_text("".join(f'{ends[0]}||r="TrAP"||{end}\n' for end in ends[1:]))
    report = convert(tmp_path, tmp_path.parent / f"{tmp_path.name}-out", from_format="i2b2", to_format="brat")
    assert (report.relations, report.losses_reading) == (1, {"text-differs-from-offsets": 1})


def test_spert_leaves_discontinuous_mentions_out_and_counts_them(project_folder: Path, tmp_path: Path) -> None:
    source, report = there(project_folder, "spert")
    document = back(source, "spert", tmp_path / "back")
    assert (document.text, spans(document)) == (TEXT, CONTINUOUS)
    assert relations(document) == [("treats", "Aspirin", "pain")]
    assert report.losses_writing == {"attribute": 1, "discontinuous-mention": 1, "note": 1}


def test_pubtator_keeps_offsets_across_title_and_abstract(project_folder: Path, tmp_path: Path) -> None:
    source, report = there(project_folder, "pubtator")
    document = back(source, "pubtator", tmp_path / "back")
    assert spans(document)[:3] == CONTINUOUS
    assert relations(document) == [("treats", "Aspirin", "pain")]
    assert report.losses_writing == {"attribute": 1, "discontinuous-filled": 1, "note": 1}


def test_ddi_xml_is_read_with_inclusive_ends_and_discontinuous_mentions(tmp_path: Path) -> None:
    (tmp_path / "d.xml").write_text(
        '<document id="d"><sentence id="s0" text="Beta blockers and digoxin interact.">'
        '<entity id="e0" charOffset="0-12" type="group" text="Beta blockers"/>'
        '<entity id="e1" charOffset="18-24" type="drug" text="digoxin"/>'
        '<pair id="p0" e1="e0" e2="e1" ddi="true" type="int"/></sentence>'
        '<sentence id="s1" text="Folic or acetic acid.">'
        '<entity id="e2" charOffset="0-4;16-19" type="drug" text="Folic acid"/>'
        '<entity id="e3" charOffset="9-90" type="drug" text="acetic acid"/>'
        '<pair id="p1" e1="e2" e2="e3" ddi="false"/></sentence></document>'
    )
    document = back(tmp_path / "d.xml", "ddi", tmp_path / "brat")
    assert document.text == "Beta blockers and digoxin interact. Folic or acetic acid."
    # The second sentence starts at 36; the mention that runs to 90 is beyond the text, and left out.
    assert spans(document) == [
        ("group", "0 13", "Beta blockers"),
        ("drug", "18 25", "digoxin"),
        ("drug", "36 41;52 56", "Folic acid"),
    ]
    assert relations(document) == [("int", "Beta blockers", "digoxin")]


def test_wrong_offset_is_a_counted_loss_and_takes_its_relation_with_it(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("aspirin helps pain")
    (tmp_path / "concept").mkdir()
    (tmp_path / "rel").mkdir()
    (tmp_path / "concept" / "a.con").write_text(
        'c="aspirin" 1:0 1:0||t="treatment"\nc="pain" 1:1 1:1||t="problem"\nnonsense\n'
    )
    (tmp_path / "rel" / "a.rel").write_text('c="aspirin" 1:0 1:0||r="TrAP"||c="pain" 1:9 1:9\n')
    report = convert(tmp_path, tmp_path.parent / f"{tmp_path.name}-out", from_format="i2b2", to_format="brat")
    assert (report.mentions, report.relations) == (1, 0)
    assert report.losses_reading == {
        "relation-without-mention": 1,
        "text-differs-from-offsets": 1,
        "unreadable-line.con": 1,
    }


PUBTATOR = "123|t|Aspirin.\n123\t0\t7\tAspirin\tDrug\tD1\n\n123|t|Warfarin.\n123\t0\t8\tWarfarin\tDrug\tD2\n"


@pytest.mark.parametrize("between", ["\n", "\n\n"])  # `cat` of two files leaves no blank line
def test_id_that_comes_twice_is_two_documents_and_said(tmp_path: Path, between: str) -> None:
    (tmp_path / "a.pubtator").write_text(PUBTATOR.replace("\n\n", between))
    result = run(tmp_path / "a.pubtator", tmp_path / "out", from_format="pubtator")
    assert result.exit_code == 0
    assert "document-renamed" in result.stdout and "123 (written as 123-2)" in result.stderr
    texts = {path.name: path.read_text() for path in (tmp_path / "out").iterdir()}
    assert texts["123.txt"] == "Aspirin." and texts["123.ann"] == "T1\tDrug 0 7\tAspirin\n"
    assert texts["123-2.txt"] == "Warfarin." and texts["123-2.ann"] == "T1\tDrug 0 8\tWarfarin\n"


@pytest.mark.parametrize("format", ["i2b2", "pubtator"])
def test_names_that_coincide_without_folders_are_told_apart(tmp_path: Path, format: str) -> None:
    for name in ("a/b_c", "a_b/c"):
        path = tmp_path / "in" / f"{name}.txt"
        path.parent.mkdir(parents=True)
        path.write_text(f"Aspirin in {name}")
        path.with_suffix(".ann").write_text("T1\tDrug 0 7\tAspirin\n")
    report = convert(tmp_path / "in", tmp_path / "out", from_format="brat", to_format=format)
    assert (report.renamed, report.losses_writing) == ({"a_b_c-2": "a_b/c"}, {"document-renamed": 1})
    returned = convert(tmp_path / "out", tmp_path / "back", from_format=format, to_format="brat")
    assert (returned.documents, returned.mentions, returned.renamed) == (2, 2, {})
    assert (tmp_path / "back" / "a_b_c.txt").read_text().startswith("Aspirin in a/b_c")
    assert (tmp_path / "back" / "a_b_c-2.txt").read_text().startswith("Aspirin in a_b/c")


def test_ids_that_make_one_safe_name_are_told_apart(tmp_path: Path) -> None:
    ids = ("../x", "x", "x-2", "a\\b", "a_b")
    (tmp_path / "a.json").write_text(json.dumps([{"orig_id": id, "tokens": [id]} for id in ids]))
    report = convert(tmp_path / "a.json", tmp_path / "out", from_format="spert", to_format="brat")
    assert {path.stem: path.read_text() for path in (tmp_path / "out").glob("*.txt")} == {
        "x": "../x", "x-3": "x", "x-2": "x-2", "a_b": "a\\b", "a_b-2": "a_b"
    }  # fmt: skip
    assert report.renamed == {"x-3": "x", "a_b-2": "a_b"}


@pytest.mark.parametrize("count", [5, 7])
def test_warning_over_many_names_is_short(tmp_path: Path, count: int) -> None:
    (tmp_path / "a.json").write_text(json.dumps([{"orig_id": "x", "tokens": ["a"]}] * (count + 1)))
    said = run(tmp_path / "a.json", tmp_path / "out", from_format="spert").stderr
    assert ("written as x-6" in said, "written as x-7" in said) == (True, False)
    assert ("2 more in --json" in said) == (count == 7)


@given(st.lists(st.text(alphabet="a-2", max_size=4)))
def test_names_told_apart_are_distinct_and_a_first_one_stays(names: list[str]) -> None:
    apart = tell_apart(names)
    assert len(set(apart)) == len(names) and set(names) <= set(apart)
    assert all(apart[names.index(name)] == name for name in names)


BOMB = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><collection>&a;</collection>'


@pytest.mark.parametrize(
    ("format", "name", "content", "error", "message"),
    [
        ("ddi", "a.xml", BOMB, Refused, "document type"),
        ("bioc", "a.xml", BOMB, Refused, "document type"),
        ("ddi", "a.xml", "<open", InputError, "no XML"),
        ("bioc", "a.xml", "<open", InputError, "no BioC"),
        ("bioc", "a.json", "[1]", InputError, "no BioC"),
        ("spert", "a.json", '{"a": 1}', InputError, "a list of records"),
        (
            "spert",
            "a.json",
            '[{"tokens": ["a"], "entities": [{"type": "x", "start": 0, "end": 9}]}]',
            InputError,
            "record 0",
        ),
        ("pubtator", "a.txt", "nothing\n", InputError, "no PubTator"),
    ],
)
def test_hostile_or_broken_source_is_one_clear_error(
    tmp_path: Path, format: str, name: str, content: str, error: type[Exception], message: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(error, match=message):
        convert(tmp_path / name, tmp_path / "out", from_format=format, to_format="brat")
    assert not (tmp_path / "out").exists()


def test_document_id_from_a_file_cannot_leave_the_folder(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"orig_id": "../../evil", "tokens": ["a"]}]')
    convert(tmp_path / "a.json", tmp_path / "out", from_format="spert", to_format="brat")
    assert sorted(path.name for path in (tmp_path / "out").rglob("*.txt")) == ["evil.txt"]
    assert not (tmp_path.parent / "evil.txt").exists()


def test_format_that_can_only_be_read_says_so(project_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="only be read"):
        convert(project_folder, tmp_path / "out", from_format="brat", to_format="ddi")


def test_output_that_is_there_is_kept(project_folder: Path, tmp_path: Path) -> None:
    there(project_folder, "bioc")
    with pytest.raises(OutputExists):
        there(project_folder, "bioc")


@pytest.mark.parametrize("format", ["bioc", "pubtator", "spert", "i2b2"])
def test_real_corpus_comes_back_with_every_offset_right(shared_data: Path, tmp_path: Path, format: str) -> None:
    source = shared_data / "ddi2013" / "Train" / "MedLine"
    report = convert(source, tmp_path / format, from_format="brat", to_format=format)
    names: dict[str, str] = {"bioc": "collection.xml", "pubtator": "documents.pubtator", "spert": "documents.json"}
    path = tmp_path / format / names[format] if format in names else tmp_path / format
    returned = convert(path, tmp_path / "back", from_format=format, to_format="brat")
    lost = report.losses_writing.get("discontinuous-mention", 0) + report.losses_writing.get("same-tokens-and-type", 0)
    assert returned.losses_reading.get("text-differs-from-offsets", 0) == 0
    assert returned.mentions == report.mentions - lost
    assert all(not aligned.rejects for aligned in read_project(tmp_path / "back"))


@pytest.mark.parametrize("format", ["bioc", "pubtator", "spert", "i2b2", "brat"])
def test_folder_that_was_written_is_read_back(project_folder: Path, tmp_path: Path, format: str) -> None:
    convert(project_folder, tmp_path / "out", from_format="brat", to_format=format)
    document = back(tmp_path / "out", format, tmp_path / "back")
    assert (document.doc_id, spans(document)[:2]) == ("a", CONTINUOUS[:2])


def test_all_files_of_the_format_in_a_folder_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name, pmid in (("b.pubtator", 2), ("a.pubtator", 1), ("notes.txt", 3)):
        (tmp_path / "in" / name).write_text(f"{pmid}|t|Aspirin.\n{pmid}\t0\t7\tAspirin\tDrug\tD1\nodd\n")
    report = convert(tmp_path / "in", tmp_path / "out", from_format="pubtator", to_format="brat")
    assert (report.documents, report.mentions, report.rejects) == (2, 2, 2)
    assert report.losses_reading == {"unreadable-line": 2}
    assert sorted(path.name for path in (tmp_path / "out").glob("*.txt")) == ["1.txt", "2.txt"]


@pytest.mark.parametrize(("format", "looked_for"), [("spert", ".json"), ("bioc", ".xml or .json")])
def test_folder_without_a_file_of_the_format_says_what_was_looked_for(
    project_folder: Path, tmp_path: Path, format: str, looked_for: str
) -> None:
    with pytest.raises(InputError, match=f"brat: no {looked_for} here, which --from {format} looks for"):
        convert(project_folder, tmp_path / "out", from_format=format, to_format="brat")


@pytest.mark.parametrize(
    ("written", "read", "looked_for"),
    [
        ("brat", "i2b2", r"\.con in concept/, \.ast in ast/, \.rel in rel/ or here"),
        ("i2b2", "brat", r"no \.ann here, which --from brat looks for"),
        ("bioc", "ddi", "no DDI XML, whose root is <document>"),
    ],
)
def test_wrong_format_of_the_source_is_no_success(
    project_folder: Path, tmp_path: Path, written: str, read: str, looked_for: str
) -> None:
    convert(project_folder, tmp_path / "in", from_format="brat", to_format=written)
    with pytest.raises(InputError, match=looked_for):
        convert(tmp_path / "in", tmp_path / "out", from_format=read, to_format="spert")
    assert not (tmp_path / "out").exists()


def test_ddi_xml_is_no_bioc(tmp_path: Path) -> None:
    (tmp_path / "d.xml").write_text('<document id="d"><sentence id="s0" text="Digoxin."/></document>')
    with pytest.raises(InputError, match="no BioC document"):
        convert(tmp_path / "d.xml", tmp_path / "out", from_format="bioc", to_format="brat")


def test_text_without_annotations_is_converted_beside_one_that_has_some(project_folder: Path, tmp_path: Path) -> None:
    (project_folder / "b.txt").write_text("Nothing yet.")
    report = convert(project_folder, tmp_path / "out", from_format="brat", to_format="i2b2")
    assert report.documents == 2
    assert convert(tmp_path / "out", tmp_path / "back", from_format="i2b2", to_format="brat").documents == 2


def test_every_format_reads_what_it_writes() -> None:
    readers: list[Callable[[Path], object]] = [each.read for each in FORMATS.values()]
    assert len(readers) == 6
    assert [name for name, each in FORMATS.items() if each.render is None] == ["ddi"]
