"""From a folder to its agreement: find the annotators, read them, measure them.

In: a project's folder and `SurveyOptions`. Out: `Survey`, the agreement with what was left out on the way.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from corpus_tools.agreement.aid import find_aids
from corpus_tools.agreement.measure import Agreement, measure_agreement
from corpus_tools.agreement.places import Place, find_annotators
from corpus_tools.agreement.project import read_annotators
from corpus_tools.agreement.settings import Settings
from corpus_tools.errors import SchemaError
from corpus_tools.execution import paused_collector
from corpus_tools.standoff import Schema, find_schema


@dataclass(frozen=True, slots=True)
class SurveyOptions:
    """Hold what to compare and how.

    Attributes
    ----------
    annotators : tuple of str
        Only these; all folders but `gold` and `source` where empty.
    rounds : bool
        Whether the project holds a folder a round, each with its annotators.
    anonymize : bool
        Call the annotators A, B, ... in an order drawn by the seed.
    """

    modes: tuple[str, ...] = ("exact", "overlap")
    labels: tuple[str, ...] = ()
    annotators: tuple[str, ...] = ()
    rounds: bool = False
    anonymize: bool = False
    keep_texts: bool = False
    samples: int = 1000
    seed: int = 13
    jobs: int = 1


@dataclass(frozen=True, slots=True)
class Survey:
    """Hold an agreement, the folders that were left out because of their name, and what else is worth saying."""

    agreement: Agreement
    left_out: tuple[str, ...]
    remarks: tuple[str, ...]


def survey_agreement(
    root: Path,
    options: SurveyOptions,
    *,
    specialties: Mapping[str, Sequence[str]] | None = None,
    aids: Mapping[str, str] | None = None,
    track: Callable[[Sequence[str]], Iterable[str]] = iter,
) -> Survey:
    """Measure the agreement of the annotators below a folder.

    Parameters
    ----------
    aids : mapping of str to str, optional
        Document id -> whether it was pre-annotated; by default as the `provenance.jsonl` of the folders say.

    Raises
    ------
    InputError
        Where there are fewer than two annotators, or no document that two annotated on the same text.
    UsageError
        Where a named annotator has no folder.
    """
    # Reading makes millions of objects and no cycle; looking for cycles costs a quarter of the time.
    with paused_collector():
        return _survey(root, options, specialties=specialties, aids=aids or {}, track=track)


def _survey(
    root: Path,
    options: SurveyOptions,
    *,
    specialties: Mapping[str, Sequence[str]] | None,
    aids: Mapping[str, str],
    track: Callable[[Sequence[str]], Iterable[str]],
) -> Survey:
    places, left_out = find_annotators(root, names=options.annotators, rounds=options.rounds)
    schema, remarks = _find_schema(places[0].folder)
    settings = Settings(options.modes, options.labels, options.samples, options.seed, schema)
    if options.anonymize:
        places = _anonymize(places, seed=options.seed)
    project = read_annotators(
        places, is_symmetric=settings.is_symmetric, keep_texts=options.keep_texts, jobs=options.jobs, track=track
    )
    agreement = measure_agreement(project, settings, specialties=specialties, aids=find_aids(places, project, aids))
    return Survey(agreement, left_out, (*remarks, *_remark(agreement)))


def _remark(agreement: Agreement) -> Iterator[str]:
    """Yield what was not compared and why, and labels that nobody used."""
    project = agreement.project
    for annotator, documents in project.not_annotated.items():
        if documents:
            yield f"{annotator}: {documents} documents have a text but no .ann; not compared"
    if project.tables.duplicates:
        yield f"{project.tables.duplicates} relations say again what one before them says; counted once"
    if project.tables.left_out:
        yield f"{project.tables.left_out} annotations stand at no mention, event or pair of mentions; not compared"
    if project.tables.n_ary:
        yield f"{len(project.tables.n_ary)} relations of other than two arguments; compared as the layer n_ary"
    if agreement.unknown_labels:
        yield f"no annotator used {', '.join(agreement.unknown_labels)}"
    for (layer, mode), gap in agreement.gaps.items():
        if layer in ("entities", "relations") and gap.interval and gap.interval[0] > 0:
            yield (
                f"{layer}, {mode}: F1 is {gap.value:.3f} higher on pre-annotated documents ({gap.interval[0]:.3f} to "
                f"{gap.interval[1]:.3f}); the same suggestions make annotators alike: take the F1 of unaided documents"
            )


def _find_schema(folder: Path) -> tuple[Schema | None, tuple[str, ...]]:
    """Return the schema beside the annotations; a broken one is no reason not to compare what people wrote."""
    try:
        return find_schema(folder), ()
    except SchemaError as error:
        return None, (f"compared without a schema, no label counts as symmetric: {error}",)


def _anonymize(places: Sequence[Place], *, seed: int) -> tuple[Place, ...]:
    names = sorted({place.annotator for place in places})
    order = np.random.default_rng(seed).permutation(len(names)).tolist()
    alias = {name: _letters(position) for name, position in zip(names, order, strict=True)}
    return tuple(replace(place, annotator=alias[place.annotator]) for place in places)


def _letters(position: int) -> str:
    """Return A, B, ... Z, AA, AB, ..."""
    higher, letter = divmod(position, 26)
    return (_letters(higher - 1) if higher else "") + chr(ord("A") + letter)
