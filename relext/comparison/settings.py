"""The settings of a study: a TOML file whose table `[study]` says what is compared on what, and whose other tables are
those of `relext train`, shared by every system.

In: `study.toml`. Out: `StudySettings`, validated, frozen.

Examples
--------
>>> StudySettings().study.seeds
(13, 14, 15, 16, 17)
>>> StudySettings.from_json({"study": {"sytems": ["ours"]}})
Traceback (most recent call last):
relext.errors.SettingError: unknown key sytems; did you mean systems?
"""

from dataclasses import dataclass, fields
from pathlib import Path

from relext.comparison.systems import SYSTEMS, System
from relext.config import ALL, Config, Settings, read_settings, setting
from relext.errors import SettingError

_NAMES = tuple(SYSTEMS)
LARGEST_SEED = 2**31
NO_PATIENCE = 10_000
_COPIED = ("first", "pair")  # markings that cost a copy of the sentence each


@dataclass(frozen=True, slots=True)
class StudyConfig(Settings):
    """Hold what a study compares, and on which documents."""

    systems: tuple[str, ...] = setting(_NAMES, "Systems to compare, in the order of the report", choices=_NAMES)
    reference: str = setting("ours", "System that every other one is tested against", choices=_NAMES)
    seeds: tuple[int, ...] = setting((13, 14, 15, 16, 17), "Seeds, one run of a system each", high=LARGEST_SEED)
    evaluated_part: str = setting("validation", "Part that systems are scored on", choices=("validation", "test"))
    train_documents: int = setting(0, "Training documents to draw; 0 takes all")
    validation_documents: int = setting(0, "Validation documents to draw; 0 takes all")
    test_documents: int = setting(0, "Test documents to draw; 0 takes all")
    subset_seed: int = setting(13, "Seed of the draw, the same for every system and seed", high=LARGEST_SEED)
    frozen: bool = setting(
        False, "Whether encoders are frozen and their word vectors made once: what is above them trains in minutes"
    )
    equal_minutes: float = setting(
        0.0, "Minutes that each system trains, whatever its patience; 0 leaves it to [training]", high=1e6
    )
    copy_epochs: int = setting(
        0, "Epochs of systems that read a copy of the sentence for each first mention or pair; 0: as the others",
        high=10_000,
    )  # fmt: skip
    sources: tuple[str, ...] = setting((), "Sources of documents to train on one and score on another")
    source_by: str = setting("doc_id", "What names a document's source: the start of its id, or its specialty",
                             choices=("doc_id", "specialty"))  # fmt: skip
    cross_systems: tuple[str, ...] = setting(("ours",), "Systems trained on single sources", choices=_NAMES)


@dataclass(frozen=True, slots=True)
class StudySettings(Config):
    """Hold a study and the settings that its systems share."""

    study: StudyConfig = StudyConfig()

    def shared(self) -> Config:
        """Return the settings that every system starts from."""
        return Config(**{table.name: getattr(self, table.name) for table in fields(Config)})

    def settle(self, system: System, seed: int) -> Config:
        """Return the settings of one run.

        Raises
        ------
        SettingError
            Where the system needs a setting that this version lacks.
        """
        frozen = {"freeze_layers": ALL} if self.study.frozen else {}
        config = self.shared().overridden(**system.overrides, **frozen, seed=seed)
        if self.study.copy_epochs and config.model.marking in _COPIED:
            config = config.overridden(epochs=self.study.copy_epochs)
        minutes = self.study.equal_minutes
        return config.overridden(max_minutes=minutes, patience=NO_PATIENCE) if minutes else config


def read_study(path: Path) -> StudySettings:
    """Read and check a study.

    Raises
    ------
    SettingError
        Naming file, line and key, as `read_config` does; or where the study compares nothing.
    """
    settings = read_settings(path, StudySettings)
    study = settings.study
    for name in ("systems", "seeds"):
        values = getattr(study, name)
        if not values or len(set(values)) < len(values):
            raise SettingError(f"{path}: [study] {name}: expected at least one, and none twice")
    if len(study.sources) == 1 or len(set(study.sources)) < len(study.sources):
        raise SettingError(f"{path}: [study] sources: expected two or more, none twice, or an empty list")
    marked = [name for name in study.systems if settings.settle(SYSTEMS[name], 0).model.marking != "none"]
    if study.frozen and marked:
        raise SettingError(
            f"{path}: [study] frozen = true: {', '.join(marked)} would read markers that are never trained; "
            "leave them out"
        )
    return settings
