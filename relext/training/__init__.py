"""Training: the loop, what is tuned on validation, and the record of a run."""

from relext.training.mentions import FinderEpoch, score_finder, train_finder
from relext.training.train import EpochReport, train_model, train_to_folder

__all__ = ["EpochReport", "FinderEpoch", "score_finder", "train_finder", "train_model", "train_to_folder"]
