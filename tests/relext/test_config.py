"""Settings: defaults, ranges, TOML with the line of every fault, overrides."""

from pathlib import Path

import pytest

from relext.config import Config, ModelConfig, TrainConfig, read_config
from relext.errors import SettingError


def write(folder: Path, text: str) -> Path:
    path = folder / "study.toml"
    path.write_bytes(text.encode())
    return path


def test_a_file_sets_what_it_names_and_leaves_the_rest(tmp_path: Path) -> None:
    config = read_config(write(tmp_path, "[model]\nheads = 4\n[training]\nepochs = 3\nencoder_rate = 1\n"))
    assert (config.model.heads, config.training.epochs, config.training.encoder_rate) == (4, 3, 1)
    assert config.model.decoder == ModelConfig().decoder


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("[model]\n\nhaeds = 4\n", 3, "unknown key haeds; did you mean heads?"),
        ("[model]\nheads = 3\n", 2, "heads = 3: expected one of 1, 2, 4, 8"),
        ("[training]\nseed = 1\nepochs = '9'\n", 3, "epochs = 9: expected a whole number or one of auto"),
        ("[training]\nepochs = true\n", 2, "expected a whole number"),
        ("[training]\nwarmup = 1.5\n", 2, "expected 0 to 1"),
        ("[training]\nwarmup = nan\n", 2, "expected 0 to 1"),
        ("[model]\ndecoder = 'hmm'\n", 2, "expected one of linked-crf, crf, softmax"),
        ("[model]\nmax_sentence_distance = 'near'\n", 2, "expected a whole number or one of auto"),
        ("# settings\n[modle]\nheads = 1\n", 2, "unknown key modle; did you mean model?"),
        ("\nmodel = 3\n", 2, "expected a table"),
    ],
)
def test_a_fault_names_its_line_and_key(tmp_path: Path, text: str, line: int, message: str) -> None:
    with pytest.raises(SettingError, match=rf"study\.toml:{line}: ") as caught:
        read_config(write(tmp_path, text))
    assert message in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "text",
    ["[model]\nheads = 1\nheads = 2\n", "\ufeff[model]\nheads = 1\n", "[" * 50_000, "x = " + "[" * 50_000],
    ids=["duplicate key", "byte-order mark", "brackets", "deep nesting"],
)
def test_what_is_no_toml_is_one_clear_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingError, match=r"study\.toml"):
        read_config(write(tmp_path, text))


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="at most 1048576 are read"):
        read_config(write(tmp_path, "#" * (1 << 21)))


def test_an_absent_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="can't be read"):
        read_config(tmp_path / "absent.toml")


def test_nothing_in_a_file_is_expanded(tmp_path: Path) -> None:
    assert read_config(write(tmp_path, "[model]\nencoder = '${HOME}/x'\n")).model.encoder == "${HOME}/x"


def test_overrides_win_and_none_leaves_a_setting() -> None:
    config = Config().overridden(heads=2, epochs=7, seed=None, layers=1)
    assert (config.model.heads, config.training.epochs, config.scratch.layers) == (2, 7, 1)
    assert config.training.seed == TrainConfig().seed


def test_an_unknown_override_is_refused() -> None:
    with pytest.raises(SettingError, match="unknown key epoch; did you mean epochs"):
        Config().overridden(epoch=3)


def test_json_and_back() -> None:
    config = Config().overridden(heads=4, max_sentence_distance=1, threads=3)
    assert Config.from_json(config.to_json()) == config


def test_every_setting_says_what_it_is() -> None:
    tables = (ModelConfig, TrainConfig)
    assert all(each.metadata["help"] for table in tables for each in table.__dataclass_fields__.values())
