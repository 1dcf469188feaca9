"""The record, the Markdown and the page of an evaluation made by hand."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from corpus_tools.sentences import Mention
from corpus_tools.standoff import Span
from relext.evaluation import (
    Assessment,
    Outcome,
    Overlap,
    Protocol,
    Throughput,
    build_record,
    describe_protocol,
    evaluate_outcomes,
    list_sentences,
    measure_calibration,
    score_counts,
    write_report,
)
from relext.evaluation.browser import browse_mistakes
from relext.evaluation.mistakes import Mistake
from relext.evaluation.report import format_interval, format_markdown, format_page
from relext.explanation import PairExplanation, ReadWord, Step

HOSTILE = "<script>alert(1)</script>"
FOUND = Outcome("a", "treats", "T1", "T2", "tp", "Symptom-Drug", ("surgery",), "0", "candidate", 0.9)
INVENTED = Outcome("a", HOSTILE, "T1", "T3", "fp", "other", ("surgery",), "0", "", 0.7)
MISSED = Outcome("b", "treats", "T4", "T5", "fn", "other", (), "1", "cross-sentence", None)
MENTION = Mention("T1", "Drug", (Span(0, 7),), (Span(0, 7),), "Zebulon")


def assess(*outcomes: Outcome, unknown_labels: dict[str, int] | None = None) -> Assessment:
    model = evaluate_outcomes(outcomes, ["a", "b"], seed=1)
    return Assessment(
        protocol=Protocol("demo", "minilm (bert, 6 layers of 384)", "cpu", "test", "0123456789abcdef", 1),
        model=model,
        majority=evaluate_outcomes([MISSED], ["a", "b"], seed=1),
        p_value=0.25,
        throughput=Throughput(documents=2, pairs=10, tokens=100, seconds=0.5),
        overlap=Overlap(("b",), score_counts(1, 1, 0)),
        unknown_labels=unknown_labels or {},
        mistakes=tuple(Mistake(each, MENTION, None, each.probability) for each in outcomes if each.verdict != "tp"),
    )


def test_record_holds_the_figures_that_other_programs_read() -> None:
    record = json.loads(json.dumps(build_record(assess(FOUND, INVENTED, MISSED))))
    assert record["micro"]["f1"] == 0.5
    assert record["majority"]["f1"] == 0.0
    assert record["ceiling"] == {"recall": 0.5, "reachable": 1, "gold": 2, "reason": None}
    assert record["reaches"]["cross-sentence"] == {"gold": 1, "found": 0}
    assert record["documents"][0] == {"doc_id": "a", "tp": 1, "fp": 1, "fn": 0}
    assert record["throughput"]["pairs_a_second"] == 20.0
    assert record["overlap"]["documents"] == ["b"]
    assert record["protocol"]["split"] == "test"
    assert record["confusion"]["treats"] == {"treats": 1, HOSTILE: 0, "no relation": 1}


def test_an_undefined_figure_is_null_with_a_reason() -> None:
    record = build_record(assess())
    assert record["micro"] == {
        "precision": None,
        "recall": None,
        "f1": None,
        "tp": 0,
        "fp": 0,
        "fn": 0,
        "reason": "no gold relation and none predicted",
        "interval": None,
    }
    assert record["macro"] == {"f1": None, "labels": 0, "reason": "no gold relation"}
    assert record["calibration"] == {"error": None, "reason": "none predicted", "bins": []}


def test_text_is_in_there_only_when_asked_for() -> None:
    assessment = assess(FOUND, INVENTED)
    silent = json.dumps(build_record(assessment)) + format_page(assessment) + format_markdown(assessment)
    assert "Zebulon" not in silent
    assert "Zebulon" in json.dumps(build_record(assessment, show_text=True))
    assert "Zebulon" in format_page(assessment, show_text=True)


def test_page_escapes_labels_and_asks_for_nothing_from_outside() -> None:
    page = format_page(assess(FOUND, INVENTED, MISSED))
    assert HOSTILE not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "http:" not in page.replace("http://www.w3.org", "")
    assert "https:" not in page


def test_error_browser_filters_by_kind_and_label_without_a_script() -> None:
    page = format_page(assess(INVENTED, MISSED))
    assert page.count("<article class=") == 2
    assert ".browser:has(#fp:checked) .mistake:not(.fp) { display: none; }" in page
    assert '<article class="mistake fp l0">' in page  # labels by number: the hostile one sorts before "treats"
    assert "No candidate pair can state it: cross-sentence." in page
    assert "<script" not in page


def test_attention_is_drawn_over_words_or_over_their_offsets() -> None:
    words = (ReadWord(Span(0, 7), (0.6,)), ReadWord(Span(8, 12), (0.1,)), ReadWord(Span(12, 13), (0.3,)))
    step = Step("T1", "T3", "new sentence", HOSTILE, 1.0, 0.0)
    scores = {HOSTILE: 0.7, "NO_RELATION": 0.3}
    explanation = PairExplanation("a", "T1", "T3", HOSTILE, HOSTILE, 1.0, scores, scores, scores, (step,), 0, {}, words)
    mistake = Mistake(INVENTED, MENTION, None, 0.7, explanation, ("Zebulon", "<b>", "."))
    silent, telling = (str(browse_mistakes([mistake], show_text=shown)) for shown in (False, True))
    assert '<span class="h9 blank first" title="0-7: 0.600"></span>' in silent
    assert '<span class="h0 blank" title="8-12: 0.100"></span>' in silent
    assert '<span class="h4 blank" title="12-13: 0.300"></span>' in silent  # 2 fifths of the way, of nine shades
    assert "Zebulon" not in silent
    assert '<span class="h9 first" title="0-7: 0.600">Zebulon</span>' in telling
    assert "&lt;b&gt;" in telling and "<b>" not in telling and HOSTILE not in telling


def test_breakdowns_end_with_their_averages() -> None:
    text = format_markdown(assess(FOUND, INVENTED, MISSED))
    # By category: Symptom-Drug 1 of 1, other 0 of 1 with one invented; micro 1 of 2 and one invented.
    assert "| macro | – | – | 0.500 |" in text
    assert "| micro | 0.500 | 0.500 | 0.500 | 2 | 1 | 1 |" in text


def test_calibration_is_given_before_and_after_the_temperature() -> None:
    before = measure_calibration(np.array([0.99]), np.array([True]))
    assessment = replace(assess(FOUND), uncalibrated=before, temperature=1.5)
    text = " ".join(list_sentences(assessment))
    assert "calibration error of the predicted relations: 0.100, 0.010 without its temperature 1.50" in text
    assert "at temperature 1" in format_page(assessment)
    record = build_record(assessment)
    assert (record["temperature"], record["uncalibrated"]["error"]) == (1.5, pytest.approx(0.01))


def test_page_and_markdown_say_the_protocol() -> None:
    assessment = assess(FOUND, MISSED)
    for text in (format_page(assessment), format_markdown(assessment)):
        assert "2 documents of the part test, gold mentions, encoder minilm" in text
        assert "0123456789ab" in text
    assert describe_protocol(assessment).endswith("reachable or not")


def test_sentences_tell_what_the_figures_hide() -> None:
    text = " ".join(list_sentences(assess(FOUND, MISSED, unknown_labels={"worsens": 3})))
    assert "reach 1 of 2 gold relations: recall can't exceed 0.500" in text
    assert "never learnt these labels, whose gold relations count as missed: worsens (3)" in text
    assert "1 has a text that the model was trained on; without it micro F1 is 0.667" in text
    assert "p = 0.2500" in text


def test_undefined_micro_f1_is_explained() -> None:
    assert "Micro F1 is undefined: no gold relation and none predicted." in list_sentences(assess())


@pytest.mark.parametrize(("interval", "text"), [(None, "–"), ((0.25, 0.5), "0.250 to 0.500")])
def test_interval(interval: tuple[float, float] | None, text: str) -> None:
    assert format_interval(interval) == text


def test_report_writes_three_files(tmp_path: Path) -> None:
    write_report(assess(FOUND, INVENTED, MISSED), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["evaluation.json", "evaluation.md", "report.html"]
    record = json.loads((tmp_path / "evaluation.json").read_text("utf-8"))
    assert (record["schema"], record["schema_version"]) == ("relext/evaluation", 1)


def test_same_assessment_same_bytes() -> None:
    assert format_page(assess(FOUND, INVENTED)) == format_page(assess(FOUND, INVENTED))
