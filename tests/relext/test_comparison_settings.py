"""The settings of a study: defaults, faults with their line, and systems whose switches exist."""

from pathlib import Path

import pytest

from relext.comparison import SYSTEMS, StudySettings, read_study
from relext.comparison.settings import NO_PATIENCE
from relext.errors import SettingError


def write(folder: Path, text: str) -> Path:
    path = folder / "study.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_study_sets_what_it_names_and_shares_the_tables_of_training(tmp_path: Path) -> None:
    path = write(tmp_path, "[study]\nsystems = ['softmax', 'ours']\nseeds = [3, 1]\n[training]\nepochs = 7\n")
    settings = read_study(path)
    assert (settings.study.systems, settings.study.seeds) == (("softmax", "ours"), (3, 1))
    config = settings.settle(SYSTEMS["softmax"], 3)
    assert (config.model.decoder, config.training.epochs, config.training.seed) == ("softmax", 7, 3)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[study]\n\nsytems = ['ours']\n", ":3: [study] unknown key sytems; did you mean systems?"),
        ("[study]\nsystems = ['ours', 'softmaxx']\n", "did you mean softmax?"),
        ("[study]\nsystems = 'ours'\n", ":2: [study] systems = ours: expected a list"),
        ("[study]\nseeds = [1, 'two']\n", "expected a whole number"),
        ("[study]\nseeds = [1, true]\n", "expected a whole number"),
        ("[study]\nseeds = []\n", "seeds: expected at least one"),
        ("[study]\nsystems = ['ours', 'ours']\n", "systems: expected at least one, and none twice"),
        ("[study]\nsources = ['DrugBank/']\n", "sources: expected two or more"),
        (
            "[study]\nsystems = ['ours', 'levitated']\nfrozen = true\n",
            "levitated would read markers that are never trained",
        ),
        ("[stduy]\nseeds = [1]\n", ":1: [stduy] unknown key stduy; did you mean study?"),
        ("[study]\n[model]\nheads = 3\n", ":3: [model] heads = 3: expected one of 1, 2, 4, 8"),
    ],
)
def test_a_fault_is_named_with_what_was_expected(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingError) as caught:
        read_study(write(tmp_path, text))
    assert message in str(caught.value)
    assert "study.toml" in str(caught.value)


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_system_switches_settings_that_exist(name: str) -> None:
    config = StudySettings().settle(SYSTEMS[name], 5)
    record = {key: value for table in config.to_json().values() for key, value in table.items()}
    assert {key: record[key] for key in SYSTEMS[name].overrides} == SYSTEMS[name].overrides
    assert record["seed"] == 5


def test_a_frozen_study_freezes_every_system() -> None:
    settings = StudySettings.from_json({"study": {"frozen": True, "systems": ["ours", "softmax"]}})
    assert {settings.settle(SYSTEMS[name], 1).training.freeze_layers for name in ("ours", "softmax")} == {"all"}


def test_equal_minutes_leave_no_system_out_of_patience() -> None:
    settings = StudySettings.from_json({"study": {"equal_minutes": 2}, "training": {"epochs": 40, "patience": 3}})
    training = settings.settle(SYSTEMS["ours"], 1).training
    assert (training.max_minutes, training.patience) == (2, NO_PATIENCE)


def test_only_systems_that_read_copies_have_epochs_of_their_own() -> None:
    settings = StudySettings.from_json({"study": {"copy_epochs": 4}, "training": {"epochs": 8}})
    epochs = {name: settings.settle(SYSTEMS[name], 1).training.epochs for name in SYSTEMS}
    assert {name for name, count in epochs.items() if count == 4} == {"marked-first", "marked-pair", "typed-markers"}
    assert set(epochs.values()) == {4, 8}


def test_the_frozen_example_compares_what_stands_above_the_encoder(project: Path) -> None:
    study = read_study(project / "docs" / "ablations.toml").study
    assert study.frozen and len(study.seeds) == 5


def test_the_example_study_is_one(project: Path) -> None:
    settings = read_study(project / "docs" / "study.toml")
    assert (settings.study.train_documents, settings.study.validation_documents) == (150, 60)
    assert settings.model.encoder == "minilm"
