"""The model folder: the same predictions after reading, offline, and hostile folders refused."""

import json
import pickle
import shutil
import socket
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from corpus_tools.errors import CorpusError, InputError, OutputExists
from corpus_tools.storage import hash_bytes
from relext.errors import HostileModel
from relext.model import TrainedModel, model_hash, read_model, write_model
from relext.prediction import predict_documents
from tests.relext.tiny_models import tiny_document, tiny_model


@pytest.fixture(scope="module")
def model() -> TrainedModel:
    trained = replace(tiny_model(), record={"validation_f1": 0.5}, document_hashes=frozenset({"ab"}))
    trained.network.no_relation_bias.fill_(-0.75)
    return trained


@pytest.fixture(scope="module")
def written(model: TrainedModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written") / "model"
    write_model(folder, model)
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    """Return a copy that a test may damage."""
    return Path(shutil.copytree(written, tmp_path / "model"))


def read(folder: Path) -> TrainedModel:
    return read_model(folder, device="cpu", precision="fp32", threads=1)


def rewrite(folder: Path, name: str, content: bytes) -> None:
    """Change a file and the manifest with it, as someone who knows the format would."""
    (folder / name).write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][name] = hash_bytes(content)
    (folder / "manifest.json").write_text(json.dumps(manifest))


def edit(folder: Path, name: str, **changes: object) -> None:
    record = json.loads((folder / name).read_text())
    rewrite(folder, name, json.dumps({**record, **changes}).encode())


def test_a_model_read_back_predicts_the_same(model: TrainedModel, written: Path) -> None:
    documents = [tiny_document(n) for n in range(6)]
    pairs = zip(predict_documents(read(written), documents), predict_documents(model, documents), strict=True)
    for found, expected in pairs:
        assert [(r.type, r.arg1, r.arg2) for r in found.relations] == [
            (r.type, r.arg1, r.arg2) for r in expected.relations
        ]
        # The last digit depends on where in memory the weights lie.
        assert found.confidences == pytest.approx(expected.confidences, abs=1e-6)


def test_a_model_read_back_knows_all_it_was(model: TrainedModel, written: Path) -> None:
    found = read(written)
    assert (found.scheme, found.schema, found.config) == (model.scheme, model.schema, model.config)
    assert (found.record, found.document_hashes) == (model.record, model.document_hashes)
    assert found.network.no_relation_bias.item() == -0.75


def test_the_longest_sentence_is_kept_and_older_models_have_the_default(model: TrainedModel, tmp_path: Path) -> None:
    write_model(tmp_path / "model", replace(model, max_words=7))
    assert read(tmp_path / "model").max_words == 7
    record = json.loads((tmp_path / "model" / "model.json").read_text())
    del record["max_words"]
    rewrite(tmp_path / "model", "model.json", json.dumps(record).encode())
    assert read(tmp_path / "model").max_words == 128


@pytest.mark.parametrize("value", [0, "12", True, None])
def test_a_longest_sentence_that_is_none_is_refused(folder: Path, value: object) -> None:
    edit(folder, "model.json", max_words=value)
    with pytest.raises(InputError, match="max_words is no number from 1"):
        read(folder)


def test_the_same_model_gives_the_same_bytes(model: TrainedModel, written: Path, tmp_path: Path) -> None:
    write_model(tmp_path / "again", model)
    assert model_hash(tmp_path / "again") == model_hash(written)


def test_a_model_is_read_without_a_network(written: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert read(written).scheme.labels[0] == "NO_RELATION"


def test_no_text_of_the_corpus_is_in_the_folder(written: Path) -> None:
    held = b"".join(path.read_bytes() for path in written.iterdir())
    assert b"slept well" not in held and b"atropine" not in held  # the drug stands in fewer than 5 documents


def test_an_older_model_is_replaced_only_when_asked(model: TrainedModel, folder: Path) -> None:
    with pytest.raises(OutputExists):
        write_model(folder, model)
    write_model(folder, model, force=True)
    assert read(folder).record == model.record


@pytest.mark.parametrize("name", ["weights.bin", "model.pt", "x.pkl", "y.joblib", "z.ckpt", "evil.py", "sub/a.PKL"])
def test_files_that_can_run_code_are_refused_unread(folder: Path, tmp_path: Path, name: str) -> None:
    canary = tmp_path / "canary"
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(f"cos\nsystem\n(S'touch {canary}'\ntR.".encode())  # a pickle that runs a command
    with pytest.raises(HostileModel, match="can run code") as caught:
        read(folder)
    assert caught.value.exit_code == 8
    assert not canary.exists()


def test_a_pickle_named_safetensors_is_refused(folder: Path) -> None:
    rewrite(folder, "model.safetensors", pickle.dumps({"start": [1.0]}))
    with pytest.raises(HostileModel, match=r"model\.safetensors: is no safetensors file"):
        read(folder)


def test_a_changed_byte_is_noticed(folder: Path) -> None:
    content = bytearray((folder / "model.safetensors").read_bytes())
    content[-1] ^= 1
    (folder / "model.safetensors").write_bytes(content)
    with pytest.raises(HostileModel, match="has changed since the model was written"):
        read(folder)


def test_a_tokenizer_of_another_model_is_noticed(folder: Path) -> None:
    other = tiny_model([tiny_document(n) for n in range(30)])
    (folder / "tokenizer.json").write_text(other.tokenizer.tokenizer.to_str())
    with pytest.raises(HostileModel, match=r"tokenizer\.json: has changed"):
        read(folder)


def test_weights_of_another_network_are_refused(folder: Path) -> None:
    record = json.loads((folder / "model.json").read_text())
    record["settings"]["model"]["pair_size"] = 32
    rewrite(folder, "model.json", json.dumps(record).encode())
    with pytest.raises(HostileModel, match="is not F32 of shape"):
        read(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {"auto_map": {"AutoModel": "evil.Model"}},
        {"trust_remote_code": True},
        {"model_type": "evil"},
        {"encoder": {"model_type": "bert"}},
        {"hidden_size": -3},
        {"num_hidden_layers": "many"},
    ],
    ids=str,
)
def test_a_hostile_encoder_configuration_is_refused(folder: Path, changes: dict[str, object]) -> None:
    edit(folder, "encoder.json", **changes)
    with pytest.raises(HostileModel):
        read(folder)


def test_a_link_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "tokenizer.json").rename(tmp_path / "outside.json")
    (folder / "tokenizer.json").symlink_to(tmp_path / "outside.json")
    with pytest.raises(HostileModel, match="is a link"):
        read(folder)


@pytest.mark.parametrize("name", ["manifest.json", "model.json", "encoder.json", "tokenizer.json", "model.safetensors"])
def test_an_incomplete_folder_is_one_clear_error(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(InputError, match=name):
        read(folder)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("model.json", b"{}"),
        ("model.json", b"[]"),
        ("model.json", b"\xff"),
        ("tokenizer.json", b"{}"),
        ("encoder.json", b"[]"),
        ("encoder.json", b"{"),
    ],
)
def test_nonsense_in_a_file_is_one_clear_error(folder: Path, name: str, content: bytes) -> None:
    rewrite(folder, name, content)
    with pytest.raises(CorpusError) as caught:
        read(folder)
    assert caught.value.exit_code in (3, 8)


def test_a_manifest_of_another_version_is_refused(folder: Path) -> None:
    (folder / "manifest.json").write_text('{"schema_version": 99, "files": {}}')
    with pytest.raises(InputError, match="is not of version 1"):
        read(folder)


def test_a_missing_folder_names_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="`relext train` makes one"):
        read(tmp_path / "absent")


def test_a_full_disk_leaves_nothing(model: TrainedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("relext.model.folder.write_bytes", fail)
    with pytest.raises(CorpusError) as caught:
        write_model(tmp_path / "model", model)
    assert caught.value.exit_code == 7
    assert list(tmp_path.iterdir()) == []


def test_the_buffers_that_a_scheme_gives_are_not_stored(written: Path) -> None:
    header = (written / "model.safetensors").read_bytes()[:20_000]
    assert b"permitted" not in header and b"no_relation_bias" in header
    assert torch.is_tensor(read(written).network.permitted)
