"""What a run needs before its first step: windows, a network above an encoder, an optimizer.

In: documents, settings and a machine. Out: `TrainingRun`, no step taken yet.
"""

from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

import torch

from corpus_tools.assembly import CorpusDocument
from relext.config import ALL, AUTO, Config, known_number, most_epochs
from relext.data import ConceptTable, LabelScheme, WindowedDocument, window_document
from relext.errors import SettingError
from relext.model import (
    Encoder,
    LoadedEncoder,
    Machine,
    RelationNetwork,
    add_markers,
    find_markers,
    load_encoder,
    place_encoder,
)
from relext.training.averaging import start_average
from relext.training.freezing import keep_frozen_states, keep_resting_states
from relext.training.hiding import make_token_dropout
from relext.training.loop import TrainingPart, TrainingRun
from relext.training.optimization import make_optimizer, make_schedule
from relext.training.processes import ALONE, Processes
from relext.training.validation import ValidationPart, gold_keys

FROZEN_EPOCHS, TRAINED_EPOCHS = 30, 12
POOLED_SIZE = 64


def load_marked_encoder(documents: Iterable[CorpusDocument], scheme: LabelScheme, config: Config) -> LoadedEncoder:
    """Load the encoder that the settings name, and give it the markers that they ask for."""
    return add_markers(load_named_encoder(documents, config), scheme, config.model)


def load_named_encoder(documents: Iterable[CorpusDocument], config: Config) -> LoadedEncoder:
    """Load the encoder that the settings name, with as many of its layers as they say."""
    return load_encoder(
        config.model.encoder,
        texts=(document.text for document in documents),
        scratch=config.scratch,
        seed=config.training.seed,
        layers=config.model.encoder_layers,
    )


def settle_config(config: Config, loaded: LoadedEncoder) -> Config:
    """Return the settings as the encoder bounds and decides them; a local folder is kept by name, not by path.

    An encoder that was tuned for sentence vectors reads them one by one, has its words pooled by distance, and is left
    as it is, see docs/model.md, unless it has markers to learn; of any other pretrained one the table of word
    embeddings is.
    """
    size = min(config.model.window_tokens, loaded.limit)
    context = min(config.model.context_tokens, loaded.limit - size)
    frozen, epochs, table = config.training.freeze_layers, config.training.epochs, config.training.freeze_embeddings
    has_markers = config.model.marking != "none"
    if frozen == AUTO:
        frozen = ALL if loaded.is_for_sentences and not has_markers else 0
    if table == AUTO:
        table = loaded.is_pretrained and not has_markers
    sentences = config.model.window_sentences
    if sentences == AUTO:
        sentences = 1 if loaded.is_for_sentences else 0
    pooled = config.model.pooled_size
    if pooled == AUTO:
        pooled = POOLED_SIZE if loaded.is_for_sentences else 0
    if epochs == AUTO:
        epochs = FROZEN_EPOCHS if frozen == ALL else TRAINED_EPOCHS
    return config.overridden(
        window_tokens=size,
        window_sentences=sentences,
        pooled_size=pooled,
        context_tokens=context,
        encoder=Path(config.model.encoder).name,
        freeze_layers=frozen,
        freeze_embeddings=table,
        epochs=epochs,
    )


def prepare_run(
    documents: Sequence[CorpusDocument],
    held_out: Sequence[CorpusDocument],
    *,
    scheme: LabelScheme,
    loaded: LoadedEncoder,
    config: Config,
    machine: Machine,
    rehearsed: Sequence[CorpusDocument] = (),
    concepts: ConceptTable | None = None,
    processes: Processes = ALONE,
) -> TrainingRun:
    """Cut both parts into windows and put a network with random weights above the encoder."""
    network, pad_id = make_network(loaded, scheme, config, machine), loaded.tokenizer.pad_id
    watched = documents[: config.training.curve_documents]
    cut = partial(window_all, scheme=scheme, loaded=loaded, config=config, concepts=concepts)
    learnt, kept, curve = (
        keep_frozen_states(cut(part), loaded.module, size=loaded.size, pad_id=pad_id)
        for part in ((*documents, *rehearsed), held_out, watched)
    )
    # Hidden subwords differ from reading to reading, so that an encoder which rests must then read anew.
    rests = config.training.frozen_epochs and not loaded.module.is_frozen and not config.model.token_dropout
    resting = keep_resting_states(learnt, loaded.module, size=loaded.size, pad_id=pad_id) if rests else ()
    markers = find_markers(config.model, scheme, loaded.config)
    first_marker = markers.first_id if markers else int(loaded.config["vocab_size"])
    token_dropout = make_token_dropout(config.model.token_dropout, loaded.tokenizer, first_marker=first_marker)
    part = TrainingPart(learnt, pad_id, token_dropout)
    validation = ValidationPart(kept, gold_keys(held_out, scheme), scheme, pad_id)
    watching = ValidationPart(curve, gold_keys(watched, scheme), scheme, pad_id)
    epoch_steps = len(part.steps(config.training, 0))
    optimizer = make_optimizer(network, config.training, is_pretrained=loaded.is_pretrained)
    schedule = make_schedule(
        optimizer, config.training, steps=epoch_steps * most_epochs(config.training), epoch_steps=epoch_steps
    )
    return TrainingRun(
        network,
        part,
        validation,
        optimizer,
        schedule,
        config.training,
        machine,
        curve=watching if watched else None,
        average=start_average(network, config.training.average),
        processes=processes,
        resting=resting,
    )


def window_all(
    documents: Sequence[CorpusDocument],
    scheme: LabelScheme,
    loaded: LoadedEncoder,
    config: Config,
    *,
    concepts: ConceptTable | None = None,
) -> tuple[WindowedDocument, ...]:
    """Cut documents into windows, leaving out those without a candidate pair."""
    markers = find_markers(config.model, scheme, loaded.config)
    found = (
        window_document(
            document,
            scheme,
            loaded.tokenizer,
            window_tokens=config.model.window_tokens,
            window_sentences=known_number(config.model.window_sentences),
            context_tokens=config.model.context_tokens,
            markers=markers,
            concepts=concepts,
        )
        for document in documents
    )
    return tuple(document for document in found if document is not None)


def make_network(loaded: LoadedEncoder, scheme: LabelScheme, config: Config, machine: Machine) -> RelationNetwork:
    """Put a network with random weights above an encoder and place both on the machine."""
    torch.manual_seed(config.training.seed)
    freeze_encoder(loaded.module, config)
    network = RelationNetwork(loaded.module, encoder_size=loaded.size, scheme=scheme, config=config.model)
    place_encoder(loaded.module, machine)
    return network.to(machine.device)


def freeze_encoder(encoder: Encoder, config: Config) -> None:
    """Freeze the layers that the settings name.

    Raises
    ------
    SettingError
        Where nothing would be left that could learn what markers mean.
    EncoderError
        Where the encoder has no such layers.
    """
    if config.training.freeze_layers == ALL and config.model.marking != "none":
        raise SettingError(f"freeze_layers = all: marking = {config.model.marking} would never be learnt; freeze fewer")
    assert AUTO not in (config.training.freeze_layers, config.training.freeze_embeddings)  # `settle_config` has decided
    if config.training.freeze_embeddings and config.model.marking != "none":
        raise SettingError(f"freeze_embeddings = true: marking = {config.model.marking} would never be learnt")
    encoder.freeze(config.training.freeze_layers, table=bool(config.training.freeze_embeddings))
