"""Two rounds told apart: how far annotators agree on documents that a model had pre-annotated, and on unaided ones.

In: who annotated what, and what `provenance.jsonl` or the metadata say. Out: the aid of each document, and the gap in
F1 between the two groups with its interval.

Two annotators who start from the same suggestions agree because of these. Their F1 on pre-annotated documents is no
measure of how well the guidelines work; that of unaided documents is.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from corpus_tools.agreement.arrays import Bools
from corpus_tools.agreement.coefficients import Figure, Floats, f1_values, make_figure, resample_sums
from corpus_tools.agreement.places import Place
from corpus_tools.agreement.project import Project
from corpus_tools.agreement.scores import LayerCounts
from corpus_tools.agreement.settings import Settings
from corpus_tools.standoff import PRE_ANNOTATED, UNAIDED, find_aid_files, look_up_aid, read_aids

PARTLY, UNSTATED = "partly pre-annotated", "unstated"


def find_aids(places: Sequence[Place], project: Project, stated: Mapping[str, str]) -> tuple[str, ...]:
    """Return the aid of each document of a project; empty where nobody wrote any down.

    Parameters
    ----------
    stated : mapping of str to str
        Document id -> what the metadata say of it, which goes first.

    Returns
    -------
    tuple of str
        PRE_ANNOTATED or UNAIDED where that holds for all who annotated the document, else PARTLY; UNSTATED where
        there is no `provenance.jsonl` and the metadata speak of other documents alone.
    """
    read = {
        (place.annotator, place.round): read_aids(files)
        for place in places
        if (files := find_aid_files(place.folder, place.folder.resolve().parent))
    }
    if not read and not stated:
        return ()
    aids = []
    for doc_id, round_, present in zip(project.doc_ids, project.rounds, project.presence, strict=True):
        who = [name for name, is_there in zip(project.annotators, present, strict=True) if is_there]
        own = doc_id.removeprefix(f"{round_}/") if round_ else doc_id
        found = {look_up_aid(read.get((name, round_), {}), own) if read else UNSTATED for name in who}
        aids.append(stated.get(doc_id) or (found.pop() if len(found) == 1 else PARTLY))
    return tuple(aids)


def measure_gaps(
    counts: Mapping[tuple[str, str], LayerCounts], groups: Mapping[str, Bools], settings: Settings
) -> dict[tuple[str, str], Figure]:
    """Return F1 on pre-annotated documents less F1 on unaided ones, by layer and mode; empty without both groups.

    Each group is resampled by itself, as many documents as it has, since the two are independent samples.
    """
    if PRE_ANNOTATED not in groups or UNAIDED not in groups:
        return {}
    return {key: _measure_gap(layer, groups[PRE_ANNOTATED], groups[UNAIDED], settings) for key, layer in counts.items()}


def _measure_gap(layer: LayerCounts, aided: Bools, unaided: Bools, settings: Settings) -> Figure:
    sides = [layer.of(documents).counts.sum(axis=1).astype(np.float64) for documents in (aided, unaided)]
    smallest = min(len(side) for side in sides)
    first, second = (
        resample_sums(side, samples=settings.samples if smallest > 1 else 0, seed=settings.seed + n)
        for n, side in enumerate(sides)
    )
    value = float(_f1(sides[0].sum(axis=0)) - _f1(sides[1].sum(axis=0)))
    units = min(float(side[:, 2:].sum()) for side in sides)
    return make_figure(value, _f1(first) - _f1(second), units=units, documents=smallest)


def _f1(sums: Floats) -> Floats:
    return f1_values((sums[..., 0] + sums[..., 1]) / 2, sums[..., 2], sums[..., 3])
