"""Room for markers in an encoder: rows of its own table of embeddings, after those of its tokens.

In: an encoder, labels and the settings of the model. Out: the same encoder with four more tokens a type, which start
as the mean of the tokens that say what they mean, "start of first Drug" for one. Its configuration counts them, so
that a model folder needs nothing else to make it anew.
"""

from dataclasses import replace
from typing import Any

import torch

from relext.config import ModelConfig
from relext.data import LabelScheme, Markers, make_markers, name_markers, split_subwords
from relext.errors import EncoderError
from relext.model.loading import LoadedEncoder
from relext.model.sources import EncoderConfig


def add_markers(loaded: LoadedEncoder, scheme: LabelScheme, config: ModelConfig) -> LoadedEncoder:
    """Return an encoder with a row of embeddings for each marker; the same one where pairs are not marked.

    Raises
    ------
    EncoderError
        Where markers are to levitate over an encoder of a kind whose positions can't be given.
    """
    if config.marking == "none":
        return loaded
    if config.marking != "pair" and not loaded.module.has_one_mask:
        kind = loaded.config["model_type"]
        raise EncoderError(
            f"marking = {config.marking}: an encoder of kind {kind} takes no positions; use pair or none"
        )
    names = name_markers(scheme)
    model: Any = loaded.module.model
    vocabulary = int(loaded.config["vocab_size"])
    table = model.resize_token_embeddings(vocabulary + len(names), mean_resizing=False).weight
    with torch.no_grad():
        for row, subwords in enumerate(split_subwords(names, loaded.tokenizer)):
            table[vocabulary + row] = table[list(subwords.ids)].mean(0)
    return replace(loaded, config={**loaded.config, "vocab_size": vocabulary + len(names)})


def find_markers(config: ModelConfig, scheme: LabelScheme, encoder_config: EncoderConfig) -> Markers | None:
    """Return the markers that an encoder has room for, or None where pairs are not marked."""
    return make_markers(config.marking, scheme, vocabulary=int(encoder_config["vocab_size"]))
