"""Gold relations: R lines, events' arguments and groups of equals on request."""

from corpus_tools.assembly.gold import collect_relations, is_derived, is_equivalence
from corpus_tools.standoff import parse_document

TEXT = "give aspirin or heparin"
ANN = (
    "T1\tGive 0 4\tgive\n"
    "T2\tDrug 5 12\taspirin\n"
    "T3\tDrug 16 23\theparin\n"
    "E1\tGive:T1 Theme:T2 Theme2:T3\n"
    "R1\tor Arg1:T2 Arg2:T3\n"
    "*\tEquiv T2 T3\n"
    "*\tEquiv T3 E1\n"
)


def collect(ann: str, *, events: bool = False, equivalences: bool = False) -> list[tuple[str, str, str, str, str]]:
    """Return the relations of an annotation as (id, type, arg1, arg2, reach)."""
    document = parse_document(TEXT, ann, doc_id="note").document
    found = collect_relations(document, events=events, equivalences=equivalences)
    return [(each.id, each.type, each.arg1, each.arg2, each.reach) for each in found]


def test_relations_alone_by_default() -> None:
    assert collect(ANN) == [("R1", "or", "T2", "T3", "")]


def test_an_argument_of_an_event_is_a_relation_by_role_on_request() -> None:
    assert collect(ANN, events=True)[1:] == [("E1:1", "Theme", "T1", "T2", ""), ("E1:2", "Theme", "T1", "T3", "")]


def test_an_event_as_argument_stands_for_its_trigger() -> None:
    ann = "T1\tGive 0 4\tgive\nT2\tDrug 5 12\taspirin\nE1\tGive:T1\nE2\tDrug:T2 Cause:E1\n"
    assert collect(ann, events=True) == [("E2:1", "Cause", "T2", "T1", "")]


def test_an_event_that_is_its_own_argument_reaches_nothing() -> None:
    ann = "T1\tGive 0 4\tgive\nE1\tGive:T1 Cause:E2\nE2\tGive:T1\n"
    assert collect(ann, events=True) == [("E1:1", "Cause", "T1", "T1", "self")]


def test_groups_that_share_a_member_are_one() -> None:
    # {T2, T3} and {T3, trigger of E1}: three members, three pairs.
    assert [(arg1, arg2) for _, _, arg1, arg2, _ in collect(ANN, equivalences=True)[1:]] == [
        ("T2", "T3"),
        ("T2", "T1"),
        ("T3", "T1"),
    ]


def test_what_is_derived_is_told_from_what_was_annotated() -> None:
    document = parse_document(TEXT, ANN, doc_id="note").document
    found = collect_relations(document, events=True, equivalences=True)
    assert [is_derived(each) for each in found] == [False, True, True, True, True, True]
    assert [is_equivalence(each) for each in found] == [False, False, False, True, True, True]
