"""What is fuzzed: each target takes any bytes, and nothing but an error of ours may come out of the reader behind it.

In: bytes. Out: nothing where the reader took or refused them; whatever else it raises is a finding.
"""

import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import torch

from corpus_tools.adjudication import LOG_NAME, read_log
from corpus_tools.assembly import Manifest
from corpus_tools.errors import CorpusError, InputError
from corpus_tools.standoff import format_annotations, parse_annotation_conf, parse_document
from corpus_tools.storage import format_json, hash_text, parse_json
from relext.model.weights import format_weights, parse_weights

SEEDS = Path(__file__).parent / "seeds"
NOTE = "Codeine settled her cough but brought on nausea.\nNo fever \N{THERMOMETER} since 3 May.\n"
TENSORS = {"bias": torch.zeros(3), "weight": torch.ones(2, 3)}
GENESIS = "0" * 64


def fuzz_ann(content: bytes) -> None:
    """Read any UTF-8 as the `.ann` of a note; what is written back reads as the same."""
    try:
        ann = content.decode("utf-8")
    except UnicodeDecodeError:
        return
    document = parse_document(NOTE, ann, doc_id="note").document
    written = format_annotations(document)
    assert format_annotations(parse_document(NOTE, written, doc_id="note").document) == written


def fuzz_annotation_conf(content: bytes) -> None:
    """Read any UTF-8 as brat's configuration."""
    parse_annotation_conf(content.decode("utf-8", errors="replace"))


def fuzz_log(content: bytes) -> None:
    """Read any bytes as a log of decisions, and once more with the hashes that make its chain hold."""
    with tempfile.TemporaryDirectory() as folder:
        for variant in (content, chain_rows(content)):
            path = Path(folder) / LOG_NAME
            path.write_bytes(variant)
            try:
                read_log(path)
            except CorpusError:
                continue


def chain_rows(content: bytes) -> bytes:
    """Return the JSON objects among the lines, each with its hash and that of the row before: what a forger can do."""
    lines, previous = [], GENESIS
    for line in content.split(b"\n"):
        try:
            record = parse_json(line.decode("utf-8"), source="log")
            stated = hash_text(previous + format_json(record, indent=None))
        except (InputError, ValueError):
            lines.append(line)
            continue
        if isinstance(record, dict):
            lines.append(json.dumps({**record, "previous": previous, "hash": stated}).encode())
            previous = stated
    return b"\n".join(lines)


def fuzz_manifest(content: bytes) -> None:
    """Read any bytes as the manifest of a corpus."""
    Manifest.from_json(
        parse_json(content.decode("utf-8", errors="replace"), source="manifest.json"), source="manifest.json"
    )


def fuzz_weights(content: bytes) -> None:
    """Read any bytes as the weights of a network of two tensors; what is taken has their names and shapes."""
    tensors = parse_weights(content, TENSORS, source="model.safetensors")
    assert {name: tensor.shape for name, tensor in tensors.items()} == {
        name: tensor.shape for name, tensor in TENSORS.items()
    }


def list_seeds(name: str) -> list[bytes]:
    """Return what a target starts from: the files of its folder, and for weights those of a network."""
    made = [format_weights(TENSORS)] if name == "weights" else []
    return made + [path.read_bytes() for path in sorted((SEEDS / name).glob("*"))]


def run_target(name: str, content: bytes) -> None:
    """Run a target; an error of ours is an answer."""
    try:
        TARGETS[name](content)
    except CorpusError:
        return


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    "ann": fuzz_ann,
    "annotation_conf": fuzz_annotation_conf,
    "log": fuzz_log,
    "manifest": fuzz_manifest,
    "weights": fuzz_weights,
}
