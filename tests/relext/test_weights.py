"""Safetensors that lie about themselves are refused before a library reads them."""

import json
import pickle

import pytest
import torch
from torch import Tensor

from relext.errors import HostileModel
from relext.model.weights import format_weights, parse_weights

EXPECTED = {"a": torch.zeros(2, 3), "b": torch.zeros(4)}


def pack(header: object, body: bytes = b"\x00" * 40) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + body


def row(start: int, end: int, shape: tuple[int, ...], dtype: str = "F32") -> dict[str, object]:
    return {"dtype": dtype, "shape": list(shape), "data_offsets": [start, end]}


GOOD = {"a": row(0, 24, (2, 3)), "b": row(24, 40, (4,))}


def test_what_was_written_is_read_back() -> None:
    tensors = {"b": torch.randn(4), "a": torch.randn(3, 2).T}
    read = parse_weights(format_weights(tensors), EXPECTED, source="w")
    assert {name: tensor.tolist() for name, tensor in read.items()} == {n: t.tolist() for n, t in tensors.items()}


def test_the_same_tensors_give_the_same_bytes() -> None:
    assert format_weights({"a": torch.ones(2), "b": torch.zeros(1)}) == format_weights(
        {"b": torch.zeros(1), "a": torch.ones(2)}
    )


def test_a_literal_file_is_read() -> None:
    assert parse_weights(pack(GOOD), EXPECTED, source="w")["a"].shape == (2, 3)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no safetensors file"),
        (b"\x00\x01", "no safetensors file"),
        ((2**63).to_bytes(8, "little") + b"{}", "no safetensors file"),
        (pack(GOOD)[:60], "no safetensors file"),
        (pack(GOOD, b"\x00" * 39), "overlap, leave gaps or reach past the end"),
        (pack(GOOD, b"\x00" * 41), "overlap, leave gaps or reach past the end"),
        (pack(b"{nonsense"), "header can't be read"),
        (pack(b"\xff\xfe"), "header can't be read"),
        (pack(b'{"a": 1, "a": 2}'), "header can't be read"),
        (pack(b"[" * 100_000), "header can't be read"),
        (pack([1, 2]), "header is no table"),
        (pack({"a": GOOD["a"]}), "lacks 1 tensors of the network, the first b"),
        (pack({**GOOD, "c": row(0, 0, (0,))}), "tensors that the network has not, the first 'c'"),
        (pack({**GOOD, "b": row(24, 40, (2, 2))}), r"b is not F32 of shape \[4\]"),
        (pack({**GOOD, "b": row(24, 40, (4,), "I32")}), "b is not F32"),
        (pack({**GOOD, "b": 3}), "b is not F32"),
        (pack({**GOOD, "b": {**row(24, 40, (4,)), "data_offsets": [24, 2**70]}}), "offsets of another length"),
        (pack({**GOOD, "b": {**row(24, 40, (4,)), "data_offsets": [24, True]}}), "b has no offsets"),
        (pack({**GOOD, "b": row(8, 24, (4,))}), "overlap"),
        (pack({**GOOD, "b": row(-16, 0, (4,))}), "overlap"),
        (pickle.dumps({"a": 1}), "no safetensors file"),
    ],
)
def test_a_file_that_lies_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(HostileModel, match=message) as caught:
        parse_weights(content, EXPECTED, source="model.safetensors")
    assert caught.value.exit_code == 8


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite_are_refused(value: float) -> None:
    tensors: dict[str, Tensor] = {"a": torch.full((2, 3), value), "b": torch.zeros(4)}
    with pytest.raises(HostileModel, match="a holds numbers that are not finite"):
        parse_weights(format_weights(tensors), EXPECTED, source="w")
