"""A trained model in memory: the network with all that its predictions need.

In: nothing is read here; training makes it and `relext.model.folder` keeps it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import torch

from corpus_tools.errors import UsageError
from corpus_tools.sentences import MAX_WORDS
from corpus_tools.standoff import Schema
from relext.config import Config
from relext.data import LabelScheme, SubwordTokenizer
from relext.model.network import RelationNetwork
from relext.model.sources import EncoderConfig
from relext.model.tuning import Thresholds, Tuning


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """Hold a network, its tokenizer, labels, schema and settings.

    Attributes
    ----------
    record : mapping
        How it was trained and what it reached: numbers and names, no text.
    tuning : Tuning
        The temperature of its probabilities, and its thresholds for a wanted precision.
    precision_target : float or None
        The precision that was asked for: predictions state only relations at the thresholds that reached it on the
        validation part. None states every relation on the best path.
    max_words : int
        The words of the longest sentence that gives pairs: texts are cut as the training corpus was.
    document_hashes : frozenset of str
        SHA-256 of the texts of the training and validation parts, so that an evaluation can leave them out.
    """

    network: RelationNetwork
    tokenizer: SubwordTokenizer
    scheme: LabelScheme
    schema: Schema
    config: Config
    encoder_config: EncoderConfig
    record: Mapping[str, object] = field(default_factory=dict)
    document_hashes: frozenset[str] = frozenset()
    tuning: Tuning = field(default_factory=Tuning)
    precision_target: float | None = None
    max_words: int = MAX_WORDS

    def precise(self, target: float | None) -> Self:
        """Return the model with a precision asked for; None asks for none.

        Raises
        ------
        UsageError
            Where the model has no thresholds, so that nothing would be stated: it was trained without validation part,
            or what it states there is too little to tell.
        """
        if target is not None and not any(self.tuning.points.values()):
            raise UsageError(
                "--precision-target: the model has no threshold for any label, its validation part was empty or too "
                "small to tell; train it with a larger one, or use --threshold"
            )
        return replace(self, precision_target=target)

    @property
    def thresholds(self) -> Thresholds | None:
        """Return the threshold of each label for the precision that was asked for; None where none was."""
        return None if self.precision_target is None else self.tuning.thresholds(self.precision_target)

    @property
    def device(self) -> torch.device:
        """Return where the network computes."""
        return self.network.no_relation_bias.device
