"""Systems compared under one protocol: same documents, encoder and budget, several seeds, one report."""

from relext.comparison.figures import measure_study
from relext.comparison.record import SCHEMA, build_record
from relext.comparison.report import describe_study, write_comparison
from relext.comparison.settings import StudySettings, read_study
from relext.comparison.study import Study, open_study, run_study
from relext.comparison.systems import SYSTEMS, System
from relext.comparison.tables import Table, list_tables

__all__ = [
    "SCHEMA",
    "SYSTEMS",
    "Study",
    "StudySettings",
    "System",
    "Table",
    "build_record",
    "describe_study",
    "list_tables",
    "measure_study",
    "open_study",
    "read_study",
    "run_study",
    "write_comparison",
]
