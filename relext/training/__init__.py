"""Training: the loop, what is tuned on validation, and the record of a run."""

from relext.training.train import EpochReport, train_model, train_to_folder

__all__ = ["EpochReport", "train_model", "train_to_folder"]
