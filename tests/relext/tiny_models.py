"""A tiny invented corpus and tiny networks with random weights, for tests that train and predict."""

import json
from pathlib import Path

import torch

from corpus_tools.assembly import Corpus, CorpusDocument, write_corpus
from corpus_tools.standoff import EntityType, RelationType, Schema
from relext.config import Config
from relext.data import SubwordTokenizer, WindowedDocument, learn_labels
from relext.model import Encoder, MentionFinder, RelationNetwork, TrainedModel, add_markers, load_encoder, probe_machine
from relext.prediction import window_for
from relext.training.loop import TrainingRun
from relext.training.mentions import make_finder
from relext.training.preparation import prepare_run
from tests.relext.literal_documents import make_document

DRUGS = ("aspirin", "heparin", "insulin", "codeine", "atropine")
SIGNS = ("pain", "fever", "cough", "nausea", "rash")
TREATS = RelationType("treats", frozenset({("Drug", "Sign")}))
CAUSES = RelationType("causes", frozenset({("Drug", "Sign")}))
SCHEMA = Schema((EntityType("Drug"), EntityType("Sign")), (TREATS, CAUSES))

CONFIG = Config().overridden(
    encoder="scratch",
    hidden=16,
    layers=1,
    encoder_heads=2,
    vocabulary=400,
    window_tokens=48,
    token_dropout=0.15,
    word_hidden=8,
    pooled_size=8,
    pair_size=16,
    feature_size=4,
    sentence_hidden=8,
    epochs=2,
    batch_tokens=128,
    freeze_layers=0,
    consistency=0.0,
    freeze_embeddings=False,
    precision="fp32",
    device="cpu",
    threads=1,
)
STEADY = CONFIG.overridden(token_dropout=0.0, word_dropout=0.0, sentence_dropout=0.0)


def write_encoder(folder: Path, encoder: Encoder, tokenizer: SubwordTokenizer) -> Path:
    """Write an encoder's folder as the hub has them."""
    encoder.model.save_pretrained(folder)  # type: ignore[operator]
    tokenizer.tokenizer.save(str(folder / "tokenizer.json"))
    tokens = {"cls_token": "<s>", "sep_token": "</s>", "pad_token": "<pad>"}
    (folder / "tokenizer_config.json").write_text(json.dumps({**tokens, "tokenizer_class": "PreTrainedTokenizerFast"}))
    return folder


def tiny_document(number: int) -> CorpusDocument:
    """Return a note in which one drug treats a sign, or causes it, and a sentence without a pair."""
    drug, sign = DRUGS[number % 5], SIGNS[(number // 5 + number) % 5]
    verb, label = (("relieved", "treats"), ("caused", "causes"))[number % 2]
    text = f"The {drug} {verb} his {sign}. He slept well."
    return make_document(
        text,
        f"T1  Drug 4 {4 + len(drug)}  {drug}",
        f"T2  Sign {text.index(sign)} {text.index(sign) + len(sign)}  {sign}",
        f"R1  {label} Arg1:T1 Arg2:T2",
        doc_id=f"note-{number:02}",
    )


def crowded_document(mentions: int, *, doc_id: str = "crowd") -> CorpusDocument:
    """Return one sentence of as many drugs and signs in turn, the first drug treating the first sign."""
    names = [f"{'drug' if n % 2 == 0 else 'sign'}{n}" for n in range(mentions)]
    text = " ".join(names) + "."
    lines = [f"T{n}  {name[:4].title()} {text.index(name)} {text.index(name) + len(name)}  {name}"
             for n, name in enumerate(names, start=1)]  # fmt: skip
    return make_document(text, *lines, *(["R1  treats Arg1:T1 Arg2:T2"] if mentions > 1 else []), doc_id=doc_id)


def tiny_parts(train: int = 12, held_out: int = 4) -> dict[str, list[CorpusDocument]]:
    documents = [tiny_document(number) for number in range(train + 2 * held_out)]
    return {
        "train": documents[:train],
        "validation": documents[train : train + held_out],
        "test": documents[train + held_out :],
    }


def tiny_corpus(folder: Path, *, train: int = 12, held_out: int = 4) -> Corpus:
    """Write a corpus folder of tiny documents."""
    return write_corpus(folder, tiny_parts(train, held_out), schema=SCHEMA)


def tiny_model(documents: list[CorpusDocument] | None = None, *, config: Config = STEADY) -> TrainedModel:
    """Return an untrained model whose labels are those of the documents."""
    documents = documents or tiny_parts()["train"]
    scheme = learn_labels(documents, SCHEMA)
    loaded = load_encoder("scratch", texts=(d.text for d in documents), scratch=config.scratch, seed=1)
    loaded = add_markers(loaded, scheme, config.model)
    network = RelationNetwork(loaded.module, encoder_size=loaded.size, scheme=scheme, config=config.model)
    return TrainedModel(network.eval(), loaded.tokenizer, scheme, SCHEMA, config, loaded.config)


def tiny_finder(documents: list[CorpusDocument] | None = None, *, config: Config = STEADY) -> MentionFinder:
    """Return an untrained finder for the types and assertions of the documents."""
    documents = documents or tiny_parts()["train"]
    loaded = load_encoder("scratch", texts=(d.text for d in documents), scratch=config.scratch, seed=1)
    machine = probe_machine(config.training)
    finder = make_finder(loaded, documents, config=config, machine=machine)
    finder.network.eval()
    return finder


def eager_model() -> TrainedModel:
    """Return a model that states a relation on every candidate pair."""
    model = tiny_model()
    model.network.no_relation_bias.fill_(-1e4)
    return model


def eager_finder() -> MentionFinder:
    """Return a finder that takes every word for a Sign."""
    finder = tiny_finder(config=STEADY.overridden(finder="tagger"))
    with torch.no_grad():
        finder.network.spans.tagger.weight.zero_()
        finder.network.spans.tagger.bias.zero_()
        finder.network.spans.tagger.bias.view(len(finder.types), -1)[finder.types.index("Sign"), 4] = 3.0
    return finder


def windowed(model: TrainedModel, document: CorpusDocument) -> WindowedDocument:
    """Return a document's windows under a model, which must find a candidate pair in it."""
    found = window_for(model, document)
    assert found is not None
    return found


def tiny_run(config: Config = STEADY) -> TrainingRun:
    """Return a run over tiny documents, no step taken yet."""
    parts = tiny_parts()
    scheme = learn_labels(parts["train"], SCHEMA)
    loaded = load_encoder("scratch", texts=(d.text for d in parts["train"]), scratch=config.scratch, seed=1)
    loaded = add_markers(loaded, scheme, config.model)
    machine = probe_machine(config.training)
    return prepare_run(
        parts["train"], parts["validation"], scheme=scheme, loaded=loaded, config=config, machine=machine
    )
