"""The report of a build: one self-contained page, no text of a document on it.

In: `BuildSummary`. Out: HTML. The same figures stand in `figures.json`.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict

from markupsafe import Markup

from corpus_tools.assembly import PARTS, BuildSummary, Figures, measure_lengths, rank, rank_skeletons
from corpus_tools.rendering import Cell, Section, heat_map, html_table, join_html, paragraph, render_page
from corpus_tools.reports.sections import (
    SHOWN_ROWS,
    Rows,
    format_number,
    format_share,
    show_bars,
    show_categories,
    show_lengths,
    show_mentions,
    sum_inner,
    sum_outer,
)
from corpus_tools.sentences import CANDIDATE
from corpus_tools.standoff import NO_RELATION


def render_corpus_report(summary: BuildSummary) -> str:
    """Return the page of a build."""
    total = summary.total
    sections = [
        Section("Parts", _show_parts(summary)),
        Section("Mentions", show_mentions(total)),
        Section("Relations", _show_relations(summary, total)),
        Section("Where each relation ended", _show_reaches(total)),
        Section("Pair categories", show_categories(total)),
        Section("Candidate pairs", _show_pairs(total)),
        Section("Commonest sentence patterns", _show_patterns(total)),
        Section("Split and leaks", _show_split(summary)),
        Section("Specialties", _show_specialties(summary, total)),
        Section("Lengths and vocabulary", show_lengths(total)),
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
        [part, *counts[part].values(), format_share(counts[part]["documents"], totals["documents"])] for part in PARTS
    ]
    columns = ["part", *(name.replace("_", " ") for name in names), "share of documents"]
    return html_table(columns, [*rows, ["all", *totals.values(), format_share(1, 1)]])


def _show_relations(summary: BuildSummary, total: Figures) -> Markup:
    labels = sum_outer(total.relations)
    by_part = {part: sum_outer(figures.relations) for part, figures in summary.figures.items()}
    rows: Rows = []
    for label, count in rank(labels):
        counts = [by_part[part][label] for part in PARTS]
        rows.append([label, *counts, count, *(format_share(own, count) for own in counts)])
    columns = ["label", *PARTS, "all", *(f"share in {part}" for part in PARTS)]
    return join_html([show_bars(labels, "relations by label", "relations"), html_table(columns, rows[:SHOWN_ROWS])])


def _show_reaches(total: Figures) -> Markup:
    reaches = [name for name, _ in rank(sum_inner(total.relations))]
    reaches.sort(key=lambda reach: reach != CANDIDATE)
    labels = [label for label, _ in rank(sum_outer(total.relations))][:SHOWN_ROWS]
    matrix = [[total.relations[label, reach] for reach in reaches] for label in labels]
    lead = "A relation is found by a candidate pair, or is beyond the reach of any model for the reason named; recall "
    return join_html([paragraph(lead + "counts it either way."), heat_map(matrix, labels, reaches)])


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
        f"Pairs that start in a sentence: mean {format_number(sizes.mean)}, median {format_number(sizes.median)}, "
        f"most {format_number(sizes.longest)}."
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


def _count_reached(figures: Figures) -> int:
    return sum(count for (_, reach), count in figures.relations.items() if reach == CANDIDATE)
