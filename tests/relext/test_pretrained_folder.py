"""The folder of a pretrained encoder: read back by us and by Hugging Face, its curve and card, and no text in it."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
import torch
from transformers import AutoModelForMaskedLM, AutoTokenizer

from corpus_tools.errors import InputError, OutputExists, Refused, UsageError
from relext.model import read_encoder
from relext.training import Pretrained, pretrain, pretrain_to_folder, read_about
from relext.training.pretrained_folder import draw_curve, format_pretrained
from tests.relext.tiny_pretraining import TINY, tiny_pool, write_texts

NAMES = [
    *("README.md", "config.json", "loss.svg", "model.safetensors"),
    *("tokenizer.json", "tokenizer_config.json", "training.json"),
]
TOKEN_IDS = torch.tensor([[0, 200, 4, 210, 2]])  # the token between 200 and 210 is hidden


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_texts(tmp_path_factory.mktemp("source") / "texts")


@pytest.fixture(scope="module")
def written(texts: Path) -> tuple[Pretrained, Path]:
    folder = texts.parent / "encoder"
    pretrained, _ = pretrain_to_folder([texts], folder, TINY, about="Our own inventions, MIT.")
    return pretrained, folder


def test_the_folder_holds_what_it_says_and_no_checkpoint_is_left(written: tuple[Pretrained, Path]) -> None:
    _, folder = written
    assert sorted(path.name for path in folder.iterdir()) == NAMES
    assert sorted(path.name for path in folder.parent.iterdir()) == ["encoder", "texts"]


@torch.no_grad()
def test_our_reader_finds_the_same_encoder(written: tuple[Pretrained, Path]) -> None:
    pretrained, folder = written
    loaded = read_encoder(folder)
    mask = torch.ones_like(TOKEN_IDS, dtype=torch.bool)
    assert loaded.is_pretrained and loaded.limit == 512
    expected = pretrained.loaded.module(TOKEN_IDS, mask)
    assert torch.allclose(loaded.module.eval()(TOKEN_IDS, mask), expected, atol=1e-5)


@torch.no_grad()
def test_hugging_face_fills_the_mask_as_we_do(written: tuple[Pretrained, Path]) -> None:
    pretrained, folder = written
    model, problems = AutoModelForMaskedLM.from_pretrained(folder, output_loading_info=True)
    assert not problems["missing_keys"] and not problems["unexpected_keys"]
    theirs = model.eval()(TOKEN_IDS).logits[0, 2]
    assert torch.allclose(theirs, pretrained.model(TOKEN_IDS, torch.tensor([2]))[0], atol=1e-5)


def test_hugging_face_tokenizes_as_we_do_and_frames_the_text(written: tuple[Pretrained, Path]) -> None:
    pretrained, folder = written
    ours = pretrained.loaded.tokenizer.tokenizer.encode("He slept.", add_special_tokens=False).ids
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert tokenizer("He slept.")["input_ids"] == [0, *ours, 2]
    assert (tokenizer.mask_token, tokenizer.decode(ours)) == ("<mask>", "He slept.")


def test_weights_can_be_stored_in_half_the_bytes(written: tuple[Pretrained, Path], texts: Path) -> None:
    halved, _ = pretrain_to_folder([texts], texts.parent / "half", TINY.overridden(weights="bf16"))
    sizes = [(texts.parent / name / "model.safetensors").stat().st_size for name in ("encoder", "half")]
    assert sizes[1] < 0.75 * sizes[0]  # of a model so tiny, the header is a good part
    ours = read_encoder(texts.parent / "half").module.model.get_input_embeddings().weight  # type: ignore[operator]
    assert torch.allclose(ours, halved.model.embeddings, atol=1e-3) and ours.dtype == torch.float32


def test_the_record_holds_the_loss_curve_and_every_setting(written: tuple[Pretrained, Path]) -> None:
    pretrained, folder = written
    record = json.loads((folder / "training.json").read_text("utf-8"))
    assert [point["step"] for point in record["curve"]] == [3, 6, 8]
    assert record["curve"][-1]["held_out_loss"] == pretrained.progress.curve[-1].held_out_loss
    assert record["settings"] == TINY.to_json()
    assert record["counts"]["documents"] == 25 and record["counts"]["documents_held_out"] == 5


def test_the_card_states_texts_training_and_curve(written: tuple[Pretrained, Path]) -> None:
    _, folder = written
    card = (folder / "README.md").read_text("utf-8")
    for part in (
        *("Our own inventions, MIT.", "25, of them 5 held out", "8 of 96 tokens", "15% of the tokens (80/10/10)"),
        *("fewer than 5 documents", "new masks every epoch", "](loss.svg)", "| step | training loss | held-out loss |"),
    ):
        assert part in card


def test_the_curve_is_drawn_in_the_same_bytes(written: tuple[Pretrained, Path]) -> None:
    pretrained, folder = written
    drawn = (folder / "loss.svg").read_text("utf-8")
    assert ElementTree.fromstring(drawn).tag == "{http://www.w3.org/2000/svg}svg"
    assert draw_curve(pretrained.progress.curve) == drawn


def test_an_encoder_that_took_no_step_has_a_card_too(tmp_path: Path) -> None:
    files = format_pretrained(pretrain(tiny_pool(tmp_path / "t"), TINY.overridden(steps=0)), title="drawn", about="")
    assert b"| steps | 0 of 96 tokens, 0.0 epochs |" in files["README.md"]


def test_no_text_is_in_the_folder(tmp_path: Path) -> None:
    name = "Zebulon Quirksworth"
    texts = write_texts(tmp_path / "texts", tuple(f"Patient {name} took dose {n} of aspirin." for n in range(4)))
    pretrain_to_folder([texts], tmp_path / "encoder", TINY.overridden(steps=1))
    found = [path.read_bytes() for path in (tmp_path / "encoder").iterdir()]
    assert not any(word.encode() in content for word in name.split() for content in found)


def test_an_interrupted_run_leaves_its_checkpoint_and_goes_on(tmp_path: Path, written: tuple[Pretrained, Path]) -> None:
    texts = write_texts(tmp_path / "texts")

    def interrupt(point: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pretrain_to_folder([texts], tmp_path / "encoder", TINY, report=interrupt)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["encoder.checkpoints", "texts"]
    resumed, _ = pretrain_to_folder([texts], tmp_path / "encoder", TINY)
    weights = (tmp_path / "encoder" / "model.safetensors").read_bytes()
    assert resumed.progress.curve == written[0].progress.curve
    assert weights == (written[1] / "model.safetensors").read_bytes()


def test_restart_forgets_the_checkpoints(tmp_path: Path) -> None:
    texts = write_texts(tmp_path / "texts")
    stale = tmp_path / "encoder.checkpoints" / "step-00000004"
    stale.mkdir(parents=True)
    (stale / "manifest.json").write_text("{}")
    with pytest.raises(Refused, match="--restart"):
        pretrain_to_folder([texts], tmp_path / "encoder", TINY)
    found, _ = pretrain_to_folder([texts], tmp_path / "encoder", TINY, restart=True)
    assert found.progress.step == 8


def test_outputs_that_would_be_overwritten_are_refused(tmp_path: Path, texts: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.md").write_text("mine")
    with pytest.raises(OutputExists, match="--force"):
        pretrain_to_folder([texts], tmp_path / "full", TINY)
    with pytest.raises(Refused, match="inside its input"):
        pretrain_to_folder([texts], texts / "encoder", TINY)
    with pytest.raises(UsageError, match="is not a folder"):
        pretrain_to_folder([texts], tmp_path / "full" / "notes.md", TINY)


def test_what_is_said_of_the_texts_is_checked(tmp_path: Path) -> None:
    assert read_about(None) == "No source was given."
    (tmp_path / "about.md").write_bytes("fi\xe8vre".encode("latin-1"))
    with pytest.raises(InputError, match="not UTF-8 at byte 2"):
        read_about(tmp_path / "about.md")
    (tmp_path / "about.md").write_bytes(b" " * (1 << 20) + b" ")
    with pytest.raises(InputError, match="at most 1048576 are read"):
        read_about(tmp_path / "about.md")
