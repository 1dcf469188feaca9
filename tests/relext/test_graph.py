"""The knowledge map: what becomes one node, what stays two edges, and what is counted instead of drawn."""

import pytest

from corpus_tools.assembly import Metadata
from corpus_tools.standoff import Span
from relext.graph import Evidence, leave_out_small, without_evidence
from relext.graph.knowledge import overall_assertion
from relext.graph.names import lemma_of
from tests.relext.graph_documents import ASPIRIN, ASPIRIN_LINES, DENIED, DENIED_LINES, draw, note, two_notes


@pytest.mark.parametrize(
    ("form", "lemma"),
    [("Chest  Pains", "chest pain"), ("BP 168/92", "bp 168 / 92"), ("ﬁbrosis", "fibrosis"), ("+++", "+++"), ("", "")],
)
def test_a_lemma_is_lower_case_words_in_their_base_form(form: str, lemma: str) -> None:
    assert lemma_of(form) == lemma


def test_mentions_of_one_lemma_and_type_are_one_node() -> None:
    nodes = {node.lemma: node for node in two_notes().nodes}
    assert sorted(nodes) == ["aspirin", "chest pain"]
    pain = nodes["chest pain"]
    assert (pain.name, pain.types, pain.mentions, pain.documents) == ("chest pain", ("Sign",), 2, 2)
    assert dict(pain.assertions) == {"absent": 1, "present": 1}


def test_what_is_denied_stands_on_another_edge_than_what_is_stated() -> None:
    edges = two_notes().edges
    assert len({(edge.source, edge.label, edge.target) for edge in edges}) == 1
    assert sorted((edge.assertion, edge.target_assertion, edge.support) for edge in edges) == [
        ("absent", "absent", 1),
        ("present", "present", 1),
    ]


def test_a_negated_relation_is_another_edge_too() -> None:
    negated = note(ASPIRIN, *ASPIRIN_LINES, "A1  Negation R1", doc_id="b")
    edges = draw(note(ASPIRIN, *ASPIRIN_LINES, doc_id="a"), negated).edges
    assert sorted(edge.assertion for edge in edges) == ["absent", "present"]


@pytest.mark.parametrize(
    ("own", "ends", "overall"),
    [
        ("present", ("present", "present"), "present"),
        ("present", ("possible", "absent"), "absent"),
        ("hypothetical", ("historical", "present"), "hypothetical"),
        ("present", ("unheard-of", "absent"), "unheard-of"),
    ],
)
def test_the_strongest_reservation_counts(own: str, ends: tuple[str, str], overall: str) -> None:
    assert overall_assertion(own, ends) == overall


def test_evidence_is_document_and_offsets_without_words() -> None:
    evidence = {each.doc_id: each for edge in two_notes().edges for each in edge.evidence}
    assert evidence["a"] == Evidence("a", "R1", (Span(0, 7),), (Span(12, 23),))
    assert evidence["ward/b"].source == (Span(17, 24),)


def test_a_quote_is_the_sentence_and_only_on_request() -> None:
    text = "He slept. Aspirin for chest\npains. No fever."
    lines = ("T1  Drug 10 17  Aspirin", "T2  Sign 22 27;28 33  chest pains", "R1  treats Arg1:T1 Arg2:T2")
    (edge,) = draw(note(text, *lines), has_text=True).edges
    assert edge.evidence[0].quote == "Aspirin for chest pains."
    assert edge.evidence[0].target == (Span(22, 27), Span(28, 33))


def test_one_concept_is_one_node_whatever_the_words_and_types() -> None:
    asa = note("ASA today", "T1  Drug 0 3  ASA", "N1  Reference T1 RxNorm:1191  aspirin", doc_id="a")
    given = note(
        "Acetylsalicylic acid", "T1  Agent 0 20  Acetylsalicylic acid", "N1  Reference T1 RxNorm:1191  aspirin"
    )
    (node,) = draw(asa, given).nodes
    assert (node.concept, node.name, node.lemma, node.types) == ("RxNorm:1191", "aspirin", "", ("Agent", "Drug"))


def test_the_preferred_terminology_is_taken_where_a_mention_has_several() -> None:
    lines = ("T1  Drug 0 3  ASA", "N1  Reference T1 UMLS:C0004057  ", "N2  Reference T1 RxNorm:1191  aspirin")
    assert [node.concept for node in draw(note("ASA", *lines)).nodes] == ["UMLS:C0004057"]
    assert [node.concept for node in draw(note("ASA", *lines), resources=("RxNorm",)).nodes] == ["RxNorm:1191"]


def test_the_mean_probability_is_that_of_the_suggestions() -> None:
    suggested = [
        note(ASPIRIN, *ASPIRIN_LINES, f"#1  AnnotatorNotes R1  probability {p}; model m@1", doc_id=p)
        for p in ("0.900", "0.600")
    ]
    (edge,) = draw(*suggested, note(ASPIRIN + " ", *ASPIRIN_LINES, doc_id="human")).edges
    # (0.9 + 0.6) / 2 over the two suggested ones; the third is a person's.
    assert (edge.support, edge.predicted, edge.probability) == (3, 2, 0.75)
    assert draw(*suggested).models == ("m@1",)


def test_relations_between_events_stand_at_their_triggers() -> None:
    lines = ("T1  Give 0 4  give", "T2  Drug 5 12  aspirin", "T3  Sign 17 21  pain", "E1  Give:T1 Theme:T2")
    related = note("give aspirin for pain", *lines, "R1  treats Arg1:E1 Arg2:T3")
    names = {node.id: node.name for node in draw(related).nodes}
    (edge,) = draw(related).edges
    assert (names[edge.source], edge.label, names[edge.target]) == ("give", "treats", "pain")
    labels = sorted(edge.label for edge in draw(related, events=True).edges)
    assert labels == ["Theme", "treats"]


def test_a_symmetric_relation_is_one_edge_in_either_direction() -> None:
    there, back = "R1  near Arg1:T1 Arg2:T2", "R2  near Arg1:T2 Arg2:T1"
    ends = ("T1  Sign 0 5  cough", "T2  Sign 6 11  fever", "A1  Assertion T1 absent")
    apart = [note(text, *ends, line, doc_id=text) for text, line in (("cough fever", there), ("cough fever.", back))]
    (edge,) = draw(*apart, symmetric="near").edges
    assert (edge.support, edge.symmetric) == (2, True)
    both = note("cough fever", *ends, there, back)
    assert len(draw(both).edges) == 2
    assert [edge.support for edge in draw(both, symmetric="near").edges] == [1]
    assert draw(both, symmetric="near").left_out == {"duplicate": 1}


def test_what_no_edge_can_stand_for_is_counted() -> None:
    lines = ("T1  Sign 0 5  cough", "T2  Sign 6 11  fever", "T3  Sign 12 16  rash", "*  Equiv T1 T2")
    n_ary = note("cough fever rash", *lines, "R1  all A:T1 B:T2 C:T3", "R2  near Arg1:T1 Arg2:T1")
    assert draw(n_ary).left_out == {"equivalence": 1, "n-ary": 1, "self": 1}
    assert draw(n_ary).edges == ()


def test_the_same_text_twice_counts_as_one_document_and_is_remarked() -> None:
    knowledge = draw(note(ASPIRIN, *ASPIRIN_LINES, doc_id="anna/a"), note(ASPIRIN, *ASPIRIN_LINES, doc_id="ben/a"))
    assert knowledge.repeated == 1
    assert [(edge.support, edge.documents) for edge in knowledge.edges] == [(2, 1)]


SAME_PATIENT = {"a": Metadata(("Surgery",), ("P1",)), "b": Metadata(("Surgery", "Urology"), ("P1",))}


def test_small_cells_are_counted_by_patient_where_patients_are_known() -> None:
    notes = note(ASPIRIN, *ASPIRIN_LINES, doc_id="a"), note(ASPIRIN + "\n", *ASPIRIN_LINES, doc_id="b")
    (edge,) = draw(*notes, metadata=SAME_PATIENT).edges
    assert (edge.support, edge.documents, edge.cases) == (2, 2, 1)
    assert leave_out_small(draw(*notes), 2).edges != ()
    assert leave_out_small(draw(*notes, metadata=SAME_PATIENT), 2).edges == ()


def test_a_relation_that_one_note_repeats_is_a_small_cell_still() -> None:
    text = "Aspirin for pain, aspirin for pain."
    lines = [f"T{n}  {kind} {start} {end}  {text[start:end]}" for n, (kind, start, end) in enumerate(
        [("Drug", 0, 7), ("Sign", 12, 16), ("Drug", 18, 25), ("Sign", 30, 34)], start=1)]  # fmt: skip
    knowledge = draw(note(text, *lines, "R1  treats Arg1:T1 Arg2:T2", "R2  treats Arg1:T3 Arg2:T4"))
    assert knowledge.edges[0].support == 2
    small = leave_out_small(knowledge, 2)
    assert (small.nodes, small.edges, small.small_nodes, small.small_edges) == ((), (), 2, 1)


def test_breakdowns_lose_their_small_counts_too() -> None:
    notes = note(ASPIRIN, *ASPIRIN_LINES, doc_id="a"), note(ASPIRIN + "\n", *ASPIRIN_LINES, doc_id="b")
    specialties = {"a": Metadata(("Surgery",)), "b": Metadata(("Surgery", "Urology"))}
    knowledge = draw(*notes, note(DENIED, *DENIED_LINES, doc_id="c"), metadata=specialties)
    small = leave_out_small(knowledge, 2)
    assert [dict(edge.specialties) for edge in small.edges] == [{"Surgery": 2}]
    assert {node.lemma: dict(node.assertions) for node in small.nodes} == {
        "aspirin": {"present": 3},
        "chest pain": {"present": 2},
    }


def test_without_evidence_nothing_names_a_document() -> None:
    bare = without_evidence(two_notes())
    assert bare.documents == ()
    assert [edge.evidence for edge in bare.edges] == [(), ()]


def test_the_order_of_documents_changes_no_node_and_no_edge() -> None:
    one, other = note(ASPIRIN, *ASPIRIN_LINES, doc_id="a"), note(DENIED, *DENIED_LINES, doc_id="b")
    assert draw(one, other).nodes == draw(other, one).nodes
    assert draw(one, other).edges == draw(other, one).edges
