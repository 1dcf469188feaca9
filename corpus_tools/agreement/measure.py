"""The agreement of a project: every pair of annotators, all of them together, and the breakdowns.

In: a `Project` and `Settings`. Out: `Agreement`, which the report writes down; nothing here is rounded or formatted.

F1 comes first. Each kappa names its universe, since the same two annotators get another kappa from another universe.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import combinations

import numpy as np

from corpus_tools.agreement.aid import measure_gaps
from corpus_tools.agreement.arrays import Bools, Ints, distinct
from corpus_tools.agreement.chance import Confusion, Universes, ask_group, ask_pair, mark_universes
from corpus_tools.agreement.coefficients import Figure, Floats
from corpus_tools.agreement.comparing import (
    LAYERS,
    Keys,
    Matches,
    Selection,
    layer_keys,
    match_by_keys,
    match_overlaps,
    overlapping_layers,
    select_rows,
)
from corpus_tools.agreement.disagreements import Compared, Finding, find_disagreements
from corpus_tools.agreement.kappas import Kappa
from corpus_tools.agreement.n_ary import LAYER as N_ARY
from corpus_tools.agreement.n_ary import count_n_ary
from corpus_tools.agreement.project import Project
from corpus_tools.agreement.scores import (
    LayerCounts,
    LayerScores,
    count_layer,
    score_documents,
    score_layers,
)
from corpus_tools.agreement.settings import Settings

Counts = dict[tuple[str, str], LayerCounts]
Scores = dict[tuple[str, str], LayerScores]


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Hold the agreement of two annotators over the documents that they share, and within each round of these."""

    first: str
    second: str
    documents: int
    scores: Scores
    kappas: tuple[Kappa, ...]
    confusions: tuple[Confusion, ...]
    findings: tuple[Finding, ...]
    rounds: dict[str, Scores]


@dataclass(frozen=True, slots=True)
class Agreement:
    """Hold all that was measured.

    Attributes
    ----------
    scores : dict
        (layer, mode) -> scores over all pairs of annotators, their counts added up.
    group_kappas : tuple of Kappa
        Fleiss' kappa and Krippendorff's alpha, for three annotators or more.
    by_document : dict
        (layer, mode) -> array of shape (documents, 4): F1, matched, first, second, over all pairs.
    groups : dict of str to dict
        "specialty", "round" or "aid" -> name -> scores.
    group_sizes : dict of str to dict of str to int
        The same keys -> documents.
    disagreements_by_document : array, shape (documents,)
    unknown_labels : tuple of str
        Labels asked for that nobody used.
    gaps : dict of (layer, mode) to Figure
        F1 on pre-annotated documents less F1 on unaided ones, where there are both.
    """

    project: Project
    settings: Settings
    scores: Scores
    pairs: tuple[PairAgreement, ...]
    group_kappas: tuple[Kappa, ...]
    by_document: dict[tuple[str, str], Floats]
    groups: dict[str, dict[str, Scores]]
    group_sizes: dict[str, dict[str, int]]
    disagreements_by_document: Ints
    unknown_labels: tuple[str, ...] = field(default=())
    gaps: dict[tuple[str, str], Figure] = field(default_factory=dict)


def measure_agreement(
    project: Project,
    settings: Settings,
    *,
    specialties: Mapping[str, Sequence[str]] | None = None,
    aids: Sequence[str] = (),
) -> Agreement:
    """Measure everything that the settings ask for.

    Parameters
    ----------
    specialties : mapping of str to sequence of str, optional
        Document id -> specialties, for the breakdown; a document counts in each of its specialties.
    aids : sequence of str
        Of each document, whether it was pre-annotated; empty where nobody knows.
    """
    labels = np.array([not settings.labels or name in settings.labels for name in project.tables.names], np.bool_)
    keys = {
        mode: layer_keys(project.tables, mode=mode, is_symmetric=settings.is_symmetric)
        for mode in sorted({"exact", "span", *settings.modes} - {"overlap"})
    }
    universes = mark_universes(project, settings, labels)
    measured = [
        _measure_pair(project, settings, pair, keys=keys, universes=universes)
        for pair in combinations(range(len(project.annotators)), 2)
        if project.presence[:, pair].all(axis=1).any()
    ]
    counts = reduce(_add_counts, [counts for _, counts in measured])
    pairs = tuple(pair for pair, _ in measured)
    is_single = len(pairs) == 1
    groups = _group_documents(project, specialties or {}, aids)
    return Agreement(
        project,
        settings,
        pairs[0].scores if is_single else _score(counts, settings),
        pairs,
        () if len(project.annotators) < 3 else tuple(ask_group(project, settings, universes)),
        {key: score_documents(layer) for key, layer in counts.items()},
        {name: _score_groups(counts, masks, settings) for name, masks in groups.items()},
        {name: {group: int(mask.sum()) for group, mask in masks.items()} for name, masks in groups.items()},
        _count_findings(project, pairs),
        tuple(sorted(set(settings.labels) - _used_labels(project))),
        measure_gaps(counts, groups.get("aid", {}), settings),
    )


def _used_labels(project: Project) -> set[str]:
    codes = distinct(np.concatenate([layer.label for layer in project.tables.layers.values()]))
    return {project.tables.names[code] for code in codes.tolist()} | {each.label for each in project.tables.n_ary}


def _measure_pair(
    project: Project, settings: Settings, pair: tuple[int, int], *, keys: Mapping[str, Keys], universes: Universes
) -> tuple[PairAgreement, Counts]:
    """Return the agreement of two annotators and their counts over all documents."""
    tables, labels = project.tables, universes.labels
    documents = np.asarray(project.presence[:, pair].all(axis=1), np.bool_)
    selections = {
        name: select_rows(layer, pair=pair, documents=documents, labels=labels) for name, layer in tables.layers.items()
    }
    everything = select_rows(tables.textbounds, pair=pair, documents=documents, labels=np.ones(len(labels), bool))
    candidates = overlapping_layers(tables, everything, is_symmetric=settings.is_symmetric)
    matches = {
        mode: match_overlaps(candidates, selections)
        if mode == "overlap"
        else match_by_keys(tables, keys[mode], selections)
        for mode in {"exact", *settings.modes}
    }
    compared = Compared(tables, keys["exact"], keys["span"], selections, matches["exact"], candidates, everything)
    counts = {
        (layer, mode): _count(project, layer, matches[mode], selections, labels)
        for layer in LAYERS
        for mode in settings.modes
    }
    if tables.n_ary:
        for mode in settings.modes:
            counts[N_ARY, mode] = count_n_ary(tables, mode=mode, pair=pair, documents=documents, labels=settings.labels)
    kappas, confusions = ask_pair(project, settings, pair, universes)
    rounds = _group_documents(project, {}).get("round", {})
    first, second = (project.annotators[annotator] for annotator in pair)
    agreement = PairAgreement(
        first,
        second,
        int(documents.sum()),
        _score({key: layer.of(documents) for key, layer in counts.items()}, settings),
        kappas,
        confusions,
        tuple(find_disagreements(compared, is_symmetric=settings.is_symmetric)),
        _score_groups(counts, {name: mask & documents for name, mask in rounds.items()}, settings),
    )
    return agreement, counts


def _count(
    project: Project, name: str, matches: Matches, selections: Mapping[str, Selection], labels: Bools
) -> LayerCounts:
    layer = project.tables.layers[name]
    codes = distinct(layer.label)
    return count_layer(
        layer,
        matched=matches[name],
        selection=selections[name],
        label_codes=codes[labels[codes]],
        names=project.tables.names,
        documents=len(project.doc_ids),
    )


def _add_counts(one: Counts, other: Counts) -> Counts:
    return {key: counts.plus(other[key]) for key, counts in one.items()}


def _group_documents(
    project: Project, specialties: Mapping[str, Sequence[str]], aids: Sequence[str] = ()
) -> dict[str, dict[str, Bools]]:
    """Return the documents of each specialty, of each round and of each aid, where there are any."""
    of_document: list[Sequence[str]] = [specialties.get(doc_id, ()) for doc_id in project.doc_ids]
    named = {
        "specialty": sorted({name for names in of_document for name in names}),
        "round": sorted(set(project.rounds) - {""}),
        "aid": sorted(set(aids)),
    }
    members: dict[str, list[Sequence[str]]] = {
        "specialty": of_document,
        "round": [(name,) for name in project.rounds],
        "aid": [(name,) for name in aids],
    }
    return {
        kind: {name: np.array([name in of for of in members[kind]], np.bool_) for name in names}
        for kind, names in named.items()
        if names
    }


def _score(counts: Counts, settings: Settings) -> Scores:
    return score_layers(counts, samples=settings.samples, seed=settings.seed)


def _score_groups(counts: Counts, groups: Mapping[str, Bools], settings: Settings) -> dict[str, Scores]:
    """Return the scores within each group of documents, such as a specialty or a round."""
    return {
        name: _score({key: layer.of(documents) for key, layer in counts.items()}, settings)
        for name, documents in groups.items()
    }


def _count_findings(project: Project, pairs: Sequence[PairAgreement]) -> Ints:
    found = [finding.documents(project.tables) for pair in pairs for finding in pair.findings]
    return np.bincount(np.concatenate([*found, np.zeros(0, np.int64)]), minlength=len(project.doc_ids))
