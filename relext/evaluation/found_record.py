"""The figures from the text alone, as JSON values and as tables.

In: `EndToEnd`, and the micro scores of the same model with gold mentions. Out: a record; tables that terminal, Markdown
and page share.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from corpus_tools.rendering import Cell
from relext.evaluation.end_to_end import EndToEnd
from relext.evaluation.metrics import Scores

Table = tuple[str, Sequence[str], list[list[Cell]]]  # heading, columns, rows
Both = tuple[Scores, Scores]  # strict, relaxed

_BOTH_COLUMNS = ("precision", "recall", "F1", "relaxed precision", "relaxed recall", "relaxed F1", "gold")
_NARROW_COLUMNS = ("precision", "recall", "F1", "relaxed F1", "gold")


def format_end_to_end(found: EndToEnd) -> dict[str, object]:
    """Return the figures as JSON values."""
    mentions, relations = found.mentions, found.relations
    return {
        "finder": found.finder,
        "mentions": {
            **_format_both((mentions.strict, mentions.relaxed)),
            "types": {name: _format_both(both) for name, both in mentions.types.items()},
            "shapes": {
                name: {"gold": share.whole, "found": share.part, "recall": share.value}
                for name, share in mentions.shapes.items()
            },
            "assertions": {name: _format_scores(scores) for name, scores in mentions.assertions.items()},
        },
        "relations": {
            **_format_both((relations.strict, relations.relaxed)),
            "labels": {name: _format_both(both) for name, both in relations.labels.items()},
            "missed": relations.missed,
            "invented": relations.invented,
            "documents": [
                {"doc_id": doc_id, "tp": tp, "fp": fp, "fn": fn}
                for doc_id, (tp, fp, fn) in zip(relations.doc_ids, relations.counts.tolist(), strict=True)
            ],
        },
    }


def _format_both(both: Both) -> dict[str, object]:
    return {name: _format_scores(scores) for name, scores in zip(("strict", "relaxed"), both, strict=True)}


def _format_scores(scores: Scores) -> dict[str, object]:
    interval = list(scores.interval) if scores.interval else None
    return {**asdict(scores), "reason": scores.reason or None, "interval": interval}


def list_main_tables(found: EndToEnd, given: Scores) -> list[Table]:
    """Return the tables that the terminal shows.

    Parameters
    ----------
    given : Scores
        Micro scores of the relations with gold mentions.
    """
    relations = found.relations
    rows = {
        "gold mentions": given,
        "found mentions, strict": relations.strict,
        "found mentions, boundaries relaxed": relations.relaxed,
    }
    columns = ("relations between", "precision", "recall", "F1", "gold", "found", "invented")
    return [
        ("From the text alone", columns, [[name, *_cells(scores)] for name, scores in rows.items()]),
        _tabulate_both("Mentions by type", "type", _group_types(found), columns=_NARROW_COLUMNS),
        _tabulate_shapes(found),
        _tabulate_causes(found),
    ]


def list_found_tables(found: EndToEnd, given: Scores) -> list[Table]:
    """Return all tables, as page and Markdown show them."""
    summary, _, *others = list_main_tables(found, given)
    tables = [summary, _tabulate_both("Mentions by type", "type", _group_types(found)), *others]
    tables.append(_tabulate_both("Relations between found mentions by label", "label", found.relations.labels))
    if found.mentions.assertions:
        rows: list[list[Cell]] = [[name, *_cells(scores)] for name, scores in found.mentions.assertions.items()]
        columns = ("assertion", "precision", "recall", "F1", "gold", "found", "invented")
        tables.append(("Found mentions by assertion", columns, rows))
    return tables


def _cells(scores: Scores) -> list[Cell]:
    return [scores.precision, scores.recall, scores.f1, scores.gold, scores.tp, scores.fp]


def _group_types(found: EndToEnd) -> dict[str, Both]:
    mentions = found.mentions
    return {"all": (mentions.strict, mentions.relaxed), **mentions.types}


def _tabulate_both(
    heading: str, name: str, groups: Mapping[str, Both], *, columns: Sequence[str] = _BOTH_COLUMNS
) -> Table:
    """Return strict scores a group with the relaxed ones beside."""
    rows: list[list[Cell]] = []
    for group, (strict, relaxed) in groups.items():
        values = (
            strict.precision,
            strict.recall,
            strict.f1,
            relaxed.precision,
            relaxed.recall,
            relaxed.f1,
            strict.gold,
        )
        cells = dict(zip(_BOTH_COLUMNS, values, strict=True))
        rows.append([group, *(cells[column] for column in columns)])
    return heading, (name, *columns), rows


def _tabulate_shapes(found: EndToEnd) -> Table:
    whole = found.mentions.strict.gold
    rows: list[list[Cell]] = [
        [name, share.whole, share.whole / whole if whole else None, share.part, share.value]
        for name, share in found.mentions.shapes.items()
    ]
    return "Mentions by shape", ("shape", "gold", "share of gold", "found", "recall"), rows


def _tabulate_causes(found: EndToEnd) -> Table:
    relations = found.relations
    names = dict.fromkeys((*relations.missed, *relations.invented))
    rows: list[list[Cell]] = [[name, relations.missed.get(name), relations.invented.get(name)] for name in names]
    return "Where relations between found mentions went wrong", ("cause", "missed", "invented"), rows
