"""The plan of a corpus: which documents it keeps, which part each goes to, what its schema allows.

In: the profiles of all staged documents. Out: `CorpusPlan`, decided in one place before a pair is enumerated, since the
pairs depend on the schema, the schema on the training part, and that on the split.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from corpus_tools.assembly.filters import FEW_SAMPLES, NOT_ANNOTATED, filter_specialties
from corpus_tools.assembly.records import Profile
from corpus_tools.assembly.settings import BuildSettings
from corpus_tools.assembly.split import Leak, Sample, find_leaks, find_links, split_by_folder, split_samples
from corpus_tools.assembly.widening import find_outside, widen_schema
from corpus_tools.errors import InputError
from corpus_tools.standoff import NO_RELATION, Reject, Schema, TypedLabel, name_rejects


@dataclass(frozen=True, slots=True)
class CorpusPlan:
    """Hold what was decided over all documents.

    Attributes
    ----------
    parts : mapping of document to part
    left_out : mapping of document to cause
    samples : mapping of specialty to its distinct texts, before filtering
    outside : Counter of (label, type of arg1, type of arg2)
        Gold of kept documents that the advised schema does not allow.
    """

    parts: Mapping[str, str]
    left_out: Mapping[str, str]
    samples: Mapping[str, int]
    leaks: tuple[Leak, ...]
    schema: Schema
    outside: Counter[TypedLabel]

    def without(self, lost: Mapping[str, str]) -> Self:
        """Return the plan without documents on which a worker was lost; their gold stays in the schema."""
        parts = {doc_id: part for doc_id, part in self.parts.items() if doc_id not in lost}
        causes = {doc_id: f"doc-{cause}" for doc_id, cause in lost.items()}
        return replace(self, parts=parts, left_out={**self.left_out, **causes})


def plan_corpus(
    profiles: Sequence[Profile], advice: Schema | None, settings: BuildSettings, *, rejects: Sequence[Reject] = ()
) -> CorpusPlan:
    """Filter the documents, split them, and widen the schema; `rejects` are named where nothing is left.

    Raises
    ------
    InputError
        Where no document or no relation is left.
    UsageError, Refused
        As `split_by_folder` and `split_samples`.
    """
    left_out = {profile.doc_id: NOT_ANNOTATED for profile in profiles if not profile.has_annotations}
    annotated = [profile for profile in profiles if profile.doc_id not in left_out]
    specialties = filter_specialties(
        {profile.doc_id: profile.metadata.specialties for profile in annotated},
        {profile.doc_id: profile.text_hash for profile in annotated},
        min_samples=settings.min_samples,
    )
    left_out |= dict.fromkeys(specialties.left_out, FEW_SAMPLES)
    kept = [profile for profile in profiles if profile.doc_id not in left_out]
    _validate_kept(kept, left_out, specialties.samples, settings, rejects=rejects)
    samples = _make_samples(kept)
    links = find_links(samples)
    if settings.keep_splits:
        parts = split_by_folder(profile.doc_id for profile in kept)
    else:
        parts = split_samples(samples, links, shares=settings.shares, seed=settings.seed)
    schema = widen_schema(advice, kept, parts)
    return CorpusPlan(
        parts, left_out, specialties.samples, find_leaks(links, parts), schema, find_outside(advice, kept)
    )


def _make_samples(profiles: Sequence[Profile]) -> list[Sample]:
    """Return the samples, stratified by specialty where any document has one, else by relation label."""
    has_specialties = any(profile.metadata.specialties for profile in profiles)
    return [
        Sample(
            profile.doc_id,
            profile.text_hash,
            profile.signature,
            patients=profile.metadata.patients,
            strata=profile.metadata.specialties if has_specialties else tuple(sorted(profile.labels)),
        )
        for profile in profiles
    ]


def _validate_kept(
    kept: Sequence[Profile],
    left_out: Mapping[str, str],
    samples: Mapping[str, int],
    settings: BuildSettings,
    *,
    rejects: Sequence[Reject],
) -> None:
    if not kept and FEW_SAMPLES in left_out.values():
        largest = max(samples.values())
        raise InputError(
            f"no document is left: the largest of {len(samples)} specialties has {largest} samples, expected "
            f"{settings.min_samples}; pass --min-samples {largest} or less"
        )
    if not kept:
        raise InputError(
            f"no document is left: {len(left_out)} have a text but no .ann; annotate them, an empty .ann says "
            f"that there is nothing to annotate{name_rejects(rejects)}"
        )
    if negatives := sum(profile.labels[NO_RELATION] for profile in kept):
        raise InputError(
            f"{negatives} relations are named {NO_RELATION}, which is the label of pairs without one; take these lines "
            f"out, or rename them: corpus schema migrate --rename relation:{NO_RELATION}=..."
        )
    if not any(profile.labels for profile in kept):
        raise InputError(
            f"{len(kept)} documents hold no relation, and a relation corpus needs at least one; annotate relations, or "
            f"pass --events relations or --equivalences where these stand for them{name_rejects(rejects)}"
        )
