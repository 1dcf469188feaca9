"""Which annotations raise one question: pairings are one to one, the likest first, whoever is named first."""

from itertools import permutations
from pathlib import Path

import pytest

from corpus_tools.adjudication import AnnotatedDocument, Content, make_gold, settle_document
from corpus_tools.adjudication.conflicts import KINDS, Cluster, Entry, cluster_entries, name_kind
from corpus_tools.adjudication.content import LAYERS
from corpus_tools.adjudication.gold import format_gold
from corpus_tools.adjudication.stacking import list_mentions, rank_events, split_at_breaks
from corpus_tools.standoff import Argument, Span, parse_document, read_project
from tests.corpus_tools.adjudication_inputs import ASPIRIN, CHEST_PAIN, TEXT


def mention(label: str, *offsets: tuple[int, int], rank: int = 0) -> Content:
    return Content("mention", label, tuple(Span(*pair) for pair in offsets), rank=rank)


def relation(label: str, one: str, other: str) -> Content:
    return Content("relation", label, arguments=(Argument("Arg1", one), Argument("Arg2", other)))


def cluster(**written: list[Content]) -> list[Cluster]:
    entries = [Entry(name, f"T{n}", each) for name, contents in written.items() for n, each in enumerate(contents)]
    return cluster_entries(entries, witnesses=sorted(written))


def kinds(*clusters: Cluster) -> list[str]:
    return [name_kind(each, is_symmetric=lambda label: label == "with") for each in clusters]


def keys(clusters: list[Cluster]) -> list[list[str]]:
    return [[content.key for content in each.contents] for each in clusters]


def test_same_characters_are_paired_before_more_shared_ones() -> None:
    anna = [mention("Symptom", (0, 10)), mention("Symptom", (3, 10))]
    ben = [mention("Diagnosis", (3, 10))]
    clusters = cluster(anna=anna, ben=ben)
    assert keys(clusters) == [["Symptom 0 10"], ["Diagnosis 3 10", "Symptom 3 10"]]
    assert kinds(*clusters) == ["missing-mention", "type"]


def test_same_type_is_paired_before_another_type_that_shares_more() -> None:
    anna = [mention("Symptom", (0, 10))]
    ben = [mention("Diagnosis", (1, 10)), mention("Symptom", (0, 3))]
    assert kinds(*cluster(anna=anna, ben=ben)) == ["boundary", "missing-mention"]


def test_most_pairs_come_before_most_shared_characters() -> None:
    # Ben's long mention overlaps both of Anna's; his short one only the first: both can be paired.
    anna = [mention("Symptom", (0, 10)), mention("Symptom", (8, 30))]
    ben = [mention("Symptom", (0, 25)), mention("Symptom", (2, 4))]
    assert keys(cluster(anna=anna, ben=ben)) == [
        ["Symptom 0 10", "Symptom 2 4"],
        ["Symptom 0 25", "Symptom 8 30"],
    ]


def test_fragments_are_compared_one_by_one() -> None:
    # The second fragment of each lies in the gap of the other: they share no character.
    anna, ben = mention("Symptom", (0, 3), (10, 12)), mention("Symptom", (4, 9), (13, 15))
    assert kinds(*cluster(anna=[anna], ben=[ben])) == ["missing-mention", "missing-mention"]
    assert kinds(*cluster(anna=[anna], ben=[mention("Symptom", (11, 15))])) == ["boundary"]


def test_touching_mentions_are_two_questions() -> None:
    assert len(cluster(anna=[mention("S", (0, 5))], ben=[mention("S", (5, 9))])) == 2


@pytest.mark.parametrize("order", list(permutations(["anna", "ben", "cleo"])))
def test_three_annotators_on_one_place_raise_one_question(order: tuple[str, ...]) -> None:
    written = [[mention("S", (0, 5))], [mention("S", (0, 7))], [mention("D", (0, 5))]]
    clusters = cluster(**dict(zip(order, written, strict=True)))
    assert keys(clusters) == [["D 0 5", "S 0 5", "S 0 7"]]
    assert kinds(*clusters) == ["boundary-and-type"]


def test_agreed_relation_beside_another_on_the_pair_stays_agreed() -> None:
    anna = [relation("treats", "a", "b"), relation("causes", "a", "b")]
    clusters = cluster(anna=anna, ben=[relation("treats", "a", "b")])
    assert sorted(kinds(*clusters)) == ["missing-relation", "relation"]


def test_direction_is_paired_before_another_label() -> None:
    anna = [relation("treats", "a", "b"), relation("causes", "a", "b")]
    ben = [relation("causes", "b", "a"), relation("indicates", "a", "b")]
    assert sorted(kinds(*cluster(anna=anna, ben=ben))) == ["direction", "label"]


def test_symmetric_label_against_a_directed_one_is_a_question_of_label_alone() -> None:
    one, other = relation("with", "a", "b"), relation("treats", "b", "a")
    assert kinds(*cluster(anna=[one], ben=[other])) == ["label"]
    assert kinds(*cluster(anna=[relation("causes", "a", "b")], ben=[other])) == ["label-and-direction"]


def test_every_kind_that_can_be_asked_is_explained() -> None:
    assert {f"waiting-{layer}" for layer in LAYERS[1:]} <= KINDS.keys()
    assert all(KINDS.values())


def test_fragments_are_split_at_line_breaks_of_both_kinds() -> None:
    text = "chest\r\npain\n\nnow"
    assert split_at_breaks(text, (Span(0, 16),)) == (Span(0, 5), Span(7, 11), Span(13, 16))
    assert split_at_breaks(text, (Span(0, 5),)) == (Span(0, 5),)


def test_stacked_mentions_rank_by_what_hangs_on_them() -> None:
    two = "T1\tSymptom 12 22\tchest pain\nT2\tSymptom 12 22\tchest pain\n"
    anns = {"anna": two + "A1\tAssertion T1 absent\n", "ben": two + "A1\tAssertion T2 absent\n"}
    mentions = list_mentions({name: parse_document(TEXT, ann, doc_id="n").document for name, ann in anns.items()})
    assert mentions["anna", "T1"] == mentions["ben", "T2"]
    assert mentions["anna", "T2"] == mentions["ben", "T1"]
    assert {content.rank for content in mentions.values()} == {0, 1}


def test_one_of_two_stacked_events_meets_its_like() -> None:
    ends = ASPIRIN + CHEST_PAIN
    anns = {
        "anna": ends + "E1\tMedication:T1 Theme:T2\nE2\tMedication:T1\n",
        "ben": ends + "E1\tMedication:T1 Theme:T2\n",
    }
    ranks = rank_events({name: parse_document(TEXT, ann, doc_id="n").document for name, ann in anns.items()})
    assert ranks == {("anna", "E1"): 0, ("anna", "E2"): 1, ("ben", "E1"): 0}


def test_gold_lines_stand_in_text_order_whatever_the_order_of_contents() -> None:
    first, second = mention("Medication", (0, 7)), mention("Symptom", (12, 17), (18, 22))
    treats = relation("treats", first.key, second.key)
    absent = Content("attribute", "Assertion", arguments=(Argument("holder", second.key),), value="absent")
    sure = Content("note", "AnnotatorNotes", arguments=(Argument("holder", treats.key),), text="sure")
    expected = (
        "T1\tMedication 0 7\tAspirin\nT2\tSymptom 12 17;18 22\tchest pain\nR1\ttreats Arg1:T1 Arg2:T2\n"
        "A1\tAssertion T2 absent\n#1\tAnnotatorNotes R1\tsure\n"
    )
    for contents in permutations([first, second, treats, absent, sure]):
        assert format_gold(TEXT, contents) == expected


def test_keys_tell_apart_what_differs_and_join_what_does_not() -> None:
    holder = (Argument("holder", "Symptom 1 2"),)
    contents = [
        mention("Symptom", (1, 2)),
        mention("Symptom", (1, 2), rank=1),
        Content("note", "N", arguments=holder, text="a"),
        Content("note", "N", arguments=holder, value="a"),
        Content("attribute", "N", arguments=holder, value="a"),
        relation("treats", "a", "b"),
        relation("treats", "b", "a"),
    ]
    assert len({content.key for content in contents}) == len(contents)
    assert relation("treats", "a", "b").key == contents[5].key


@pytest.mark.parametrize("corpus", ["maccrobat2020", "lct", "quirks", "cancermine/annotator-1"])
def test_real_documents_that_two_wrote_alike_reach_gold_whole(shared_data: Path, corpus: str) -> None:
    for number, aligned in enumerate(read_project(shared_data / corpus)):
        document = aligned.document
        if number % 15 or aligned.is_rejected or not document.has_annotations:
            continue
        both = AnnotatedDocument(document.doc_id, document.text, document.text_hash, {"a": document, "b": document})
        settlement = settle_document(both, {}, is_symmetric=lambda label: False)
        gold = make_gold(both, settlement.gold.values())
        assert settlement.items_of("open", "waiting") == ()
        for kind in ("textbounds", "events", "attributes", "normalizations", "notes", "equivalences"):
            assert len(getattr(gold, kind)) == len(getattr(document, kind)), (document.doc_id, kind)
        # The same relation under two ids is one relation.
        written = {
            (relation.type, *((each.role, each.target) for each in relation.arguments))
            for relation in document.relations
        }
        assert len(gold.relations) == len(written)
