"""How good a model is: scores over all gold relations, intervals, tests, calibration, the baseline, the report."""

from relext.evaluation.assessment import Assessment, Overlap, Protocol, Throughput, assess_model
from relext.evaluation.baseline import fit_majority, format_majority, parse_majority, predict_majority
from relext.evaluation.calibration import Calibration, ReliabilityBin, measure_calibration
from relext.evaluation.confusion import Confusion, count_confusions
from relext.evaluation.end_to_end import EndToEnd, assess_end_to_end
from relext.evaluation.found_mentions import MentionEvaluation, evaluate_mentions
from relext.evaluation.found_record import list_main_tables
from relext.evaluation.found_relations import RelationEvaluation, evaluate_relations
from relext.evaluation.frames import score_frames
from relext.evaluation.gates import parse_gates, validate_gates
from relext.evaluation.measure import Evaluation, evaluate_outcomes
from relext.evaluation.metrics import (
    RelationKey,
    Scores,
    count_document,
    gold_key,
    predicted_key,
    relation_key,
    score_counts,
)
from relext.evaluation.mistakes import Mistake, WeighedOutcome, list_mistakes, sum_probabilities, weigh_outcomes
from relext.evaluation.outcomes import Outcome, find_outcomes
from relext.evaluation.record import build_record
from relext.evaluation.report import (
    describe_protocol,
    format_interval,
    format_page,
    list_sentences,
    tabulate_scores,
    tabulate_summary,
    write_report,
)
from relext.evaluation.significance import bootstrap_interval, f1_of_counts, mcnemar_test, randomisation_test
from relext.evaluation.thresholds import find_operating_points

__all__ = [
    "Assessment",
    "Calibration",
    "Confusion",
    "EndToEnd",
    "Evaluation",
    "MentionEvaluation",
    "Mistake",
    "Outcome",
    "Overlap",
    "Protocol",
    "RelationEvaluation",
    "RelationKey",
    "ReliabilityBin",
    "Scores",
    "Throughput",
    "WeighedOutcome",
    "assess_end_to_end",
    "assess_model",
    "bootstrap_interval",
    "build_record",
    "count_confusions",
    "count_document",
    "describe_protocol",
    "evaluate_mentions",
    "evaluate_outcomes",
    "evaluate_relations",
    "f1_of_counts",
    "find_operating_points",
    "find_outcomes",
    "fit_majority",
    "format_interval",
    "format_majority",
    "format_page",
    "gold_key",
    "list_main_tables",
    "list_mistakes",
    "list_sentences",
    "mcnemar_test",
    "measure_calibration",
    "parse_gates",
    "parse_majority",
    "predict_majority",
    "predicted_key",
    "randomisation_test",
    "relation_key",
    "score_counts",
    "score_frames",
    "sum_probabilities",
    "tabulate_scores",
    "tabulate_summary",
    "validate_gates",
    "weigh_outcomes",
    "write_report",
]
