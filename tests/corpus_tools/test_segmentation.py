"""Segmentation: layout, sentences, whole mentions, cuts, judged on notes segmented by hand and on real corpora."""

import re
import textwrap
import unicodedata
from itertools import pairwise
from pathlib import Path

import nupunkt
import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from corpus_tools.sentences import (
    MAX_WORDS,
    Segment,
    clean_document,
    count_words,
    find_words,
    segment_document,
    segment_text,
    tokenize_words,
)
from corpus_tools.sentences.signs import PAUSE, STOP
from corpus_tools.standoff import UNSPACED, Span, is_beyond_latin, read_project
from tests.corpus_tools.boundaries import find_ends, read_segmented_notes, score_boundaries
from tests.corpus_tools.sentence_documents import read_literal, segment_literal, spell

NOTES = read_segmented_notes(Path(__file__).with_name("segmented_notes.txt"))
CORPORA = ["lct", "ddi2013", "maccrobat2020", "cancermine/annotator-3", "quirks"]


def split(text: str) -> list[str]:
    """Return the segments' texts."""
    return spell(text, segment_text(text))


def split_bare(text: str) -> list[Span]:
    """Return what nupunkt alone makes of a text."""
    return [Span(*span) for span in nupunkt.load("default").spans(text, paragraph_breaks=False)]


# Words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("aspirin-induced", ["aspirin", "-", "induced"]),
        ("0.4 mg/dL, 1,200 cc", ["0.4", "mg", "/", "dL", ",", "1,200", "cc"]),
        ("patient's 5mg…", ["patient's", "5mg", "…"]),
        ("------ ??!", ["------", "??", "!"]),
        ("cafe\u0301 😀\u200b", ["cafe\u0301", "😀", "\u200b"]),
        # Scripts without blanks between words: a letter a word, other scripts' letters and numbers as ever.
        ("给予aspirin 2.5毫克。。", ["给", "予", "aspirin", "2.5", "毫", "克", "。。"]),
        ("アスピリン・が\u3099ﾄﾞ々ー", ["ア", "ス", "ピ", "リ", "ン", "・", "が\u3099", "ﾄﾞ", "々", "ー"]),
        ("น้ำ ยา ๒.๕", ["น้ำ", "ย", "า", "๒.๕"]),
        ("ក្នុង ကို", ["ក្នុ", "ង", "ကို"]),
        ("아스피린 5mg을", ["아스피린", "5mg을"]),
        # Marks and joiners of any script stay with their letter.
        ("एस्पिरिन दी गई।", ["एस्पिरिन", "दी", "गई", "।"]),
        ("ශ්‍රී مُحَمَّد", ["ශ්‍රී", "مُحَمَّد"]),
        ("\u0e34ย", ["\u0e34", "ย"]),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert spell(text, tokenize_words(text)) == words
    assert count_words(text) == len(words)


@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_words_cover_everything_but_white_space(text: str) -> None:
    spans = tokenize_words(text)
    covered = "".join(spell(text, spans))
    assert covered == "".join(text.split())
    assert all(before.end <= after.start for before, after in pairwise(spans))


LATIN = st.text(
    st.characters(max_codepoint=0x36F, exclude_categories=()) | st.sampled_from("aé\u030112.,'’-;“…≥ẞ\u2009\n"),
    max_size=60,
)


@given(LATIN)
def test_words_of_latin_text_are_those_of_one_plain_expression(text: str) -> None:
    expression = r"\d+(?:[.,]\d+)+|\w[\w\u0300-\u036f]*(?:['’]\w[\w\u0300-\u036f]*)*|([^\w\s])\1*"
    expected = [match.span() for match in re.finditer(expression, text)]
    assert [(span.start, span.end) for span in tokenize_words(text)] == expected
    # What else the text holds changes none of its words.
    assert [(span.start, span.end) for span in tokenize_words(f"{text} 药")[:-1]] == expected


@given(st.text(st.characters(exclude_categories=()) | st.sampled_from("药ー。กิำेÀ\u0301'\u200d \x1c"), max_size=60))
def test_words_looked_up_by_the_stretch_are_those_of_the_whole(text: str) -> None:
    assert find_words(text).tolist() == [[span.start, span.end] for span in tokenize_words(text)]


# The notes segmented by hand


def test_the_hand_segmented_set_is_large_enough() -> None:
    assert len(NOTES) >= 30
    assert sum(len(spans) for _, spans in NOTES.values()) >= 200


def test_ours_finds_the_hand_set_boundaries_and_beats_the_bare_splitter() -> None:
    gold, ours, bare = (
        {(name, end) for name, (text, spans) in NOTES.items() for end in find_ends(text, find(text, spans))}
        for find in (lambda _, spans: spans, lambda text, _: segment_text(text), lambda text, _: split_bare(text))
    )
    assert score_boundaries(gold, ours) >= max(0.95, score_boundaries(gold, bare))


@pytest.mark.parametrize("name", NOTES)
def test_no_hand_segmented_note_is_far_off(name: str) -> None:
    text, spans = NOTES[name]
    gold = {(name, end) for end in find_ends(text, spans)}
    ours = {(name, end) for end in find_ends(text, segment_text(text))}
    assert score_boundaries(gold, ours) >= 0.8, sorted(gold ^ ours)


# Layout


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", []),
        (" \n\n ", []),
        ("HPI:\nShe fell.", ["HPI:", "She fell."]),
        ("- one\n-  two\n• three", ["- one", "-  two", "• three"]),
        ("1) one\n2)two\n(3) three", ["1) one", "2)two", "(3) three"]),
        ("Na\t138\nK\t3.9", ["Na\t138", "K\t3.9"]),
        ("took aspirin and\nibuprofen daily", ["took aspirin and\nibuprofen daily"]),
        ("asthma\ngout", ["asthma", "gout"]),
        ("* fell at home and\n  broke a hip\n* gout", ["* fell at home and\n  broke a hip", "* gout"]),
        ("no fever\r\n\r\nno rash", ["no fever", "no rash"]),
    ],
)
def test_layout(text: str, segments: list[str]) -> None:
    assert split(text) == segments


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        # A full line goes on in the next one, unless it ends a sentence; 20 characters are 40 columns.
        (
            "患者服用阿司匹林100毫克，胸痛明显缓解，但仍有轻度\n头晕。",
            ["患者服用阿司匹林100毫克，胸痛明显缓解，但仍有轻度\n头晕。"],
        ),
        (
            "患者三天前行头颅检查未见异常，建议继续服药并行\nCT复查。",
            ["患者三天前行头颅检查未见异常，建议继续服药并行\nCT复查。"],
        ),
        (
            "患者三天前行头颅CT检查未见异常建议继续服药并\n复查。",
            ["患者三天前行头颅CT检查未见异常建议继续服药并\n复查。"],
        ),
        (
            "患者服用阿司匹林100毫克，胸痛已经得到明显缓解。\n次日出院。",
            ["患者服用阿司匹林100毫克，胸痛已经得到明显缓解。", "次日出院。"],
        ),
        ("服用阿司匹林。”\n胸痛缓解。", ["服用阿司匹林。”", "胸痛缓解。"]),
        ("阿司匹林、\n布洛芬", ["阿司匹林、\n布洛芬"]),
        ("主诉\n胸痛三天", ["主诉", "胸痛三天"]),
        (
            "现病史：患者三天前无明显诱因出现胸痛伴有大汗\n既往史：糖尿病",
            ["现病史：患者三天前无明显诱因出现胸痛伴有大汗", "既往史：糖尿病"],
        ),
        (
            "1、患者三天前无明显诱因出现胸痛，伴有大汗\n（二）糖尿病",
            ["1、患者三天前无明显诱因出现胸痛，伴有大汗", "（二）糖尿病"],
        ),
        ("体格检查如下：\n血压高", ["体格检查如下：", "血压高"]),
    ],
)
def test_layout_of_text_without_blanks_between_words(text: str, segments: list[str]) -> None:
    assert split(text) == segments


@pytest.mark.parametrize("width", [20, 25, 30, 40])
def test_a_wrapped_paragraph_without_blanks_is_read_as_one_line(width: int) -> None:
    sentences = (
        "三个月前患者出现咳嗽、咳痰、发热，最高体温39度，自行服用阿莫西林后好转。一周前再次出现上述症状，休息后缓解。"
        * 3
    )
    lines: list[str] = [""]
    for letter in sentences:
        # No sign begins a line: it hangs over the edge of the one before.
        lines += [""] if len(lines[-1]) >= width and letter not in "，。、" else []
        lines[-1] += letter
    assert [segment.replace("\n", "") for segment in split("\n".join(lines))] == split(sentences)


def test_a_wrapped_paragraph_is_read_as_one_line() -> None:
    sentences = "The wound was closed in layers over a drain. She was then taken to recovery in good condition. " * 3
    for width in (60, 72, 80):
        wrapped = textwrap.fill(sentences, width)
        assert [" ".join(segment.split()) for segment in split(wrapped)] == split(sentences)


def test_breaks_that_cleaning_took_out_still_divide() -> None:
    segmented = segment_literal("took aspirin,\n\nibuprofen\n\uf0b7 gout and\n\uf0b7 asthma")
    texts = [segment.text.strip() for segment in segmented.segments]
    assert texts == ["took aspirin,", "ibuprofen", "gout and", "asthma"]


# Sentences


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("Dr. Wu saw St. Clair vs. Lee.", ["Dr. Wu saw St. Clair vs. Lee."]),
        ("Give 5 mg t.i.d. p.r.n. for pain. Done.", ["Give 5 mg t.i.d. p.r.n. for pain.", "Done."]),
        ("A 3 cm mass. No fluid.", ["A 3 cm mass.", "No fluid."]),
        ("He is 70 kg. She is 3 kg. or so.", ["He is 70 kg.", "She is 3 kg. or so."]),
        ("She has hepatitis C. He does not.", ["She has hepatitis C.", "He does not."]),
        ("Lungs clear.No rales.", ["Lungs clear.", "No rales."]),
        ("Plan: 1. Rest. 2. Ice.", ["Plan: 1. Rest.", "2. Ice."]),
        ("It was seen before.[3,4] Here it was not.", ["It was seen before.[3,4]", "Here it was not."]),
        ("It was closed FINAL DIAGNOSIS: Gout.", ["It was closed", "FINAL DIAGNOSIS: Gout."]),
        ("pH 7.31, K 3.2, rate 0.5 L. Stable.", ["pH 7.31, K 3.2, rate 0.5 L.", "Stable."]),
    ],
)
def test_sentences(text: str, segments: list[str]) -> None:
    assert split(text) == segments


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("服用阿司匹林。胸痛缓解！真的吗？！是", ["服用阿司匹林。", "胸痛缓解！", "真的吗？！", "是"]),
        ("他说：“好转。”随后（自行。）出院", ["他说：“好转。”", "随后（自行。）", "出院"]),
        ("「痛い。」その後、退院した。", ["「痛い。」", "その後、退院した。"]),
        ("肺炎（？）待查。诊断：？肺炎", ["肺炎（？）待查。", "诊断：？肺炎"]),
        ("“好转！”，他说。", ["“好转！”，他说。"]),
        # A full stop of Latin text, or its wide form, where it is no decimal point, ellipsis or enumerator.
        (
            "患者好转.出院．体温37．2度,血压.5...二．复查?好",
            ["患者好转.", "出院．", "体温37．2度,血压.5...二．复查?", "好"],
        ),
        ("मरीज़ को एस्पिरिन दी गई।दर्द कम हुआ । घर गया॥", ["मरीज़ को एस्पिरिन दी गई।", "दर्द कम हुआ ।", "घर गया॥"]),
        ("هل تناول الأسبرين؟نعم، خرج۔", ["هل تناول الأسبرين؟", "نعم، خرج۔"]),
        ("ሰላም ነው።ደህና", ["ሰላም ነው።", "ደህና"]),
    ],
)
def test_sentences_of_other_scripts_end_without_a_blank(text: str, segments: list[str]) -> None:
    assert split(text) == segments


def test_no_sign_of_other_scripts_is_one_of_latin_text() -> None:
    latin = [chr(code) for code in range(0x110000) if not is_beyond_latin(chr(code))]
    assert len(latin) > 4000
    assert regex.findall(f"{STOP}|{PAUSE}|{UNSPACED}", "".join(latin), regex.V1) == []
    marks = {character for character in latin if unicodedata.category(character) in ("Mn", "Mc", "Cf")}
    assert {mark for mark in marks if unicodedata.category(mark) != "Cf"} == set(map(chr, range(0x300, 0x370)))
    assert not {"\u200c", "\u200d"} & marks


PIECES = [
    *"aB1.:;,-*() \n\t\r[]。，；：？”（、药ー",
    "PLAN:",
    "Dr. ",
    "mg ",
    "The ",
    "1. ",
    "\u2028",
    "主诉：",
    "1、",
    "ยา ",
]
CLINICAL = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)


@given(CLINICAL | st.text(max_size=60), st.integers(1, 8))
def test_segments_are_ordered_disjoint_and_cover_what_is_not_blank(text: str, max_words: int) -> None:
    spans = segment_text(text, max_words=max_words)
    assert all(before.end <= after.start for before, after in pairwise(spans))
    assert all(span.start < span.end and not text[span.start].isspace() for span in spans)
    assert "".join("".join(spell(text, spans)).split()) == "".join(text.split())


def test_segmentation_of_a_text_alone_equals_that_of_a_document_without_mentions() -> None:
    for text, _ in NOTES.values():
        from_document = segment_literal(text).segments
        assert [segment.text for segment in from_document] == split(text)


# Mentions


def test_no_boundary_falls_inside_a_mention() -> None:
    text = "It was Grade B. Smith disease. He left."
    segments = segment_literal(text, "T1  Diagnosis 7 29  Grade B. Smith disease").segments
    assert [segment.text for segment in segments] == ["It was Grade B. Smith disease.", "He left."]


def test_a_discontinuous_mention_joins_what_it_spans() -> None:
    segments = segment_literal("Pain. None. Arm.", "T1  Symptom 0 4;12 15  Pain Arm").segments
    assert [segment.text for segment in segments] == ["Pain. None. Arm."]
    assert segments[0].mentions[0].fragments == (Span(0, 4), Span(12, 15))


def test_a_mention_with_white_space_at_its_edges_stays_whole() -> None:
    segments = segment_literal("He left. She came. End.", "T1  Act 8 18   She came.").segments
    assert [segment.text for segment in segments] == ["He left.", " She came.", "End."]
    assert segments[1].mentions[0].text == " She came."


def test_mentions_are_sorted_and_carry_both_offsets() -> None:
    text = "No pain.\r\nSevere left arm pain."
    segments = segment_literal(
        text, "T10  B 10 31  Severe left arm pain.", "T9  B 10 31  Severe left arm pain.", "T2  A 17 25  left arm"
    ).segments
    assert [mention.id for mention in segments[1].mentions] == ["T9", "T10", "T2"]
    assert segments[1].mentions[2].fragments == (Span(7, 15),)
    assert segments[1].mentions[2].source_fragments == (Span(17, 25),)
    assert (segments[1].source_start, segments[1].source_end) == (10, 31)


@pytest.mark.parametrize(
    ("attribute", "assertion"),
    [
        ("A1  Assertion T1 Absent", "absent"),
        ("A1  Negation T1", "absent"),
        ("A1  POLARITY E1 UNCERTAIN", "possible"),
        ("A1  TREND T1 INC", "present"),
    ],
)
def test_assertion_comes_from_an_attribute_of_the_textbound_or_its_event(attribute: str, assertion: str) -> None:
    segmented = segment_literal("No pain.", "T1  Sign 3 7  pain", "E1  Sign:T1", attribute)
    mention = segmented.segments[0].mentions[0]
    assert mention.assertion == assertion
    assert mention.attributes[0][0] == attribute.split()[1]


def test_a_span_in_a_segment_leads_to_the_source() -> None:
    segmented = segment_literal("\ufeffFine.\r\n\r\nNo\x00 rash here.")
    assert segmented.segments[1].text == "No rash here."
    assert segmented.to_source(segmented.segments[1], Span(0, 7)) == Span(10, 18)


# Length


def test_a_long_segment_is_cut_at_the_strongest_sign_of_its_later_half() -> None:
    text = "a, b; c d, e f: g h, i j"  # 15 words, signs included
    assert spell(text, segment_text(text, max_words=9)) == ["a, b; c d,", "e f: g h, i j"]
    assert spell(text, segment_text(text, max_words=5)) == ["a, b;", "c d,", "e f:", "g h, i j"]


def test_a_cut_never_falls_inside_a_mention() -> None:
    text = "one two, three four, five six"
    segments = segment_literal(text, "T1  X 4 14  two, three", max_words=5).segments
    assert [segment.text for segment in segments] == ["one two, three four,", "five six"]
    assert [segment.over_long for segment in segments] == [True, False]


def test_what_no_punctuation_cuts_stays_over_long() -> None:
    segments = segment_literal("word " * 200 + ", end").segments
    assert [segment.over_long for segment in segments] == [True, False]
    assert segment_literal("word " * MAX_WORDS).segments[0].over_long is False


def test_a_list_without_blanks_is_cut_too() -> None:
    spans = segment_text(";".join(["aspirin"] * 500))
    assert len(spans) == 8  # 999 words and signs, 128 at most in one piece
    assert sum(map(len, spans)) == 500 * 8 - 1


def test_a_long_segment_without_blanks_is_cut_at_its_signs() -> None:
    text = "第十二天，患者服用阿司匹林、氯吡格雷：胸痛缓解；随后" * 2  # 26 words and signs each
    assert spell(text, segment_text(text, max_words=26)) == [
        *("第十二天，患者服用阿司匹林、氯吡格雷：胸痛缓解；", "随后第十二天，患者服用阿司匹林、氯吡格雷：胸痛缓解；"),
        "随后",
    ]
    assert spell(text[:26], segment_text(text[:26], max_words=14)) == [
        "第十二天，患者服用阿司匹林、",
        "氯吡格雷：胸痛缓解；随后",
    ]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("药,药5mg,药", ["药,", "药5mg,", "药"]),
        ("ยา ยา\nยา", ["ยา", "ยา", "ยา"]),
        ("دواء،دواء؛دواء دواء", ["دواء،", "دواء؛", "دواء دواء"]),
        ("a,b 1,2;3:4", ["a,b 1,2;", "3:4"]),
    ],
)
def test_signs_that_cut_without_a_blank(text: str, pieces: list[str]) -> None:
    assert spell(text, segment_text(text, max_words=3)) == pieces


def test_a_note_of_clauses_without_blanks_is_never_over_long() -> None:
    text = "第12天，患者服用阿司匹林，胸痛缓解；随后…。" * 20
    lines = [f"T{n}  Drug {n * 23 + 9} {n * 23 + 13}  阿司匹林" for n in range(20)]
    segments = segment_literal(text, *lines).segments
    assert [segment.text for segment in segments] == [text[:23]] * 20
    assert not any(segment.over_long for segment in segments)
    joined = segment_literal(text.replace("。", "，"), *lines).segments
    assert max(count_words(segment.text) for segment in joined) <= MAX_WORDS


# Anything at all


@pytest.mark.parametrize(
    "piece",
    [
        " ",
        "\n",
        "a.",
        "-",
        ", ",
        ";",
        "A ",
        "...",
        "|  ",
        "(",
        "\t",
        "1. ",
        "'",
        "。",
        "，",
        "。”",
        "：？",
        "（",
        "药",
        "药\n",
        "药 ",
        "一、",
    ],
)
def test_a_hostile_repetition_ends(piece: str) -> None:
    text = "x" + piece * 100_000 + "x"
    covered = sum(len("".join(stretch.split())) for stretch in spell(text, segment_text(text)))
    assert covered == len("".join(text.split()))


@st.composite
def annotated_texts(draw: st.DrawFn) -> tuple[str, list[tuple[Span, ...]]]:
    """Return a text without line breaks in mentions, and up to five mentions of one or two fragments."""
    text = draw(st.text(st.sampled_from("ab. ,;:\ufffd\ue000X"), min_size=4, max_size=60))
    cuts = st.lists(st.integers(0, len(text)), min_size=2, max_size=4, unique=True).map(sorted)
    fragments = cuts.map(lambda xs: tuple(Span(a, b) for a, b in zip(xs[::2], xs[1::2], strict=False)))
    return text, draw(st.lists(fragments, max_size=5))


@given(annotated_texts(), st.integers(1, 10))
def test_every_mention_lies_whole_in_exactly_one_segment_or_is_lost(annotated, max_words: int) -> None:
    text, mentions = annotated
    lines = [
        f"T{n}  X {';'.join(f'{s.start} {s.end}' for s in spans)}  {' '.join(text[s.start : s.end] for s in spans)}"
        for n, spans in enumerate(mentions)
        if "  " not in " ".join(text[s.start : s.end] for s in spans)
    ]
    segmented = segment_document(clean_document(read_literal(text, *lines)), max_words=max_words)
    placed = [mention.id for segment in segmented.segments for mention in segment.mentions]
    assert sorted([*placed, *(lost.id for lost in segmented.lost)]) == sorted(line.split("  ")[0] for line in lines)
    for segment in segmented.segments:
        check_mentions(text, segment)


def check_mentions(source: str, segment: Segment) -> None:
    """Check that every mention spells its source text, and its segment's text but for what cleaning removed."""
    for mention in segment.mentions:
        assert mention.text == " ".join(spell(source, mention.source_fragments))
        assert 0 <= mention.start < mention.end <= len(segment.text)
        inside = clean_characters("".join(spell(segment.text, mention.fragments)))
        assert inside == clean_characters("".join(spell(source, mention.source_fragments)))


def clean_characters(text: str) -> str:
    """Return the characters that cleaning never touches."""
    return "".join(
        character for character in text if character.isprintable() and not character.isspace() and character != "\ufffd"
    )


@pytest.mark.parametrize("corpus", CORPORA)
def test_every_real_mention_spells_its_source_text(shared_data: Path, corpus: str) -> None:
    mentions = 0
    for aligned in read_project(shared_data / corpus):
        segmented = segment_document(clean_document(aligned))
        for segment in segmented.segments:
            check_mentions(aligned.document.text, segment)
        placed = sum(len(segment.mentions) for segment in segmented.segments)
        assert placed + len(segmented.lost) == len(aligned.document.textbounds)
        mentions += placed
    assert mentions > 300


def test_boundaries_of_real_case_reports_are_found_without_their_newlines(shared_data: Path) -> None:
    gold, ours, bare = set(), set(), set()
    for path in sorted((shared_data / "maccrobat2020").glob("*.txt"))[:60]:
        lines = path.read_bytes().decode("utf-8").strip()
        flat = lines.replace("\n", " ")
        spans = [Span(0, len(lines[:end].rstrip())) for end in (n for n, c in enumerate(lines + "\n") if c == "\n")]
        for found, at in ((gold, spans), (ours, segment_text(flat, max_words=len(flat))), (bare, split_bare(flat))):
            found.update((path.stem, end) for end in find_ends(flat, at))
    assert score_boundaries(gold, ours) >= max(0.99, score_boundaries(gold, bare))
