"""Every target takes its seeds, and answers whatever is done to them; `make fuzz` goes on from there with atheris."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus_tools.adjudication import read_log
from corpus_tools.errors import InputError
from corpus_tools.storage import parse_json
from tests.fuzz.targets import GENESIS, NOTE, TARGETS, chain_rows, list_seeds, parse_document, run_target

SEEDED = [(name, seed) for name in TARGETS for seed in list_seeds(name)]


@st.composite
def spoilt_seeds(draw: st.DrawFn) -> tuple[str, bytes]:
    """Draw a seed with a piece of it replaced by other bytes, or by a piece of its own."""
    name, seed = draw(st.sampled_from(SEEDED))
    start, end = sorted((draw(st.integers(0, len(seed))), draw(st.integers(0, len(seed)))))
    piece = draw(
        st.binary(max_size=16) | st.sampled_from([seed[start:end] * 2, seed.lower(), b"\n", b"\t", b"9" * 5000])
    )
    return name, seed[:start] + piece + seed[end:]


@given(spoilt_seeds())
@settings(max_examples=300)
def test_nothing_but_an_error_of_ours_comes_out_of_a_reader(spoilt: tuple[str, bytes]) -> None:
    run_target(*spoilt)


@pytest.mark.parametrize("name", ["annotation_conf", "manifest", "weights"])
def test_seeds_are_taken_and_not_refused(name: str) -> None:
    for seed in list_seeds(name):
        TARGETS[name](seed)


def test_seeds_of_annotations_hold_no_line_that_is_rejected() -> None:
    for seed in list_seeds("ann"):
        assert parse_document(NOTE, seed.decode(), doc_id="note").rejects == ()


def test_seeds_of_the_log_hold_as_a_chain(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(chain_rows(list_seeds("log")[0]))
    assert [row.action for row in read_log(tmp_path / "log").rows] == ["decide", "undo", "accept"]


def test_a_number_beyond_all_numbers_is_no_json() -> None:
    with pytest.raises(InputError, match="not JSON that can be trusted"):
        parse_json('{"sequence": 1e999}', source="log")


def test_a_log_with_a_number_beyond_all_numbers_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(json.dumps({"previous": GENESIS, "hash": ""})[:-1] + ', "sequence": 1e999}\n')
    with pytest.raises(InputError, match="not JSON"):
        read_log(tmp_path / "log")
