"""What a model adds to a brat document, line by line, and what of people's lines it leaves as it is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_tools.standoff import (
    AttributeType,
    Document,
    EntityType,
    RelationType,
    Schema,
    Span,
    format_annotation_conf,
    format_annotations,
    observed_schema,
    parse_annotation_conf,
    parse_document,
)
from relext.loop.additions import (
    SuggestedMention,
    SuggestedRelation,
    add_mentions,
    add_relations,
    drop_relations,
    split_at_breaks,
)
from relext.loop.annotate import state_assertion
from relext.loop.project_schema import join_schemas

TEXT = "Aspirin for chest\npain."
#       0       8   12     18


def document(*lines: str, text: str = TEXT, end: str = "\n") -> Document:
    ann = "\n".join("\t".join(line.split("  ")) for line in lines)
    return parse_document(text, ann + end if lines else "", doc_id="note").document


def written(changed: Document) -> list[str]:
    """Return the lines of the .ann, TAB shown as two blanks."""
    return format_annotations(changed).replace("\t", "  ").splitlines()


def test_a_found_mention_gets_a_line_its_attributes_and_a_note() -> None:
    found = [SuggestedMention("Drug", Span(0, 7), 0.91, (("Assertion", "absent"),))]
    assert written(add_mentions(document(), found, model="demo@1f")) == [
        "T1  Drug 0 7  Aspirin",
        "A1  Assertion T1 absent",
        "#1  AnnotatorNotes T1  probability 0.910; model demo@1f",
    ]


def test_a_mention_over_a_line_end_is_written_in_fragments() -> None:
    changed = add_mentions(document(), [SuggestedMention("Sign", Span(12, 22), 0.5)], model="m")
    assert written(changed)[0] == "T1  Sign 12 17;18 22  chest pain"


def test_a_discontinuous_mention_is_written_without_its_gaps() -> None:
    suggested = SuggestedMention("Sign", Span(12, 22), 0.5, gaps=(Span(14, 20),))
    assert written(add_mentions(document(), [suggested], model="m"))[0] == "T1  Sign 12 14;20 22  ch in"


@pytest.mark.parametrize(
    ("text", "span", "fragments"),
    [
        ("chest pain", Span(0, 10), ((0, 10),)),
        ("chest\r\n  pain", Span(0, 13), ((0, 5), (9, 13))),
        ("a\tb", Span(0, 3), ((0, 1), (2, 3))),
        (" a ", Span(0, 3), ((1, 2),)),
        ("a \n \n b", Span(0, 7), ((0, 1), (6, 7))),
        (" \n ", Span(0, 3), ()),
    ],
)
def test_fragments_end_at_line_ends_and_hold_no_outer_blank(
    text: str, span: Span, fragments: tuple[tuple[int, int], ...]
) -> None:
    assert split_at_breaks(text, span) == tuple(Span(*each) for each in fragments)


@given(st.text(alphabet="ab \n\r\t\u2028é", max_size=12))
def test_an_added_mention_is_read_back_as_it_was_written(text: str) -> None:
    changed = add_mentions(document(text=text), [SuggestedMention("Sign", Span(0, len(text)), 0.5)], model="m")
    read = parse_document(text, format_annotations(changed), doc_id="note")
    assert not read.rejects
    assert read.document.textbounds == changed.textbounds
    assert all(read.document.spelled(each) == each.text for each in read.document.textbounds)


def test_mentions_come_in_text_order_whatever_order_they_were_found_in() -> None:
    found = [SuggestedMention("Sign", Span(18, 22), 0.5), SuggestedMention("Drug", Span(0, 7), 0.5)]
    assert [t.type for t in add_mentions(document(), found, model="m").textbounds] == ["Drug", "Sign"]


def test_people_have_the_say_where_a_mention_of_the_type_is_marked() -> None:
    given_lines = document("T7  Drug 0 7  Aspirin")
    found = [SuggestedMention("Drug", Span(0, 11), 0.9), SuggestedMention("Sign", Span(0, 7), 0.9)]
    assert [(t.id, t.type) for t in add_mentions(given_lines, found, model="m").textbounds] == [
        ("T7", "Drug"),
        ("T8", "Sign"),
    ]


def test_lines_of_people_keep_every_byte() -> None:
    ann = "T1\tDrug 0 7\tAspirin \n\nR9\tbroken\nT2\tSign 18 22\tpain"
    before = parse_document(TEXT, ann, doc_id="note").document
    changed = add_relations(before, [SuggestedRelation("treats", "T1", "T2", 0.75)], model="m")
    assert format_annotations(changed).startswith(ann + "\n")
    # R9 is taken by a rejected line, so the next free number is 10.
    assert written(changed)[-2:] == [
        "R10  treats Arg1:T1 Arg2:T2",
        "#1  AnnotatorNotes R10  probability 0.750; model m",
    ]


def test_without_merge_relations_go_with_all_that_hangs_on_them() -> None:
    given_lines = document(
        "T1  Drug 0 7  Aspirin",
        "T2  Sign 18 22  pain",
        "A1  Assertion T2 absent",
        "R1  treats Arg1:T1 Arg2:T2",
        "A2  Certain R1",
        "#1  AnnotatorNotes A2  sure?",
        "#2  AnnotatorNotes T1  dose unknown",
    )
    assert written(drop_relations(given_lines)) == [
        "T1  Drug 0 7  Aspirin",
        "T2  Sign 18 22  pain",
        "A1  Assertion T2 absent",
        "#2  AnnotatorNotes T1  dose unknown",
    ]


def test_a_document_without_annotations_gets_an_ann() -> None:
    bare = replace(document(), has_annotations=False)
    assert add_mentions(bare, [], model="m").has_annotations


ASSERTION = AttributeType("Assertion", frozenset({"Sign"}), ("present", "absent"))


def test_assertion_is_stated_as_the_schema_has_it() -> None:
    schema = Schema((), (), attributes=(AttributeType("Assertion", frozenset({"Sign"}), ("Present", "Absent")),))
    assert state_assertion(schema, "Sign", "absent") == (("Assertion", "Absent"),)
    assert state_assertion(schema, "Drug", "absent") == ()
    assert state_assertion(schema, "Sign", "family") == ()
    assert state_assertion(Schema((), ()), "Sign", "absent") == ()


def test_schemas_join_without_losing_what_either_allows() -> None:
    ours = Schema(
        (EntityType("Drug"), EntityType("Sign")),
        (RelationType("treats", frozenset({("Drug", "Sign")})),),
        attributes=(ASSERTION,),
    )
    theirs = observed_schema(
        [
            document(
                "T1  Device 0 7  Aspirin",
                "T2  Sign 18 22  pain",
                "R1  treats Arg1:T1 Arg2:T2",
                "A1  Assertion T1 family",
                "T3  Procedure 8 11  for",
                "E1  Procedure:T3 Theme:T2",
            )
        ]
    )
    joined = join_schemas(ours, theirs)
    assert set(joined.mention_types) == {"Drug", "Sign", "Device", "Procedure"}
    assert joined.allows("treats", "Drug", "Sign") and joined.allows("treats", "Device", "Sign")
    assert joined.attributes[0].values == ("present", "absent", "family")
    assert joined.attributes[0].holders == {"Sign", "Device"}
    assert [event.name for event in joined.events] == ["Procedure"]


def test_a_type_may_be_an_entity_of_the_model_and_an_event_of_people() -> None:
    theirs = observed_schema([document("T1  Drug 0 7  Aspirin", "E1  Drug:T1")])
    joined = join_schemas(Schema((EntityType("Drug"),), ()), theirs)
    assert joined.mention_types == ("Drug",)
    assert parse_annotation_conf(format_annotation_conf(joined)).events[0].name == "Drug"
