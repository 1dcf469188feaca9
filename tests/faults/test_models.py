"""Faults 55 to 60: model folders that nobody vetted, and corpora that do not fit a model."""

import json
import pickle
import shutil
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from corpus_tools.assembly import write_corpus
from corpus_tools.standoff import EntityType, RelationType, Schema
from corpus_tools.storage import hash_bytes, hash_text
from relext.model import write_model
from tests.faults.commands import relext, write_note
from tests.relext.literal_documents import make_document
from tests.relext.tiny_models import tiny_corpus, tiny_document, tiny_finder, tiny_model, tiny_parts

WEIGHTS = "model.safetensors"
ANN = "T1\tDrug 4 11\taspirin\nT2\tSign 25 29\tpain\n"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a model, a corpus and a note."""
    folder = tmp_path_factory.mktemp("written")
    documents = tiny_parts()["train"]
    hashes = frozenset(hash_text(document.text) for document in documents)
    write_model(folder / "model", replace(tiny_model(documents), document_hashes=hashes), finder=tiny_finder(documents))
    tiny_corpus(folder / "corpus")
    write_note(folder / "notes", ANN, text="The aspirin relieved his pain.")
    return folder


@pytest.fixture
def model(written: Path, tmp_path: Path) -> Path:
    """Return a copy of the model that a test may spoil."""
    return Path(shutil.copytree(written / "model", tmp_path / "model"))


def rewrite(model: Path, name: str, content: bytes) -> None:
    """Change a file and its hash in the manifest, as someone who knows the format would."""
    (model / name).write_bytes(content)
    manifest = json.loads((model / "manifest.json").read_text())
    manifest["files"][name] = hash_bytes(content)
    (model / "manifest.json").write_text(json.dumps(manifest))


def edit(model: Path, name: str, **changes: object) -> None:
    rewrite(model, name, json.dumps({**json.loads((model / name).read_text()), **changes}).encode())


def assert_refused(written: Path, model: Path, code: int) -> str:
    """Let both commands that read a model meet it; return the one line that the first prints."""
    ends = [
        relext("annotate", model, written / "notes", "--out", model.parent / "out", "--device", "cpu"),
        relext("eval", model, written / "corpus", "--device", "cpu"),
    ]
    assert [ended.code for ended in ends] == [code, code], ends[0].err
    assert [ended.err.count("\n") for ended in ends] == [1, 1], ends[0].err
    assert not (model.parent / "out").exists()
    return ends[0].err


class Canary:
    """Touch a file when a pickle of it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("suffix", [".bin", ".pt", ".pkl", ".joblib", ".ckpt", ".py", ".BIN"])
@pytest.mark.parametrize("place", ["extra", "mentions/extra"])
def test_fault_55_file_that_runs_code_is_refused_unread(written: Path, model: Path, suffix: str, place: str) -> None:
    canary = model.parent / "touched"
    (model / f"{place}{suffix}").write_bytes(pickle.dumps(Canary(canary)))
    assert "can run code" in assert_refused(written, model, 8)
    assert not canary.exists()


def test_fault_55_pickle_named_safetensors_is_refused_unread(written: Path, model: Path) -> None:
    canary = model.parent / "touched"
    rewrite(model, WEIGHTS, pickle.dumps(Canary(canary)))
    assert_refused(written, model, 8)
    assert not canary.exists()


def test_fault_55_pickle_in_an_encoder_folder_is_refused_unread(written: Path, tmp_path: Path) -> None:
    encoder, canary = tmp_path / "encoder", tmp_path / "touched"
    encoder.mkdir()
    (encoder / "config.json").write_text('{"model_type": "bert"}')
    for name in ("pytorch_model.bin", WEIGHTS):
        (encoder / name).write_bytes(pickle.dumps(Canary(canary)))
        ended = relext("train", written / "corpus", "--out", tmp_path / "model", "--encoder", encoder)
        assert (ended.code in (2, 8), ended.err.count("\n")) == (True, 1)
    assert not canary.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"auto_map": {"AutoModel": "evil.Model"}},
        {"trust_remote_code": True},
        {"model_type": "evil"},
        {"model_type": ["bert"]},
        {"text_config": {"model_type": "bert"}},
        {"text_config": {"deep": {"auto_map": {"AutoConfig": "evil.Config"}}}},
        {"num_hidden_layers": 10**12},
        {"vocab_size": 1 << 23},
        {"hidden_size": 10**9},
        {"hidden_size": None},
        {"hidden_act": "evil"},
    ],
)
def test_fault_56_hostile_configuration_is_refused_and_imports_nothing(
    written: Path, model: Path, changes: dict[str, object]
) -> None:
    (model.parent / "evil.py").write_text("raise SystemExit('imported')")
    edit(model, "encoder.json", **changes)
    assert_refused(written, model, 8)


def test_fault_56_address_in_a_configuration_is_never_opened(
    written: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.socket.connect", lambda *_: pytest.fail("a connection was tried"))
    edit(model, "encoder.json", _name_or_path="https://evil.example/model")
    assert relext("eval", model, written / "corpus", "--device", "cpu").code == 0


def header(content: bytes) -> dict[str, dict[str, object]]:
    size = int.from_bytes(content[:8], "little")
    return dict(json.loads(content[8 : 8 + size]))


def with_header(content: bytes, **changes: object) -> bytes:
    """Return weights whose header says something else."""
    size = int.from_bytes(content[:8], "little")
    raw = json.dumps({**header(content), **changes}).encode()
    return struct.pack("<Q", len(raw)) + raw + content[8 + size :]


def spoil(content: bytes) -> dict[str, bytes]:
    """Return weights spoiled in every way that a header can lie, by the way."""
    first, row = next((name, row) for name, row in header(content).items() if name != "__metadata__")
    size = int.from_bytes(content[:8], "little")
    body = content[8 + size :]
    nan = struct.pack("<f", float("nan")) * (len(body) // 4)
    return {
        "length": struct.pack("<Q", 1 << 63) + content[8:],
        "overlap": with_header(content, **{first: {**row, "data_offsets": [0, 4]}}),
        "beyond": with_header(content, **{first: {**row, "data_offsets": [1 << 60, (1 << 60) + 4]}}),
        "negative": with_header(content, **{first: {**row, "data_offsets": [-4, 0]}}),
        "type": with_header(content, **{first: {**row, "dtype": "I8"}}),
        "shape": with_header(content, **{first: {**row, "shape": [1 << 40, 1 << 40]}}),
        "twice": content[:8] + content[8 : 8 + size].replace(b"{", b'{"a": 1, "a": 2, ', 1) + body,
        "extra": with_header(content, evil={"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}),
        "cut": content[: len(content) // 2],
        "empty": b"",
        "list": struct.pack("<Q", 2) + b"[]",
        "nan": content[: 8 + size] + nan,
    }


@pytest.mark.parametrize(
    "way",
    ["length", "overlap", "beyond", "negative", "type", "shape", "twice", "extra", "cut", "empty", "list", "nan"],
)
def test_fault_57_weights_that_lie_are_refused(written: Path, model: Path, way: str) -> None:
    rewrite(model, WEIGHTS, spoil((model / WEIGHTS).read_bytes())[way])
    assert_refused(written, model, 8)


def test_fault_57_byte_that_changed_is_noticed(written: Path, model: Path) -> None:
    content = bytearray((model / WEIGHTS).read_bytes())
    content[-1] ^= 1
    (model / WEIGHTS).write_bytes(content)
    assert "has changed" in assert_refused(written, model, 8)


@pytest.mark.parametrize("name", ["manifest.json", "model.json", "tokenizer.json"])
@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"files": 1}'])
def test_fault_57_nonsense_in_any_file_is_one_line(written: Path, model: Path, name: str, content: bytes) -> None:
    if name == "manifest.json":
        (model / name).write_bytes(content)
    else:
        rewrite(model, name, content)
    assert_refused(written, model, 3)


def test_fault_59_corpus_of_other_labels_is_refused_with_both_lists(written: Path, tmp_path: Path) -> None:
    other = Schema((EntityType("Drug"), EntityType("Sign")), (RelationType("worsens", frozenset({("Drug", "Sign")})),))
    document = make_document("The aspirin relieved his pain.", "T1  Drug 4 11  aspirin", "T2  Sign 25 29  pain",
                             "R1  worsens Arg1:T1 Arg2:T2")  # fmt: skip
    write_corpus(tmp_path / "corpus", {"test": [document]}, schema=other)
    ended = relext("eval", written / "model", tmp_path / "corpus", "--device", "cpu")
    assert ended.code == 3
    assert all(word in ended.err for word in ("worsens", "treats", "causes"))


def test_fault_59_tokenizer_of_another_model_is_refused(written: Path, model: Path) -> None:
    record = json.loads((model / "tokenizer.json").read_text())
    vocabulary = record["model"]["vocab"]
    beyond = {**vocabulary, **{f"word{n}": len(vocabulary) + n for n in range(500)}}
    rewrite(model, "tokenizer.json", json.dumps({**record, "model": {**record["model"], "vocab": beyond}}).encode())
    assert assert_refused(written, model, 8)


def test_fault_60_without_gold_figures_are_null_with_a_reason(written: Path, tmp_path: Path) -> None:
    corpus = write_corpus(tmp_path / "corpus", {"test": [make_document("Nothing here.")]}, schema=tiny_model().schema)
    record = relext("eval", written / "model", corpus.path, "--device", "cpu", "--json").record
    assert '"f1": null' in json.dumps(record)
    assert "reason" in json.dumps(record)


def test_fault_60_documents_of_training_are_told_apart(written: Path, tmp_path: Path) -> None:
    parts = {"test": [tiny_document(0), tiny_document(40)]}  # the first was trained on
    corpus = write_corpus(tmp_path / "corpus", parts, schema=tiny_model().schema)
    ended = relext("eval", written / "model", corpus.path, "--device", "cpu", "--json")
    assert ended.code == 0
    text = json.dumps(ended.record)
    assert "trained" in text or "seen" in text or "overlap" in text
