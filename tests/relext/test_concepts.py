"""Concepts of mentions: tables read strictly, hashed, hidden in training, and no name of them in a model folder."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from corpus_tools.assembly import CorpusDocument, write_corpus
from corpus_tools.errors import CorpusError, InputError
from corpus_tools.standoff import Span
from relext.cli import relext
from relext.data import NOT_KNOWN, ConceptTable, collect_concepts, hash_concept, parse_concepts, read_concepts
from relext.data.concepts import hash_name
from relext.loop import load_annotator
from relext.model import read_model, write_model
from relext.model.concepts import ConceptFeatures
from relext.prediction import predict_documents
from relext.training import train_to_folder
from tests.relext.literal_documents import make_document, read_literal
from tests.relext.tiny_models import SCHEMA, STEADY, tiny_corpus, tiny_model

TEXT = "Aspirin for pain."
LINES = (
    "T1  Drug 0 7  Aspirin",
    "E1  Sign:T2",
    "T2  Sign 12 16  pain",
    "N1  Reference T1 UMLS:C1  A",
    "N2  Reference E1 UMLS:C2  P",
)


def test_a_mention_is_found_by_id_or_by_characters() -> None:
    table = parse_concepts(
        "doc_id\tmention\tstart\tend\tconcept\tsemantic_type\tgroup\n"
        "a\tT1\t\t\tC1\tT121\tCHEM\n"
        "a\t\t12\t16\tC2\t\tDISO\n",
        source="c.tsv",
    )
    assert table.find("a", "T1", None) == hash_concept("C1", "T121", "CHEM")
    assert table.find("a", "T9", Span(12, 16)) == hash_concept("C2", "", "DISO")
    assert table.find("b", "T1", Span(12, 16)) == NOT_KNOWN
    assert len(table) == 2


def test_a_mention_of_a_document_is_looked_up_in_source_characters() -> None:
    document = make_document(TEXT, "T1  Drug 0 7  Aspirin", "T2  Sign 12 16  pain", doc_id="a")
    table = parse_concepts("doc_id\tstart\tend\tconcept\na\t12\t16\tC2\n", source="c.tsv")
    assert [table.of_mention("a", mention) for mention in document.mentions] == [NOT_KNOWN, hash_concept("C2")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "c.tsv:1: expected doc_id, concept"),
        ("doc_id\tconcept\n", "c.tsv:1: expected doc_id, concept"),
        ("doc_id\tmention\tconcept\tcui\n", "c.tsv:1: unknown or repeated column"),
        ("doc_id\tmention\tconcept\na\tT1\n", "c.tsv:2: has 2 cells; expected 3"),
        ("doc_id\tstart\tend\tconcept\na\t1_0\t20\tC1\n", "c.tsv:2: expected a T id"),
        ("doc_id\tstart\tend\tconcept\na\t9\t9\tC1\n", "c.tsv:2: expected a T id"),
        ("doc_id\tmention\tconcept\na\tT1\t" + "C" * 200_000 + "\n", "c.tsv:2: not a table parted by tabs"),
    ],
)
def test_a_faulty_table_is_refused_with_its_line(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_concepts(text, source="c.tsv")
    assert message in str(caught.value)


def test_n_lines_are_concepts_those_of_events_of_their_triggers() -> None:
    document = read_literal(TEXT, *LINES, doc_id="a").document
    table = collect_concepts([document])
    assert table.find("a", "T1", None) == hash_concept("UMLS:C1")
    assert table.find("a", "T2", None) == hash_concept("UMLS:C2")


def test_a_folder_and_a_table_say_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(TEXT)
    (tmp_path / "a.ann").write_text("".join(line.replace("  ", "\t") + "\n" for line in LINES))
    (tmp_path / "c.tsv").write_text("doc_id\tmention\tconcept\na\tT1\tUMLS:C1\na\tT2\tUMLS:C2\n")
    assert read_concepts(tmp_path) == read_concepts(tmp_path / "c.tsv")


def test_an_unknown_name_has_row_0_and_no_other_has() -> None:
    assert hash_name("", 10) == 0
    assert {hash_name(f"C{n}", 10) for n in range(200)} == set(range(1, 10))
    assert hash_name("C0004057", 4096) == hash_name("C0004057", 4096)


def ones(*, dropout: float) -> ConceptFeatures:
    """Return features in which every known name adds 1."""
    features = ConceptFeatures(4, dropout=dropout)
    with torch.no_grad():
        for embedding in features.embeddings:
            embedding.weight[1:] = 1.0
    return features


def test_what_is_not_known_adds_nothing() -> None:
    features = ones(dropout=0.5).eval()
    rows = torch.tensor([NOT_KNOWN, hash_concept("C1"), hash_concept("C1", group="DISO")])
    assert features(rows)[:, 0].tolist() == [0.0, 1.0, 2.0]


def test_what_training_never_saw_adds_nothing() -> None:
    features = ConceptFeatures(4, dropout=0.0)
    assert features(torch.tensor([hash_concept("C1", "T1", "DISO")])).tolist() == [[0.0] * 4]


def test_concepts_are_hidden_in_training_alone() -> None:
    features = ones(dropout=0.5)
    rows = torch.tensor([hash_concept("C1")] * 200)
    torch.manual_seed(1)
    hidden = int((features(rows) == 0).all(1).sum())
    assert 60 < hidden < 140
    assert not (features.eval()(rows) == 0).all(1).any()


LEARNT = STEADY.overridden(concept_dropout=0.0, epochs=30, patience=30, scratch_rate=5e-3, head_rate=2e-2)


def said_by_concept(number: int) -> CorpusDocument:
    """Return a note whose label only a concept tells: what drug x does to a sign is not in the text."""
    return make_document(
        "Took xylan, then pain.",
        "T1  Drug 5 10  xylan",
        "T2  Sign 17 21  pain",
        f"R1  {('treats', 'causes')[number % 2]} Arg1:T1 Arg2:T2",
        doc_id=f"note-{number}",
    )


@pytest.fixture(scope="module")
def table() -> ConceptTable:
    rows = [f"note-{n}\tT1\tHARM{n % 2}\n" for n in range(16)]
    return parse_concepts("doc_id\tmention\tconcept\n" + "".join(rows), source="c.tsv")


@pytest.fixture(scope="module")
def model(table: ConceptTable, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("concepts")
    documents = [said_by_concept(number) for number in range(16)]
    write_corpus(folder / "corpus", {"train": documents[:12], "validation": documents[12:]}, schema=SCHEMA)
    train_to_folder(folder / "corpus", folder / "model", LEARNT, concepts=table)
    return folder / "model"


def test_a_model_learns_what_only_concepts_tell(model: Path, table: ConceptTable) -> None:
    loaded = read_model(model, device="cpu", precision="fp32")
    documents = [said_by_concept(number) for number in range(4)]
    with_table = predict_documents(loaded, documents, concepts=table)
    assert [each.relations[0].type for each in with_table] == ["treats", "causes", "treats", "causes"]
    without = [tuple(relation.type for relation in each.relations) for each in predict_documents(loaded, documents)]
    assert len(set(without)) == 1  # the same text, the same answer


def test_no_concept_is_in_the_model_folder(model: Path) -> None:
    assert not [path for path in model.rglob("*") if path.is_file() and b"HARM" in path.read_bytes()]


def test_concepts_for_a_model_that_learnt_without_are_a_usage_error(tmp_path: Path) -> None:
    write_model(tmp_path / "model", tiny_model())
    tiny_corpus(tmp_path / "corpus")
    (tmp_path / "c.tsv").write_text("doc_id\tmention\tconcept\n")
    arguments = ["eval", str(tmp_path / "model"), str(tmp_path / "corpus"), "--concepts", str(tmp_path / "c.tsv")]
    result = CliRunner().invoke(relext, arguments)
    assert isinstance(result.exception, CorpusError)
    assert result.exception.exit_code == 2
    assert "relext train --concepts" in str(result.exception)


def test_a_table_reaches_the_model_when_it_annotates_or_explains(model: Path) -> None:
    annotator = load_annotator(model)
    lines = ("T1  Drug 5 10  xylan", "T2  Sign 17 21  pain")
    for harm, label in (("HARM0", "treats"), ("HARM1", "causes")):
        document = read_literal("Took xylan, then pain.", *lines, doc_id="new").document
        table = ConceptTable({("new", "T1"): hash_concept(harm)})
        knowing = replace(annotator, concepts=table)
        assert [relation.type for relation in knowing.predict(document).relations] == [label]
        assert knowing.explain(document, "T1", "T2").label == label
