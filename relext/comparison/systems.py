"""The systems that a study compares: ours, its ablations, other readings of the paper, and baselines.

In: nothing. Out: `SYSTEMS` by name. Whatever a setting can switch is a mapping of settings, run by the one code path of
`relext train`; a view changes what that path is given to read; only the baselines are code of their own.

Examples
--------
>>> SYSTEMS["softmax"].overrides
{'decoder': 'softmax'}
>>> [name for name, system in SYSTEMS.items() if system.kind != "network"]
['linear', 'majority']
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["network", "linear", "majority"]
View = Literal["source", "preprocessed", "sentence"]


@dataclass(frozen=True, slots=True)
class System:
    """Hold one system of a study.

    Attributes
    ----------
    text : str
        What sets it apart, for the report.
    overrides : mapping of setting to value
        What it changes in the study's shared settings.
    kind : "network", "linear" or "majority"
        What is trained.
    view : "source", "preprocessed" or "sentence"
        What it is given to read: the corpus as it is, words after the paper's preprocessing, or sentences to label.
    """

    name: str
    text: str
    overrides: Mapping[str, object] = field(default_factory=dict)
    kind: Kind = "network"
    view: View = "source"

    @property
    def is_deterministic(self) -> bool:
        """Say whether a seed changes nothing, so that one run is enough."""
        return self.kind != "network"


_ALL = (
    System("ours", "the shared settings as they are"),
    System("literal", "the paper read literally: one learnt query, one vector and one label a sentence",
           {"attention": "learnt", "max_sentence_distance": 0}, view="sentence"),
    System("learnt-query", "one learnt query asks the words for every pair", {"attention": "learnt"}),
    System("no-attention", "no attention: all words of a sentence count alike", {"attention": "none"}),
    System("no-pooling", "no pooling of words by their distances from both mentions", {"pooled_size": 0}),
    System("whole-windows", "windows of as many sentences as fit", {"window_sentences": 0}),
    System("one-reading", "each document read once a step, no two readings that shall agree", {"consistency": 0.0}),
    System("heads-1", "one head of word attention", {"heads": 1}),
    System("heads-4", "four heads of word attention", {"heads": 4}),
    System("lstm", "BiLSTM for BiGRU at both levels", {"recurrence": "lstm"}),
    System("no-recurrence", "no recurrent layer at either level", {"recurrence": "none"}),
    System("word-level", "word level only: no layer over the pairs of a document", {"sentence_level": False}),
    System("softmax", "each pair decided alone: softmax for the CRF", {"decoder": "softmax"}),
    System("plain-crf", "one table of transitions, as pytorch-crf has it, for the linked CRF", {"decoder": "crf"}),
    System("linked-crf", "a table of transitions for each kind of link", {"decoder": "linked-crf"}),
    System("frozen-encoder", "the encoder as it is, everything above it trained", {"freeze_layers": "all"}),
    System("trained-encoder", "all layers of the encoder trained too", {"freeze_layers": 0}),
    System("all-layers", "all layers that the encoder has", {"encoder_layers": "all"}),
    System("first-subword", "the first subword for a word, not the mean of all", {"pooling": "first"}),
    System("unmarked", "no markers: words alone say which pair is meant", {"marking": "none"}),
    System("levitated", "one pass with levitated markers for each pair", {"marking": "levitated"}),
    System("marked-first", "a marked copy of the sentence for each first mention", {"marking": "first"}),
    System("marked-pair", "a marked copy of the sentence for each pair, all levels above it", {"marking": "pair"}),
    System("typed-markers", "typed markers in one copy of the sentence a pair, nothing above: the usual model",
           {"marking": "pair", "pair_vector": "markers", "sentence_level": False, "decoder": "softmax"}),
    System("token-dropout", "all layers trained, 15 % of the subwords hidden",
           {"token_dropout": 0.15, "freeze_layers": 0}),
    System("no-dropout", "no dropout at either level", {"word_dropout": 0.0, "sentence_dropout": 0.0}),
    System("no-word-dropout", "no dropout at the word level", {"word_dropout": 0.0}),
    System("no-sentence-dropout", "no dropout at the sentence level", {"sentence_dropout": 0.0}),
    System("preprocessed", "the paper's preprocessing as input, its negations kept", view="preprocessed"),
    System("linear", "bag of features: words, types and distance of a pair, logistic regression", kind="linear"),
    System("majority", "the label that a pair of types bears most often in training", kind="majority"),
)  # fmt: skip
SYSTEMS: Mapping[str, System] = {system.name: system for system in _ALL}
