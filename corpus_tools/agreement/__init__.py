"""Who agrees with whom, and on what: matchings, coefficients, and the measurements of a project."""

from corpus_tools.agreement.assignment import Edges
from corpus_tools.agreement.chance import Confusion
from corpus_tools.agreement.coefficients import (
    NOTHING_TO_COMPARE,
    Figure,
    Statistic,
    alpha_values,
    cohen_values,
    estimate,
    f1_values,
    fleiss_values,
    resample_sums,
)
from corpus_tools.agreement.comparing import LAYERS, MODES
from corpus_tools.agreement.disagreements import AGREED, KINDS, Finding
from corpus_tools.agreement.gates import check_names, collect_figures, parse_gate, validate_gates
from corpus_tools.agreement.kappas import Kappa, Question
from corpus_tools.agreement.matching import Spans, choose_edges, match_keys, overlap_edges
from corpus_tools.agreement.measure import Agreement, PairAgreement, measure_agreement
from corpus_tools.agreement.places import Place, find_annotators
from corpus_tools.agreement.project import TEXT_DIFFERS, Coverage, Project, TextDiffers, read_annotators
from corpus_tools.agreement.scores import LayerScores, Score
from corpus_tools.agreement.settings import Settings
from corpus_tools.agreement.stacking import stack_columns
from corpus_tools.agreement.survey import Survey, SurveyOptions, survey_agreement
from corpus_tools.agreement.tables import Tables

__all__ = [
    "AGREED",
    "KINDS",
    "LAYERS",
    "MODES",
    "NOTHING_TO_COMPARE",
    "TEXT_DIFFERS",
    "Agreement",
    "Confusion",
    "Coverage",
    "Edges",
    "Figure",
    "Finding",
    "Kappa",
    "LayerScores",
    "PairAgreement",
    "Place",
    "Project",
    "Question",
    "Score",
    "Settings",
    "Spans",
    "Statistic",
    "Survey",
    "SurveyOptions",
    "Tables",
    "TextDiffers",
    "alpha_values",
    "check_names",
    "choose_edges",
    "cohen_values",
    "collect_figures",
    "estimate",
    "f1_values",
    "find_annotators",
    "fleiss_values",
    "match_keys",
    "measure_agreement",
    "overlap_edges",
    "parse_gate",
    "read_annotators",
    "resample_sums",
    "stack_columns",
    "survey_agreement",
    "validate_gates",
]
