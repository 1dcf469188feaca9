"""Pretraining that goes on from an encoder: what is taken over, what is written for it, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import AutoConfig, AutoModel, AutoModelForMaskedLM

from corpus_tools.errors import Refused, UsageError
from relext.errors import EncoderError, SettingError
from relext.model import Encoder, load_encoder, read_encoder
from relext.model.loading import make_encoder
from relext.training import Pretrained, pretrain, pretrain_to_folder
from relext.training.starts import find_start
from tests.relext.tiny_models import write_encoder
from tests.relext.tiny_pretraining import TEXTS, TINY, tiny_pool, write_texts

SHAPE = {"vocab_size": 320, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
         "intermediate_size": 32, "max_position_embeddings": 64, "embedding_size": 8, "pad_token_id": 1}  # fmt: skip
TOKEN_IDS = torch.tensor([[0, 200, 4, 210, 2]])  # the token between 200 and 210 is hidden
HIDDEN = torch.tensor([2])


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_texts(tmp_path_factory.mktemp("source") / "texts")


@pytest.fixture
def write_kind(tmp_path: Path) -> Callable[..., Path]:
    """Return what writes the folder of a tiny encoder of a kind, with random weights and a tokenizer."""

    def write(kind: str, *, mask_token: bool = True) -> Path:
        torch.manual_seed(3)
        encoder: Encoder = make_encoder(AutoConfig.for_model(kind, **SHAPE).to_dict())
        tokenizer = load_encoder("scratch", texts=TEXTS, scratch=TINY.scratch, seed=1).tokenizer
        folder = write_encoder(tmp_path / kind, encoder, tokenizer)
        if mask_token:
            path = folder / "tokenizer_config.json"
            path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), "mask_token": "<mask>"}))
        return folder

    return write


@pytest.fixture(scope="module")
def first(texts: Path) -> tuple[Pretrained, Path]:
    """Return a RoBERTa pretrained from random weights, and its folder."""
    folder = texts.parent / "first"
    return pretrain_to_folder([texts], folder, TINY)[0], folder


def go_on(texts: Path, encoder: Path, **settings: object) -> tuple[Pretrained, Path]:
    """Pretrain an encoder further, into a folder beside it."""
    out = encoder.with_name(f"{encoder.name}-on")
    given = {"encoder": str(encoder), "precision": "fp32", "embeddings": "counted", **settings}
    return pretrain_to_folder([texts], out, TINY.overridden(**given), force=True)[0], out


def test_nothing_is_lost_where_no_step_is_taken(texts: Path, first: tuple[Pretrained, Path]) -> None:
    before, folder = first
    after, _ = go_on(texts, folder, steps=0)
    with torch.no_grad():
        assert torch.equal(after.model(TOKEN_IDS, HIDDEN), before.model(TOKEN_IDS, HIDDEN))  # encoder and head


def test_it_goes_on_to_learn_at_rates_of_its_own(texts: Path, first: tuple[Pretrained, Path]) -> None:
    before, folder = first
    after, out = go_on(texts, folder, steps=30)
    assert after.progress.curve[-1].train_loss < before.progress.curve[-1].train_loss
    record = json.loads((out / "training.json").read_text("utf-8"))
    assert record["rates"] == {"encoder": 2e-4, "head": 1e-3}
    assert record["settings"]["pretraining"]["encoder"] == "first"  # not the path to it
    assert str(folder.parent) not in (out / "README.md").read_text("utf-8")


def test_the_tokenizer_stays_as_it_was(texts: Path, first: tuple[Pretrained, Path]) -> None:
    _, folder = first
    _, out = go_on(texts, folder, steps=1, seed=5)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        assert (out / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.parametrize("kind", ["bert", "roberta", "camembert"])
def test_hugging_face_fills_the_mask_as_we_do(texts: Path, write_kind: Callable[..., Path], kind: str) -> None:
    pretrained, out = go_on(texts, write_kind(kind), steps=2)
    model, problems = AutoModelForMaskedLM.from_pretrained(out, output_loading_info=True)
    assert not problems["missing_keys"] and not problems["unexpected_keys"]
    with torch.no_grad():
        theirs = model.eval()(TOKEN_IDS).logits[0, 2]
        assert torch.allclose(theirs, pretrained.model(TOKEN_IDS, HIDDEN)[0], atol=1e-5)


@pytest.mark.parametrize("kind", ["electra", "albert"])  # both embed tokens in fewer numbers than a layer has
def test_of_kinds_with_another_head_the_encoder_is_kept(
    texts: Path, write_kind: Callable[..., Path], kind: str
) -> None:
    pretrained, out = go_on(texts, write_kind(kind), steps=2)
    model, problems = AutoModel.from_pretrained(out, output_loading_info=True)
    assert not problems["unexpected_keys"] and all("pooler" in key for key in problems["missing_keys"])
    mask = torch.ones_like(TOKEN_IDS, dtype=torch.bool)
    with torch.no_grad():
        theirs = model.eval()(TOKEN_IDS).last_hidden_state
        assert torch.allclose(theirs, pretrained.loaded.module(TOKEN_IDS, mask), atol=1e-5)


def test_of_an_encoder_for_sentences_the_layers_that_are_used_go_on(
    texts: Path, write_kind: Callable[..., Path]
) -> None:
    folder = write_kind("bert")
    (folder / "modules.json").write_text("[]")
    assert read_encoder(folder).config["num_hidden_layers"] == 1  # two thirds of two layers
    _, out = go_on(texts, folder, steps=1)
    loaded = read_encoder(out)
    assert (loaded.config["num_hidden_layers"], loaded.is_for_sentences) == (1, False)


def test_the_card_names_the_encoder_and_claims_no_tokenizer(texts: Path, write_kind: Callable[..., Path]) -> None:
    _, out = go_on(texts, write_kind("bert"), steps=1)
    card = (out / "README.md").read_text("utf-8")
    assert "The encoder bert, pretrained further" in card and "tags:\n- bert\n" in card
    assert "random weights" not in card and "byte-level" not in card and "fewer than" not in card


def test_a_run_that_began_with_other_weights_is_not_continued(
    texts: Path, write_kind: Callable[..., Path], tmp_path: Path
) -> None:
    folder = write_kind("bert")
    settings = TINY.overridden(encoder=str(folder), steps=2, checkpoint_every=1)
    pool = tiny_pool(tmp_path / "texts")
    pretrain(pool, settings, checkpoints=tmp_path / "checkpoints")
    weights = folder / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(bytes(content))
    with pytest.raises(UsageError, match="encoder"):
        pretrain(pool, settings, checkpoints=tmp_path / "checkpoints")


def test_without_a_mask_token_nothing_can_be_hidden(write_kind: Callable[..., Path]) -> None:
    folder = write_kind("bert", mask_token=False)
    with pytest.raises(EncoderError, match="no mask token"):
        find_start((), TINY.overridden(encoder=str(folder)))


@pytest.mark.parametrize("encoder", ["scratch", "bert"])
def test_a_block_longer_than_the_encoder_reads_is_refused(write_kind: Callable[..., Path], encoder: str) -> None:
    name = encoder if encoder == "scratch" else str(write_kind(encoder))
    with pytest.raises(SettingError, match=r"the encoder reads (512|64) at most"):
        find_start(TEXTS, TINY.overridden(encoder=name, block_tokens=513))


def test_the_folder_of_the_encoder_is_never_replaced(texts: Path, write_kind: Callable[..., Path]) -> None:
    folder = write_kind("bert")
    with pytest.raises(Refused):
        pretrain_to_folder([texts], folder, TINY.overridden(encoder=str(folder)), force=True)
    assert (folder / "model.safetensors").exists()
