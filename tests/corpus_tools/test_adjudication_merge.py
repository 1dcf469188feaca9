"""What all wrote alike is gold; every difference is one question of the right kind; nothing is lost on the way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_tools.adjudication import Content, Item, Row, Settlement, Version, format_gold
from corpus_tools.standoff import Argument, Span
from tests.corpus_tools.adjudication_inputs import (
    ASPIRIN,
    CHEST_PAIN,
    CLOCK,
    FEVER,
    PAIN,
    TEXT,
    TREATS,
    annotate,
    open_kinds,
    settle,
)

BOTH_ENDS = ASPIRIN + CHEST_PAIN


def gold_of(settlement: Settlement) -> str:
    return format_gold(settlement.document.text, settlement.gold.values())


def decide(item: Item, *chosen: Content, choice: str = "take", sequence: int = 1) -> dict[str, Row]:
    row = Row(sequence, CLOCK, "dr-moss", "decide", "note", item=item.id, choice=choice, chosen=chosen)
    return {item.id: row}


def take(item: Item, annotator: str) -> dict[str, Row]:
    return decide(item, *next(version.contents for version in item.versions if version.annotator == annotator))


def test_full_agreement_is_gold_with_no_question() -> None:
    ann = BOTH_ENDS + TREATS + "A1\tAssertion T2 possible\n#1\tAnnotatorNotes T1\tdose unknown\n"
    settlement = settle(anna=ann, ben=ann)
    assert (open_kinds(settlement), gold_of(settlement)) == ([], ann)


@pytest.mark.parametrize(
    ("anna", "ben", "kinds"),
    [
        (ASPIRIN, "", ["missing-mention"]),
        (CHEST_PAIN, PAIN, ["boundary"]),
        (CHEST_PAIN, CHEST_PAIN.replace("Symptom", "Diagnosis"), ["type"]),
        (CHEST_PAIN, PAIN.replace("Symptom", "Diagnosis"), ["boundary-and-type"]),
        (BOTH_ENDS + TREATS, BOTH_ENDS, ["missing-relation"]),
        (BOTH_ENDS + TREATS, BOTH_ENDS + TREATS.replace("treats", "causes"), ["label"]),
        (BOTH_ENDS + TREATS, BOTH_ENDS + "R1\ttreats Arg1:T2 Arg2:T1\n", ["direction"]),
        (BOTH_ENDS + TREATS, BOTH_ENDS + "R1\tcauses Arg1:T2 Arg2:T1\n", ["label-and-direction"]),
        (CHEST_PAIN + "A1\tAssertion T2 absent\n", CHEST_PAIN + "A1\tAssertion T2 possible\n", ["attribute"]),
        (CHEST_PAIN + "A1\tAssertion T2 absent\n", CHEST_PAIN, ["attribute"]),
        (ASPIRIN + "N1\tReference T1 RxNorm:1191\taspirin\n", ASPIRIN, ["normalization"]),
        (ASPIRIN + "#1\tAnnotatorNotes T1\tdose?\n", ASPIRIN, ["note"]),
        (BOTH_ENDS + FEVER + "*\tEquiv T2 T3\n", BOTH_ENDS + FEVER, ["equivalence"]),
        (BOTH_ENDS + "E1\tMedication:T1 Theme:T2\n", BOTH_ENDS, ["missing-event", "waiting-argument"]),
        (BOTH_ENDS + "E1\tMedication:T1 Theme:T2\n", BOTH_ENDS + "E1\tMedication:T1 Agent:T2\n", ["event-argument"]),
        (ASPIRIN + "E1\tMedication:T1\n", ASPIRIN + "E1\tDiagnosis:T1\n", ["event-type"]),
        (ASPIRIN + CHEST_PAIN + TREATS, ASPIRIN + PAIN + TREATS, ["boundary", "waiting-relation"]),
    ],
)
def test_each_difference_is_one_question_of_its_kind(anna: str, ben: str, kinds: list[str]) -> None:
    assert open_kinds(settle(anna=anna, ben=ben)) == kinds
    assert open_kinds(settle(anna=ben, ben=anna)) == kinds


def test_symmetric_relation_in_the_other_order_is_agreed() -> None:
    ends = CHEST_PAIN + FEVER
    settlement = settle(
        anna=ends + "R1\tassociated-with Arg1:T2 Arg2:T3\n", ben=ends + "R1\tassociated-with Arg1:T3 Arg2:T2\n"
    )
    assert open_kinds(settlement) == []
    assert [content.layer for content in settlement.gold.values()] == ["mention", "mention", "relation"]


def test_relation_is_offered_again_once_its_end_is_decided() -> None:
    anns = {"anna": ASPIRIN + CHEST_PAIN + TREATS, "ben": ASPIRIN + PAIN}
    boundary = settle(**anns).items_of("open")[0]
    settlement = settle(**anns, decisions=take(boundary, "ben"))
    (relation,) = settlement.items_of("open")
    assert relation.kind == "missing-relation"
    # Anna's end moved onto Ben's boundary, which became gold.
    assert relation.versions[0].contents[0].targets == ("Medication 0 7", "Symptom 18 22")


def test_relation_that_both_wrote_is_agreed_once_its_end_is_decided() -> None:
    anns = {"anna": ASPIRIN + CHEST_PAIN + TREATS, "ben": ASPIRIN + PAIN + TREATS}
    boundary = settle(**anns).items_of("open")[0]
    settlement = settle(**anns, decisions=take(boundary, "anna"))
    assert gold_of(settlement) == BOTH_ENDS + TREATS


def test_relation_falls_with_a_mention_that_is_decided_away() -> None:
    anns = {"anna": BOTH_ENDS + TREATS, "ben": ASPIRIN}
    missing = settle(**anns).items_of("open")[0]
    settlement = settle(**anns, decisions=decide(missing, choice="neither"))
    assert gold_of(settlement) == ASPIRIN
    assert [(each.annotator, each.id, each.reason) for each in settlement.dropped] == [
        ("anna", "R1", "an end of it was decided away")
    ]


def test_mention_of_one_annotator_brings_what_hangs_on_it() -> None:
    anna = FEVER.replace("T3", "T1") + "A1\tAssertion T1 absent\n#1\tAnnotatorNotes T1\tnegated\n"
    missing = settle(anna=anna, ben="").items_of("open")[0]
    assert gold_of(settle(anna=anna, ben="", decisions=take(missing, "anna"))) == anna


def test_edited_mention_takes_the_ends_of_both() -> None:
    anns = {"anna": ASPIRIN + CHEST_PAIN + TREATS, "ben": ASPIRIN + PAIN + TREATS}
    boundary = settle(**anns).items_of("open")[0]
    edited = Content("mention", "Diagnosis", (Span(12, 22),))
    settlement = settle(**anns, decisions=decide(boundary, edited, choice="edit"))
    assert gold_of(settlement) == ASPIRIN + "T2\tDiagnosis 12 22\tchest pain\n" + TREATS


def test_both_keeps_both_with_what_each_wrote_on_its_own() -> None:
    anns = {"anna": CHEST_PAIN + "A1\tAssertion T2 absent\n", "ben": PAIN + "A1\tAssertion T2 possible\n"}
    boundary = settle(**anns).items_of("open")[0]
    contents = [content for version in boundary.versions for content in version.contents]
    settlement = settle(**anns, decisions=decide(boundary, *contents, choice="both"))
    assert open_kinds(settlement) == []
    assert "Assertion T1 absent" in gold_of(settlement) and "Assertion T2 possible" in gold_of(settlement)


def test_ends_that_become_one_mention_leave_no_relation() -> None:
    anns = {"anna": CHEST_PAIN + "T3\tSymptom 18 22\tpain\nR1\tassociated-with Arg1:T3 Arg2:T2\n", "ben": CHEST_PAIN}
    missing = settle(**anns).items_of("open")[0]
    whole = Content("mention", "Symptom", (Span(12, 22),))
    settlement = settle(**anns, decisions=decide(missing, whole, choice="edit"))
    assert [each.reason for each in settlement.dropped] == ["its ends became one mention"]


def test_events_on_one_trigger_all_survive() -> None:
    events = "E1\tMedication:T1 Theme:T2\nE2\tMedication:T1 Theme:T3\nE3\tMedication:T1 Cause:E1\n"
    swapped = "E1\tMedication:T1 Theme:T3\nE2\tMedication:T1 Theme:T2\nE3\tMedication:T1 Cause:E2\n"
    settlement = settle(anna=BOTH_ENDS + FEVER + events, ben=BOTH_ENDS + FEVER + swapped)
    assert open_kinds(settlement) == []
    assert gold_of(settlement).count("\nE") == 3


def test_events_that_refer_to_each_other_end() -> None:
    events = "E1\tMedication:T1 Cause:E2\nE2\tSymptom:T2 Cause:E1\n"
    settlement = settle(anna=BOTH_ENDS + events, ben=BOTH_ENDS + events)
    assert (open_kinds(settlement), gold_of(settlement)) == ([], BOTH_ENDS + events)


def test_event_follows_the_type_decided_for_its_trigger() -> None:
    anns = {
        "anna": CHEST_PAIN.replace("T2", "T1") + "E1\tSymptom:T1\n",
        "ben": CHEST_PAIN.replace("T2\tSymptom", "T1\tDiagnosis") + "E1\tDiagnosis:T1\n",
    }
    type_item = settle(**anns).items_of("open")[0]
    settlement = settle(**anns, decisions=take(type_item, "ben"))
    assert gold_of(settlement) == "T1\tDiagnosis 12 22\tchest pain\nE1\tDiagnosis:T1\n"


def test_stacked_mentions_keep_their_own_relations() -> None:
    # Two mentions on the same characters, one treated and one caused; Ben numbered them the other way round.
    stacked = "T1\tMedication 0 7\tAspirin\nT2\tSymptom 12 22\tchest pain\nT3\tSymptom 12 22\tchest pain\n"
    anna = stacked + "R1\ttreats Arg1:T1 Arg2:T2\nR2\tcauses Arg1:T1 Arg2:T3\n"
    ben = stacked + "R1\ttreats Arg1:T1 Arg2:T3\nR2\tcauses Arg1:T1 Arg2:T2\n"
    settlement = settle(anna=anna, ben=ben)
    assert open_kinds(settlement) == []
    assert gold_of(settlement).count("Symptom 12 22") == 2


def test_two_relations_sharing_an_end_both_survive() -> None:
    anna = BOTH_ENDS + FEVER + TREATS + "R2\ttreats Arg1:T1 Arg2:T3\nR3\tcauses Arg1:T1 Arg2:T2\n"
    assert open_kinds(settle(anna=anna, ben=anna)) == []
    assert gold_of(settle(anna=anna, ben=anna)).count("\nR") == 3


def test_notes_on_notes_and_on_relations_reach_gold() -> None:
    ann = (
        BOTH_ENDS
        + TREATS
        + "#1\tAnnotatorNotes T1\tfirst\n#2\tAnnotatorNotes R1\tsure\n#3\tAnnotatorNotes #1\tsee it\n"
    )
    gold = gold_of(settle(anna=ann, ben=ann))
    assert sorted(line.split("\t")[2] for line in gold.split("\n") if line.startswith("#")) == [
        "first",
        "see it",
        "sure",
    ]


def test_n_ary_relation_with_other_roles_survives() -> None:
    ann = BOTH_ENDS + FEVER + "R1\tregimen Drug:T1 For:T2 Not:T3\n"
    assert gold_of(settle(anna=ann, ben=ann)) == ann


def test_mention_across_a_line_break_is_written_as_fragments() -> None:
    text = "chest\npain"
    one, other = "T1\tSymptom 0 10\tchest pain\n", "T1\tSymptom 0 5;6 10\tchest pain\n"
    settlement = settle(text, anna=one, ben=other)
    assert (open_kinds(settlement), gold_of(settlement)) == ([], other)


def test_overlapping_equivalences_are_one_group() -> None:
    ends = CHEST_PAIN + FEVER + "T4\tSymptom 18 22\tpain\n"
    settlement = settle(anna=ends + "*\tEquiv T2 T3\n*\tEquiv T3 T4\n", ben=ends + "*\tEquiv T4 T3 T2\n")
    assert open_kinds(settlement) == []


def test_three_annotators_need_all_three_to_agree() -> None:
    settlement = settle(anna=ASPIRIN, ben=ASPIRIN, cleo="")
    (item,) = settlement.items_of("open")
    assert [len(version.contents) for version in item.versions] == [1, 1, 0]
    assert open_kinds(settle(anna=CHEST_PAIN, ben=PAIN, cleo=PAIN)) == ["boundary"]
    assert open_kinds(settle(anna=ASPIRIN, ben=ASPIRIN, cleo=ASPIRIN)) == []


def test_hanging_counts_the_relations_of_all_annotators() -> None:
    anns = {"anna": BOTH_ENDS + TREATS, "ben": ASPIRIN + PAIN + TREATS + "R2\tcauses Arg1:T1 Arg2:T2\n"}
    boundary = settle(**anns).items_of("open")[0]
    assert boundary.hanging == 3  # Anna's treats, Ben's treats and causes


def test_item_is_another_when_its_evidence_or_the_text_changes() -> None:
    (item,) = settle(anna=CHEST_PAIN, ben=PAIN).items_of("open")
    (same,) = settle(anna=CHEST_PAIN + ASPIRIN, ben=PAIN.replace("T2", "T9") + ASPIRIN).items_of("open")
    (other,) = settle(anna=CHEST_PAIN, ben=PAIN.replace("18 22\tpain", "17 22\t pain")).items_of("open")
    (elsewhere,) = settle(TEXT + " ", anna=CHEST_PAIN, ben=PAIN).items_of("open")
    assert item.id == same.id
    assert len({item.id, other.id, elsewhere.id}) == 3


@pytest.mark.parametrize(
    "chosen",
    [
        Content("mention", "Symptom", (Span(12, 99),)),
        Content("attribute", "Assertion", arguments=(Argument("holder", "Symptom 1 2"),), value="absent"),
    ],
)
def test_decision_that_does_not_fit_is_not_applied(chosen: Content) -> None:
    (item,) = settle(anna=CHEST_PAIN, ben=PAIN).items_of("open")
    settlement = settle(anna=CHEST_PAIN, ben=PAIN, decisions=decide(item, chosen, choice="edit"))
    assert (open_kinds(settlement), settlement.applied) == (["boundary"], frozenset())


LINES = st.lists(
    st.sampled_from(
        ["Medication 0 7\tAspirin", "Symptom 12 22\tchest pain", "Symptom 18 22\tpain", "Symptom 27 32\tfever"]
    ),
    unique=True,
)


@st.composite
def annotations(draw: st.DrawFn) -> str:
    mentions = draw(LINES)
    ids = list(range(1, len(mentions) + 1))
    numbers = dict(zip(mentions, draw(st.permutations(ids)), strict=True))
    lines = [f"T{numbers[mention]}\t{mention}\n" for mention in mentions]
    if len(ids) > 1:
        ends = st.tuples(st.sampled_from(["treats", "associated-with"]), st.sampled_from(ids), st.sampled_from(ids))
        drawn = draw(st.lists(ends, max_size=3, unique=True))
        lines += [f"R{n}\t{label} Arg1:T{a} Arg2:T{b}\n" for n, (label, a, b) in enumerate(drawn, start=1)]
    lines += [
        f"A{number}\tAssertion T{number} absent\n"
        for number in draw(st.sets(st.sampled_from(ids)) if ids else st.just(set()))
    ]
    return "".join(lines)


@given(annotations(), annotations())
def test_order_of_annotators_changes_nothing(anna: str, ben: str) -> None:
    one, other = settle(anna=anna, ben=ben), settle(anna=ben, ben=anna)
    assert one.gold.keys() == other.gold.keys()
    assert sorted(open_kinds(one)) == sorted(open_kinds(other))


@given(annotations())
def test_merging_gold_with_itself_gives_the_same_bytes(ann: str) -> None:
    once = gold_of(settle(anna=ann, ben=ann))
    assert open_kinds(settle(anna=ann, ben=ann)) == []
    assert gold_of(settle(anna=once, ben=once)) == once


@given(annotations(), annotations())
def test_added_agreement_keeps_all_gold(anna: str, ben: str) -> None:
    before = settle(anna=anna, ben=ben)
    after = settle(anna=anna + "T90\tDiagnosis 23 24\t \n", ben=ben + "T91\tDiagnosis 23 24\t \n")
    assert before.gold.keys() <= after.gold.keys()
    assert len(after.items_of("open")) == len(before.items_of("open"))


@given(annotations(), annotations())
def test_taking_one_side_throughout_ends_with_that_side(anna: str, ben: str) -> None:
    decisions: dict[str, Row] = {}
    for _ in range(60):
        items = settle(anna=anna, ben=ben, decisions=decisions).items_of("open")
        if not items:
            break
        decisions |= {each.id: row for each in items for row in take(each, "anna").values()}
    final = settle(anna=anna, ben=ben, decisions=decisions)
    assert open_kinds(final) == []
    assert gold_of(final) == gold_of(settle(anna=anna, ben=anna))


def test_versions_name_the_witnesses_in_order() -> None:
    (item,) = settle(ben=PAIN, anna=CHEST_PAIN).items_of("open")
    assert [version.annotator for version in item.versions] == ["anna", "ben"]
    assert isinstance(item.versions[0], Version)
    assert annotate(ben="", anna="").annotators == ("anna", "ben")
