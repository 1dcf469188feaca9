"""A study: every system, every seed, one protocol; what is there already is not run again.

In: a corpus folder, `StudySettings` and a study folder. Out: `Study`, the runs with the results that are there. A run
that was stopped goes on after its last epoch. Several processes may work on one study folder: each run is one's own.
"""

import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from corpus_tools.assembly import Corpus, CorpusDocument
from corpus_tools.errors import OutputBusy, UsageError
from relext.comparison.fitting import Track, Watch
from relext.comparison.results import RunResult, checkpoint_path, list_keys, lock_result, read_result, write_result
from relext.comparison.runs import Run, execute_run
from relext.comparison.selection import Selection, select_documents, select_source
from relext.comparison.settings import StudySettings
from relext.comparison.systems import SYSTEMS
from relext.data import LabelScheme, learn_labels
from relext.errors import NothingToLearn
from relext.training import EpochReport

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Study:
    """Hold a study: its settings, the documents that it reads, its runs, and the results that are there.

    Attributes
    ----------
    results : tuple of RunResult or None
        One a run, in the order of `runs`.
    failures : mapping of key to str
        Why a run could not be made.
    strangers : int
        Results in the folder that are of other settings, another corpus or another version.
    """

    settings: StudySettings
    corpus_hash: str
    selection: Selection
    scheme: LabelScheme
    runs: tuple[Run, ...]
    results: tuple[RunResult | None, ...]
    failures: Mapping[str, str] = field(default_factory=dict)
    strangers: int = 0

    @property
    def evaluated(self) -> tuple[CorpusDocument, ...]:
        """Return the documents that systems are scored on."""
        return self.selection.parts[self.settings.study.evaluated_part]

    @property
    def missing(self) -> tuple[Run, ...]:
        """Return the runs without a result."""
        return tuple(run for run, result in zip(self.runs, self.results, strict=True) if result is None)


def open_study(corpus: Corpus, settings: StudySettings, folder: Path) -> Study:
    """Plan the runs of a study and read the results that are there.

    Raises
    ------
    InputError
        Where the corpus lacks documents, or a result has changed since it was written.
    NothingToLearn
        Where the training documents hold no relation.
    """
    selection = select_documents(corpus, settings.study)
    distance = settings.model.max_sentence_distance
    scheme = learn_labels(selection.parts["train"], corpus.schema, max_sentence_distance=distance)
    runs = tuple(_plan_runs(settings, selection, scheme))
    study = Study(settings, corpus.hash, selection, scheme, runs, results=(None,) * len(runs))
    return refresh_study(study, folder)


def _plan_runs(settings: StudySettings, selection: Selection, scheme: LabelScheme) -> Iterator[Run]:
    """Yield the runs on all documents, then those on single sources."""
    study = settings.study
    parts = [("", selection, study.systems)]
    parts += [(source, select_source(selection, source, study), study.cross_systems) for source in study.sources]
    for source, documents, names in parts:
        for system in (SYSTEMS[name] for name in names):
            for seed in study.seeds[:1] if system.is_deterministic else study.seeds:
                yield Run(
                    system=system,
                    seed=seed,
                    source=source,
                    config=settings.settle(system, seed),
                    selection=documents,
                    part=study.evaluated_part,
                    evaluated=selection.parts[study.evaluated_part],
                    scheme=scheme,
                )


def run_study(
    corpus: Corpus,
    settings: StudySettings,
    folder: Path,
    *,
    only: Collection[str] = (),
    seeds: Collection[int] = (),
    track: Track = lambda items, _: iter(items),
    report: Callable[[EpochReport], None] = lambda _: None,
    say: Callable[[str], None] = lambda _: None,
) -> Study:
    """Make the runs of a study that are not there yet, and return it with all that are.

    Parameters
    ----------
    only : collection of str
        Systems to run now, of those that the study names; none named runs all.
    seeds : collection of int
        Seeds to run now, likewise.
    say : callable of str
        Told which run begins, which is another process's, and which can't be made.

    Raises
    ------
    UsageError
        Where `only` or `seeds` names what the study does not have.
    InputError, NothingToLearn
        As `open_study` does.
    EncoderError, HostileModel
        Where the encoder can't be had.
    """
    _validate_choice(settings, only=only, seeds=seeds)
    study, failures = open_study(corpus, settings, folder), dict[str, str]()
    _remove_leftovers(study, folder)
    chosen = [run for run in study.missing if _is_chosen(run, only=only, seeds=seeds)]
    for number, run in enumerate(chosen, start=1):
        say(f"{describe_run(run)}: run {number} of {len(chosen)}")
        watch = Watch(track, report, checkpoint_path(folder, run.key))
        try:
            _make_run(run, folder, watch)
        except OutputBusy as error:
            say(f"{describe_run(run)}: left to another process ({error})")
        except NothingToLearn as error:
            failures[run.key] = str(error)
            say(f"{describe_run(run)}: {error}")
    return replace(refresh_study(study, folder), failures=failures)


def _remove_leftovers(study: Study, folder: Path) -> None:
    """Remove the checkpoints of complete runs, which a kill between a result and its cleaning leaves."""
    for run, result in zip(study.runs, study.results, strict=True):
        if result is not None:
            shutil.rmtree(checkpoint_path(folder, run.key), ignore_errors=True)


def refresh_study(study: Study, folder: Path) -> Study:
    """Return the study with the results that are there now, whoever made them."""
    results = tuple(read_result(folder, run.key) for run in study.runs)
    strangers = len(list_keys(folder) - {run.key for run in study.runs})
    return replace(study, results=results, strangers=strangers)


def _validate_choice(settings: StudySettings, *, only: Collection[str], seeds: Collection[int]) -> None:
    study = settings.study
    named = {*study.systems, *(study.cross_systems if study.sources else ())}
    unknown = [name for name in only if name not in named] + [str(seed) for seed in seeds if seed not in study.seeds]
    if unknown:
        known = f"systems {', '.join(sorted(named))}; seeds {', '.join(map(str, study.seeds))}"
        raise UsageError(f"the study does not have {', '.join(unknown)[:200]}; it has the {known}")


def _is_chosen(run: Run, *, only: Collection[str], seeds: Collection[int]) -> bool:
    is_seed = not seeds or run.seed in seeds or run.system.is_deterministic
    return is_seed and (not only or run.system.name in only)


def describe_run(run: Run) -> str:
    """Return the name of a run for people."""
    source = f" on {run.source}" if run.source else ""
    return f"{run.system.name}{source}, seed {run.seed}"


def _make_run(run: Run, folder: Path, watch: Watch) -> None:
    """Make one run and keep its result; nothing where another process has just made it.

    Raises
    ------
    OutputBusy
        Where another process is making it.
    """
    with lock_result(folder, run.key):
        if read_result(folder, run.key) is None:
            write_result(folder, run.key, run.identify(), execute_run(run, watch))
        if watch.checkpoints:
            # Whole, with what a kill in the midst of a checkpoint left there.
            shutil.rmtree(watch.checkpoints, ignore_errors=True)
