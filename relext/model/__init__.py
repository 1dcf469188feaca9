"""The model: any encoder, the levels above it, the linked CRF, and the folder that keeps it."""

from relext.model.encoder import Encoder, LoadedEncoder, load_encoder, place_encoder, read_encoder
from relext.model.folder import model_hash, name_model, read_finder, read_model, write_model
from relext.model.machine import Machine, probe_machine
from relext.model.mentions import MentionFinder
from relext.model.network import RelationNetwork
from relext.model.tokenizer import MIN_DOCUMENTS
from relext.model.trained import TrainedModel
from relext.model.weights import format_weights, parse_weights

__all__ = [
    "MIN_DOCUMENTS",
    "Encoder",
    "LoadedEncoder",
    "Machine",
    "MentionFinder",
    "RelationNetwork",
    "TrainedModel",
    "format_weights",
    "load_encoder",
    "model_hash",
    "name_model",
    "parse_weights",
    "place_encoder",
    "probe_machine",
    "read_finder",
    "read_encoder",
    "read_model",
    "write_model",
]
