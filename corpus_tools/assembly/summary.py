"""The summary of a build: everything that its report shows and its manifest records, added up and checked.

In: the staged shards, the plan, the paired shards. Out: `BuildSummary`, whose accounts say of every mention and every
relation that was kept on reading where it ended, exactly once.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from corpus_tools.assembly.figures import Figures, add_counts, add_figures, include_figures, summarize_figures
from corpus_tools.assembly.plan import CorpusPlan
from corpus_tools.assembly.records import TIMED_OUT, PairedShard, Profile, StagedShard, reject_lost
from corpus_tools.assembly.settings import BuildSettings
from corpus_tools.assembly.split import PARTS
from corpus_tools.assembly.tables import PartCounts
from corpus_tools.errors import CorpusError
from corpus_tools.standoff import LINE_KINDS, Reject

Account = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Staging:
    """Hold the staged shards as one.

    Attributes
    ----------
    rejects : tuple of Reject
        Files that were passed over included.
    warnings, read_lines, removed : Counter of code, kind of line, kind of removal
    unreadable, repairs, over_long : int
        Documents rejected whole, mentions moved, segments filtered for their length.
    """

    profiles: tuple[Profile, ...]
    rejects: tuple[Reject, ...]
    warnings: Counter[str]
    read_lines: Counter[str]
    removed: Counter[str]
    unreadable: int
    repairs: int
    over_long: int


@dataclass(frozen=True, slots=True)
class BuildSummary:
    """Hold what a build did.

    Attributes
    ----------
    figures, counts : mapping of part
    accounts : mapping of what is accounted for to mapping of where it ended to how many
    lines : mapping of kind of line to read, kept, rejected
    """

    settings: BuildSettings
    plan: CorpusPlan
    staging: Staging
    figures: Mapping[str, Figures]
    counts: Mapping[str, PartCounts]
    accounts: Mapping[str, Account]
    lines: Mapping[str, Account]

    @property
    def reject_codes(self) -> dict[str, int]:
        """Return code -> rejects, the most first."""
        return _ranked(Counter(reject.code for reject in self.staging.rejects))

    @property
    def is_reproducible(self) -> bool:
        """Say whether no clock decided what became of a document."""
        return not any(reject.code == TIMED_OUT for reject in self.staging.rejects)

    def to_json(self) -> dict[str, object]:
        """Return the whole report as JSON values; it holds no text of a document."""
        return {
            "settings": self.settings.to_json(),
            "counts": {part: asdict(counts) for part, counts in self.counts.items()},
            "accounting": self.accounts,
            "lines": self.lines,
            "rejects": self.reject_codes,
            "reproducible": self.is_reproducible,
            "warnings": _ranked(self.staging.warnings),
            "repairs": self.staging.repairs,
            "cleaning": _ranked(self.staging.removed),
            "filtered": {**Counter(self.plan.left_out.values()), "segments over-long": self.staging.over_long},
            "samples": dict(self.plan.samples),
            "leaks": [asdict(leak) for leak in self.plan.leaks],
            "gold_outside_schema": [
                {"label": label, "arg1": arg1, "arg2": arg2, "relations": count}
                for (label, arg1, arg2), count in sorted(self.plan.outside.items())
            ],
            "figures": {
                **{part: summarize_figures(figures) for part, figures in self.figures.items()},
                "all": summarize_figures(self.total),
            },
        }

    @property
    def total(self) -> Figures:
        """Return the figures of all parts together."""
        return add_figures(self.figures.values())


def merge_shards(shards: Sequence[StagedShard], skipped: Iterable[Reject]) -> Staging:
    """Return staged shards as one, with the files that were passed over before them."""
    return Staging(
        profiles=tuple(itertools.chain.from_iterable(shard.profiles for shard in shards)),
        rejects=(*skipped, *itertools.chain.from_iterable(shard.rejects for shard in shards)),
        warnings=add_counts(shard.warnings for shard in shards),
        read_lines=add_counts(shard.read_lines for shard in shards),
        removed=add_counts(shard.removed for shard in shards),
        unreadable=sum(shard.unreadable for shard in shards),
        repairs=sum(shard.repairs for shard in shards),
        over_long=sum(shard.over_long for shard in shards),
    )


def merge_paired(shards: Iterable[PairedShard]) -> PairedShard:
    """Return paired shards as one, each seen once and then let go."""
    figures = {part: Figures() for part in PARTS}
    reaches: Counter[tuple[str, str]] = Counter()
    lost: dict[str, str] = {}
    for shard in shards:
        for part, total in figures.items():
            include_figures(total, shard.figures[part])
        reaches.update(shard.reaches)
        lost.update(shard.lost)
    return PairedShard(figures, reaches, lost)


def summarize_build(
    settings: BuildSettings,
    staging: Staging,
    plan: CorpusPlan,
    *,
    paired: PairedShard,
    counts: Mapping[str, PartCounts],
) -> BuildSummary:
    """Add up a build and check its accounts.

    Parameters
    ----------
    paired : PairedShard
        All paired shards as one.

    Raises
    ------
    CorpusError
        Where a mention or relation is unaccounted for, which is a fault of ours.
    """
    plan = plan.without(paired.lost)
    lost = (reject_lost(doc_id, cause) for doc_id, cause in paired.lost.items())
    staging = replace(staging, rejects=(*staging.rejects, *lost))
    reaches = paired.reaches
    accounts = {
        "documents": _account_documents(staging, plan),
        "mentions": _account(reaches, "T", _count_left_out(staging, plan, lambda each: each.mention_types.total())),
        "relations": _account(reaches, "R", _count_left_out(staging, plan, lambda each: each.read_relations)),
        "derived relations": _account(reaches, "derived", _count_left_out(staging, plan, _count_derived)),
    }
    lines = _account_lines(staging)
    _validate_accounts(accounts, lines, staging)
    return BuildSummary(settings, plan, staging, paired.figures, counts, accounts, lines)


def _count_derived(profile: Profile) -> int:
    return profile.labels.total() - profile.read_relations


def _account(reaches: Counter[tuple[str, str]], kind: str, left_out: Account) -> Account:
    ended = {reach: count for (own, reach), count in sorted(reaches.items()) if own == kind}
    return {"kept": sum(ended.values()) + sum(left_out.values()), **ended, **left_out}


def _account_documents(staging: Staging, plan: CorpusPlan) -> Account:
    placed = Counter(plan.parts.values())
    return {
        "read": len(staging.profiles) + staging.unreadable,
        "unreadable": staging.unreadable,
        **_ranked(Counter(plan.left_out.values())),
        **{part: placed[part] for part in PARTS},
    }


def _account_lines(staging: Staging) -> dict[str, Account]:
    rejected = Counter(reject.kind for reject in staging.rejects if reject.line)
    return {
        kind: {
            "read": staging.read_lines[kind],
            "kept": staging.read_lines[kind] - rejected[kind],
            "rejected": rejected[kind],
        }
        for kind in LINE_KINDS
    }


def _count_left_out(staging: Staging, plan: CorpusPlan, count: Callable[[Profile], int]) -> Account:
    left_out: Counter[str] = Counter()
    for profile in staging.profiles:
        if profile.doc_id in plan.left_out:
            left_out[plan.left_out[profile.doc_id]] += count(profile)
    return _ranked(+left_out)


def _validate_accounts(accounts: Mapping[str, Account], lines: Mapping[str, Account], staging: Staging) -> None:
    """Compare three independent counts: lines kept on reading, annotations staged, annotations that ended somewhere."""
    staged = {
        "mentions": sum(profile.mention_types.total() for profile in staging.profiles),
        "relations": sum(profile.read_relations for profile in staging.profiles),
    }
    for name, kind in (("mentions", "T"), ("relations", "R")):
        counts = (lines[kind]["kept"], staged[name], accounts[name]["kept"])
        if len(set(counts)) > 1:
            raise CorpusError(f"{name}: {counts[0]} lines kept, {counts[1]} staged, {counts[2]} accounted for")


def _ranked(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
