"""The report of a build: one self-contained page, no text of a document on it.

In: `BuildSummary`. Out: HTML. The same figures stand in `figures.json`.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict

from markupsafe import Markup

from corpus_tools.assembly import PARTS, BuildSummary, Figures, measure_lengths, rank, rank_skeletons
from corpus_tools.rendering import (
    Cell,
    Section,
    bar_figure,
    heat_map,
    html_table,
    join_html,
    new_figure,
    paragraph,
    render_page,
    svg_figure,
)
from corpus_tools.sentences import CANDIDATE
from corpus_tools.standoff import NO_RELATION, OTHER_CATEGORY, PAIR_CATEGORIES

Rows = list[list[Cell]]

SHOWN_ROWS = 40  # of a table that grows with the corpus; figures.json holds every row
_BARS = 40


def render_corpus_report(summary: BuildSummary) -> str:
    """Return the page of a build."""
    total = summary.total
    sections = [
        Section("Parts", _show_parts(summary)),
        Section("Mentions", _show_mentions(total)),
        Section("Relations", _show_relations(summary, total)),
        Section("Where each relation ended", _show_reaches(total)),
        Section("Pair categories", _show_categories(total)),
        Section("Candidate pairs", _show_pairs(total)),
        Section("Commonest sentence patterns", _show_patterns(total)),
        Section("Split and leaks", _show_split(summary)),
        Section("Specialties", _show_specialties(summary, total)),
        Section("Lengths and vocabulary", _show_lengths(total)),
        Section("Accounts", _show_accounts(summary)),
        Section("Left out, rejected, repaired", _show_filters(summary)),
        Section("Settings", html_table(["setting", "value"], _setting_rows(summary))),
    ]
    return render_page("Relation corpus", sections, lead=_format_lead(summary, total))


def _format_lead(summary: BuildSummary, total: Figures) -> str:
    relations, reached = total.relations.total(), _count_reached(total)
    share = f"{reached / relations:.1%}" if relations else "none"
    return (
        f"{total.document_words.total():,} documents with {total.mentions.total():,} mentions and {relations:,} "
        f"relations, of which {reached:,} ({share}) stand on a candidate pair. "
        f"{len(summary.staging.rejects):,} lines or files were rejected. This page holds no text of a document."
    )


def _show_parts(summary: BuildSummary) -> Markup:
    counts = {part: asdict(own) for part, own in summary.counts.items()}
    names = list(next(iter(counts.values())))
    totals = {name: sum(own[name] for own in counts.values()) for name in names}
    rows: Rows = [
        [part, *counts[part].values(), _share(counts[part]["documents"], totals["documents"])] for part in PARTS
    ]
    columns = ["part", *(name.replace("_", " ") for name in names), "share of documents"]
    return html_table(columns, [*rows, ["all", *totals.values(), _share(1, 1)]])


def _show_mentions(total: Figures) -> Markup:
    types = _sum_outer(total.mentions)
    assertions = sorted({assertion for _, assertion in total.assertions})
    matrix = [[total.assertions[name, assertion] for assertion in assertions] for name, _ in rank(types)]
    names = [name for name, _ in rank(types)]
    shapes = ", ".join(f"{count:,} {shape}" for shape, count in sorted(total.shapes.items())) or "none"
    return join_html(
        [
            _bars(types, "mentions by type", "mentions"),
            paragraph(f"Of these: {shapes}."),
            heat_map(matrix[:SHOWN_ROWS], names[:SHOWN_ROWS], assertions, caption="mentions by type and assertion"),
        ]
    )


def _show_relations(summary: BuildSummary, total: Figures) -> Markup:
    labels = _sum_outer(total.relations)
    by_part = {part: _sum_outer(figures.relations) for part, figures in summary.figures.items()}
    rows: Rows = [
        [label, *(by_part[part][label] for part in PARTS), count, *(_share(by_part[p][label], count) for p in PARTS)]
        for label, count in rank(labels)
    ]
    columns = ["label", *PARTS, "all", *(f"share in {part}" for part in PARTS)]
    return join_html([_bars(labels, "relations by label", "relations"), html_table(columns, rows[:SHOWN_ROWS])])


def _show_reaches(total: Figures) -> Markup:
    reaches = [name for name, _ in rank(_sum_inner(total.relations))]
    reaches.sort(key=lambda reach: reach != CANDIDATE)
    labels = [label for label, _ in rank(_sum_outer(total.relations))][:SHOWN_ROWS]
    matrix = [[total.relations[label, reach] for reach in reaches] for label in labels]
    lead = "A relation is found by a candidate pair, or is beyond the reach of any model for the reason named; recall "
    return join_html([paragraph(lead + "counts it either way."), heat_map(matrix, labels, reaches)])


def _show_categories(total: Figures) -> Markup:
    labels = [label for label, _ in rank(_sum_outer(total.relations))][:SHOWN_ROWS]
    names = [
        name for name in (*PAIR_CATEGORIES, OTHER_CATEGORY) if any(total.categories[name, each] for each in labels)
    ]
    matrix = [[total.categories[name, label] for label in labels] for name in names]
    lead = "The six categories of the paper, read from the types of the two mentions; every other pair is “other”."
    return join_html([paragraph(lead), heat_map(matrix, names, labels)])


def _show_pairs(total: Figures) -> Markup:
    distances = sorted({distance for distance, _ in total.pairs})
    by_label: Counter[str] = Counter()
    for (_, label), count in total.pairs.items():
        by_label[label] += count
    rows: Rows = [
        [label, *(total.pairs[distance, label] for distance in distances), count]
        for label, count in rank(by_label)[:SHOWN_ROWS]
    ]
    columns = [
        "label in text order",
        *(f"{distance} sentences on" if distance else "same sentence" for distance in distances),
        "all",
    ]
    sizes = measure_lengths(total.sentence_pairs)
    positive = sum(count for label, count in by_label.items() if label != NO_RELATION)
    lead = (
        f"{by_label.total():,} labels on candidate pairs, {positive:,} of them a relation. "
        f"Pairs that start in a sentence: mean {_number(sizes.mean)}, median {_number(sizes.median)}, "
        f"most {_number(sizes.longest)}."
    )
    return join_html([paragraph(lead), html_table(columns, rows)])


def _show_patterns(total: Figures) -> Markup:
    rows: Rows = [
        [label, skeleton, count] for label, ranked in rank_skeletons(total).items() for skeleton, count in ranked
    ]
    lead = (
        "How the text leads from the first mention of a pair to the second: mentions as typed slots, function words as "
        "they stand, everything else as “…”, the end of a sentence as “‖”. Support counts each pattern once a sentence."
    )
    return join_html([paragraph(lead), html_table(["label in text order", "pattern", "support"], rows)])


def _show_split(summary: BuildSummary) -> Markup:
    leaks: Rows = [
        [leak.kind, leak.groups, leak.documents, leak.groups_across, leak.documents_across]
        for leak in summary.plan.leaks
    ]
    columns = ["documents linked by", "groups", "documents in them", "groups across parts", "documents across parts"]
    how = "the export's own folders" if summary.settings.keep_splits else "groups of linked documents kept together"
    is_clean = not any(leak.groups_across for leak in summary.plan.leaks)
    verdict = (
        "No group lies in two parts." if is_clean else "Some groups lie in two parts: test figures will be too good."
    )
    lead = f"Split by {how}. Near-duplicates: estimated Jaccard similarity of word trigrams at least 0.8. {verdict}"
    return join_html([paragraph(lead), html_table(columns, leaks)])


def _show_specialties(summary: BuildSummary, total: Figures) -> Markup:
    if not summary.plan.samples:
        return paragraph("The metadata names no specialties, so no rule of samples applied.")
    rows: Rows = [
        [name, samples, total.specialty_documents[name], total.specialty_words[name]]
        for name, samples in summary.plan.samples.items()
    ]
    lead = f"A document stays where one of its specialties has at least {summary.settings.min_samples} samples."
    return join_html([paragraph(lead), html_table(["specialty", "samples", "documents kept", "words kept"], rows)])


def _show_lengths(total: Figures) -> Markup:
    rows: Rows = []
    for name, lengths in (("words a document", total.document_words), ("words a sentence", total.sentence_words)):
        rows.append([name, *asdict(measure_lengths(lengths)).values()])
    columns = ["", "count", "total", "mean", "median", "shortest", "longest"]
    plots = [
        _histogram(total.document_words, "documents by length", "words a document"),
        _histogram(total.sentence_words, "sentences by length", "words a sentence"),
    ]
    vocabulary = (
        f"{len(total.words):,} different words among {total.words.total():,}, in lower case, punctuation included."
    )
    return join_html([html_table(columns, rows), paragraph(vocabulary), *plots])


def _show_accounts(summary: BuildSummary) -> Markup:
    lines: Rows = [[kind, *own.values()] for kind, own in summary.lines.items() if own["read"]]
    tables = [html_table(["kind of line", "read", "kept", "rejected"], lines)]
    for name, account in summary.accounts.items():
        if any(account.values()):
            tables.append(html_table(["and where each ended", name], account.items()))
    return join_html(tables)


def _show_filters(summary: BuildSummary) -> Markup:
    staging, plan = summary.staging, summary.plan
    left_out = Counter(plan.left_out.values()) + Counter({"sentences over --max-words": staging.over_long})
    outside = sorted(plan.outside.items(), key=lambda item: (-item[1], item[0]))[:SHOWN_ROWS]
    tables = [
        _count_table("left out", left_out, "nothing was left out"),
        _count_table("rejected, by code", summary.reject_codes, "nothing was rejected"),
        _count_table("kept with a warning, by code", staging.warnings, "no warnings"),
        _count_table("removed by cleaning", staging.removed, "cleaning removed nothing"),
        paragraph(f"{staging.repairs:,} mentions were moved onto the characters that spell them."),
    ]
    if outside:
        rows: Rows = [[*typed, count] for typed, count in outside]
        caption = "gold outside the schema, kept with a warning"
        tables.append(html_table(["label", "arg1", "arg2", "relations"], rows, caption=caption))
    return join_html(tables)


def _setting_rows(summary: BuildSummary) -> list[list[Cell]]:
    settings: list[list[Cell]] = [[name, str(value)] for name, value in summary.settings.to_json().items()]
    return [*settings, ["schema", summary.plan.schema.origin], ["schema hash", summary.plan.schema.hash]]


def _count_table(caption: str, counts: Mapping[str, int], nothing: str) -> Markup:
    if not counts:
        return paragraph(f"{caption}: {nothing}.")
    return html_table(["", "count"], rank(Counter(counts)), caption=caption)


def _bars(counts: Counter[str], caption: str, axis: str) -> Markup:
    ranked = rank(counts)[:SHOWN_ROWS]
    figure = bar_figure([name for name, _ in ranked], [count for _, count in ranked], axis=axis)
    return svg_figure(figure, alt=caption, caption=caption)


def _histogram(lengths: Counter[int], caption: str, axis: str) -> Markup:
    figure, axes = new_figure(height=2.8)
    # Whole numbers of words a bar, or some bars would hold one length more than others.
    step = max(1, math.ceil((max(lengths, default=0) + 1) / _BARS))
    edges = [step * bar for bar in range(_BARS + 1)]
    axes.hist(list(lengths.keys()), bins=edges, weights=list(lengths.values()))
    axes.set_xlabel(axis)
    return svg_figure(figure, alt=caption, caption=caption)


def _count_reached(figures: Figures) -> int:
    return sum(count for (_, reach), count in figures.relations.items() if reach == CANDIDATE)


def _sum_outer(counts: Counter[tuple[str, str]]) -> Counter[str]:
    return _sum_names((outer, count) for (outer, _), count in counts.items())


def _sum_inner(counts: Counter[tuple[str, str]]) -> Counter[str]:
    return _sum_names((inner, count) for (_, inner), count in counts.items())


def _sum_names(counts: Iterable[tuple[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for name, count in counts:
        total[name] += count
    return total


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "–"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.4g}"
