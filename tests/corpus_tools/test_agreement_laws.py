"""Laws of agreement, on invented projects: what must hold whatever people mark."""

import random
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from corpus_tools.agreement import Agreement
from tests.corpus_tools.annotated_projects import TEXT, kinds, measure, write_project

MODES = ("exact", "overlap", "span")
Mention = tuple[str, int, int]
Link = tuple[str, int, int]
Marks = tuple[tuple[Mention, ...], tuple[Link, ...]]

# Few types, places and labels, so that mentions stack, nest, touch and share ends.
_MENTION = st.tuples(st.sampled_from(["Drug", "Symptom"]), st.integers(0, 12), st.integers(1, 6)).map(
    lambda drawn: (drawn[0], drawn[1], drawn[1] + drawn[2])
)


@st.composite
def marks(draw: st.DrawFn) -> Marks:
    """Draw mentions, and relations between different ones of them."""
    mentions = tuple(draw(st.lists(_MENTION, max_size=5)))
    ends = st.integers(0, max(len(mentions) - 1, 0))
    links = draw(st.lists(st.tuples(st.sampled_from(["treats", "causes"]), ends, ends), max_size=4))
    return mentions, tuple(link for link in links if len(mentions) > 1 and link[1] != link[2])


Documents = dict[str, Marks]
DOCUMENTS = st.fixed_dictionaries({"d1": marks(), "d2": marks()})
LAWS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def format_marks(drawn: Marks, *, seed: int | None = None) -> str:
    """Return the marks as lines; a seed shuffles the lines and renumbers the ids."""
    mentions, links = drawn
    numbers = {"T": list(range(1, len(mentions) + 1)), "R": list(range(1, len(links) + 1))}
    lines = []
    if seed is not None:
        for own in numbers.values():
            random.Random(seed).shuffle(own)
    mention_ids, relation_ids = ([f"{kind}{number}" for number in numbers[kind]] for kind in "TR")
    lines += [f"{mention_ids[i]} {label} {start} {end}" for i, (label, start, end) in enumerate(mentions)]
    lines += [
        f"{relation_ids[i]} {label} Arg1:{mention_ids[one]} Arg2:{mention_ids[other]}"
        for i, (label, one, other) in enumerate(links)
    ]
    if seed is not None:
        random.Random(seed).shuffle(lines)
    return "\n".join(lines)


def agree(annotators: dict[str, Documents], *, seed: int | None = None, modes: tuple[str, ...] = MODES) -> Agreement:
    written = {
        name: {doc_id: format_marks(drawn, seed=seed) for doc_id, drawn in documents.items()}
        for name, documents in annotators.items()
    }
    with tempfile.TemporaryDirectory() as folder:
        return measure(write_project(Path(folder), written), modes=modes)


def figures(agreement: Agreement) -> dict[str, object]:
    """Return everything that must not depend on names, order or numbering."""
    scores = {
        (*key, label): (score.f1.value, score.matched, sorted((score.first, score.second)))
        for key, found in agreement.scores.items()
        for label, score in {"": found.total, **found.labels}.items()
    }
    kappas = sorted(
        (k.coefficient, k.question.universe, k.question.category, k.n, str(k.figure.value))
        for pair in agreement.pairs
        for k in pair.kappas
    )
    return {"scores": scores, "kappas": kappas, "kinds": kinds(agreement)}


@LAWS
@given(DOCUMENTS)
def test_identical_annotators_agree_exactly(documents: Documents) -> None:
    agreement = agree({"a": documents, "b": documents})
    assert {scores.total.f1.value for scores in agreement.scores.values()} <= {1.0, None}
    assert {kappa.figure.value for kappa in agreement.pairs[0].kappas} <= {1.0, None}
    assert kinds(agreement) == {}


@LAWS
@given(DOCUMENTS, DOCUMENTS, st.integers(0, 9))
def test_order_of_lines_and_numbers_of_ids_change_nothing(first: Documents, second: Documents, seed: int) -> None:
    annotators = {"a": first, "b": second}
    assert figures(agree(annotators)) == figures(agree(annotators, seed=seed))


@pytest.mark.parametrize("seed", range(6))
def test_which_of_two_equal_overlaps_is_matched_is_no_matter_of_lines(seed: int) -> None:
    annotators: dict[str, Documents] = {
        "a": {"d1": ((), ()), "d2": ((("Drug", 0, 2), ("Drug", 1, 3)), ())},
        "b": {"d1": ((), ()), "d2": ((("Drug", 1, 2), ("Symptom", 0, 1)), ())},
    }
    assert kinds(agree(annotators, seed=seed)) == kinds(agree(annotators))


@LAWS
@given(DOCUMENTS, DOCUMENTS)
def test_the_order_of_annotators_changes_nothing(first: Documents, second: Documents) -> None:
    assert figures(agree({"a": first, "b": second})) == figures(agree({"a": second, "b": first}))


@LAWS
@given(DOCUMENTS, DOCUMENTS)
def test_the_order_of_documents_changes_nothing(first: Documents, second: Documents) -> None:
    renamed = [{"d1": documents["d2"], "d2": documents["d1"]} for documents in (first, second)]
    assert figures(agree({"a": first, "b": second})) == figures(agree(dict(zip("ab", renamed, strict=True))))


@LAWS
@given(DOCUMENTS, DOCUMENTS, _MENTION)
def test_a_mention_that_both_add_never_lowers_exact_f1(first: Documents, second: Documents, added: Mention) -> None:
    before = agree({"a": first, "b": second}, modes=("exact",))
    wider = [{**d, "d1": ((*d["d1"][0], added), d["d1"][1])} for d in (first, second)]
    after = agree(dict(zip("ab", wider, strict=True)), modes=("exact",))
    assert value(after, "entities") >= value(before, "entities")


@LAWS
@given(DOCUMENTS, DOCUMENTS, st.sampled_from(["treats", "causes"]))
def test_a_relation_that_both_add_never_lowers_exact_f1(first: Documents, second: Documents, label: str) -> None:
    # The ends are new to both, so that the relation is no repetition of one that is there.
    ends = [("Drug", 33, 41), ("Symptom", 58, 62)]
    with_ends = [{**d, "d1": ((*ends, *d["d1"][0]), shifted(d["d1"][1]))} for d in (first, second)]
    related = [{**d, "d1": (d["d1"][0], ((label, 0, 1), *d["d1"][1]))} for d in with_ends]
    before = agree(dict(zip("ab", with_ends, strict=True)), modes=("exact",))
    after = agree(dict(zip("ab", related, strict=True)), modes=("exact",))
    assert value(after, "relations") >= value(before, "relations")


def shifted(links: tuple[Link, ...]) -> tuple[Link, ...]:
    return tuple((label, one + 2, other + 2) for label, one, other in links)


def value(agreement: Agreement, layer: str) -> float:
    """Return the F1, 0 where it is undefined: adding to nothing can't lower it."""
    return agreement.scores[layer, "exact"].total.f1.value or 0.0


@LAWS
@given(DOCUMENTS, DOCUMENTS)
def test_whatever_matches_exactly_matches_by_overlap_and_by_span(first: Documents, second: Documents) -> None:
    scores = agree({"a": first, "b": second}).scores
    for layer in ("entities", "relations"):
        exact, overlap, span = (scores[layer, mode].total.matched for mode in MODES)
        assert exact <= overlap
        assert exact <= span


@LAWS
@given(DOCUMENTS, DOCUMENTS)
def test_every_leftover_is_explained_once(first: Documents, second: Documents) -> None:
    agreement = agree({"a": first, "b": second})
    for layer in ("entities", "relations"):
        score = agreement.scores[layer, "exact"].total
        findings = [f for f in agreement.pairs[0].findings if f.layer == layer and f.kind != "stacked-relations"]
        explained = sum(int((f.first >= 0).sum() + (f.second >= 0).sum()) for f in findings)
        assert explained == score.first + score.second - 2 * score.matched


@LAWS
@given(DOCUMENTS, DOCUMENTS)
def test_with_two_annotators_the_pair_is_the_whole(first: Documents, second: Documents) -> None:
    agreement = agree({"a": first, "b": second})
    assert agreement.pairs[0].scores == agreement.scores


def test_the_drawn_offsets_lie_in_the_text() -> None:
    assert len(TEXT) >= 62


@pytest.mark.parametrize("samples", [0, 50])
def test_the_same_seed_gives_the_same_intervals(tmp_path: Path, samples: int) -> None:
    documents = {f"d{n}": f"T1 Drug 0 {3 + n % 4}" for n in range(8)}
    write_project(tmp_path, {"a": documents, "b": dict.fromkeys(documents, "T1 Drug 0 4")})
    one, two, other = (measure(tmp_path, samples=samples, seed=seed).scores["entities", "exact"] for seed in (1, 1, 2))
    assert one == two
    assert (one == other) == (samples == 0)


def share(one: Mention, other: Mention) -> bool:
    return one[0] == other[0] and max(one[1], other[1]) < min(one[2], other[2])


def most_matches(first: list[tuple[Mention, ...]], second: list[tuple[Mention, ...]], *, mode: str) -> int:
    """Return the size of a maximum matching, every item of the first compared with every item of the second."""
    is_same = share if mode == "overlap" else (lambda one, other: one == other)
    table = np.array([[all(map(is_same, one, other)) for other in second] for one in first], np.uint8, ndmin=2).reshape(
        len(first), len(second)
    )
    return int((maximum_bipartite_matching(csr_array(table)) >= 0).sum()) if table.size else 0


def state(drawn: Marks) -> dict[str, list[tuple[Mention, ...]]]:
    """Return mentions and relations as tuples of parts that must be the same, a relation's label among them."""
    mentions, links = drawn
    stated = [((label, 0, 1), mentions[one], mentions[other]) for label, one, other in dict.fromkeys(links)]
    return {"entities": [(mention,) for mention in mentions], "relations": stated}


@LAWS
@given(DOCUMENTS, DOCUMENTS, st.sampled_from(["exact", "overlap"]))
def test_matches_are_as_many_as_comparing_all_with_all_finds(first: Documents, second: Documents, mode: str) -> None:
    agreement = agree({"a": first, "b": second}, modes=(mode,))
    for layer in ("entities", "relations"):
        sides = [(state(first[doc_id])[layer], state(second[doc_id])[layer]) for doc_id in first]
        assert agreement.scores[layer, mode].total.matched == sum(most_matches(*side, mode=mode) for side in sides)
