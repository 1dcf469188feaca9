"""Every reader takes what it is made for, and answers whatever is done to it with an error of ours or not at all."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus_tools.errors import CorpusError
from tests.fuzz.parsers import PARSERS

SEEDS = {name: parser.make(3) for name, parser in PARSERS.items()}
PIECES = [b"\n", b"\t", b'"', b"\x00", b"\xff", b"9" * 5000, "\u2028\U0001f600".encode(), b"null", b"-1", b"1e999"]


@st.composite
def spoilt(draw: st.DrawFn, seed: bytes) -> bytes:
    """Draw a seed with one to three pieces of it replaced, taken out or repeated."""
    for _ in range(draw(st.integers(1, 3))):
        start, end = sorted((draw(st.integers(0, len(seed))), draw(st.integers(0, len(seed)))))
        piece = draw(st.binary(max_size=8) | st.sampled_from([*PIECES, b"", seed[start:end] * 2]))
        seed = seed[:start] + piece + seed[end:]
    return seed


@pytest.mark.parametrize("name", PARSERS)
def test_what_a_reader_is_made_for_is_taken(name: str) -> None:
    assert PARSERS[name].read(SEEDS[name]) is not None


@pytest.mark.parametrize("name", PARSERS)
@settings(max_examples=60)
@given(data=st.data())
def test_nothing_but_an_error_of_ours_comes_out(name: str, data: st.DataObject) -> None:
    content = data.draw(spoilt(SEEDS[name]))
    try:
        PARSERS[name].read(content)
    except CorpusError as error:
        assert str(error)  # an answer: it says something
