"""`relext.load(folder).predict(text)` and `.explain`: the caller's own characters, any length, any number of pairs."""

import warnings
from pathlib import Path

import numpy as np
import pytest

import relext
from corpus_tools.errors import InputError, UsageError
from corpus_tools.standoff import format_annotations, parse_document
from relext.errors import MentionWarning, SettingError
from relext.loop import list_stated
from relext.model import write_model
from tests.relext.test_cli_annotate import eager_finder, eager_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "model"
    write_model(folder, eager_model())
    return folder


def marked(text: str, *words: str) -> list[tuple[int, int, str]]:
    """Return the mentions of some words of a text, drugs and signs in turn."""
    starts = [text.index(word) for word in words]
    types = ("Drug", "Sign") * len(words)
    return [(start, start + len(word), kind) for start, word, kind in zip(starts, words, types, strict=False)]


def test_given_mentions_are_related_under_their_places_in_the_list(folder: Path) -> None:
    text = "Codeine settled her cough."
    document = relext.load(folder).predict(text, mentions=marked(text, "Codeine", "cough"))
    (stated,) = list_stated(document)
    assert (stated.arg1.id, stated.arg2.id) == ("T1", "T2")
    assert 0 < stated.probability <= 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Codeine\r\nsettled her\r\n\r\n cough.", ("Codeine", "cough")),
        ("\ufeffCodeine settled her cough.", ("Codeine", "cough")),
        ("\U0001f48a\U0001f48a Codeine settled \U0001f637 her cough.", ("Codeine", "cough")),
        ("Code\u0301ine\u200b settled\u00a0her toux se\u0300che.", ("Code\u0301ine", "toux se\u0300che")),
        ("Codeine\x0c settled\x00 her\u2028 cough\ue000.", ("Codeine", "cough")),
    ],
)
def test_offsets_are_those_of_the_callers_own_text(folder: Path, text: str, words: tuple[str, str]) -> None:
    model, mentions = relext.load(folder), marked(text, *words)
    document = model.predict(text, mentions=mentions)
    assert document.text == text
    assert tuple(document.spelled(each) for each in document.textbounds) == words
    for stated in list_stated(document):
        assert text[stated.arg1.fragments[0].start : stated.arg1.fragments[-1].end] == words[0]
    assert all(text[w.span.start : w.span.end].strip() for w in read_words(model, text, mentions))


def read_words(model, text: str, mentions: list[tuple[int, int, str]]) -> tuple:
    """Return the words of the pair's explanation; none where a blank line parts the two."""
    try:
        return model.explain(text, "T1", "T2", mentions=mentions).words
    except InputError:
        return ()


def test_a_mention_over_a_line_end_has_two_fragments(folder: Path) -> None:
    text = "Codeine settled her dry\r\ncough."
    document = relext.load(folder).predict(text, mentions=[(0, 7, "Drug"), (20, 30, "Sign")])
    assert [(span.start, span.end) for span in document.textbounds[1].fragments] == [(20, 23), (25, 30)]


@pytest.mark.parametrize(("count", "pairs"), [(0, 0), (1, 0), (2, 1), (60, 465), (90, 1035)])
def test_no_pair_one_or_a_thousand(folder: Path, count: int, pairs: int) -> None:
    # Drugs and signs in turn: each drug has a pair with every sign behind it, n (n + 1) / 2 for n drugs.
    names = [f"w{n}x" for n in range(count)]
    text = " ".join(names) + "."
    document = relext.load(folder).predict(text, mentions=marked(text, *names))
    assert len(list(list_stated(document))) == pairs


def test_a_text_of_200_000_characters_keeps_its_offsets(folder: Path) -> None:
    filler = "She slept well and ate her breakfast without help. "
    text = filler * (200_000 // len(filler)) + "Codeine settled her cough."
    assert len(text) > 199_900
    document = relext.load(folder).predict(text, mentions=marked(text, "Codeine", "cough"))
    (stated,) = list_stated(document)
    assert text[stated.arg2.fragments[0].start : stated.arg2.fragments[0].end] == "cough"


def test_a_document_brings_its_own_mentions_and_keeps_its_ids(folder: Path) -> None:
    ann = "T7\tDrug 0 7\tCodeine\nT9\tSign 20 25\tcough\n"
    document = parse_document("Codeine settled her cough.", ann, doc_id="note").document
    (stated,) = list_stated(relext.load(folder).predict(document))
    assert (stated.doc_id, stated.arg1.id, stated.arg2.id) == ("note", "T7", "T9")
    more = relext.load(folder).predict(document, mentions=[(8, 15, "Drug")])
    assert [each.id for each in more.textbounds] == ["T7", "T9", "T10"]


def test_without_mentions_the_finder_looks_for_them(tmp_path: Path) -> None:
    write_model(tmp_path / "model", eager_model(), finder=eager_finder())
    document = relext.load(tmp_path / "model").predict("Codeine settled her cough.")
    assert [each.type for each in document.textbounds] == ["Sign"] * 5  # every word, and the stop


@pytest.mark.parametrize("text", ["", " \r\n", "\ufeff"])
def test_a_text_without_words_has_nothing_in_it(folder: Path, text: str) -> None:
    document = relext.load(folder).predict(text)
    assert (document.text, document.textbounds, document.relations) == (text, (), ())


@pytest.mark.parametrize(
    ("mention", "message"),
    [
        ((0, 27, "Drug"), r"mentions\[0\]: 0 to 27 is no range of a text of 26 characters"),
        ((-1, 3, "Drug"), "is no range"),
        ((3, 3, "Drug"), "is no range"),
        ((7, 8, "Drug"), "nothing but white space"),
        ((0, 7, "A drug"), "its type is a label of 6 characters; expected 1 to 255 without blank"),
        ((0, 7, ""), "its type is a label of 0"),
        ((0, 7, "a/b"), "its type is a label of 3"),
        ((0, 7, "<b>"), "its type is a label of 3"),
        ((0, 7, "a\x85b"), "its type is a label of 3"),
        ((0, 7, "x" * 300), "its type is a label of 300"),
    ],
)
def test_what_is_no_mention_is_refused_without_the_text(folder: Path, mention: tuple, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        relext.load(folder).predict("Codeine settled her cough.", mentions=[mention])
    assert "Codeine" not in str(caught.value)


def test_a_type_that_training_never_saw_is_warned_of_once(folder: Path) -> None:
    model, text = relext.load(folder), "Codeine settled her cough."
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            assert not model.predict(text, mentions=[(0, 7, "DRUG"), (20, 25, "Sign"), (8, 15, "DRUG")]).relations
    (warning,) = caught
    assert (warning.category, warning.filename) == (MentionWarning, __file__)
    told = "training saw no mention of the type DRUG, so none is related; did you mean Drug?"
    assert str(warning.message).endswith(told)


def test_a_sentence_that_is_too_long_is_warned_of(folder: Path) -> None:
    text = "Codeine " + "and so on " * 50 + "settled her cough."
    with pytest.warns(MentionWarning, match="mentions in sentences of more than 128 words are not related"):
        relext.load(folder).predict(text, mentions=marked(text, "Codeine", "cough"))


def test_a_pair_of_a_type_that_training_never_saw_is_explained_as_such(folder: Path) -> None:
    text = "Codeine settled her cough."
    with pytest.raises(InputError, match=r"no mention of the type DRUG, as T1 is; did you mean Drug\?"):
        relext.load(folder).explain(text, "T1", "T2", mentions=[(0, 7, "DRUG"), (20, 25, "Sign")])


@pytest.mark.parametrize(
    ("mention", "found"),
    [
        ((0, 7), r"\(int, int\)"),
        (("Drug", 0, 7), r"\(str, int, int\)"),
        ((0.0, 7.0, "Drug"), r"\(float, float, str\)"),
        ((0, 7, None), r"\(int, int, NoneType\)"),
        ({"start": 0, "end": 7, "type": "Drug"}, "dict"),
        (7, "int"),
    ],
)
def test_what_is_no_triple_is_refused_by_its_place(folder: Path, mention: object, found: str) -> None:
    mentions = [(0, 7, "Drug"), mention]
    with pytest.raises(InputError, match=rf"mentions\[1\]: expected \(start, end, type\).*, found {found}$"):
        relext.load(folder).predict("Codeine settled her cough.", mentions=mentions)


def test_whole_numbers_of_any_kind_are_offsets(folder: Path) -> None:
    mentions = [(np.int64(0), np.int64(7), "Drug"), [20, 25, "Sign"]]
    assert len(relext.load(folder).predict("Codeine settled her cough.", mentions=mentions).relations) == 1


@pytest.mark.parametrize("mentions", [None, 7])
def test_mentions_that_are_no_list_are_refused(folder: Path, mentions: object) -> None:
    with pytest.raises(InputError, match="mentions: expected a list of"):
        relext.load(folder).predict("Codeine.", mentions=mentions)


@pytest.mark.parametrize("text", [b"Codeine.", None, ["Codeine.", "Cough."]])
def test_what_is_no_text_is_refused_without_its_words(folder: Path, text: object) -> None:
    for ask in (relext.load(folder).predict, lambda text: relext.load(folder).explain(text, "T1", "T2")):
        with pytest.raises(InputError, match=f"expected one text, .* found {type(text).__name__}$"):
            ask(text)


@pytest.mark.parametrize("name", ["threshold", "precision_target"])
@pytest.mark.parametrize("value", [2, -1, float("nan"), "0.5", True])
def test_what_is_no_probability_is_refused(folder: Path, name: str, value: object) -> None:
    with pytest.raises(SettingError, match=f"{name} = .*: expected a number from 0 to 1"):
        relext.load(folder, **{name: value})


def test_types_that_brat_stores_are_taken_and_come_back(folder: Path) -> None:
    with pytest.warns(MentionWarning, match="no mention of the type CPR:4"):
        document = relext.load(folder).predict("Codeine settled her.", mentions=[(0, 7, "CPR:4")])
    read = parse_document(document.text, format_annotations(document), doc_id="note")
    assert ([each.type for each in read.document.textbounds], read.rejects) == (["CPR:4"], ())


def test_a_pair_is_explained_by_the_ids_that_predict_gave(folder: Path) -> None:
    text = "Codeine settled her cough but brought on nausea."
    mentions = [*marked(text, "Codeine", "cough"), (41, 47, "Sign")]
    found = relext.load(folder).explain(text, "T1", "T3", mentions=mentions)
    assert [(step.first, step.second) for step in found.path] == [("T1", "T2"), ("T1", "T3")]
    assert [text[word.span.start : word.span.end] for word in found.words][-2:] == ["nausea", "."]


def test_a_precision_is_not_asked_of_a_model_without_thresholds(folder: Path) -> None:
    with pytest.raises(UsageError, match="has no threshold for any label"):
        relext.load(folder, precision_target=0.9)
