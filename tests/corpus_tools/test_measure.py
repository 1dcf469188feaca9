"""What counts as agreement, on projects small enough to count by hand, and on one with published figures."""

import csv
from pathlib import Path

import pytest

from corpus_tools.agreement import KINDS, Agreement, Kappa
from corpus_tools.errors import InputError, UsageError
from tests.corpus_tools.annotated_projects import TEXT, f1, kinds, measure, write_project

DRUG, PAIN = "T1 Drug 0 7", "T2 Symptom 21 31"  # Aspirin, chest pain
ALL_MODES = ("exact", "overlap", "span", "id")


def test_the_published_agreement_is_found_to_nine_digits(shared_data: Path) -> None:
    folder = shared_data / "cancermine"
    agreement = measure(folder, labels=("Driver", "Oncogene", "Tumor_Suppressor"), modes=("id",))
    with (folder / "published_interannotator.tsv").open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    published = {row["name    "].strip(): row for row in rows}
    for pair in agreement.pairs:
        expected = float(published[pair.first.replace("-", "")][pair.second.replace("-", "")])
        assert pair.scores["relations", "id"].total.f1.value == pytest.approx(expected, abs=1e-9)


def test_counts_behind_an_f1_are_those_of_both(tmp_path: Path) -> None:
    write_project(tmp_path, {"a": f"{DRUG}\n{PAIN}", "b": f"{DRUG}\nT2 Symptom 58 62\nT3 Symptom 49 54"})
    score = measure(tmp_path).scores["entities", "exact"].total
    assert (score.matched, score.first, score.second, score.f1.value) == (1, 2, 3, 2 / 5)


@pytest.mark.parametrize("mode", ALL_MODES)
def test_identical_annotators_with_a_nested_mention_agree_fully(tmp_path: Path, mode: str) -> None:
    ann = "T1 Symptom 14 31\nT2 Symptom 21 31\nT3 Anatomy 21 26\nR1 located Arg1:T2 Arg2:T3"
    agreement = measure(write_project(tmp_path, {"a": ann, "b": ann}), modes=(mode,))
    assert f1(agreement, "entities", mode) == f1(agreement, "relations", mode) == 1.0
    assert kinds(agreement) == {}


def test_the_same_words_at_other_offsets_do_not_match(tmp_path: Path) -> None:
    agreement = measure(write_project(tmp_path, {"a": "T1 Symptom 27 31", "b": "T1 Symptom 58 62"}))
    assert f1(agreement, "entities", "exact") == f1(agreement, "entities", "overlap") == 0.0


def test_touching_mentions_do_not_overlap(tmp_path: Path) -> None:
    agreement = measure(write_project(tmp_path, {"a": "T1 Symptom 14 21", "b": "T1 Symptom 21 31"}))
    assert f1(agreement, "entities", "overlap") == 0.0


def test_a_boundary_alone_is_no_match_exactly_and_one_by_overlap(tmp_path: Path) -> None:
    agreement = measure(write_project(tmp_path, {"a": "T1 Symptom 14 31", "b": "T1 Symptom 21 31"}))
    assert (f1(agreement, "entities", "exact"), f1(agreement, "entities", "overlap")) == (0.0, 1.0)


def test_spurious_annotations_count(tmp_path: Path) -> None:
    agreement = measure(write_project(tmp_path, {"a": DRUG, "b": f"{DRUG}\nT2 Drug 33 41\nT3 Drug 49 50"}))
    assert f1(agreement, "entities") == 2 / 4


def test_mode_span_ignores_types_and_mode_id_goes_by_ids(tmp_path: Path) -> None:
    write_project(tmp_path, {"a": DRUG, "b": "T1 Symptom 0 7"})
    assert f1(measure(tmp_path, modes=("span",)), "entities", "span") == 1.0
    write_project(tmp_path / "2", {"a": DRUG, "b": "T1 Drug 33 41"})
    assert f1(measure(tmp_path / "2", modes=("id",)), "entities", "id") == 1.0


def test_mode_span_matches_like_types_first(tmp_path: Path) -> None:
    write_project(tmp_path, {"a": "T1 Drug 0 7\nT2 Symptom 0 7", "b": "T1 Symptom 0 7"})
    labels = measure(tmp_path, modes=("span",)).scores["entities", "span"].labels
    assert (labels["Symptom"].f1.value, labels["Drug"].f1.value) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("first", "second", "overlap"),
    [
        ("T1 Symptom 14 20;27 31", "T1 Symptom 14 20;27 31", 1.0),
        ("T1 Symptom 14 20;27 31", "T1 Symptom 21 26", 0.0),  # inside the gap: nothing shared
        ("T1 Symptom 14 20;27 31", "T1 Symptom 27 31", 1.0),
    ],
)
def test_discontinuous_mentions_overlap_by_their_fragments(
    tmp_path: Path, first: str, second: str, overlap: float
) -> None:
    agreement = measure(write_project(tmp_path, {"a": first, "b": second}))
    assert f1(agreement, "entities", "overlap") == overlap
    assert f1(agreement, "entities", "exact") == float(first == second)


def test_relations_are_matched_over_overlapping_ends(tmp_path: Path) -> None:
    relation = "R1 treats Arg1:T1 Arg2:T2"
    write_project(tmp_path, {"a": f"{DRUG}\n{PAIN}\n{relation}", "b": f"{DRUG}\nT2 Symptom 14 31\n{relation}"})
    agreement = measure(tmp_path)
    assert (f1(agreement, "relations", "exact"), f1(agreement, "relations", "overlap")) == (0.0, 1.0)


def test_relations_do_not_depend_on_which_mentions_were_matched(tmp_path: Path) -> None:
    # The entities pair a's long T2 with b's T2, which shares more; the relation hangs on T3 and matches all the same.
    first = f"{DRUG}\nT2 Symptom 14 31\nT3 Symptom 27 31\nR1 treats Arg1:T1 Arg2:T3"
    second = f"{DRUG}\nT2 Symptom 21 31\nR1 treats Arg1:T1 Arg2:T2"
    agreement = measure(write_project(tmp_path, {"a": first, "b": second}))
    assert f1(agreement, "relations", "overlap") == 1.0


def test_relations_over_mentions_that_only_others_join_do_not_match(tmp_path: Path) -> None:
    # Each overlaps the next: of a 14-20, of b 19-24, of a 23-28, of b 27-31. The first and the last share nothing.
    first = f"{DRUG}\nT2 Symptom 23 28\nT3 Symptom 14 20\nR1 treats Arg1:T1 Arg2:T3"
    second = f"{DRUG}\nT2 Symptom 19 24\nT3 Symptom 27 31\nR1 treats Arg1:T1 Arg2:T3"
    assert f1(measure(write_project(tmp_path / "last", {"a": first, "b": second})), "relations", "overlap") == 0.0
    near = second.replace("Arg2:T3", "Arg2:T2")
    assert f1(measure(write_project(tmp_path / "next", {"a": first, "b": near})), "relations", "overlap") == 1.0


def test_a_relation_on_events_is_one_between_triggers(tmp_path: Path) -> None:
    first = f"{DRUG}\n{PAIN}\nE1 Drug:T1\nE2 Symptom:T2\nR1 treats Arg1:E1 Arg2:E2"
    second = f"{DRUG}\n{PAIN}\nR1 treats Arg1:T1 Arg2:T2"
    agreement = measure(write_project(tmp_path, {"a": first, "b": second}))
    assert (f1(agreement, "relations"), f1(agreement, "events")) == (1.0, 0.0)


def test_events_match_by_type_and_trigger_and_arguments_by_role_and_filler(tmp_path: Path) -> None:
    first = f"{DRUG}\n{PAIN}\nT3 Act 8 13\nE1 Act:T3 Theme:T2 Agent:T1"
    second = f"{DRUG}\n{PAIN}\nT3 Act 8 13\nE1 Act:T3 Theme:T2 Agent:T2"
    agreement = measure(write_project(tmp_path, {"a": first, "b": second}))
    assert (f1(agreement, "events"), f1(agreement, "arguments"), f1(agreement, "arguments", "overlap")) == (1, 0.5, 0.5)


def test_attributes_match_by_holder_name_and_value(tmp_path: Path) -> None:
    first = f"{DRUG}\n{PAIN}\nA1 Negated T1\nA2 Assertion T2 present"
    second = f"{DRUG}\nT2 Symptom 14 31\nA1 Negated T1\nA2 Assertion T2 present"
    agreement = measure(write_project(tmp_path, {"a": first, "b": second}))
    assert (f1(agreement, "attributes"), f1(agreement, "attributes", "overlap")) == (0.5, 1.0)


def test_holders_are_found_in_documents_behind_others(tmp_path: Path) -> None:
    """Documents of unlike numbers of mentions, events and relations before the one whose attributes are compared."""
    both = f"{DRUG}\n{PAIN}\n"
    many = f"{both}E1 Drug:T1\nE2 Symptom:T2\nR1 treats Arg1:T1 Arg2:T2\nA1 Negated R1"
    last = f"{both}E1 Drug:T1 Theme:T2\nE2 Symptom:T2\nR1 treats Arg1:T1 Arg2:T2\n"
    first = last + "A1 Negated E2\nA2 Negated R1\nA3 Negated T1"
    second = last + "A1 Negated E2\nA2 Negated R1\nA3 Negated E1"
    documents = {"a": {"1": many, "2": many, "3": first}, "b": {"1": DRUG, "2": f"{DRUG}\nE1 Drug:T1", "3": second}}
    agreement = measure(write_project(tmp_path, documents))
    score = agreement.scores["attributes", "exact"].total
    # those on R1 of the first two documents have no counterpart; of the last document two of three match
    assert (score.matched, score.first, score.second) == (2, 5, 3)
    assert agreement.scores["arguments", "exact"].total.f1.value == 1.0


def test_the_same_relation_twice_counts_once(tmp_path: Path) -> None:
    relation = f"{DRUG}\n{PAIN}\nR1 treats Arg1:T1 Arg2:T2"
    agreement = measure(write_project(tmp_path, {"a": f"{relation}\nR2 treats Arg1:T1 Arg2:T2", "b": relation}))
    assert (f1(agreement, "relations"), agreement.project.tables.duplicates) == (1.0, 1)


def test_direction_counts_unless_the_label_is_symmetric(tmp_path: Path) -> None:
    ends = f"{DRUG}\n{PAIN}\nR1 goes-with Arg1:"
    write_project(tmp_path, {"a": f"{ends}T1 Arg2:T2", "b": f"{ends}T2 Arg2:T1"})
    assert f1(measure(tmp_path), "relations") == 0.0
    conf = "[entities]\nDrug\nSymptom\n[relations]\ngoes-with\tArg1:Drug, Arg2:Symptom, <REL-TYPE>:symmetric\n"
    (tmp_path / "annotation.conf").write_text(conf + "[events]\n[attributes]\n")
    agreement = measure(tmp_path)
    assert (f1(agreement, "relations"), f1(agreement, "relations", "overlap")) == (1.0, 1.0)
    assert kinds(agreement) == {"symmetric-order": 1}


BOTH = f"{DRUG}\n{PAIN}\n"
TREATS = "R1 treats Arg1:T1 Arg2:T2"


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ("T1 Drug 0 7", "T1 Symptom 0 7", {"type": 1}),
        ("T1 Symptom 14 31", "T1 Symptom 21 31", {"boundary": 1}),
        ("T1 Symptom 14 31", "T1 Finding 21 31", {"boundary-and-type": 1}),
        ("T1 Drug 0 7", "", {"missing-mention": 1}),
        ("T1 Drug 0 7\nT2 Drug 0 7", "T1 Drug 0 7", {"stacked-mention": 1}),
        ("T1 Drug 0 7\nT2 Finding 0 7", "T1 Drug 0 7", {"stacked-mention": 1}),
        (BOTH + TREATS, BOTH, {"missing-relation": 1}),
        (BOTH + TREATS, DRUG, {"missing-mention": 1, "missing-end": 1}),
        (BOTH + TREATS, BOTH + "R1 causes Arg1:T1 Arg2:T2", {"label": 1}),
        (BOTH + TREATS, BOTH + "R1 treats Arg1:T2 Arg2:T1", {"direction": 1}),
        (BOTH + TREATS, BOTH + "R1 causes Arg1:T2 Arg2:T1", {"label-and-direction": 1}),
        (BOTH + TREATS, BOTH + TREATS + "\nR2 causes Arg1:T1 Arg2:T2", {"second-relation": 1}),
        (BOTH + TREATS, f"{DRUG}\nT2 Symptom 14 31\n{TREATS}", {"boundary": 1, "relation-boundary": 1}),
        (BOTH + TREATS, f"{DRUG}\nT2 Finding 21 31\n{TREATS}", {"type": 1, "relation-end-type": 1}),
        (BOTH + "A1 Assertion T2 present", BOTH + "A1 Assertion T2 absent", {"attribute-value": 1}),
        (BOTH + "A1 Assertion T2 present", BOTH, {"missing-attribute": 1}),
        (BOTH + "A1 Negated T2", DRUG, {"missing-mention": 1, "attribute-holder": 1}),
        (BOTH + "E1 Drug:T1", BOTH, {"missing-event": 1}),
        (BOTH + "E1 Drug:T1 Theme:T2", BOTH + "E1 Drug:T1 Agent:T2", {"argument-role": 1}),
        (BOTH + "E1 Drug:T1 Theme:T2", BOTH + "E1 Drug:T1", {"missing-argument": 1}),
    ],
)
def test_each_kind_of_disagreement_is_told_apart(
    tmp_path: Path, first: str, second: str, expected: dict[str, int]
) -> None:
    agreement = measure(write_project(tmp_path, {"a": first, "b": second}))
    assert kinds(agreement) == expected
    swapped = measure(write_project(tmp_path / "swapped", {"a": second, "b": first}))
    assert kinds(swapped) == expected
    assert set(expected) <= set(KINDS)


def test_relations_that_hang_otherwise_on_stacked_mentions_are_told(tmp_path: Path) -> None:
    stacked = "T1 Drug 0 7\nT2 Drug 0 7\nT3 Symptom 21 31\nT4 Symptom 27 31\n"
    first = stacked + "R1 treats Arg1:T1 Arg2:T3\nR2 causes Arg1:T2 Arg2:T4"
    second = stacked + "R1 treats Arg1:T1 Arg2:T3\nR2 causes Arg1:T1 Arg2:T4"
    agreement = measure(write_project(tmp_path, {"a": first, "b": second}))
    assert f1(agreement, "relations") == 1.0
    assert kinds(agreement) == {"stacked-relations": 2}


def test_stacked_mentions_written_in_another_order_agree(tmp_path: Path) -> None:
    first = "T1 Drug 0 7\nT2 Drug 0 7\nT3 Symptom 21 31\nR1 treats Arg1:T1 Arg2:T3"
    second = "T1 Drug 0 7\nT2 Drug 0 7\nT3 Symptom 21 31\nR1 treats Arg1:T2 Arg2:T3"
    assert kinds(measure(write_project(tmp_path, {"a": first, "b": second}))) == {}


def test_texts_that_differ_are_refused_and_named(tmp_path: Path) -> None:
    write_project(tmp_path, {"a": {"d": DRUG, "e": DRUG}, "b": {"d": DRUG, "e": ("Aspirin hurts.", DRUG)}})
    agreement = measure(tmp_path)
    assert f1(agreement, "entities") == 1.0
    assert [row.doc_id for row in agreement.project.text_differs] == ["e"]
    assert agreement.project.text_differs[0].hashes["a"] != agreement.project.text_differs[0].hashes["b"]
    assert (agreement.project.coverage[0].compared, agreement.project.coverage[0].text_differs) == (1, 1)


def test_of_three_annotators_the_two_with_the_same_text_are_compared(tmp_path: Path) -> None:
    write_project(tmp_path, {"a": DRUG, "b": {"d": ("Aspirin hurts.", DRUG)}, "c": DRUG})
    agreement = measure(tmp_path)
    assert [(pair.first, pair.second) for pair in agreement.pairs] == [("a", "c")]


def test_documents_of_one_annotator_and_without_ann_are_counted_and_left_out(tmp_path: Path) -> None:
    write_project(tmp_path, {"a": {"d": DRUG, "only": DRUG, "e": DRUG}, "b": {"d": DRUG, "e": DRUG}})
    (tmp_path / "b" / "e.ann").unlink()
    agreement = measure(tmp_path)
    coverage = agreement.project.coverage[0]
    assert (coverage.compared, coverage.only_first, coverage.only_second) == (1, 2, 0)
    assert agreement.project.not_annotated == {"a": 0, "b": 1}


def test_an_empty_document_is_compared(tmp_path: Path) -> None:
    agreement = measure(write_project(tmp_path, {"a": {"d": DRUG, "e": ""}, "b": {"d": DRUG, "e": ""}}))
    assert (agreement.pairs[0].documents, f1(agreement, "entities")) == (2, 1.0)


def test_nothing_marked_is_undefined_with_a_reason(tmp_path: Path) -> None:
    score = measure(write_project(tmp_path, {"a": "", "b": ""})).scores["entities", "exact"].total
    assert (score.f1.value, score.f1.reason) == (None, "nothing to compare")


def test_no_document_in_common_is_an_error_that_says_so(tmp_path: Path) -> None:
    write_project(tmp_path, {"a": {"d": DRUG}, "b": {"e": DRUG}})
    with pytest.raises(InputError, match="no document is annotated by two annotators"):
        measure(tmp_path)


def test_a_folder_a_document_is_known_for_a_layout_turned_round(tmp_path: Path) -> None:
    write_project(tmp_path, {f"note-{n}": {f"anna-{n}": DRUG} for n in range(6)})
    with pytest.raises(InputError, match=r"none of the 6 folders shares a document .* turn the layout round"):
        measure(tmp_path)


def test_one_annotator_is_not_enough_and_gold_is_none(tmp_path: Path) -> None:
    write_project(tmp_path, {"a": DRUG, "gold": DRUG})
    with pytest.raises(InputError, match="expected at least two folders"):
        measure(tmp_path)
    assert f1(measure(tmp_path, annotators=("a", "gold")), "entities") == 1.0
    with pytest.raises(UsageError, match="no annotator x; found a, gold"):
        measure(tmp_path, annotators=("a", "x"))


def test_labels_restrict_types_and_relations(tmp_path: Path) -> None:
    write_project(tmp_path, {"a": BOTH + TREATS, "b": f"{DRUG}\nT2 Symptom 14 31\n{TREATS}"})
    agreement = measure(tmp_path, labels=("Drug", "treats", "unheard"))
    assert (f1(agreement, "entities"), f1(agreement, "relations", "overlap")) == (1.0, 1.0)
    assert agreement.unknown_labels == ("unheard",)
    assert list(agreement.scores["entities", "exact"].labels) == ["Drug"]


def test_a_label_that_one_annotator_used_has_an_f1_of_zero(tmp_path: Path) -> None:
    agreement = measure(write_project(tmp_path, {"a": f"{DRUG}\n{PAIN}", "b": DRUG}))
    assert agreement.scores["entities", "exact"].labels["Symptom"].f1.value == 0.0


def test_pairs_are_pooled_by_their_counts(tmp_path: Path) -> None:
    agreement = measure(write_project(tmp_path, {"a": BOTH, "b": BOTH, "c": DRUG}))
    # a-b 2 of 2 and 2, a-c and b-c 1 of 2 and 1: 2 * 4 / (6 + 4)
    assert f1(agreement, "entities") == 2 * 4 / 10


def kappa(agreement: Agreement, unit: str, coefficient: str = "cohen", category: str = "") -> Kappa:
    every = [kappa for pair in agreement.pairs for kappa in pair.kappas] + list(agreement.group_kappas)
    return next(
        k for k in every if (k.question.unit, k.coefficient, k.question.category) == (unit, coefficient, category)
    )


def test_kappa_of_types_is_over_fragments_that_both_marked(tmp_path: Path) -> None:
    first = "T1 Drug 0 7\nT2 Symptom 21 31\nT3 Drug 33 41\nT4 Symptom 49 50"
    second = "T1 Drug 0 7\nT2 Symptom 21 31\nT3 Symptom 33 41"
    found = kappa(measure(write_project(tmp_path, {"a": first, "b": second})), "type")
    # Drug-Drug, Symptom-Symptom, Drug-Symptom: po = 2/3, pe = 2/3 * 1/3 + 1/3 * 2/3 = 4/9, kappa = 2/5
    assert (found.n, found.observed, found.expected) == (3, 2 / 3, pytest.approx(4 / 9))
    assert found.figure.value == pytest.approx(0.4)
    assert found.question.coverage == {"a": (3, 4), "b": (3, 3)}


def test_kappa_of_one_category_is_null_with_a_reason(tmp_path: Path) -> None:
    found = kappa(measure(write_project(tmp_path, {"a": DRUG, "b": DRUG})), "type")
    assert (found.figure.value, found.figure.reason) == (None, "single category")


def test_kappa_of_relations_counts_the_pairs_of_a_sentence_that_nobody_related(tmp_path: Path) -> None:
    # Three mentions in the first sentence (3 pairs), two in the second (1 pair); none across.
    mentions = "T1 Drug 0 7\nT2 Symptom 21 31\nT3 Finding 14 20\nT4 Drug 33 41\nT5 Symptom 58 62\n"
    first = mentions + "R1 treats Arg1:T1 Arg2:T2\nR2 causes Arg1:T4 Arg2:T5\nR3 causes Arg1:T1 Arg2:T5"
    second = mentions + "R1 treats Arg1:T1 Arg2:T2"
    found = kappa(measure(write_project(tmp_path, {"a": first, "b": second})), "relation")
    # treats-treats, causes-NO_RELATION, 2 x NO_RELATION: po = 3/4, pe = 1/4 * 1/4 + 2/4 * 3/4 = 7/16
    assert (found.n, found.observed, found.expected) == (4, 0.75, pytest.approx(7 / 16))
    assert found.question.coverage == {"a": (2, 3), "b": (1, 1)}
    assert found.question.incomplete == 1  # the relation across sentences


def test_kappa_of_relations_leaves_out_pairs_that_the_schema_forbids(tmp_path: Path) -> None:
    conf = "[entities]\nDrug\nSymptom\nFinding\n[relations]\ntreats\tArg1:Drug, Arg2:Symptom\n[events]\n[attributes]\n"
    mentions = "T1 Drug 0 7\nT2 Symptom 21 31\nT3 Finding 14 20\n"
    first = mentions + "R1 treats Arg1:T1 Arg2:T2\nR2 treats Arg1:T1 Arg2:T3"
    write_project(tmp_path, {"a": first, "b": mentions + "R1 treats Arg1:T1 Arg2:T2"})
    (tmp_path / "annotation.conf").write_text(conf)
    # Drug-Symptom is allowed, Drug-Finding is not but was related, Symptom-Finding is out.
    assert kappa(measure(tmp_path), "relation").n == 2


def test_kappa_of_words_is_binary_a_type(tmp_path: Path) -> None:
    agreement = measure(write_project(tmp_path, {"a": "T1 Symptom 14 31", "b": "T1 Symptom 21 31\nT2 Drug 0 7"}))
    found = kappa(agreement, "word", category="Symptom")
    # 15 words; a marks severe chest pain, b chest pain: po = 14/15, pe = 3/15 * 2/15 + 12/15 * 13/15 = 162/225
    assert (found.n, found.observed, found.expected) == (15, pytest.approx(14 / 15), pytest.approx(162 / 225))
    marked = [k for k in agreement.pairs[0].kappas if "somebody marked" in k.question.universe]
    assert marked[1].n == 4  # Aspirin, severe, chest, pain


def test_kappa_of_words_tells_mentions_apart_that_no_blank_divides(tmp_path: Path) -> None:
    project = write_project(tmp_path, {"a": "T1 Drug 2 6", "b": "T1 Drug 4 6"}, text="给予阿司匹林可缓解胸痛")
    found = kappa(measure(project), "word", category="Drug")
    # 11 words; a marks 4, b marks 2 of them: po = 9/11, pe = 4/11 * 2/11 + 7/11 * 9/11 = 71/121
    assert (found.n, found.observed, found.expected) == (11, pytest.approx(9 / 11), pytest.approx(71 / 121))


def test_kappa_of_words_leaves_out_documents_that_another_pair_shares(tmp_path: Path) -> None:
    three = {"a": {"d": "T1 Symptom 14 31", "other": DRUG}, "b": "T1 Symptom 21 31", "c": {"other": DRUG}}
    agreement = measure(write_project(tmp_path, three))
    assert (agreement.pairs[0].first, agreement.pairs[0].second) == ("a", "b")
    assert kappa(agreement, "word", category="Symptom").n == 15  # words of "d" alone
    marked = [k for k in agreement.pairs[0].kappas if "somebody marked" in k.question.universe]
    assert [k.n for k in marked if k.question.category == "Symptom"] == [3]


def test_three_annotators_get_fleiss_kappa_and_alpha(tmp_path: Path) -> None:
    three = {"a": "T1 Drug 0 7\nT2 Symptom 21 31", "b": "T1 Drug 0 7\nT2 Drug 21 31", "c": "T1 Drug 0 7"}
    agreement = measure(write_project(tmp_path, three))
    complete = kappa(agreement, "type", "alpha")
    assert (complete.n, complete.figure.reason, complete.question.incomplete) == (1, "single category", 1)
    with_gaps = [k for k in agreement.group_kappas if k.coefficient == "alpha" and k.question.unit == "type"][1]
    # Drug three times, and Symptom with Drug: agreeing 3 of 5 values, by chance 4 * 3 / (5 * 4) = 3/5
    assert (with_gaps.n, with_gaps.observed, with_gaps.expected) == (2, 0.6, 0.6)
    assert with_gaps.figure.value == pytest.approx(0.0)


def test_specialties_and_rounds_are_broken_down(tmp_path: Path) -> None:
    for name, second in (("1", PAIN.replace("T2", "T1")), ("2", DRUG)):
        write_project(tmp_path / name, {"a": DRUG, "b": second})
    agreement = measure(tmp_path, rounds=True)
    totals = {name: scores["entities", "exact"].total.f1.value for name, scores in agreement.groups["round"].items()}
    assert totals == {"1": 0.0, "2": 1.0}
    assert agreement.pairs[0].rounds["2"]["entities", "exact"].total.f1.value == 1.0
    assert agreement.project.doc_ids == ("1/d", "2/d")


def test_the_confusion_of_types_holds_what_one_annotator_did_not_mark(tmp_path: Path) -> None:
    agreement = measure(write_project(tmp_path, {"a": f"{DRUG}\n{PAIN}", "b": "T1 Symptom 0 7"}))
    types = agreement.pairs[0].confusions[0]
    assert types.categories == ("Drug", "Symptom", "(not marked)")
    assert types.matrix.tolist() == [[0, 1, 0], [0, 0, 1], [0, 0, 0]]


def test_rejected_lines_are_kept_with_their_annotator(tmp_path: Path) -> None:
    write_project(tmp_path, {"a": f"{DRUG}\nR1 treats Arg1:T1 Arg2:T9", "b": DRUG})
    agreement = measure(tmp_path)
    assert [(annotator, reject.annotation_id) for annotator, reject in agreement.project.rejects] == [("a", "R1")]
    assert f1(agreement, "entities") == 1.0


def test_more_workers_measure_the_same(tmp_path: Path) -> None:
    documents = {f"d{number}": BOTH + TREATS for number in range(20)}
    write_project(tmp_path, {"a": documents, "b": {**documents, "d3": DRUG, "d7": PAIN}})
    one, two = (measure(tmp_path, jobs=jobs, samples=100) for jobs in (1, 2))
    assert one.scores == two.scores
    assert [k.figure for k in one.pairs[0].kappas] == [k.figure for k in two.pairs[0].kappas]


def test_the_text_of_the_examples_is_as_counted() -> None:
    words = {(0, 7): "Aspirin", (14, 20): "severe", (21, 31): "chest pain", (33, 41): "Warfarin", (58, 62): "pain"}
    assert {span: TEXT[slice(*span)] for span in words} == words
