"""What became of suggestions: kept, changed, deleted, added, and what that says of anchoring."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from selenium.webdriver import Chrome

from corpus_tools.adjudication import (
    LIKELY,
    NO_SIGN,
    TOO_FEW,
    Acceptance,
    AcceptanceSettings,
    Outcome,
    SuggestionReview,
    compare_document,
    measure_acceptance,
    review_suggestions,
)
from corpus_tools.cli import corpus
from corpus_tools.errors import CorpusError, InputError
from corpus_tools.reports import render_acceptance_report
from corpus_tools.standoff import Document, parse_document
from tests.browsing import check_page
from tests.corpus_tools.suggested_notes import MENTIONS, RELATIONS, SUGGESTED, TEXT, suggest, write_note

T1, T2, T3 = MENTIONS
R1, R2 = RELATIONS


def document(*lines: str) -> Document:
    return parse_document(TEXT, "".join(f"{line}\n" for line in lines), doc_id="note").document


def fates(*left: str, symmetric: str = "", suggested: tuple[str, ...] = SUGGESTED) -> dict[str, str]:
    """Return what became of each suggestion, as "fate" or "fate: changes"."""
    outcomes, _ = compare_document(document(*suggested), document(*left), is_symmetric=lambda label: label == symmetric)
    return {each.annotation_id: ": ".join((each.fate, *each.changes)) for each in outcomes}


def test_what_was_left_as_it_was_is_kept_with_its_note_or_without() -> None:
    assert set(fates(*SUGGESTED).values()) == {"kept"}
    assert set(fates(*MENTIONS, *RELATIONS).values()) == {"kept"}


def test_other_ids_change_nothing() -> None:
    renumbered = ("T7\tSign 27 32\tfever", "T8\tSign 12 22\tchest pain", "T9\tDrug 0 7\tAspirin")
    found = fates(*renumbered, "R5\ttreats Arg1:T9 Arg2:T7", "R6\ttreats Arg1:T9 Arg2:T8")
    assert set(found.values()) == {"kept"}


@pytest.mark.parametrize(
    ("line", "fate"),
    [
        ("T2\tSign 18 22\tpain", "changed: boundary"),
        ("T9\tSign 18 22\tpain", "changed: boundary"),
        ("T2\tDisease 12 22\tchest pain", "changed: type"),
        ("T9\tDisease 18 22\tpain", "changed: boundary: type"),
        ("T2\tSign 12 22\tchest pain\nA1\tAssertion T2 absent", "changed: attribute"),
        ("T9\tSign 23 26\tand", "deleted"),
    ],
)
def test_a_mention_is_changed_in_boundary_type_or_attribute(line: str, fate: str) -> None:
    assert fates(T1, line, T3)["T2"] == fate


def test_a_relation_whose_mention_moved_its_boundary_is_kept() -> None:
    assert fates(T1, "T2\tSign 18 22\tpain", T3, *RELATIONS)["R1"] == "kept"


@pytest.mark.parametrize(
    ("line", "fate"),
    [
        ("R1\tcauses Arg1:T1 Arg2:T2", "changed: label"),
        ("R9\ttreats Arg1:T2 Arg2:T1", "changed: direction"),
        ("R9\tcauses Arg1:T2 Arg2:T1", "changed: label: direction"),
        ("R1\ttreats Arg1:T2 Arg2:T3", "deleted"),
    ],
)
def test_a_relation_is_changed_in_label_or_direction(line: str, fate: str) -> None:
    assert fates(*MENTIONS, line)["R1"] == fate


def test_a_symmetric_relation_has_no_direction_to_change() -> None:
    turned = "R1\ttreats Arg1:T2 Arg2:T1"
    assert fates(*MENTIONS, turned, symmetric="treats")["R1"] == "kept"


def test_two_labels_on_one_pair_are_matched_to_their_like() -> None:
    both = (*MENTIONS, R1, "R2\tcauses Arg1:T1 Arg2:T2", suggest("R1", 0.5), suggest("R2", 0.5))
    left = (*MENTIONS, "R1\tcauses Arg1:T1 Arg2:T2", "R2\ttreats Arg1:T1 Arg2:T2")
    assert fates(*left, suggested=both) == {"R1": "kept", "R2": "kept"}


def test_a_deleted_mention_takes_its_relations_with_it() -> None:
    found = fates(T1, T3, R2)
    assert (found["T2"], found["R1"], found["R2"]) == ("deleted", "deleted", "kept")


def test_what_people_had_marked_is_no_suggestion_and_no_addition() -> None:
    outcomes, additions = compare_document(document(*MENTIONS, R1, suggest("R1", 0.9)), document(*MENTIONS, R1))
    assert [(each.annotation_id, each.fate) for each in outcomes] == [("R1", "kept")]
    assert additions == []


def test_what_matches_nothing_was_added() -> None:
    _, additions = compare_document(
        document(*SUGGESTED), document(*SUGGESTED, "T9\tSign 23 26\tand", "R9\tnear Arg1:T2 Arg2:T3")
    )
    assert [(each.layer, each.annotation_id, each.type) for each in additions] == [
        ("mentions", "T9", "Sign"),
        ("relations", "R9", "near"),
    ]


def test_relations_on_events_are_matched_through_their_triggers() -> None:
    events = ("E1\tDrug:T1", "R1\ttreats Arg1:E1 Arg2:T2", suggest("R1", 0.9))
    assert fates(*MENTIONS, R1, suggested=(*MENTIONS, *events)) == {"R1": "kept"}


SPANS = st.tuples(st.integers(0, 30), st.integers(1, 3)).map(lambda pair: (pair[0], pair[0] + pair[1]))


@given(st.lists(SPANS, max_size=6, unique=True), st.lists(SPANS, max_size=6, unique=True))
def test_each_suggestion_and_each_annotation_is_counted_once(
    before: list[tuple[int, int]], after: list[tuple[int, int]]
) -> None:
    ours = [f"T{n}\tSign {start} {end}\t{TEXT[start:end]}" for n, (start, end) in enumerate(before, start=1)]
    theirs = [f"T{n}\tSign {start} {end}\t{TEXT[start:end]}" for n, (start, end) in enumerate(after, start=1)]
    notes = [suggest(f"T{n}", 0.5) for n in range(1, len(ours) + 1)]
    outcomes, additions = compare_document(document(*ours, *notes), document(*theirs))
    partners = [each for each in outcomes if each.fate != "deleted"]
    assert len(outcomes) == len(before)
    assert len(partners) + len(additions) == len(after)
    assert sum(each.fate == "kept" for each in outcomes) == len(set(before) & set(after))


def test_folders_are_compared_by_path_and_what_is_not_compared_is_named(tmp_path: Path) -> None:
    suggested, left = tmp_path / "suggested", tmp_path / "anna"
    for name in ("a", "b", "c"):
        write_note(suggested, name, *SUGGESTED)
    write_note(left, "a", T1)
    write_note(left, "b", T1, text="Another text.")
    review = review_suggestions(suggested, left)
    assert (review.doc_ids, review.text_differs, review.not_annotated) == (("a",), ("b",), ("c",))
    assert [each.fate for each in review.outcomes] == ["kept", "deleted", "deleted", "deleted", "deleted"]


def test_documents_left_unaided_are_not_compared(tmp_path: Path) -> None:
    for folder in ("suggested", "anna"):
        write_note(tmp_path / folder, "a", *SUGGESTED)
        write_note(tmp_path / folder, "b", *(MENTIONS if folder == "anna" else ()))
    rows = '{"doc_id": "a", "aid": "pre-annotated"}\n{"doc_id": "b", "aid": "unaided"}\n'
    (tmp_path / "suggested" / "provenance.jsonl").write_text(rows)
    review = review_suggestions(tmp_path / "suggested", tmp_path / "anna")
    assert (review.doc_ids, review.unaided, review.additions) == (("a",), 1, ())


def test_an_empty_ann_deletes_all_and_a_missing_one_is_no_answer(tmp_path: Path) -> None:
    write_note(tmp_path / "suggested", "a", *SUGGESTED)
    write_note(tmp_path / "anna", "a")
    assert {each.fate for each in review_suggestions(tmp_path / "suggested", tmp_path / "anna").outcomes} == {"deleted"}
    (tmp_path / "anna" / "a.ann").unlink()
    with pytest.raises(InputError, match="no document can be compared"):
        review_suggestions(tmp_path / "suggested", tmp_path / "anna")


def measured(*suggestions: tuple[str, float, str], documents: int = 10, low: float = 0.5) -> Acceptance:
    """Return the acceptance of relations with a label, a probability and a fate, spread over documents."""
    names = tuple(f"note-{n}" for n in range(documents))
    outcomes = tuple(
        Outcome(names[n % documents], "relations", f"R{n}", label, probability, fate)
        for n, (label, probability, fate) in enumerate(suggestions)
    )
    return measure_acceptance(SuggestionReview(names, outcomes, ()), AcceptanceSettings(low=low))


def test_rates_and_bins_are_counted_by_hand() -> None:
    acceptance = measured(
        ("treats", 0.9, "kept"), ("treats", 0.95, "deleted"), ("causes", 0.1, "kept"), ("causes", 1.0, "changed")
    )
    rates = {rate.name: (rate.suggested, rate.kept, rate.acceptance.value) for rate in acceptance.rates}
    assert rates == {"": (4, 2, 0.5), "causes": (2, 1, 0.5), "treats": (2, 1, 0.5)}
    bins = {each.low: (each.suggested, each.kept) for each in acceptance.bins}
    assert bins == {0.0: (1, 1), 0.2: (0, 0), 0.4: (0, 0), 0.6: (0, 0), 0.8: (3, 1)}
    last = acceptance.bins[-1]
    # (0.9 + 0.95 + 1.0) / 3 = 0.95, kept one of three
    assert last.mean_probability == pytest.approx(0.95)
    assert last.excess.value == pytest.approx(1 / 3 - 0.95)
    assert acceptance.bins[1].acceptance.value is None


def test_weak_suggestions_kept_far_more_often_than_they_are_right_make_anchoring_likely() -> None:
    weak = [("treats", 0.2, "kept" if n % 5 else "deleted") for n in range(50)]
    (anchoring,) = measured(*weak).anchoring
    # 40 of 50 kept where 10 would be right
    assert anchoring.verdict == LIKELY
    assert "80.0% were kept unchanged where their mean probability is 20.0% (excess +0.600" in anchoring.reason


def test_weak_suggestions_kept_as_often_as_they_are_right_are_no_sign() -> None:
    weak = [("treats", 0.2, "kept" if n < 10 else "deleted") for n in range(50)]
    assert measured(*weak).anchoring[0].verdict == NO_SIGN


def test_few_weak_suggestions_say_nothing() -> None:
    (anchoring,) = measured(*[("treats", 0.2, "kept")] * 19).anchoring
    assert anchoring.verdict == TOO_FEW
    assert "19 suggestions below 0.5, of which 20" in anchoring.reason
    assert measured(*[("treats", 0.2, "kept")] * 40, documents=1).anchoring[0].verdict == TOO_FEW


def test_changed_is_not_accepted_unchanged() -> None:
    weak = [("treats", 0.2, "changed")] * 50
    assert measured(*weak).anchoring[0].verdict == NO_SIGN


def run(*arguments: object) -> Result:
    return CliRunner().invoke(corpus, ["accept-rate", *map(str, arguments)])


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("a", "b"):
        write_note(tmp_path / "suggested", name, *SUGGESTED)
    write_note(tmp_path / "anna", "a", *SUGGESTED)
    write_note(tmp_path / "anna", "b", T1, "T2\tSign 18 22\tpain", R1)
    return tmp_path / "suggested", tmp_path / "anna"


def test_the_command_prints_json(folders: tuple[Path, Path]) -> None:
    result = run(*folders, "--json")
    assert result.exit_code == 0, result.output
    record = json.loads(result.stdout)
    totals = {rate["layer"]: rate for rate in record["rates"] if not rate["name"]}
    # mentions: a keeps three, b keeps T1, changes T2, deletes T3; relations: a keeps two, b keeps R1, deletes R2
    assert [totals["mentions"][name] for name in ("suggested", "kept", "changed", "deleted")] == [6, 4, 1, 1]
    assert [totals["relations"][name] for name in ("suggested", "kept", "changed", "deleted")] == [4, 3, 0, 1]
    assert totals["mentions"]["changes"] == {"boundary": 1}
    assert record["schema"] == "corpus/accept-rate"


def test_the_command_prints_tables_and_writes_markdown(folders: tuple[Path, Path], tmp_path: Path) -> None:
    result = run(*folders, "--markdown", tmp_path / "report.md")
    assert "By probability" in result.stdout
    report = (tmp_path / "report.md").read_text("utf-8")
    assert "2 documents compared (0 not annotated, 0 with another text)" in report
    assert "| mentions | all | 6 | 4 | 1 | 1 | 0 | 0.667 |" in report
    again = run(*folders, "--markdown", tmp_path / "report.md")
    assert isinstance(again.exception, CorpusError)
    assert again.exception.exit_code == 2


def test_the_command_writes_a_folder_with_a_page(folders: tuple[Path, Path], tmp_path: Path) -> None:
    assert run(*folders, "--out", tmp_path / "report").exit_code == 0
    names = {path.name for path in (tmp_path / "report").iterdir()}
    assert names == {"accept-rate.html", "accept-rate.json", "accept-rate.md"}
    page = (tmp_path / "report" / "accept-rate.html").read_text("utf-8")
    assert "share of suggestions kept unchanged by the model&#39;s probability" in page
    assert "spirin" not in page
    inside = run(*folders, "--out", folders[0] / "report")
    assert isinstance(inside.exception, CorpusError)
    assert inside.exception.exit_code == 8


def test_hostile_types_are_escaped_on_the_page() -> None:
    page = render_acceptance_report(measured(("<script>alert(1)</script>", 0.3, "kept"), ("$x$", 0.9, "deleted")))
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_opens_without_a_complaint(browser: Chrome, tmp_path: Path, scheme: str) -> None:
    page = tmp_path / "accept-rate.html"
    suggestions = [("treats", n % 10 / 10, "kept" if n % 3 else "deleted") for n in range(60)]
    page.write_text(render_acceptance_report(measured(*suggestions)), "utf-8")
    check_page(browser, page, scheme=scheme, headings=3)


def test_a_folder_without_suggestions_is_refused(folders: tuple[Path, Path], tmp_path: Path) -> None:
    write_note(tmp_path / "plain", "a", *MENTIONS)
    result = run(tmp_path / "plain", folders[1])
    assert isinstance(result.exception, InputError)
    assert "no suggestion in 1 documents; expected a folder that relext annotate wrote" in str(result.exception)


def test_no_clinical_text_is_printed(folders: tuple[Path, Path]) -> None:
    assert "spirin" not in run(*folders, "-v").output
