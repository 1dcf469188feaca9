"""Training: the loop, what is tuned on validation, and the record of a run."""

from relext.training.finder_validation import score_finder
from relext.training.loop import EpochReport
from relext.training.mentions import FinderEpoch, train_finder
from relext.training.pretrain import CurvePoint, Pretrained, pretrain
from relext.training.pretrain_settings import PretrainConfig, PretrainSettings
from relext.training.pretrained_folder import describe_pretraining, pretrain_to_folder, read_about
from relext.training.processes import Processes, join_processes
from relext.training.texts import TextPool, read_pool
from relext.training.train import train_model, train_to_folder
from relext.training.validation import BIASES

__all__ = [
    "BIASES",
    "CurvePoint",
    "EpochReport",
    "FinderEpoch",
    "PretrainConfig",
    "PretrainSettings",
    "Pretrained",
    "Processes",
    "TextPool",
    "describe_pretraining",
    "join_processes",
    "pretrain",
    "pretrain_to_folder",
    "read_about",
    "read_pool",
    "score_finder",
    "train_finder",
    "train_model",
    "train_to_folder",
]
