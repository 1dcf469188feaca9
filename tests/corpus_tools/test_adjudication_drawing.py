"""What the page draws: the sentences around an item, each annotator's own mentions, relations over gold."""

import pytest

from corpus_tools.adjudication import Item, Row, Settlement, find_spans
from corpus_tools.adjudication.page.drawing import DrawnArc, DrawnMention, draw_side, find_context
from corpus_tools.adjudication.page.settings import PageSettings
from corpus_tools.adjudication.queue import sign_conflict
from corpus_tools.standoff import Span
from tests.corpus_tools.adjudication_inputs import ASPIRIN, CHEST_PAIN, CLOCK, FEVER, PAIN, TREATS, is_symmetric, settle

ENDS = ASPIRIN + CHEST_PAIN
WHOLE = Span(0, 33)


def draw(settlement: Settlement, item: Item) -> list[tuple[list[DrawnMention], list[DrawnArc]]]:
    return [draw_side(settlement, item, version, context=WHOLE, is_symmetric=is_symmetric) for version in item.versions]


def focus(mentions: list[DrawnMention]) -> list[str]:
    return [mention.id for mention in mentions if mention.is_focus]


def test_context_is_the_sentence_with_a_neighbour_on_each_side() -> None:
    text = "One cough. Two coughs. Aspirin helped. Four coughs. Five coughs."
    settlement = settle(text, anna="T1\tMedication 23 30\tAspirin\n", ben="")
    context = find_context(settlement, settlement.items[0])
    assert text[context.start : context.end] == "Two coughs. Aspirin helped. Four coughs."


def test_long_neighbours_are_left_out() -> None:
    text = f"{'Very long sentence ' * 150}. Aspirin helped. {'Another long one ' * 150}."
    start = text.index("Aspirin")
    settlement = settle(text, anna=f"T1\tMedication {start} {start + 7}\tAspirin\n", ben="")
    context = find_context(settlement, settlement.items[0])
    assert "Aspirin helped." in text[context.start : context.end]
    assert len(context) < 4000


def test_each_side_shows_its_own_mentions_with_what_hangs_on_them() -> None:
    settlement = settle(anna=ENDS + TREATS + "A1\tAssertion T2 absent\n", ben=ASPIRIN + PAIN)
    item = settlement.items_of("open")[0]
    (anna, arcs), (ben, no_arcs) = draw(settlement, item)
    assert [(each.id, each.fragments, each.marks) for each in anna] == [
        ("T1", (Span(0, 7),), ()),
        ("T2", (Span(12, 22),), ("Assertion=absent",)),
    ]
    assert (focus(anna), focus(ben)) == (["T2"], ["T2"])
    assert ([arc.label for arc in arcs], no_arcs) == (["treats"], [])


def test_side_that_wrote_nothing_has_no_focus() -> None:
    settlement = settle(anna=FEVER, ben="")
    anna, ben = draw(settlement, settlement.items[0])
    assert (focus(anna[0]), focus(ben[0])) == (["T3"], [])


def test_relation_stands_over_gold_and_the_other_sides_does_not() -> None:
    settlement = settle(anna=ENDS + TREATS, ben=ENDS + "R1\tcauses Arg1:T1 Arg2:T2\n")
    (mentions, anna), (_, ben) = draw(settlement, settlement.items_of("open")[0])
    assert anna == [DrawnArc("treats", "Medication 0 7", "Symptom 12 22", is_focus=True)]
    assert [arc.label for arc in ben] == ["causes"]
    assert focus(mentions) == ["Medication 0 7", "Symptom 12 22"]


def test_symmetric_relation_and_equivalence_have_no_direction() -> None:
    ends = CHEST_PAIN + FEVER
    settlement = settle(anna=ends + "R1\tassociated-with Arg1:T2 Arg2:T3\n*\tEquiv T2 T3\n", ben=ends)
    for item in settlement.items_of("open"):
        ((_, arcs), _) = draw(settlement, item)
        assert [arc.is_directed for arc in arcs] == [False]


def test_attribute_is_a_mark_on_its_mention_on_the_side_that_gave_it() -> None:
    settlement = settle(anna=CHEST_PAIN + "A1\tAssertion T2 absent\n", ben=CHEST_PAIN + "A1\tAssertion T2 possible\n")
    sides = draw(settlement, settlement.items_of("open")[0])
    assert [mentions[0].marks for mentions, _ in sides] == [("Assertion=absent",), ("Assertion=possible",)]


def test_event_argument_is_an_arc_from_its_trigger() -> None:
    settlement = settle(anna=ENDS + "E1\tTaking:T1 Theme:T2\n", ben=ENDS + "E1\tTaking:T1 Agent:T2\n")
    sides = draw(settlement, settlement.items_of("open")[0])
    assert [[(arc.label, arc.source, arc.target) for arc in arcs] for _, arcs in sides] == [
        [("Theme", "Medication 0 7", "Symptom 12 22")],
        [("Agent", "Medication 0 7", "Symptom 12 22")],
    ]
    assert sides[0][0][0].marks == ("event Taking",)


def test_waiting_relation_shows_what_it_waits_for() -> None:
    settlement = settle(anna=ENDS + TREATS, ben=ASPIRIN + PAIN)
    waiting = settlement.items_of("waiting")[0]
    assert find_spans(settlement, waiting) == (Span(0, 7), Span(12, 22), Span(18, 22))
    anna, ben = draw(settlement, waiting)
    assert [arc.is_focus for arc in anna[1]] == [True]
    assert focus(ben[0]) == ["T1", "T2"]


def test_what_lies_outside_the_context_is_not_drawn() -> None:
    settlement = settle(anna=ENDS + FEVER + TREATS, ben=ENDS)
    (version, _) = settlement.items_of("open")[0].versions
    item = settlement.items_of("open")[0]
    mentions, arcs = draw_side(settlement, item, version, context=Span(8, 33), is_symmetric=is_symmetric)
    assert ([mention.id for mention in mentions], arcs) == (["T2", "T3"], [])


@pytest.mark.parametrize(
    ("anna", "ben", "is_same"),
    [
        ("T1\tSymptom 0 5\tfever\n", "T1\tSymptom 6 11\tFEVER\n", True),  # letter case does not count
        ("T1\tSymptom 0 5\tfever\n", "T1\tDiagnosis 6 11\tFEVER\n", False),
        ("T1\tSymptom 0 5\tfever\n", "T1\tSymptom 12 16\tpain\n", False),
    ],
)
def test_conflicts_are_identical_by_words_and_type(anna: str, ben: str, is_same: bool) -> None:
    names = []
    for ann in (anna, ben):
        settlement = settle("fever FEVER pain", anna=ann, ben="")
        names.append(sign_conflict(settlement, settlement.items[0]))
    assert (names[0] == names[1]) == is_same


def test_same_conflict_with_the_annotators_swapped_is_another() -> None:
    one, other = settle(anna=FEVER, ben=""), settle(anna="", ben=FEVER)
    assert sign_conflict(one, one.items[0]) != sign_conflict(other, other.items[0])


def test_relation_conflicts_are_identical_by_label_and_the_words_of_both_ends() -> None:
    text = "Aspirin for pain. Aspirin for pain. Aspirin for rash."
    mentions = [
        ("Medication", 0, 7), ("Symptom", 12, 16), ("Medication", 18, 25), ("Symptom", 30, 34),
        ("Medication", 36, 43), ("Symptom", 48, 52),
    ]  # fmt: skip
    ends = "".join(f"T{n}\t{t} {a} {b}\t{text[a:b]}\n" for n, (t, a, b) in enumerate(mentions, start=1))
    relations = "".join(f"R{n}\ttreats Arg1:T{2 * n - 1} Arg2:T{2 * n}\n" for n in (1, 2, 3))
    settlement = settle(text, anna=ends + relations, ben=ends)
    first, second, third = (sign_conflict(settlement, item) for item in settlement.items_of("open"))
    assert first == second != third


def test_sides_are_shuffled_by_seed_and_item_and_kept_when_not_blind() -> None:
    names = ["anna", "ben"]
    assert PageSettings().order_sides("x", names) == ("anna", "ben")
    orders = [
        [PageSettings(blind=True, seed=seed).order_sides(f"item-{n}", names) for n in range(20)] for seed in (1, 1, 2)
    ]
    assert orders[0] == orders[1] != orders[2]
    assert 4 < sum(order == ("anna", "ben") for order in orders[0]) < 16


def test_decision_of_another_document_does_nothing_here() -> None:
    (item,) = settle(anna=FEVER, ben="").items_of("open")
    row = Row(1, CLOCK, "x", "decide", "another", item="0" * 16, choice="add", chosen=item.versions[0].contents)
    assert settle(anna=FEVER, ben="", decisions={row.item: row}).gold == {}
