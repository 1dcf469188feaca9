"""The model: any encoder, the levels above it, the linked CRF, and the folder that keeps it."""

from relext.model.crf import IndependentLabels, LinkedCRF
from relext.model.encoder import Encoder, encoder_limit, place_encoder
from relext.model.folder import model_hash, name_model, read_finder, read_model, write_model
from relext.model.loading import LoadedEncoder, load_encoder, read_encoder
from relext.model.machine import Machine, probe_machine
from relext.model.markers import add_markers, find_markers
from relext.model.mentions import FoundSpans, MentionFinder, MentionNetwork, Overlap
from relext.model.network import RelationNetwork
from relext.model.sources import SCRATCH, find_encoder, read_tokenizer_files
from relext.model.tokenizer import MIN_DOCUMENTS
from relext.model.trained import TrainedModel
from relext.model.tuning import MIN_KEPT, OperatingPoint, Thresholds, Tuning
from relext.model.weights import format_weights, parse_weights

__all__ = [
    "MIN_DOCUMENTS",
    "MIN_KEPT",
    "SCRATCH",
    "Encoder",
    "FoundSpans",
    "IndependentLabels",
    "LinkedCRF",
    "LoadedEncoder",
    "Machine",
    "MentionFinder",
    "MentionNetwork",
    "OperatingPoint",
    "Overlap",
    "RelationNetwork",
    "Thresholds",
    "TrainedModel",
    "Tuning",
    "add_markers",
    "encoder_limit",
    "find_encoder",
    "find_markers",
    "format_weights",
    "load_encoder",
    "model_hash",
    "name_model",
    "parse_weights",
    "place_encoder",
    "probe_machine",
    "read_encoder",
    "read_finder",
    "read_model",
    "read_tokenizer_files",
    "write_model",
]
