"""Weights in safetensors: the header is checked before any library reads it, the tensors against what is expected.

In: the bytes of a file that nobody has checked. Out: tensors with the names, shapes and numbers of the network that
will hold them, or `HostileModel`.
"""

import json
import math
from collections.abc import Mapping

import safetensors.torch
import torch
from torch import Tensor

from corpus_tools.errors import InputError
from corpus_tools.storage import parse_json
from relext.errors import HostileModel

MAX_HEADER_BYTES = 16 << 20
BYTES_A_WEIGHT = 4  # weights are stored as F32
_LENGTH_BYTES = 8  # the header's length, little-endian
_DTYPES = {torch.float32: ("F32", 4), torch.int64: ("I64", 8), torch.bool: ("BOOL", 1)}
_METADATA = "__metadata__"


def format_weights(tensors: Mapping[str, Tensor]) -> bytes:
    """Format tensors as safetensors, in the order of their names; the same tensors give the same bytes."""
    ready = {name: tensors[name].detach().cpu().contiguous().clone() for name in sorted(tensors)}
    return safetensors.torch.save(ready)


def count_weights(content: bytes, *, source: str) -> int:
    """Return the most weights that a safetensors file can hold.

    Raises
    ------
    HostileModel
        Where it is no such file.
    """
    _parse_header(content, source)
    return _body_size(content) // BYTES_A_WEIGHT


def parse_weights(content: bytes, expected: Mapping[str, Tensor], *, source: str) -> dict[str, Tensor]:
    """Return the tensors of a safetensors file.

    Parameters
    ----------
    content : bytes
    expected : mapping of name to Tensor
        What the file must hold: the same names, shapes and types of number.
    source : str
        Name of the file, for messages.

    Raises
    ------
    HostileModel
        Where the header lies about lengths, overlaps or types, where a tensor is missing, unasked for or of another
        shape, or where a weight is not finite.
    """
    header = _parse_header(content, source)
    problem = _compare_names(header, expected) or _check_layout(header, expected, size=_body_size(content))
    if problem:
        raise HostileModel(f"{source}: {problem}; nothing was loaded")
    tensors = safetensors.torch.load(content)
    for name, tensor in sorted(tensors.items()):
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise HostileModel(f"{source}: {name} holds numbers that are not finite; nothing was loaded")
    return tensors


def _header_size(content: bytes) -> int:
    return int.from_bytes(content[:_LENGTH_BYTES], "little")


def _body_size(content: bytes) -> int:
    return len(content) - _LENGTH_BYTES - _header_size(content)


def _parse_header(content: bytes, source: str) -> dict[str, object]:
    size = _header_size(content)
    if len(content) < _LENGTH_BYTES or size > min(MAX_HEADER_BYTES, len(content) - _LENGTH_BYTES):
        raise HostileModel(f"{source}: is no safetensors file, or a cut one; nothing was loaded")
    try:
        header = parse_json(content[_LENGTH_BYTES : _LENGTH_BYTES + size].decode("utf-8"), source=source)
    except (InputError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise HostileModel(f"{source}: its header can't be read; nothing was loaded") from error
    if not isinstance(header, dict):
        raise HostileModel(f"{source}: its header is no table; nothing was loaded")
    return {name: row for name, row in header.items() if name != _METADATA}


def _compare_names(header: Mapping[str, object], expected: Mapping[str, Tensor]) -> str:
    missing, unasked = sorted(expected.keys() - header.keys()), sorted(header.keys() - expected.keys())
    if missing:
        return f"lacks {len(missing)} tensors of the network, the first {missing[0]}"
    return (
        f"holds {len(unasked)} tensors that the network has not, the first {ascii(unasked[0])[:80]}" if unasked else ""
    )


def _check_layout(header: Mapping[str, object], expected: Mapping[str, Tensor], *, size: int) -> str:
    """Return what is wrong with the tensors' types, shapes or places, or an empty string."""
    spans = []
    for name, tensor in expected.items():
        kind, width = _DTYPES[tensor.dtype]
        row, shape = header[name], list(tensor.shape)
        if not isinstance(row, dict) or row.get("dtype") != kind or row.get("shape") != shape:
            return f"{name} is not {kind} of shape {shape}"
        offsets = row.get("data_offsets")
        if not isinstance(offsets, list) or not all(type(offset) is int for offset in offsets) or len(offsets) != 2:
            return f"{name} has no offsets"
        if offsets[1] - offsets[0] != math.prod(shape) * width:
            return f"{name} has offsets of another length than its shape"
        spans.append(tuple(offsets))
    edges = [0, *(edge for span in sorted(spans) for edge in span), size]
    if any(end != start for end, start in zip(edges[::2], edges[1::2], strict=True)):
        return "the tensors overlap, leave gaps or reach past the end"
    return ""
