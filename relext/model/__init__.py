"""The model: any encoder, the levels above it, the linked CRF, and the folder that keeps it."""

from relext.model.encoder import LoadedEncoder, load_encoder, place_encoder
from relext.model.folder import model_hash, read_model, write_model
from relext.model.machine import Machine, probe_machine
from relext.model.network import RelationNetwork
from relext.model.trained import TrainedModel

__all__ = [
    "LoadedEncoder",
    "Machine",
    "RelationNetwork",
    "TrainedModel",
    "load_encoder",
    "model_hash",
    "place_encoder",
    "probe_machine",
    "read_model",
    "write_model",
]
