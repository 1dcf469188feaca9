"""The split: shares, groups that stay together, strata spread evenly, and the report that proves it."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus_tools.assembly.split import (
    Link,
    Sample,
    Shares,
    find_leaks,
    find_links,
    parse_shares,
    split_by_folder,
    split_samples,
)
from corpus_tools.errors import Refused, UsageError
from corpus_tools.rounds import sign_text
from corpus_tools.storage import hash_text

DEFAULT = Shares(70, 15, 15)


def make_sample(doc_id: str, text: str, patients: tuple[str, ...] = (), strata: tuple[str, ...] = ()) -> Sample:
    """Return the sample of a text."""
    return Sample(doc_id, hash_text(text), sign_text(text), patients, strata)


def make_samples(count: int, strata: tuple[str, ...] = ()) -> list[Sample]:
    """Return samples with different texts."""
    return [make_sample(f"{number:04}", f"text {number}", strata=strata) for number in range(count)]


def test_shares_are_parsed_and_shown_alike() -> None:
    assert parse_shares("70:15:15") == DEFAULT
    assert str(parse_shares("0:0:100")) == "0:0:100"
    assert parse_shares("66.6:16.7:16.7").of("train") == pytest.approx(0.666)


@pytest.mark.parametrize("text", ["70:15", "70:15:16", "a:b:c", "-1:50:51", "١٠٠:0:0", "70:15:15:0", ""])
def test_shares_that_do_not_add_up_are_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--splits"):
        parse_shares(text)


def test_documents_without_links_get_their_shares() -> None:
    parts = split_samples(make_samples(100), (), shares=DEFAULT, seed=1)
    assert Counter(parts.values()) == {"train": 70, "validation": 15, "test": 15}


def test_a_part_without_a_share_stays_empty() -> None:
    parts = split_samples(make_samples(20), (), shares=parse_shares("0:0:100"), seed=1)
    assert set(parts.values()) == {"test"}


def test_the_seed_decides_and_the_order_of_the_samples_does_not() -> None:
    samples = make_samples(50)
    parts = split_samples(samples, (), shares=DEFAULT, seed=1)
    assert parts == split_samples(samples[::-1], (), shares=DEFAULT, seed=1)
    assert parts != split_samples(samples, (), shares=DEFAULT, seed=2)


def test_a_rare_stratum_reaches_every_part() -> None:
    samples = make_samples(90) + [make_sample(f"r{n}", f"rare {n}", strata=("rare",)) for n in range(10)]
    parts = split_samples(samples, (), shares=parse_shares("60:20:20"), seed=3)
    rare = Counter(parts[f"r{number}"] for number in range(10))
    assert rare == {"train": 6, "validation": 2, "test": 2}


def test_strata_of_two_documents_each_leave_no_part_without_its_share() -> None:
    samples = [make_sample(f"{n:02}", f"text {n}", strata=(f"label-{n // 2}",)) for n in range(46)]
    counts = Counter(split_samples(samples, (), shares=DEFAULT, seed=13).values())
    assert counts["train"] <= 34
    assert min(counts["validation"], counts["test"]) >= 5


def test_several_strata_of_one_document_are_all_spread() -> None:
    samples = [
        make_sample(f"{n:03}", f"t {n}", strata=("a", "b") if n % 4 == 0 else ("b",) if n % 2 else ("a",))
        for n in range(200)
    ]
    parts = split_samples(samples, (), shares=DEFAULT, seed=5)
    for stratum, total in (("a", 100), ("b", 150)):
        in_train = sum(parts[each.doc_id] == "train" for each in samples if stratum in each.strata)
        assert in_train / total == pytest.approx(0.7, abs=0.03)


def test_same_text_near_duplicate_and_patient_are_linked() -> None:
    words = " ".join(f"word{number}" for number in range(60))
    samples = [
        make_sample("a", words),
        make_sample("b", words),
        make_sample("c", words.replace("word30", "other")),  # 3 of 58 trigrams differ: similarity 55/61
        make_sample("d", "nothing in common here at all", patients=("P1",)),
        make_sample("e", "yet another quite different text", patients=("P2", "P1")),
    ]
    assert find_links(samples) == (
        Link("same-text", "a", "b"),
        Link("near-duplicate", "a", "c"),
        Link("same-patient", "d", "e"),
    )


def test_linked_documents_share_a_part_through_chains() -> None:
    samples = make_samples(40)
    links = [Link("same-patient", f"{n:04}", f"{n + 1:04}") for n in range(0, 12)]  # 0000 to 0012 in a chain
    parts = split_samples(samples, links, shares=DEFAULT, seed=1)
    assert len({parts[f"{number:04}"] for number in range(13)}) == 1


def test_a_group_larger_than_every_part_is_refused_with_hashes_only() -> None:
    samples = make_samples(10)
    links = [Link("same-patient", "0000", f"{number:04}") for number in range(1, 9)]  # 9 of 10, at most 7
    with pytest.raises(Refused, match="9 of 10 documents share") as caught:
        split_samples(samples, links, shares=DEFAULT, seed=1)
    assert hash_text("0000")[:12] in str(caught.value)
    assert "0000," not in str(caught.value)


def test_leaks_are_counted_across_parts_alone() -> None:
    links = [Link("same-text", "a", "b"), Link("same-text", "a", "c"), Link("same-patient", "d", "e")]
    parts = {"a": "train", "b": "train", "c": "test", "d": "test", "e": "test"}
    same_text, near, patient = find_leaks(links, parts)
    assert (same_text.groups, same_text.documents, same_text.groups_across, same_text.documents_across) == (1, 3, 1, 3)
    assert (near.groups, near.documents_across) == (0, 0)
    assert (patient.groups, patient.documents, patient.groups_across) == (1, 2, 0)


def test_folders_of_the_export_name_the_parts() -> None:
    parts = split_by_folder(["Train/a", "x/dev/b", "validation/c", "test/sub/d"])
    assert parts == {"Train/a": "train", "x/dev/b": "validation", "validation/c": "validation", "test/sub/d": "test"}


def test_a_document_outside_such_folders_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="1 of 2 documents lie in no folder named train"):
        split_by_folder(["train/a", "other/test"])  # the file's own name does not count


@given(
    st.lists(st.sampled_from("abcdef"), min_size=1, max_size=40),
    st.lists(st.tuples(st.integers(0, 39), st.integers(0, 39)), max_size=10),
)
def test_no_link_ever_crosses_parts(strata: list[str], pairs: list[tuple[int, int]]) -> None:
    signature = sign_text("")
    samples = [Sample(f"{n:02}", str(n), signature, strata=(own,)) for n, own in enumerate(strata)]
    count = len(samples)
    links = [Link("same-text", f"{left % count:02}", f"{right % count:02}") for left, right in pairs]
    parts = split_samples(samples, links, shares=Shares(100, 0, 0) if count < 20 else DEFAULT, seed=0)
    assert parts.keys() == {sample.doc_id for sample in samples}
    assert not any(leak.groups_across for leak in find_leaks(links, parts))
