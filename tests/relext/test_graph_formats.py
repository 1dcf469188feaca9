"""The map read back by readers that are not ours: csv, pyarrow, networkx, rdflib."""

import csv
import io

import networkx as nx
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rdflib
from rdflib.namespace import PROV, RDF, RDFS

from corpus_tools.rendering import unescape_cell
from relext.graph import KnowledgeMap, without_evidence
from relext.graph.graphml import format_graphml
from relext.graph.tables import format_edges, format_nodes, make_tables
from relext.graph.turtle import BASE, format_turtle
from tests.relext.graph_documents import (
    ASPIRIN,
    ASPIRIN_LINES,
    DENIED,
    DENIED_LINES,
    HOSTILE_NAMES,
    draw,
    hostile_document,
    note,
    two_notes,
)


def read_csv(content: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content, newline="")))


def read_rdf(knowledge: KnowledgeMap) -> rdflib.Graph:
    return rdflib.Graph().parse(data=format_turtle(knowledge), format="turtle")


def term(kind: str, name: str) -> rdflib.URIRef:
    return rdflib.URIRef(f"{BASE}{kind}:{name}")


@pytest.fixture(scope="module")
def hostile() -> KnowledgeMap:
    return draw(hostile_document(), has_text=True)


def test_csv_has_the_import_headers_of_neo4j() -> None:
    nodes, edges = read_csv(format_nodes(two_notes())), read_csv(format_edges(two_notes()))
    assert list(nodes[0]) == [
        *("id:ID", "name:string", ":LABEL", "concept:string", "lemma:string", "mentions:int"),
        *("documents:int", "cases:int", "assertions:string[]"),
    ]
    assert list(edges[0])[:3] == [":START_ID", ":END_ID", ":TYPE"]
    ids = {row["id:ID"] for row in nodes}
    assert len(ids) == len(nodes) == 2
    assert all({row[":START_ID"], row[":END_ID"]} <= ids for row in edges)
    denied = next(row for row in edges if row["assertion:string"] == "absent")
    assert (denied[":TYPE"], denied["support:int"], denied["probability:double"]) == ("treats", "1", "")
    assert denied["evidence:string[]"] == "ward/b R1 17-24 3-13"


def test_parquet_has_typed_columns_and_nested_evidence() -> None:
    tables = {name: pq.read_table(pa.BufferReader(content)) for name, content in make_tables(two_notes()).items()}
    edges = tables["edges.parquet"].to_pylist()
    assert sorted(edge["assertion"] for edge in edges) == ["absent", "present"]
    stated = next(edge for edge in edges if edge["assertion"] == "present")
    assert stated["evidence"][0]["target"] == [{"start": 12, "end": 23}]
    assert tables["nodes.parquet"].schema.field("mentions").type == pa.int32()


def test_graphml_keeps_both_edges_between_two_nodes() -> None:
    graph = nx.parse_graphml(format_graphml(two_notes()), force_multigraph=True)
    assert graph.is_directed()
    assert (graph.number_of_nodes(), graph.number_of_edges()) == (2, 2)
    values = {attributes["assertion"]: attributes for _, _, attributes in graph.edges(data=True)}
    assert values["absent"]["support"] == 1
    assert values["absent"]["symmetric"] is False
    assert {attributes["lemma"] for _, attributes in graph.nodes(data=True)} == {"aspirin", "chest pain"}


def test_a_triple_is_stated_only_where_its_assertion_is_present() -> None:
    graph = read_rdf(draw(note(DENIED, *DENIED_LINES)))
    (statement,) = graph.subjects(RDF.type, RDF.Statement)
    assert str(graph.value(statement, term("vocabulary", "assertion"))) == "absent"
    assert list(graph.triples((None, term("relation", "treats"), None))) == []
    assert len(list(read_rdf(two_notes()).triples((None, term("relation", "treats"), None)))) == 1


def test_turtle_leads_from_an_edge_to_the_document_and_the_model() -> None:
    suggested = note(ASPIRIN, *ASPIRIN_LINES, "#1  AnnotatorNotes R1  probability 0.900; model m@1", doc_id="ward/a b")
    knowledge = draw(suggested)
    graph = read_rdf(knowledge)
    (evidence,) = graph.objects(term("edge", knowledge.edges[0].id), PROV.wasDerivedFrom)
    assert list(graph.objects(evidence, PROV.wasQuotedFrom)) == [term("document", "ward%2Fa%20b")]
    (model,) = graph.objects(evidence, PROV.wasAttributedTo)
    assert str(graph.value(model, RDFS.label)) == "m@1"
    assert [str(each) for each in graph.objects(evidence, term("vocabulary", "targetSpan"))] == ["12,23"]
    assert float(str(graph.value(term("edge", knowledge.edges[0].id), term("vocabulary", "probability")))) == 0.9
    activity = graph.value(term("edge", knowledge.edges[0].id), PROV.wasGeneratedBy)
    assert (activity, PROV.used, term("document", "ward%2Fa%20b")) in graph


def test_hostile_cells_are_guarded_and_read_back_equal(hostile: KnowledgeMap) -> None:
    rows = read_csv(format_nodes(hostile))
    assert not any(row["name:string"].startswith(("=", "+", "-", "@", "\t")) for row in rows)
    assert {unescape_cell(row["name:string"]) for row in rows} == set(HOSTILE_NAMES)
    raw = {row["name:string"] for row in read_csv(format_nodes(hostile, raw=True))}
    assert raw == set(HOSTILE_NAMES)


def test_a_semicolon_inside_a_value_does_not_part_it(hostile: KnowledgeMap) -> None:
    rows = read_csv(format_edges(hostile))
    assert {row["evidence:string[]"].count(";") for row in rows} == {0}
    assert rows[0]["evidence:string[]"].startswith("ward/%3Cb%3E%22x%22%26%3B R")


def test_hostile_names_pass_networkx(hostile: KnowledgeMap) -> None:
    graph = nx.parse_graphml(format_graphml(hostile), force_multigraph=True)
    names = {attributes["name"] for _, attributes in graph.nodes(data=True)}
    assert names == {name.replace("\x1b", "\\x1b") for name in HOSTILE_NAMES}
    assert graph.number_of_edges() == len(HOSTILE_NAMES) - 1


def test_hostile_names_and_ids_pass_rdflib(hostile: KnowledgeMap) -> None:
    graph = read_rdf(hostile)
    names = {str(graph.value(term("node", node.id), RDFS.label)) for node in hostile.nodes}
    assert names == set(HOSTILE_NAMES)
    assert 'ward/<b>"x"&;' in {str(each) for each in graph.objects(None, term("vocabulary", "docId"))}


def test_nul_passes_every_reader() -> None:
    knowledge = draw(note("a\x00b c", "T1  Sign 0 3  a\x00b", "T2  Sign 4 5  c", "R1  near Arg1:T1 Arg2:T2"))
    assert {row["name:string"] for row in read_csv(format_nodes(knowledge))} == {"a\\x00b", "c"}
    nodes = nx.parse_graphml(format_graphml(knowledge), force_multigraph=True).nodes(data=True)
    assert {attributes["name"] for _, attributes in nodes} == {"a\\x00b", "c"}
    labels = {str(each) for each in read_rdf(knowledge).objects(None, RDFS.label)}
    assert {"a\x00b", "c"} <= labels


def test_quotes_stand_where_they_were_asked_for_only(hostile: KnowledgeMap) -> None:
    plain = two_notes()
    assert "quotes:string[]" in format_edges(hostile).splitlines()[0]
    assert "quotes:string[]" not in format_edges(plain).splitlines()[0]
    assert "v:quote" not in format_turtle(plain)


def test_without_evidence_no_document_is_named_in_any_form() -> None:
    bare = without_evidence(two_notes())
    for content in (format_edges(bare), format_graphml(bare), format_turtle(bare)):
        assert "ward/b" not in content
        assert "ward%2Fb" not in content


def test_the_same_map_gives_the_same_bytes() -> None:
    assert make_tables(two_notes()) == make_tables(two_notes())
    assert format_turtle(two_notes()) == format_turtle(two_notes())
