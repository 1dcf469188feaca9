"""Reports: pages that show what was built and measured. Each is imported when it is asked for, with what it needs."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from corpus_tools.reports.acceptance import (
        ACCEPTANCE_SCHEMA,
        format_acceptance_markdown,
        format_acceptance_record,
        tabulate_acceptance,
    )
    from corpus_tools.reports.acceptance_page import render_acceptance_report, write_acceptance
    from corpus_tools.reports.agreement import (
        SCHEMA,
        format_agreement_markdown,
        render_agreement_report,
        write_agreement,
    )
    from corpus_tools.reports.agreement_record import format_agreement_record, list_disagreements
    from corpus_tools.reports.agreement_tables import tabulate_agreement, tabulate_documents
    from corpus_tools.reports.corpus import render_corpus_report
    from corpus_tools.reports.statistics import print_statistics
    from corpus_tools.reports.statistics_page import render_statistics_report, write_statistics

__all__ = [
    "ACCEPTANCE_SCHEMA",
    "SCHEMA",
    "format_acceptance_markdown",
    "format_acceptance_record",
    "format_agreement_markdown",
    "format_agreement_record",
    "list_disagreements",
    "print_statistics",
    "render_acceptance_report",
    "render_agreement_report",
    "render_corpus_report",
    "render_statistics_report",
    "tabulate_acceptance",
    "tabulate_agreement",
    "tabulate_documents",
    "write_acceptance",
    "write_agreement",
    "write_statistics",
]

_MODULES = {
    "ACCEPTANCE_SCHEMA": "acceptance",
    "format_acceptance_markdown": "acceptance",
    "format_acceptance_record": "acceptance",
    "tabulate_acceptance": "acceptance",
    "format_agreement_record": "agreement_record",
    "list_disagreements": "agreement_record",
    "print_statistics": "statistics",
    "render_acceptance_report": "acceptance_page",
    "render_corpus_report": "corpus",
    "render_statistics_report": "statistics_page",
    "tabulate_agreement": "agreement_tables",
    "tabulate_documents": "agreement_tables",
    "write_acceptance": "acceptance_page",
    "write_statistics": "statistics_page",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    import importlib

    return getattr(importlib.import_module(f"corpus_tools.reports.{_MODULES.get(name, 'agreement')}"), name)
